//! Nuisance attributes: what varies between objects and says nothing of their class, such as their pose.

use super::camera;
use super::dataset::Dataset;
use super::sets::arrangement::Arrangement;
use super::spec::{DataSource, DataSpec};

/// Pose of one object, which is known for the procedural set alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Nuisance {
    /// Azimuth of the object as each camera of the rig sees it, in radians.
    pub azimuths: Vec<f32>,
    /// Elevation from which the cameras see it, in degrees.
    pub elevation_degrees: f32,
}

impl Nuisance {
    /// Attributes of the given objects; `None` if they are not known for this data set.
    pub fn of_objects(data: &Dataset, objects: &[u32]) -> Option<Vec<Self>> {
        let spec: DataSpec = data.name.parse().ok()?;
        if spec.source != DataSource::Arrangement {
            return None;
        }
        let rings = spec.ring_elevations();
        let cameras = camera::ring(data.views, &rings);
        let set = Arrangement { difficulty: spec.level.difficulty(), seed: spec.seed, rings };
        let nuisance = |&object: &u32| {
            let (azimuth, elevation_degrees) = set.nuisance(object as usize);
            let azimuths = cameras.iter().map(|camera| azimuth - camera.azimuth_degrees.to_radians()).collect();
            Self { azimuths, elevation_degrees }
        };
        Some(objects.iter().map(nuisance).collect())
    }
}
