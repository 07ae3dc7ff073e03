//! The sections of a report, one file each.

pub(super) mod answer;
pub(super) mod compared;
pub(super) mod front;
pub(super) mod limits;
pub(super) mod memory;
pub(super) mod neighbours;
pub(super) mod paradigms;
pub(super) mod provenance;
pub(super) mod question;
pub(super) mod reproduce;
pub(super) mod training;
mod words;
