//! Session files: everything needed to open a session again as it was, except what was measured, which is in the run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::brush::Brushes;
use super::candidate::{CandidateId, PoolError};
use super::column::{Column, Sort};
use super::command::{Screen, Unit};
use super::filter::{Filter, FilterError};
use super::knob::{KNOBS, KnobId};
use super::plot::Plot;
use super::remembered::RememberedRow;
use super::session::Session;
use crate::cost::Sending;
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::hardware::Profile;
use crate::network::BoundaryId;
use crate::space::{Genome, ParseDesignError, ParseGenomeError, SearchSpace};

/// Version of session files. Raised when a key changes its meaning.
const VERSION: u32 = 1;

/// A session in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SessionFile {
    /// What it is about.
    pub session: Header,
    /// Knobs by name, in base units; `inf` is no limit, 0 no floor.
    pub knobs: BTreeMap<String, f64>,
    /// Knobs that do not move.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locked: Vec<String>,
    /// Where the user looks.
    #[serde(default)]
    pub view: ViewRow,
    /// The selected design, unless it is whichever stands at the top. With a split or other sending chosen by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected: Option<DesignRow>,
    /// The design others are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<DesignRow>,
    /// The design changed by hand: what it was, and what it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand: Option<HandRow>,
    /// Pinned designs.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "pin")]
    pub pins: Vec<DesignRow>,
    /// Remembered setups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remembered: Vec<RememberedRow>,
}

/// What a session is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Header {
    /// Version of the file.
    pub version: u32,
    /// Name of the space.
    pub space: String,
    /// Name of the profile.
    pub profile: String,
    /// Run directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Candidates asked for.
    pub pool: usize,
    /// Seed they were drawn with.
    pub seed: u64,
}

/// Where the user looks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ViewRow {
    /// Name of the screen.
    pub screen: String,
    /// Name of what the bars show.
    pub bars: String,
    /// Figures of the scatter, upwards and to the right; logarithmic ones with `log ` before them.
    pub plot: [String; 2],
    /// Column the rows are sorted by.
    pub sort: String,
    /// Against the column's own way.
    pub reversed: bool,
    /// Filter as typed.
    pub filter: String,
    /// Name of the selected knob.
    pub knob: String,
    /// Brushed ranges in base units, by the name of the figure.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub brushes: BTreeMap<String, [f64; 2]>,
}

/// A candidate, and its split if that does not follow the knobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DesignRow {
    /// The genome, printed.
    pub genome: String,
    /// Name of the boundary of fusion.
    pub fusion: String,
    /// Compression ratio.
    pub ratio: u8,
    /// Link bits.
    pub bits: u8,
    /// Name of the boundary of the split, if it was chosen by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
}

/// A change by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandRow {
    /// The candidate.
    pub from: DesignRow,
    /// What it became.
    pub to: DesignRow,
}

