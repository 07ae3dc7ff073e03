//! Pictures that are shown and not there yet: requested from a process beside the explorer, which answers through the
//! run's database. No key waits for any of it.

use std::time::Instant;

use super::{
    App,
    picture_work::{PictureRequestState, PictureWork},
};
use crate::{
    run::{PictureMaker, PictureRequest, RunError},
    tui::model::{
        pictures::{PictureProgress, WantedPictures},
        screen::Screen,
    },
};

/// Bytes of the log to look for a reason in.
const LOG_TAIL: u64 = 2048;

impl App {
    /// Requests the pictures that are shown, once the design stands still, and notes how that goes. Returns `true` if
    /// anything on the screen changes.
    pub(super) fn tend_pictures(&mut self) -> bool {
        let before = self.ui.pictures.progress.clone();
        let progress = self.picture_progress();
        self.ui.pictures.progress = progress;
        before != self.ui.pictures.progress
    }

    /// Returns `true` while pictures are expected from the run.
    pub(super) fn expects_pictures(&self) -> bool {
        self.ui.pictures.progress == PictureProgress::Asked
    }

    fn picture_progress(&mut self) -> PictureProgress {
        let view = &self.ui.pictures;
        let shown = view.shown && self.ui.screen == Screen::Explore && self.demo.is_none();
        if !shown || !self.has_run() {
            return self.rest_pictures();
        }
        let Some(wanted) = WantedPictures::of(&self.session, view) else { return self.rest_pictures() };
        let WantedPictures { design, views, object } = &wanted;
        // Those in single precision, of an older run, are shown until there are others.
        if self.session.pictures().of(design, *views, *object).is_some_and(crate::record::PictureRecord::is_in_int8) {
            return self.rest_pictures();
        }
        match &self.picture_work.wanted {
            Some((known, _)) if *known == wanted => {}
            _ => {
                self.picture_work.wanted = Some((wanted.clone(), Instant::now()));
                self.picture_work.request = PictureRequestState::Settling;
            }
        }
        match &self.picture_work.request {
            PictureRequestState::Settling if self.picture_work.rest().is_some_and(|rest| rest.is_zero()) => {
                self.picture_work.request = self.ask_for(wanted);
            }
            PictureRequestState::Settling | PictureRequestState::Opening | PictureRequestState::Failed(_) => {}
            PictureRequestState::Asked | PictureRequestState::Gone => return self.look_after_maker(),
        }
        match &self.picture_work.request {
            PictureRequestState::Failed(error) => PictureProgress::Failed(error.clone()),
            _ => PictureProgress::Asked,
        }
    }

    fn has_run(&self) -> bool {
        self.follower.is_some() || self.shipped.is_some()
    }

    /// Nothing is wanted, or everything is there.
    fn rest_pictures(&mut self) -> PictureProgress {
        self.picture_work.wanted = None;
        PictureProgress::Idle
    }

    /// Requests pictures, once there is a run that is open.
    fn ask_for(&mut self, wanted: WantedPictures) -> PictureRequestState {
        if self.follower.is_none() {
            if self.opening.is_none() {
                self.unpack_shipped();
            }
            return PictureRequestState::Opening;
        }
        match self.request_pictures(wanted) {
            Ok(()) => PictureRequestState::Asked,
            Err(error) => PictureRequestState::Failed(error.to_string()),
        }
    }

    /// Requests pictures of the run that is followed, and starts the process that makes them if there is none.
    fn request_pictures(&mut self, wanted: WantedPictures) -> Result<(), RunError> {
        let Some(follower) = &mut self.follower else { return Ok(()) };
        let WantedPictures { design, views, object } = wanted;
        follower.unrequested = None;
        follower.run.request_pictures(PictureRequest { design, views, object });
        let work = &mut self.picture_work;
        if work.maker.as_mut().is_none_or(|maker| maker.is_of_other(follower.path()) || maker.has_ended()) {
            work.maker = None;
            work.maker = Some(PictureMaker::start(&self.options.exe, &follower.directory)?);
        }
        Ok(())
    }

    /// State of a request that was made.
    fn look_after_maker(&mut self) -> PictureProgress {
        let Some(follower) = &mut self.follower else { return PictureProgress::Idle };
        if let Some(error) = &follower.unrequested {
            return PictureProgress::Failed(error.to_string());
        }
        let ended = self.picture_work.maker.as_mut().is_none_or(PictureMaker::has_ended);
        let gone = ended || !follower.run.awaits_pictures();
        // An answer may have come since the run was read.
        let now = if gone { PictureRequestState::Gone } else { PictureRequestState::Asked };
        let before = std::mem::replace(&mut self.picture_work.request, now.clone());
        if now != PictureRequestState::Gone || before != now {
            return PictureProgress::Asked;
        }
        let log = follower.directory.log_tail(LOG_TAIL).unwrap_or_default();
        let reason = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("the process has ended");
        PictureProgress::Failed(reason.trim_start_matches("error: ").to_owned())
    }

    /// Ends the process that makes pictures, as another run is followed.
    pub(super) fn end_pictures(&mut self) {
        self.picture_work = PictureWork::default();
    }
}
