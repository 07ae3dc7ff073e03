//! Values of knobs by name, as they stand in session files and control lines. For use in `#[serde(with = ...)]`.
//!
//! A value is a number in base units or text (`"8 µs"`, `"none"`). What has no limit is written as `"none"`. Names stay
//! as they were written: a former name of a knob means the present one ([`Knob::named`]) and is worth a note
//! ([`Knob::renamed_among`]). A number under a name that no knob has is kept; the code that applies the values
//! accepts or refuses it.

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
        values.insert(name, value);
    }
    Ok(values)
}

/// Adds later values, which replace those of the same knob under whatever name.
pub(crate) fn update(values: &mut BTreeMap<String, f64>, later: BTreeMap<String, f64>) {
    for name in later.keys() {
        let knob = Knob::named(name);
        values.retain(|known, _| knob.is_err() || Knob::named(known) != knob);
    }
    values.extend(later);
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
        let expected =
            [("bandwidth", 312_500.0), ("latency", 0.008), ("accuracy", 0.725), ("energy", f64::INFINITY), ("x", 1.0)];
        assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value)).into());
        assert_eq!(
            Knob::renamed_among(values.keys().map(String::as_str)),
            ["`bandwidth` is now named `link-bandwidth`"]
        );
        let written = serde_json::to_string(&File(values)).unwrap();
        assert!(written.contains(r#""energy":"none""#), "{written}");
    }

    #[test]
    fn later_values_replace_those_under_a_former_name() {
        let map = |name: &str, value| BTreeMap::from([(name.to_owned(), value)]);
        let mut values = map("latency-limit", 0.008);
        update(&mut values, map("latency", 0.009));
        assert_eq!(values, map("latency", 0.009));
        update(&mut values, map("x", 1.0));
        assert_eq!(values.len(), 2);
    }

    #[test]
    fn text_that_is_no_value_names_its_knob() {
        let error = |text: &str| serde_json::from_str::<File>(text).unwrap_err().to_string();
        assert!(error(r#"{"latency": "fast"}"#).starts_with("latency: `fast` is not a number"));
        assert!(error(r#"{"latncy": "8 ms"}"#).contains("did you mean `latency`?"));
    }
}
