//! Reads and checks a space file; every defect is reported at its line and column.

use std::ops::Range;

use toml::Spanned;

use super::genome;
use super::literature::{Literature, LiteraturePoint};
use super::rules::{FusionRules, Slot, SplitRules};
use super::schema::{FusionKeys, LiteratureKeys, PublishedKeys, SpaceFile, SplitKeys, StageKeys};
use super::search_space::SearchSpace;
use super::stage::{BlockKind, Shortcut, Stage};
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::network::{BoundaryId, FusionOperator, Layer, Network, NetworkBuilder, Pooling, ShapeError, SlidingWindow};
use block_keys::KeyUse;

mod block_keys;

/// Most boundaries a space may have, so that a boundary fits into one byte.
const MAX_BOUNDARIES: usize = 255;

/// Most blocks of a stage.
const MAX_DEPTH: u32 = 254;

/// Largest value of each key: what is larger is a slip, and would take more memory than machines have.
const MAX_CHANNELS: u32 = 4096;
const MAX_RESOLUTION: u32 = 8192;
const MAX_VIEWS: u32 = 64;
const MAX_CLASSES: u32 = 100_000;
const MAX_WIDTH: u32 = 65_536;
const MAX_KERNEL: u32 = 255;
const MAX_EXPANSION: u32 = 256;
const MAX_STRIDE: u32 = 256;
const MAX_SQUEEZE: u32 = 65_536;

/// Most weights of a network: 512 MiB in single precision, of which a training holds several.
const MAX_WEIGHTS: u64 = 1 << 27;

/// Most values of all layers together for one view: 512 MiB in single precision.
const MAX_VALUES: u64 = 1 << 27;

impl SearchSpace {
    /// Reads a space file.
    ///
    /// # Errors
    /// Unknown keys, wrong types, empty or unsorted choices, contradictions, networks whose shapes are impossible; each
    /// at its line and column.
    pub fn from_toml(source: &Source) -> Result<Self, Diagnostic> {
        let file: SpaceFile = source.parse()?;
        let header = file.space;
        count(source, &header.channels, "channels", MAX_CHANNELS)?;
        count(source, &header.classes, "classes", MAX_CLASSES)?;
        let resolutions =
            choices(source, Some(&header.resolutions), "resolutions", MAX_RESOLUTION)?.unwrap_or_default();
        let views = match &header.views {
            Some(views) => count(source, views, "views", MAX_VIEWS)?,
            None => 1,
        };
        let stages = stages(source, &file.stage)?;
        let slots = slots(&stages);
        if slots.len() > MAX_BOUNDARIES {
            let span = file.stage.last().map_or(0..0, |row| row.name.span());
            return Err(source.error(span, format!("{} boundaries; at most {MAX_BOUNDARIES} are allowed", slots.len())));
        }
        let split = split_rules(source, &file.split, &slots)?;
        let fusion = fusion_rules(source, &file.fusion, &slots)?;
        let genes = genome::genes(&resolutions, &stages);
        let space = Self {
            name: header.name,
            description: header.description,
            input_channels: *header.channels.get_ref(),
            resolutions,
            views,
            classes: *header.classes.get_ref(),
            data: header.data,
            stages,
            split,
            fusion,
            literature: file.literature.map(|keys| literature(source, keys)).transpose()?,
            imported: Vec::new(),
            slots,
            genes,
        };
        space
            .check_networks()
            .map_err(|defect| source.error(defect.span(&file.stage, header.resolutions.span()), defect.message))?;
        Ok(space)
    }

    /// Lowers the smallest and the largest network at every resolution.
    fn check_networks(&self) -> Result<(), LayerDefect> {
        for genome in [self.smallest(), self.largest()] {
            for resolution in 0..self.resolutions.len() {
                let mut genes = genome.genes().to_vec();
                genes[0] = resolution as u8;
                let network = self.lower(&self.canonical(genes))?;
                self.check_modules(&network)?;
                check_size(&network, "weights", MAX_WEIGHTS, |layer| layer.weights)?;
                check_size(&network, "values", MAX_VALUES, |layer| layer.output.elements())?;
            }
        }
        Ok(())
    }

