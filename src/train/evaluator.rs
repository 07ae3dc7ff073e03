//! Measurement of a design's accuracy: batch norm is recalibrated first, then every object of a subset is classified.

use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::loss::argmax;
use super::{Inputs, Settings, TrainError};
use crate::record::{Clipping, Measurement, MeasurementKey, Precision, Quantisation, Subset};
use crate::space::{Design, SearchSpace};
use crate::supernet::{CodeCounts, IntegerFormat, Numerics, Route, Supernet, ViewSet};

/// Images of one forward pass, at most.
const MAX_IMAGES: usize = 512;
/// Pixels of all of them together, at most: larger images, whose feature maps would fill the memory of a GPU that
/// trains with less, go through in smaller batches.
const MAX_PIXELS: usize = MAX_IMAGES * 128 * 128;
/// Images of one forward pass, however large they are.
const LEAST_IMAGES: usize = 16;

/// Weights, data and settings to measure designs with.
#[derive(Clone, Copy)]
pub struct DesignEvaluator<'a> {
    /// The space.
    pub space: &'a SearchSpace,
    /// Device and number of calibration objects.
    pub settings: &'a Settings,
    /// Data set.
    pub inputs: &'a Inputs,
    /// Weights without gradients.
    pub supernet: &'a Supernet,
    /// Rule of the ranges of a quantised network.
    pub clipping: Clipping,
}

/// Bits of weights and activations of a network of integers.
const INTEGER_BITS: u8 = 8;

/// Format of a network of integers of a space.
pub(super) fn integer_format(space: &SearchSpace, clipping: Clipping) -> IntegerFormat {
    IntegerFormat { bits: INTEGER_BITS, clipping, link_range: space.split.link_range }
}

/// Seed of the order in which objects are classified where few of them may be enough.
const ORDER_SEED: u64 = 0x5c2e;

/// Objects classified, those of them correctly, and the codes that crossed the link.
#[derive(Default)]
struct Classified {
    objects: usize,
    correct: usize,
    sent: CodeCounts,
}

/// Images of one forward pass, of this height and width.
fn images_of_pass(height: usize, width: usize) -> usize {
    (MAX_PIXELS / (height * width).max(1)).clamp(LEAST_IMAGES, MAX_IMAGES)
}

