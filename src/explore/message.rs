//! Messages to the user: a toast for a few seconds, an error until it is dismissed.

/// Milliseconds that a toast stays.
const TOAST_MS: u64 = 4000;

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

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A sentence.
    pub text: String,
    /// Urgency, by which a message is coloured.
    pub severity: Severity,
    /// Milliseconds since the session began.
    pub at_ms: u64,
}

/// The newest message, shown as a toast.
#[derive(Debug, Clone, Default)]
pub(super) struct Messages {
    newest: Option<Message>,
    dismissed: bool,
}

impl Messages {
    /// Adds a message, which becomes the toast.
    pub(super) fn say(&mut self, severity: Severity, text: impl Into<String>, at_ms: u64) {
        self.newest = Some(Message { text: text.into(), severity, at_ms });
        self.dismissed = false;
    }

    /// The newest message, unless it has expired at `now_ms` or was dismissed.
    pub(super) fn toast(&self, now_ms: u64) -> Option<&Message> {
        let newest = self.newest.as_ref()?;
        let fresh = newest.severity == Severity::Error || now_ms < newest.at_ms + TOAST_MS;
        (fresh && !self.dismissed).then_some(newest)
    }

    /// Dismisses the toast. Returns `true` if one was shown at `now_ms`.
    pub(super) fn dismiss(&mut self, now_ms: u64) -> bool {
        let shown = self.toast(now_ms).is_some();
        self.dismissed = true;
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toasts_pass_and_errors_stay_until_dismissed() {
        let mut messages = Messages::default();
        messages.say(Severity::Info, "copied", 1000);
        assert!(messages.toast(4999).is_some() && messages.toast(5000).is_none());
        messages.say(Severity::Error, "no link", 6000);
        assert!(messages.toast(1_000_000).is_some());
        assert!(messages.dismiss(7000) && messages.toast(7000).is_none() && !messages.dismiss(7000));
    }
}
