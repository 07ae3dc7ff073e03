//! Progress of a search: generations, children, predictors, rate and events.

use super::{State, note};
use crate::record::{Event, GenerationRecord, LiveRecord, OperatorRecord, PredictorRecord, PreparingRecord};
use crate::space::Design;

/// A design that a search measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The design.
    pub design: Design,
    /// Views of each sample.
    pub views: u32,
    /// Share of samples classified correctly, 0 to 1.
    pub accuracy: f64,
    /// The generation it belongs to; set when the update is applied.
    pub generation: u32,
}

/// Update of a search.
#[derive(Debug, Clone, PartialEq)]
pub enum SearchUpdate {
    /// The state of the child changed.
    State(State),
    /// The run directory that is followed.
    Run(String),
    /// A design was measured.
    Found(Found),
    /// An event of the search.
    Event(Event),
    /// A note.
    Note(String),
}

/// Progress of a search.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Searching {
    /// State of the searcher.
    pub state: State,
    /// The run directory.
    pub run: Option<String>,
    /// Preparation of the samples; `None` once they are ready.
    pub preparing: Option<PreparingRecord>,
    /// Generations in order.
    pub generations: Vec<GenerationRecord>,
    /// Designs measured, in order.
    pub found: Vec<Found>,
    /// Progress of a live search; `None` for one that works through generations.
    pub live: Option<LiveRecord>,
    /// Latest quality of each predictor.
    pub predictors: Vec<PredictorRecord>,
    /// Events as text, newest last.
    pub notes: Vec<String>,
}

impl Searching {
    /// The last generation.
    pub fn last(&self) -> GenerationRecord {
        self.generations.last().cloned().unwrap_or_default()
    }

    /// Evaluations and hypervolume of every generation; NaN between generations under other limits, which do not
    /// compare.
    pub fn hypervolume(&self) -> impl Iterator<Item = (f64, f64)> {
        let mut before = 0;
        self.generations.iter().flat_map(move |one| {
            let other = one.reassessments != std::mem::replace(&mut before, one.reassessments);
            let at = one.evaluations as f64;
            [other.then_some((at, f64::NAN)), Some((at, one.hypervolume))].into_iter().flatten()
        })
    }

    /// Work of a live search in a clause; `None` for one that works through generations.
    pub fn live_sentence(&self) -> Option<String> {
        let live = self.live?;
        Some(match self.state {
            State::Pausing | State::Paused => "nothing is measured until it is resumed".to_owned(),
            State::Idle | State::Finished(_) | State::Failed(_) => live.past_sentence(),
            _ => live.sentence(),
        })
    }

    /// Designs evaluated so far, those since the last generation too.
    pub fn evaluations(&self) -> u64 {
        self.last().evaluations.max(self.found.len() as u64)
    }

    /// Number of sensors that it searches for; `None` before it has measured a design, and for a live search, which
    /// follows the present one.
    pub fn sensors(&self) -> Option<u32> {
        if self.live.is_some() {
            return None;
        }
        self.found.last().map(|found| found.views)
    }

    /// Measurements the search may make; 0 where it was not recorded.
    pub fn budget(&self) -> u64 {
        self.generations.last().map_or(0, |last| last.budget)
    }

