//! A search: its generations and what it bred, how well it predicts, its rate, what happened.

use super::{State, note};
use crate::space::Design;

/// Figures of one generation of a search.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Generation {
    /// Its number.
    pub generation: u32,
    /// Designs evaluated so far.
    pub evaluations: u64,
    /// Hypervolume of the front.
    pub hypervolume: f64,
    /// Designs on the front.
    pub front: u32,
    /// Evaluations saved because the design was known.
    pub cache_hits: u64,
    /// Measurements the search was asked for; 0 if it does not say.
    pub wanted: u64,
    /// How often the limits had changed. Hypervolumes compare only between generations that agree in this.
    pub reassessments: u32,
    /// What made the designs of this generation: name, designs evaluated, those of them that came onto the front.
    pub operators: Vec<(String, u64, u64)>,
    /// Seconds since the search began.
    pub seconds: f64,
}

/// A design that a search measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The design.
    pub design: Design,
    /// With so many views.
    pub views: u32,
    /// Share of samples put into their class.
    pub accuracy: f64,
    /// The generation it belongs to; set when it is taken in.
    pub generation: u32,
}

/// How a measured design came about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bred {
    /// The design, printed.
    pub design: String,
    /// Views it was measured with.
    pub views: u32,
    /// Name of the operator that made it.
    pub operator: String,
    /// The designs it was made from, none to two.
    pub parents: Vec<String>,
    /// Accuracy that was predicted for it, if any was.
    pub predicted: Option<f64>,
    /// Accuracy as measured.
    pub accuracy: f64,
    /// Whether it joined the front.
    pub front: bool,
}

/// How well a stand-in for measuring does on designs it did not learn from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Predicts {
    /// `ridge` (a regression on measured designs) or `synflow` (a score of weights as they are, trained or not).
    pub by: String,
    /// Designs compared.
    pub samples: u64,
    /// Root of the mean squared error; NaN for a score, which is no accuracy.
    pub rmse: f64,
    /// Kendall's rank correlation with what was measured.
    pub kendall_tau: f64,
}

impl Predicts {
    /// In words: "ridge on 40 designs held out: error 2.1 %, rank correlation 0.71".
    pub fn sentence(&self) -> String {
        let Self { by, samples, rmse, kendall_tau } = self;
        let error = if rmse.is_nan() { String::new() } else { format!("error {:.1} %, ", rmse * 100.0) };
        format!("{by} on {samples} designs held out: {error}rank correlation {kendall_tau:.2}")
    }
}

/// News of a search.
#[derive(Debug, Clone, PartialEq)]
pub enum SearchUpdate {
    /// The state of the child changed.
    State(State),
    /// The run directory that is followed.
    Run(String),
    /// A design was measured.
    Found(Found),
    /// A generation is done.
    Generation(Generation),
    /// How a measured design came about.
    Bred(Bred),
    /// The standing of a stand-in for measuring.
    Predicts(Predicts),
    /// The search goes on under other limits.
    LimitsChanged(String),
    /// Something to tell.
    Note(String),
}

/// A search as far as it is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Searching {
    /// State of the searcher.
    pub state: State,
    /// The run directory.
    pub run: Option<String>,
    /// Generations in order.
    pub generations: Vec<Generation>,
    /// Designs measured, in order.
    pub found: Vec<Found>,
    /// How they came about, in order.
    pub bred: Vec<Bred>,
    /// Stand-ins for measuring, each as last told.
    pub predicts: Vec<Predicts>,
    /// What happened, newest last.
    pub notes: Vec<String>,
}

impl Searching {
    /// The last generation.
    pub fn last(&self) -> Generation {
        self.generations.last().cloned().unwrap_or_default()
    }

    /// Evaluations and hypervolume of every generation; NaN between generations under other limits, which do not compare.
    pub fn hypervolume(&self) -> impl Iterator<Item = (f64, f64)> {
        let mut before = 0;
        self.generations.iter().flat_map(move |one| {
            let other = one.reassessments != std::mem::replace(&mut before, one.reassessments);
            let at = one.evaluations as f64;
            [Some((at, f64::NAN)).filter(|_| other), Some((at, one.hypervolume))].into_iter().flatten()
        })
    }

    /// Measurements the search was asked for; 0 if it does not say.
    pub fn wanted(&self) -> u64 {
        self.generations.last().map_or(0, |last| last.wanted)
    }