impl DesignEvaluator<'_> {
    /// Images of one forward pass.
    pub(crate) fn images_of_pass(&self) -> usize {
        let data = self.inputs.data();
        images_of_pass(data.height, data.width)
    }

    /// Key of a measurement in int8 without lost cameras.
    pub fn key(&self, design: &Design, views: u32, subset: Subset, step: u64) -> MeasurementKey {
        let (design, precision) = (self.space.print_design(design), Precision::Int8);
        MeasurementKey { design, views, lost: 0, subset, precision, step }
    }

    /// Objects of a subset.
    pub fn objects(&self, subset: Subset) -> &[u32] {
        let split = &self.inputs.data().split;
        match subset {
            Subset::Validation => &split.validation,
            Subset::Test => &split.test,
        }
    }

    /// Measures the accuracy of a design after recalibration on training objects, from which the ranges of a quantised
    /// network follow too. With no calibration objects, batch norm takes all channels for standardised, which shows
    /// what recalibration is for.
    ///
    /// # Errors
    /// The key's design is not of the space, its cameras are not in the data or all lost, a quantised network has no
    /// calibration objects, or a file of samples can't be read.
    pub fn measure(&self, key: &MeasurementKey) -> Result<Measurement, TrainError> {
        Ok(self.measure_unless(key, &mut || false)?.expect("nothing ends it"))
    }

    /// As [`DesignEvaluator::measure`]; `None` if `is_ended`, which is asked after each batch, also of the
    /// recalibration, ends it.
    ///
    /// # Errors
    /// As [`DesignEvaluator::measure`].
    pub fn measure_unless(
        &self,
        key: &MeasurementKey,
        is_ended: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Measurement>, TrainError> {
        let mut ended = false;
        let mut goes_on = |_, _| {
            ended = is_ended();
            !ended
        };
        let measured = self.measure_with(key, self.objects(key.subset), &mut goes_on)?;
        Ok(if ended { None } else { measured })
    }

    /// As [`DesignEvaluator::measure`], in a random order that is always the same, until `goes_on` ends it early. It is
    /// asked after each batch, also of the recalibration, with the numbers of objects classified correctly and in all.
    /// The measurement tells how many objects it was made on; `None` if the recalibration was ended.
    ///
    /// # Errors
    /// As [`DesignEvaluator::measure`].
    pub fn measure_while(
        &self,
        key: &MeasurementKey,
        goes_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Option<Measurement>, TrainError> {
        let mut objects = self.objects(key.subset).to_vec();
        objects.shuffle(&mut ChaCha8Rng::seed_from_u64(ORDER_SEED));
        self.measure_with(key, &objects, goes_on)
    }

    fn measure_with(
        &self,
        key: &MeasurementKey,
        objects: &[u32],
        goes_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Option<Measurement>, TrainError> {
        let started = Instant::now();
        let (route, views) = self.route(key)?;
        let calibrated = self.calibrated_while(key.precision, &route, &views, &mut || goes_on(0, 0))?;
        let Some((numerics, calibration_batches)) = calibrated else { return Ok(None) };
        let Classified { objects, correct, sent } = self.classify(&route, &views, objects, numerics, goes_on)?;
        let quantisation = (key.precision == Precision::Int8).then(|| Quantisation {
            clipping: self.clipping,
            link_range: self.space.split.link_range,
            code_entropy: sent.entropy(),
        });
        Ok(Some(Measurement {
            key: key.clone(),
            accuracy: correct as f64 / objects as f64,
            samples: objects as u64,
            calibration_batches,
            seconds: started.elapsed().as_secs_f64(),
            quantisation,
        }))
    }

    /// Route of a key's design, and the views that it sees.
    ///
    /// # Errors
    /// The key's design is not of the space or not the one that was trained alone, or its cameras are not in the data
    /// or all lost.
    pub(crate) fn route(&self, key: &MeasurementKey) -> Result<(Route, ViewSet), TrainError> {
        let design = self.space.parse_design(&key.design)?;
        if let Some(trained) = self.settings.design_of(self.space)?
            && trained != design
        {
            let (design, trained) = (key.design.clone(), self.space.print_design(&trained));
            return Err(TrainError::OtherDesign { design, trained });
        }
        let route = Route::of_design(self.space, &design);
        let most = self.inputs.data().views as u32;
        let not_possible = || TrainError::Views { views: key.views, lost: key.lost, most };
        if key.views > most {
            return Err(not_possible());
        }
        Ok((route, ViewSet::without(key.views as usize, key.lost).ok_or_else(not_possible)?))
    }

    /// Numerics calibrated on training objects, and the number of batches that took.
    ///
    /// # Errors
    /// A file of samples can't be read, or a quantised network has no calibration objects.
    pub(crate) fn calibrated(
        &self,
        precision: Precision,
        route: &Route,
        views: &ViewSet,
    ) -> Result<(Numerics, u32), TrainError> {
        Ok(self.calibrated_while(precision, route, views, &mut || true)?.expect("nothing ends it"))
    }

    /// As [`Self::calibrated`]; `None` if `goes_on`, which is asked after each batch, ends it.
    fn calibrated_while(
        &self,
        precision: Precision,
        route: &Route,
        views: &ViewSet,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<(Numerics, u32)>, TrainError> {
        let device = self.settings.device.open();
        let calibration = self.inputs.calibration(self.settings);
        if precision == Precision::Int8 && calibration.is_empty() {
            return Err(TrainError::NoRanges);
        }
        let (mut numerics, mut calibration_batches) = (self.numerics(precision), 0);
        for batch in self.inputs.batches(&calibration, views, self.images_of_pass(), &device) {
            numerics.rewind();
            self.supernet.forward(batch?.views, views, route, &mut numerics);
            calibration_batches += 1;
            if !goes_on() {
                return Ok(None);
            }
        }
        let numerics = if calibration.is_empty() { Numerics::Standard } else { numerics.freeze() };
        Ok(Some((numerics, calibration_batches)))
    }

    /// Numerics of a calibration.
    fn numerics(&self, precision: Precision) -> Numerics {
        match precision {
            Precision::Float => Numerics::calibrate(),
            Precision::Int8 => Numerics::calibrate_integers(integer_format(self.space, self.clipping)),
        }
    }

    fn classify(
        &self,
        route: &Route,
        views: &ViewSet,
        objects: &[u32],
        mut numerics: Numerics,
        goes_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Classified, TrainError> {
        let device = self.settings.device.open();
        let mut found = Classified::default();
        for batch in self.inputs.batches(objects, views, self.images_of_pass(), &device) {
            numerics.rewind();
            let batch = batch?;
            let logits = self.supernet.forward(batch.views, views, route, &mut numerics);
            if let Some(sent) = numerics.take_sent() {
                found.sent.add(&sent);
            }
            let [_, classes] = logits.dims();
            let values: Vec<f32> = logits.into_data().try_into_vec::<f32>().expect("logits are f32");
            let hit = |(row, label): &(&[f32], &u16)| argmax(row) == usize::from(**label);
            found.correct += values.chunks_exact(classes).zip(&batch.labels).filter(hit).count();
            found.objects += batch.labels.len();
            if !goes_on(found.correct, found.objects) {
                break;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_images_are_measured_in_smaller_batches() {
        assert_eq!([32, 96, 128].map(|side| images_of_pass(side, side)), [512; 3]);
        assert_eq!(images_of_pass(288, 288), 101);
        assert_eq!(images_of_pass(4000, 3000), 16);
    }
}
