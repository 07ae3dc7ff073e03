//! Predictions of accuracies, fitted beside the screen as measurements come in. No key waits for a fit.

use std::{sync::Arc, time::Instant};

use super::{App, background::Background, prediction_work::PredictionWork};
use crate::explore::Update;

impl App {
    /// Takes in a fit that is done, and begins one if measurements have changed. Returns `true` if predictions came.
    pub(super) fn tend_predictions(&mut self) -> bool {
        // A fit that died has found nothing.
        let found = Background::take(&mut self.predicting.fit).and_then(|fit| fit.ok().flatten());
        let changes = self.session.catalogue().measured_changes();
        if self.predicting.rest(changes).is_some_and(|rest| rest.is_zero()) {
            self.begin_fit(changes);
        }
        let Some(found) = found else { return false };
        self.feed(vec![Update::Predicted(Arc::new(found))]);
        true
    }

    fn begin_fit(&mut self, changes: u64) {
        let input = self.session.catalogue().prediction_input();
        // Designs of another space are not learned from.
        let fit = Background::start(&self.waker, move || input.fit().ok().flatten());
        self.predicting = PredictionWork { fit: Some(fit), known: changes, begun: Some(Instant::now()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        explore::Command,
        tui::{picture_theme, tests::fixture, theme::ColourScheme},
    };

    /// Waits for the fits that are due.
    fn settle(app: &mut App) {
        while app.predicting.fit.is_some() || app.predicting.rest(app.session.catalogue().measured_changes()).is_some()
        {
            app.tend_predictions();
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_fit_comes_from_beside_the_screen_and_again_after_a_measurement() {
        let mut app = App::new(fixture::trained(), fixture::options(), picture_theme(ColourScheme::OkabeIto));
        assert!(app.session.catalogue().predictions().is_none());
        settle(&mut app);
        let samples = |app: &App| -> usize {
            app.session.catalogue().predictions().unwrap().qualities().map(|(_, quality)| quality.samples).sum()
        };
        let before = samples(&app);
        let rows = || app.session.order().iter().filter_map(|&id| Some((id, app.session.row(id)?.accuracy)));
        let (id, _) = rows().find(|(_, accuracy)| accuracy.measured().is_none()).unwrap();
        let quantisation = rows().find_map(|(_, accuracy)| accuracy.accuracy()?.quantisation);
        let design = app.session.best_design(id).unwrap();
        let update = Update::Measured { design, views: 6, accuracy: 0.9, samples: 500, step: 280, quantisation };
        app.act(Command::Update(vec![update]));
        settle(&mut app);
        assert_eq!(samples(&app), before + 1);
        app.act(Command::Update(vec![Update::Withdrawn { step: 0 }]));
        settle(&mut app);
        assert!(app.session.catalogue().predictions().is_none());
    }
}
