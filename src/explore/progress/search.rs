//! A search: its generations, rate, what happened.

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
                    (*all_made, *all_successes) = (*all_made + made, *all_successes + successes)
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

    /// Takes news in.
    pub(in crate::explore) fn update(&mut self, update: SearchUpdate) {
        match update {
            SearchUpdate::State(State::Starting) => *self = Self { state: State::Starting, ..Self::default() },
            SearchUpdate::State(state) => self.state = state,
            SearchUpdate::Run(run) => self.run = Some(run),
            SearchUpdate::Found(found) => {
                // Of the generation that is under way.
                let generation = self.generations.last().map_or(0, |last| last.generation + 1);
                self.found.push(Found { generation, ..found });
            }
            SearchUpdate::Generation(generation) => self.generations.push(generation),
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
}
