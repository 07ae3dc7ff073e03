//! Styles and characters of a widget.

use super::glyphs::{ASCII, Glyphs, UNICODE};

/// Styles and characters of a widget; the styles `S` are the widget's own. By default plain styles and Unicode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look<S> {
    /// Styles of the widget.
    pub styles: S,
    /// Characters of marks, bars and lines.
    pub glyphs: &'static Glyphs,
}

impl<S: Default> Default for Look<S> {
    fn default() -> Self {
        Self { styles: S::default(), glyphs: &UNICODE }
    }
}

impl<S: Default> Look<S> {
    /// Plain styles and ASCII characters.
    pub fn ascii() -> Self {
        Self { styles: S::default(), glyphs: &ASCII }
    }
}
