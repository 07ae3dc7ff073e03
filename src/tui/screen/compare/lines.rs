//! Rows of the comparison: what is written for each pinned design, and the figures to compare.

use super::super::table;
use crate::{
    explore::{Accuracy, Column, Compared, Session, ShownAccuracy, ShownLeak},
    quantity::{Knob, Metric, RelaxDirection, Unit, number},
    record::Precision,
    tui::widget::Glyphs,
};

/// Text of one design in a row: the value, and an explanation beside it.
#[derive(Default)]
pub(crate) struct ComparedText {
    /// Value that is compared.
    pub(crate) point: String,
    /// Explanation beside the figure.
    pub(crate) beside: String,
}

/// A row of the comparison.
pub(crate) struct ComparisonRow {
    /// Its name.
    pub(crate) name: String,
    /// Text of each pin.
    pub(crate) words: Vec<ComparedText>,
    /// Figures to compare, if the row has them.
    pub(crate) figures: Option<ComparedFigures>,
}

/// Figures of a row, one per pin.
pub(crate) struct ComparedFigures {
    /// Values in base units; NaN where not known.
    pub(crate) values: Vec<f64>,
    /// Lower ends of the intervals of values that were not measured, and NaN for the others; values beyond the end were
    /// measured.
    pub(crate) lower_ends: Vec<f64>,
    /// Unit in which values and differences are written.
    pub(crate) unit: Unit,
    /// Larger values are better.
    pub(crate) more_is_better: bool,
}

impl ComparedFigures {
    /// Returns `true` if a value was not measured.
    pub(crate) fn is_estimated(&self, index: usize) -> bool {
        self.lower_ends.get(index).is_some_and(|low| !low.is_nan())
    }

    /// Value that a design is ranked by: the measured one, else the lower end of its interval.
    pub(crate) fn ranked_by(&self, index: usize) -> f64 {
        self.lower_ends.get(index).copied().filter(|low| !low.is_nan()).unwrap_or(self.values[index])
    }

    /// Returns `true` for the best of those that are known, by the rule of the ranking, if some known one is worse.
    pub(crate) fn is_best(&self, index: usize) -> bool {
        let own = self.ranked_by(index);
        let mut others = (0..self.values.len()).map(|other| self.ranked_by(other)).filter(|other| !other.is_nan());
        let beats = |other: f64| if self.more_is_better { own >= other } else { own <= other };
        let worse = others.clone().any(|other| (other - own).abs() >= 1e-9 * self.unit.size);
        own.is_finite() && worse && others.all(beats)
    }
}

impl ComparisonRow {
    /// Returns `true` if not all designs have the same words.
    pub(crate) fn differs(&self) -> bool {
        let [first, rest @ ..] = self.words.as_slice() else { return false };
        rest.iter().any(|other| other.point != first.point)
    }

    fn words(name: impl Into<String>, words: Vec<ComparedText>) -> Self {
        Self { name: name.into(), words, figures: None }
    }

    fn figures(name: impl Into<String>, values: Vec<f64>, unit: Unit, more_is_better: bool) -> Self {
        let words = values.iter().map(|value| point(unit.column(*value))).collect();
        let figures = ComparedFigures { values, lower_ends: Vec::new(), unit, more_is_better };
        Self { name: name.into(), words, figures: Some(figures) }
    }
}

fn point(text: impl Into<String>) -> ComparedText {
    ComparedText { point: text.into(), beside: String::new() }
}

/// All rows.
pub(crate) fn lines(session: &Session, pins: &[Compared], glyphs: &Glyphs) -> Vec<ComparisonRow> {
    let mut lines: Vec<ComparisonRow> = notes(session, pins).into_iter().collect();
    lines.extend(accuracies(session, pins, glyphs));
    lines.extend(leaks(session, pins));
    lines.extend(costs(session, pins));
    lines.extend(robustness(session, pins));
    lines.extend(lost_cameras(session, pins));
    lines.extend(genes(session, pins));
    lines
}

