//! Everything a training run can be told, with its defaults. Written to the run's `run.toml`.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::DeviceKind;
use crate::data::augment::Strength;
use crate::diagnostic::{Diagnostic, Source};
use crate::kernels::FloatFormat;
use crate::quantity::number;
use crate::record::Precision;
use crate::space::{Design, ParseDesignError, SearchSpace};
use crate::supernet::Initialisation;

/// Source that students learn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distillation {
    /// The labels alone.
    None,
    /// The teacher's probabilities alone, by Kullback-Leibler divergence (BigNAS, Yu et al., 2020).
    #[default]
    Kl,
    /// The teacher's probabilities, by the larger of two alpha-divergences: one punishes a student that is surer than
    /// it, the other one that is less sure (`AlphaNet`, Wang et al., 2021).
    Alpha,
}

/// Networks that a step trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// Largest without split, largest with all splitting modules in series, smallest with one split, random ones with
    /// one.
    #[default]
    SplitAware,
    /// Largest, smallest and random ones, each as a design with its split.
    Sandwich,
    /// Random designs only.
    Uniform,
}

/// Choice among several random designs for a step (`AttentiveNAS`, Wang et al., 2021).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attention {
    /// The first one drawn.
    #[default]
    Off,
    /// Of a few of similar size the one with the smallest loss on the batch.
    BestUp,
    /// Of a few of similar size the one with the largest loss on the batch.
    WorstUp,
}

/// Start of splitting modules and sensor when the teacher has trained alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitStart {
    /// Reduce and recover stay as drawn.
    Drawn,
    /// The principal components of what the teacher sends through each boundary.
    #[default]
    Principal,
}

/// Rule by which weights are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimiser {
    /// Stochastic gradient descent with Nesterov momentum.
    Sgd,
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019): the faster one on short runs.
    #[default]
    Adamw,
}

