//! Session files: everything needed to open a session again as it was, except measurements, which are in the run.
//!
//! Words of the first edition are still read: `hand` for `override`, `[[remembered]]` for `[[setup]]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::candidate::CandidateError;
use super::filter::FilterError;
use crate::diagnostic::{Diagnostic, Source};
use crate::quantity::{Knob, QuantityError, knob_values};
use crate::space::{ParseDesignError, ParseGenomeError};

/// Version of session files that are written; earlier ones are read. Raised when a key changes its name or meaning.
pub(super) const VERSION: u32 = 2;

/// Most candidates of a session.
pub(crate) const MAX_POOL: usize = 100_000;

/// Most saved setups, and most pins of all setups together, that a file may hold.
const MAX_SETUPS: usize = 1000;
const MAX_PINS: usize = 10_000;
/// Most candidates that a file may add to the drawn ones; of more, the first are written.
pub(super) const MAX_ADDED: usize = 10_000;
/// Most notes that a file may hold.
const MAX_NOTES: usize = 10_000;

/// The contents of a session file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SessionFile {
    /// Version, space, profile and candidates.
    pub session: SessionHeader,
    /// Knob values by name in base units; `inf` is no upper limit, 0 no floor.
    #[serde(with = "knob_values")]
    pub knobs: BTreeMap<String, f64>,
    /// Names of the locked knobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locked: Vec<String>,
    /// Screen, order and filter.
    #[serde(default)]
    pub view: ViewRow,
    /// The selected candidate, with the split of the pin that is selected if the user chose it; `None` for the one in
    /// the top row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected: Option<DesignRow>,
    /// The baseline of comparisons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<DesignRow>,
    /// The overridden design.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "override", alias = "hand")]
    pub design_override: Option<OverrideRow>,
    /// Pinned designs.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "pin")]
    pub pins: Vec<DesignRow>,
    /// Notes on designs.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "note")]
    pub notes: Vec<NoteRow>,
    /// Saved setups.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "setup", alias = "remembered")]
    pub saved_setups: Vec<SavedSetupRow>,
    /// Candidates that came to the drawn ones, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<DesignRow>,
}

/// Version of a session file, and what the session was opened with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SessionHeader {
    /// Version of the file.
    pub version: u32,
    /// Name of the space.
    pub space: String,
    /// Name of the profile.
    pub profile: String,
    /// Run directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Number of candidates requested.
    pub pool: usize,
    /// Seed of the candidates.
    pub seed: u64,
}

/// Screen, axes, order and filter.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ViewRow {
    /// Name of the screen.
    pub screen: String,
    /// Name of the quantity of the bars.
    pub bars: String,
    /// Figures of the scatter's vertical and horizontal axis; `log ` before the figure of a logarithmic axis.
    pub plot: [String; 2],
    /// `true` if the tracks of the knobs show how many designs fit rather than the best accuracy.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tracks_fit: bool,
    /// `true` if the scatter's pane shows the best accuracy against the selected knob.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub curve: bool,
    /// Name of the column that the rows are sorted by.
    pub sort: String,
    /// `true` if the column's default order is reversed.
    pub reversed: bool,
    /// Filter as typed.
    pub filter: String,
    /// Name of the selected knob.
    pub knob: String,
    /// Brushed ranges in base units, by the name of the figure.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub brushes: BTreeMap<String, [f64; 2]>,
}

/// A candidate, with its split if the user chose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DesignRow {
    /// The genome, printed.
    pub genome: String,
    /// Name of the boundary of the fusion.
    pub fusion: String,
    /// Compression ratio.
    pub ratio: u8,
    /// Link bits.
    pub bits: u8,
    /// Name of the boundary of the split if the user chose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
}

/// A note on a design.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteRow {
    /// The note; words that begin with `#` are tags.
    pub text: String,
    /// The design, at every split.
    pub design: DesignRow,
}

