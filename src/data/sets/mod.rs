//! Sources of samples: one file a kind of set. Each lists its items ([`DatasetPlan`]), then reads or renders them.

pub mod arrangement;
pub mod furniture;
pub mod images;
pub mod kicad;
mod making;
pub mod meshes;
pub mod multiview;
pub mod stills;
