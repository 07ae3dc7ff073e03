//! Tasks of processes and roles of networks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Work that a process does on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Trains the supernets.
    Train,
    /// Searches for designs, or measures designs for a search.
    Search,
}

impl Task {
    /// Name in the database, in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Search => "search",
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Role of a network in a training step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Largest network without a splitting module: the teacher.
    Largest,
    /// Largest network with all splitting modules in series.
    Series,
    /// Smallest network with one split.
    Smallest,
    /// Random design with one split.
    Random,
    /// Design that is trained alone.
    Design,
}

impl Role {
    /// All roles, in the order of their discriminants.
    pub const ALL: [Self; 5] = [Self::Largest, Self::Series, Self::Smallest, Self::Random, Self::Design];

    /// Name in JSON and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Largest => "largest",
            Self::Series => "series",
            Self::Smallest => "smallest",
            Self::Random => "random",
            Self::Design => "design",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
