//! Writes a session into a [`SessionFile`].

use super::Session;
use crate::cost::TransmitConfig;
use crate::explore::candidate::CandidateId;
use crate::explore::session_file::{
    DesignRow, MAX_ADDED, NoteRow, OverrideRow, SavedSetupRow, SessionFile, SessionHeader, VERSION, ViewRow,
};
use crate::explore::setup::Setup;
use crate::network::BoundaryId;
use crate::quantity::Knob;

impl Session {
    /// The session as the contents of a file.
    pub fn to_file(&self) -> SessionFile {
        let setup = self.setup_row("", &self.setup);
        let pinned_split = self.selection.pin().and_then(|pin| pin.split);
        SessionFile {
            session: SessionHeader {
                version: VERSION,
                space: self.space().name.clone(),
                profile: self.profile().name.clone(),
                run: self.activity.run().map(str::to_owned),
                pool: self.catalogue.requested(),
                seed: self.catalogue.seed(),
            },
            knobs: setup.knobs,
            locked: setup.locked,
            view: ViewRow {
                sort: setup.sort,
                reversed: setup.reversed,
                filter: setup.filter,
                knob: self.ranges.selected().knob.name().to_owned(),
                ..ViewRow::default()
            },
            selected: self.selection.kept().and_then(|id| self.design_row(id, pinned_split)),
            baseline: setup.baseline,
            design_override: setup.design_override,
            pins: setup.pins,
            notes: self.note_rows(),
            added: self.catalogue.added().take(MAX_ADDED).filter_map(|id| self.design_row(id, None)).collect(),
            saved_setups: self.history.saved().iter().map(|saved| self.setup_row(&saved.name, &saved.setup)).collect(),
        }
    }

    fn setup_row(&self, name: &str, setup: &Setup) -> SavedSetupRow {
        let locked = Knob::ALL.into_iter().filter(|knob| setup.is_locked(*knob));
        let pins = setup.pins().iter().filter_map(|pin| self.design_row(pin.candidate, pin.split));
        SavedSetupRow {
            name: name.to_owned(),
            sort: setup.sort().column.name().to_owned(),
            reversed: setup.sort().reversed,
            filter: setup.filter().text().to_owned(),
            locked: locked.map(|knob| knob.name().to_owned()).collect(),
            knobs: Knob::ALL.into_iter().map(|knob| (knob.name().to_owned(), setup.value(knob))).collect(),
            baseline: setup.baseline().and_then(|id| self.design_row(id, None)),
            design_override: self.override_row(setup),
            pins: pins.collect(),
        }
    }

    fn note_rows(&self) -> Vec<NoteRow> {
        let row = |(id, text): (CandidateId, &str)| {
            Some(NoteRow { text: text.to_owned(), design: self.design_row(id, None)? })
        };
        self.setup.notes().iter().filter_map(row).collect()
    }

    fn override_row(&self, setup: &Setup) -> Option<OverrideRow> {
        let design_override = setup.design_override()?;
        let from = self.design_row(design_override.candidate(), None)?;
        let to = self.sent_row(&from.genome, design_override.transmit(), design_override.split());
        Some(OverrideRow { from, to })
    }

    fn design_row(&self, id: CandidateId, split: Option<BoundaryId>) -> Option<DesignRow> {
        let candidate = self.catalogue.get(id)?;
        Some(self.sent_row(&self.space().print(&candidate.genome), candidate.transmit, split))
    }

    fn sent_row(&self, genome: &str, transmit: TransmitConfig, split: Option<BoundaryId>) -> DesignRow {
        let name = |id: BoundaryId| self.space().boundary_name(id).to_owned();
        DesignRow {
            genome: genome.to_owned(),
            fusion: name(transmit.fusion),
            ratio: transmit.ratio,
            bits: transmit.bits,
            split: split.map(name),
        }
    }
}
