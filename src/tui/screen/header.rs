//! The first row: the program's name, the tabs, and what is going on.
//!
//! ```text
//!  splitscope  [1 Explore]  2 Train   3 Search   4 Compare (2)  2 000 candidates  tabletop on glasses  ● training 45 %
//! ```

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{
    chrome,
    view::{View, WIDE},
};
use crate::{
    explore::{Command, Session, progress::State},
    quantity::{Metric, number},
    record::PreparingRecord,
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

/// A fact in words, the fullest ones first.
struct HeaderFact {
    texts: Vec<String>,
    style: Style,
}

impl HeaderFact {
    fn new(text: impl Into<String>, style: Style) -> Self {
        Self { texts: vec![text.into()], style }
    }

    /// Adds a text with fewer words.
    fn or(mut self, text: impl Into<String>) -> Self {
        self.texts.push(text.into());
        self
    }
}

/// Facts at the right: what is going on last, then the names, then the number of candidates. Each is in the most words
/// that there is room for; those without room are left out.
fn facts(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let mut end = area.right();
    for HeaderFact { texts, style } in [work(view), names(session, theme.dim), candidates(session, theme.text)] {
        let fits = |text: &&String| !text.is_empty() && area.x + width(text) <= end;
        let Some(text) = texts.iter().find(fits) else { continue };
        chrome::right(buf, Rect { width: end - area.x, ..area }, text, style);
        end = end.saturating_sub(width(text) + 3);
    }
}

/// Running work, or where accuracies come from.
fn work(view: View<'_>) -> HeaderFact {
    running_work(view).unwrap_or_else(|| accuracies(view))
}

/// A replay, what is held back, or the search or training at work.
fn running_work(view: View<'_>) -> Option<HeaderFact> {
    let View { session, theme, ui } = view;
    let mark = theme.glyphs.front;
    if let Some(position) = &ui.replay {
        let fact = HeaderFact::new(format!("{mark} replay of {}", position.run), theme.accent);
        return Some(fact.or(format!("{mark} replay")));
    }
    if session.activity().is_frozen() {
        return Some(HeaderFact::new(format!("frozen, {} held back", session.activity().held_back()), theme.warn));
    }
    let training = session.training();
    if session.searching().state.is_active() {
        return Some(running_search(view));
    }
    let share = Metric::Accuracy.info().unit.column(training.share());
    match &training.state {
        State::Running => Some(HeaderFact::new(format!("{mark} training {share:>5} %"), theme.good)),
        state if state.is_active() => Some(HeaderFact::new(format!("{mark} training {state}"), theme.warn)),
        _ => None,
    }
}

/// The search at work.
fn running_search(view: View<'_>) -> HeaderFact {
    let View { session, theme, .. } = view;
    let (mark, searching) = (theme.glyphs.front, session.searching());
    if searching.state == State::Starting {
        let words = match searching.preparing {
            Some(PreparingRecord { done, total, .. }) => {
                let share = Metric::Accuracy.info().unit.column(done as f64 / total.max(1) as f64);
                format!("{mark} search starting: {share} % of its data")
            }
            None => format!("{mark} search starting: its data are read"),
        };
        return HeaderFact::new(words, theme.good).or(format!("{mark} search starting"));
    }
    if let (State::Running, Some(live)) = (&searching.state, searching.live) {
        let style = if live.rests { theme.dim } else { theme.good };
        return HeaderFact::new(format!("{mark} {}", live.sentence()), style).or(format!("{mark} {}", live.brief()));
    }
    if searching.live.is_some() {
        return HeaderFact::new(format!("{mark} live search {}", searching.state), theme.warn);
    }
    let words = format!("{mark} search {}, generation {}", searching.state, searching.last().generation);
    HeaderFact::new(words, theme.good).or(format!("{mark} search {}", searching.state))
}

/// Source of the accuracies, and the number of those that were measured.
fn accuracies(view: View<'_>) -> HeaderFact {
    let View { session, theme, ui } = view;
    if !session.space().imported().is_empty() {
        return HeaderFact::new("imported: accuracies are not known", theme.dim);
    }
    match session.catalogue().measurements().len() {
        0 if session.space().literature.is_some() => {
            HeaderFact::new("accuracies from the literature, of unsplit networks", theme.warn).or("from literature")
        }
        0 => {
            let train = ui.keys.key(Command::StartTraining);
            HeaderFact::new(format!("accuracies not yet measured: {train} trains"), theme.warn)
                .or(format!("not yet measured: {train} trains"))
        }
        measured if view.shows_shipped_run() => {
            HeaderFact::new(format!("shipped run: {measured} measured"), theme.text).or(format!("{measured} measured"))
        }
        measured if session.catalogue().predictions().is_some() => {
            HeaderFact::new(format!("{measured} measured, others predicted"), theme.text)
                .or(format!("{measured} measured"))
        }
        measured => HeaderFact::new(format!("{measured} measured"), theme.text),
    }
}

fn candidates(session: &Session, style: Style) -> HeaderFact {
    let count = session.catalogue().len();
    HeaderFact::new(number::counted(count as u64, "candidate"), style)
}

fn names(session: &Session, style: Style) -> HeaderFact {
    HeaderFact::new(format!("{} on {}", session.space().name, session.profile().name), style)
}
