//! Tracks: for every step of every knob, the best accuracy of any design that fits there, the other knobs held.
//!
//! The best is the first by the rule of the ranking ([`RankedDesign`](super::ranking_rule::RankedDesign)). Splits are
//! gone through from the best rated one on; each is the best at every step that its feasibility threshold
//! ([`crate::cost::ThresholdSolver`]) reaches first. Where others of the same rating fit too, the fastest is taken
//! then. All are exact ([`RatedSplits`]) but for other numbers of sensors, of which the accuracies are others: there a
//! design at least as good can be had.

use super::candidate::CandidateId;
use super::catalogue::Catalogue;
use super::knob_range::KnobRange;
use super::rated_splits::RatedSplits;
use crate::cost::{
    EasiestThresholds, FrameDemand, Knobs, MeasuredShares, SystemRates, ThresholdSolver, rates_by_sensors,
};
use crate::network::BoundaryId;
use crate::quantity::{Knob, Limit, RelaxDirection};

/// Smallest difference of accuracies that counts as one.
const WORTH: f64 = 5e-4;
/// Steps that a slope's way is told in, about.
const STEPS_OF_SLOPE: f64 = 4.0;
/// A slope is that of values down to one of so many parts of the value it begins at, or up to so many times it: near
/// enough to be what the next steps cost, though far below nothing may fit.
const NEAR: f64 = 2.0;

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

/// Mean loss of the best accuracy as a knob is made stricter, over values near the one at which it begins.
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
    rated: &RatedSplits,
    knobs: &Knobs,
    ranges: &[KnobRange],
    best: Option<usize>,
) -> Vec<Track> {
    let mut tracks: Vec<Track> = ranges.iter().map(|range| vec![None; range.steps.len()]).collect();
    let solver = ThresholdSolver::new(knobs);
    let mut easiest = EasiestThresholds::NONE;
    // Values that the best splits so far need: a later one matters only where it needs less.
    let mut reached = vec![f64::NAN; ranges.len()];
    let mut look_at = |entry: usize, frame: &FrameDemand, known: MeasuredShares| {
        let Some(thresholds) = solver.easier(frame, known, &mut easiest) else { return };
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
    };
    let splits = rated.splits();
    let (all, place_of_best) = (splits.entries.len(), best.map(|entry| rated.place_of(catalogue.rating_at(entry))));
    for place in 0..=all {
        // It takes its place in the order of the ratings: before it stand better ones, which do not fit now.
        if place_of_best == Some(place)
            && let Some(best) = best
        {
            look_at(best, &catalogue.batch().frame(best), catalogue.measured(best..best + 1).at(0));
        }
        if let Some(&entry) = splits.entries.get(place) {
            look_at(entry as usize, &splits.batch.frame(place), rated.shares(place));
        }
    }
    for (range, track) in ranges.iter().zip(&mut tracks) {
        if range.knob == Knob::Sensors {
            *track = by_sensors(catalogue, rated, knobs, range);
        } else {
            choose_fastest(catalogue, rated, knobs, range, track);
        }
    }
    tracks
}

/// Puts the fastest of the splits that are rated alike at every step of a knob; of equally fast ones the first.
fn choose_fastest(catalogue: &Catalogue, rated: &RatedSplits, knobs: &Knobs, range: &KnobRange, track: &mut Track) {
    let splits = rated.splits();
    for (&step, stop) in range.steps.iter().zip(track) {
        let Some(known) = stop else { continue };
        let places = rated.places_of(known.accuracy);
        if places.len() < 2 {
            continue;
        }
        let moved = knobs.with(range.knob, step);
        let rates = SystemRates::new(&moved);
        // Latencies are compared in the digits that the ranking compares.
        let seconds_if_fits = |place: usize| {
            let cost = rates.evaluate_frame(&splits.batch.frame(place)).with_measured(rated.shares(place), &moved);
            cost.feasible().then_some((cost.latency.total_s() as f32, splits.entries[place]))
        };
        let fastest = places.filter_map(seconds_if_fits).min_by(|one, other| {
            let (seconds, entry) = other;
            one.0.total_cmp(seconds).then(one.1.cmp(entry))
        });
        if let Some((_, entry)) = fastest {
            *stop = Some(self::stop(catalogue, entry as usize));
        }
    }
}

