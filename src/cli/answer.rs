//! Answer of a command, which becomes its exit code.

/// Answer of a command that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// All is well.
    Yes,
    /// The work was done and the answer is no.
    No,
}
