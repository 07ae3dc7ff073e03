//! Opens a session from a [`SessionFile`].

use super::Session;
use crate::cost::{Knobs, TransmitConfig};
use crate::explore::column::{Column, Sort};
use crate::explore::filter::Filter;
use crate::explore::message::Severity;
use crate::explore::overriding::Override;
use crate::explore::session_file::{
    DesignRow, MAX_POOL, OverrideRow, SavedSetupRow, SessionFile, SessionFileError, VERSION,
};
use crate::explore::setup::{Pinned, Setup};
use crate::hardware::Profile;
use crate::network::BoundaryId;
use crate::quantity::{Knob, QuantityError};
use crate::space::{Genome, SearchSpace};

/// Most bits of a value on the link.
const MAX_BITS: u8 = 16;

/// A design of a session file.
struct ReadDesign {
    genome: Genome,
    transmit: TransmitConfig,
    split: Option<BoundaryId>,
}

impl Session {
    /// Opens a session as it was written, with an empty history. Words of the view that mean nothing are ignored.
    ///
    /// # Errors
    /// A file of a later version or for another space or profile, or with knobs and designs that these do not have.
    pub fn open(file: &SessionFile, space: SearchSpace, profile: Profile) -> Result<Self, SessionFileError> {
        let header = &file.session;
        if header.version > VERSION {
            return Err(SessionFileError::Version(header.version));
        }
        if header.pool > MAX_POOL {
            return Err(SessionFileError::TooManyCandidates(header.pool));
        }
        file.check_counts()?;
        expect("space", &header.space, &space.name)?;
        expect("profile", &header.profile, &profile.name)?;
        let mut session = Self::new(space, profile, header.pool, header.seed);
        session.activity.set_run(header.run.clone());
        // First of all, so that each has the number that it had. One that can't be costed any more is no loss: what the
        // user did with designs names them in full.
        for row in &file.added {
            let _ = session.read_candidate(row);
        }
        for row in &file.saved_setups {
            let setup = session.read_setup(row)?;
            session.history.save(&row.name, setup);
        }
        session.setup = session.read_setup(&present_setup(file))?;
        for row in &file.notes {
            let noted = session.read_candidate(&row.design)?.candidate;
            session.setup.set_note(noted, &row.text);
        }
        if let Ok(knob) = Knob::named(&file.view.knob) {
            session.ranges.select(knob);
        }
        if let Some(row) = &file.selected {
            match session.read_candidate(row)? {
                Pinned { candidate, split: None } => session.selection.restore(candidate),
                pinned => session.selection.select_pin(pinned, &[]),
            }
        }
        session.evaluate();
        for note in file.notes() {
            session.activity.say(Severity::Warning, note, 0);
        }
        Ok(session)
    }

    /// Reads a setup. Candidates that are not in the pool are added to it.
    fn read_setup(&mut self, row: &SavedSetupRow) -> Result<Setup, SessionFileError> {
        let mut setup = Setup::new(&self.read_knobs(row)?);
        let column = Column::named(&row.sort).unwrap_or_default();
        setup.set_sort(Sort { column, reversed: row.reversed });
        setup.set_filter(Filter::parse(&row.filter, self.space(), self.ranges.all())?);
        for name in &row.locked {
            let knob = Knob::named(name)?;
            if !setup.is_locked(knob) {
                setup.toggle_lock(knob);
            }
        }
        for pin in &row.pins {
            let pinned = self.read_candidate(pin)?;
            // A pin that is written twice or beyond the last letter is left out.
            if !setup.pins().contains(&pinned) {
                let _ = setup.toggle_pin(pinned);
            }
        }
        if let Some(row) = &row.baseline {
            setup.set_baseline(Some(self.read_candidate(row)?.candidate));
        }
        if let Some(row) = &row.design_override {
            setup.set_override(self.read_override(row)?);
        }
        Ok(setup)
    }

    fn read_knobs(&self, row: &SavedSetupRow) -> Result<Knobs, SessionFileError> {
        let mut knobs = *self.knobs();
        for (name, &value) in &row.knobs {
            let knob = Knob::named(name)?;
            let value = knob.check(value)?;
            let views = self.space().views.max(1);
            if knob == Knob::Sensors && value > f64::from(views) {
                let (low, high) = ("1".to_owned(), views.to_string());
                return Err(QuantityError::Range { quantity: knob.label(), low, high }.into());
            }
            knobs.set(knob, value);
        }
        Ok(knobs)
    }

    fn read_override(&mut self, row: &OverrideRow) -> Result<Option<Override>, SessionFileError> {
        let id = self.read_candidate(&row.from)?.candidate;
        let to = self.read_design(&row.to)?;
        Ok(Override::new(&self.catalogue, id, to.split, to.transmit, None)?)
    }

    /// Reads a candidate, which is added to the pool if it is not there, and its split.
    fn read_candidate(&mut self, row: &DesignRow) -> Result<Pinned, SessionFileError> {
        let ReadDesign { genome, transmit, split } = self.read_design(row)?;
        Ok(Pinned { candidate: self.catalogue.add(genome, transmit)?, split })
    }

    /// Reads a design. A split that its genome does not allow is ignored.
    fn read_design(&self, row: &DesignRow) -> Result<ReadDesign, SessionFileError> {
        let genome = self.space().parse_genome(&row.genome)?;
        let fusion = self.space().nearest_boundary(&genome, self.space().parse_boundary(&row.fusion)?);
        let mut split = None;
        if let Some(name) = &row.split {
            let named = self.space().parse_boundary(name)?;
            if self.space().splits(&genome).contains(&named) {
                split = Some(named);
            }
        }
        Ok(ReadDesign {
            genome,
            transmit: TransmitConfig { fusion, ratio: row.ratio.max(1), bits: row.bits.clamp(1, MAX_BITS) },
            split,
        })
    }
}

fn expect(what: &'static str, wanted: &str, found: &str) -> Result<(), SessionFileError> {
    if wanted == found {
        return Ok(());
    }
    Err(SessionFileError::Other { what, wanted: wanted.to_owned(), found: found.to_owned() })
}

/// The setup that a session file has spread over its tables.
fn present_setup(file: &SessionFile) -> SavedSetupRow {
    SavedSetupRow {
        name: String::new(),
        sort: file.view.sort.clone(),
        reversed: file.view.reversed,
        filter: file.view.filter.clone(),
        locked: file.locked.clone(),
        knobs: file.knobs.clone(),
        baseline: file.baseline.clone(),
        design_override: file.design_override.clone(),
        pins: file.pins.clone(),
    }
}
