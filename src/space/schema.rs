//! Tables and keys of a space file, as written, and their JSON Schema. [`super::read`] checks them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use toml::Spanned;

use super::stage::{BlockKind, ChoiceScope, Shortcut};
use crate::network::{Activation, FusionOperator, LinkRange, Pooling};

/// A search space of splitscope: which networks may be built, and where they may be split and fused.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "splitscope space")]
pub(super) struct SpaceFile {
    /// Name, inputs and outputs of the space.
    pub(super) space: SpaceKeys,
    /// Stages in order; the last one is the classifier, a `linear` block without widths.
    pub(super) stage: Vec<StageKeys>,
    /// Boundaries at which the network may be split, and the compressions of the tensor there.
    #[serde(default)]
    pub(super) split: SplitKeys,
    /// Boundaries at which the views may be fused, and the operator.
    #[serde(default)]
    pub(super) fusion: FusionKeys,
    /// Accuracies that were published for networks of the space.
    #[serde(default)]
    pub(super) literature: Option<LiteratureKeys>,
    /// Settings that a training of this space starts from, as a run's `run.toml` names them. The trainer reads them.
    #[serde(default)]
    #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
    #[expect(dead_code, reason = "which settings there are is the trainer's to say")]
    pub(super) training: Option<toml::Table>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SpaceKeys {
    /// Name of the space.
    pub(super) name: String,
    /// One sentence about it.
    #[serde(default)]
    pub(super) description: String,
    /// Channels of an input picture.
    #[schemars(with = "u32", range(min = 1))]
    pub(super) channels: Spanned<u32>,
    /// Sides of the square input to choose from, ascending.
    #[schemars(with = "Vec<u32>", length(min = 1), inner(range(min = 1)))]
    pub(super) resolutions: Spanned<Vec<u32>>,
    /// Most views of an object, 1 if absent.
    #[serde(default)]
    #[schemars(with = "Option<u32>", range(min = 1))]
    pub(super) views: Option<Spanned<u32>>,
    /// Number of classes.
    #[schemars(with = "u32", range(min = 1))]
    pub(super) classes: Spanned<u32>,
    /// Data set the space is meant for, as `splitscope data` names it.
    #[serde(default)]
    pub(super) data: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct StageKeys {
    /// Name, unique in the space: letters, digits, - and _.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9_-]+$"))]
    pub(super) name: Spanned<String>,
    /// Kind of the blocks.
    #[schemars(with = "BlockKind")]
    pub(super) block: Spanned<BlockKind>,
    /// Output channels to choose from, ascending.
    #[serde(default)]
    #[schemars(with = "Option<Vec<u32>>", length(min = 1))]
    pub(super) widths: Option<Spanned<Vec<u32>>>,
    /// Numbers of blocks to choose from, ascending; [1] if absent.
    #[serde(default)]
    #[schemars(with = "Option<Vec<u32>>", length(min = 1))]
    pub(super) depths: Option<Spanned<Vec<u32>>>,
    /// Sides of the kernel to choose from, odd, ascending. Max pooling may also have [2], which is not padded.
    #[serde(default)]
    #[schemars(with = "Option<Vec<u32>>", length(min = 1))]
    pub(super) kernels: Option<Spanned<Vec<u32>>>,
    /// Expansion factors to choose from, ascending.
    #[serde(default)]
    #[schemars(with = "Option<Vec<u32>>", length(min = 1))]
    pub(super) expansions: Option<Spanned<Vec<u32>>>,
    /// Step of the stage's first block, 1 if absent.
    #[serde(default)]
    #[schemars(with = "Option<u32>", range(min = 1))]
    pub(super) stride: Option<Spanned<u32>>,
    /// Activation after convolutions.
    #[serde(default)]
    pub(super) activation: Activation,
    /// Divisor of the hidden channels that gives those of the squeeze-excite bottleneck; none if absent.
    #[serde(default)]
    #[schemars(with = "Option<u32>", range(min = 1))]
    pub(super) squeeze_excite: Option<Spanned<u32>>,
    /// Tensor that is added to the output of an inverted residual.
    #[serde(default)]
    #[schemars(with = "Option<Shortcut>")]
    pub(super) shortcut: Option<Spanned<Shortcut>>,
    /// Scope of the choice of kernel and expansion: once a stage or for every block.
    #[serde(default)]
    pub(super) choice: ChoiceScope,
    /// Reduction of a global pool.
    #[serde(default)]
    #[schemars(with = "Option<Pooling>")]
    pub(super) pooling: Option<Spanned<Pooling>>,
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SplitKeys {
    /// Boundaries at which a split is allowed; a stage's name stands for all its boundaries. All if absent.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) at: Option<Vec<Spanned<String>>>,
    /// Compression ratios to choose from, ascending; [1] if absent.
    #[schemars(with = "Option<Vec<u32>>", length(min = 1), inner(range(min = 1, max = 255)))]
    pub(super) ratios: Option<Spanned<Vec<u32>>>,
    /// Bits per element on the link to choose from, among 2, 4, 8, 16; [8] if absent.
    #[schemars(with = "Option<Vec<u32>>", length(min = 1))]
    pub(super) bits: Option<Spanned<Vec<u32>>>,
    /// Range of the link's codes: calibrated once, or each image's own, which then takes 8 bytes.
    #[serde(default)]
    pub(super) link_range: LinkRange,
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FusionKeys {
    /// Boundaries at which the views may be fused; all but the input if absent. Logits are always among them.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) at: Option<Vec<Spanned<String>>>,
    /// Fusion operator.
    #[serde(default)]
    pub(super) operator: FusionOperator,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LiteratureKeys {
    /// Publications, and the data they are for.
    pub(super) source: String,
    /// Published networks.
    #[schemars(with = "Vec<PublishedKeys>", length(min = 2))]
    pub(super) networks: Spanned<Vec<PublishedKeys>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishedKeys {
    /// Name of the network.
    #[expect(dead_code, reason = "it tells people which network it is")]
    pub(super) name: String,
    /// Multiply-accumulates in millions.
    #[schemars(with = "f64", range(min = 0.001))]
    pub(super) mmacs: Spanned<f64>,
    /// Accuracy in percent.
    #[schemars(with = "f64", range(min = 0.0, max = 100.0))]
    pub(super) accuracy: Spanned<f64>,
}

/// JSON Schema of a space file, for editors.
pub fn schema() -> Schema {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<SpaceFile>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::SHIPPED;

    #[test]
    fn the_shipped_schema_is_the_one_of_the_reader() {
        let shipped: serde_json::Value = serde_json::from_str(include_str!("../../spaces/space.schema.json")).unwrap();
        assert_eq!(*schema().as_value(), shipped, "splitscope schema space > spaces/space.schema.json");
        assert_eq!(shipped["properties"]["stage"]["items"]["$ref"], "#/definitions/StageKeys");
        assert!(SHIPPED.iter().all(|(_, text)| text.starts_with("#:schema space.schema.json\n")));
    }
}
