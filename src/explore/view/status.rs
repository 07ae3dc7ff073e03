//! Sentences: how the selected design stands, why it does not fit, and what would help.

use crate::cost::{self, Evaluation, FrameStage, KnobChange, MeasuredShares, Reason, SplitDemand, reasons};
use crate::explore::inspected::Inspected;
use crate::explore::knob_histograms::KnobGain;
use crate::explore::knob_range::KnobRange;
use crate::explore::session::Session;
use crate::explore::tracks::{self, AccuracyChange, AccuracySlope, Track, TrackStop};
use crate::network::BoundaryId;
use crate::quantity::{Dimension, Knob, Limit, Metric, RelaxDirection};
use crate::space::Design;

/// Feasibility of the selected design.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// `true` if it meets all limits as shown.
    pub feasible: bool,
    /// A sentence: what binds it and the slack, or what it breaks and the smallest fix.
    pub sentence: String,
}

impl Session {
    /// Feasibility of the selected design as shown; `None` if there are no candidates.
    pub fn status(&self) -> Option<Status> {
        let inspected = self.inspected()?;
        let (demand, measured) = (inspected.demand(), inspected.shares());
        let evaluation = self.evaluator().evaluate(demand, measured);
        let split = self.own_boundary_name(inspected.id, demand.boundary);
        let name = format!("{} at {split}", self.candidate_name(inspected.id));
        let sentence = if evaluation.feasible() {
            format!("{name} fits: {}", self.slack(&inspected, &evaluation))
        } else {
            let broken: Vec<String> = self.why().iter().map(Reason::brief).collect();
            format!("{name}: {}. {}", broken.join(", "), self.fix_sentence())
        };
        Some(Status { feasible: evaluation.feasible(), sentence })
    }

    /// Every limit the selected design breaks as it is shown, with where.
    pub fn why(&self) -> Vec<Reason> {
        let (Some(inspected), Some(network)) = (self.inspected(), self.network()) else { return Vec::new() };
        let mut all = reasons(network, inspected.demand(), self.profile(), self.knobs(), inspected.shares());
        self.mark_estimates(&mut all, &self.inspected_design(&inspected));
        all
    }

    /// Marks the reasons that an accuracy which was not measured gives for a design.
    pub(super) fn mark_estimates(&self, reasons: &mut [Reason], design: &Design) {
        if self.accuracy(design).measured().is_none() {
            reasons.iter_mut().filter(|one| one.limit == Limit::Accuracy).for_each(|one| one.estimated = true);
        }
    }

    /// Changes of a single knob that would make the selected design fit at the split that is shown, each to the nearest
    /// printed value within its range, smallest first. Empty if it fits.
    pub fn fixes(&self) -> Vec<KnobChange> {
        let changes = cost::single_fixes(self.barred().as_slice(), self.knobs());
        changes.iter().filter_map(|change| self.in_range(change)).collect()
    }

    /// The smallest moves of several knobs at once that would make the selected design fit at the split that is shown,
    /// each as [`Session::fixes`] where its range has one. Empty if it fits, or if no knobs can do it: weights that do
    /// not fit stay where they are.
    pub fn joint_fixes(&self) -> Vec<KnobChange> {
        let Some(changes) = cost::joint_fix(self.barred().as_slice(), self.knobs()) else { return Vec::new() };
        let at_step = |change: &KnobChange| {
            let to = self.ranges().of(change.knob)?.granting(change.to).unwrap_or(change.to);
            Some(KnobChange { to, ..*change })
        };
        changes.iter().map(at_step).collect::<Option<Vec<KnobChange>>>().unwrap_or_default()
    }

    /// The split of the selected design that is shown, with what was measured of it; none if it fits. Knobs that would
    /// make another split of its network fit make another design of it.
    fn barred(&self) -> Option<(&SplitDemand, MeasuredShares)> {
        let inspected = self.inspected()?;
        let (demand, measured) = inspected.demands.iter().zip(inspected.measured).nth(inspected.shown)?;
        (!self.evaluator().evaluate(demand, measured).feasible()).then_some((demand, measured))
    }

