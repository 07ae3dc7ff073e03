//! The accuracies that the tour shows: real ones, measured on a run and written by `splitscope demo --record RUN`.

use std::{collections::BTreeSet, path::Path};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    diagnostic::Source,
    explore::Update,
    network::LinkRange,
    quantity::number,
    record::{
        Clipping, Measurement, MeasurementKey, ObjectPictures, PictureKey, PictureRecord, Precision, Quantisation,
        Subset,
    },
    run::{Changes, RunDir, RunError},
    space::SearchSpace,
    tui::followed_run::FollowedRun,
};

/// The accuracies that come with the program, for the default space.
const SHIPPED: &str = include_str!("measured.toml");

/// Pictures that come with the program, one object on its way through a design a line, as `picture --json` prints them.
const PICTURES: &str = include_str!("pictures.jsonl");

/// Number of the test object that the tour shows.
pub(super) const OBJECT: u32 = 5;

/// Accuracies as the session is told them, and how they were made, in a sentence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) updates: Vec<Update>,
    pub(crate) made: String,
}

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DemoFile {
    made: Made,
    #[serde(default)]
    measured: Vec<DemoRow>,
}

/// Conditions of the measurements.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Made {
    splitscope: String,
    /// Time at which the run was made.
    run: String,
    space: String,
    data: String,
    seed: u64,
    /// Training steps of the weights.
    step: u64,
    /// Objects measured on, `validation` or `test`; training saw neither.
    subset: String,
    /// Number of objects.
    samples: u64,
    settings: toml::Table,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoRow {
    design: String,
    views: u32,
    accuracy: f64,
    /// Quantisation of the network; absent in single precision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quantised: Option<DemoQuantisation>,
}

/// Rules that a network was quantised by, and the entropy of its codes in bits.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DemoQuantisation {
    clipping: String,
    link_range: String,
    code_entropy: f64,
}

/// Reason for which a run gives no such file.
#[derive(Debug, Error)]
pub(crate) enum RecordError {
    /// The run can't be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Nothing was measured on it.
    #[error("nothing was measured on this run yet; train it first")]
    Nothing,
}

impl Measured {
    /// The accuracies that come with the program, if they are of this space: a design of another one is none here.
    pub(crate) fn shipped(space: &SearchSpace) -> Self {
        Self::read(SHIPPED, space)
    }

    fn read(text: &str, space: &SearchSpace) -> Self {
        let Ok(file) = Source::new("measured.toml", text).parse::<DemoFile>() else { return Self::default() };
        let Made { step, subset, samples, data, space: name, .. } = &file.made;
        let feed = |row: &DemoRow| {
            let design = space.parse_design(&row.design).ok()?;
            let (views, accuracy) = (row.views, row.accuracy);
            // A row whose rules are unknown does not count as one in single precision.
            let quantisation = match &row.quantised {
                Some(quantised) => Some(quantised.read()?),
                None => None,
            };
            Some(Update::Measured { design, views, accuracy, samples: *samples, step: *step, quantisation })
        };
        let updates: Option<Vec<Update>> = file.measured.iter().map(feed).chain(pictures()).collect();
        let Some(updates) = updates.filter(|_| *name == space.name) else { return Self::default() };
        let made = format!(
            "Measured on {} {subset} objects of {data} after {} training steps.",
            number::grouped(*samples),
            number::grouped(*step)
        );
        Self { updates, made }
    }

    /// Returns `true` if there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.updates.is_empty()
    }
}

/// Line of the pictures.
#[derive(Debug, Deserialize)]
struct PicturesRow {
    design: String,
    views: u32,
    step: u64,
    object: u32,
    pictures: ObjectPictures,
}

/// The pictures that come with the program.
fn pictures() -> impl Iterator<Item = Option<Update>> {
    PICTURES.lines().map(|line| {
        let PicturesRow { design, views, step, object, pictures } = serde_json::from_str(line).ok()?;
        let design = MeasurementKey { design, views, lost: 0, subset: Subset::Test, precision: Precision::Float, step };
        let key = PictureKey { design, object };
        Some(Update::Pictures(Box::new(PictureRecord { key, pictures })))
    })
}

impl DemoQuantisation {
    /// The quantisation; `None` if its rules are unknown.
    fn read(&self) -> Option<Quantisation> {
        let (clipping, link_range) = (Clipping::named(&self.clipping)?, LinkRange::named(&self.link_range)?);
        Some(Quantisation { clipping, link_range, code_entropy: self.code_entropy })
    }
}

/// The objects that more numbers of sensors were measured on; of equals those that no choice has looked at.
fn widest(all: &[Measurement]) -> Subset {
    let numbers = |subset| {
        let with = all.iter().filter(|one| one.key.subset == subset).map(|one| one.key.views);
        with.collect::<BTreeSet<_>>().len()
    };
    if numbers(Subset::Test) >= numbers(Subset::Validation) { Subset::Test } else { Subset::Validation }
}

/// The accuracies of a run as the text of such a file: those on the newest weights that anything was measured on, and
/// on the objects that more numbers of sensors were measured on.
///
/// # Errors
/// There is no run, its database fails, or nothing was measured.
pub(crate) fn record(path: &Path) -> Result<String, RecordError> {
    let run = RunDir::open(path)?;
    let mut work = FollowedRun::open(path)?;
    let mut all: Vec<Measurement> = Vec::new();
    loop {
        let (Changes { measurements, more, .. }, _) = work.poll()?;
        all.extend(measurements.into_iter().map(|stored| stored.value).filter(|one| one.key.lost == 0));
        if !more {
            break;
        }
    }
    let step = all.iter().map(|one| one.key.step).max().ok_or(RecordError::Nothing)?;
    all.retain(|one| one.key.step == step);
    let subset = widest(&all);
    all.retain(|one| one.key.subset == subset);
    all.sort_by(|one, other| {
        let key = |one: &Measurement| (one.key.design.clone(), one.key.views, one.key.precision.name());
        key(one).cmp(&key(other))
    });
    let manifest = run.manifest();
    let row = |one: &Measurement| DemoRow {
        design: one.key.design.clone(),
        views: one.key.views,
        accuracy: one.accuracy,
        quantised: one.quantisation.map(|found| DemoQuantisation {
            clipping: found.clipping.name().to_owned(),
            link_range: found.link_range.name().to_owned(),
            code_entropy: found.code_entropy,
        }),
    };
    let file = DemoFile {
        made: Made {
            splitscope: manifest.splitscope.clone(),
            run: manifest.created.to_string(),
            space: manifest.space.name.clone(),
            data: manifest.data.clone(),
            seed: manifest.seed,
            step,
            subset: subset.name().to_owned(),
            samples: all.first().map_or(0, |one| one.samples),
            settings: manifest.settings.clone(),
        },
        measured: all.iter().map(row).collect(),
    };
    let head = "# Accuracies that the tour shows, measured; written by `splitscope demo --record RUN`.\n\n";
    Ok(format!("{head}{}", toml::to_string(&file).expect("a record has string keys and plain values only")))
}
