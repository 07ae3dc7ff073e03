//! Text broken into lines.

/// Words broken into lines of at most `width` cells; a word too long for a line is cut where it is drawn.
pub(crate) fn wrap(text: &str, width: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if super::widget::width(line) + 1 + super::widget::width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_at_words() {
        assert_eq!(wrap("raise the memory to 40 KiB", 11), ["raise the", "memory to", "40 KiB"]);
        assert!(wrap("", 5).is_empty());
    }
}