fn stop(catalogue: &Catalogue, entry: usize) -> TrackStop {
    let (candidate, split) = catalogue.split_of(entry);
    TrackStop { accuracy: catalogue.rating_at(entry), estimated: !catalogue.is_measured(entry), candidate, split }
}

/// Best design at every number of sensors, by cost and accuracy.
fn by_sensors(catalogue: &Catalogue, rated: &RatedSplits, knobs: &Knobs, range: &KnobRange) -> Track {
    let splits = rated.few();
    let rates = rates_by_sensors(knobs, range.steps.iter().fold(1.0, |most, step| step.max(most)) as u32);
    let best_with = |&sensors: &f64| {
        let sensors = sensors as u32;
        let rates = rates.get(sensors.checked_sub(1)? as usize)?;
        let leaks_too_much = |place: usize| {
            let (candidate, split) = catalogue.split_of(splits.entries[place] as usize);
            let known = catalogue.design(candidate, split).map(|design| catalogue.measured_of(&design, sensors));
            let leak = known.map_or(f64::NAN, |known| known.leak);
            knobs.leak_limit.is_some_and(|limit| Limit::Leak.is_broken(leak, limit))
        };
        let seconds_if_fits = |place: usize| {
            let frame = splits.batch.frame_with(place, sensors);
            let fits = rates.is_feasible(&frame) && (knobs.leak_limit.is_none() || !leaks_too_much(place));
            fits.then(|| rates.frame_latency(&frame).total_s())
        };
        let (place, accuracy) = rated.best_with(sensors, knobs.accuracy_floor, seconds_if_fits)?;
        let (candidate, split) = catalogue.split_of(splits.entries[place] as usize);
        let estimated = !catalogue.is_measured_with(candidate, split, sensors);
        Some(TrackStop { accuracy, estimated, candidate, split })
    };
    range.steps.iter().map(best_with).collect()
}

/// Nearest step beyond the present value at which the best accuracy is another than `now`: higher if `gains`, else
/// lower. Only a relaxed knob gains accuracy and only a stricter one loses it, but for the number of sensors, where the
/// larger change of both sides counts. `None` if there is none.
pub(super) fn change(range: &KnobRange, track: &Track, value: f64, now: f64, gains: bool) -> Option<AccuracyChange> {
    let differs = |stop: &TrackStop| {
        let change = stop.accuracy - now;
        change.abs() > WORTH && (change > 0.0) == gains
    };
    let steps = || range.steps.iter().zip(track);
    let there = |step: f64, stop: &Option<TrackStop>| Some((step, stop.filter(differs)?));
    let above = || steps().filter(|(step, _)| **step > value).find_map(|(&step, stop)| there(step, stop));
    let below = || steps().rev().filter(|(step, _)| **step < value).find_map(|(&step, stop)| there(step, stop));
    let found = if range.knob == Knob::Sensors {
        let both = [above(), below()].into_iter().flatten();
        both.max_by(|one, other| (one.1.accuracy - now).abs().total_cmp(&(other.1.accuracy - now).abs()))
    } else if (range.info().relax == RelaxDirection::Up) == gains {
        above()
    } else {
        below()
    };
    let (value, TrackStop { accuracy, estimated, .. }) = found?;
    Some(AccuracyChange { knob: range.knob, value, change: accuracy - now, estimated })
}

/// Mean loss of the best accuracy, which is `now`, from the strictest value that costs none to the strictest one within
/// a factor of [`NEAR`] at which any design fits, or the next one if that is further away; `None` if nothing is lost on
/// the way, or a number of sensors decides.
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
    let first = stricter.iter().rposition(|(_, stop)| stop.accuracy >= now - WORTH)?;
    let ((from, start), lossy) = (stricter[first], &stricter[first + 1..]);
    let is_near = |(step, _): &&(f64, TrackStop)| if upward { *step * NEAR >= from } else { *step <= from * NEAR };
    let (last, end) = *lossy.iter().rfind(is_near).or(lossy.first())?;
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
