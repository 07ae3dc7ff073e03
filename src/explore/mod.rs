//! The live session without a screen. A [`Session`] connects parts that each own their fields:
//! * [`Catalogue`]: candidate designs with their costs, and measurements;
//! * [`Setup`]: knobs, locks, pins, [`Notes`], baseline, [`Override`], order and filter; a history of its changes, and
//!   saved setups;
//! * a selection: the selected candidate;
//! * derived values: best splits, ranking, rows, counts, histograms, scatter plots, the network of the selection;
//! * an activity: progress of training and search, messages, held-back updates.
//!
//! Pure: no tensor, terminal, thread, clock or file, and nothing of screens and panes. `tui` turns keys into
//! [`Command`]s, draws from [`Session`], carries out its [`WorkRequest`]s and applies the progress of processes as
//! [`Update`]s. Time is an argument.
//!
//! The way of a knob: [`Session::apply`] changes one value, costs every split of every candidate once
//! ([`crate::cost::SystemRates`]), picks each candidate's split and ranks the candidates by the rule written at
//! [`RankedDesign`].
//!
//! ```
//! use splitscope::explore::{Command, Session};
//! use splitscope::hardware::Profile;
//! use splitscope::quantity::Knob;
//! use splitscope::space::SearchSpace;
//!
//! let space = SearchSpace::shipped("tabletop").unwrap();
//! let profile = Profile::shipped("glasses").unwrap();
//! let mut session = Session::new(space, profile, 200, 1);
//! let before = session.best_split(0);
//!
//! // The link slows down; the largest network is split later, where it sends less.
//! session.apply(Command::SetKnob { knob: Knob::LinkBandwidth, fraction: 0.1 }, 0);
//! assert!(session.best_split(0) > before);
//! session.apply(Command::Undo, 1000);
//! assert_eq!(session.best_split(0), before);
//! ```
//!
//! Invariants: ranking and rows always belong to the current knobs; a candidate keeps its number for the whole session;
//! the selection is a candidate that exists; an accuracy is shown as measured only if it was measured with the current
//! number of sensors, and others are marked as what they are; measurements are only removed when their run withdraws
//! them; no command panics, also without candidates.

mod activity;
mod candidate;
mod candidate_groups;
mod catalogue;
mod column;
mod command;
mod cost_window;
mod derived;
mod draw;
mod filter;
mod history;
mod inspected;
mod knob_histograms;
mod knob_range;
mod leaks;
mod measurements;
mod message;
mod notes;
mod overriding;
mod pictures;
mod pool;
mod predictions;
pub mod progress;
mod ranges;
mod ranking;
mod ranking_rule;
mod rated_order;
mod rated_splits;
mod selection;
mod sensitivity;
mod session;
mod session_file;
mod setup;
mod sweep;
mod top_splits;
mod tracks;
mod update;
mod view;

#[cfg(test)]
mod tests;

pub use activity::Activity;
pub use candidate::{CandidateDesign, CandidateError, CandidateId};
pub use catalogue::Catalogue;
pub use column::{Column, Sort};
pub use command::{Command, DesignPart, Move, WorkControl, WorkRequest};
pub use derived::{Point, PointClass};
pub(crate) use draw::default_transmit;
pub use filter::{Filter, FilterError};
pub use history::{History, SavedSetup, Step};
pub use knob_histograms::KnobGain;
pub use knob_range::KnobRange;
pub use leaks::{Leaks, ShownLeak};
pub use measurements::{
    Accuracy, AccuracyFigure, AccuracyKind, Measurements, Reading, ShownAccuracy, WeightsMeasurements,
    precisions_in_words,
};
pub use message::{Message, Severity};
pub use notes::Notes;
pub use overriding::Override;
pub use pictures::Pictures;
pub use predictions::{PredictionInput, Predictions};
pub use ranges::Ranges;
pub use ranking_rule::{Class, RankedDesign};
pub use sensitivity::{DesignSwing, FastestRange, SwingEffect};
pub(crate) use session::DEFAULT_POOL;
pub use session::Session;
pub(crate) use session_file::MAX_POOL;
pub use session_file::{
    DesignRow, NoteRow, OverrideRow, SavedSetupRow, SessionFile, SessionFileError, SessionHeader, ViewRow,
};
pub use setup::{Pinned, Setup};
pub use sweep::{SweepPoint, SweptDesign};
pub use tracks::{AccuracyChange, AccuracySlope, TrackStop};
pub use update::Update;
pub use view::{
    BarQuantity, Compared, DesignBar, DesignCounts, DesignStrip, MeasuredPoint, NetworkBoundary, SplitState, Status,
    TableRow,
};
