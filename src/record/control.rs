//! Control messages from a user to a running process.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::quantity::knob_values;

/// Message to a running trainer or searcher. As a line of text: `pause`, `resume`, `stop`, `{"limits":{"NAME":VALUE}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Control {
    /// Suspend the work, staying ready.
    Pause,
    /// Continue the work.
    Resume,
    /// Write a checkpoint and end.
    Stop,
    /// Continue under these knob values: knob name to value in the knob's base unit. A line may give text, `"8 ms"` or
    /// `"none"`, and former names of knobs, which are noted where the values are applied.
    Limits(#[serde(with = "knob_values")] BTreeMap<String, f64>),
}

/// Line of text that is not a [`Control`].
#[derive(Debug, thiserror::Error)]
#[error("\"{line}\" is not a control; valid: pause, resume, stop, or {{\"limits\":{{\"NAME\":VALUE}}}} ({detail})")]
pub struct ControlError {
    /// The line, at most 80 characters of it.
    pub line: String,
    /// Reason, from the JSON reader.
    pub detail: String,
}

impl Control {
    /// Reads a line: a plain word or JSON.
    ///
    /// # Errors
    /// The line is neither.
    pub fn parse(line: &str) -> Result<Self, ControlError> {
        let line = line.trim();
        let read =
            if line.starts_with(['{', '"']) { serde_json::from_str(line) } else { serde_json::from_value(line.into()) };
        read.map_err(|error| ControlError { line: line.chars().take(80).collect(), detail: error.to_string() })
    }
}

/// Writes the line that [`Control::parse`] reads.
impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pause => f.write_str("pause"),
            Self::Resume => f.write_str("resume"),
            Self::Stop => f.write_str("stop"),
            Self::Limits(_) => f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_json_are_read_and_written() {
        let limits = Control::Limits(BTreeMap::from([("rate".into(), 1e6), ("latency".into(), f64::INFINITY)]));
        assert_eq!(limits.to_string(), r#"{"limits":{"latency":"none","rate":1000000.0}}"#);
        for control in [Control::Pause, Control::Resume, Control::Stop, limits] {
            assert_eq!(Control::parse(&control.to_string()).unwrap(), control);
            assert_eq!(Control::parse(&serde_json::to_string(&control).unwrap()).unwrap(), control);
        }
        assert_eq!(Control::parse("  pause\r\n").unwrap(), Control::Pause);
        let text = r#"{"limits":{"latency-limit":"8 ms","accuracy":"72.5 %"}}"#;
        let limits = BTreeMap::from([("latency-limit".into(), 0.008), ("accuracy".into(), 0.725)]);
        assert_eq!(Control::parse(text).unwrap(), Control::Limits(limits));
    }

    #[test]
    fn errors_list_the_valid_lines() {
        for line in ["", "pase", "limits", "{", r#"{"limits":3}"#, r#"{"limits":{"rate":"fast"}}"#, "\u{0}"] {
            let text = Control::parse(line).unwrap_err().to_string();
            assert!(text.contains("pause, resume, stop"), "{text}");
        }
    }
}
