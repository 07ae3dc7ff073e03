//! Live search: measures, under limits that the user moves, the designs whose predicted accuracy could win there.
//!
//! Designs that are drawn once are costed under the present limits, the most promising of them are bettered gene by
//! gene, and those whose upper end of the predicted interval is above the best measured accuracy become contenders, the
//! highest prediction first; where none is, those that could enter the front of accuracy and latency. A measurement
//! changes the predictions, and contenders that can no longer win are dropped. New limits drop all of them. A
//! measurement ends early once its own interval by chance shows that the design can't win; under other limits, where it
//! could, it is made on all objects.

use std::collections::{BTreeMap, HashMap, HashSet};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::accuracy::MeasuredDesign;
use super::accuracy_model::{AccuracyModel, AccuracySamples, PredictedAccuracy};
use super::config::SearchGene;
use super::driver::DriverError;
use super::genes;
use super::problem::SearchProblem;
use crate::cost::{SplitDemand, SystemRates};
use crate::quantity::number::share_interval;
use crate::quantity::{Knob, Limit};
use crate::space::Design;

/// Designs drawn to choose from.
const DRAWN: usize = 3000;
/// Designs that are bettered gene by gene, and times that this is done.
const BETTERED: usize = 8;
const CLIMBS: usize = 3;
/// Designs to measure before it is looked for others.
const CONTENDERS: usize = 12;
/// Rounds of contenders under the same limits.
const ROUNDS: u32 = 3;
/// Quantile of the normal distribution for the two-sided 95 % interval that ends a measurement early.
const Z95: f64 = 1.959_963_985;
/// Prediction where there is no model yet: nothing is known.
const UNKNOWN: PredictedAccuracy = PredictedAccuracy { value: 0.5, low: 0.0, high: 1.0 };

/// A design that could win, with its prediction.
#[derive(Debug, Clone)]
pub struct Contender {
    /// The design, canonical and feasible under the limits on cost.
    pub design: Design,
    /// Predicted accuracy; that of a design of which nothing is known is from 0 to 1.
    pub predicted: PredictedAccuracy,
    latency_s: f64,
}

/// Designs measured of those that could win under the present limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiveProgress {
    /// Contenders measured.
    pub measured: usize,
    /// Contenders in all.
    pub contenders: usize,
    /// Best measured accuracy under the limits; `None` if no feasible design is measured.
    pub best: Option<f64>,
}

/// Best measured accuracy of the designs that are as fast as a contender.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rivals {
    best: Option<f64>,
}

impl Rivals {
    /// Returns `true` while the contender may be better, of whose objects so many were classified correctly so far.
    pub fn leave_open(self, correct: usize, objects: usize) -> bool {
        if objects == 0 {
            return true;
        }
        let (_, high) = share_interval(correct as f64 / objects as f64, objects as u64, Z95);
        self.best.is_none_or(|best| high > best)
    }
}

/// A design with its demand, which no knob changes.
struct CostedDesign {
    design: Design,
    demand: SplitDemand,
}

/// Search that follows limits which move.
pub struct LiveSearch {
    problem: SearchProblem,
    genes: Vec<SearchGene>,
    drawn: Vec<CostedDesign>,
    /// Measured accuracies by design and number of views.
    known: HashMap<(Design, u32), f64>,
    /// Upper ends of the accuracies of designs whose measurement ended early, by design and number of views.
    screened: HashMap<(Design, u32), f64>,
    model: Option<AccuracyModel>,
    /// `false` if more is known, or another number of sensors is asked for, than the model was fitted to.
    is_fitted: bool,
    /// Designs to measure, the most promising last.
    contenders: Vec<Contender>,
    measured: usize,
    rounds: u32,
}

