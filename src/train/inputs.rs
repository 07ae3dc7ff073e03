//! Turns samples into tensors: normalised, channels-last, with as many views as asked for.

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData, s};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{RankShare, Settings, TrainError};
use crate::data::augment::{Augmentation, Augmenter};
use crate::data::random::Stream;
use crate::data::{DataError, Dataset, PixelStatistics, Splits};
use crate::kernels;
use crate::space::SearchSpace;
use crate::supernet::ViewSet;

/// Objects on a device.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[objects * views, height, width, channels]`, the views of an object together.
    pub views: Tensor<4>,
    /// The cameras whose views these are, the same for every object.
    pub cameras: ViewSet,
    /// Class of each object.
    pub labels: Vec<u16>,
    /// `[objects, classes]`, 1 at the class.
    pub targets: Tensor<2>,
    /// Objects of the batch of each rank that trains; one entry if there is one.
    pub rank_objects: Vec<usize>,
}

impl Batch {
    /// Images of the batch.
    pub fn images(&self) -> usize {
        self.labels.len() * self.cameras.count()
    }

    /// Objects of the batch.
    pub fn objects(&self) -> usize {
        self.labels.len()
    }

    /// Places of the objects that a net sees, a micro-batch of at most `most` objects after the other: of each the
    /// `index`-th part of the given share. Parts follow each other, the last one ends with the micro-batch, and they
    /// begin anew behind it.
    pub fn parts(&self, share: f64, index: usize, most: usize) -> Vec<Range<usize>> {
        let part = |places: Range<usize>| {
            let size = part_size(places.len(), share);
            let start = places.start + (index % places.len().div_ceil(size) * size).min(places.len() - size);
            start..start + size
        };
        micro_batches(self.objects(), most).map(part).collect()
    }

    /// Objects of all [`Self::parts`] of all ranks.
    pub(super) fn objects_in_parts(&self, share: f64, most: usize) -> usize {
        let places = self.rank_objects.iter().flat_map(|&objects| micro_batches(objects, most));
        places.map(|places| part_size(places.len(), share)).sum()
    }

    /// The objects at these places.
    #[must_use]
    pub fn part(&self, places: Range<usize>) -> Self {
        if places == (0..self.objects()) {
            return self.clone();
        }
        let count = self.cameras.count();
        let images = places.start * count..places.end * count;
        Self {
            views: self.views.clone().slice(s![images, .., .., ..]),
            cameras: self.cameras.clone(),
            targets: self.targets.clone().slice(s![places.clone(), ..]),
            labels: self.labels[places].to_vec(),
            rank_objects: self.rank_objects.clone(),
        }
    }
}

/// Places of as few micro-batches of at most `most` objects as can be; they differ by one object at most.
pub(super) fn micro_batches(objects: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    let count = objects.div_ceil(most);
    (0..count).map(move |index| index * objects / count..(index + 1) * objects / count)
}

/// Objects of a part of the given share.
fn part_size(objects: usize, share: f64) -> usize {
    ((objects as f64 * share).ceil() as usize).clamp(1, objects)
}

/// A batch that is not on a device yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PreparedBatch {
    /// `[objects * views, channel, row, column]`.
    bytes: Vec<u8>,
    /// Value of each byte, per channel, after normalisation.
    levels: Arc<Vec<[f32; 256]>>,
    /// `[objects * views, height, width, channels]`.
    shape: [usize; 4],
    cameras: ViewSet,
    labels: Vec<u16>,
    classes: usize,
    rank_objects: Vec<usize>,
}

impl PreparedBatch {
    /// The batch on a device.
    pub(super) fn to(self, device: &Device) -> Batch {
        let (objects, classes) = (self.labels.len(), self.classes);
        let mut targets = vec![0.0_f32; objects * classes];
        for (row, &label) in targets.chunks_exact_mut(classes).zip(&self.labels) {
            row[usize::from(label)] = 1.0;
        }
        Batch {
            views: kernels::pixels(self.bytes, &self.levels, self.shape, device),
            cameras: self.cameras,
            targets: Tensor::from_data(TensorData::new(targets, [objects, classes]), device),
            labels: self.labels,
            rank_objects: self.rank_objects,
        }
    }
}

/// A data set ready for training. Clones share it.
#[derive(Debug, Clone)]
pub struct Inputs {
    data: Arc<Dataset>,
    statistics: Vec<PixelStatistics>,
    /// Value of each byte, per channel, after normalisation.
    levels: Arc<Vec<[f32; 256]>>,
}