    /// Counts every splitting module, and every convolution that fuses a view.
    fn check_modules(&self, network: &Network) -> Result<(), ShapeError> {
        let ratio = self.split.ratios.iter().find(|&&ratio| ratio > 1);
        let least = if self.fusion.operator == FusionOperator::Concat { Some(&1) } else { ratio };
        let (Some(&ratio), [_, inner @ .., _]) = (least, &network.boundaries[..]) else { return Ok(()) };
        for boundary in inner {
            let mut module = NetworkBuilder::new(boundary.shape)?;
            let channels = boundary.shape.channels.div_ceil(u32::from(ratio));
            module.conv(format!("{}.reduce", boundary.name), 0, channels, SlidingWindow::same(1, 1), 1)?;
        }
        Ok(())
    }
}

/// Bounds the sum of a size over all layers. The error names the layer that adds most.
fn check_size(network: &Network, what: &str, most: u64, size: fn(&Layer) -> u64) -> Result<(), LayerDefect> {
    let all: u64 = network.layers.iter().map(size).fold(0, u64::saturating_add);
    match network.layers.iter().max_by_key(|layer| size(layer)) {
        Some(Layer { name, .. }) if all > most => Err(LayerDefect {
            layer: name.clone(),
            message: format!(
                "layer {name}: a network of this space has {all} {what}, most of them here; at most {most} are allowed"
            ),
        }),
        _ => Ok(()),
    }
}

/// Defect of a layer of some network of the space.
struct LayerDefect {
    layer: String,
    message: String,
}

impl LayerDefect {
    /// Place of the stage of the layer; that of the resolutions for the input.
    fn span(&self, rows: &[StageKeys], resolutions: Range<usize>) -> Range<usize> {
        let stage = self.layer.split('.').next().unwrap_or(&self.layer);
        rows.iter().find(|row| row.name.get_ref() == stage).map_or(resolutions, |row| row.name.span())
    }
}

impl From<ShapeError> for LayerDefect {
    fn from(error: ShapeError) -> Self {
        Self { layer: error.layer().to_owned(), message: error.to_string() }
    }
}

/// A number from 1 to `most`.
fn count(source: &Source, value: &Spanned<u32>, key: &str, most: u32) -> Result<u32, Diagnostic> {
    match *value.get_ref() {
        0 => Err(source.error(value.span(), format!("`{key}` must be at least 1"))),
        number if number > most => Err(source.error(value.span(), format!("`{key}` must be at most {most}"))),
        number => Ok(number),
    }
}

/// A list of choices from 1 to `most`: not empty, strictly ascending.
fn choices(
    source: &Source,
    list: Option<&Spanned<Vec<u32>>>,
    key: &str,
    most: u32,
) -> Result<Option<Vec<u32>>, Diagnostic> {
    let Some(list) = list else { return Ok(None) };
    let values = list.get_ref();
    let problem = if values.is_empty() {
        Some(format!("`{key}` has no choice"))
    } else if values.contains(&0) {
        Some(format!("`{key}` must be at least 1"))
    } else if values.windows(2).any(|pair| pair[0] >= pair[1]) {
        Some(format!("`{key}` must ascend without repetition"))
    } else if values.len() > 36 {
        Some(format!("`{key}` has {} choices; at most 36 are allowed", values.len()))
    } else if values.last() > Some(&most) {
        Some(format!("`{key}` must be at most {most}"))
    } else {
        None
    };
    match problem {
        Some(message) => Err(source.error(list.span(), message)),
        None => Ok(Some(values.clone())),
    }
}

fn stages(source: &Source, rows: &[StageKeys]) -> Result<Vec<Stage>, Diagnostic> {
    let mut stages: Vec<Stage> = Vec::with_capacity(rows.len());
    for row in rows {
        let name = row.name.get_ref();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(source.error(row.name.span(), "a stage's name is made of letters, digits, - and _"));
        }
        if stages.iter().any(|stage| stage.name == *name) || name == "input" || name == "logits" {
            return Err(source.error(row.name.span(), format!("the name `{name}` is taken")));
        }
        stages.push(stage(source, row)?);
    }
    for row in rows.iter().rev().skip(1) {
        if *row.block.get_ref() == BlockKind::Linear && row.widths.is_none() {
            return Err(Diagnostic {
                help: Some("only the last stage, the classifier, has as many outputs as there are classes".into()),
                ..source.error(row.block.span(), "this block needs `widths`")
            });
        }
    }
    match rows.last() {
        Some(row) if *row.block.get_ref() == BlockKind::Linear && row.widths.is_none() => Ok(stages),
        Some(row) => Err(Diagnostic {
            help: Some("end with a stage of block = \"linear\" without widths".into()),
            ..source.error(row.name.span(), "the last stage must be the classifier")
        }),
        None => Err(source.error(0..0, "a space needs at least one [[stage]]")),
    }
}

