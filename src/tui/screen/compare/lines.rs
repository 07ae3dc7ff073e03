//! Rows of the comparison: what is written for each pinned design, and the figures to compare.

use super::super::{knobs, table};
use crate::{
    explore::{Accuracy, Compared, Ease, KnobId, Session},
    tui::text,
};

/// What is written for one design: the point, and what is beside it.
#[derive(Default)]
pub struct Words {
    /// What is compared.
    pub point: String,
    /// What only explains.
    pub beside: String,
}

/// A row of the comparison.
pub struct Line {
    /// Its name.
    pub name: String,
    /// What is written for each pin.
    pub words: Vec<Words>,
    /// Figures to compare, if the row has them, and whether more is better.
    pub figures: Option<(Vec<f64>, bool)>,
}

impl Line {
    /// Whether not all designs have the same.
    pub fn differs(&self) -> bool {
        let [first, rest @ ..] = self.words.as_slice() else { return false };
        rest.iter().any(|other| other.point != first.point)
    }

    fn words(name: impl Into<String>, words: Vec<Words>) -> Self {
        Self { name: name.into(), words, figures: None }
    }

    fn figures(name: impl Into<String>, figures: Vec<f64>, more: bool) -> Self {
        let words = figures.iter().map(|figure| point(text::decimal(*figure))).collect();
        Self { name: name.into(), words, figures: Some((figures, more)) }
    }
}

fn point(text: impl Into<String>) -> Words {
    Words { point: text.into(), beside: String::new() }
}

/// All rows.
pub fn lines(session: &Session, pins: &[Compared]) -> Vec<Line> {
    let mut lines = accuracies(session, pins);
    lines.extend(costs(session, pins));
    lines.extend(robustness(session, pins));
    lines.extend(lost_cameras(session, pins));
    lines.extend(genes(session, pins));
    lines
}

/// With the present number of sensors, and with every other one that was measured.
fn accuracies(session: &Session, pins: &[Compared]) -> Vec<Line> {
    let shares: Vec<f64> = pins.iter().map(|pin| pin.accuracy.measured().unwrap_or(f64::NAN) * 100.0).collect();
    let words = pins.iter().map(|pin| point(table::accuracy(&pin.accuracy))).collect();
    let mut lines = vec![Line { name: "accuracy %".to_owned(), words, figures: Some((shares, true)) }];
    let by_views: Vec<Vec<(u32, Accuracy)>> =
        pins.iter().map(|pin| session.measurements().by_views(&pin.design)).collect();
    let mut views: Vec<u32> = by_views.iter().flatten().map(|(views, _)| *views).collect();
    views.sort_unstable();
    views.dedup();
    for views in views.into_iter().filter(|views| *views != session.knobs().sensors) {
        let share = |known: &Vec<(u32, Accuracy)>| {
            known.iter().find(|(with, _)| *with == views).map_or(f64::NAN, |(_, found)| found.accuracy * 100.0)
        };
        let name = format!("  {views} sensor{}", if views == 1 { "" } else { "s" });
        lines.push(Line::figures(name, by_views.iter().map(share).collect(), true));
    }
    lines
}

/// Latency by part, energy, memory, bytes, size.
fn costs(session: &Session, pins: &[Compared]) -> Vec<Line> {
    let unit = |knob: KnobId, usual: (&'static str, f64)| {
        session.dial(knob).map_or(usual, |dial| (dial.unit, dial.unit_size()))
    };
    let (time, second) = unit(KnobId::LatencyLimit, ("ms", 1e-3));
    let (energy, joule) = unit(KnobId::EnergyLimit, ("uJ", 1e-6));
    let (memory, byte) = unit(KnobId::SensorMemory, ("KiB", 1024.0));
    let less = |name: String, size: f64, value: &dyn Fn(&Compared) -> f64| {
        Line::figures(name, pins.iter().map(|pin| value(pin) / size).collect(), false)
    };
    vec![
        less(format!("latency {time}"), second, &|pin| pin.evaluation.latency.total_s()),
        less("  readout".to_owned(), second, &|pin| pin.evaluation.latency.readout_s),
        less("  sensor".to_owned(), second, &|pin| pin.evaluation.latency.sensor_s),
        less("  link".to_owned(), second, &|pin| pin.evaluation.latency.link_s),
        less("  aggregator".to_owned(), second, &|pin| pin.evaluation.latency.aggregator_s),
        less(format!("energy {energy}"), joule, &|pin| pin.evaluation.energy_j),
        less(format!("sensor RAM {memory}"), byte, &|pin| pin.evaluation.sensor_peak_bytes as f64),
        link_bytes(pins),
        less("size MMAC".to_owned(), 1e6, &|pin| pin.macs as f64),
        Line::words("meets all limits", pins.iter().map(|pin| point(yes(pin.evaluation.feasible()))).collect()),
    ]
}

/// Whole numbers, which have no tenths.
fn link_bytes(pins: &[Compared]) -> Line {
    let words = pins.iter().map(|pin| point(pin.evaluation.link_bytes.to_string())).collect();
    let figures = pins.iter().map(|pin| pin.evaluation.link_bytes as f64).collect();
    Line { name: "link bytes".to_owned(), words, figures: Some((figures, false)) }
}

const fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// Harder times for a design: a knob turned against it, the others held.
const HARDER: [KnobId; 5] =
    [KnobId::LinkBandwidth, KnobId::SensorMemory, KnobId::SensorCompute, KnobId::AggregatorCompute, KnobId::Sensors];

/// How far each knob may turn against a design before it no longer fits, and whether it survives half of it now.
fn robustness(session: &Session, pins: &[Compared]) -> Vec<Line> {
    let mut lines = Vec::new();
    for id in HARDER {
        let (knob, value) = (id.knob(), session.value(id));
        let Some(dial) = session.dial(id).filter(|_| !knob.is_unlimited(value)) else { continue };
        let against = |stop: &&f64| if knob.ease == Ease::Up { **stop <= value } else { **stop >= value };
        let mut stops: Vec<f64> = dial.stops.iter().filter(against).copied().collect();
        if knob.ease == Ease::Up {
            stops.reverse();
        }
        let hardest = |pin: usize| {
            let fits = |stop: &&f64| session.compared_at(pin, id, **stop).is_some_and(|cost| cost.feasible());
            // From the present value on, as long as it fits.
            stops.iter().take_while(fits).last().copied()
        };
        let word = |pin: usize| match hardest(pin) {
            None => point("does not fit now"),
            Some(end) if stops.last() == Some(&end) => Words { point: knob.show(end), beside: "and beyond".to_owned() },
            Some(end) => point(knob.show(end)),
        };
        let to = if knob.ease == Ease::Up { "down to" } else { "up to" };
        lines.push(Line::words(format!("{} {to}", knobs::short(id)), (0..pins.len()).map(word).collect()));
        lines.extend(survives(session, pins, id));
    }
    lines
}

/// Whether each design survives half of what there is now (twice as many sensors), and with what latency.
fn survives(session: &Session, pins: &[Compared], id: KnobId) -> Option<Line> {
    let (knob, now) = (id.knob(), session.value(id));
    let most = f64::from(session.space().views);
    let value = if knob.ease == Ease::Up { now / 2.0 } else { (now * 2.0).min(most) };
    if value.total_cmp(&now).is_eq() {
        return None;
    }
    let word = |pin: usize| {
        let cost = session.compared_at(pin, id, value);
        cost.map_or_else(Words::default, |cost| Words {
            point: yes(cost.feasible()).to_owned(),
            beside: format!("{} ms", text::milliseconds(cost.latency.total_s())),
        })
    };
    Some(Line::words(format!("  survives {}", knob.show(value)), (0..pins.len()).map(word).collect()))
}

/// What is left of the accuracy when one camera sees nothing, for each camera that was left out.
fn lost_cameras(session: &Session, pins: &[Compared]) -> Vec<Line> {
    let views = session.knobs().sensors;
    let losses: Vec<Vec<(u32, Accuracy)>> =
        pins.iter().map(|pin| session.measurements().without_one(&pin.design, views)).collect();
    let share = |found: &Accuracy| found.accuracy * 100.0;
    if losses.iter().all(Vec::is_empty) {
        return Vec::new();
    }
    let worst = losses.iter().map(|loss| loss.iter().map(|(_, found)| share(found)).fold(f64::NAN, f64::min)).collect();
    let mut lines = vec![Line::figures("worst camera lost %", worst, true)];
    for camera in 0..views {
        let of = |loss: &Vec<(u32, Accuracy)>| {
            loss.iter().find(|(lost, _)| *lost == camera).map_or(f64::NAN, |(_, found)| share(found))
        };
        let figures: Vec<f64> = losses.iter().map(of).collect();
        if figures.iter().any(|figure| !figure.is_nan()) {
            lines.push(Line::figures(format!("  without camera {camera}"), figures, true));
        }
    }
    lines
}

/// Split, fusion, compression, and the choices of every stage that leaves one open.
fn genes(session: &Session, pins: &[Compared]) -> Vec<Line> {
    let space = session.space();
    let words = |name: &str, word: &dyn Fn(&Compared) -> String| {
        Line::words(name, pins.iter().map(|pin| point(word(pin))).collect())
    };
    let boundary = |id| space.boundary_name(id).to_owned();
    let mut lines = vec![
        words("split", &|pin| boundary(pin.design.split)),
        words("fusion", &|pin| boundary(pin.design.fusion)),
        words("ratio / link bits", &|pin| format!("{} / {}", pin.design.ratio, pin.design.bits)),
    ];
    for (index, stage) in space.stages.iter().enumerate() {
        let gene = |pin: &Compared| {
            let choice = &space.architecture(&pin.design.genome).stages[index];
            let width = choice.width.map(|width| format!("{width} ")).unwrap_or_default();
            let blocks: Vec<String> =
                choice.blocks.iter().map(|block| format!("k{}e{}", block.kernel, block.expansion)).collect();
            format!("{width}{}", blocks.join(" "))
        };
        // A stage without a choice is the same for all.
        if space.genes().iter().any(|gene| gene.stage == Some(index) && gene.choices > 1) {
            lines.push(words(&stage.name, &gene));
        }
    }
    lines
}
