//! Arrangement of an object's views, and the other other orders the same sensors could have seen it: turned, or
//! in a mirror. Training uses these orders to show an object in more ways; evaluating does not.

use serde::{Deserialize, Serialize};

use super::camera::spread_order;

/// Places of the windows on a grid of 4 columns and 3 rows: the corners first, opposite ones after each other, then the
/// middle, then the edges, so that any number of windows is spread.
pub(super) const WINDOW_PLACES: [(u8, u8); 12] =
    [(0, 0), (3, 2), (3, 0), (0, 2), (1, 1), (2, 1), (0, 1), (3, 1), (1, 0), (2, 2), (2, 0), (1, 2)];

/// Arrangement of the views of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rig {
    /// Round the object, on so many places a turn, filled in `spread_order`; neighbours stand on different rings.
    Ring {
        /// Places round the object.
        places: usize,
        /// Camera rings at different elevations.
        rings: usize,
    },
    /// Fixed windows into one picture.
    Windows,
    /// In no known way, or by chance.
    Loose,
}

/// Way in which one picture becomes several views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ViewMode {
    /// Fixed windows of 4/7 of each edge (16 of 28 pixels) that overlap; the first four are the corners.
    #[default]
    Windows,
    /// Crops of 65 to 90 % of each edge at random places, the same for the same seed and object.
    Crops,
}

impl ViewMode {
    /// Both, with the names they have in a data set specification.
    pub const ALL: [(&'static str, Self); 2] = [("windows", Self::Windows), ("crops", Self::Crops)];

    /// Arrangement of such views.
    pub fn rig(self) -> Rig {
        match self {
            Self::Windows => Rig::Windows,
            Self::Crops => Rig::Loose,
        }
    }
}

/// One way to show an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pose {
    /// For each sensor, the view that it gets.
    pub order: Vec<usize>,
    /// `true` if each view is to be mirrored, left to right.
    pub mirrored: bool,
}

impl Rig {
    /// All poses that `views` views allow, the plain one first. Every pose gives each view to exactly one sensor.
    pub fn poses(self, views: usize, mirror: bool) -> Vec<Pose> {
        let plain = Pose { order: (0..views).collect(), mirrored: false };
        let mut poses = match self {
            // A single view of a picture is all of it.
            Self::Windows if views == 1 => Self::Loose.poses(views, true),
            Self::Windows => {
                let mirrored = (0..views).map(|view| mirrored_window(view).filter(|&other| other < views)).collect();
                let mirrored = Option::map(mirrored, |order| Pose { order, mirrored: true });
                std::iter::once(plain).chain(mirrored).collect()
            }
            Self::Loose => vec![plain.clone(), Pose { mirrored: true, ..plain }],
            Self::Ring { places, rings } => ring(places, rings.max(1), views),
        };
        poses.retain(|pose| mirror || !pose.mirrored);
        poses
    }
}

/// The window at the place of window `view` in a mirror.
fn mirrored_window(view: usize) -> Option<usize> {
    let (column, row) = WINDOW_PLACES[view % WINDOW_PLACES.len()];
    WINDOW_PLACES.iter().position(|&place| place == (3 - column, row))
}

/// Turns of a ring, and turns of its mirror image, that put a view on every place that has one.
fn ring(places: usize, rings: usize, views: usize) -> Vec<Pose> {
    let place_of: Vec<usize> = spread_order(places).into_iter().take(views).collect();
    let view_at = |place: usize| place_of.iter().position(|&at| at == place % places);
    let mut poses = Vec::new();
    for mirrored in [false, true] {
        // A turn by one place would bring a camera to another ring.
        for turn in (0..places).step_by(rings) {
            let seen = |&place: &usize| view_at(if mirrored { turn + places - place } else { turn + place });
            if let Some(order) = place_of.iter().map(seen).collect() {
                poses.push(Pose { order, mirrored });
            }
        }
    }
    poses
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn count(rig: Rig, views: usize) -> [usize; 2] {
        let poses = rig.poses(views, true);
        let mirrored = poses.iter().filter(|pose| pose.mirrored).count();
        [poses.len() - mirrored, mirrored]
    }

    #[test]
    fn a_ring_turns_by_what_its_views_allow() {
        let ring = |rings| Rig::Ring { places: 12, rings };
        assert_eq!([1, 2, 3, 4, 12].map(|views| count(ring(1), views)), [[1, 1], [2, 2], [1, 1], [4, 4], [12, 12]]);
        assert_eq!(count(ring(2), 12), [6, 6]);
        // Three of four places: the mirror brings 0, 180 and 90 degrees to 180, 0 and 90.
        assert_eq!(ring(1).poses(3, true)[1], Pose { order: vec![1, 0, 2], mirrored: true });
    }

    #[test]
    fn windows_change_sides_in_a_mirror() {
        assert_eq!(Rig::Windows.poses(4, true)[1], Pose { order: vec![2, 3, 0, 1], mirrored: true });
        assert_eq!([1, 2, 3, 12].map(|views| count(Rig::Windows, views)), [[1, 1], [1, 0], [1, 0], [1, 1]]);
        assert_eq!(Rig::Windows.poses(4, false).len(), 1);
    }

    proptest! {
        #[test]
        fn the_plain_pose_comes_first_and_every_pose_is_a_permutation(places in 1usize..30, rings in 1usize..3, views in 1usize..13) {
            for rig in [Rig::Ring { places, rings }, Rig::Windows, Rig::Loose] {
                let views = if rig == (Rig::Ring { places, rings }) { views.min(places) } else { views };
                let poses = rig.poses(views, true);
                prop_assert_eq!(&poses[0], &Pose { order: (0..views).collect(), mirrored: false });
                for pose in poses {
                    let mut order = pose.order;
                    order.sort_unstable();
                    prop_assert_eq!(order, (0..views).collect::<Vec<_>>());
                }
            }
        }
    }
}