    /// Size of a change in steps of the knob's range, rounded up; 0 without a range.
    pub fn steps_of(&self, change: &KnobChange) -> u32 {
        let Some(range) = self.ranges().of(change.knob) else { return 0 };
        let steps = (range.fraction(change.to) - range.fraction(change.from)).abs() * range.last() as f64;
        steps.ceil() as u32
    }

    /// Fastest split of the selected design with its range of bandwidths, and the fastest ones beyond:
    /// `S2.1 (93.1 %) is fastest from 8.2 to 40 Mbit/s; S3.1 (≈92.4 %) next below, S1.2 next above`. `None` if every
    /// split is barred.
    pub fn hold_sentence(&self) -> Option<String> {
        let hold = self.hold()?;
        let name = |split| self.split_in_words(split);
        let show = |bandwidth: f64| Knob::LinkBandwidth.format(bandwidth);
        let split = name(hold.split);
        Some(match (hold.below, hold.above) {
            (Some((low, below)), Some((high, above))) => {
                let range = Knob::LinkBandwidth.format_range(low, high);
                format!("{split} is fastest from {range}; {} next below, {} next above", name(below), name(above))
            }
            (Some((low, below)), None) => {
                format!("{split} is fastest from {} on; {} next below", show(low), name(below))
            }
            (None, Some((high, above))) => {
                format!("{split} is fastest up to {}; {} next above", show(high), name(above))
            }
            (None, None) => format!("{split} is fastest at any bandwidth"),
        })
    }

    /// A split of the selected design with its accuracy, where that is known: `S3.1 (≈92.4 %)`.
    pub fn split_in_words(&self, split: BoundaryId) -> String {
        let name = self.space().boundary_name(split);
        self.accuracy_at(split).in_words().map_or_else(|| name.to_owned(), |accuracy| format!("{name} ({accuracy})"))
    }

    /// For each knob, the nearest step at which more designs fit; largest gain first.
    pub fn gains(&self) -> &[KnobGain] {
        &self.derived().histograms(self.catalogue(), self.knobs(), self.ranges().all()).gains
    }

    /// For each step of a knob's range, the best accuracy of any design that fits there, the other knobs held.
    pub fn track(&self, knob: Knob) -> &[Option<TrackStop>] {
        let index = self.ranges().all().iter().position(|range| range.knob == knob);
        let tracks = self.derived().tracks(self.catalogue(), self.knobs(), self.ranges().all());
        index.and_then(|index| tracks.get(index)).map_or(&[], Vec::as_slice)
    }

    /// Accuracy that the first of the ranking is ranked by, if it meets all limits.
    pub fn best_accuracy(&self) -> Option<f64> {
        let ranked = self.ranked(self.first_ranked()?)?;
        if ranked.feasible() { ranked.accuracy() } else { None }
    }

    /// Returns `true` unless the first of the ranking meets all limits by an accuracy that was not measured.
    fn is_best_measured(&self) -> bool {
        if self.best_accuracy().is_none() {
            return true;
        }
        let design = self.first_ranked().and_then(|id| self.best_design(id));
        design.is_none_or(|design| self.accuracy(&design).measured().is_some())
    }

    /// Mean loss of the best accuracy as a knob is made stricter, the others held; `None` if there is none, or nothing
    /// fits now.
    pub fn accuracy_slope(&self, knob: Knob) -> Option<AccuracySlope> {
        let (now, range) = (self.best_accuracy()?, self.ranges().of(knob)?);
        let slope = tracks::slope(range, &self.track(knob).to_vec(), self.value(knob), now)?;
        Some(AccuracySlope { estimated: slope.estimated || !self.is_best_measured(), ..slope })
    }

