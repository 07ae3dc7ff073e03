//! Studies of many short trainings: initialisation of the splitting module, sampling of the networks of a step,
//! operator of the fusion.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::error::StudyError;
use super::info::{StudyAxis, StudyInfo, StudyNeeds};
use super::input::{Circumstances, StudyInput, StudyTraining, accuracy};
use super::rows::{self, PairedGain, StudyPoint, StudyRow};
use crate::record::Precision;
use crate::run::Document;
use crate::space::{Design, FusionOperator};
use crate::supernet::Initialisation;
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

const OPERATORS: [(&str, FusionOperator); 4] = [
    ("max", FusionOperator::Max),
    ("mean", FusionOperator::Mean),
    ("mix", FusionOperator::Mix),
    ("concat", FusionOperator::Concat),
];

/// Points of settings by their names.
fn points<T>(list: &[(&str, T)]) -> Vec<StudyPoint> {
    list.iter().enumerate().map(|(index, (name, _))| StudyPoint::new(*name, index as f64 + 1.0)).collect()
}

/// Mean float accuracy of random designs and that of the usual design, after a short training.
fn measured(input: &mut StudyInput, point: &StudyPoint, training: StudyTraining) -> Result<Vec<StudyRow>, StudyError> {
    let usual = input.usual_design()?;
    let (views, subset) = (input.views(), input.subset());
    let float = Circumstances { views, lost: 0, precision: Precision::Float, subset };
    let count = if input.quick { QUICK_DESIGNS } else { DESIGNS };
    let space = input.model.space();
    let drawn = |number| space.sample_design(&mut ChaCha8Rng::seed_from_u64(number));
    let designs: Vec<Design> = (0..count).map(drawn).collect();
    let evaluator = input.trained_as(&point.setting, training)?;
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

/// Gains of one setting over each other one, and a sentence on them. Trainings of one seed see the same objects and are
/// known by the same designs, so that they are compared in pairs.
fn gains_of(rows: &[StudyRow], preferred: &str) -> (Vec<PairedGain>, String) {
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
    let sentence = format!(
        "{preferred} is ahead by {}; mean accuracy of random designs: {}.",
        sentences.join(", "),
        figures.join(", ")
    );
    (all, sentence)
}

/// The setting whose random designs are best in the mean over the seeds; empty without rows.
fn best_setting(rows: &[StudyRow]) -> String {
    let means =
        rows::means(rows).into_iter().find(|(series, _)| series == MEAN).map_or_else(Vec::new, |(_, list)| list);
    means.into_iter().max_by(|one, other| one.value.total_cmp(&other.value)).map_or_else(String::new, |row| row.setting)
}

/// Sentence on the mean accuracies by setting, of which the paper prefers one.
fn finding(rows: &[StudyRow], preferred: &str) -> String {
    let (gains, sentence) = gains_of(rows, preferred);
    format!("{}: {sentence}", PairedGain::agreement(&gains))
}

/// A space with another operator of the fusion.
fn with_operator(space: &Document, operator: FusionOperator) -> Result<Document, StudyError> {
    let unread = |error: toml::de::Error| StudyError::Nothing(format!("{}: {}", space.name, error.message()));
    let mut table: toml::Table = toml::from_str(&space.text).map_err(unread)?;
    let fusion = table.entry("fusion").or_insert_with(|| toml::Table::new().into());
    if let Some(fusion) = fusion.as_table_mut() {
        fusion.insert("operator".to_owned(), operator.name().into());
    }
    Ok(Document { text: table.to_string(), ..space.clone() })
}

pub(super) const INIT: StudyInfo = StudyInfo {
    name: "init",
    claim: "Initialising the splitting module by the geometric mean of its fans trains better than by one fan or by the \
            arithmetic mean.",
    needs: StudyNeeds::Trainings,
    x: ("initialisation", StudyAxis::Named),
    y: "accuracy in float, %",
    plan: |_| Ok(points(&INITIALISATIONS)),
    measure: |input, point| {
        let (_, initialisation) = INITIALISATIONS[(point.x as usize - 1).min(INITIALISATIONS.len() - 1)];
        // The principal components would replace what was drawn.
        let split_start = SplitStart::Drawn;
        let StudyTraining { space, settings } = input.short_training(point.seed)?;
        let settings = Settings { initialisation, split_start, ..settings };
        measured(input, point, StudyTraining { space, settings })
    },
    finding: |rows| finding(rows, "geometric"),
};

pub(super) const SAMPLING: StudyInfo = StudyInfo {
    name: "sampling",
    claim: "The split-aware sandwich trains better supernets than the plain sandwich rule or uniform sampling.",
    needs: StudyNeeds::Trainings,
    x: ("sampling", StudyAxis::Named),
    y: "accuracy in float, %",
    plan: |_| Ok(points(&SAMPLINGS)),
    measure: |input, point| {
        let (_, sampling) = SAMPLINGS[(point.x as usize - 1).min(SAMPLINGS.len() - 1)];
        let StudyTraining { space, settings } = input.short_training(point.seed)?;
        measured(input, point, StudyTraining { space, settings: Settings { sampling, ..settings } })
    },
    finding: |rows| finding(rows, "split-aware"),
};

pub(super) const FUSION_OPERATOR: StudyInfo = StudyInfo {
    name: "fusion-operator",
    claim: "The operator that fuses the views matters besides its position.",
    needs: StudyNeeds::Trainings,
    x: ("operator", StudyAxis::Named),
    y: "accuracy in float, %",
    plan: |_| Ok(points(&OPERATORS)),
    measure: |input, point| {
        let (_, operator) = OPERATORS[(point.x as usize - 1).min(OPERATORS.len() - 1)];
        let StudyTraining { space, settings } = input.short_training(point.seed)?;
        measured(input, point, StudyTraining { space: with_operator(&space, operator)?, settings })
    },
    finding: |rows| {
        let (gains, sentence) = gains_of(rows, &best_setting(rows));
        let head = if gains.iter().any(PairedGain::is_told) { "Agrees with the paper" } else { "Can't be told" };
        format!("{head}: {sentence}")
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{self, SearchSpace};

    #[test]
    fn a_space_of_another_operator_is_the_same_otherwise() {
        for (name, text) in space::SHIPPED {
            let space = SearchSpace::shipped(name).unwrap();
            let shipped = Document { name: (*name).to_owned(), text: (*text).to_owned(), ..Document::default() };
            for (word, operator) in OPERATORS {
                let changed = with_operator(&shipped, operator).unwrap();
                let mut read = SearchSpace::from_toml(&changed.source()).unwrap();
                assert_eq!((read.fusion.operator, word), (operator, operator.name()));
                read.fusion.operator = space.fusion.operator;
                assert_eq!(read, space, "{name}");
            }
        }
    }

    #[test]
    fn an_operator_matters_where_a_gain_is_beyond_chance() {
        let finding = |gains: [f64; 3]| {
            let mut rows = Vec::new();
            for (seed, gain) in gains.iter().enumerate() {
                for (setting, value) in [("max", 50.0), ("mean", 50.0 + gain)] {
                    let point = StudyPoint { seed: seed as u64, ..StudyPoint::new(setting, 1.0) };
                    rows.push(point.exact(MEAN, value));
                }
            }
            (FUSION_OPERATOR.finding)(&rows)
        };
        assert!(finding([5.0, 5.5, 6.0]).starts_with("Agrees with the paper: mean is ahead by +5.5 points"));
        assert!(finding([-5.0, -5.5, -6.0]).starts_with("Agrees with the paper: max is ahead by +5.5 points"));
        assert!(finding([-5.0, 1.0, 5.0]).starts_with("Can't be told: mean is ahead by +0.3 points"));
    }
}