impl LiveSearch {
    /// Search among designs drawn with a seed, and the first designs of any search.
    ///
    /// # Errors
    /// A design can't be costed.
    pub fn new(problem: SearchProblem, seed: u64) -> Result<Self, DriverError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let space = &problem.space;
        let mut designs: Vec<Design> = problem.seeds()?.iter().map(|genes| genes::decode(space, genes)).collect();
        designs.extend((0..DRAWN).map(|_| space.canonical_design(space.sample_design(&mut rng))));
        designs.sort();
        designs.dedup();
        let cost = |design: Design| problem.demand(&design).map(|demand| CostedDesign { design, demand });
        let drawn = designs.into_iter().map(cost).collect::<Result<_, _>>()?;
        let genes = genes::of_space(&problem.space);
        let (known, screened, contenders) = (HashMap::new(), HashMap::new(), Vec::new());
        Ok(Self {
            problem,
            genes,
            drawn,
            known,
            screened,
            model: None,
            is_fitted: false,
            contenders,
            measured: 0,
            rounds: 0,
        })
    }

    /// The problem with its present limits.
    pub fn problem(&self) -> &SearchProblem {
        &self.problem
    }

    /// Takes measurements of other searches in.
    pub fn take_known(&mut self, measured: &[MeasuredDesign]) {
        for MeasuredDesign { design, views, accuracy } in measured {
            self.known.insert((design.clone(), *views), *accuracy);
        }
        self.is_fitted = false;
    }

    /// Goes on under other knob values; limits that are not among them are lifted. Contenders under the earlier ones
    /// are dropped.
    ///
    /// # Errors
    /// An unknown knob or a value that it can't have; nothing changes then.
    pub fn set_knobs(&mut self, values: &BTreeMap<String, f64>) -> Result<(), DriverError> {
        let mut problem = self.problem.clone();
        for knob in Knob::ALL {
            if let Some(no_limit) = knob.no_limit() {
                problem.knobs.set(knob, no_limit);
            }
        }
        problem.set_knobs(values)?;
        self.problem = problem;
        self.contenders.clear();
        (self.measured, self.rounds) = (0, 0);
        self.is_fitted = false;
        Ok(())
    }

    /// The next design to measure; `None` if nothing is left that could win under the limits.
    ///
    /// # Errors
    /// A design can't be costed, or the model can't be fitted.
    pub fn next_contender(&mut self) -> Result<Option<Contender>, DriverError> {
        if self.contenders.is_empty() && self.rounds < ROUNDS {
            if !self.is_fitted {
                self.fit()?;
            }
            self.rounds += 1;
            self.contenders = self.plan()?;
        }
        Ok(self.contenders.last().cloned())
    }

    /// Takes in the accuracy of a contender at the present number of sensors. Contenders that can no longer win are
    /// dropped.
    ///
    /// # Errors
    /// The model can't be fitted.
    pub fn report(&mut self, design: &Design, accuracy: f64) -> Result<(), DriverError> {
        self.known.insert((design.clone(), self.problem.knobs.sensors), accuracy);
        self.contenders.retain(|contender| contender.design != *design);
        self.measured += 1;
        self.fit()?;
        let front = self.front();
        let contenders = std::mem::take(&mut self.contenders);
        let anew = contenders
            .into_iter()
            .map(|contender| Contender { predicted: self.predict(&contender.design), ..contender });
        self.contenders = anew.filter(|contender| could_enter(&front, contender)).collect();
        Ok(())
    }

    /// Measured designs that a contender has to hold its own against.
    pub fn rivals(&self, contender: &Contender) -> Rivals {
        let accuracies = self.front().into_iter().filter(|(latency_s, _)| *latency_s <= contender.latency_s);
        Rivals { best: accuracies.map(|(_, accuracy)| accuracy).max_by(f64::total_cmp) }
    }

    /// Drops a contender whose measurement was ended early, on so many objects.
    pub fn dismiss(&mut self, design: &Design, accuracy: f64, objects: u64) {
        let (_, high) = share_interval(accuracy, objects, Z95);
        self.screened.insert((design.clone(), self.problem.knobs.sensors), high);
        self.contenders.retain(|contender| contender.design != *design);
        self.measured += 1;
    }

    /// Count of the contenders and the accuracy to beat.
    pub fn progress(&self) -> LiveProgress {
        let best = self.front().into_iter().map(|(_, accuracy)| accuracy).max_by(f64::total_cmp);
        LiveProgress { measured: self.measured, contenders: self.measured + self.contenders.len(), best }
    }

    /// Fits the model to the measurements at the present number of sensors; to all, while these are too few.
    fn fit(&mut self) -> Result<(), DriverError> {
        let views = self.problem.knobs.sensors;
        let mut known: Vec<(&(Design, u32), &f64)> = self.known.iter().collect();
        // A hash table has no order of its own.
        known.sort_by(|one, other| one.0.cmp(other.0));
        let fit = |only_present: bool| {
            let mut samples = AccuracySamples::default();
            for ((design, of), accuracy) in known.iter().filter(|((_, of), _)| *of == views || !only_present) {
                samples.add(&self.problem.space, design, *of, **accuracy);
            }
            AccuracyModel::fit(&self.problem.space, &samples)
        };
        self.model = match fit(true)? {
            Some(model) => Some(model),
            None => fit(false)?,
        };
        self.is_fitted = true;
        Ok(())
    }

    fn predict(&self, design: &Design) -> PredictedAccuracy {
        let SearchProblem { space, knobs, .. } = &self.problem;
        let found = self.model.as_ref().map_or(UNKNOWN, |model| model.predict(space, design, knobs.sensors));
        if self.screened.is_empty() {
            return found;
        }
        let high = self.screened.get(&(design.clone(), knobs.sensors)).copied().unwrap_or(f64::INFINITY);
        let PredictedAccuracy { value, low, .. } = found;
        PredictedAccuracy { value: value.min(high), low: low.min(high), high: found.high.min(high) }
    }

    /// Latency and accuracy of the measured designs that meet the limits.
    fn front(&self) -> Vec<(f64, f64)> {
        let views = self.problem.knobs.sensors;
        let measured = self.known.iter().filter(|((_, of), accuracy)| *of == views && self.meets_floor(**accuracy));
        let costed = measured.filter_map(|((design, _), &accuracy)| {
            let evaluation = self.problem.evaluation(design).ok()?;
            evaluation.feasible().then_some((evaluation.latency.total_s(), accuracy))
        });
        costed.collect()
    }

    /// Returns `true` if an accuracy meets the limit on it.
    fn meets_floor(&self, accuracy: f64) -> bool {
        self.problem.knobs.accuracy_floor.is_none_or(|floor| !Limit::Accuracy.is_broken(accuracy, floor))
    }

    /// Contenders under the present limits, the most promising last.
    fn plan(&self) -> Result<Vec<Contender>, DriverError> {
        let rates = SystemRates::new(&self.problem.knobs);
        let mut seen: HashSet<Design> = HashSet::new();
        let mut found: Vec<Contender> = Vec::new();
        for CostedDesign { design, demand } in &self.drawn {
            self.consider(design, demand, &rates, &mut seen, &mut found);
        }
        for _ in 0..CLIMBS {
            found.sort_by(by_promise);
            let best: Vec<Design> =
                found.iter().rev().take(BETTERED).map(|contender| contender.design.clone()).collect();
            for design in best.iter().flat_map(|design| self.neighbours(design)) {
                if !seen.contains(&design) {
                    self.consider(&design, &self.problem.demand(&design)?, &rates, &mut seen, &mut found);
                }
            }
        }
        let front = self.front();
        let to_beat = front.iter().map(|(_, accuracy)| *accuracy).fold(0.0, f64::max);
        found.retain(|contender| !self.is_known(&contender.design) && could_enter(&front, contender));
        if found.iter().any(|contender| contender.predicted.high > to_beat) {
            found.retain(|contender| contender.predicted.high > to_beat);
        }
        found.sort_by(by_promise);
        Ok(found.split_off(found.len().saturating_sub(CONTENDERS)))
    }

    /// Adds a design that meets the limits, the one on accuracy as far as it can be told.
    fn consider(
        &self,
        design: &Design,
        demand: &SplitDemand,
        rates: &SystemRates,
        seen: &mut HashSet<Design>,
        found: &mut Vec<Contender>,
    ) {
        seen.insert(design.clone());
        let evaluation = rates.evaluate(demand);
        let predicted = if evaluation.feasible() { self.predict(design) } else { UNKNOWN };
        if evaluation.feasible() && self.meets_floor(predicted.high) {
            found.push(Contender { design: design.clone(), predicted, latency_s: evaluation.latency.total_s() });
        }
    }

    /// Designs that differ from one in one gene.
    fn neighbours(&self, design: &Design) -> Vec<Design> {
        let own = genes::encode(&self.problem.space, design);
        let mut all = Vec::new();
        for (index, gene) in self.genes.iter().enumerate() {
            for choice in (0..gene.cardinality).filter(|choice| *choice != own[index]) {
                let mut other = own.clone();
                other[index] = choice;
                all.push(genes::decode(&self.problem.space, &other));
            }
        }
        all
    }

    fn is_known(&self, design: &Design) -> bool {
        self.known.contains_key(&(design.clone(), self.problem.knobs.sensors))
    }
}

