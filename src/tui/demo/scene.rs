//! A scene of the tour, and the figures its caption is made of.

use super::measured::{Measured, OBJECT};
use crate::{
    explore::{CandidateId, DesignPart, Session, ShownAccuracy},
    quantity::{Knob, Metric},
    record::Precision,
    space::Design,
};

/// A step of a scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum SceneStep {
    /// Moves a knob to a value by steps of its range, each of so many milliseconds.
    Turn(Knob, f64, u64),
    /// Overrides a part of the selected design by so many places.
    Override(DesignPart, i32),
    /// Waits for so many milliseconds.
    Rest(u64),
}

/// A scene of the tour.
pub(super) struct TourScene {
    pub(super) title: &'static str,
    /// Knobs that begin at other values than the profile's.
    pub(super) start: &'static [(Knob, f64)],
    /// The scene shows the accuracies measured for the program.
    pub(super) measured: bool,
    /// The tornado chart lies over the screen.
    pub(super) tornado: bool,
    /// The scene shows the pictures made for the program, in the place of the scatter plot.
    pub(super) pictures: bool,
    pub(super) steps: &'static [SceneStep],
    pub(super) caption: fn(&Facts, &Facts, &Measured) -> String,
}

/// Figures of the selected design that captions name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) id: CandidateId,
    pub(super) sensors: u32,
    pub(super) split: String,
    pub(super) fusion: String,
    pub(super) latency: String,
    pub(super) sensor: String,
    pub(super) link: String,
    pub(super) link_bytes: u64,
    pub(super) bandwidth: String,
    pub(super) memory: String,
    pub(super) accuracy: Option<f64>,
    /// The design as it is shown, overrides included: split, ratio, bits and leak where its pictures are there.
    pub(super) sends: String,
    pub(super) leak: Option<(f64, Precision)>,
    pub(super) fits: usize,
    pub(super) designs: usize,
}

impl Facts {
    /// Facts of the selected design.
    pub(super) fn of(session: &Session) -> Self {
        let Some(row) = session.selected().and_then(|id| session.row(id)) else { return Self::default() };
        let latency = &row.evaluation.latency;
        let shown_design = session.selected_design();
        let shown = |id: Knob| id.format(session.value(id));
        Self {
            id: row.id,
            sensors: session.knobs().sensors,
            split: row.split_name.to_owned(),
            fusion: row.fusion_name.to_owned(),
            latency: Metric::Latency.format(latency.total_s()),
            sensor: Metric::Latency.format(latency.sensor_s),
            link: Metric::Latency.format(latency.link_s),
            link_bytes: row.evaluation.link_bytes,
            bandwidth: shown(Knob::LinkBandwidth),
            memory: shown(Knob::SensorMemory),
            accuracy: if let ShownAccuracy::Measured(found) = row.accuracy { Some(found.accuracy) } else { None },
            sends: shown_design.as_ref().map_or_else(String::new, |design| sends(session, design)),
            leak: shown_design.and_then(|design| leak(session, &design)),
            fits: session.feasible_count(),
            designs: session.catalogue().len(),
        }
    }
}

/// Boundary and compression of a design in words.
fn sends(session: &Session, design: &Design) -> String {
    let Design { split, ratio, bits, .. } = design;
    format!("{} at a ratio of {ratio} with {bits} bits", session.space().boundary_name(*split))
}

/// Leak of a design whose pictures are there, and its precision.
fn leak(session: &Session, design: &Design) -> Option<(f64, Precision)> {
    let printed = session.space().print_design(design);
    let found = session.pictures().of(&printed, session.knobs().sensors, OBJECT)?;
    Some((found.pictures.leak, found.key.design.precision))
}
