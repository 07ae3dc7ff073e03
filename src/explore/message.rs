//! Messages to the user: a toast for a few seconds, an error until it is dismissed, all of them in a log.

/// How long a toast stays.
const TOAST_MS: u64 = 4000;
/// Messages kept.
const KEPT: usize = 200;

/// How serious a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Something was done.
    Info,
    /// Something to look at.
    Warning,
    /// Something could not be done; stays until dismissed.
    Error,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A sentence.
    pub text: String,
    /// How serious it is.
    pub kind: Kind,
    /// When it came.
    pub at_ms: u64,
}

/// The log.
#[derive(Debug, Clone, Default)]
pub(super) struct Messages {
    log: Vec<Message>,
    dismissed: bool,
}

impl Messages {
    pub(super) fn say(&mut self, kind: Kind, text: impl Into<String>, at_ms: u64) {
        if self.log.len() == KEPT {
            self.log.remove(0);
        }
        self.log.push(Message { text: text.into(), kind, at_ms });
        self.dismissed = false;
    }

    pub(super) fn log(&self) -> &[Message] {
        &self.log
    }

    /// The message to show now.
    pub(super) fn toast(&self, now_ms: u64) -> Option<&Message> {
        let fresh = |message: &&Message| message.kind == Kind::Error || now_ms < message.at_ms + TOAST_MS;
        self.log.last().filter(fresh).filter(|_| !self.dismissed)
    }

    /// Takes the toast away; whether there was one.
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
        messages.say(Kind::Info, "copied", 1000);
        assert!(messages.toast(4999).is_some() && messages.toast(5000).is_none());
        messages.say(Kind::Error, "no link", 6000);
        assert!(messages.toast(1_000_000).is_some());
        assert!(messages.dismiss(7000) && messages.toast(7000).is_none() && !messages.dismiss(7000));
        assert_eq!(messages.log().len(), 2);
    }
}
