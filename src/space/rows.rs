//! The tables and keys of a space file, as written, and their JSON Schema. `file` checks them and turns them into a space.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use toml::Spanned;

use super::{Activation, Block, Choice, FusionOperator, Shortcut};
use crate::network::Pooling;

/// A search space of splitscope: which networks may be built, and where they may be split and fused.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "splitscope space")]
pub(super) struct File {
    /// What goes in and what comes out.
    pub(super) space: Header,
    /// Stages in order; the last one is the classifier, a `linear` block without widths.
    pub(super) stage: Vec<StageRow>,
    /// Where the network may be split, and how the tensor is sent.
    #[serde(default)]
    pub(super) split: SplitRow,
    /// Where and how the views become one.
    #[serde(default)]
    pub(super) fusion: FusionRow,
    /// Settings that a training of this space starts from, as a run's `run.toml` names them. The trainer reads them.
    #[serde(default)]
    #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
    #[expect(dead_code, reason = "which settings there are is the trainer's to say")]
    pub(super) training: Option<toml::Table>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
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
pub(super) struct StageRow {
    /// Name, unique in the space: letters, digits, - and _.
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9_-]+$"))]
    pub(super) name: Spanned<String>,
    /// What each block is made of.
    #[schemars(with = "Block")]
    pub(super) block: Spanned<Block>,
    /// Output channels to choose from, ascending.
    #[serde(default)]
    #[schemars(with = "Option<Vec<u32>>", length(min = 1))]
    pub(super) widths: Option<Spanned<Vec<u32>>>,
    /// Numbers of blocks to choose from, ascending; [1] if absent.
    #[serde(default)]
    #[schemars(with = "Option<Vec<u32>>", length(min = 1))]
    pub(super) depths: Option<Spanned<Vec<u32>>>,
    /// Sides of the kernel to choose from, odd, ascending.
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
    /// Activation behind convolutions.
    #[serde(default)]
    pub(super) activation: Activation,
    /// Squeeze-excite whose middle has the hidden channels divided by this.
    #[serde(default)]
    #[schemars(with = "Option<u32>", range(min = 1))]
    pub(super) squeeze_excite: Option<Spanned<u32>>,
    /// What is added to the output of an inverted residual.
    #[serde(default)]
    #[schemars(with = "Option<Shortcut>")]
    pub(super) shortcut: Option<Spanned<Shortcut>>,
    /// Whether kernel and expansion are chosen once a stage or for every block.
    #[serde(default)]
    pub(super) choice: Choice,
    /// How a global pool reduces each channel.
    #[serde(default)]
    #[schemars(with = "Option<Pooling>")]
    pub(super) pooling: Option<Spanned<Pooling>>,
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SplitRow {
    /// Boundaries at which a split is allowed; a stage's name stands for all its boundaries. All if absent.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) at: Option<Vec<Spanned<String>>>,
    /// Compression ratios to choose from, ascending; [1] if absent.
    #[schemars(with = "Option<Vec<u32>>", length(min = 1), inner(range(min = 1, max = 255)))]
    pub(super) ratios: Option<Spanned<Vec<u32>>>,
    /// Bits per element on the link to choose from, among 2, 4, 8, 16; [8] if absent.
    #[schemars(with = "Option<Vec<u32>>", length(min = 1))]
    pub(super) bits: Option<Spanned<Vec<u32>>>,
}

#[derive(Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FusionRow {
    /// Boundaries at which the views may become one; all but the input if absent. Logits are always among them.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) at: Option<Vec<Spanned<String>>>,
    /// How they do.
    #[serde(default)]
    pub(super) operator: FusionOperator,
}

/// JSON Schema of a space file, for editors.
pub fn schema() -> Schema {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<File>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::SHIPPED;

    #[test]
    fn the_shipped_schema_is_the_one_of_the_reader() {
        let shipped: serde_json::Value = serde_json::from_str(include_str!("../../spaces/space.schema.json")).unwrap();
        assert_eq!(*schema().as_value(), shipped, "splitscope schema space > spaces/space.schema.json");
        assert_eq!(shipped["properties"]["stage"]["items"]["$ref"], "#/definitions/StageRow");
        assert!(SHIPPED.iter().all(|(_, text)| text.starts_with("#:schema space.schema.json\n")));
    }
}
