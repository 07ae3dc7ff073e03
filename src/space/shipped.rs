//! Spaces shipped with the program.

use super::search_space::SearchSpace;
use crate::diagnostic::Source;

/// Names and texts of the shipped spaces.
pub(crate) const SHIPPED: &[(&str, &str)] = &[
    ("tabletop", include_str!("../../spaces/tabletop.toml")),
    ("fashion", include_str!("../../spaces/fashion.toml")),
    ("pooled", include_str!("../../spaces/pooled.toml")),
    ("furniture", include_str!("../../spaces/furniture.toml")),
    ("kicad", include_str!("../../spaces/kicad.toml")),
    ("attentive-nas", include_str!("../../spaces/attentive-nas.toml")),
    ("ofa-mobilenet-v3", include_str!("../../spaces/ofa-mobilenet-v3.toml")),
    ("mobilenet-v2", include_str!("../../spaces/mobilenet-v2.toml")),
    ("resnet-18", include_str!("../../spaces/resnet-18.toml")),
];

/// Name of the default space.
pub const DEFAULT: &str = "tabletop";

/// TOML text of a shipped space; `None` if there is none of that name.
pub(crate) fn shipped_text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text)
}

impl SearchSpace {
    /// A shipped space by its name; `None` if there is none of that name.
    ///
    /// ```
    /// use splitscope::space::SearchSpace;
    /// let space = SearchSpace::shipped("tabletop").unwrap();
    /// assert_eq!((space.classes, space.views), (10, 12));
    /// assert!(SearchSpace::shipped("desktop").is_none());
    /// ```
    ///
    /// # Panics
    /// Never: tests read all shipped spaces.
    pub fn shipped(name: &str) -> Option<Self> {
        Some(Self::from_toml(&Source::new(name, shipped_text(name)?)).expect("shipped spaces are read by tests"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_space_reads() {
        for (name, _) in SHIPPED {
            assert!(SearchSpace::shipped(name).is_some_and(|space| space.name == *name), "{name}");
        }
        assert!(SearchSpace::shipped(DEFAULT).is_some());
    }
}
