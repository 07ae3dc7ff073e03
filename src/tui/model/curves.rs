//! View of curves: the visible part of x, the scale, and the crosshair.

use super::interval::Interval;

/// The view of the curves of a screen, over x from 0 to the newest sample, `last`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CurveView {
    /// Visible length of x; all of it if `None`.
    span: Option<f64>,
    /// The right edge, unless it follows the newest sample.
    end: Option<f64>,
    /// Value of x at which values are read off.
    pub(crate) crosshair: Option<f64>,
    /// The scale is not the default one: Train's losses are logarithmic by default, Search's evaluations linear.
    pub(crate) other_scale: bool,
    /// Noisy curves are smoothed.
    pub(crate) smooth: bool,
}

impl Default for CurveView {
    fn default() -> Self {
        Self { span: None, end: None, crosshair: None, other_scale: false, smooth: true }
    }
}

/// Smallest share of x that is shown.
const MIN_SPAN: f64 = 1.0 / 4096.0;
/// Steps of the crosshair over the width of what is shown.
const STEPS: f64 = 120.0;

impl CurveView {
    /// Visible part of `0..=last`.
    pub(crate) fn window(&self, last: f64) -> Interval {
        let last = last.max(1.0);
        let span = self.span.unwrap_or(last).min(last);
        let end = self.end.unwrap_or(last).clamp(span, last);
        Interval::new(end - span, end)
    }

    /// Returns `true` if new samples come into view by themselves.
    pub(crate) const fn follows(&self) -> bool {
        self.end.is_none()
    }

    /// Returns `true` if all of x is shown.
    #[cfg(test)]
    pub(crate) const fn is_whole(&self) -> bool {
        self.span.is_none()
    }

    /// Shows less (above 1) or more of x, and keeps in place what is at `around`: else the crosshair, else the right
    /// edge.
    pub(crate) fn zoom(&mut self, factor: f64, last: f64, around: Option<f64>) {
        let window = self.window(last);
        let around = around.or(self.crosshair).unwrap_or(window.high).clamp(window.low, window.high);
        let span = (window.length() / factor).clamp(last.max(1.0) * MIN_SPAN, last.max(1.0));
        let share = (around - window.low) / window.length();
        self.show(around - share * span, span, last);
    }

    /// Moves to later samples by a part of what is shown; to earlier ones if negative.
    pub(crate) fn pan(&mut self, part: f64, last: f64) {
        let window = self.window(last);
        self.show(window.low + part * window.length(), window.length(), last);
    }

    /// Follows the newest sample at this zoom; if it does so already, shows everything.
    pub(crate) fn follow(&mut self) {
        if self.follows() {
            self.span = None;
        }
        self.end = None;
    }

    /// Shows the crosshair at the right edge, or hides it.
    pub(crate) fn toggle_crosshair(&mut self, last: f64) {
        self.crosshair = if self.crosshair.is_some() { None } else { Some(self.window(last).high.floor()) };
    }

    /// Moves the crosshair by steps; what is shown moves with it.
    pub(crate) fn move_crosshair(&mut self, steps: f64, last: f64) {
        let Some(cursor) = self.crosshair else { return };
        let window = self.window(last);
        let span = window.length();
        let step = (span / STEPS).round().max(1.0);
        let cursor = (cursor + steps * step).clamp(0.0, last.max(1.0));
        self.crosshair = Some(cursor);
        if !window.contains(cursor) {
            self.show(if cursor < window.low { cursor } else { cursor - span }, span, last);
        }
    }

    fn show(&mut self, start: f64, span: f64, last: f64) {
        let last = last.max(1.0);
        let whole = span >= last;
        let start = start.clamp(0.0, (last - span).max(0.0));
        let at_the_end = start + span >= last * (1.0 - 1e-9);
        self.span = if whole { None } else { Some(span) };
        self.end = if whole || at_the_end { None } else { Some(start + span) };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn zoom_and_pan_stay_within_the_run() {
        let mut curves = CurveView::default();
        curves.zoom(4.0, 100.0, None);
        assert_eq!((curves.window(100.0), curves.follows()), (Interval::new(75.0, 100.0), true));
        curves.pan(-1.0, 100.0);
        assert_eq!((curves.window(100.0), curves.follows()), (Interval::new(50.0, 75.0), false));
        curves.pan(-99.0, 100.0);
        assert_eq!(curves.window(100.0), Interval::new(0.0, 25.0));
        curves.zoom(1e-9, 100.0, None);
        assert_eq!(curves, CurveView::default());
    }

    #[test]
    fn a_window_on_the_past_stays_where_it_is_while_the_run_goes_on() {
        let mut curves = CurveView::default();
        curves.zoom(2.0, 100.0, Some(0.0));
        assert_eq!([100.0, 300.0].map(|last| curves.window(last)), [Interval::new(0.0, 50.0); 2]);
        curves.follow();
        assert_eq!(curves.window(300.0), Interval::new(250.0, 300.0));
        curves.follow();
        assert!(curves.is_whole());
    }

    #[test]
    fn the_crosshair_takes_the_window_along() {
        let mut curves = CurveView::default();
        curves.toggle_crosshair(1200.0);
        assert_eq!(curves.crosshair, Some(1200.0));
        curves.move_crosshair(-1.0, 1200.0);
        assert_eq!(curves.crosshair, Some(1190.0));
        curves.zoom(10.0, 1200.0, None);
        let before = curves.window(1200.0);
        curves.move_crosshair(-200.0, 1200.0);
        let after = curves.window(1200.0);
        assert!(after.low < before.low && curves.crosshair == Some(after.low));
        curves.toggle_crosshair(1200.0);
        assert_eq!(curves.crosshair, None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_done_something_of_the_run_is_shown(
            steps in prop::collection::vec((0_u8..9, 0.0_f64..1.0, 0_usize..5), 1..60),
        ) {
            let mut curves = CurveView::default();
            for (step, share, at) in steps {
                // A replay makes a run shorter too.
                let last = [0.0, 1.0, 5.0, 280.0, 1500.0][at];
                match step {
                    0 => curves.zoom(2.0, last, None),
                    1 => curves.zoom(0.5, last, None),
                    2 => curves.zoom(1.25, last, Some(share * last)),
                    3 => curves.pan(share - 0.5, last),
                    4 => curves.toggle_crosshair(last),
                    5 => curves.move_crosshair((share * 80.0).round() - 40.0, last),
                    6 => curves.crosshair = Some((share * last).round()),
                    7 => curves.follow(),
                    _ => {}
                }
                let Interval { low, high } = curves.window(last);
                prop_assert!(0.0 <= low && low < high && high <= last.max(1.0), "{curves:?} of {last}");
            }
        }
    }

    #[test]
    fn nothing_trained_yet_breaks_nothing() {
        let mut curves = CurveView::default();
        curves.toggle_crosshair(0.0);
        curves.zoom(2.0, 0.0, None);
        curves.pan(-1.0, 0.0);
        curves.move_crosshair(-5.0, 0.0);
        assert!(curves.window(0.0).length() > 0.0);
    }
}
