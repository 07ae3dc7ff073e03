//! The scenes. What their captions promise is tested.

use super::scene::{SceneStep, TourScene};
use crate::quantity::{Knob, Metric, number};

/// Bytes a second of a Mbit/s, and bytes of a KiB.
const MBIT: f64 = 125e3;
const KIB: f64 = 1024.0;
/// Time to read a caption, and a short one.
const READ: SceneStep = SceneStep::Rest(7000);
const SHORT_READ: SceneStep = SceneStep::Rest(2500);
/// Time of one stop of a knob, and of one sensor.
const STOP: u64 = 260;
const SENSOR: u64 = 120;

/// All scenes in order.
pub(crate) const SCENES: &[TourScene] = &[
    TourScene {
        title: "One network on two machines",
        start: &[],
        measured: false,
        tornado: false,
        steps: &[READ],
        caption: |_, now, _| {
            format!(
                "{} sensors look at one object. What is left of the dashed lines runs on every one of them, what is right of \
                 them runs once, on the aggregator. Split after {}, the whole takes {}, and every sensor \
                 sends {} bytes a frame.",
                now.sensors, now.split, now.latency, now.link_bytes
            )
        },
    },
    TourScene {
        title: "The link gets slower",
        start: &[],
        measured: false,
        tornado: false,
        steps: &[SHORT_READ, SceneStep::Turn(Knob::LinkBandwidth, 3.9 * MBIT, STOP), READ],
        caption: |before, now, _| {
            let moved = if before.split == now.split {
                format!("The split is still after {}", now.split)
            } else {
                format!(
                    "The split has moved from {} to {}, towards the sensor: {} instead of {} bytes",
                    before.split, now.split, now.link_bytes, before.link_bytes
                )
            };
            format!(
                "Bandwidth falls from {} to {}. {moved}; {} of {} pass on the link.",
                before.bandwidth, now.bandwidth, now.link, now.latency
            )
        },
    },
    TourScene {
        title: "And slower",
        start: &[(Knob::LinkBandwidth, 3.9 * MBIT)],
        measured: false,
        tornado: false,
        steps: &[SHORT_READ, SceneStep::Turn(Knob::LinkBandwidth, 0.68 * MBIT, STOP), READ],
        caption: |before, now, _| {
            let other = if before.id == now.id {
                String::new()
            } else {
                format!(" Network #{} has given way to #{}, which fits the limits here.", before.id, now.id)
            };
            format!(
                "At {} the split is after {}: each sensor sends {} bytes a frame and works for {} of {}.{other} {} of {} candidates still fit.",
                now.bandwidth,
                now.split,
                now.link_bytes,
                now.sensor,
                now.latency,
                number::grouped(now.fits as u64),
                number::grouped(now.designs as u64)
            )
        },
    },
    TourScene {
        title: "The sensor's memory shrinks",
        start: &[],
        measured: false,
        tornado: false,
        steps: &[SHORT_READ, SceneStep::Turn(Knob::SensorMemory, 32.0 * KIB, 2 * STOP), READ],
        caption: |before, now, _| {
            let moved = if before.split == now.split {
                format!("The split is still after {}: what is alive on the sensor fits.", now.split)
            } else {
                format!(
                    "What the first blocks keep alive no longer fits, and the split moves back from {} to {}: {} instead of {} \
                     bytes travel, {} instead of {} pass.",
                    before.split, now.split, now.link_bytes, before.link_bytes, now.latency, before.latency
                )
            };
            format!(
                "Back at {}; each sensor's memory goes from {} to {}. {moved}",
                now.bandwidth, before.memory, now.memory
            )
        },
    },
    TourScene {
        title: "More sensors see more",
        start: &[(Knob::Sensors, 1.0), (Knob::LatencyLimit, f64::INFINITY)],
        measured: true,
        tornado: false,
        // At the numbers of sensors that were measured.
        steps: &[
            SHORT_READ,
            SceneStep::Turn(Knob::Sensors, 2.0, SENSOR),
            SHORT_READ,
            SceneStep::Turn(Knob::Sensors, 4.0, SENSOR),
            SHORT_READ,
            SceneStep::Turn(Knob::Sensors, 6.0, SENSOR),
            SHORT_READ,
            SceneStep::Turn(Knob::Sensors, 12.0, SENSOR),
            READ,
        ],
        caption: |before, now, measured| {
            let share = |accuracy: Option<f64>| {
                accuracy.map_or_else(|| "not measured".to_owned(), |share| Metric::Accuracy.format(share))
            };
            format!(
                "Network #{}, split after {}, recognises {} of the objects with 1 sensor, {} with {}; it takes {} \
                 instead of {} (no latency limit is set here). {}",
                now.id,
                now.split,
                share(before.accuracy),
                share(now.accuracy),
                now.sensors,
                now.latency,
                before.latency,
                measured.made
            )
        },
    },
    TourScene {
        title: "What matters most",
        start: &[],
        measured: false,
        tornado: true,
        steps: &[READ],
        caption: |_, now, _| {
            format!(
                "For each knob, what a fifth less and a fifth more do to the {}: where engineering pays. All {} \
                 candidates are costed anew at every step, at every split.",
                now.latency,
                number::grouped(now.designs as u64)
            )
        },
    },
    TourScene {
        title: "Yours",
        start: &[],
        measured: false,
        tornado: false,
        steps: &[],
        caption: |_, _, _| {
            "Costs are computed as you watch; an accuracy is measured, or it is not shown. Move a knob, drag the split along \
             the network, train and search: the explorer is open."
                .to_owned()
        },
    },
];