    /// What each operator did in all generations: name, designs evaluated, those of them that came onto the front.
    pub fn operators(&self) -> Vec<(String, u64, u64)> {
        let mut all: Vec<(String, u64, u64)> = Vec::new();
        for (name, made, successes) in self.generations.iter().flat_map(|one| &one.operators) {
            match all.iter_mut().find(|(known, ..)| known == name) {
                Some((_, all_made, all_successes)) => {
                    (*all_made, *all_successes) = (*all_made + made, *all_successes + successes);
                }
                None => all.push((name.clone(), *made, *successes)),
            }
        }
        all
    }

    /// Evaluations a second over the last generations; 0 before there are two.
    pub fn rate(&self) -> f64 {
        let [.., before, last] = self.generations.as_slice() else { return 0.0 };
        let seconds = last.seconds - before.seconds;
        if seconds > 0.0 { last.evaluations.saturating_sub(before.evaluations) as f64 / seconds } else { 0.0 }
    }

    /// Share of evaluations that were known already.
    pub fn cache_share(&self) -> f64 {
        let last = self.last();
        let asked = last.evaluations + last.cache_hits;
        if asked == 0 { 0.0 } else { last.cache_hits as f64 / asked as f64 }
    }

    /// How a design came about, and how those it descends from did: itself first, then parents before their parents.
    pub fn lineage(&self, design: &str) -> Vec<&Bred> {
        let mut found: Vec<&Bred> = Vec::new();
        let mut open = vec![design];
        while !open.is_empty() {
            let mut parents = Vec::new();
            for name in open {
                let Some(bred) = self.bred.iter().rev().find(|bred| bred.design == name) else { continue };
                if !found.iter().any(|known| known.design == name) {
                    found.push(bred);
                    parents.extend(bred.parents.iter().map(String::as_str));
                }
            }
            open = parents;
        }
        found
    }

    /// Takes news in.
    pub(in crate::explore) fn update(&mut self, update: SearchUpdate) {
        match update {
            SearchUpdate::State(State::Starting) => *self = Self { state: State::Starting, ..Self::default() },
            SearchUpdate::State(state) => {
                if let State::Failed(why) = &state {
                    note(&mut self.notes, format!("failed: {why}"));
                }
                self.state = state;
            }
            SearchUpdate::Run(run) => self.run = Some(run),
            SearchUpdate::Found(found) => {
                // Of the generation that is under way.
                let generation = self.generations.last().map_or(0, |last| last.generation + 1);
                self.found.push(Found { generation, ..found });
            }
            SearchUpdate::Generation(generation) => self.generations.push(generation),
            SearchUpdate::Bred(bred) => self.bred.push(bred),
            SearchUpdate::Predicts(predicts) => match self.predicts.iter_mut().find(|own| own.by == predicts.by) {
                Some(own) => *own = predicts,
                None => self.predicts.push(predicts),
            },
            SearchUpdate::LimitsChanged(text) => note(&mut self.notes, format!("other limits: {text}")),
            SearchUpdate::Note(text) => note(&mut self.notes, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_tells_its_rate_and_cache() {
        let mut search = Searching::default();
        assert_eq!((search.rate(), search.cache_share()), (0.0, 0.0));
        for (generation, evaluations) in [(1, 64), (2, 128)] {
            let seconds = f64::from(generation) * 2.0;
            let one = Generation { generation, evaluations, cache_hits: 32, seconds, ..Generation::default() };
            search.update(SearchUpdate::Generation(one));
        }
        assert!((search.rate() - 32.0).abs() < 1e-12);
        assert!((search.cache_share() - 0.2).abs() < 1e-12);
    }

    #[test]
    fn lineage_and_the_standing_of_predictions_are_kept() {
        let mut search = Searching::default();
        for (design, parents) in [("a", vec![]), ("b", vec!["a"]), ("c", vec!["b", "a"])] {
            let parents = parents.into_iter().map(str::to_owned).collect();
            search.update(SearchUpdate::Bred(Bred { design: design.to_owned(), parents, ..Bred::default() }));
        }
        let lineage: Vec<&str> = search.lineage("c").iter().map(|bred| bred.design.as_str()).collect();
        assert_eq!(lineage, ["c", "b", "a"]);
        for kendall_tau in [0.1, 0.6] {
            let news = Predicts { by: "ridge".into(), samples: 20, rmse: 0.021, kendall_tau };
            search.update(SearchUpdate::Predicts(news));
        }
        let told: Vec<String> = search.predicts.iter().map(Predicts::sentence).collect();
        assert_eq!(told, ["ridge on 20 designs held out: error 2.1 %, rank correlation 0.60"]);
    }
}
