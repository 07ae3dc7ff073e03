//! The scenes. What their captions promise is tested.

use super::scene::{SceneStep, TourScene};
use crate::{
    explore::DesignPart,
    quantity::{Knob, Metric, number},
    record::Precision,
};

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
        pictures: false,
        steps: &[READ],
        caption: |_, now, _| {
            format!(
                "{} sensors look at one object. The blocks left of the dashed lines run on every sensor, those right of them run \
                 once, on the aggregator. With the split after {}, a frame takes {}, and every sensor sends {} bytes for it.",
                now.sensors, now.split, now.latency, now.link_bytes
            )
        },
    },
    TourScene {
        title: "The link gets slower",
        start: &[],
        measured: false,
        tornado: false,
        pictures: false,
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
                "Bandwidth falls from {} to {}. {moved}; the link takes {} of {}.",
                before.bandwidth, now.bandwidth, now.link, now.latency
            )
        },
    },
    TourScene {
        title: "And slower",
        start: &[(Knob::LinkBandwidth, 3.9 * MBIT)],
        measured: false,
        tornado: false,
        pictures: false,
        steps: &[SHORT_READ, SceneStep::Turn(Knob::LinkBandwidth, 0.68 * MBIT, STOP), READ],
        caption: |before, now, _| {
            let other = if before.id == now.id {
                String::new()
            } else {
                format!(" Network #{} no longer comes first; #{} does, which fits the limits here.", before.id, now.id)
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
        pictures: false,
        steps: &[SHORT_READ, SceneStep::Turn(Knob::SensorMemory, 32.0 * KIB, 2 * STOP), READ],
        caption: |before, now, _| {
            let moved = if before.split == now.split {
                format!("The split is still after {}: the tensors on the sensor fit.", now.split)
            } else {
                format!(
                    "The tensors of the first blocks no longer fit, and the split moves back from {} to {}: {} instead of {} \
                     bytes are sent, and a frame takes {} instead of {}.",
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
        pictures: false,
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
                "With 1 sensor network #{}, split after {}, recognises {} of the objects and takes {}; with {} it is network \
                 #{}, split after {}: {} and {} (no latency limit is set here). {}",
                before.id,
                before.split,
                share(before.accuracy),
                before.latency,
                now.sensors,
                now.id,
                now.split,
                share(now.accuracy),
                now.latency,
                measured.made
            )
        },
    },
    TourScene {
        title: "What crosses the link",
        start: &[],
        measured: true,
        tornado: false,
        pictures: true,
        steps: &[
            READ,
            SceneStep::Override(DesignPart::Split, 3),
            READ,
            SceneStep::Override(DesignPart::Ratio, 2),
            READ,
        ],
        caption: |before, now, _| {
            let rebuilt = |leak: Option<(f64, Precision)>| {
                leak.map_or_else(
                    || "not measured".to_owned(),
                    |(leak, precision)| format!("at least {} (in {})", Metric::Leak.format(leak), precision.name()),
                )
            };
            format!(
                "A regression that reads the link rebuilds what cameras see of objects that it never saw. Split after {}: {} \
                 of the picture. Now, after {}: {} of the picture can be rebuilt.",
                before.sends,
                rebuilt(before.leak),
                now.sends,
                rebuilt(now.leak)
            )
        },
    },
    TourScene {
        title: "What matters most",
        start: &[],
        measured: false,
        tornado: true,
        pictures: false,
        steps: &[READ],
        caption: |_, now, _| {
            format!(
                "The effect of 20 % less and 20 % more of each knob on the {} of a frame: it shows where engineering pays. All {} \
                 candidates are costed again at every step, at every split.",
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
        pictures: false,
        steps: &[],
        caption: |_, _, _| {
            "Costs are computed live; accuracies are measured, or say that they are predicted. Move a knob, drag the split along \
             the network, train and search: the explorer is open."
                .to_owned()
        },
    },
];
