//! The tour on the live screen: its scenes go by the clock until the user acts.

use std::time::Duration;

use super::App;
use crate::{
    explore::Command,
    tui::{
        demo::{Demo, Measured},
        dispatch::{Deed, Wind},
    },
};

impl App {
    /// Begins the tour.
    pub(super) fn start_tour(&mut self) {
        let mut demo = Demo::new(Measured::shipped(self.session.space()));
        let now = self.now_ms();
        demo.begin(0, &mut self.session, now);
        self.demo = Some(demo);
        self.caption();
    }

    /// Ends the tour; the explorer stays as it is.
    pub(super) fn end_tour(&mut self) {
        (self.demo, self.ui.tour) = (None, None);
    }

    /// Goes through the scenes, or holds the tour.
    pub(super) fn steer_tour(&mut self, wind: Wind) {
        let now = self.now_ms();
        let Some(demo) = &mut self.demo else { return };
        match wind {
            Wind::Play => demo.hold(!demo.is_held(), now),
            Wind::By(share) => demo.skip(if share < 0.0 { -1 } else { 1 }, &mut self.session, now),
            Wind::To(_) => {}
        }
        self.caption();
    }

    /// What the user does while the tour is shown: going back with nothing open ends it, anything else holds it. Returns
    /// whether that was all.
    pub(super) fn tour_takes(&mut self, deeds: &[Deed]) -> bool {
        let held = self.demo.as_ref().is_some_and(Demo::is_held);
        let opened = held && self.session.ui().overlay.is_some();
        if matches!(deeds, [Deed::Act(Command::Back)]) && !opened {
            self.end_tour();
            return true;
        }
        if !deeds.iter().all(|deed| matches!(deed, Deed::Reel(_))) {
            self.hold_tour();
        }
        false
    }

    /// The user acts: the tour waits.
    pub(super) fn hold_tour(&mut self) {
        let now = self.now_ms();
        if let Some(demo) = &mut self.demo {
            demo.hold(true, now);
        }
        self.caption();
    }

    /// Goes on with the tour. Returns whether anything is new.
    pub(super) fn tour(&mut self) -> bool {
        let now = self.now_ms();
        let Some(demo) = &mut self.demo else { return false };
        let new = demo.advance(&mut self.session, now);
        if new {
            self.caption();
        }
        new
    }

    /// How long the loop may sleep while the tour goes on.
    pub(super) fn tour_rest(&self) -> Option<Duration> {
        let due = self.demo.as_ref()?.due_ms()?;
        Some(Duration::from_millis(due.saturating_sub(self.now_ms())))
    }

    fn caption(&mut self) {
        self.ui.tour = self.demo.as_ref().map(|demo| demo.caption(&self.session));
    }
}