impl Inputs {
    /// Checks the data against the space, and normalises it by its training objects.
    ///
    /// # Errors
    /// Another number of classes or channels, no training objects, or a file of samples that cannot be read.
    pub fn new(data: Dataset, space: &SearchSpace) -> Result<Self, TrainError> {
        let statistics = data.statistics()?;
        Self::normalised_by(data, space, statistics)
    }

    /// As [`Inputs::new`], normalised by what weights were trained with, so that no training object needs to be seen.
    ///
    /// # Errors
    /// As [`Inputs::new`]; statistics of another number of channels.
    pub(crate) fn normalised_by(
        data: Dataset,
        space: &SearchSpace,
        statistics: Vec<PixelStatistics>,
    ) -> Result<Self, TrainError> {
        let wrong = |what: &str, found: usize, wanted: u32| {
            Err(TrainError::Data(format!("{} has {found} {what}; the space {} has {wanted}", data.name, space.name)))
        };
        if data.classes.len() != space.classes as usize {
            return wrong("classes", data.classes.len(), space.classes);
        }
        if data.channels != space.input_channels as usize {
            return wrong("channels", data.channels, space.input_channels);
        }
        let Splits { train, validation, test } = &data.split;
        for (part, objects) in [("training", train), ("validation", validation), ("test", test)] {
            if objects.is_empty() {
                let name = &data.name;
                return Err(TrainError::Data(format!(
                    "{name} has no {part} objects: each class needs a few more objects"
                )));
            }
        }
        let level = |statistics: &PixelStatistics| {
            std::array::from_fn(|byte| (byte as f32 / 255.0 - statistics.mean) / statistics.deviation)
        };
        if statistics.len() != data.channels {
            return wrong("channels", data.channels, statistics.len() as u32);
        }
        let levels = Arc::new(statistics.iter().map(level).collect());
        Ok(Self { data: Arc::new(data), statistics, levels })
    }

    /// The data set.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// Mean and deviation of pixels between 0 and 1 by which each channel is normalised.
    pub fn normalisation(&self) -> &[PixelStatistics] {
        &self.statistics
    }

    /// Pixel between 0 and 1 that a normalised value of a channel stands for.
    pub(crate) fn pixel(&self, channel: usize, value: f32) -> f32 {
        let levels = &self.levels[channel];
        (value - levels[0]) / (levels[255] - levels[0])
    }

    /// Passes over the training objects after so many steps, counting images.
    pub fn epoch(&self, settings: &Settings, steps: u64) -> f64 {
        steps as f64 * settings.images as f64 / (self.data.split.train.len() * self.data.views) as f64
    }

    /// The batch of a step: objects in an order shuffled once per pass, seen by a random number of cameras, each
    /// changed a little at random as the settings say.
    ///
    /// # Errors
    /// A file of samples that cannot be read.
    pub fn training_batch(
        &self,
        settings: &Settings,
        step: u64,
        rng: &mut impl Rng,
        device: &Device,
    ) -> Result<Batch, TrainError> {
        Ok(self.prepared_batch(settings, step, rng, RankShare::WHOLE)?.to(device))
    }

    /// As [`Self::training_batch`], a rank's share of it, not yet on a device. What is drawn is the same for all ranks.
    pub(super) fn prepared_batch(
        &self,
        settings: &Settings,
        step: u64,
        rng: &mut impl Rng,
        share: RankShare,
    ) -> Result<PreparedBatch, TrainError> {
        let train = &self.data.split.train;
        let choices: Vec<usize> =
            [1, 2, 3, 4, 6, 8, 12].into_iter().filter(|&views| views <= self.data.views).collect();
        let weight = |&views: &usize| (views as f64).powf(-settings.view_bias);
        let count = *choices.choose_weighted(rng, weight).expect("one view is always there");
        // The first cameras are those that designs of fewer sensors have; any others, so that each teaches and any may
        // be lost.
        let cameras = if rng.random() { ViewSet::first(count) } else { ViewSet::drawn(count, self.data.views, rng) };
        let size = (settings.images / count).clamp(1, train.len().max(1)).max(share.ranks);
        // Steps see different numbers of objects, so the place in the pass is drawn rather than counted.
        let start = rng.random_range(0..train.len());
        let order = self.shuffled(settings.seed, step / 8);
        let objects: Vec<u32> = (0..size).map(|index| train[order[(start + index) % order.len()]]).collect();
        let augmenter = Augmenter::new(&self.data, settings.augmentation);
        let batch = self.assemble(&objects[share.of(size)], &cameras, (&augmenter, rng.random()))?;
        Ok(PreparedBatch { rank_objects: share.sizes(size), ..batch })
    }

