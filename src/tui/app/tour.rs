//! The tour on the live screen: its scenes go by the clock until the user acts.

use std::time::Duration;

use super::App;
use crate::tui::{
    command::UserCommand,
    demo::{Demo, Measured},
    model::replay::Seek,
};

impl App {
    /// Begins the tour.
    pub(super) fn start_tour(&mut self) {
        let mut demo = Demo::new(Measured::shipped(self.session.space()));
        let now = self.now_ms();
        demo.begin(0, &mut self.session, &mut self.ui, now);
        self.demo = Some(demo);
        self.caption();
    }

    /// Ends the tour; the explorer stays as it is.
    pub(super) fn end_tour(&mut self) {
        (self.demo, self.ui.tour) = (None, None);
    }

    /// Goes through the scenes, or holds the tour.
    pub(super) fn seek_tour(&mut self, seek: Seek) {
        let now = self.now_ms();
        let Some(demo) = &mut self.demo else { return };
        match seek {
            Seek::PlayOrPause => demo.hold(!demo.is_held(), now),
            Seek::By(share) => demo.skip(if share < 0.0 { -1 } else { 1 }, &mut self.session, &mut self.ui, now),
            Seek::To(_) => {}
        }
        self.caption();
    }

    /// Handles commands during the tour: going back with nothing open ends it, anything but seeking pauses it. Returns
    /// `true` if the commands are done with that.
    pub(super) fn tour_takes(&mut self, commands: &[UserCommand]) -> bool {
        let held = self.demo.as_ref().is_some_and(Demo::is_held);
        let opened = (held && self.ui.overlay.is_some()) || self.ui.maximised;
        if matches!(commands, [UserCommand::Back]) && !opened {
            self.end_tour();
            return true;
        }
        if !commands.iter().all(|command| matches!(command, UserCommand::Seek(_))) {
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
        let new = demo.advance(&mut self.session, &mut self.ui, now);
        if new {
            self.caption();
        }
        new
    }

    /// Time until the next step of the tour.
    pub(super) fn tour_rest(&self) -> Option<Duration> {
        let due = self.demo.as_ref()?.due_ms()?;
        Some(Duration::from_millis(due.saturating_sub(self.now_ms())))
    }

    fn caption(&mut self) {
        self.ui.tour = self.demo.as_ref().map(|demo| demo.caption(&self.session));
    }
}
