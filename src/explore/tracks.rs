//! Tracks: for every step of every knob, the best accuracy of any design that fits there, the other knobs held.
//!
//! Splits are gone through from the best rated one on; each is the best at every step that its feasibility threshold
//! ([`crate::cost::ThresholdSolver`]) reaches first. Of a large pool the best rated splits and an even sample of the
//! others are looked at, so an accuracy is reachable at least, and the one at the present values is exact.

use super::candidate::CandidateId;
use super::catalogue::Catalogue;
use super::knob_range::KnobRange;
use super::ranking_rule::Evaluator;
use crate::cost::{Knobs, SystemRates, ThresholdSolver};
use crate::network::BoundaryId;
use crate::quantity::{Knob, RelaxDirection};

/// Best rated splits that are all looked at.
const BEST: usize = 4000;
/// Other splits that are looked at, evenly spread.
const OTHERS: usize = 2000;
/// Best rated splits looked at for each number of sensors, and as many others.
const FOR_SENSORS: usize = 1500;
/// Smallest difference of accuracies that counts as one.
const WORTH: f64 = 5e-4;
/// Steps that a slope's way is told in, about.
const STEPS_OF_SLOPE: f64 = 4.0;

/// Best design at one step of a knob.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackStop {
    /// Accuracy that the design is ranked by: measured, or the lower end of the interval.
    pub accuracy: f64,
    /// `true` unless it was measured.
    pub estimated: bool,
    /// The candidate.
    pub candidate: CandidateId,
    /// Boundary of its split.
    pub split: BoundaryId,
}

/// Steps of a knob; `None` where no design with a known accuracy fits.
pub(super) type Track = Vec<Option<TrackStop>>;

/// Change of the best accuracy by one knob.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AccuracyChange {
    /// The knob.
    pub knob: Knob,
    /// Nearest step at which the best accuracy is another.
    pub value: f64,
    /// Accuracy there minus the present best, as a share.
    pub change: f64,
    /// `true` unless both were measured.
    pub estimated: bool,
}

/// Mean loss of the best accuracy as a knob is made stricter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AccuracySlope {
    /// Strictest value that costs no accuracy.
    pub from: f64,
    /// Further distance that costs `change`, in base units: a round number of the range's unit.
    pub step: f64,
    /// Accuracy lost by each `step`, below zero.
    pub change: f64,
    /// `true` unless the accuracies at both ends were measured.
    pub estimated: bool,
}

/// Tracks of all knobs in the order of their ranges. `best` is the entry of the split that ranks first, if it fits.
pub(super) fn tracks(
    catalogue: &Catalogue,
    evaluator: &Evaluator<'_>,
    ranges: &[KnobRange],
    best: Option<usize>,
) -> Vec<Track> {
    let mut tracks: Vec<Track> = ranges.iter().map(|range| vec![None; range.steps.len()]).collect();
    let solver = ThresholdSolver::new(evaluator.knobs);
    let order = catalogue.by_rating();
    let stride = (order.len().saturating_sub(BEST)).div_ceil(OTHERS).max(1);
    let others = order.iter().skip(BEST).step_by(stride);
    let looked_at = order.iter().take(BEST).chain(others).map(|&entry| entry as usize);
    // Values that the best splits so far need: a later one matters only where it needs less.
    let mut reached = vec![f64::NAN; ranges.len()];
    for entry in best.into_iter().chain(looked_at) {
        let known = catalogue.measured(entry..entry + 1).at(0);
        let thresholds = solver.thresholds(&catalogue.batch().frame(entry), known);
        for ((range, track), reached) in ranges.iter().zip(&mut tracks).zip(&mut reached) {
            let needed = thresholds.get(range.knob);
            let upward = range.info().relax == RelaxDirection::Up;
            if !(reached.is_nan() && !needed.is_nan() || if upward { needed < *reached } else { needed > *reached }) {
                continue;
            }
            *reached = needed;
            let Some(step) = range.step_for(needed) else { continue };
            let stop = stop(catalogue, entry);
            let open: &mut [Option<TrackStop>] = if upward { &mut track[step..] } else { &mut track[..=step] };
            open.iter_mut().filter(|known| known.is_none()).for_each(|known| *known = Some(stop));
        }
    }
    if let Some(at) = ranges.iter().position(|range| range.knob == Knob::Sensors) {
        tracks[at] = by_sensors(catalogue, evaluator.knobs, &ranges[at]);
    }
    tracks
}