/// Notes on the designs; none if no pin has one.
fn notes(session: &Session, pins: &[Compared]) -> Option<ComparisonRow> {
    let note = |pin: &Compared| session.setup().notes().get(pin.candidate);
    let any = pins.iter().any(|pin| note(pin).is_some());
    any.then(|| ComparisonRow::words("note", pins.iter().map(|pin| point(note(pin).unwrap_or("-"))).collect()))
}

/// With the present number of sensors, and with every other one that was measured.
fn accuracies(session: &Session, pins: &[Compared], glyphs: &Glyphs) -> Vec<ComparisonRow> {
    let shares: Vec<f64> = pins.iter().map(|pin| pin.accuracy.value().unwrap_or(f64::NAN)).collect();
    let words = pins.iter().map(|pin| point(table::accuracy(&pin.accuracy, glyphs))).collect();
    let lower_end = |pin: &Compared| match pin.accuracy {
        ShownAccuracy::Estimated(figure) => figure.low,
        _ => f64::NAN,
    };
    let lower_ends = pins.iter().map(lower_end).collect();
    let unit = session.unit(Column::Accuracy);
    let figures = ComparedFigures { values: shares, lower_ends, unit, more_is_better: true };
    let mut lines = vec![ComparisonRow { name: "accuracy %".to_owned(), words, figures: Some(figures) }];
    let by_views: Vec<Vec<(u32, Accuracy)>> =
        pins.iter().map(|pin| pin.measurements(session).by_views(&pin.design)).collect();
    let mut views: Vec<u32> = by_views.iter().flatten().map(|(views, _)| *views).collect();
    views.sort_unstable();
    views.dedup();
    lines.extend(in_float(session, pins));
    for views in views.into_iter().filter(|views| *views != session.knobs().sensors) {
        let share = |known: &Vec<(u32, Accuracy)>| {
            known.iter().find(|(with, _)| *with == views).map_or(f64::NAN, |(_, found)| found.accuracy)
        };
        let name = format!("  {}", number::counted(views.into(), "sensor"));
        lines.push(ComparisonRow::figures(
            name,
            by_views.iter().map(share).collect(),
            session.unit(Column::Accuracy),
            true,
        ));
    }
    lines
}

/// Leaks with the present number of sensors, those in float marked; none if no pin's was measured.
fn leaks(session: &Session, pins: &[Compared]) -> Option<ComparisonRow> {
    let leaks: Vec<Option<&ShownLeak>> = pins.iter().map(|pin| pin.leak(session)).collect();
    if leaks.iter().all(Option::is_none) {
        return None;
    }
    let values = leaks.iter().map(|leak| leak.map_or(f64::NAN, |leak| leak.figures.leak)).collect();
    let mut row = ComparisonRow::figures("leak %, at least", values, session.unit(Column::Leak), false);
    for (word, leak) in row.words.iter_mut().zip(leaks) {
        word.point += leak.map_or("", |leak| table::float_mark(leak.precision));
    }
    Some(row)
}

/// Accuracies in float beside those in int8, and their differences; nothing where no design has both.
fn in_float(session: &Session, pins: &[Compared]) -> Vec<ComparisonRow> {
    let measured = |precision, pin: &Compared| {
        let found = pin.measurements(session).newest_in(precision, &pin.design, session.knobs().sensors);
        found.map_or(f64::NAN, |found| found.accuracy)
    };
    let float: Vec<f64> = pins.iter().map(|pin| measured(Precision::Float, pin)).collect();
    let int8 = pins.iter().map(|pin| measured(Precision::Int8, pin));
    let losses: Vec<f64> = float.iter().zip(int8).map(|(float, int8)| float - int8).collect();
    if losses.iter().all(|loss| loss.is_nan()) {
        return Vec::new();
    }
    let unit = session.unit(Column::Accuracy);
    vec![
        ComparisonRow::figures("  in float".to_owned(), float, unit, true),
        ComparisonRow::figures("  loss by int8".to_owned(), losses, unit, false),
    ]
}

