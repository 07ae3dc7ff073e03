//! A recorded run: everything it wrote, as updates of a session in the order of time.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    explore::{
        Update,
        progress::{SearchUpdate, State, TrainUpdate},
    },
    record::{Event, EventRecord, Task},
    run::{Changes, RunError, Stored},
    space::SearchSpace,
    tui::{
        event_reader::{self, EventReader},
        followed_run::FollowedRun,
        model::replay::{ReplayPosition, Seek},
    },
};

/// Time in which a run plays, however long it took.
const PLAY_TIME: Duration = Duration::from_secs(40);

/// Most training steps that are kept of a run, and most of the other events that only add to a list. Of more, every
/// second one is left out, as often as needed: a screen shows fewer, and the memory is bounded.
const MOST_EVENTS: usize = 20_000;

/// Updates of a point in time.
struct Moment {
    /// Seconds since the first event.
    seconds: f64,
    updates: Vec<Update>,
}

/// A recorded run as updates of a session, and how far they were applied.
pub(super) struct Recording {
    run: String,
    /// Sentences on what is wrong with the run.
    pub(super) warnings: Vec<String>,
    /// Updates that come before those of the first moment.
    initial: Vec<Update>,
    moments: Vec<Moment>,
    /// Moments applied.
    at: usize,
    /// Time when playing began, and the moment it began from.
    plays: Option<(Instant, usize)>,
}

impl Recording {
    /// Reads a run.
    ///
    /// # Errors
    /// There is no run, or its database fails.
    pub(super) fn read(path: &Path, space: &SearchSpace) -> Result<Self, RunError> {
        let mut work = FollowedRun::open(path)?;
        let mut all = Changes::default();
        let mut strides = Strides::default();
        loop {
            let (changes, _) = work.poll()?;
            all.events.extend(changes.events.into_iter().filter(|event| strides.keep(event)));
            strides.thin(&mut all.events);
            all.measurements.extend(changes.measurements);
            all.leaks.extend(changes.leaks);
            all.pictures.extend(changes.pictures);
            if !changes.more {
                break;
            }
        }
        let warnings = work.directory().warnings(work.store())?;
        let mut reader = EventReader::new(path);
        let initial = reader.initial_updates();
        let began = all.events.first().map_or(0.0, |event| event.time);
        let mut measurements = all.measurements.into_iter().peekable();
        let mut moments = Vec::new();
        let mut add = |time: f64, changes: Changes| {
            let updates = reader.read(space, changes);
            if !updates.is_empty() {
                moments.push(Moment { seconds: time - began, updates });
            }
        };
        for event in all.events {
            // A measurement is written before the event that tells of it.
            while let Some(measured) = measurements.next_if(|measured| measured.time <= event.time) {
                add(measured.time, Changes { measurements: vec![measured], ..Changes::default() });
            }
            add(event.time, Changes { events: vec![event], ..Changes::default() });
        }
        for measured in measurements {
            add(measured.time, Changes { measurements: vec![measured], ..Changes::default() });
        }
        for picture in all.pictures {
            add(picture.time, Changes { pictures: vec![picture], ..Changes::default() });
        }
        for leak in all.leaks {
            add(leak.time, Changes { leaks: vec![leak], ..Changes::default() });
        }
        moments.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        let run = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self { run, warnings, initial, moments, at: 0, plays: None })
    }

    /// Moves to a moment and returns the updates that bring the session there. Backward, the session forgets the run
    /// and applies its beginning again.
    pub(super) fn seek_to(&mut self, to: usize) -> Vec<Update> {
        let to = to.min(self.moments.len());
        let updates: Vec<Update> = if to >= self.at {
            updates_of(&self.moments[self.at..to])
        } else {
            let mut updates = forget();
            updates.extend(self.initial.clone());
            let mut beginning = updates_of(&self.moments[..to]);
            event_reader::keep_last_states(&mut beginning);
            updates.extend(beginning);
            updates
        };
        self.at = to;
        updates
    }

    /// Moment that a movement leads to.
    pub(super) fn target(&self, seek: Seek) -> usize {
        let all = self.moments.len() as f64;
        match seek {
            Seek::To(share) => (share.clamp(0.0, 1.0) * all).round() as usize,
            Seek::By(share) => {
                let steps = (share.abs() * all).round().max(1.0);
                (self.at as f64 + steps * share.signum()).clamp(0.0, all) as usize
            }
            Seek::PlayOrPause => self.at,
        }
    }

    /// Initial updates of the run.
    pub(super) fn initial(&self) -> Vec<Update> {
        self.initial.clone()
    }

    /// Number of moments applied.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Plays from the current moment, or from the beginning at the end; pauses if it plays. Returns the updates to
    /// apply.
    pub(super) fn toggle_playing(&mut self) -> Vec<Update> {
        if self.plays.take().is_some() {
            return Vec::new();
        }
        let from = if self.at == self.moments.len() { 0 } else { self.at };
        self.plays = Some((Instant::now(), from));
        self.seek_to(from)
    }

    /// Stops playing.
    pub(super) fn pause(&mut self) {
        self.plays = None;
    }

    /// Returns `true` while the run plays.
    pub(super) const fn is_playing(&self) -> bool {
        self.plays.is_some()
    }

    /// Advances a playing run by the clock; `None` if nothing is due.
    pub(super) fn advance(&mut self) -> Option<Vec<Update>> {
        let (since, from) = self.plays?;
        let share = since.elapsed().as_secs_f64() / PLAY_TIME.as_secs_f64();
        let to = from + (share * self.moments.len() as f64) as usize;
        if to == self.at {
            return None;
        }
        if to >= self.moments.len() {
            self.plays = None;
        }
        Some(self.seek_to(to))
    }

    /// Position for the replay bar.
    pub(super) fn position(&self) -> ReplayPosition {
        let last = self.at.checked_sub(1).and_then(|last| self.moments.get(last));
        ReplayPosition {
            run: self.run.clone(),
            at: self.at,
            of: self.moments.len(),
            seconds: last.map_or(0.0, |moment| moment.seconds),
            plays: self.plays.is_some(),
        }
    }
}

