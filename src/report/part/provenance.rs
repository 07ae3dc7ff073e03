//! Source of every constant of the hardware.

use std::fmt::Write as _;

use crate::hardware::Profile;
use crate::report::{PageSection, PageTable, Passage};

/// The constants with their sources.
pub(in crate::report) fn section(profile: &Profile) -> PageSection {
    let constants = profile.constants();
    let assumed = constants.iter().filter(|constant| constant.assumed).count();
    let unknown = constants.iter().filter(|constant| constant.source.is_none()).count();
    let mut text = format!("{} constants make the profile `{}`; {assumed} are assumed", constants.len(), profile.name);
    if unknown > 0 {
        let _ = write!(text, ", {unknown} come without a source");
    }
    let mut table = PageTable::new("Constants of the profile", &["constant", "source", "", "value"], 3);
    table.folded = true;
    for constant in constants {
        let source = constant.source.clone().unwrap_or_else(|| "no source given".to_owned());
        let mark = if constant.assumed { "assumed" } else { "published" };
        let mark = if constant.source.is_none() { "" } else { mark };
        table.row(vec![constant.key.clone(), source, mark.to_owned(), constant.shown.clone()]);
    }
    PageSection::new("Where the constants come from", vec![Passage::Text(text + "."), Passage::Table(table)])
}
