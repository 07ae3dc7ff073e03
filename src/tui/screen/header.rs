//! The first row: the program's name, the tabs, and what is going on.
//!
//! ```text
//!  splitscope  [1 Explore]  2 Train   3 Search   4 Compare (2)  tabletop on glasses  2 000 candidates  ● training 45 %
//! ```

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{
    chrome,
    view::{View, WIDE},
};
use crate::{
    explore::{Command, Session, progress::State},
    quantity::{Metric, number},
    tui::{command::UserCommand, hit::HitMap, model::screen::Screen, widget::width},
};

/// Draws the header.
pub(crate) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let View { session, theme, ui } = view;
    let mut x = area.x;
    if area.width >= WIDE {
        x = chrome::line(buf, area, &[(" splitscope ", theme.accent)], theme) + 1;
    }
    for (index, screen) in Screen::ALL.into_iter().enumerate() {
        let pins = session.setup().pins().len();
        let count = if screen == Screen::Compare && pins > 0 { format!(" ({pins})") } else { String::new() };
        let shown = ui.screen == screen;
        let (open, close) = if shown { ('[', ']') } else { (' ', ' ') };
        let label = format!("{open}{} {}{count}{close}", index + 1, screen.name());
        let tab = Rect { x, width: width(&label).min(area.right().saturating_sub(x)), ..area };
        chrome::line(buf, tab, &[(&label, if shown { theme.accent } else { theme.text })], theme);
        hits.button(tab, UserCommand::ShowScreen(screen));
        x = tab.right() + u16::from(area.width >= WIDE);
    }
    let free = Rect { x: x + 1, width: area.right().saturating_sub(x + 2), ..area };
    facts(view, free, buf);
}

/// Facts at the right, the most important one last; those without room are left out.
fn facts(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let mut end = area.right();
    for (text, style) in [work(view, area.width >= 60), candidates(session, theme.text), names(session, theme.dim)] {
        let wide = width(&text);
        if text.is_empty() || end < area.x + wide {
            continue;
        }
        chrome::right(buf, Rect { width: end - area.x, ..area }, &text, style);
        end = end.saturating_sub(wide + 3);
    }
}

/// Running work, or the number of measurements.
fn work(view: View<'_>, room: bool) -> (String, Style) {
    let View { session, theme, ui } = view;
    let mark = theme.glyphs.front;
    if let Some(position) = &ui.replay {
        return (format!("{mark} replay of {}", position.run), theme.accent);
    }
    let (training, searching) = (session.training(), session.searching());
    if session.is_frozen() {
        return (format!("frozen, {} held back", session.held_back()), theme.warn);
    }
    if let (State::Running, Some(live)) = (&searching.state, searching.live) {
        return (format!("{mark} {}", live.sentence()), if live.rests { theme.dim } else { theme.good });
    }
    if searching.live.is_some() && searching.state.is_active() {
        return (format!("{mark} live search {}", searching.state), theme.warn);
    }
    if searching.state.is_active() {
        return (format!("{mark} search {}, generation {}", searching.state, searching.last().generation), theme.good);
    }
    if training.state.is_active() {
        let share = Metric::Accuracy.info().unit.column(training.share());
        return match training.state {
            State::Running => (format!("{mark} training {share:>5} %"), theme.good),
            ref state => (format!("{mark} training {state}"), theme.warn),
        };
    }
    if !session.space().imported().is_empty() {
        return ("imported: accuracies are not known".to_owned(), theme.dim);
    }
    match session.measurements().len() {
        0 if session.space().literature.is_some() => {
            let words = if room { "accuracies from the literature, of unsplit networks" } else { "from literature" };
            (words.to_owned(), theme.warn)
        }
        0 if room => {
            (format!("accuracies not yet measured: {} trains", ui.keys.key(Command::StartTraining)), theme.warn)
        }
        0 => (format!("not yet measured: {} trains", ui.keys.key(Command::StartTraining)), theme.warn),
        measured if view.shows_shipped_run() => (format!("shipped run: {measured} measured"), theme.text),
        measured if room && session.predictions().is_some() => {
            (format!("{measured} measured, others predicted"), theme.text)
        }
        measured => (format!("{measured} measured"), theme.text),
    }
}

fn candidates(session: &Session, style: Style) -> (String, Style) {
    (format!("{} candidates", number::grouped(session.catalogue().len() as u64)), style)
}

fn names(session: &Session, style: Style) -> (String, Style) {
    (format!("{} on {}", session.space().name, session.profile().name), style)
}
