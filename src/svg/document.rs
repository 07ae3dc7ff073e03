//! SVG documents: the elements that pictures of screens and charts consist of.

use std::fmt::Write as _;

use crate::text;

/// A document that grows by elements.
pub(crate) struct SvgDocument {
    out: String,
}

impl SvgDocument {
    /// An empty picture of that width and height, with a title and a description for readers who can't see it.
    pub(crate) fn new((width, height): (u32, u32), title: &str, description: &str) -> Self {
        let out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n",
            escape(title),
            escape(description),
        );
        Self { out }
    }

    /// Adds an element without contents: its name and attributes.
    pub(crate) fn element(&mut self, element: &str) {
        let _ = writeln!(self.out, "<{element}/>");
    }

    /// Adds a path: how it is inked, and its data.
    pub(crate) fn path(&mut self, ink: &str, data: &str) {
        self.element(&format!("path {ink} d=\"{data}\""));
    }

    /// Adds a text with its attributes.
    pub(crate) fn text(&mut self, attributes: &str, text: &str) {
        let _ = writeln!(self.out, "<text {attributes}>{}</text>", escape(text));
    }

    /// Adds a title to the group that began last: shown when it is pointed at.
    pub(crate) fn title(&mut self, title: &str) {
        let _ = writeln!(self.out, "<title>{}</title>", escape(title));
    }

    /// Begins a group; all until [`SvgDocument::end_group`] has its attributes.
    pub(crate) fn begin_group(&mut self, attributes: &str) {
        let _ = writeln!(self.out, "<g {attributes}>");
    }

    /// Ends the group that began last.
    pub(crate) fn end_group(&mut self) {
        self.out.push_str("</g>\n");
    }

    /// The whole document.
    pub(crate) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }
}

/// `text` for XML: markup characters as entities, controls as [`text::visible`] writes them, other characters that XML
/// forbids as U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text::visible(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