fn stage(source: &Source, row: &StageKeys) -> Result<Stage, Diagnostic> {
    let block = *row.block.get_ref();
    let missing = |key: &str| source.error(row.block.span(), format!("this block needs `{key}`"));
    let senseless = |span, key: &str| source.error(span, format!("this block has no `{key}`"));
    let widths = choices(source, row.widths.as_ref(), "widths", MAX_WIDTH)?;
    let depths = choices(source, row.depths.as_ref(), "depths", MAX_DEPTH)?;
    let kernels = choices(source, row.kernels.as_ref(), "kernels", MAX_KERNEL)?;
    let expansions = choices(source, row.expansions.as_ref(), "expansions", MAX_EXPANSION)?;
    if let (Some(kernels), Some(values)) = (&row.kernels, &kernels)
        && values.iter().any(|kernel| kernel % 2 == 0)
        && !(block == BlockKind::MaxPool && *values == [2])
    {
        let message = match block {
            BlockKind::MaxPool => "`kernels` must be odd, or [2]",
            _ => "`kernels` must be odd",
        };
        return Err(source.error(kernels.span(), message));
    }
    for (key, span, need) in [
        ("widths", row.widths.as_ref().map(Spanned::span), block.widths()),
        ("kernels", row.kernels.as_ref().map(Spanned::span), block.kernels()),
        ("expansions", row.expansions.as_ref().map(Spanned::span), block.expansions()),
        ("depths", row.depths.as_ref().map(Spanned::span), block.depths()),
        ("stride", row.stride.as_ref().map(Spanned::span), block.stride()),
        ("squeeze-excite", row.squeeze_excite.as_ref().map(Spanned::span), block.only_mbconv()),
        ("shortcut", row.shortcut.as_ref().map(Spanned::span), block.only_mbconv()),
        ("pooling", row.pooling.as_ref().map(Spanned::span), block.pooling()),
    ] {
        match (span, need) {
            (Some(span), KeyUse::Senseless) => return Err(senseless(span, key)),
            (None, KeyUse::Required) => return Err(missing(key)),
            _ => {}
        }
    }
    let stride = row.stride.as_ref().map_or(Ok(1), |stride| count(source, stride, "stride", MAX_STRIDE))?;
    let squeeze = |value| count(source, value, "squeeze-excite", MAX_SQUEEZE);
    let squeeze_excite = row.squeeze_excite.as_ref().map(squeeze).transpose()?;
    Ok(Stage {
        name: row.name.get_ref().clone(),
        block,
        widths: widths.unwrap_or_default(),
        depths: depths.unwrap_or_else(|| vec![1]),
        kernels: kernels.unwrap_or_default(),
        expansions: expansions.unwrap_or_default(),
        stride,
        activation: row.activation,
        squeeze_excite,
        shortcut: row.shortcut.as_ref().map_or_else(Shortcut::default, |shortcut| *shortcut.get_ref()),
        choice: row.choice,
        pooling: row.pooling.as_ref().map_or(Pooling::Average, |pooling| *pooling.get_ref()),
    })
}

/// Boundaries of the deepest network of these stages.
fn slots(stages: &[Stage]) -> Vec<Slot> {
    let mut slots = vec![Slot { name: "input".into(), after: None }];
    for (index, stage) in stages.iter().enumerate() {
        for block in 0..stage.max_depth() {
            let name =
                if stage.max_depth() == 1 { stage.name.clone() } else { format!("{}.{}", stage.name, block + 1) };
            slots.push(Slot { name, after: Some((index, block)) });
        }
    }
    if let Some(last) = slots.last_mut() {
        last.name = "logits".into();
    }
    slots
}

