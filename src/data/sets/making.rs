//! The way from a plan to a set, and what several kinds of sets need on it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::data::access::Access;
use crate::data::camera::{self, MAX_VIEWS, ViewCamera};
use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::data::fingerprint::Fingerprint;
use crate::data::formats::{MeshFormat, ParseError};
use crate::data::mesh::{Mesh, UpAxis};
use crate::data::plan::{DatasetPlan, Item};
use crate::data::pose::Rig;
use crate::data::render::Light;
use crate::data::shape::{SampleShape, Workspace};
use crate::data::sink::Sink;
use crate::data::spec::DataSpec;
use crate::files;

/// Changes when rendering or reading changes, so that older cache files are not used.
pub(super) const RECIPE_VERSION: u64 = 3;

/// Largest file that is read whole (512 MiB).
pub(super) const LARGEST_FILE: u64 = 512 << 20;

/// Azimuth of the first camera of meshes, in degrees: before the object and half to its side (pieces that are stored
/// Y-up face azimuth 270), where front, side and top are seen at once; the second camera stands opposite.
pub(super) const FIRST_AZIMUTH: f32 = 315.0;

/// Cost of making a set once more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Little: it is kept only where it does not fit into memory.
    Small,
    /// Reading and rendering many files: it is kept.
    Large,
}

/// Takes a set from the cache, or makes it from its plan and keeps it. `prepare` may change the plan before it is made.
pub(super) fn finish<T: Sync>(
    mut plan: DatasetPlan<T>,
    (spec, shape): (&DataSpec, SampleShape),
    access: Access,
    effort: Effort,
    prepare: impl FnOnce(&mut DatasetPlan<T>) -> Result<(), DataError>,
    read: impl Fn(&Item<T>, &mut Workspace, &mut [u8]) -> Result<(), DataError> + Sync,
) -> Result<Dataset, DataError> {
    plan.keep_classes(spec)?;
    access.check_classes(&plan.classes, spec)?;
    let key = recipe(plan.fingerprint, spec, shape);
    let kept = || access.cache.and_then(|cache| cache.load(key));
    if effort == Effort::Large
        && let Some(set) = kept()
    {
        return Ok(set);
    }
    prepare(&mut plan)?;
    plan.thin_out(spec);
    let sink = shape.sink(plan.items.len(), access.cache, key)?;
    if matches!(sink, Sink::File(_))
        && let Some(set) = kept()
    {
        return Ok(set);
    }
    let set = plan.make(spec, shape, sink, access.progress, read)?;
    if effort == Effort::Large
        && let Some(cache) = access.cache
    {
        // A cache that cannot be written costs time, not the set.
        let _ = cache.store(key, &set);
    }
    Ok(set)
}

/// The key of a set in the cache: all that its samples depend on.
pub(super) fn recipe(content: Fingerprint, spec: &DataSpec, shape: SampleShape) -> Fingerprint {
    [RECIPE_VERSION, shape.views as u64, shape.size as u64, shape.channels as u64]
        .iter()
        .fold(content.with(spec.to_string().as_bytes()), |key, number| key.with(&number.to_le_bytes()))
}

/// The folder of a set: as named, or the usual place, which must then be there.
pub(super) fn folder(spec: &DataSpec, usual: Option<&str>) -> Result<PathBuf, DataError> {
    let set = spec.source.name();
    if let Some(path) = &spec.path {
        return Ok(path.clone());
    }
    let usual = PathBuf::from(usual.ok_or(DataError::NoPath { set })?);
    if usual.is_dir() { Ok(usual) } else { Err(DataError::NotInstalled { set, path: usual }) }
}

/// The name and the text of the table of classes: the user's own, or the built-in one.
pub(super) fn class_table_of(
    spec: &DataSpec,
    built_in: &'static str,
) -> Result<(String, Cow<'static, str>), DataError> {
    Ok(match &spec.labels {
        Some(path) => (path.display().to_string(), String::from_utf8_lossy(&read_file(path)?).into_owned().into()),
        None => ("the built-in table".to_owned(), built_in.into()),
    })
}

/// Reads a file whole, if it is not too large. Pipes and devices are no files: they may never end.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, DataError> {
    let unreadable = |source| DataError::Read { path: path.to_owned(), source };
    files::read(path, LARGEST_FILE).map_err(unreadable)
}

/// Arrangement of the cameras of a rendered set.
pub(super) fn ring(spec: &DataSpec) -> Rig {
    Rig::Ring { places: MAX_VIEWS, rings: spec.ring_elevations().len() }
}

/// Cameras and orientation of the meshes of a set.
#[derive(Debug, Clone)]
pub(super) struct Staging {
    /// Cameras in the order of the views.
    cameras: Vec<ViewCamera>,
    /// Axis that points up; `None` goes by the format.
    up: Option<UpAxis>,
}

impl Staging {
    pub(super) fn new(spec: &DataSpec, views: usize) -> Self {
        let mut cameras = camera::ring(views, &spec.ring_elevations());
        for camera in &mut cameras {
            camera.azimuth_degrees += FIRST_AZIMUTH;
        }
        Self { cameras, up: spec.up }
    }

    /// Renders a mesh of a file, centred and scaled to the unit sphere, into `sample`.
    pub(super) fn render(
        &self,
        mut mesh: Mesh,
        format: MeshFormat,
        shape: SampleShape,
        workspace: &mut Workspace,
        sample: &mut [u8],
    ) -> Result<(), ParseError> {
        mesh.set_up_axis(self.up.unwrap_or(format.usual_up_axis()));
        mesh.fit_unit_sphere().map_err(|defect| ParseError::whole(defect.to_string()))?;
        shape.draw_grey(workspace, sample, |canvas, grey| {
            for (camera, image) in self.cameras.iter().zip(grey.chunks_exact_mut(shape.size * shape.size)) {
                canvas.draw(&mesh, *camera, Light::default(), shape.size, image);
            }
        });
        Ok(())
    }
}
