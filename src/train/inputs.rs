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
        let choices: Vec<usize> = [1, 2, 3, 4, 6, 8, 12].into_iter().filter(|&views| views <= self.data.views).collect();
        let count = choices[rng.random_range(0..choices.len())];
        let size = (settings.images / count).clamp(1, train.len().max(1));
        // Steps see different numbers of objects, so the place in the pass is drawn rather than counted.
        let start = rng.random_range(0..train.len());
        let order = self.shuffled(settings.seed, step / 8);
        let objects: Vec<u32> = (0..size).map(|index| train[order[(start + index) % order.len()]]).collect();
        let turns: Vec<usize> = objects.iter().map(|_| rng.random_range(0..MAX_VIEWS)).collect();
        self.assemble(&objects, count, |index, view| match &self.ring {
            Some(ring) => {
                let place = spread_order_of(ring, view) + turns[index];
                ring[place % ring.len()]
            }
            None => view,
        }, device)
    }

    /// Objects with their first views, as they are.
    pub fn batch(&self, objects: &[u32], views: usize, device: &Device) -> Batch {
        self.assemble(objects, views, |_, view| view, device)
    }

    fn shuffled(&self, seed: u64, pass: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.data.split.train.len()).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x0BD_E5);
        rng.set_stream(pass);
        order.shuffle(&mut rng);
        order
    }

    fn assemble(&self, objects: &[u32], count: usize, pick: impl Fn(usize, usize) -> usize, device: &Device) -> Batch {
        let data = &self.data;
        let (plane, channels) = (data.height * data.width, data.channels);
        let mut values = Vec::with_capacity(objects.len() * count * plane * channels);
        for (index, &object) in objects.iter().enumerate() {
            for view in 0..count {
                let image = data.view(object as usize, pick(index, view));
                for pixel in 0..plane {
                    for (channel, levels) in self.levels.iter().enumerate() {
                        values.push(levels[usize::from(image[channel * plane + pixel])]);
                    }
                }
            }
        }
        let labels: Vec<u16> = objects.iter().map(|&object| data.labels[object as usize]).collect();
        let classes = data.classes.len();
        let mut targets = vec![0.0_f32; labels.len() * classes];
        for (row, &label) in targets.chunks_exact_mut(classes).zip(&labels) {
            row[usize::from(label)] = 1.0;
        }
        let shape = [objects.len() * count, data.height, data.width, channels];
        Batch {
            views: Tensor::from_data(TensorData::new(values, shape), device),
            count,
            targets: Tensor::from_data(TensorData::new(targets, [labels.len(), classes]), device),
            labels,
        }
    }
}

/// Place on the ring of a view index.
fn spread_order_of(ring: &[usize], view: usize) -> usize {
    ring.iter().position(|&index| index == view).unwrap_or(0)
}
