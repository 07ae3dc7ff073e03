//! Pictures as SVG: the document that every picture is written with, axes, and charts of figures. Screens become
//! pictures in `tui::svg`, by the same document.
//!
//! Charts are drawn on white in a few inks. A page that shows them on another ground replaces these by the rules of
//! `dark_rules`.

mod axis;
pub(crate) mod bars;
pub(crate) mod baselines;
mod chart;
pub(crate) mod document;
pub(crate) mod network_strip;
pub(crate) mod plot;
pub(crate) mod sweep;
#[cfg(test)]
pub(crate) mod testing;

use std::fmt::Write as _;

pub use axis::{Axis, Scale, Tick};
pub(crate) use document::SvgDocument;

/// Inks of charts that need a counterpart on a dark ground, each with it: the greys, and the darkest colour.
const INKS: [(&str, &str); 7] = [
    ("#ffffff", "#16181d"),
    ("#222222", "#e6e8eb"),
    ("#444444", "#c3c7cd"),
    ("#666666", "#9aa0a8"),
    ("#bbbbbb", "#5a606a"),
    ("#e4e4e4", "#2c3038"),
    ("#0072b2", "#3d9bdc"),
];

/// Style rules that show charts within a page on a dark ground.
pub(crate) fn dark_rules() -> String {
    let mut rules = String::new();
    for (light, dark) in INKS {
        let _ = writeln!(rules, "svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}");
    }
    rules
}
