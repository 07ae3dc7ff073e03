//! Attackers, anchors and probes, and the measurement that they make together.

use std::time::Instant;

use burn::tensor::Device;

use super::decoder;
use super::drawing;
use super::exposure::{Exposure, Wiretap};
use super::matrix::Matrix;
use super::quality;
use super::ridge::{self, Ridge};
use super::sketch::Sketch;
use crate::data::Nuisance;
use crate::record::{Attacker, CameraPictures, LeakFigures, LeakMeasurement, MeasurementKey, ObjectPictures, Subset};
use crate::train::{DesignEvaluator, TrainError};

/// Training objects that attackers are fitted on, at most.
const FITTED_OBJECTS: usize = 1024;
/// Pairs of code and picture that the attacker of one view is fitted on, at most.
const FITTED_PAIRS: usize = 1280;
/// Objects that attackers are scored on, at most.
const SCORED_OBJECTS: usize = 400;
/// Seed of the projection of the codes of all views.
const SEED: u64 = 0xA11;

/// A design under attack: its link listened to, and what attackers know of it.
pub struct DesignAttack<'a> {
    evaluator: DesignEvaluator<'a>,
    key: MeasurementKey,
    wiretap: Wiretap<'a>,
    fitted_objects: Vec<u32>,
    fitted: Exposure,
    started: Instant,
}

impl<'a> DesignAttack<'a> {
    /// Sends training objects through the design of a key, for attackers to be fitted on.
    ///
    /// # Errors
    /// The key's design is not of the space, its cameras are not in the data or all lost, or a file of samples can't be
    /// read.
    pub fn new(evaluator: DesignEvaluator<'a>, key: &MeasurementKey) -> Result<Self, TrainError> {
        let started = Instant::now();
        let fitted_objects = spread(&evaluator.inputs.data().split.train, FITTED_OBJECTS);
        let mut wiretap = Wiretap::new(evaluator, key)?;
        let fitted = wiretap.expose(&fitted_objects, false)?;
        Ok(Self { evaluator, key: key.clone(), wiretap, fitted_objects, fitted, started })
    }

    /// Measures the leak, by a trained decoder too if `decoder`: scores the attackers on objects of the key's subset,
    /// each object seen by one camera in turn.
    ///
    /// # Errors
    /// A file of samples can't be read.
    pub fn measure(&mut self, decoder: bool) -> Result<LeakMeasurement, TrainError> {
        let data = self.evaluator.inputs.data();
        let scored_objects = spread(self.evaluator.objects(self.key.subset), SCORED_OBJECTS);
        let scored = self.wiretap.expose(&scored_objects, false)?;
        let fitted_poses = Nuisance::of_objects(data, &self.fitted_objects);
        let scored_poses = Nuisance::of_objects(data, &scored_objects);
        let attack_started = Instant::now();
        let attack = Attack::new(&self.fitted);
        let asked = asked_in_turn(&scored);
        let poses = fitted_poses.as_deref().map(|poses| Poses::new(poses, &attack.pairs));
        let (one_view, read) = attack.one_view(&scored, &asked, poses.as_ref());
        let all_views = (self.fitted.views > 1).then(|| attack.all_views(&scored, &asked));
        let truth = pictures(&scored, &asked);
        let means = attack.mean_pictures(&asked);
        let share = |rebuilt: &Matrix| quality::explained(&truth.values, &rebuilt.values, &means.values);
        let mut found = vec![(Attacker::OneView, share(&one_view), one_view)];
        found.extend(all_views.map(|rebuilt| (Attacker::AllViews, share(&rebuilt), rebuilt)));
        if decoder {
            let rebuilt = attack.decoder(&scored, &asked, &self.evaluator.settings.device.open());
            found.push((Attacker::Decoder, share(&rebuilt), rebuilt));
        }
        let of = |attacker| found.iter().find(|(own, ..)| *own == attacker).map(|(_, share, _)| *share);
        let best = found.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("one attacker is always there");
        let (attacker, leak, best) = best;
        let [azimuth, elevation] = match (&poses, scored_poses, read) {
            (Some(poses), Some(truth), Some(read)) => poses.shares(&attributes(&truth, &asked), &read).map(Some),
            _ => [None, None],
        };
        let raw = Matrix::new(asked.len(), asked.iter().flat_map(|&(o, v)| doubles(scored.raw(o, v))).collect());
        let figures = LeakFigures {
            leak: *leak,
            attacker: *attacker,
            one_view: of(Attacker::OneView).unwrap_or(0.0),
            all_views: of(Attacker::AllViews),
            decoder: of(Attacker::Decoder),
            label: share(&attack.class_means(&scored, &asked)),
            raw: share(&raw),
            psnr_db: quality::psnr_db(&truth.values, &best.values),
            ssim: mean_similarity(&truth, best, scored.side),
            azimuth,
            elevation,
            resolution: scored.side as u32,
            fitted_objects: self.fitted.objects as u64,
            samples: scored.objects as u64,
            attack_seconds: attack_started.elapsed().as_secs_f64(),
            seconds: self.started.elapsed().as_secs_f64(),
        };
        Ok(LeakMeasurement { key: self.key.clone(), figures })
    }

