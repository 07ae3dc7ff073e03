//! Going through a run that is over: what it wrote is told to the session again, as far as the user has wound.
//!
//! Forward, what lies between is told; backward, the session forgets the run and is told its beginning. Knobs, pins and
//! selection stay.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::App;
use crate::{
    explore::{
        Command, Severity, Update,
        progress::{SearchUpdate, State, TrainUpdate},
    },
    run::{Changes, RunError},
    space::SearchSpace,
    tui::{
        event_reader::{self, EventReader},
        model::replay::{ReplayPosition, Seek},
        work::Work,
    },
};

/// How long a run takes to play, however long it took.
const PLAY_TIME: Duration = Duration::from_secs(40);
/// Time between two steps of a run that plays.
const FRAME_TIME: Duration = Duration::from_millis(50);

/// What a run wrote, in order.
pub struct Replay {
    run: String,
    /// What is told to begin anew.
    greeting: Vec<Update>,
    /// Seconds after the first, and what is told.
    moments: Vec<(f64, Vec<Update>)>,
    /// Moments told.
    at: usize,
    /// Since when, and from which moment on, it plays.
    plays: Option<(Instant, usize)>,
}

impl Replay {
    /// Reads a run.
    ///
    /// # Errors
    /// There is no run, or its database fails.
    pub fn read(path: &Path, space: &SearchSpace) -> Result<Self, RunError> {
        let mut work = Work::open(path)?;
        let mut all = Changes::default();
        loop {
            let (changes, _) = work.look()?;
            all.events.extend(changes.events);
            all.measurements.extend(changes.measurements);
            if !changes.more {
                break;
            }
        }
        let mut reader = EventReader::new(path);
        let greeting = reader.initial_updates();
        let began = all.events.first().map_or(0.0, |event| event.time);
        let mut measurements = all.measurements.into_iter().peekable();
        let mut moments = Vec::new();
        let mut tell = |time: f64, changes: Changes| {
            let updates = reader.read(space, changes);
            if !updates.is_empty() {
                moments.push((time - began, updates));
            }
        };
        for event in all.events {
            // A measurement is written before the event that tells of it.
            while let Some(measured) = measurements.next_if(|measured| measured.time <= event.time) {
                tell(measured.time, Changes { measurements: vec![measured], ..Changes::default() });
            }
            tell(event.time, Changes { events: vec![event], ..Changes::default() });
        }
        for measured in measurements {
            tell(measured.time, Changes { measurements: vec![measured], ..Changes::default() });
        }
        let run = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self { run, greeting, moments, at: 0, plays: None })
    }

    /// Moves to a moment: what the session is told.
    fn seek(&mut self, to: usize) -> Vec<Update> {
        let to = to.min(self.moments.len());
        let told = |moments: &[(f64, Vec<Update>)]| moments.iter().flat_map(|(_, updates)| updates.clone()).collect();
        let updates: Vec<Update> = if to >= self.at {
            told(&self.moments[self.at..to])
        } else {
            let mut updates = forget();
            updates.extend(self.greeting.clone());
            let mut beginning = told(&self.moments[..to]);
            event_reader::keep_last_states(&mut beginning);
            updates.extend(beginning);
            updates
        };
        self.at = to;
        updates
    }

    /// Where a movement leads.
    fn target(&self, seek: Seek) -> usize {
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

    fn position(&self) -> ReplayPosition {
        let last = self.at.checked_sub(1).and_then(|last| self.moments.get(last));
        ReplayPosition {
            run: self.run.clone(),
            at: self.at,
            of: self.moments.len(),
            seconds: last.map_or(0.0, |moment| moment.0),
            plays: self.plays.is_some(),
        }
    }
}

/// What makes a session forget the curves and measurements of the run it followed.
pub fn forget() -> Vec<Update> {
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

impl App {
    /// Opens a run to be gone through, from its beginning.
    pub fn replay(&mut self, path: &Path) {
        match Replay::read(path, self.session.space()) {
            Ok(replay) => {
                self.feed(replay.greeting.clone());
                self.replay = Some(replay);
                self.seek(Seek::PlayOrPause);
            }
            Err(error) => self.say(Severity::Error, error.to_string()),
        }
    }

    /// Moves through the run that is replayed.
    pub(super) fn seek(&mut self, seek: Seek) {
        let Some(replay) = &mut self.replay else { return };
        let (to, before) = (replay.target(seek), replay.at);
        let at_the_end = replay.at == replay.moments.len();
        let updates = match seek {
            Seek::PlayOrPause if replay.plays.take().is_some() => Vec::new(),
            // What is over plays from its beginning.
            Seek::PlayOrPause => {
                let from = if at_the_end { 0 } else { replay.at };
                replay.plays = Some((Instant::now(), from));
                replay.seek(from)
            }
            _ => {
                replay.plays = None;
                replay.seek(to)
            }
        };
        let back = replay.at < before;
        self.ui.replay = Some(replay.position());
        // What was told at the moment that is left.
        self.act(Command::Dismiss);
        self.feed(updates);
        if back {
            // Told anew from the beginning, nothing is news.
            self.act(Command::Dismiss);
        }
    }

    /// Goes on with a run that plays. Returns whether anything is new.
    pub(super) fn play(&mut self) -> bool {
        let Some(replay) = &mut self.replay else { return false };
        let Some((since, from)) = replay.plays else { return false };
        let share = since.elapsed().as_secs_f64() / PLAY_TIME.as_secs_f64();
        let to = from + (share * replay.moments.len() as f64) as usize;
        if to == replay.at {
            return false;
        }
        if to >= replay.moments.len() {
            replay.plays = None;
        }
        let updates = replay.seek(to);
        self.ui.replay = Some(replay.position());
        self.feed(updates);
        true
    }

    /// How long the loop may sleep while a run plays.
    pub(super) fn replay_rest(&self) -> Option<Duration> {
        self.replay.as_ref().and_then(|replay| replay.plays).map(|_| FRAME_TIME)
    }
}