    /// Objects as they are.
    ///
    /// # Errors
    /// A file of samples that cannot be read.
    pub fn batch(&self, objects: &[u32], views: impl Into<ViewSet>, device: &Device) -> Result<Batch, TrainError> {
        let augmenter = Augmenter::new(&self.data, Augmentation::NONE);
        Ok(self.assemble(objects, &views.into(), (&augmenter, 0))?.to(device))
    }

    /// Objects as they are, in batches of at most `images` images. An item is an error where a file of samples cannot
    /// be read.
    pub fn batches<'a>(
        &'a self,
        objects: &'a [u32],
        views: &'a ViewSet,
        images: usize,
        device: &'a Device,
    ) -> impl Iterator<Item = Result<Batch, TrainError>> + 'a {
        let chunks = objects.chunks((images / views.count()).max(1));
        chunks.map(move |objects| self.batch(objects, views.clone(), device))
    }

    /// Training objects to recalibrate batch norm on, evenly spread, so that all classes take part.
    pub fn calibration(&self, settings: &Settings) -> Vec<u32> {
        let train = &self.data.split.train;
        let count = settings.calibration_objects.min(train.len());
        (0..count).map(|index| train[index * train.len() / count]).collect()
    }

    fn shuffled(&self, seed: u64, pass: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.data.split.train.len()).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xBDE5);
        rng.set_stream(pass);
        order.shuffle(&mut rng);
        order
    }

    /// Changes of an object follow from the seed and the object, so objects are prepared in parallel.
    fn assemble(
        &self,
        objects: &[u32],
        views: &ViewSet,
        (augmenter, seed): (&Augmenter, u64),
    ) -> Result<PreparedBatch, TrainError> {
        let (data, count) = (&*self.data, views.count());
        let length = count * data.view_bytes();
        let mut bytes = vec![0; objects.len() * length];
        bytes.par_chunks_mut(length).zip(objects).try_for_each(|(place, &object)| {
            let mut found = Vec::with_capacity(length);
            let mut stream = Stream::new(seed, object.into());
            augmenter.append(data, object as usize, views.list().iter().copied(), &mut stream, &mut found)?;
            place.copy_from_slice(&found);
            Ok::<_, DataError>(())
        })?;
        Ok(PreparedBatch {
            bytes,
            levels: self.levels.clone(),
            shape: [objects.len() * count, data.height, data.width, data.channels],
            cameras: views.clone(),
            labels: objects.iter().map(|&object| data.labels[object as usize]).collect(),
            classes: data.classes.len(),
            rank_objects: vec![objects.len()],
        })
    }
}

impl From<DataError> for TrainError {
    fn from(error: DataError) -> Self {
        Self::Data(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(objects: usize, ranks: usize) -> Batch {
        let device = Device::flex();
        Batch {
            views: Tensor::zeros([objects, 1, 1, 1], &device),
            cameras: ViewSet::first(1),
            labels: vec![0; objects],
            targets: Tensor::zeros([objects, 1], &device),
            rank_objects: vec![objects; ranks],
        }
    }

    #[test]
    fn micro_batches_cover_a_batch_once_and_are_as_few_as_can_be() {
        for objects in 1..40 {
            for most in 1..45 {
                let found: Vec<_> = micro_batches(objects, most).collect();
                assert_eq!(found.len(), objects.div_ceil(most));
                assert_eq!(found.iter().cloned().flatten().collect::<Vec<_>>(), (0..objects).collect::<Vec<_>>());
                let (least, largest) = (found.iter().map(Range::len).min(), found.iter().map(Range::len).max());
                assert!(largest <= Some(most) && largest <= least.map(|least| least + 1), "{found:?}");
            }
        }
        assert_eq!(micro_batches(5, usize::MAX).collect::<Vec<_>>(), std::slice::from_ref(&(0..5)));
    }

    #[test]
    fn each_net_sees_its_part_of_every_micro_batch() {
        let batch = batch(10, 3);
        assert_eq!(batch.parts(1.0, 0, usize::MAX), std::slice::from_ref(&(0..10)));
        assert_eq!(batch.parts(0.5, 3, usize::MAX), std::slice::from_ref(&(5..10)));
        assert_eq!(batch.parts(0.5, 0, 4), [0..2, 3..5, 6..8]);
        // The second half of three objects takes the one in the middle along.
        assert_eq!(batch.parts(0.5, 1, 4), [1..3, 4..6, 8..10]);
        for (share, most) in [(1.0, usize::MAX), (0.5, 4), (0.01, 3)] {
            let own: usize = batch.parts(share, 1, most).iter().map(Range::len).sum();
            assert_eq!(batch.objects_in_parts(share, most), 3 * own);
        }
    }
}
