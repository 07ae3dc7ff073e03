//! From terminal events to commands. Both ways read session and view; the mouse keeps in the view what it drags.

pub(crate) mod keyboard;
pub(crate) mod mouse;