/// A session file that does not fit the space or the profile.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SessionFileError {
    /// Written by a later splitscope.
    #[error("this session file has version {0}; this splitscope reads up to {VERSION}")]
    Version(u32),
    /// Another space or profile.
    #[error("the session is about the {what} `{wanted}`, not `{found}`")]
    Other {
        /// Space or profile.
        what: &'static str,
        /// What the file names.
        wanted: String,
        /// What it was opened with.
        found: String,
    },
    /// A knob that does not exist.
    #[error("no knob is named `{name}`{near}")]
    Knob {
        /// What the file names.
        name: String,
        /// The nearest name, as a fragment.
        near: String,
    },
    /// A value that a knob can't have.
    #[error("{0} can't be {1}")]
    Value(&'static str, f64),
    /// A genome of another space.
    #[error(transparent)]
    Genome(#[from] ParseGenomeError),
    /// A boundary of another space.
    #[error(transparent)]
    Design(#[from] ParseDesignError),
    /// A design that can't be costed.
    #[error(transparent)]
    Pool(#[from] PoolError),
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

    /// The file as text.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a session file has string keys and plain values only")
    }
}

impl Session {
    /// The session as a file.
    pub fn to_file(&self) -> SessionFile {
        let row = |id: CandidateId, split| self.design_row(id, split);
        SessionFile {
            session: Header {
                version: VERSION,
                space: self.space.name.clone(),
                profile: self.profile.name.clone(),
                run: self.activity.run().map(str::to_owned),
                pool: self.origin.0,
                seed: self.origin.1,
            },
            knobs: self.setup.knob_rows(),
            locked: self.setup.locked_rows(),
            view: ViewRow {
                screen: self.ui.screen.name().to_lowercase(),
                bars: self.ui.unit.name().to_owned(),
                plot: self.ui.plot.words(),
                sort: self.setup.sort.column.name().to_owned(),
                reversed: self.setup.sort.reversed,
                filter: self.setup.filter.text().to_owned(),
                knob: self.selected_dial().knob().name.to_owned(),
                brushes: self.ui.brushes.rows(),
            },
            selected: self.selected.filter(|_| !self.at_top).and_then(|id| row(id, None)),
            baseline: self.setup.baseline.and_then(|id| row(id, None)),
            hand: self.hand_row(&self.setup),
            pins: self.pin_rows(&self.setup),
            remembered: self.remembered.iter().map(|(name, setup)| self.remembered_row(name, setup)).collect(),
        }
    }

    /// Opens a session again. Words of the view that mean nothing are passed over; it begins a new history.
    ///
    /// # Errors
    /// A file for another space or profile, or with knobs and designs these do not have.
    pub fn open(file: &SessionFile, space: SearchSpace, profile: Profile) -> Result<Self, SessionFileError> {
        let header = &file.session;
        if header.version > VERSION {
            return Err(SessionFileError::Version(header.version));
        }
        for (what, wanted, found) in
            [("space", &header.space, &space.name), ("profile", &header.profile, &profile.name)]
        {
            if wanted != found {
                return Err(SessionFileError::Other { what, wanted: wanted.clone(), found: found.clone() });
            }
        }
        let mut session = Self::new(space, profile, header.pool, header.seed);
        session.activity.set_run(header.run.clone());
        for row in &file.remembered {
            session.restore_remembered(row)?;
        }
        session.restore_knobs(&file.knobs, &file.locked)?;
        session.restore_view(&file.view)?;
        session.restore_designs(&file.pins, file.baseline.as_ref(), file.hand.as_ref())?;
        if let Some(row) = &file.selected {
            session.selected = Some(session.restore_design(row)?.0);
            session.at_top = false;
        }
        session.remeasure();
        session.recost();
        session.refresh();
        Ok(session)
    }

    fn restore_view(&mut self, view: &ViewRow) -> Result<(), SessionFileError> {
        let screen = Screen::ALL.into_iter().find(|screen| screen.name().eq_ignore_ascii_case(&view.screen));
        self.ui.screen = screen.unwrap_or_default();
        self.ui.unit = Unit::ALL.into_iter().find(|unit| unit.name() == view.bars).unwrap_or_default();
        self.ui.plot = Plot::read(&view.plot).unwrap_or_default();
        self.ui.brushes = Brushes::read(&view.brushes);
        let column = Column::named(&view.sort).unwrap_or_default();
        self.setup.sort = Sort { column, reversed: view.reversed };
        self.setup.filter = Filter::parse(&view.filter, &self.space, &self.dials)?;
        let dial = self.dials.iter().position(|dial| dial.knob().name == view.knob);
        self.ui.dial = dial.unwrap_or(0);
        Ok(())
    }

    /// The candidate of a row, added if the pool lacks it, and its split.
    pub(super) fn restore_design(
        &mut self,
        row: &DesignRow,
    ) -> Result<(CandidateId, Option<BoundaryId>), SessionFileError> {
        let (genome, sending, split) = self.read_design(row)?;
        let split = split.filter(|&split| self.space.splits(&genome).contains(&split));
        Ok((self.pool.add(&self.space, &self.profile, genome, sending)?, split))
    }

    pub(super) fn read_design(
        &self,
        row: &DesignRow,
    ) -> Result<(Genome, Sending, Option<BoundaryId>), SessionFileError> {
        let genome = self.space.parse_genome(&row.genome)?;
        let fusion = self.space.nearest_boundary(&genome, self.space.parse_boundary(&row.fusion)?);
        let split = row.split.as_ref().map(|name| self.space.parse_boundary(name)).transpose()?;
        Ok((genome, Sending { fusion, ratio: row.ratio.max(1), bits: row.bits.max(1) }, split))
    }

    pub(super) fn design_row(&self, id: CandidateId, split: Option<BoundaryId>) -> Option<DesignRow> {
        let candidate = self.pool.get(id)?;
        Some(self.sending_row(&self.space.print(&candidate.genome), candidate.sending, split))
    }

    pub(super) fn sending_row(&self, genome: &str, sending: Sending, split: Option<BoundaryId>) -> DesignRow {
        let name = |id: BoundaryId| self.space.boundary_name(id).to_owned();
        DesignRow {
            genome: genome.to_owned(),
            fusion: name(sending.fusion),
            ratio: sending.ratio,
            bits: sending.bits,
            split: split.map(name),
        }
    }
}

pub(super) fn knob_named(name: &str) -> Result<KnobId, SessionFileError> {
    KnobId::named(name).ok_or_else(|| {
        let near = nearest(name, KNOBS.iter().map(|knob| knob.name));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        SessionFileError::Knob { name: name.to_owned(), near }
    })
}
