//! Turns samples into tensors: normalised, channels-last, with as many views as asked for.

use burn::tensor::{Device, Tensor, TensorData};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Settings, TrainError};
use crate::data::camera::spread_order;
use crate::data::{Dataset, MAX_VIEWS};
use crate::space::SearchSpace;

/// Objects on a device.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[objects * views, height, width, channels]`, the views of an object together.
    pub views: Tensor<4>,
    /// Number of views of each object.
    pub count: usize,
    /// Class of each object.
    pub labels: Vec<u16>,
    /// `[objects, classes]`, 1 at the class.
    pub targets: Tensor<2>,
}

impl Batch {
    /// Images of the batch.
    pub fn images(&self) -> usize {
        self.labels.len() * self.count
    }
}

/// A data set ready for training.
#[derive(Debug, Clone)]
pub struct Inputs {
    data: Dataset,
    /// Value of each byte, per channel, after normalisation.
    levels: Vec<[f32; 256]>,
    /// Index of the view at each place of a full ring, if the set has one: objects may then be turned.
    ring: Option<Vec<usize>>,
}

impl Inputs {
    /// Checks the data against the space.
    ///
    /// # Errors
    /// Another number of classes or channels, or no training objects.
    pub fn new(data: Dataset, space: &SearchSpace) -> Result<Self, TrainError> {
        let wrong = |what: &str, found: usize, wanted: u32| {
            Err(TrainError::Data(format!("{} has {found} {what}; the space {} has {wanted}", data.name, space.name)))
        };
        if data.classes.len() != space.classes as usize {
            return wrong("classes", data.classes.len(), space.classes);
        }
        if data.channels != space.input_channels as usize {
            return wrong("channels", data.channels, space.input_channels);
        }
        if data.split.train.is_empty() || data.split.test.is_empty() {
            return Err(TrainError::Data(format!("{} has no training or no test objects", data.name)));
        }
        let level = |statistics: crate::data::Statistics| {
            std::array::from_fn(|byte| (byte as f32 / 255.0 - statistics.mean) / statistics.deviation)
        };
        let levels = data.statistics().into_iter().map(level).collect();
        let ring = (data.views == MAX_VIEWS).then(|| {
            let order = spread_order(MAX_VIEWS);
            (0..MAX_VIEWS).map(|place| order.iter().position(|&at| at == place).unwrap_or(0)).collect()
        });
        Ok(Self { data, levels, ring })
    }

    /// The data set.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// Passes over the training objects after so many steps, counting images.
    pub fn epoch(&self, settings: &Settings, steps: u64) -> f64 {
        steps as f64 * settings.images as f64 / (self.data.split.train.len() * self.data.views) as f64
    }

    /// The batch of a step: a random number of views, objects in an order shuffled once per pass, each turned by a random
    /// angle where views form a ring.
    pub fn training_batch(&self, settings: &Settings, step: u64, rng: &mut impl Rng, device: &Device) -> Batch {
        let train = &self.data.split.train;
        let choices: Vec<usize> =
            [1, 2, 3, 4, 6, 8, 12].into_iter().filter(|&views| views <= self.data.views).collect();
        let count = choices[rng.random_range(0..choices.len())];
        let size = (settings.images / count).clamp(1, train.len().max(1));
        // Steps see different numbers of objects, so the place in the pass is drawn rather than counted.
        let start = rng.random_range(0..train.len());
        let order = self.shuffled(settings.seed, step / 8);
        let objects: Vec<u32> = (0..size).map(|index| train[order[(start + index) % order.len()]]).collect();
        let poses: Vec<Pose> = objects.iter().map(|_| Pose::random(rng)).collect();
        self.assemble(&objects, count, &poses, device)
    }

    /// Objects with their first views, as they are.
    pub fn batch(&self, objects: &[u32], views: usize, device: &Device) -> Batch {
        self.assemble(objects, views, &[], device)
    }

    fn shuffled(&self, seed: u64, pass: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.data.split.train.len()).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xBDE5);
        rng.set_stream(pass);
        order.shuffle(&mut rng);
        order
    }

    /// `poses` is empty or has one entry per object.
    fn assemble(&self, objects: &[u32], count: usize, poses: &[Pose], device: &Device) -> Batch {
        let data = &self.data;
        let mut values = Vec::with_capacity(objects.len() * count * data.view_bytes());
        for (index, &object) in objects.iter().enumerate() {
            let pose = poses.get(index).copied().unwrap_or_default();
            for view in 0..count {
                self.push_image(&mut values, data.view(object as usize, self.turned(view, pose.turn)), pose);
            }
        }
        let labels: Vec<u16> = objects.iter().map(|&object| data.labels[object as usize]).collect();
        let classes = data.classes.len();
        let mut targets = vec![0.0_f32; labels.len() * classes];
        for (row, &label) in targets.chunks_exact_mut(classes).zip(&labels) {
            row[usize::from(label)] = 1.0;
        }
        let shape = [objects.len() * count, data.height, data.width, data.channels];
        Batch {
            views: Tensor::from_data(TensorData::new(values, shape), device),
            count,
            targets: Tensor::from_data(TensorData::new(targets, [labels.len(), classes]), device),
            labels,
        }
    }

    /// The view that stands where `view` stood before the object was turned.
    fn turned(&self, view: usize, turn: usize) -> usize {
        match &self.ring {
            Some(ring) => {
                let place = ring.iter().position(|&index| index == view).unwrap_or(0);
                ring[(place + turn) % ring.len()]
            }
            None => view,
        }
    }

    /// Appends one image, channels last, shifted by a pixel or so; what comes in at the edge repeats it.
    fn push_image(&self, values: &mut Vec<f32>, image: &[u8], pose: Pose) {
        let (height, width) = (self.data.height, self.data.width);
        let shifted = |at: usize, by: i32, size: usize| at.saturating_add_signed(by as isize).min(size - 1);
        for row in 0..height {
            let row = shifted(row, pose.down, height) * width;
            for column in 0..width {
                let pixel = row + shifted(column, pose.right, width);
                for (channel, levels) in self.levels.iter().enumerate() {
                    values.push(levels[usize::from(image[channel * height * width + pixel])]);
                }
            }
        }
    }
}

/// How a training object is moved: turned by steps of the ring, shifted by pixels.
#[derive(Debug, Clone, Copy, Default)]
struct Pose {
    turn: usize,
    down: i32,
    right: i32,
}

impl Pose {
    fn random(rng: &mut impl Rng) -> Self {
        Self { turn: rng.random_range(0..MAX_VIEWS), down: rng.random_range(-1..=1), right: rng.random_range(-1..=1) }
    }
}
