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

/// As [`wrap`]; words too long for a line are broken wherever it ends.
pub(crate) fn wrap_broken(text: &str, width: u16) -> Vec<String> {
    let broken = |line: String| {
        let characters: Vec<char> = line.chars().collect();
        let is_long = super::widget::width(&line) > width && width > 0;
        let length = if is_long { usize::from(width) } else { characters.len().max(1) };
        characters.chunks(length).map(|part| part.iter().collect()).collect::<Vec<String>>()
    };
    wrap(text, width).into_iter().flat_map(broken).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_at_words() {
        assert_eq!(wrap("raise the memory to 40 KiB", 11), ["raise the", "memory to", "40 KiB"]);
        assert!(wrap("", 5).is_empty());
        assert_eq!(wrap_broken("a 0-0000-0111@S1:r4b8", 8), ["a", "0-0000-0", "111@S1:r", "4b8"]);
    }
}
