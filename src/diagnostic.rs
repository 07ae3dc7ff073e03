//! Errors of files: file, line, column, caret, message, and the nearest valid name.
//!
//! Spaces, profiles and session files are all read through here. Nothing in this module knows the meaning of a file.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::de::DeserializeOwned;

use crate::files;

/// A defect at one place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Name of the file as the user knows it.
    pub file: String,
    /// The whole text of the file.
    pub source: String,
    /// Byte range the caret points at.
    pub span: Range<usize>,
    /// Sentence fragment that names the defect, for instance "unknown key `widhts`".
    pub message: String,
    /// Advice, for instance "did you mean `widths`?".
    pub help: Option<String>,
}

impl Diagnostic {
    /// One-based line and column (in characters) of the start of the span.
    pub fn position(&self) -> (usize, usize) {
        let before = &self.source[..self.whole_span().start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }

    /// The span within the text, with whole characters: readers count bytes, and may end within one.
    fn whole_span(&self) -> Range<usize> {
        let start = self.source.floor_char_boundary(self.span.start);
        start..self.source.ceil_char_boundary(self.span.end.max(start))
    }

    fn render(&self, renderer: &Renderer) -> String {
        let snippet =
            Snippet::source(&self.source).path(&self.file).annotation(AnnotationKind::Primary.span(self.whole_span()));
        let mut group = Group::with_title(Level::ERROR.primary_title(&self.message)).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Diagnostic {}

/// A text to be read, with the name of its file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name shown in diagnostics.
    pub file: String,
    /// Whole text.
    pub text: String,
}

impl Source {
    /// A text in memory. A byte order mark at its start is removed.
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        Self { file: file.into(), text }
    }

    /// Most bytes of a file that a person writes.
    pub const LARGEST_FILE: u64 = 16 << 20;

    /// Reads a file.
    ///
    /// # Errors
    /// The file can't be read, is larger than [`Source::LARGEST_FILE`], or is not UTF-8.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        Ok(Self::new(path.display().to_string(), files::read_text(path, Self::LARGEST_FILE)?))
    }

    /// A diagnostic at `span` of this text.
    pub fn error(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { file: self.file.clone(), source: self.text.clone(), span, message: message.into(), help: None }
    }

    /// Reads the text as TOML. Unknown keys get the nearest valid one.
    ///
    /// # Errors
    /// Syntax errors, unknown or missing keys, values of the wrong type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        toml::from_str(&self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let (message, help) = explain(error.message());
            Diagnostic { help, ..self.error(span, message) }
        })
    }
}

/// Candidate most similar to `name`; `None` if none is similar enough to be meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Rewords serde's "unknown field `x`, expected one of `a`, `b`" into a short message and a suggestion.
fn explain(message: &str) -> (String, Option<String>) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let kind = ["field", "variant"].into_iter().find(|kind| message.starts_with(&format!("unknown {kind}")));
    let (Some(kind), Some((name, valid))) = (kind, quoted.split_first()) else {
        return (message.to_owned(), None);
    };
    let noun = if kind == "field" { "key" } else { "value" };
    let help = match nearest(name, valid.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? valid: {}", valid.join(", ")),
        None => format!("valid: {}", valid.join(", ")),
    };
    (format!("unknown {noun} `{name}`"), Some(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct TestTable {
        #[expect(dead_code, reason = "only its name matters")]
        widths: Vec<u32>,
    }

    #[test]
    fn an_unknown_key_names_line_column_and_the_nearest_key() {
        let source = Source::new("a.toml", "# first line\nwidhts = [1]\n");
        let error = source.parse::<TestTable>().unwrap_err();
        assert_eq!(error.position(), (2, 1));
        assert_eq!(error.message, "unknown key `widhts`");
        assert!(error.help.as_deref().is_some_and(|help| help.starts_with("did you mean `widths`?")));
        let text = error.to_string();
        assert!(text.contains("a.toml:2:1") && text.contains("^^^^^^"), "{text}");
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let error = Source::new("a.toml", "\u{feff}widths = 3\r\n").parse::<TestTable>().unwrap_err();
        assert_eq!(error.position(), (1, 10));
    }

    #[test]
    fn a_wrong_type_points_at_the_value() {
        let error = Source::new("a.toml", "widths = 3\n").parse::<TestTable>().unwrap_err();
        assert_eq!(error.position(), (1, 10));
    }

    #[test]
    fn a_span_within_a_character_or_beyond_the_text_shows_whole_characters() {
        let source = Source::new("a.json", "{\"sté");
        for span in [(5, 5), (5, 6), (4, 5), (6, 6), (6, 99), (99, 120), (5, 3)] {
            let error = source.error(span.0..span.1, "it ends here");
            assert!(error.to_string().contains("it ends here"), "{span:?}");
            assert!(error.position().1 <= 6, "{span:?}: {:?}", error.position());
        }
        assert_eq!(source.error(5..6, "").position(), (1, 5));
    }

    #[test]
    fn nothing_near_means_no_suggestion() {
        assert_eq!(nearest("zzzzzz", ["widths", "depths"]), None);
        assert_eq!(nearest("depth", ["widths", "depths"]), Some("depths"));
    }
}
