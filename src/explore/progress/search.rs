//! A search: its generations, rate, what happened.

use super::{State, note};

/// Figures of one generation of a search.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
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
    /// Seconds since the search began.
    pub seconds: f64,
}

/// News of a search.
#[derive(Debug, Clone, PartialEq)]
pub enum SearchUpdate {
    /// The state of the child changed.
    State(State),
    /// The run directory that is followed.
    Run(String),
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
    /// What happened, newest last.
    pub notes: Vec<String>,
}

impl Searching {
    /// The last generation.
    pub fn last(&self) -> Generation {
        self.generations.last().copied().unwrap_or_default()
    }

    /// Evaluations and hypervolume of every generation.
    pub fn hypervolume(&self) -> impl Iterator<Item = (f64, f64)> {
        self.generations.iter().map(|one| (one.evaluations as f64, one.hypervolume))
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
