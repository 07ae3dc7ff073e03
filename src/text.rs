//! Foreign text on its way to a person: names, arguments and errors that come from files, folders, databases and the
//! network may hold characters that steer a terminal or turn the order of the text around them.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with every character that steers a terminal or the order of text as an escape (`\u001b`, which JSON reads
/// back as that character). Line feeds and tabs stay.
///
/// ```
/// use splitscope::text;
/// assert_eq!(text::visible("two\nlines"), "two\nlines");
/// assert_eq!(text::visible("\u{1b}]0;title\u{7}"), r"\u001b]0;title\u0007");
/// assert_eq!(text::visible("\u{9b}2J \u{202e}evil"), r"\u009b2J \u202eevil");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, &|character| steers(character) && !matches!(character, '\n' | '\t'))
}

/// As [`visible`], of a text that is part of a line: line feeds and tabs are escaped too.
///
/// ```
/// assert_eq!(splitscope::text::in_line("a name\nof two lines"), r"a name\u000aof two lines");
/// ```
pub fn in_line(text: &str) -> Cow<'_, str> {
    escaped(text, &steers)
}

/// A word of a command as shells take it: between quotes where it needs them.
///
/// ```
/// use splitscope::text::shell_word;
/// assert_eq!(shell_word("runs/run-001"), "runs/run-001");
/// assert_eq!(shell_word("Ann's runs/1"), r"'Ann'\''s runs/1'");
/// ```
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")))
}

/// `text` for a page in Markdown, which programs show as HTML: what would begin a tag there is text.
///
/// ```
/// use splitscope::text;
/// assert_eq!(text::without_tags("a<script>b</script>, 1 < 2, x<9"), "a&lt;script>b&lt;/script>, 1 < 2, x<9");
/// ```
pub fn without_tags(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for (at, character) in text.char_indices() {
        let begins_tag = |next: char| next.is_ascii_alphabetic() || "/!?".contains(next);
        if character == '<' && text[at + 1..].starts_with(begins_tag) {
            plain.push_str("&lt;");
        } else {
            plain.push(character);
        }
    }
    Cow::Owned(plain)
}

fn escaped<'a>(text: &'a str, is_escaped: &dyn Fn(char) -> bool) -> Cow<'a, str> {
    if !text.chars().any(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_escaped(character) {
            let _ = write!(plain, "\\u{:04x}", u32::from(character));
        } else {
            plain.push(character);
        }
    }
    Cow::Owned(plain)
}

/// Returns `true` for controls (C0, DEL, C1), the controls of writing direction (Unicode UAX #9), and the separators of
/// lines and paragraphs, which some programs take for line feeds.
const fn steers(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_passes_and_all_else_does() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            let (shown, line) = (visible(&text), in_line(&text));
            assert!(!line.chars().any(char::is_control), "{character:?}");
            if line == text {
                assert_eq!(shown, text, "{character:?}");
            } else {
                // As an escape of JSON it stands for the same character.
                assert_eq!(serde_json::from_str::<String>(&format!("\"{line}\"")).unwrap(), text);
            }
        }
        assert_eq!(in_line("µ é 称 🦀 ─┤⣿●"), "µ é 称 🦀 ─┤⣿●");
    }
}
