//! Word of long waits, on its way to the user: a database that can't be written is waited for, but not in silence.

use std::sync::OnceLock;
use std::time::Duration;

/// Time after which a database that can't be written, for it does not answer or others hold it, is an error for a
/// process that works.
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// Function that tells the user, if one does.
static TELLER: OnceLock<fn(&str)> = OnceLock::new();

/// Sets the function that tells the user that something is waited for, and why; only the first call counts.
pub(crate) fn tell_waits(teller: fn(&str)) {
    TELLER.get_or_init(|| teller);
}

/// Tells the user that something is waited for.
pub(super) fn tell_wait(sentence: &str) {
    if let Some(teller) = TELLER.get() {
        teller(sentence);
    }
}