/// Settings of a training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Source of all randomness.
    pub seed: u64,
    /// Steps in all.
    pub steps: u64,
    /// Images per step; a step sees `images / views` objects.
    pub images: usize,
    /// Images of a step that go through a network together, a micro-batch; the gradients of all micro-batches of a step
    /// are added. 0 takes the whole step at once. An object's views stay together, whatever their number.
    #[serde(skip_serializing_if = "is_zero")]
    pub micro_batch: usize,
    /// Preference of steps for few cameras: V of them with a chance in proportion to `V^-view_bias`. With 0
    /// every number is as likely; with 1 steps see more objects, and twice as many of them from one side as from two.
    pub view_bias: f64,
    /// Rule by which weights are updated.
    pub optimiser: Optimiser,
    /// Largest learning rate.
    pub learning_rate: f64,
    /// Share of the steps in which the learning rate rises, at the start and once more when the students start.
    pub warm_up: f64,
    /// Momentum (Nesterov).
    pub momentum: f64,
    /// Decay of convolution and linear weights.
    pub weight_decay: f64,
    /// Share of probability the teacher's target spreads over all classes.
    pub label_smoothing: f64,
    /// Gradients are clipped to this value.
    pub clip: f64,
    /// Share of the steps, at the start, that train the largest net alone, all of it on the aggregator, so that
    /// students meet a teacher who knows something (Once-for-all trains the largest first). The sensor then starts as a
    /// copy.
    pub teacher_first: f64,
    /// Share of the labels in the students' target; the rest is the teacher's.
    pub label_share: f64,
    /// Strength of the changes to training objects.
    pub augmentation: Strength,
    /// Random nets per step.
    pub random_nets: usize,
    /// Share of a step's objects that each net but the teacher sees, each another part: more nets for the same time.
    pub student_share: f64,
    /// Choice among several random designs.
    pub attention: Attention,
    /// Networks that a step trains.
    pub sampling: Sampling,
    /// Source that students learn from.
    pub distillation: Distillation,
    /// Initialisation of splitting modules.
    pub initialisation: Initialisation,
    /// Start of the splitting modules once the teacher has trained alone.
    pub split_start: SplitStart,
    /// Design that is trained alone, as the space prints it; `None` trains the supernets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub design: Option<String>,
    /// Numbers that a step computes with; int8 is imitated, so that the weights learn to be rounded.
    #[serde(skip_serializing_if = "is_float")]
    pub precision: Precision,
    /// Format of feature maps, and of the factors of products, in the steps on a GPU. Everything is measured in single
    /// precision.
    #[serde(skip_serializing_if = "is_single")]
    pub float_format: FloatFormat,
    /// Steps between evaluations.
    pub evaluate_every: u64,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// Objects that recalibrate batch norm before an evaluation.
    pub calibration_objects: usize,
    /// Device that computes.
    pub device: DeviceKind,
    /// Threads; 0 takes all cores.
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            steps: 1500,
            images: 160,
            micro_batch: 0,
            view_bias: 0.0,
            optimiser: Optimiser::default(),
            learning_rate: 0.01,
            warm_up: 0.05,
            momentum: 0.9,
            weight_decay: 1e-2,
            label_smoothing: 0.1,
            clip: 1.0,
            teacher_first: 0.3,
            label_share: 0.0,
            augmentation: Strength::default(),
            random_nets: 2,
            student_share: 0.5,
            attention: Attention::default(),
            sampling: Sampling::default(),
            distillation: Distillation::default(),
            initialisation: Initialisation::default(),
            split_start: SplitStart::default(),
            design: None,
            precision: Precision::Float,
            float_format: FloatFormat::F32,
            evaluate_every: 100,
            checkpoint_every: 50,
            calibration_objects: 128,
            device: DeviceKind::default(),
            threads: 0,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_float(precision: &Precision) -> bool {
    *precision == Precision::Float
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_single(format: &FloatFormat) -> bool {
    *format == FloatFormat::F32
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A space file, as far as a trainer reads it.
#[derive(Default, Deserialize)]
struct Recipe {
    training: Option<Spanned<Settings>>,
}

impl Settings {
    /// Largest seed: TOML holds no more.
    pub const MAX_SEED: u64 = i64::MAX as u64;
    /// Most threads.
    pub const MAX_THREADS: u64 = 1024;

    /// Settings that a training of this space starts from: what its table `[training]` says, and the defaults.
    ///
    /// # Errors
    /// An unknown setting, a wrong type, or a value that no training can go by, at its place.
    pub fn of_space(space: &Source) -> Result<Self, Diagnostic> {
        let Some(training) = space.parse::<Recipe>()?.training else { return Ok(Self::default()) };
        let span = training.span();
        let settings = training.into_inner();
        settings.check().map_err(|reason| space.error(span, reason))?;
        Ok(settings)
    }

    /// Refuses values that no training can go by.
    ///
    /// # Errors
    /// The first such setting, its value, and what it may be.
    pub fn check(&self) -> Result<(), String> {
        let numbers = [
            ("learning-rate", self.learning_rate, 1e-9..=10.0),
            ("warm-up", self.warm_up, 0.0..=1.0),
            ("momentum", self.momentum, 0.0..=0.999_999),
            ("weight-decay", self.weight_decay, 0.0..=10.0),
            ("label-smoothing", self.label_smoothing, 0.0..=0.99),
            ("clip", self.clip, 1e-9..=1e9),
            ("teacher-first", self.teacher_first, 0.0..=1.0),
            ("label-share", self.label_share, 0.0..=1.0),
            ("student-share", self.student_share, 0.01..=1.0),
            ("view-bias", self.view_bias, 0.0..=4.0),
        ];
        let counts = [
            ("seed", self.seed, 0..=Self::MAX_SEED),
            ("steps", self.steps, 1..=1_000_000_000),
            ("images", self.images as u64, 2..=100_000),
            ("micro-batch", self.micro_batch as u64, 0..=100_000),
            ("random-nets", self.random_nets as u64, 0..=64),
            ("evaluate-every", self.evaluate_every, 1..=u64::MAX),
            ("checkpoint-every", self.checkpoint_every, 1..=u64::MAX),
            ("calibration-objects", self.calibration_objects as u64, 1..=1_000_000),
            ("threads", self.threads as u64, 0..=Self::MAX_THREADS),
        ];
        for (key, value, range) in numbers {
            if !range.contains(&value) {
                return Err(format!(
                    "{key} is {}; it may be from {} to {}",
                    number::written(value),
                    range.start(),
                    range.end()
                ));
            }
        }
        for (key, value, range) in counts {
            if range.contains(&value) {
                continue;
            }
            return Err(match *range.end() {
                u64::MAX => format!("{key} is {value}; it must be {} or more", range.start()),
                end => format!("{key} is {value}; it may be from {} to {end}", range.start()),
            });
        }
        if self.precision == Precision::Int8 && self.float_format != FloatFormat::F32 {
            let name = self.float_format.name();
            return Err(format!("float-format is {name}; with precision int8 it may be f32 alone"));
        }
        Ok(())
    }

    /// Checks that the device answers, and computes in the format of the settings.
    ///
    /// # Errors
    /// No such device here, no driver for it, or none of its numbers are of that format.
    pub fn check_device(&self) -> Result<(), String> {
        self.device.check()?;
        self.float_format.check(&self.device.open())
    }

    /// The design that is trained alone, if one is.
    ///
    /// # Errors
    /// It is not of the space.
    pub fn design_of(&self, space: &SearchSpace) -> Result<Option<Design>, ParseDesignError> {
        self.design.as_deref().map(|text| space.parse_design(text)).transpose()
    }

    /// Steps that train the largest net alone.
    pub fn teacher_steps(&self) -> u64 {
        if self.design.is_some() {
            return 0;
        }
        (self.teacher_first * self.steps as f64).round() as u64
    }

    /// Most objects of a micro-batch, with so many views of each.
    pub(super) fn micro_batch_objects(&self, views: usize) -> usize {
        if self.micro_batch == 0 { usize::MAX } else { (self.micro_batch / views).max(1) }
    }

    /// Most images that go through a network together, but for the views of one object.
    pub(super) fn images_at_once(&self) -> usize {
        if self.micro_batch == 0 { self.images } else { self.micro_batch.min(self.images) }
    }

    /// Images that all nets together go through in the steps after this one.
    pub fn images_after(&self, step: u64) -> f64 {
        let students = match self.sampling {
            Sampling::SplitAware => 2 + self.random_nets,
            Sampling::Sandwich => 1 + self.random_nets,
            Sampling::Uniform => self.random_nets.saturating_sub(1),
        };
        if self.design.is_some() {
            return self.images as f64 * self.steps.saturating_sub(step) as f64;
        }
        let alone = self.teacher_steps().saturating_sub(step) as f64;
        let together = self.steps.saturating_sub(step.max(self.teacher_steps())) as f64;
        self.images as f64 * (alone + together * (1.0 + students as f64 * self.student_share))
    }

    /// Learning rate of a step (0 is the first): half a cosine down to 0, behind a linear warm-up. There is another one
    /// when the students start: the sensor's weights and the splitting modules are new to the optimiser then, and its
    /// first updates of a weight are as large as the rate, whatever the gradient.
    pub fn learning_rate_at(&self, step: u64) -> f64 {
        let steps = self.steps.max(1) as f64;
        let warm = (self.warm_up * steps).max(1.0);
        let since = if step < self.teacher_steps() { 0 } else { self.teacher_steps() };
        let risen = ((step - since + 1) as f64 / warm).min(1.0);
        let share = ((step as f64 - warm) / (steps - warm).max(1.0)).clamp(0.0, 1.0);
        self.learning_rate * risen * 0.5 * (1.0 + (PI * share).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_may_bring_its_own() {
        let read =
            |training: &str| Settings::of_space(&Source::new("x.toml", format!("[space]\nname = \"x\"\n{training}")));
        assert_eq!(read(""), Ok(Settings::default()));
        let settings = read("[training]\nimages = 48").unwrap();
        assert_eq!(settings, Settings { images: 48, ..Settings::default() });
        let unknown = read("[training]\nimagse = 48").unwrap_err();
        assert_eq!(unknown.position(), (4, 1));
        assert!(unknown.to_string().contains("images"), "{unknown}");
        let impossible = read("[training]\nimages = 0").unwrap_err();
        assert!(impossible.to_string().contains("images is 0; it may be from 2") && impossible.position().0 >= 3);
        for (name, text) in crate::space::SHIPPED {
            Settings::of_space(&Source::new(*name, *text)).unwrap();
        }
    }

    #[test]
    fn impossible_settings_are_named() {
        let refused = |settings: Settings| settings.check().expect_err("refused");
        assert_eq!(Settings::default().check(), Ok(()));
        let found = refused(Settings { student_share: -1.0, ..Settings::default() });
        assert_eq!(found, "student-share is -1; it may be from 0.01 to 1");
        assert!(refused(Settings { learning_rate: f64::NAN, ..Settings::default() }).contains("learning-rate is NaN"));
        let half = Settings { float_format: FloatFormat::Bf16, ..Settings::default() };
        assert!(half.check_device().unwrap_err().contains("bf16 needs a GPU"));
        let found = refused(Settings { precision: Precision::Int8, ..half });
        assert_eq!(found, "float-format is bf16; with precision int8 it may be f32 alone");
        let found = refused(Settings { evaluate_every: 0, ..Settings::default() });
        assert_eq!(found, "evaluate-every is 0; it must be 1 or more");
    }

    #[test]
    fn the_rate_rises_then_falls_to_nothing() {
        let rates = |teacher_first| {
            let settings =
                Settings { steps: 100, warm_up: 0.1, learning_rate: 1.0, teacher_first, ..Settings::default() };
            (0..100).map(|step| settings.learning_rate_at(step)).collect::<Vec<f64>>()
        };
        let alone = rates(0.0);
        assert!(alone[..10].is_sorted() && (alone[9] - 1.0).abs() < 1e-12);
        assert!(alone[10..].is_sorted_by(|a, b| a >= b) && alone[99] < 0.01);
        let taught = rates(0.3);
        assert!(taught[30..40].is_sorted() && taught[30] < 0.1, "students start slowly");
        assert!(taught[..30] == alone[..30] && taught[39..] == alone[39..]);
    }

    #[test]
    fn settings_survive_toml() {
        let settings = Settings {
            seed: 7,
            initialisation: Initialisation::FanIn,
            float_format: FloatFormat::Bf16,
            ..Settings::default()
        };
        let text = toml::to_string(&settings).unwrap();
        assert_eq!(toml::from_str::<Settings>(&text).unwrap(), settings);
    }
}
