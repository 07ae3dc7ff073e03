//! State of the view, below screens and input: what is shown, where the focus is, what is being typed or dragged.
//!
//! Nothing here draws, and nothing here changes a session.

pub mod axes;
pub mod brushes;
pub mod caption;
pub mod command_palette;
pub mod curves;
pub mod entry;
pub mod fixes;
pub mod menu;
pub mod pointer;
pub mod replay;
pub mod scatter_window;
pub mod screen;
pub mod state;