    /// Pictures of a test object, given by its number among them, as the attacker of a leak rebuilds them.
    ///
    /// # Errors
    /// There is no such object, or a file of samples can't be read.
    pub fn pictures(&mut self, object: u32, leak: &LeakFigures) -> Result<ObjectPictures, TrainError> {
        let data = self.evaluator.inputs.data();
        let objects = self.evaluator.objects(Subset::Test);
        let Some(&chosen) = objects.get(object as usize) else {
            let last = objects.len().saturating_sub(1);
            return Err(TrainError::Data(format!("there is no test object {object}; they count from 0 to {last}")));
        };
        let exposure = self.wiretap.expose(&[chosen], true)?;
        let attack = Attack::new(&self.fitted);
        let asked: Vec<(usize, usize)> = (0..exposure.views).map(|view| (0, view)).collect();
        let from_all = leak.all_views.is_some_and(|all_views| all_views > leak.one_view);
        let (attacker, rebuilt) = if from_all {
            (Attacker::AllViews, attack.all_views(&exposure, &asked))
        } else {
            (Attacker::OneView, attack.one_view(&exposure, &asked, None).0)
        };
        let (truth, means) = (pictures(&exposure, &asked), attack.mean_pictures(&asked));
        let cameras = (0..exposure.views).map(|view| CameraPictures {
            seen: drawing::planes(truth.row(view), exposure.side),
            sent: drawing::tiles(exposure.sent(0, view), exposure.code_shape),
            rebuilt: drawing::planes(rebuilt.row(view), exposure.side),
            share: quality::explained(truth.row(view), rebuilt.row(view), means.row(view)),
        });
        Ok(ObjectPictures {
            of: objects.len() as u32,
            class: data.classes[usize::from(data.labels[chosen as usize])].clone(),
            code_shape: exposure.code_shape.map(|size| size as u32),
            bits: self.wiretap.bits,
            attacker,
            leak: leak.leak,
            cameras: cameras.collect(),
        })
    }
}

/// At most `most` of the objects, evenly spread, so that all classes take part.
fn spread(objects: &[u32], most: usize) -> Vec<u32> {
    let count = objects.len().min(most);
    (0..count).map(|index| objects[index * objects.len() / count]).collect()
}

/// Each object with one camera, in turn.
fn asked_in_turn(exposure: &Exposure) -> Vec<(usize, usize)> {
    (0..exposure.objects).map(|object| (object, object % exposure.views)).collect()
}

fn doubles(values: &[f32]) -> impl Iterator<Item = f64> + '_ {
    values.iter().map(|&value| f64::from(value))
}

/// Pictures of the given objects and views, one a row.
fn pictures(exposure: &Exposure, asked: &[(usize, usize)]) -> Matrix {
    Matrix::new(asked.len(), asked.iter().flat_map(|&(object, view)| doubles(exposure.picture(object, view))).collect())
}

fn mean_similarity(truth: &Matrix, rebuilt: &Matrix, side: usize) -> f64 {
    let plane = side * side;
    let planes = truth.values.chunks_exact(plane).zip(rebuilt.values.chunks_exact(plane));
    let count = (truth.values.len() / plane).max(1);
    planes.map(|(truth, rebuilt)| quality::similarity(truth, rebuilt, side)).sum::<f64>() / count as f64
}

/// An attacker's knowledge: codes and pictures of training objects, and their means.
struct Attack<'a> {
    fitted: &'a Exposure,
    /// Mean code of each camera.
    codes: Vec<Vec<f64>>,
    /// Mean picture of each camera.
    pictures: Vec<Vec<f64>>,
    /// Objects and views of the pairs that the attacker of one view is fitted on: each object with one camera first,
    /// then each with the next one.
    pairs: Vec<(usize, usize)>,
}

