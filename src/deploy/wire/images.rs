//! Test objects as one camera sees them.

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::{DataError, Dataset, Fingerprint};
use crate::deploy::error::DeployError;
use crate::deploy::manifest::ImageFormat;
use crate::supernet::resized;

/// Test objects of a data set as one camera sees them, ready for the sensor half.
#[derive(Debug, Clone)]
pub struct CameraImages {
    data: Dataset,
    camera: usize,
    /// Value of each byte, per channel, after normalisation.
    levels: Vec<[f32; 256]>,
    side: usize,
}

impl CameraImages {
    /// Images of a camera in the format that the sensor half reads.
    ///
    /// # Errors
    /// The data set has no such camera, no test objects, or other channels.
    pub fn new(data: Dataset, camera: u32, image: &ImageFormat) -> Result<Self, DeployError> {
        let failed = |reason: String| Err(DeployError::Data { data: data.name.clone(), reason });
        let camera = camera as usize;
        if camera >= data.views {
            return failed(format!("it has {} cameras; there is no camera {camera}", data.views));
        }
        if data.channels != image.mean.len() || data.channels != image.deviation.len() {
            return failed(format!("it has {} channels; the sensor half reads {}", data.channels, image.mean.len()));
        }
        if data.split.test.is_empty() {
            return failed("it has no test objects".to_owned());
        }
        let level =
            |(mean, deviation): (&f32, &f32)| std::array::from_fn(|byte| (byte as f32 / 255.0 - mean) / deviation);
        let levels = image.mean.iter().zip(&image.deviation).map(level).collect();
        Ok(Self { camera, levels, side: image.shape.height as usize, data })
    }

    /// Number of objects.
    pub fn objects(&self) -> u32 {
        self.data.split.test.len() as u32
    }

    /// Fingerprint of objects and classes, the same for all cameras of a set.
    pub fn fingerprint(&self) -> u64 {
        let start = Fingerprint::default().with(self.data.name.as_bytes()).with(&self.data.views.to_le_bytes());
        let objects = self.data.split.test.iter();
        let add = |sum: Fingerprint, object: &u32| {
            sum.with(&object.to_le_bytes()).with(&self.data.labels[*object as usize].to_le_bytes())
        };
        objects.fold(start, add).0
    }

    /// Class of an object, by its place among the test objects.
    pub(super) fn label(&self, place: u32) -> Option<u16> {
        self.data.split.test.get(place as usize).map(|&object| self.data.labels[object as usize])
    }

    /// Image `[channel, row, column]` of an object.
    ///
    /// # Errors
    /// There is no such object, or a file of samples can't be read.
    pub(super) fn image(&self, place: u32) -> Result<Vec<f32>, DeployError> {
        let object = self.data.split.test.get(place as usize).copied();
        let failed = |reason: String| DeployError::Data { data: self.data.name.clone(), reason };
        let object = object.ok_or_else(|| failed(format!("it has no test object {place}")))?;
        let bytes =
            self.data.view(object as usize, self.camera).map_err(|error: DataError| failed(error.to_string()))?;
        let (height, width) = (self.data.height, self.data.width);
        let planes = bytes.chunks_exact(height * width).zip(&self.levels);
        let image: Vec<f32> =
            planes.flat_map(|(plane, levels)| plane.iter().map(move |&byte| levels[usize::from(byte)])).collect();
        if height == self.side && width == self.side {
            return Ok(image);
        }
        let channels = self.levels.len();
        let image = Tensor::<4>::from_data(TensorData::new(image, [1, channels, height, width]), &Device::flex());
        let smaller = resized(image.permute([0, 2, 3, 1]), self.side).permute([0, 3, 1, 2]);
        Ok(smaller.into_data().try_into_vec::<f32>().expect("images are f32"))
    }
}