/// An overridden design.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideRow {
    /// The candidate.
    pub from: DesignRow,
    /// The design with the user's choices.
    pub to: DesignRow,
}

/// A setup saved under a name; for the present setup the name is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SavedSetupRow {
    /// Its name.
    pub name: String,
    /// Name of the column that the rows are sorted by.
    pub sort: String,
    /// `true` if the column's default order is reversed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reversed: bool,
    /// Filter as typed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Names of the locked knobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locked: Vec<String>,
    /// Knob values by name in base units.
    #[serde(with = "knob_values")]
    pub knobs: BTreeMap<String, f64>,
    /// The baseline of comparisons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<DesignRow>,
    /// The overridden design.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "override", alias = "hand")]
    pub design_override: Option<OverrideRow>,
    /// Pinned designs.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "pin")]
    pub pins: Vec<DesignRow>,
}

/// Error of a session file that can't be opened with a space and a profile.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SessionFileError {
    /// Written by a later splitscope.
    #[error("this session file has version {0}; this splitscope reads up to {VERSION}")]
    Version(u32),
    /// More candidates than a session holds.
    #[error("the session has a pool of {0} candidates; a session holds at most {MAX_POOL}")]
    TooManyCandidates(usize),
    /// More rows of a kind than a person makes.
    #[error("the session has {count} {what}; a session file holds at most {most}")]
    TooMany {
        /// Kind of the rows.
        what: &'static str,
        /// Number in the file.
        count: usize,
        /// Largest number that is read.
        most: usize,
    },
    /// Another space or profile.
    #[error("the session is about the {what} `{wanted}`, not `{found}`")]
    Other {
        /// Space or profile.
        what: &'static str,
        /// Name in the file.
        wanted: String,
        /// Name of the space or profile given.
        found: String,
    },
    /// A knob that does not exist, or a value that it can't have.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// A genome of another space.
    #[error(transparent)]
    Genome(#[from] ParseGenomeError),
    /// A boundary of another space.
    #[error(transparent)]
    Design(#[from] ParseDesignError),
    /// A design that can't be costed.
    #[error(transparent)]
    Pool(#[from] CandidateError),
    /// A filter that means nothing.
    #[error(transparent)]
    Filter(#[from] FilterError),
}

impl SessionFile {
    /// Reads a session file.
    ///
    /// # Errors
    /// Unknown or missing keys and wrong types, with their place.
    pub fn from_toml(source: &Source) -> Result<Self, Diagnostic> {
        source.parse()
    }

    /// Refuses more rows than a person makes: each of them is costed or kept.
    pub(super) fn check_counts(&self) -> Result<(), SessionFileError> {
        let pins = self.pins.len() + self.saved_setups.iter().map(|setup| setup.pins.len()).sum::<usize>();
        let counts = [
            ("saved setups", self.saved_setups.len(), MAX_SETUPS),
            ("pins", pins, MAX_PINS),
            ("notes", self.notes.len(), MAX_NOTES),
            ("added designs", self.added.len(), MAX_ADDED),
        ];
        match counts.into_iter().find(|(_, count, most)| count > most) {
            Some((what, count, most)) => Err(SessionFileError::TooMany { what, count, most }),
            None => Ok(()),
        }
    }

    /// Notes about the former names in the file: those of knobs, and those of an earlier version.
    pub fn notes(&self) -> Vec<String> {
        let setups = self.saved_setups.iter().flat_map(|setup| setup.knobs.keys().chain(&setup.locked));
        let names = self.knobs.keys().chain(&self.locked).chain([&self.view.knob]).chain(setups);
        let mut notes = Knob::renamed_among(names.map(String::as_str));
        notes.sort();
        notes.dedup();
        if self.session.version < VERSION {
            notes.push(format!(
                "a session file of version {}: since version {VERSION} `hand` is named `override`, and `remembered` `setup`",
                self.session.version
            ));
        }
        notes
    }

    /// The file as text.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a session file has string keys and plain values only")
    }
}
