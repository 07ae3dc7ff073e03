//! Values of knobs by name, as they stand in session files and control lines. For use in `#[serde(with = ...)]`.
//!
//! A value is a number in base units or text (`"8 µs"`, `"none"`); former names of knobs are read as the present ones.
//! What has no limit is written as `"none"`. A number under a name that no knob has is kept, for whoever knows it or
//! refuses it with its name.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use super::knob::Knob;

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenValue {
    Number(f64),
    Text(String),
}

/// Writes numbers in base units, and "none" for no limit.
///
/// # Errors
/// Those of the format.
pub fn serialize<S: Serializer>(values: &BTreeMap<String, f64>, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut map = serializer.serialize_map(Some(values.len()))?;
    for (name, value) in values {
        let unlimited = Knob::named(name).is_ok_and(|knob| knob.is_unlimited(*value));
        if unlimited || !value.is_finite() {
            map.serialize_entry(name, "none")?;
        } else {
            map.serialize_entry(name, value)?;
        }
    }
    map.end()
}

/// Reads numbers and text.
///
/// # Errors
/// Text that is no value of its knob, or text for a name that no knob has.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, f64>, D::Error> {
    let written = BTreeMap::<String, WrittenValue>::deserialize(deserializer)?;
    let mut values = BTreeMap::new();
    for (name, value) in written {
        let knob = Knob::named(&name);
        let value = match (value, &knob) {
            (WrittenValue::Number(number), _) => number,
            (WrittenValue::Text(text), Ok(knob)) => {
                let base = knob.info().dimension.base_unit();
                knob.parse(&text, base).map_err(|error| D::Error::custom(format!("{name}: {error}")))?
            }
            (WrittenValue::Text(_), Err(error)) => return Err(D::Error::custom(error)),
        };
        values.insert(knob.map_or(name, |knob| knob.name().to_owned()), value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Serialize, Deserialize)]
    struct File(#[serde(with = "super")] BTreeMap<String, f64>);

    #[test]
    fn numbers_and_text_are_read_under_both_names() {
        let text = r#"{"bandwidth": "2.5 Mbit/s", "latency": 0.008, "accuracy": "72.5 %", "energy": "none", "x": 1}"#;
        let File(values) = serde_json::from_str(text).unwrap();
        let expected = [
            ("link-bandwidth", 312_500.0),
            ("latency", 0.008),
            ("accuracy", 0.725),
            ("energy", f64::INFINITY),
            ("x", 1.0),
        ];
        assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value)).into());
        let written = serde_json::to_string(&File(values)).unwrap();
        assert!(written.contains(r#""energy":"none""#), "{written}");
    }

    #[test]
    fn text_that_is_no_value_names_its_knob() {
        let error = |text: &str| serde_json::from_str::<File>(text).unwrap_err().to_string();
        assert!(error(r#"{"latency": "fast"}"#).starts_with("latency: `fast` is not a number"));
        assert!(error(r#"{"latncy": "8 ms"}"#).contains("did you mean `latency`?"));
    }
}