    /// Tally of each operator over all generations.
    pub fn operators(&self) -> Vec<OperatorRecord> {
        let mut all: Vec<OperatorRecord> = Vec::new();
        for tally in self.generations.iter().flat_map(|one| &one.operators) {
            match all.iter_mut().find(|known| known.operator == tally.operator) {
                Some(known) => {
                    known.evaluated += tally.evaluated;
                    known.successes += tally.successes;
                }
                None => all.push(*tally),
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

    /// Applies an update.
    pub(in crate::explore) fn update(&mut self, update: SearchUpdate) {
        match update {
            SearchUpdate::State(State::Starting) => *self = Self { state: State::Starting, ..Self::default() },
            SearchUpdate::State(state) => {
                if let State::Failed(why) = &state {
                    note(&mut self.notes, format!("failed: {why}"));
                }
                // The search says that it runs once its data are there.
                if !state.is_active() || state == State::Running {
                    self.preparing = None;
                }
                self.state = state;
            }
            SearchUpdate::Run(run) => self.run = Some(run),
            SearchUpdate::Found(found) => {
                // Of the generation that is under way.
                let generation = self.generations.last().map_or(0, |last| last.generation + 1);
                self.found.push(Found { generation, ..found });
            }
            SearchUpdate::Event(event) => self.event(event),
            SearchUpdate::Note(text) => note(&mut self.notes, text),
        }
    }

    /// Applies an event that screens show as curves and figures, and notes those worth a line.
    fn event(&mut self, event: Event) {
        let noted = matches!(event, Event::Predictor(_) | Event::LimitsChanged { .. });
        if noted && let Some(text) = event.sentence() {
            note(&mut self.notes, text);
        }
        match event {
            Event::Preparing(preparing) => self.preparing = Some(preparing),
            Event::Generation(generation) => self.generations.push(generation),
            Event::Live(record) => self.live = Some(record),
            Event::Predictor(record) => {
                match self.predictors.iter_mut().find(|known| known.predictor == record.predictor) {
                    Some(known) => *known = record,
                    None => self.predictors.push(record),
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::PredictorKind;
    use crate::space::SearchSpace;

    #[test]
    fn a_search_tells_its_rate_and_cache() {
        let mut search = Searching::default();
        assert_eq!((search.rate(), search.cache_share()), (0.0, 0.0));
        for (generation, evaluations) in [(1, 64), (2, 128)] {
            let seconds = f64::from(generation) * 2.0;
            let one =
                GenerationRecord { generation, evaluations, cache_hits: 32, seconds, ..GenerationRecord::default() };
            search.update(SearchUpdate::Event(Event::Generation(one)));
        }
        assert_eq!((search.evaluations(), search.sensors()), (128, None));
        let space = SearchSpace::shipped(crate::space::DEFAULT).unwrap();
        let design = space.unsplit_design(space.largest());
        for _ in 0..130 {
            let found = Found { design: design.clone(), views: 2, accuracy: 0.5, generation: 0 };
            search.update(SearchUpdate::Found(found));
        }
        assert_eq!((search.evaluations(), search.sensors()), (130, Some(2)), "some since the last generation");
        assert!((search.rate() - 32.0).abs() < 1e-12);
        assert!((search.cache_share() - 0.2).abs() < 1e-12);
    }

    #[test]
    fn a_live_search_measures_only_while_it_runs() {
        let mut search = Searching::default();
        assert_eq!(search.live_sentence(), None);
        let live = LiveRecord { measured: 3, contenders: 12, best: Some(0.929), rests: false };
        search.update(SearchUpdate::Event(Event::Live(live)));
        for (state, sentence) in [
            (State::Running, "measuring 4 of 12 that could beat 92.9 %"),
            (State::Paused, "nothing is measured until it is resumed"),
            (State::Finished("stopped".into()), "3 of 12 were measured that could beat 92.9 %"),
        ] {
            search.update(SearchUpdate::State(state));
            assert_eq!(search.live_sentence().as_deref(), Some(sentence));
        }
    }

    #[test]
    fn the_latest_quality_of_a_predictor_is_kept() {
        let mut search = Searching::default();
        for kendall_tau in [0.1, 0.6] {
            let record = PredictorRecord {
                predictor: PredictorKind::Ridge,
                samples: 20,
                rmse: 0.021,
                kendall_tau,
                half_width: f64::NAN,
                predicted: 0,
                within: 0,
            };
            search.update(SearchUpdate::Event(Event::Predictor(record)));
        }
        assert_eq!(search.notes.len(), 2);
        let sentences: Vec<String> = search.predictors.iter().map(PredictorRecord::sentence).collect();
        assert_eq!(sentences, ["ridge on 20 designs held out: error 2.10 %, rank correlation 0.600"]);
    }
}