impl<'a> Attack<'a> {
    fn new(fitted: &'a Exposure) -> Self {
        let mean = |view: usize, part: &dyn Fn(usize, usize) -> &'a [f32]| {
            let mut sums = vec![0.0; part(0, view).len()];
            for object in 0..fitted.objects {
                sums.iter_mut().zip(part(object, view)).for_each(|(sum, &value)| *sum += f64::from(value));
            }
            sums.into_iter().map(|sum| sum / fitted.objects as f64).collect()
        };
        let pairs = (0..fitted.views)
            .flat_map(|pass| (0..fitted.objects).map(move |object| (object, (object + pass) % fitted.views)));
        Self {
            fitted,
            codes: (0..fitted.views).map(|view| mean(view, &|object, view| fitted.code(object, view))).collect(),
            pictures: (0..fitted.views).map(|view| mean(view, &|object, view| fitted.picture(object, view))).collect(),
            pairs: pairs.take(FITTED_PAIRS).collect(),
        }
    }

    /// Codes of single views without the mean of their camera.
    fn centred_codes(&self, exposure: &Exposure, asked: &[(usize, usize)]) -> Matrix {
        let row = |&(object, view): &(usize, usize)| {
            doubles(exposure.code(object, view)).zip(&self.codes[view]).map(|(value, mean)| value - mean)
        };
        Matrix::new(asked.len(), asked.iter().flat_map(row).collect())
    }

    /// Pictures of the training objects without the mean of their camera.
    fn centred_pictures(&self, asked: &[(usize, usize)]) -> Matrix {
        let row = |&(object, view): &(usize, usize)| {
            doubles(self.fitted.picture(object, view)).zip(&self.pictures[view]).map(|(value, mean)| value - mean)
        };
        Matrix::new(asked.len(), asked.iter().flat_map(row).collect())
    }

    /// Mean picture of each camera asked for.
    fn mean_pictures(&self, asked: &[(usize, usize)]) -> Matrix {
        Matrix::new(asked.len(), asked.iter().flat_map(|&(_, view)| self.pictures[view].iter().copied()).collect())
    }

    /// Pictures from what is known of them without their mean: values outside 0 to 1 can't be.
    fn finished(&self, mut found: Matrix, asked: &[(usize, usize)]) -> Matrix {
        let means = asked.iter().flat_map(|&(_, view)| &self.pictures[view]);
        found.values.iter_mut().zip(means).for_each(|(value, mean)| *value = (*value + mean).clamp(0.0, 1.0));
        found
    }

    /// Pictures rebuilt from the code of their own view, and what the same regression reads of the poses, if those of
    /// the training objects are known: sine and cosine of the azimuth, and the elevation, without their means.
    fn one_view(
        &self,
        exposure: &Exposure,
        asked: &[(usize, usize)],
        poses: Option<&Poses>,
    ) -> (Matrix, Option<Matrix>) {
        let inputs = self.centred_codes(self.fitted, &self.pairs);
        let targets = self.centred_pictures(&self.pairs);
        let mut all = vec![&targets];
        all.extend(poses.map(|poses| &poses.known));
        let unknown = || (self.mean_pictures(asked), poses.map(|poses| zeros(asked.len(), poses.known.columns)));
        let Some(penalties) = ridge::choose_penalties(&inputs, self.fitted.objects, &all) else { return unknown() };
        let ridge = Ridge::new(&inputs, &self.centred_codes(exposure, asked));
        let answer = |place: usize| Some(ridge::answers(&ridge.weights(penalties[place])?, all[place]));
        let Some(pictures) = answer(0) else { return unknown() };
        (self.finished(pictures, asked), if poses.is_some() { answer(1) } else { None })
    }

    /// Pictures rebuilt from the codes of all views of their object.
    fn all_views(&self, exposure: &Exposure, asked: &[(usize, usize)]) -> Matrix {
        let sketch = Sketch::new(self.fitted.all_codes(0).len(), SEED);
        let means: Vec<f64> = self.codes.concat();
        let centred = |exposure: &Exposure| {
            let mut values = Vec::with_capacity(exposure.objects * sketch.width());
            for object in 0..exposure.objects {
                let codes = doubles(exposure.all_codes(object)).zip(&means);
                let codes: Vec<f32> = codes.map(|(value, mean)| (value - mean) as f32).collect();
                sketch.append(&codes, &mut values);
            }
            Matrix::new(exposure.objects, doubles(&values).collect())
        };
        let objects_at = |view: usize| (0..self.fitted.objects).map(move |object| (object, view)).collect::<Vec<_>>();
        let inputs = centred(self.fitted);
        let first = self.centred_pictures(&objects_at(0));
        let weights = ridge::choose_penalties(&inputs, self.fitted.objects, &[&first])
            .and_then(|penalties| Ridge::new(&inputs, &centred(exposure)).weights(penalties[0]));
        let Some(weights) = weights else { return self.mean_pictures(asked) };
        let mut found = self.mean_pictures(asked);
        for view in 0..self.fitted.views {
            let places: Vec<usize> = (0..asked.len()).filter(|&place| asked[place].1 == view).collect();
            let objects: Vec<usize> = places.iter().map(|&place| asked[place].0).collect();
            let answers = ridge::answers(&weights.chosen(&objects), &self.centred_pictures(&objects_at(view)));
            for (row, place) in places.into_iter().enumerate() {
                let start = place * found.columns;
                found.values[start..start + found.columns].copy_from_slice(answers.row(row));
            }
        }
        self.finished(found, asked)
    }

    /// Pictures rebuilt by a trained decoder from the code of their own view.
    fn decoder(&self, exposure: &Exposure, asked: &[(usize, usize)], device: &Device) -> Matrix {
        let (codes, pictures) = (self.centred_codes(self.fitted, &self.pairs), self.centred_pictures(&self.pairs));
        let questions = self.centred_codes(exposure, asked);
        self.finished(decoder::answers(&codes, &pictures, self.fitted.objects, &questions, device), asked)
    }

    /// Mean pictures of the classes: what the class label alone rebuilds.
    fn class_means(&self, exposure: &Exposure, asked: &[(usize, usize)]) -> Matrix {
        let rows = asked.iter().flat_map(|&(object, view)| {
            let label = exposure.labels[object];
            let same: Vec<usize> =
                (0..self.fitted.objects).filter(|&other| self.fitted.labels[other] == label).collect();
            let mut mean = vec![0.0; self.pictures[view].len()];
            for &other in &same {
                mean.iter_mut().zip(doubles(self.fitted.picture(other, view))).for_each(|(sum, value)| *sum += value);
            }
            for sum in &mut mean {
                *sum /= same.len() as f64;
            }
            if same.is_empty() { self.pictures[view].clone() } else { mean }
        });
        Matrix::new(asked.len(), rows.collect())
    }
}

