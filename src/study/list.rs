//! List of the studies.

use super::info::StudyInfo;
use super::{accuracies, costs, joint, privacy, trainings};

/// All studies: those of costs first, then those of one training, then those of many.
pub(crate) const STUDIES: [StudyInfo; 13] = [
    costs::PARADIGMS,
    costs::BANDWIDTH,
    costs::MEMORY,
    accuracies::VIEWS,
    accuracies::FUSION,
    accuracies::LINK_BITS,
    accuracies::INT8,
    accuracies::CAMERA_LOSS,
    privacy::PRIVACY,
    joint::JOINT,
    trainings::INIT,
    trainings::SAMPLING,
    trainings::FUSION_OPERATOR,
];

impl StudyInfo {
    /// The study of that name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        const ALL: &[StudyInfo] = &STUDIES;
        ALL.iter().find(|study| study.name == name)
    }
}
