//! Sources of samples: one file a kind of set. Each lists its items ([`DatasetPlan`]), then reads or renders them.

pub(crate) mod arrangement;
pub(crate) mod furniture;
pub(crate) mod images;
pub(crate) mod kicad;
mod making;
pub(crate) mod meshes;
pub(crate) mod multiview;
pub(crate) mod stills;
