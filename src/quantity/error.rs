//! Errors of text and values that are no quantity.

use thiserror::Error;

use super::number::written;

/// Text or a value that is not a value of a quantity.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum QuantityError {
    /// Text without a number.
    #[error("`{0}` is not a number")]
    Number(String),
    /// A unit of another dimension, or of none.
    #[error("`{unit}` is not a unit of {quantity}; {help}")]
    Unit {
        /// The unit as written.
        unit: String,
        /// Name of the quantity.
        quantity: &'static str,
        /// The nearest unit, or all of them.
        help: String,
    },
    /// "No limit" for a quantity that always has a value.
    #[error("{0} always has a value")]
    AlwaysSet(&'static str),
    /// Zero, a negative number, infinity or not a number.
    #[error("{quantity} must be a finite number above zero, not {}", written(*.value))]
    NotPositive {
        /// Name of the quantity.
        quantity: &'static str,
        /// The value as written or computed.
        value: f64,
    },
    /// A fraction where things are counted.
    #[error("{quantity} must be a whole number, not {}", written(*.value))]
    NotWhole {
        /// Name of the quantity.
        quantity: &'static str,
        /// The value.
        value: f64,
    },
    /// A share above 1.
    #[error("{0} is a share and must not exceed 1 (or 100 %)")]
    AboveOne(&'static str),
    /// A value outside the range in which costs can be computed, or outside the range of a knob.
    #[error("{quantity} goes from {low} to {high}")]
    Range {
        /// Name of the quantity.
        quantity: &'static str,
        /// Smallest value, with its unit.
        low: String,
        /// Largest value, with its unit.
        high: String,
    },
    /// A name that no knob has.
    #[error("no knob is named `{name}`{help}")]
    Knob {
        /// The name as written.
        name: String,
        /// The nearest name and the list of all.
        help: String,
    },
}
