//! Messages to the user: a toast for a few seconds, an error until it is dismissed.
//!
//! Invariants: no other message takes an error away but a later error of the same source; a toast is shown over the
//! errors while it lasts.

use crate::record::Task;

/// Milliseconds that a toast stays.
const TOAST_MS: u64 = 4000;
/// Errors kept until they are dismissed; of more, the oldest go.
const MAX_ERRORS: usize = 20;

/// Severity of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// An action was carried out.
    Info,
    /// An action had no effect, or a result needs attention.
    Warning,
    /// An action failed; the message stays until it is dismissed.
    Error,
}

/// Source of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MessageSource {
    /// The answer to a command of the user.
    Command,
    /// The end of a task.
    Task(Task),
    /// Anything else from outside.
    Outside,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A sentence.
    pub text: String,
    /// Urgency, by which a message is coloured.
    pub severity: Severity,
    /// Milliseconds since the session began.
    pub at_ms: u64,
    source: MessageSource,
}

/// The newest toast, and the errors that were not dismissed.
#[derive(Debug, Clone, Default)]
pub(super) struct Messages {
    toast: Option<Message>,
    /// The newest at the end.
    errors: Vec<Message>,
}

impl Messages {
    /// Adds a message, which is shown at once. An error takes the place of one of the same source that it follows.
    pub(super) fn say(&mut self, source: MessageSource, severity: Severity, text: impl Into<String>, at_ms: u64) {
        let message = Message { text: text.into(), severity, at_ms, source };
        if severity != Severity::Error {
            self.toast = Some(message);
            return;
        }
        self.toast = None;
        self.errors.retain(|known| match source {
            MessageSource::Outside => known.text != message.text,
            MessageSource::Command | MessageSource::Task(_) => known.source != source,
        });
        if self.errors.len() == MAX_ERRORS {
            self.errors.remove(0);
        }
        self.errors.push(message);
    }

    /// The message to show at `now_ms`: the newest toast, or else the newest error that was not dismissed.
    pub(super) fn toast(&self, now_ms: u64) -> Option<&Message> {
        self.fresh_toast(now_ms).or(self.errors.last())
    }

    /// Dismisses the message shown at `now_ms`. Returns `true` if there was one.
    pub(super) fn dismiss(&mut self, now_ms: u64) -> bool {
        if self.fresh_toast(now_ms).is_some() {
            return self.toast.take().is_some();
        }
        self.errors.pop().is_some()
    }

    /// Takes the error of a source away, which holds no longer.
    pub(super) fn withdraw(&mut self, source: MessageSource) {
        self.errors.retain(|known| known.source != source);
    }

    fn fresh_toast(&self, now_ms: u64) -> Option<&Message> {
        self.toast.as_ref().filter(|toast| now_ms < toast.at_ms + TOAST_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(messages: &Messages, now_ms: u64) -> Option<&str> {
        messages.toast(now_ms).map(|message| message.text.as_str())
    }

    #[test]
    fn toasts_pass_and_errors_stay_until_dismissed() {
        let mut messages = Messages::default();
        messages.say(MessageSource::Outside, Severity::Info, "copied", 1000);
        assert!(messages.toast(4999).is_some() && messages.toast(5000).is_none());
        messages.say(MessageSource::Outside, Severity::Error, "no link", 6000);
        assert!(messages.toast(1_000_000).is_some());
        assert!(messages.dismiss(7000) && messages.toast(7000).is_none() && !messages.dismiss(7000));
    }

    #[test]
    fn no_other_message_takes_an_error_away() {
        let mut messages = Messages::default();
        messages.say(MessageSource::Task(Task::Train), Severity::Error, "training failed: full", 0);
        messages.say(MessageSource::Outside, Severity::Error, "no link", 0);
        messages.say(MessageSource::Outside, Severity::Error, "no link", 1);
        messages.say(MessageSource::Command, Severity::Info, "copied", 1000);
        assert_eq!((shown(&messages, 1000), shown(&messages, 5000)), (Some("copied"), Some("no link")));
        assert!(messages.dismiss(5000));
        assert_eq!(shown(&messages, 5000), Some("training failed: full"));
        // A later error of the same source is the one that holds.
        messages.say(MessageSource::Task(Task::Train), Severity::Error, "training failed: killed", 6000);
        for text in ["`a` is not a number", "`b` is not a number"] {
            messages.say(MessageSource::Command, Severity::Error, text, 7000);
        }
        assert_eq!(shown(&messages, 7000), Some("`b` is not a number"));
        assert!(messages.dismiss(7000));
        assert_eq!(shown(&messages, 7000), Some("training failed: killed"));
        messages.withdraw(MessageSource::Task(Task::Train));
        assert_eq!(shown(&messages, 7000), None);
    }
}
