//! One operator of a report.

/// Operator with its time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReportedOperator {
    /// Name of its layer.
    layer: String,
    /// Seconds of one run.
    pub(super) seconds: f64,
}

/// Marks that runtimes put behind the names of operators which they have changed or fused.
const MARKS: [&str; 5] = ["_nchwc", ".sum", ".values", ".active", ".bounded"];

impl ReportedOperator {
    /// An operator by the name that a tool gives it: of its layer, with the kind of the operator before it and marks
    /// of the tool behind it.
    pub(super) fn new(name: &str, seconds: f64) -> Self {
        let name = name.rsplit_once("_token_").map_or(name, |(name, _)| name);
        let is_kind = |kind: &str| !kind.is_empty() && kind.chars().all(char::is_alphanumeric);
        let mut layer = match name.split_once(':') {
            Some((kind, rest)) if is_kind(kind) => rest,
            _ => name,
        };
        while let Some(shorter) = MARKS.iter().find_map(|mark| layer.strip_suffix(mark)) {
            layer = shorter;
        }
        Self { layer: layer.to_owned(), seconds }
    }

    /// Returns `true` if the operator is part of a layer.
    pub(super) fn is_of(&self, layer: &str) -> bool {
        self.layer == layer
    }
}
