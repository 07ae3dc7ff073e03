//! Changes a device's mapping rule from the command line: `--rule systolic --array 32x32 --dataflow os`.

use thiserror::Error;

use super::device::{Dataflow, Depthwise, MAX_SIDE, Mapping};

/// Changes of a mapping rule from the command line; absent parts stay as the profile has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MappingFlags<'a> {
    /// `roofline`, `unrolled` or `systolic`.
    pub rule: Option<&'a str>,
    /// `32x32` (rows and columns) or `32x2x4x4` (K, C, OX, OY).
    pub array: Option<&'a str>,
    /// `os` or `ws`.
    pub dataflow: Option<&'a str>,
    /// `per-channel` or `grouped`.
    pub depthwise: Option<&'a str>,
}

/// Flags that make no mapping rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FlagError {
    /// Not an array size.
    #[error(
        "`{0}` is not an array: write ROWSxCOLUMNS for a systolic array (32x32) or KxCxOXxOY for an unrolled one (32x2x4x4), each side from 1 to {MAX_SIDE}"
    )]
    Array(String),
    /// Not a dataflow.
    #[error("`{0}` is not a dataflow: write os (output-stationary) or ws (weight-stationary)")]
    Dataflow(String),
    /// A dataflow for a device that has none.
    #[error("only a systolic array has a dataflow; the rule here is `{0}` (choose an array with --array 32x32)")]
    NotSystolic(&'static str),
    /// Not a rule for depthwise layers.
    #[error("`{0}` is not a rule for depthwise layers: write per-channel or grouped")]
    Depthwise(String),
    /// A rule for depthwise layers for a device that has none.
    #[error("only an unrolled array has a rule for depthwise layers; the rule here is `{0}` (--array 32x2x4x4)")]
    NotUnrolled(&'static str),
    /// Not a mapping rule.
    #[error("`{0}` is not a mapping rule: write roofline, unrolled or systolic, or name a latency table with --table")]
    Rule(String),
    /// A rule that does not fit the array.
    #[error("the rule {rule} needs an array of {sides} sides (--array {example})")]
    Sides {
        /// The rule.
        rule: &'static str,
        /// Number of sides.
        sides: usize,
        /// An array.
        example: &'static str,
    },
}

/// Applies the flags to a mapping rule. An array of two sides is systolic, one of four unrolled, unless the rule is
/// `roofline`: then it only says how many units there are. By default it is output-stationary, `grouped`, and fully
/// busy.
///
/// # Errors
/// Text that is no rule, array, dataflow or depthwise rule, or parts that do not belong together.
///
/// ```
/// use splitscope::hardware::{Mapping, MappingFlags, override_mapping};
/// let base = Mapping::Roofline { macs_per_cycle: 64.0, utilisation: 1.0 };
/// let flags = MappingFlags { array: Some("32x32"), dataflow: Some("ws"), ..MappingFlags::default() };
/// assert_eq!(override_mapping(&base, flags)?.to_string(), "systolic 32x32, weight-stationary");
/// # Ok::<(), splitscope::hardware::FlagError>(())
/// ```
pub fn override_mapping(base: &Mapping, flags: MappingFlags) -> Result<Mapping, FlagError> {
    let array = match flags.array {
        Some(array) => parse_array(array, base)?,
        None => base.clone(),
    };
    let sides = |rule, sides, example| Err(FlagError::Sides { rule, sides, example });
    let mapping = match (flags.rule, array) {
        (None, mapping)
        | (Some("systolic"), mapping @ Mapping::Systolic { .. })
        | (Some("unrolled"), mapping @ Mapping::Unrolled { .. })
        | (Some("roofline"), mapping @ Mapping::Roofline { .. }) => mapping,
        (Some("roofline"), array) => Mapping::Roofline { macs_per_cycle: array.macs_per_cycle(), utilisation: 1.0 },
        (Some("systolic"), _) => return sides("systolic", 2, "32x32"),
        (Some("unrolled"), _) => return sides("unrolled", 4, "32x2x4x4"),
        (Some(rule), _) => return Err(FlagError::Rule(rule.to_owned())),
    };
    with_depthwise(with_dataflow(mapping, flags.dataflow)?, flags.depthwise)
}

fn with_dataflow(mapping: Mapping, text: Option<&str>) -> Result<Mapping, FlagError> {
    let dataflow = match text {
        None => return Ok(mapping),
        Some("os" | "output-stationary") => Dataflow::OutputStationary,
        Some("ws" | "weight-stationary") => Dataflow::WeightStationary,
        Some(text) => return Err(FlagError::Dataflow(text.to_owned())),
    };
    match mapping {
        Mapping::Systolic { rows, columns, .. } => Ok(Mapping::Systolic { rows, columns, dataflow }),
        other => Err(FlagError::NotSystolic(other.rule())),
    }
}

fn with_depthwise(mapping: Mapping, text: Option<&str>) -> Result<Mapping, FlagError> {
    let depthwise = match text {
        None => return Ok(mapping),
        Some("per-channel") => Depthwise::PerChannel,
        Some("grouped") => Depthwise::Grouped,
        Some(text) => return Err(FlagError::Depthwise(text.to_owned())),
    };
    match mapping {
        Mapping::Unrolled { k, c, ox, oy, .. } => Ok(Mapping::Unrolled { k, c, ox, oy, depthwise }),
        other => Err(FlagError::NotUnrolled(other.rule())),
    }
}

fn parse_array(text: &str, base: &Mapping) -> Result<Mapping, FlagError> {
    let refuse = || FlagError::Array(text.to_owned());
    let sides: Vec<u32> = text.split('x').map(str::parse).collect::<Result<_, _>>().map_err(|_| refuse())?;
    match (sides.as_slice(), base) {
        (sides, _) if sides.iter().any(|side| !(1..=MAX_SIDE).contains(side)) => Err(refuse()),
        (&[rows, columns], &Mapping::Systolic { dataflow, .. }) => Ok(Mapping::Systolic { rows, columns, dataflow }),
        (&[rows, columns], _) => Ok(Mapping::Systolic { rows, columns, dataflow: Dataflow::OutputStationary }),
        (&[k, c, ox, oy], &Mapping::Unrolled { depthwise, .. }) => Ok(Mapping::Unrolled { k, c, ox, oy, depthwise }),
        (&[k, c, ox, oy], _) => Ok(Mapping::Unrolled { k, c, ox, oy, depthwise: Depthwise::Grouped }),
        _ => Err(refuse()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Mapping = Mapping::Unrolled { k: 1, c: 1, ox: 8, oy: 8, depthwise: Depthwise::PerChannel };

    fn show(flags: MappingFlags) -> Result<String, FlagError> {
        override_mapping(&BASE, flags).map(|mapping| mapping.to_string())
    }

    #[test]
    fn arrays_and_dataflows() {
        let with = |array, dataflow| show(MappingFlags { array, dataflow, ..MappingFlags::default() });
        assert_eq!(with(None, None).unwrap(), BASE.to_string());
        assert_eq!(with(Some("4x2x1x1"), None).unwrap(), "unrolled K4 C2 OX1 OY1, depthwise per-channel");
        assert_eq!(with(Some("12x14"), None).unwrap(), "systolic 12x14, output-stationary");
        assert_eq!(with(None, Some("os")), Err(FlagError::NotSystolic("unrolled")));
        for array in ["0x32", "32", "70000x1", "32x", "axb", "1x2x3", "-1x4", ""] {
            assert_eq!(with(Some(array), None), Err(FlagError::Array(array.into())));
        }
        assert_eq!(with(Some("8x8"), Some("is")), Err(FlagError::Dataflow("is".into())));
    }

    #[test]
    fn rules() {
        let with = |rule, array, depthwise| show(MappingFlags { rule: Some(rule), array, depthwise, dataflow: None });
        assert_eq!(with("roofline", None, None).unwrap(), "roofline, 64 MAC/cycle at 100 %");
        assert_eq!(with("roofline", Some("32x32"), None).unwrap(), "roofline, 1024 MAC/cycle at 100 %");
        assert_eq!(with("unrolled", None, Some("grouped")).unwrap(), "unrolled K1 C1 OX8 OY8, depthwise grouped");
        assert!(matches!(with("systolic", None, None), Err(FlagError::Sides { sides: 2, .. })));
        assert!(matches!(with("unrolled", Some("8x8"), None), Err(FlagError::Sides { sides: 4, .. })));
        assert_eq!(with("systolic", Some("8x8"), Some("grouped")), Err(FlagError::NotUnrolled("systolic")));
        assert_eq!(with("unrolled", None, Some("both")), Err(FlagError::Depthwise("both".into())));
        assert_eq!(with("fast", None, None), Err(FlagError::Rule("fast".into())));
    }
}
