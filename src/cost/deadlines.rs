//! Frame rates that applications ask for, as presets of the frame-rate limit.

use thiserror::Error;

use crate::diagnostic::nearest;
use crate::quantity::{Dimension, QuantityError};

/// Applications and the frames per second `XRBench` (`MLSys` 2023) asks of them.
pub const DEADLINES: [(&str, f64); 11] = [
    ("eye segmentation", 60.0),
    ("gaze estimation", 60.0),
    ("hand tracking", 30.0),
    ("hand tracking, fast", 45.0),
    ("depth estimation", 30.0),
    ("depth refinement", 30.0),
    ("object detection", 10.0),
    ("object detection, fast", 30.0),
    ("plane detection", 15.0),
    ("segmentation", 10.0),
    ("keyword spotting", 3.0),
];

/// Text that is no deadline.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum DeadlineError {
    /// A rate that can't be met.
    #[error(transparent)]
    Rate(#[from] QuantityError),
    /// Neither a rate nor an application.
    #[error("`{text}` is neither a frame rate nor an application of XRBench{help}")]
    Name {
        /// The text.
        text: String,
        /// The nearest application and the list of all.
        help: String,
    },
}

/// Frames per second of a deadline: a rate, or the name of an application of [`DEADLINES`].
///
/// # Errors
/// Text that is neither, or a rate that is not above zero.
///
/// ```
/// use splitscope::cost::deadline;
/// assert_eq!(deadline("12.5 fps")?, 12.5);
/// assert_eq!(deadline("hand-tracking")?, 30.0);
/// # Ok::<(), splitscope::cost::DeadlineError>(())
/// ```
pub fn deadline(text: &str) -> Result<f64, DeadlineError> {
    if let Ok(value) = Dimension::Rate.parse(text, Dimension::Rate.base_unit()) {
        return if value > 0.0 {
            Ok(value)
        } else {
            Err(QuantityError::NotPositive { quantity: "a frame rate", value }.into())
        };
    }
    let plain = |name: &str| {
        let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        words.join("-").to_lowercase()
    };
    let names = DEADLINES.map(|(name, rate)| (plain(name), rate));
    let wanted = plain(text);
    if let Some((_, rate)) = names.iter().find(|(name, _)| *name == wanted) {
        return Ok(*rate);
    }
    let near = nearest(&wanted, names.iter().map(|(name, _)| name.as_str()));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let list = names.each_ref().map(|(name, rate)| format!("{name} {rate}")).join(", ");
    Err(DeadlineError::Name { text: text.to_owned(), help: format!("{near} ({list})") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_by_rate_and_by_application() {
        assert!((deadline("30").unwrap() - 30.0).abs() < 1e-9 && (deadline("12.5 fps").unwrap() - 12.5).abs() < 1e-9);
        assert!((deadline("hand tracking, fast").unwrap() - 45.0).abs() < 1e-9);
        assert!((deadline("hand-tracking").unwrap() - 30.0).abs() < 1e-9);
        assert!(deadline("hand-traking").unwrap_err().to_string().contains("did you mean `hand-tracking`?"));
        assert!(deadline("0").is_err() && deadline("nan").is_err());
    }
}
