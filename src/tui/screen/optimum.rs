//! The exact optimum of every split of the whole space under the present knobs.
//!
//! ```text
//! ┌ Least of any design at every split ─────────────── Esc close ┐
//! │ split after      latency       energysensor memory           │
//! │ input           5.28 ms ✗      41 µJ         2 KiB           │
//! │ S1.1            3.12 ms        30 µJ      12.5 KiB ✗         │
//! │ ✗ the design breaks a limit; `cost --optimum` prints designs │
//! └──────────────────────────────────────────────────────────────┘
//! ```

use ratatui::{buffer::Buffer, layout::Rect};

use super::{chrome, popup_frame::popup, view::View};
use crate::{
    explore::Session,
    search::{Goal, SplitOptimum},
    tui::hit::HitMap,
};

/// Cells of the name of a split, and of a value with its mark.
const NAME: usize = 14;
const VALUE: usize = 14;

/// Draws the optima in a popup in the middle of `area`.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, .. } = view;
    let title = ("Least of any design at every split", "Esc close");
    let Some(columns) = optima(session) else {
        let inner = popup(view, area, 1, title, buf, hits);
        let text = "This profile costs whole networks only: measured latencies, or patches.";
        chrome::line(buf, chrome::row(inner, 0), &[(text, theme.dim)], theme);
        return;
    };
    let rows = columns[0].len();
    let inner = popup(view, area, rows + 2, title, buf, hits);
    let row = |index: usize| chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
    let names = Goal::ALL.map(|goal| format!("{:>VALUE$}  ", goal.limit().short()));
    chrome::line(
        buf,
        row(0),
        &[(&format!("{:<NAME$}", "split after"), theme.dim), (&names.concat(), theme.dim)],
        theme,
    );
    let [latency, energy, memory] = &columns;
    for (index, ((latency, energy), memory)) in latency.iter().zip(energy).zip(memory).enumerate() {
        let name = format!("{:<NAME$}", session.space().boundary_name(latency.split));
        let cells = [latency, energy, memory].into_iter().zip(Goal::ALL).map(|(optimum, goal)| {
            let style = if optimum.evaluation.feasible() { theme.text } else { theme.dim };
            (cell(goal, optimum, theme.glyphs.no), style)
        });
        let cells: Vec<_> = cells.collect();
        let mut pieces = vec![(name.as_str(), theme.text)];
        pieces.extend(cells.iter().map(|(text, style)| (text.as_str(), *style)));
        chrome::line(buf, row(index + 1), &pieces, theme);
    }
    let note = format!("{} breaks a limit; `splitscope cost --optimum` prints the designs", theme.glyphs.no);
    chrome::line(buf, row(rows + 1), &[(&note, theme.dim)], theme);
}

/// Optima of every goal, each with the same splits.
fn optima(session: &Session) -> Option<[Vec<SplitOptimum>; 3]> {
    let [latency, energy, memory] = Goal::ALL.map(|goal| session.optima(goal));
    Some([latency?, energy?, memory?])
}

/// A value with a mark if its design breaks a limit.
fn cell(goal: Goal, optimum: &SplitOptimum, no: char) -> String {
    let value = goal.limit().metric().info().dimension.format(optimum.value);
    let mark = if optimum.evaluation.feasible() { ' ' } else { no };
    format!("{value:>VALUE$} {mark}")
}