/// Poses of the training pairs: sine and cosine of the azimuth and the elevation, each centred and of unit variance.
struct Poses {
    known: Matrix,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

impl Poses {
    fn new(poses: &[Nuisance], pairs: &[(usize, usize)]) -> Self {
        let values = attributes(poses, pairs);
        let mean = |column: usize, power: i32, around: f64| {
            let values = (0..values.rows).map(|row| (values.row(row)[column] - around).powi(power));
            values.sum::<f64>() / pairs.len() as f64
        };
        let means: Vec<f64> = (0..values.columns).map(|column| mean(column, 1, 0.0)).collect();
        let deviations: Vec<f64> =
            means.iter().enumerate().map(|(column, &around)| mean(column, 2, around).sqrt().max(1e-9)).collect();
        let mut poses = Self { known: values, means, deviations };
        poses.known = poses.standardised(&poses.known);
        poses
    }

    fn standardised(&self, values: &Matrix) -> Matrix {
        let rows = values.rows;
        let scales = self.means.iter().zip(&self.deviations).cycle();
        let values = values.values.iter().zip(scales).map(|(value, (mean, deviation))| (value - mean) / deviation);
        Matrix::new(rows, values.collect())
    }

    /// Shares of azimuth and elevation that are read.
    fn shares(&self, truth: &Matrix, found: &Matrix) -> [f64; 2] {
        let truth = self.standardised(truth);
        [&[0, 1][..], &[2]].map(|columns| {
            let (truth, found) = (truth.chosen_columns(columns), found.chosen_columns(columns));
            quality::explained(&truth.values, &found.values, &vec![0.0; truth.values.len()])
        })
    }
}

/// Sine and cosine of the azimuth, and the elevation in degrees, of each object as a view sees it.
fn attributes(poses: &[Nuisance], asked: &[(usize, usize)]) -> Matrix {
    let row = |&(object, view): &(usize, usize)| {
        let (sine, cosine) = f64::from(poses[object].azimuths[view]).sin_cos();
        [sine, cosine, f64::from(poses[object].elevation_degrees)]
    };
    Matrix::new(asked.len(), asked.iter().flat_map(row).collect())
}

fn zeros(rows: usize, columns: usize) -> Matrix {
    Matrix::new(rows, vec![0.0; rows * columns])
}

#[cfg(test)]
mod tests;
