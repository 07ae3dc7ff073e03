//! Word of long waits, on its way to the user: a server that does not answer is waited for, but not in silence.

use std::sync::OnceLock;

/// Function that tells the user, if one does.
static TELLER: OnceLock<fn(&str)> = OnceLock::new();

/// Sets the function that tells the user that something is waited for, and why; only the first call counts.
pub(crate) fn tell_waits(teller: fn(&str)) {
    TELLER.get_or_init(|| teller);
}

/// Tells the user that something is waited for.
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "only servers are waited for"))]
pub(super) fn tell_wait(sentence: &str) {
    if let Some(teller) = TELLER.get() {
        teller(sentence);
    }
}