/// Latency by part, energy, memory, bytes, size.
fn costs(session: &Session, pins: &[Compared]) -> Vec<ComparisonRow> {
    let [time, energy, memory, link, size] =
        [Column::Latency, Column::Energy, Column::Memory, Column::Link, Column::Macs]
            .map(|column| session.unit(column));
    let less = |name: String, unit: Unit, value: &dyn Fn(&Compared) -> f64| {
        ComparisonRow::figures(name, pins.iter().map(value).collect(), unit, false)
    };
    vec![
        less(format!("latency {}", time.symbol), time, &|pin| pin.evaluation.latency.total_s()),
        less("  readout".to_owned(), time, &|pin| pin.evaluation.latency.readout_s),
        less("  sensor".to_owned(), time, &|pin| pin.evaluation.latency.sensor_s),
        less("  link".to_owned(), time, &|pin| pin.evaluation.latency.link_s),
        less("  aggregator".to_owned(), time, &|pin| pin.evaluation.latency.aggregator_s),
        less(format!("energy {}", energy.symbol), energy, &|pin| pin.evaluation.energy_j),
        less(format!("sensor memory {}", memory.symbol), memory, &|pin| pin.evaluation.sensor_peak_bytes as f64),
        less("link bytes".to_owned(), link, &|pin| pin.evaluation.link_bytes as f64),
        less(format!("size {}", size.symbol), size, &|pin| pin.macs as f64),
        ComparisonRow::words(
            "meets all limits",
            pins.iter().map(|pin| point(yes(pin.evaluation.feasible()))).collect(),
        ),
    ]
}

const fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// Harder times for a design: a knob turned against it, the others held.
const HARDER: [Knob; 5] =
    [Knob::LinkBandwidth, Knob::SensorMemory, Knob::SensorCompute, Knob::AggregatorCompute, Knob::Sensors];

/// Margins: for each knob, the value up to which a design stays feasible, and if it survives half of the current one.
fn robustness(session: &Session, pins: &[Compared]) -> Vec<ComparisonRow> {
    let mut lines = Vec::new();
    for id in HARDER {
        let (knob, value) = (id, session.value(id));
        if knob.is_unlimited(value) {
            continue;
        }
        let Some(range) = session.ranges().of(id) else { continue };
        let against =
            |step: &&f64| if knob.info().relax == RelaxDirection::Up { **step <= value } else { **step >= value };
        let mut steps: Vec<f64> = range.steps.iter().filter(against).copied().collect();
        if knob.info().relax == RelaxDirection::Up {
            steps.reverse();
        }
        let hardest = |pin: &Compared| {
            let fits = |step: &&f64| session.compared_at(pin, id, **step).is_some_and(|cost| cost.feasible());
            // From the present value on, as long as it fits.
            steps.iter().take_while(fits).last().copied()
        };
        let word = |pin: &Compared| match hardest(pin) {
            None => point("does not fit now"),
            Some(end) if steps.last() == Some(&end) => {
                ComparedText { point: knob.format(end), beside: "and beyond".to_owned() }
            }
            Some(end) => point(knob.format(end)),
        };
        let to = if knob.info().relax == RelaxDirection::Up { "down to" } else { "up to" };
        lines.push(ComparisonRow::words(format!("{} {to}", id.info().short), pins.iter().map(word).collect()));
        lines.extend(survives(session, pins, id));
    }
    lines
}

