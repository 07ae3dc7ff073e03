//! Reading input: wait for the first event, then take all that has arrived.
//!
//! A burst (a fast drag, a held key) becomes one batch and so one frame, not one frame an event.

use std::{io, time::Duration};

use ratatui::crossterm::event::{self, Event, MouseEventKind};

/// Shortest wait for a further event that has already arrived. Not zero: crossterm's `use-dev-tty` source then
/// does not look at all, and events it has read but not handed out stay where they are.
const MIN_POLL: Duration = Duration::from_micros(5);
/// Largest batch; a flood must not keep the screen from being drawn.
const MAX_BATCH: usize = 4096;

/// Waits up to `timeout` for input, then returns everything that is pending, coalesced. Empty when nothing came.
///
/// # Errors
/// When the terminal is gone.
pub(crate) fn read_events(timeout: Duration) -> io::Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut wait = timeout.max(MIN_POLL);
    while events.len() < MAX_BATCH && event::poll(wait)? {
        events.push(event::read()?);
        wait = MIN_POLL;
    }
    Ok(coalesce(events))
}

/// Of each run of drags with the same button, of motions, and of resizes only the last is kept: where the mouse was in
/// between is of no interest to a slider. Everything else stays, in order.
fn coalesce(events: Vec<Event>) -> Vec<Event> {
    let mut kept: Vec<Event> = Vec::with_capacity(events.len());
    for event in events {
        match kept.last_mut() {
            Some(last) if supersedes(&event, last) => *last = event,
            _ => kept.push(event),
        }
    }
    kept
}

/// Returns `true` if `event` makes `last`, the one before it, superfluous.
fn supersedes(event: &Event, last: &Event) -> bool {
    match (event, last) {
        (Event::Resize(..), Event::Resize(..)) => true,
        (Event::Mouse(event), Event::Mouse(last)) => {
            let motion = matches!(event.kind, MouseEventKind::Drag(_) | MouseEventKind::Moved);
            motion && event.kind == last.kind && event.modifiers == last.modifiers
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent};

    fn mouse(kind: MouseEventKind, column: u16) -> Event {
        Event::Mouse(MouseEvent { kind, column, row: 0, modifiers: KeyModifiers::NONE })
    }

    #[test]
    fn runs_of_drags_and_resizes_keep_their_last() {
        let left = MouseEventKind::Drag(MouseButton::Left);
        let right = MouseEventKind::Drag(MouseButton::Right);
        let key = Event::Key(KeyEvent::from(KeyCode::Char('l')));
        let events = vec![
            mouse(MouseEventKind::Down(MouseButton::Left), 1),
            mouse(left, 2),
            mouse(left, 3),
            key.clone(),
            mouse(left, 4),
            mouse(right, 5),
            Event::Resize(80, 24),
            Event::Resize(90, 30),
            key.clone(),
            key.clone(),
            mouse(MouseEventKind::ScrollDown, 6),
            mouse(MouseEventKind::ScrollDown, 6),
        ];
        let expected = vec![
            events[0].clone(),
            mouse(left, 3),
            key.clone(),
            mouse(left, 4),
            mouse(right, 5),
            Event::Resize(90, 30),
            key.clone(),
            key,
            mouse(MouseEventKind::ScrollDown, 6),
            mouse(MouseEventKind::ScrollDown, 6),
        ];
        assert_eq!(coalesce(events), expected);
    }

    #[test]
    fn a_long_drag_is_one_event() {
        let left = MouseEventKind::Drag(MouseButton::Left);
        let events = (0..300).map(|column| mouse(left, column)).collect();
        assert_eq!(coalesce(events), [mouse(left, 299)]);
    }
}