/// Distances between two events of a kind that are kept.
struct Strides {
    /// Between training steps.
    steps: u64,
    /// Between rows of the other events that only add to a list.
    minor: u64,
}

impl Default for Strides {
    fn default() -> Self {
        Self { steps: 1, minor: 1 }
    }
}

impl Strides {
    /// Returns `true` if an event is kept: what changes the state of the work, and the last step of a training, always.
    fn keep(&self, stored: &Stored<EventRecord>) -> bool {
        match &stored.value.event {
            Event::Step(step) => step.step.is_multiple_of(self.steps) || step.step == step.steps,
            _ if is_minor(stored) => stored.id.unsigned_abs().is_multiple_of(self.minor),
            _ => true,
        }
    }

    /// Leaves events out until few enough are kept.
    fn thin(&mut self, events: &mut Vec<Stored<EventRecord>>) {
        let is_step = |stored: &&Stored<EventRecord>| matches!(stored.value.event, Event::Step(_));
        while events.iter().filter(is_step).count() > MOST_EVENTS && self.steps <= u64::MAX / 2 {
            self.steps *= 2;
            events.retain(|event| self.keep(event));
        }
        while events.iter().filter(|event| is_minor(event)).count() > MOST_EVENTS && self.minor <= u64::MAX / 2 {
            self.minor *= 2;
            events.retain(|event| self.keep(event));
        }
    }
}

/// Returns `true` for events that only add to a list, and that may come at every step.
fn is_minor(stored: &Stored<EventRecord>) -> bool {
    match &stored.value.event {
        Event::Evaluated(_) => stored.value.task == Task::Train,
        Event::Preparing(_)
        | Event::Checkpoint { .. }
        | Event::Warning { .. }
        | Event::Live(_)
        | Event::Predictor(_)
        | Event::Unknown(_) => true,
        _ => false,
    }
}

/// Updates that make a session forget the curves and measurements of the run it followed.
pub(super) fn forget() -> Vec<Update> {
    let train = |state| Update::Training(TrainUpdate::State(state));
    let search = |state| Update::Search(SearchUpdate::State(state));
    vec![
        Update::Withdrawn { step: 0 },
        train(State::Starting),
        train(State::Idle),
        search(State::Starting),
        search(State::Idle),
    ]
}

fn updates_of(moments: &[Moment]) -> Vec<Update> {
    moments.iter().flat_map(|moment| moment.updates.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::StepRecord;

    #[test]
    fn a_run_of_any_length_keeps_few_events_and_all_states() {
        let (mut events, mut strides) = (Vec::new(), Strides::default());
        let mut ids = 0..;
        let mut stored = |event| Stored {
            id: ids.next().unwrap(),
            time: 0.0,
            process: String::new(),
            value: EventRecord { task: Task::Train, event },
        };
        let steps = 300_001;
        for step in 1..=steps {
            let step_event = stored(Event::Step(StepRecord { step, steps, ..StepRecord::default() }));
            let note = stored(Event::Warning { text: "slow".into() });
            events.extend([step_event, note].into_iter().filter(|event| strides.keep(event)));
            if step.is_multiple_of(100_000) {
                events.push(stored(Event::Paused));
            }
            if step.is_multiple_of(1000) {
                strides.thin(&mut events);
            }
        }
        assert_eq!(strides.steps, 16);
        assert!((20_000..=2 * MOST_EVENTS + 4).contains(&events.len()), "{}", events.len());
        assert_eq!(events.iter().filter(|event| event.value.event == Event::Paused).count(), 3);
        let mut all = events.iter().rev().map(|event| &event.value.event);
        let last = all.find(|event| matches!(event, Event::Step(_)));
        assert!(matches!(last, Some(Event::Step(step)) if step.step == steps), "the last step is kept");
    }
}
