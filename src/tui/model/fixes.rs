//! Fixes offered for an infeasible design.

use crate::{cost::KnobChange, explore::Session};

/// Alternatives that make the selected design feasible: each single-knob fix, or, if no single knob is enough, the
/// joint fix. Empty if the design is feasible or no knob helps.
pub(crate) fn fixes(session: &Session) -> Vec<Vec<KnobChange>> {
    let single = session.fixes();
    if !single.is_empty() {
        return single.into_iter().map(|fix| vec![fix]).collect();
    }
    let joint = session.joint_fixes();
    if joint.is_empty() { Vec::new() } else { vec![joint] }
}
