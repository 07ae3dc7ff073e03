//! A row of the database, whatever is in it.

/// A row of the database: a value, and when and by whom it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<T> {
    /// Position in its table, growing with every write.
    pub id: i64,
    /// Time of writing, in seconds since 1970 (UTC).
    pub time: f64,
    /// `host/pid/born` of the writer; empty for controls.
    pub process: String,
    /// Event, measurement, or text of a control.
    pub value: T,
}

/// The number as databases have it: they know no unsigned ones.
pub(super) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