/// Returns `true` if no measured design is as fast as a contender and as accurate as it could be.
fn could_enter(front: &[(f64, f64)], contender: &Contender) -> bool {
    !front
        .iter()
        .any(|(latency_s, accuracy)| *latency_s <= contender.latency_s && *accuracy >= contender.predicted.high)
}

/// Rising prediction; of equal ones, the faster one last.
fn by_promise(one: &Contender, other: &Contender) -> std::cmp::Ordering {
    let value = one.predicted.value.total_cmp(&other.predicted.value);
    value.then_with(|| other.latency_s.total_cmp(&one.latency_s)).then_with(|| one.design.cmp(&other.design))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hardware::Profile;
    use crate::search::Objective;
    use crate::space::SearchSpace;

    /// Made-up accuracy: the more genes are large and the later the fusion, the better.
    fn accuracy(space: &SearchSpace, design: &Design) -> f64 {
        let size: f64 = design.genome.genes().iter().map(|&gene| f64::from(gene)).sum();
        let late = f64::from(design.fusion) / f64::from(space.last());
        1.0 - 0.5 * (-0.1 * size - late).exp()
    }

    fn live(latency_s: f64) -> LiveSearch {
        let space = SearchSpace::shipped(crate::space::DEFAULT).unwrap();
        let profile = Profile::shipped(crate::hardware::DEFAULT).unwrap();
        let problem =
            SearchProblem::new(space.clone(), profile, vec![Objective::Accuracy, Objective::Latency]).unwrap();
        let mut live = LiveSearch::new(problem, 1).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let known: Vec<MeasuredDesign> = (0..80)
            .map(|_| {
                let design = space.canonical_design(space.sample_design(&mut rng));
                MeasuredDesign { accuracy: accuracy(&space, &design), views: 6, design }
            })
            .collect();
        live.take_known(&known);
        live.set_knobs(&limits(latency_s)).unwrap();
        live
    }

    fn limits(latency_s: f64) -> BTreeMap<String, f64> {
        BTreeMap::from([("latency".to_owned(), latency_s), ("sensors".to_owned(), 6.0)])
    }

    /// Measures all contenders and returns the designs measured.
    fn settle(live: &mut LiveSearch) -> Vec<Design> {
        let mut measured = Vec::new();
        while let Some(contender) = live.next_contender().unwrap() {
            let accuracy = accuracy(&live.problem().space, &contender.design);
            live.report(&contender.design, accuracy).unwrap();
            measured.push(contender.design);
        }
        measured
    }

    #[test]
    fn it_measures_what_could_win_and_then_rests() {
        let mut live = live(0.006);
        let before = live.progress().best;
        let measured = settle(&mut live);
        assert!(!measured.is_empty() && measured.len() <= CONTENDERS * ROUNDS as usize, "{}", measured.len());
        assert!(live.progress().best > before, "{before:?} {:?}", live.progress());
        for design in &measured {
            assert!(live.problem().evaluation(design).unwrap().feasible(), "{design:?}");
        }
        let distinct: HashSet<&Design> = measured.iter().collect();
        assert_eq!(distinct.len(), measured.len(), "nothing is measured twice");
        assert!(live.next_contender().unwrap().is_none());
    }

    #[test]
    fn a_poor_contender_is_dismissed_on_few_objects_and_measured_where_it_could_win() {
        let mut live = live(0.006);
        let contender = live.next_contender().unwrap().unwrap();
        let best = live.progress().best.unwrap();
        let rivals = live.rivals(&contender);
        assert!(rivals.leave_open(0, 0), "nothing is known yet");
        assert!(rivals.leave_open(40, 40) && rivals.leave_open((best * 400.0) as usize, 400));
        let poor = |objects: usize| (0.5 * objects as f64) as usize;
        let objects = (1..1000).map(|count| 10 * count).find(|&count| !rivals.leave_open(poor(count), count)).unwrap();
        assert!(objects < 400, "{objects}");
        live.dismiss(&contender.design, 0.5, objects as u64);
        let mut later = std::iter::from_fn(|| {
            let next = live.next_contender().unwrap()?;
            let accuracy = accuracy(&live.problem().space, &next.design);
            live.report(&next.design, accuracy).unwrap();
            Some(next.design)
        });
        assert!(later.all(|design| design != contender.design), "it can't win under these limits");
        // It could, as long as nothing else is measured.
        live.known.clear();
        live.set_knobs(&limits(0.006)).unwrap();
        assert!(live.rivals(&contender).leave_open(0, 400));
        assert!(live.predict(&contender.design).high < best, "what is known of it stays known");
    }

    #[test]
    fn new_limits_drop_the_contenders_and_wake_it() {
        let mut live = live(0.006);
        let first = live.next_contender().unwrap().unwrap();
        assert!(live.progress().contenders > 0 && live.progress().measured == 0);
        live.set_knobs(&limits(0.003)).unwrap();
        assert_eq!(live.progress().contenders, 0);
        let second = live.next_contender().unwrap().unwrap();
        assert!(second.latency_s <= 0.003 && second.latency_s < first.latency_s);
        settle(&mut live);
        live.set_knobs(&BTreeMap::from([("sensors".to_owned(), 2.0)])).unwrap();
        assert_eq!(live.problem().knobs.latency_limit_s, None, "limits that are not named are lifted");
        assert!(live.next_contender().unwrap().is_some());
    }
}
