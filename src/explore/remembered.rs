//! Setups in a session file: the present one and those remembered by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::column::{Column, Sort};
use super::file::{DesignRow, HandRow, SessionFileError, knob_named};
use super::filter::Filter;
use super::hand::Held;
use super::history::{Pinned, Setup};
use super::knob::{KNOBS, KnobId};
use super::session::Session;
use crate::cost::Knobs;

/// A remembered setup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RememberedRow {
    /// Its name.
    pub name: String,
    /// Column the rows are sorted by.
    pub sort: String,
    /// Against the column's own way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reversed: bool,
    /// Filter as typed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// Knobs that do not move.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locked: Vec<String>,
    /// Knobs by name, in base units.
    pub knobs: BTreeMap<String, f64>,
    /// The design others are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<DesignRow>,
    /// The design changed by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand: Option<HandRow>,
    /// Pinned designs.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "pin")]
    pub pins: Vec<DesignRow>,
}

impl Setup {
    /// Knobs by name, in base units.
    pub(super) fn knob_rows(&self) -> BTreeMap<String, f64> {
        KNOBS.iter().map(|knob| (knob.name.to_owned(), knob.get(&self.knobs))).collect()
    }

    /// Names of the locked knobs.
    pub(super) fn locked_rows(&self) -> Vec<String> {
        KNOBS.iter().filter(|knob| self.is_locked(knob.id)).map(|knob| knob.name.to_owned()).collect()
    }
}

impl Session {
    pub(super) fn remembered_row(&self, name: &str, setup: &Setup) -> RememberedRow {
        RememberedRow {
            name: name.to_owned(),
            sort: setup.sort.column.name().to_owned(),
            reversed: setup.sort.reversed,
            filter: setup.filter.text().to_owned(),
            locked: setup.locked_rows(),
            knobs: setup.knob_rows(),
            baseline: setup.baseline.and_then(|id| self.design_row(id, None)),
            hand: self.hand_row(setup),
            pins: self.pin_rows(setup),
        }
    }

    pub(super) fn hand_row(&self, setup: &Setup) -> Option<HandRow> {
        let hand = setup.hand.as_ref()?;
        let from = self.design_row(hand.candidate, None)?;
        let to = self.sending_row(&from.genome, hand.sending, hand.split);
        Some(HandRow { from, to })
    }

    pub(super) fn pin_rows(&self, setup: &Setup) -> Vec<DesignRow> {
        setup.pins.iter().filter_map(|pin| self.design_row(pin.candidate, pin.split)).collect()
    }

    /// Reads a remembered setup; the present one stays.
    pub(super) fn restore_remembered(&mut self, row: &RememberedRow) -> Result<(), SessionFileError> {
        let present = self.setup.clone();
        self.setup = Setup {
            knobs: Knobs::from_profile(&self.profile),
            locked: 0,
            pins: Vec::new(),
            baseline: None,
            hand: None,
            sort: Sort { column: Column::named(&row.sort).unwrap_or_default(), reversed: row.reversed },
            filter: Filter::default(),
        };
        let read = self.read_remembered(row);
        let setup = std::mem::replace(&mut self.setup, present);
        read.map(|()| self.remembered.push((row.name.clone(), setup)))
    }

    fn read_remembered(&mut self, row: &RememberedRow) -> Result<(), SessionFileError> {
        self.setup.filter = Filter::parse(&row.filter, &self.space, &self.dials)?;
        self.restore_knobs(&row.knobs, &row.locked)?;
        self.restore_designs(&row.pins, row.baseline.as_ref(), row.hand.as_ref())
    }

    pub(super) fn restore_knobs(
        &mut self,
        knobs: &BTreeMap<String, f64>,
        locked: &[String],
    ) -> Result<(), SessionFileError> {
        for (name, &value) in knobs {
            self.restore_knob(name, value)?;
        }
        for name in locked {
            self.setup.locked |= 1 << knob_named(name)?.index();
        }
        Ok(())
    }

    pub(super) fn restore_designs(
        &mut self,
        pins: &[DesignRow],
        baseline: Option<&DesignRow>,
        hand: Option<&HandRow>,
    ) -> Result<(), SessionFileError> {
        for pin in pins {
            let (candidate, split) = self.restore_design(pin)?;
            self.setup.pins.push(Pinned { candidate, split });
        }
        if let Some(row) = baseline {
            self.setup.baseline = Some(self.restore_design(row)?.0);
        }
        hand.map_or(Ok(()), |hand| self.restore_hand(hand))
    }

    fn restore_knob(&mut self, name: &str, value: f64) -> Result<(), SessionFileError> {
        let knob = knob_named(name)?.knob();
        let mut knobs = self.setup.knobs;
        knob.set(&mut knobs, value);
        let most = if knob.id == KnobId::Sensors { f64::from(self.space.views.max(1)) } else { f64::INFINITY };
        // What the knob does not take leaves it as it is: then the value it has now is not the one of the file.
        let taken = knob.get(&knobs).total_cmp(&value).is_eq();
        if !taken || value > most || (value.is_infinite() && !knob.is_unlimited(value)) {
            return Err(SessionFileError::Value(knob.label, value));
        }
        self.setup.knobs = knobs;
        Ok(())
    }

    fn restore_hand(&mut self, hand: &HandRow) -> Result<(), SessionFileError> {
        let (id, _) = self.restore_design(&hand.from)?;
        let (genome, sending, split) = self.read_design(&hand.to)?;
        let split = split.filter(|&split| self.space.splits(&genome).contains(&split));
        let Some(candidate) = self.pool.get(id) else { return Ok(()) };
        let held = Held {
            space: &self.space,
            profile: &self.profile,
            id,
            candidate,
            own_cuts: self.pool.cuts(id),
            hand: None,
            split: split.unwrap_or(0),
        };
        self.setup.hand = held.with(split, sending)?;
        Ok(())
    }
}