    /// For each knob, the nearest step at which a more accurate design fits, the largest gain first; or, if `strict`,
    /// at which the best accuracy is less, the largest loss first.
    pub fn accuracy_changes(&self, strict: bool) -> Vec<AccuracyChange> {
        let now = self.best_accuracy().unwrap_or(0.0);
        let tracks = self.derived().tracks(self.catalogue(), self.knobs(), self.ranges().all());
        let estimated = !self.is_best_measured();
        let of = |(range, track): (&KnobRange, &Track)| {
            let change = tracks::change(range, track, self.value(range.knob), now, !strict)?;
            Some(AccuracyChange { estimated: change.estimated || estimated, ..change })
        };
        let mut changes: Vec<AccuracyChange> = self.ranges().all().iter().zip(tracks).filter_map(of).collect();
        changes.sort_by(|one, other| other.change.abs().total_cmp(&one.change.abs()));
        changes
    }

    /// For each step of a range, how many of the candidates looked at would fit if the knob stood there, the others
    /// held. The number of sensors is judged by cost alone: accuracies with other numbers of sensors are others.
    pub fn histogram(&self, id: Knob) -> &[u32] {
        let index = self.ranges().all().iter().position(|range| range.knob == id);
        let histograms = self.derived().histograms(self.catalogue(), self.knobs(), self.ranges().all());
        index.and_then(|index| histograms.counts.get(index)).map_or(&[], Vec::as_slice)
    }

    /// Number of candidates in histograms and gains: all of them, or an even sample of a large catalogue.
    pub fn sampled(&self) -> usize {
        self.derived().sampled()
    }

    /// A change to a value of the knob's range that grants it; `None` where the range ends before.
    fn in_range(&self, change: &KnobChange) -> Option<KnobChange> {
        let range = self.ranges().of(change.knob)?;
        let to = range.granting(change.to)?;
        // Coarse steps: the needed value may lie between the present one and a step on its wrong side.
        let relaxes = if range.info().relax == RelaxDirection::Up { to > change.from } else { to < change.from };
        relaxes.then_some(KnobChange { to, ..*change })
    }

    /// The smallest fix: one knob if one is enough, else every limit that is broken.
    fn fix_sentence(&self) -> String {
        if let Some(fix) = self.fixes().first() {
            return format!("Smallest fix: {}", fix.instruction());
        }
        let joint: Vec<String> = self.joint_fixes().iter().map(KnobChange::instruction).collect();
        if joint.is_empty() {
            let moves: Vec<String> = self.why().iter().map(Reason::fix).collect();
            return format!("Knobs alone are not enough: {}", moves.join(", and "));
        }
        format!("Smallest fix: {}", joint.join(" and "))
    }

    /// The slowest stage, and the slack of the tightest limit.
    fn slack(&self, inspected: &Inspected<'_>, cost: &Evaluation) -> String {
        let (demand, measured) = (inspected.demand(), inspected.shares());
        let estimated = self.accuracy(&self.inspected_design(inspected)).measured().is_none();
        let (stage, seconds) = FrameStage::slowest(&cost.latency);
        let stage = match stage {
            FrameStage::Readout => "readout",
            FrameStage::Sensor => "sensors",
            FrameStage::Link => "link",
            FrameStage::Aggregator => "aggregator",
        };
        let total = cost.latency.total_s();
        let share = if total > 0.0 { seconds / total } else { 0.0 };
        let latency = format!("{}, {} in the {stage}", Metric::Latency.format(total), Dimension::Share.format(share));
        match cost::tightest_limit(demand, self.knobs(), measured) {
            Some((limit, left)) => {
                let name = limit.knob().map_or(limit.short(), Knob::label);
                let note =
                    if limit == Limit::Accuracy && estimated { ", by the lower end of its interval" } else { "" };
                format!("{latency}; {name} {} spare{note}", Dimension::Share.format(left))
            }
            None => format!("{latency}; no limit is set"),
        }
    }
}