fn stop(catalogue: &Catalogue, entry: usize) -> TrackStop {
    let (candidate, split) = catalogue.split_of(entry);
    TrackStop { accuracy: catalogue.rating_at(entry), estimated: !catalogue.is_measured(entry), candidate, split }
}

/// Best design at every number of sensors, by cost and accuracy.
fn by_sensors(catalogue: &Catalogue, knobs: &Knobs, range: &KnobRange) -> Track {
    let order = catalogue.by_rating();
    let best_with = |&sensors: &f64| {
        let sensors = sensors as u32;
        let rates = SystemRates::new(&Knobs { sensors, ..*knobs });
        let ratings = catalogue.ratings_with(sensors);
        let mut best: Option<(f64, usize)> = None;
        // The best rated with the present number of sensors are among the best rated with others.
        let (first, others) = order.split_at(order.len().min(FOR_SENSORS));
        let stride = others.len().div_ceil(FOR_SENSORS).max(1);
        for entry in first.iter().chain(others.iter().step_by(stride)).map(|&entry| entry as usize) {
            let rating = ratings.get(entry).copied().unwrap_or(f64::NAN);
            let floor = best.map_or(knobs.accuracy_floor.unwrap_or(0.0), |(rating, _)| rating);
            let is_better = if best.is_some() { rating > floor } else { rating >= floor };
            if is_better && rates.is_feasible(&catalogue.batch().frame_with(entry, sensors)) {
                best = Some((rating, entry));
            }
        }
        let (accuracy, entry) = best?;
        let (candidate, split) = catalogue.split_of(entry);
        let estimated = !catalogue.is_measured_with(candidate, split, sensors);
        Some(TrackStop { accuracy, estimated, candidate, split })
    };
    range.steps.iter().map(best_with).collect()
}

/// Nearest step beyond the present value, on its relaxed or its strict side, at which the best accuracy is another than
/// `now`; `None` if there is none.
pub(super) fn change(range: &KnobRange, track: &Track, value: f64, now: f64, relaxed: bool) -> Option<AccuracyChange> {
    let above = (range.info().relax == RelaxDirection::Up) == relaxed;
    let differs = |stop: &TrackStop| {
        let change = stop.accuracy - now;
        change.abs() > WORTH && (change > 0.0) == relaxed
    };
    let mut steps = range.steps.iter().zip(track);
    let found = if above {
        steps.find_map(|(&step, stop)| Some((step, stop.filter(|stop| step > value && differs(stop))?)))
    } else {
        steps.rev().find_map(|(&step, stop)| Some((step, stop.filter(|stop| step < value && differs(stop))?)))
    };
    let (value, TrackStop { accuracy, estimated, .. }) = found?;
    Some(AccuracyChange { knob: range.knob, value, change: accuracy - now, estimated })
}

/// Mean loss of the best accuracy, which is `now`, from the strictest value that costs none to the strictest one at
/// which any design fits; `None` if nothing is lost on the way, or a number of sensors decides.
pub(super) fn slope(range: &KnobRange, track: &Track, value: f64, now: f64) -> Option<AccuracySlope> {
    if range.knob == Knob::Sensors {
        return None;
    }
    let upward = range.info().relax == RelaxDirection::Up;
    let is_stricter = |step: f64| if upward { step <= value } else { step >= value };
    let mut stricter: Vec<(f64, TrackStop)> = range
        .steps
        .iter()
        .zip(track)
        .filter(|(step, _)| is_stricter(**step) && !range.knob.is_unlimited(**step))
        .filter_map(|(&step, stop)| Some((step, (*stop)?)))
        .collect();
    if upward {
        stricter.reverse();
    }
    let (last, end) = *stricter.last()?;
    let (from, start) = *stricter.iter().rfind(|(_, stop)| stop.accuracy >= now - WORTH)?;
    let (loss, way) = (now - end.accuracy, (from - last).abs());
    if loss <= WORTH {
        return None;
    }
    let step = round_step(way / STEPS_OF_SLOPE, range.unit.size);
    let estimated = start.estimated || end.estimated;
    Some(AccuracySlope { from, step, change: -loss * step / way, estimated })
}

/// The largest of 1, 2 and 5 times a power of ten of a unit that is not above a value.
fn round_step(value: f64, unit: f64) -> f64 {
    let power = 10_f64.powi((value / unit).log10().floor() as i32);
    let mantissa = value / unit / power;
    let round = if mantissa >= 5.0 {
        5.0
    } else if mantissa >= 2.0 {
        2.0
    } else {
        1.0
    };
    round * power * unit
}
