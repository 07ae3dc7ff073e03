//! Numbers in JSON that may be NaN or infinite, such as a diverged loss: written as the strings "NaN", "inf" and
//! "-inf". For use in `#[serde(with = ...)]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[derive(Clone, Copy)]
struct Figure(f64);

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Word(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(number) => Ok(Self(number)),
            Written::Word(word) => match word.as_str() {
                "NaN" => Ok(Self(f64::NAN)),
                "inf" => Ok(Self(f64::INFINITY)),
                "-inf" => Ok(Self(f64::NEG_INFINITY)),
                _ => Err(de::Error::custom(format!("\"{word}\" is not a number, \"NaN\", \"inf\" or \"-inf\""))),
            },
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(super) fn serialize<S: Serializer>(figure: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Figure(*figure).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Figure::deserialize(deserializer).map(|figure| figure.0)
}

/// Figures by role, in order, as pairs of name and figure. Roles of a later version are left out on reading.
pub(super) mod by_role {
    use super::{Deserialize, Deserializer, Figure, Serializer};
    use crate::record::task::Role;

    pub(crate) fn serialize<S: Serializer>(pairs: &[(Role, f64)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(pairs.iter().map(|(role, figure)| (role.name(), Figure(*figure))))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Role, f64)>, D::Error> {
        let pairs = Vec::<(String, Figure)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().filter_map(|(name, figure)| Some((Role::named(&name)?, figure.0))).collect())
    }
}
