//! How far splits are from meeting the limits: for many at once, in columns, without branches.

use super::batch::Rows;
use super::evaluate::SystemRates;
use super::frame_demand::FrameDemand;
use super::knobs::Knobs;
use crate::quantity::Limit;

/// Lowest bit of the number of broken limits; below it the limits themselves.
const COUNT: u32 = 8;

/// One over each limit; 0 where there is none.
#[derive(Debug, Clone, Copy)]
struct PerLimit {
    sensor_memory: f64,
    sensor_weights: f64,
    aggregator_weights: f64,
    latency: f64,
    energy: f64,
    period: f64,
}

impl PerLimit {
    fn new(knobs: &Knobs, rates: &SystemRates) -> Self {
        let per = |limit: Option<f64>| limit.map_or(0.0, |limit| limit.max(f64::MIN_POSITIVE).recip());
        let per_byte = |limit: u64| per(Some(limit as f64).filter(|_| limit != u64::MAX));
        Self {
            sensor_memory: per_byte(rates.memory_bytes()),
            sensor_weights: per_byte(knobs.system.sensor_weight_memory_bytes),
            aggregator_weights: per_byte(knobs.system.aggregator_weight_memory_bytes),
            latency: per(knobs.latency_limit_s),
            energy: per(knobs.energy_limit_j),
            period: knobs.frame_rate_floor_hz.unwrap_or(0.0),
        }
    }
}

/// What some splits cost as far as limits go. Entry `i` of each column belongs to split `i`. Filled again and again, so that it
/// allocates only the first time.
#[derive(Debug, Clone)]
pub struct Misses {
    per_limit: PerLimit,
    accuracy_floor: Option<f64>,
    len: usize,
    seconds: Vec<f64>,
    excess: Vec<f64>,
    broken: Vec<u64>,
}

impl Misses {
    /// Of no splits, under these knobs.
    pub fn new(knobs: &Knobs, rates: &SystemRates) -> Self {
        let per_limit = PerLimit::new(knobs, rates);
        let accuracy_floor = knobs.accuracy_floor;
        Self { per_limit, accuracy_floor, len: 0, seconds: Vec::new(), excess: Vec::new(), broken: Vec::new() }
    }

    /// Judges these splits, by the rates of the knobs this was made with. Accuracies beyond the slice, and NaN, are unknown and
    /// break no limit.
    pub fn fill(&mut self, rows: Rows, accuracies: &[f64], rates: &SystemRates) {
        self.len = rows.len();
        if self.seconds.len() < self.len {
            self.seconds.resize(self.len, 0.0);
            self.excess.resize(self.len, 0.0);
            self.broken.resize(self.len, 0);
        }
        fill(rows, rates, &self.per_limit, &mut self.seconds, &mut self.excess, &mut self.broken);
        let Some(floor) = self.accuracy_floor else { return };
        for ((accuracy, excess), broken) in accuracies.iter().zip(&mut self.excess).zip(&mut self.broken) {
            *excess += (floor - accuracy).max(0.0);
            *broken += u64::from(*accuracy < floor) * bit(Limit::Accuracy);
        }
    }

    /// Seconds of a frame; infinite where no split is allowed.
    pub fn seconds(&self) -> &[f64] {
        &self.seconds[..self.len]
    }

    /// Sum over the broken limits of the share by which each is missed.
    pub fn excess(&self) -> &[f64] {
        &self.excess[..self.len]
    }

    /// Number of broken limits of a split.
    #[inline]
    pub fn count(&self, index: usize) -> u32 {
        (self.broken[index] >> COUNT) as u32
    }

    /// The broken limits of a split as bits, in the order of [`Limit::ALL`].
    #[inline]
    pub fn bits(&self, index: usize) -> u8 {
        self.broken[index] as u8
    }

    /// Index of the fastest split that breaks no limit; of equally fast ones the first.
    pub fn fastest(&self) -> Option<usize> {
        let (mut least, mut at) = (f64::INFINITY, None);
        for (index, (&seconds, &broken)) in self.seconds().iter().zip(&self.broken).enumerate() {
            if broken == 0 && seconds < least {
                (least, at) = (seconds, Some(index));
            }
        }
        at
    }
}

/// What a broken limit adds.
const fn bit(limit: Limit) -> u64 {
    1 << COUNT | 1 << limit as u32
}

/// Fills the columns. The figures are those of [`SystemRates::evaluate_frame`] to the last digit.
fn fill(rows: Rows, rates: &SystemRates, per: &PerLimit, seconds: &mut [f64], excess: &mut [f64], broken: &mut [u64]) {
    let count = rows.len();
    let [sensor, aggregator, work, link, peak, own, other] = rows.slices().map(|column| &column[..count]);
    let (seconds, excess, broken) = (&mut seconds[..count], &mut excess[..count], &mut broken[..count]);
    let over = |value: f64, per_limit: f64| {
        let over = value * per_limit - 1.0;
        if over > 0.0 { over } else { 0.0 }
    };
    for index in 0..count {
        let frame = FrameDemand {
            sensor_cycles: sensor[index],
            aggregator_cycles: aggregator[index],
            work_j: work[index],
            link_bytes: link[index],
            peak_bytes: peak[index],
            sensor_weight_bytes: own[index],
            aggregator_weight_bytes: other[index],
        };
        let latency = rates.latency_of(&frame);
        let (total_s, period_s) = (latency.total_s(), latency.period_s());
        let energy_j = rates.energy_of(&frame, &latency);
        seconds[index] = total_s;
        excess[index] = over(frame.peak_bytes, per.sensor_memory)
            + over(frame.sensor_weight_bytes, per.sensor_weights)
            + over(frame.aggregator_weight_bytes, per.aggregator_weights)
            + over(total_s, per.latency)
            + over(energy_j, per.energy)
            + over(period_s, per.period);
        broken[index] = rates
            .broken(&frame, total_s, period_s, energy_j)
            .into_iter()
            .map(|(limit, broken)| if broken { bit(limit) } else { 0 })
            .sum();
    }
}
