//! Models that can't be imported.

use thiserror::Error;

/// A model that can't be imported, with the node at fault and what can be done.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportError {
    /// A defect of the whole model.
    #[error("{problem}{}", advice(remedy.as_deref()))]
    Model {
        /// The defect.
        problem: String,
        /// The nearest way out.
        remedy: Option<String>,
    },
    /// A defect at a node.
    #[error("node `{node}` ({operator}): {problem}{}", advice(remedy.as_deref()))]
    Node {
        /// Name of the node, or its number.
        node: String,
        /// Operator of the node.
        operator: String,
        /// The defect.
        problem: String,
        /// The nearest way out.
        remedy: Option<String>,
    },
}

fn advice(remedy: Option<&str>) -> String {
    remedy.map(|remedy| format!("; {remedy}")).unwrap_or_default()
}

/// A defect of a node, before it is known of which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Defect {
    pub(super) problem: String,
    pub(super) remedy: Option<String>,
}

impl Defect {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: None }
    }

    pub(super) fn with(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: Some(remedy.into()) }
    }
}

impl From<crate::network::ShapeError> for Defect {
    fn from(error: crate::network::ShapeError) -> Self {
        Self::new(error.to_string())
    }
}