/// Boundaries of these names; a stage's name stands for all its boundaries.
fn boundaries(source: &Source, names: &[Spanned<String>], slots: &[Slot]) -> Result<Vec<BoundaryId>, Diagnostic> {
    let mut found = Vec::new();
    for name in names {
        let matches = |slot: &Slot| {
            slot.name == *name.get_ref()
                || slot.name.strip_prefix(name.get_ref().as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        let before = found.len();
        found.extend(slots.iter().zip(0..).filter(|(slot, _)| matches(slot)).map(|(_, id)| id));
        if found.len() == before {
            let help = nearest(name.get_ref(), slots.iter().map(|slot| slot.name.as_str()));
            return Err(Diagnostic {
                help: help.map(|near| format!("did you mean `{near}`?")),
                ..source.error(name.span(), format!("no boundary is named `{}`", name.get_ref()))
            });
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn all(slots: &[Slot]) -> Vec<BoundaryId> {
    (0..).take(slots.len()).collect()
}

fn split_rules(source: &Source, row: &SplitKeys, slots: &[Slot]) -> Result<SplitRules, Diagnostic> {
    let at = match &row.at {
        Some(names) => boundaries(source, names, slots)?,
        None => all(slots),
    };
    let small = |list: &Option<Spanned<Vec<u32>>>, key: &str, default: u8, most: u8| -> Result<Vec<u8>, Diagnostic> {
        let Some(values) = choices(source, list.as_ref(), key, most.into())? else { return Ok(vec![default]) };
        Ok(values.into_iter().map(|value| value as u8).collect())
    };
    let bits = small(&row.bits, "bits", 8, 16)?;
    if let Some(list) = &row.bits
        && bits.iter().any(|bits| ![2, 4, 8, 16].contains(bits))
    {
        return Err(source.error(list.span(), "`bits` must be among 2, 4, 8, 16"));
    }
    let ratios = small(&row.ratios, "ratios", 1, 255)?;
    Ok(SplitRules { at, ratios, bits, link_range: row.link_range })
}

fn fusion_rules(source: &Source, row: &FusionKeys, slots: &[Slot]) -> Result<FusionRules, Diagnostic> {
    let mut at = match &row.at {
        Some(names) => boundaries(source, names, slots)?,
        None => all(slots)[1..].to_vec(),
    };
    if let (Some(names), Some(0)) = (&row.at, at.first()) {
        let span = names.iter().find(|name| name.get_ref() == "input").map_or(0..0, Spanned::span);
        return Err(source.error(span, "raw inputs of different cameras can't be fused"));
    }
    let last = all(slots)[slots.len() - 1];
    if at.last() != Some(&last) {
        at.push(last);
    }
    Ok(FusionRules { at, operator: row.operator })
}

/// Published accuracies: at least two sizes.
fn literature(source: &Source, keys: LiteratureKeys) -> Result<Literature, Diagnostic> {
    let (span, mut points) = (keys.networks.span(), Vec::new());
    for PublishedKeys { mmacs, accuracy, .. } in keys.networks.get_ref() {
        if !(*mmacs.get_ref() > 0.0 && mmacs.get_ref().is_finite()) {
            return Err(source.error(mmacs.span(), "`mmacs` must be above 0"));
        }
        if !(0.0..=100.0).contains(accuracy.get_ref()) {
            return Err(source.error(accuracy.span(), "`accuracy` must be between 0 and 100 percent"));
        }
        points.push(LiteraturePoint { macs: mmacs.get_ref() * 1e6, accuracy: accuracy.get_ref() / 100.0 });
    }
    let first = points.first().map_or(0.0, |point| point.macs);
    if points.iter().all(|point| point.macs.total_cmp(&first).is_eq()) {
        return Err(source.error(span, "`networks` must be of at least two sizes"));
    }
    Ok(Literature::new(keys.source, points))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::shipped_text;

    /// Replaces text of the default space and returns what its reader then says, with line and column of the caret.
    fn refused(from: &str, to: &str) -> (String, (usize, usize)) {
        let text = shipped_text("tabletop").unwrap();
        assert!(text.contains(from), "{from}");
        let error = SearchSpace::from_toml(&Source::new("tabletop", text.replacen(from, to, 1))).expect_err(to);
        (format!("{} {}", error.message, error.help.clone().unwrap_or_default()), error.position())
    }

    #[test]
    fn a_network_that_is_too_large_is_shown_at_its_largest_stage() {
        let header = "[space]\nname = \"x\"\nchannels = 3\nresolutions = [64]\nclasses = 10\n";
        let stage = |name: &str, width: u32, stride: u32| {
            let shape = format!("block = \"conv\"\nwidths = [{width}]\nkernels = [1]\nstride = {stride}\n");
            format!("[[stage]]\nname = \"{name}\"\n{shape}")
        };
        let last = "[[stage]]\nname = \"classifier\"\nblock = \"linear\"\n";
        let read = |stages: String, end: &str| {
            SearchSpace::from_toml(&Source::new("x.toml", format!("{header}{stages}{last}{end}")))
        };
        // `S` is how `S1` begins, too.
        let error =
            read(stage("S", 1 << 10, 64) + &stage("S1", 1 << 16, 1) + &stage("S2", 1 << 11, 1), "").unwrap_err();
        assert_eq!(error.position().0, 19);
        assert!(error.message.starts_with("layer S2: a network of this space has 20"), "{}", error.message);
        // Each width alone is allowed, and few weights stand here, but many values.
        let error = read(stage("S", 1 << 16, 1) + &stage("S1", 1, 64), "").unwrap_err();
        assert_eq!(error.position().0, 7);
        assert!(
            error.message.contains("values, most of them here; at most 134217728 are allowed"),
            "{}",
            error.message
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (from, to, expected) in [
            ("widths = [8]", "widhts = [8]", "did you mean `widths`?"),
            ("widths = [8]", "widths = []", "`widths` has no choice"),
            ("widths = [8]", "widths = [0]", "`widths` must be at least 1"),
            ("widths = [8]", "widths = [8, 8]", "must ascend"),
            ("widths = [8]", "widths = [-8]", "invalid value"),
            ("widths = [8]", "widths = 8", "invalid type"),
            ("widths = [8]", "", "this block needs `widths`"),
            ("kernels = [3]", "kernels = [4]", "must be odd"),
            ("kernels = [3]", "kernels = [4294967295]", "`kernels` must be at most 255"),
            ("depths = [1, 2]", "depths = [1, 4000000000]", "`depths` must be at most 254"),
            ("depths = [1, 2]", "depths = [254]", "boundaries; at most 255"),
            ("expansions = [2, 4]", "expansions = [4294967295]", "`expansions` must be at most 256"),
            ("resolutions = [32]", "resolutions = [4000000000]", "`resolutions` must be at most 8192"),
            ("resolutions = [32]", "resolutions = []", "has no choice"),
            ("channels = 1", "channels = 0", "at least 1"),
            ("views = 12", "views = 1000000000", "`views` must be at most 64"),
            ("classes = 10", "classes = 1000000000", "`classes` must be at most 100000"),
            ("widths = [8]", "widths = [100000000]", "`widths` must be at most 65536"),
            ("stride = 2", "stride = 4000000000", "`stride` must be at most 256"),
            ("block = \"mbconv\"", "block = \"mbcnv\"", "did you mean `mbconv`?"),
            ("name = \"S2\"", "name = \"S1\"", "the name `S1` is taken"),
            ("bits = [4, 8]", "bits = [4, 9]", "among 2, 4, 8, 16"),
            (
                "bits = [4, 8]",
                "bits = [4, 8]\nlink-range = \"dynamic\"",
                "unknown value `dynamic` valid: static, per-image",
            ),
            ("bits = [4, 8]", "bits = [4, 8]\nlink-rang = \"static\"", "did you mean `link-range`?"),
            ("at = [\"S2\"", "at = [\"Z2\"", "no boundary is named `Z2`"),
            ("at = [\"S2\"", "at = [\"input\"", "can't be fused"),
            ("block = \"linear\"", "block = \"linear\"\nwidths = [10]", "the last stage must be the classifier"),
        ] {
            let (message, (line, _)) = refused(from, to);
            assert!(message.contains(expected), "{to}: {message}");
            assert!(line > 1, "{to}: {message} has no place");
        }
    }
}
