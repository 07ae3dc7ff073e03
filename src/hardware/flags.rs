//! Changes a device's mapping rule from the command line: `--array 32x32 --dataflow os`.

use thiserror::Error;

use super::{Dataflow, Depthwise, Mapping};

/// Flags that make no mapping rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FlagError {
    /// Not an array size.
    #[error(
        "`{0}` is not an array: write ROWSxCOLUMNS for a systolic array (32x32) or KxCxOXxOY for an unrolled one (32x2x4x4), each side at least 1"
    )]
    Array(String),
    /// Not a dataflow.
    #[error("`{0}` is not a dataflow: write os (output-stationary) or ws (weight-stationary)")]
    Dataflow(String),
    /// A dataflow for a device that has none.
    #[error("only a systolic array has a dataflow; the rule here is `{0}` (choose an array with --array 32x32)")]
    NotSystolic(&'static str),
}

/// The mapping rule with another array, dataflow, or both. An array of two sides is systolic, one of four unrolled; what is
/// not given stays as it was, or is output-stationary and `grouped`.
///
/// # Errors
/// Text that is neither an array nor a dataflow, or a dataflow without a systolic array.
///
/// ```
/// use splitscope::hardware::{Mapping, override_mapping};
/// let base = Mapping::Roofline { macs_per_cycle: 64.0, utilisation: 1.0 };
/// let mapping = override_mapping(&base, Some("32x32"), Some("ws"))?;
/// assert_eq!(mapping.to_string(), "systolic 32x32, weight-stationary");
/// # Ok::<(), splitscope::hardware::FlagError>(())
/// ```
pub fn override_mapping(base: &Mapping, array: Option<&str>, dataflow: Option<&str>) -> Result<Mapping, FlagError> {
    let dataflow = dataflow.map(parse_dataflow).transpose()?;
    let mapping = match array {
        Some(array) => parse_array(array, base)?,
        None => base.clone(),
    };
    match (mapping, dataflow) {
        (mapping, None) => Ok(mapping),
        (Mapping::Systolic { rows, columns, .. }, Some(dataflow)) => Ok(Mapping::Systolic { rows, columns, dataflow }),
        (other, Some(_)) => Err(FlagError::NotSystolic(other.rule())),
    }
}

fn parse_dataflow(text: &str) -> Result<Dataflow, FlagError> {
    match text {
        "os" | "output-stationary" => Ok(Dataflow::OutputStationary),
        "ws" | "weight-stationary" => Ok(Dataflow::WeightStationary),
        _ => Err(FlagError::Dataflow(text.to_owned())),
    }
}

fn parse_array(text: &str, base: &Mapping) -> Result<Mapping, FlagError> {
    let refuse = || FlagError::Array(text.to_owned());
    let sides: Vec<u32> = text.split('x').map(str::parse).collect::<Result<_, _>>().map_err(|_| refuse())?;
    match (sides.as_slice(), base) {
        (sides, _) if sides.contains(&0) => Err(refuse()),
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

    #[test]
    fn arrays_and_dataflows() {
        let base = Mapping::Unrolled { k: 1, c: 1, ox: 8, oy: 8, depthwise: Depthwise::PerChannel };
        let show = |array, dataflow| override_mapping(&base, array, dataflow).map(|mapping| mapping.to_string());
        assert_eq!(show(None, None).unwrap(), base.to_string());
        assert_eq!(show(Some("4x2x1x1"), None).unwrap(), "unrolled K4 C2 OX1 OY1, depthwise per-channel");
        assert_eq!(show(Some("12x14"), None).unwrap(), "systolic 12x14, output-stationary");
        assert_eq!(show(None, Some("os")), Err(FlagError::NotSystolic("unrolled")));
        for array in ["0x32", "32", "32x", "axb", "1x2x3", "-1x4"] {
            assert_eq!(show(Some(array), None), Err(FlagError::Array(array.into())));
        }
        assert_eq!(show(Some("8x8"), Some("is")), Err(FlagError::Dataflow("is".into())));
    }
}
