//! Notes that the user writes on designs. Words of a note that begin with `#` are its tags.
//!
//! Invariant: a note is one line without spaces at its ends, and never empty.

use std::collections::BTreeMap;

use super::candidate::CandidateId;

/// Notes by candidate. A note belongs to the design at every split.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes(BTreeMap<CandidateId, String>);

impl Notes {
    /// The note on a candidate.
    pub fn get(&self, id: CandidateId) -> Option<&str> {
        self.0.get(&id).map(String::as_str)
    }

    /// Returns `true` if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Candidates with their notes.
    pub fn iter(&self) -> impl Iterator<Item = (CandidateId, &str)> {
        self.0.iter().map(|(id, text)| (*id, text.as_str()))
    }

    /// Writes a note on a candidate in place of an earlier one; a text without a character removes that.
    pub(super) fn set(&mut self, id: CandidateId, text: &str) {
        let is_gap = |character: char| character.is_whitespace() || character.is_control();
        let words: Vec<&str> = text.split(is_gap).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            self.0.remove(&id);
        } else {
            self.0.insert(id, words.join(" "));
        }
    }

    /// Returns `true` if the note on a candidate has a tag, given without its `#`.
    pub(super) fn has_tag(&self, id: CandidateId, tag: &str) -> bool {
        self.get(id).is_some_and(|text| text.split(' ').any(|word| word.strip_prefix('#') == Some(tag)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_one_line_and_its_tags_are_whole_words() {
        let mut notes = Notes::default();
        notes.set(3, "  for the\tboard\n#demo  #board-b \u{1b}x#y");
        assert_eq!(notes.get(3), Some("for the board #demo #board-b x#y"));
        assert!(notes.has_tag(3, "demo") && notes.has_tag(3, "board-b"));
        assert!(!notes.has_tag(3, "board") && !notes.has_tag(3, "y") && !notes.has_tag(4, "demo"));
        notes.set(3, " \n");
        assert!(notes.is_empty());
    }
}