/// Feasibility and latency of each design at half of a knob's current value (at twice as many sensors).
fn survives(session: &Session, pins: &[Compared], id: Knob) -> Option<ComparisonRow> {
    let (knob, now) = (id, session.value(id));
    let most = f64::from(session.space().views);
    let value = if knob.info().relax == RelaxDirection::Up { now / 2.0 } else { (now * 2.0).min(most) };
    if value.total_cmp(&now).is_eq() {
        return None;
    }
    let word = |pin: &Compared| {
        let cost = session.compared_at(pin, id, value);
        cost.map_or_else(ComparedText::default, |cost| ComparedText {
            point: yes(cost.feasible()).to_owned(),
            beside: Metric::Latency.format(cost.latency.total_s()),
        })
    };
    Some(ComparisonRow::words(format!("  survives {}", knob.format(value)), pins.iter().map(word).collect()))
}

/// Accuracy without one camera, for each camera.
fn lost_cameras(session: &Session, pins: &[Compared]) -> Vec<ComparisonRow> {
    let views = session.knobs().sensors;
    let losses: Vec<Vec<(u32, Accuracy)>> =
        pins.iter().map(|pin| pin.measurements(session).without_one(&pin.design, views)).collect();
    let percent = session.unit(Column::Accuracy);
    if losses.iter().all(Vec::is_empty) {
        return Vec::new();
    }
    let worst =
        losses.iter().map(|loss| loss.iter().map(|(_, found)| found.accuracy).fold(f64::NAN, f64::min)).collect();
    let mut lines = vec![ComparisonRow::figures("worst camera lost %", worst, percent, true)];
    for camera in 0..views {
        let of = |loss: &Vec<(u32, Accuracy)>| {
            loss.iter().find(|(lost, _)| *lost == camera).map_or(f64::NAN, |(_, found)| found.accuracy)
        };
        let figures: Vec<f64> = losses.iter().map(of).collect();
        if figures.iter().any(|figure| !figure.is_nan()) {
            lines.push(ComparisonRow::figures(format!("  without camera {camera}"), figures, percent, true));
        }
    }
    lines
}

/// Split, fusion, compression, and the choices of every stage that leaves one open.
fn genes(session: &Session, pins: &[Compared]) -> Vec<ComparisonRow> {
    let space = session.space();
    let words = |name: &str, word: &dyn Fn(&Compared) -> String| {
        ComparisonRow::words(name, pins.iter().map(|pin| point(word(pin))).collect())
    };
    let boundary = |id| space.boundary_name(id).to_owned();
    let mut lines = vec![
        words("split", &|pin| boundary(pin.design.split)),
        words("fusion", &|pin| boundary(pin.design.fusion)),
        words("ratio / link bits", &|pin| format!("{} / {}", pin.design.ratio, pin.design.bits)),
    ];
    if !space.imported().is_empty() {
        let name = |pin: &Compared| space.imported_network(&pin.design.genome).map(|own| own.name.clone());
        lines.insert(0, words("network", &|pin| name(pin).unwrap_or_default()));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_the_one_that_ranks_first() {
        let unit = Metric::Accuracy.info().unit;
        let figures = |values: &[f64], lower_ends: &[f64], more_is_better| {
            let (values, lower_ends) = (values.to_vec(), lower_ends.to_vec());
            ComparedFigures { values, lower_ends, unit, more_is_better }
        };
        let best = |figures: &ComparedFigures| -> Vec<usize> {
            (0..figures.values.len()).filter(|&index| figures.is_best(index)).collect()
        };
        let predicted = figures(&[0.94, 0.925], &[0.922, f64::NAN], true);
        assert_eq!(best(&predicted), [1], "a prediction counts by its lower end");
        assert!(predicted.is_estimated(0) && !predicted.is_estimated(1));
        assert_eq!(best(&figures(&[0.96, 0.925], &[0.93, f64::NAN], true)), [0]);
        assert_eq!(best(&figures(&[3.0, f64::NAN, 2.0, 2.0], &[], false)), [2, 3]);
        assert!(best(&figures(&[3.0, 3.0], &[], true)).is_empty() && best(&figures(&[3.0], &[], true)).is_empty());
    }
}
