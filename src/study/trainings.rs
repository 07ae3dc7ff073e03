//! Studies of many short trainings: initialisation of the splitting module, sampling of the networks of a step.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::error::StudyError;
use super::info::{StudyInfo, StudyNeeds};
use super::input::{Circumstances, StudyInput, accuracy};
use super::rows::{self, PairedGain, StudyPoint, StudyRow};
use crate::record::Precision;
use crate::space::Design;
use crate::supernet::Initialisation;
use crate::svg::Scale;
use crate::train::{Sampling, Settings, SplitStart};

/// Random designs whose mean accuracy a training is known by.
const DESIGNS: u64 = 16;
const QUICK_DESIGNS: u64 = 4;
const MEAN: &str = "mean of random designs";

const INITIALISATIONS: [(&str, Initialisation); 4] = [
    ("fan-in", Initialisation::FanIn),
    ("fan-out", Initialisation::FanOut),
    ("arithmetic", Initialisation::Arithmetic),
    ("geometric", Initialisation::Geometric),
];
const SAMPLINGS: [(&str, Sampling); 3] =
    [("split-aware", Sampling::SplitAware), ("sandwich", Sampling::Sandwich), ("uniform", Sampling::Uniform)];

/// Points of settings by their names.
fn points<T>(list: &[(&str, T)]) -> Vec<StudyPoint> {
    list.iter().enumerate().map(|(index, (name, _))| StudyPoint::new(*name, index as f64 + 1.0)).collect()
}

/// Mean float accuracy of random designs and that of the usual design, after a short training.
fn measured(
    input: &mut StudyInput,
    point: &StudyPoint,
    change: &dyn Fn(Settings) -> Settings,
) -> Result<Vec<StudyRow>, StudyError> {
    let usual = input.usual_design()?;
    let (views, subset) = (input.views(), input.subset());
    let float = Circumstances { views, lost: 0, precision: Precision::Float, subset };
    let count = if input.quick { QUICK_DESIGNS } else { DESIGNS };
    let space = input.model.space();
    let drawn = |number| space.sample_design(&mut ChaCha8Rng::seed_from_u64(number));
    let designs: Vec<Design> = (0..count).map(drawn).collect();
    let evaluator = input.trained_with(&point.setting, point.seed, change)?;
    let mut shares = Vec::new();
    for design in &designs {
        shares.push(accuracy(evaluator, design, float)?.accuracy * 100.0);
    }
    let own = accuracy(evaluator, &usual, float)?;
    let note = format!("{count} designs, {} objects", subset.name());
    Ok(vec![
        StudyRow { note, ..point.exact(MEAN, rows::mean(&shares)) },
        point.share("largest, split", own.accuracy, own.samples),
    ])
}

/// Sentence on the mean accuracies by setting, of which the paper prefers one. Trainings of one seed see the same
/// objects and are known by the same designs, so that they are compared in pairs.
fn finding(rows: &[StudyRow], preferred: &str) -> String {
    let means: Vec<&StudyRow> = rows.iter().filter(|row| row.series == MEAN).collect();
    let of = |setting: &str| -> Vec<&&StudyRow> { means.iter().filter(|row| row.setting == setting).collect() };
    let mut settings: Vec<&str> = means.iter().map(|row| row.setting.as_str()).collect();
    settings.sort_unstable();
    settings.dedup();
    let (mut sentences, mut all) = (Vec::new(), Vec::new());
    for other in settings.iter().filter(|setting| **setting != preferred) {
        let others = of(other);
        let pair = |own: &&&StudyRow| {
            let same = others.iter().find(|row| row.seed == own.seed)?;
            Some(own.value - same.value)
        };
        let gains: Vec<f64> = of(preferred).iter().filter_map(pair).collect();
        if let Some(gain) = PairedGain::new(&gains) {
            sentences.push(format!("{} over {other}", gain.words()));
            all.push(gain);
        }
    }
    let figures: Vec<String> = settings
        .iter()
        .map(|setting| {
            let values: Vec<f64> = of(setting).iter().map(|row| row.value).collect();
            format!("{setting} {:.1} %", rows::mean(&values))
        })
        .collect();
    format!(
        "{}: {preferred} is ahead by {}; mean accuracy of random designs: {}.",
        PairedGain::agreement(&all),
        sentences.join(", "),
        figures.join(", ")
    )
}

pub(super) const INIT: StudyInfo = StudyInfo {
    name: "init",
    claim: "Initialising the splitting module by the geometric mean of its fans trains better than by one fan or by the \
            arithmetic mean.",
    needs: StudyNeeds::Trainings,
    x: ("initialisation, in the order of the table", Scale::Linear),
    y: "accuracy in float, %",
    plan: |_| Ok(points(&INITIALISATIONS)),
    measure: |input, point| {
        let (_, initialisation) = INITIALISATIONS[(point.x as usize - 1).min(INITIALISATIONS.len() - 1)];
        // The principal components would replace what was drawn.
        let split_start = SplitStart::Drawn;
        measured(input, point, &|settings| Settings { initialisation, split_start, ..settings })
    },
    finding: |rows| finding(rows, "geometric"),
};

pub(super) const SAMPLING: StudyInfo = StudyInfo {
    name: "sampling",
    claim: "The split-aware sandwich trains better supernets than the plain sandwich rule or uniform sampling.",
    needs: StudyNeeds::Trainings,
    x: ("sampling, in the order of the table", Scale::Linear),
    y: "accuracy in float, %",
    plan: |_| Ok(points(&SAMPLINGS)),
    measure: |input, point| {
        let (_, sampling) = SAMPLINGS[(point.x as usize - 1).min(SAMPLINGS.len() - 1)];
        measured(input, point, &|settings| Settings { sampling, ..settings })
    },
    finding: |rows| finding(rows, "split-aware"),
};
