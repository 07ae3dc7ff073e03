//! State of the view, below screens and input: what is shown, where the focus is, what is being typed or dragged.
//!
//! Nothing here draws, and nothing here changes a session.

pub(crate) mod axes;
pub(crate) mod brushes;
pub(crate) mod caption;
pub(crate) mod command_palette;
pub(crate) mod curves;
pub(crate) mod entry;
pub(crate) mod fixes;
pub(crate) mod interval;
pub(crate) mod menu;
pub(crate) mod pictures;
pub(crate) mod pointer;
pub(crate) mod replay;
pub(crate) mod scatter_window;
pub(crate) mod screen;
pub(crate) mod state;
pub(crate) mod watched_split;
