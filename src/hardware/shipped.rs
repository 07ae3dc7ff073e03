//! Profiles that come with the program.

use super::profile::Profile;
use crate::diagnostic::Source;

/// Profiles shipped with the program: name and text.
pub(crate) const SHIPPED: &[(&str, &str)] = &[
    ("glasses", include_str!("../../profiles/glasses.toml")),
    ("imx500", include_str!("../../profiles/imx500.toml")),
    ("siracusa", include_str!("../../profiles/siracusa.toml")),
    ("meta-7nm", include_str!("../../profiles/meta-7nm.toml")),
    ("i3c-tiny", include_str!("../../profiles/i3c-tiny.toml")),
    ("xr-4k", include_str!("../../profiles/xr-4k.toml")),
    ("wifi-edge", include_str!("../../profiles/wifi-edge.toml")),
    ("ethos-u55", include_str!("../../profiles/ethos-u55.toml")),
    ("max78000", include_str!("../../profiles/max78000.toml")),
    ("stm32n6", include_str!("../../profiles/stm32n6.toml")),
];

/// Name of the default profile.
pub const DEFAULT: &str = "glasses";

/// TOML text of a shipped profile; `None` if there is none of that name.
pub(crate) fn shipped_text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text)
}

impl Profile {
    /// The shipped profile of that name; `None` if there is none.
    ///
    /// ```
    /// use splitscope::hardware::Profile;
    /// assert_eq!(Profile::shipped("glasses").unwrap().sensor.count.value, 6);
    /// assert!(Profile::shipped("spectacles").is_none());
    /// ```
    pub fn shipped(name: &str) -> Option<Self> {
        Some(Self::from_toml(&Source::new(name, shipped_text(name)?)).expect("shipped profiles are read by tests"))
    }
}
