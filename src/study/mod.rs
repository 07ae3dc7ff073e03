//! Studies that test claims of the paper at a scale that runs here.
//!
//! A study is a list of points, each a setting and a seed. Measuring a point gives rows: a series, a place on the axis
//! and a figure with its interval. Rows are kept in a CSV file after every point, so that a study that was cut short
//! goes on where it ended, and several processes share one; table, chart and finding are made of the rows alone.
//!
//! Invariants: a point on record is never measured again; the first line of a report says whether the figures agree
//! with the paper.

mod accuracies;
mod costs;
mod error;
mod info;
mod input;
mod joint;
mod list;
mod privacy;
mod record;
mod rows;
mod run;
mod trainings;

#[cfg(test)]
mod tests;

pub(crate) use info::{StudyInfo, StudyNeeds};
pub(crate) use input::StudyInput;
pub(crate) use list::STUDIES;
pub(crate) use run::StudyProgress;
