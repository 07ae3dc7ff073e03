//! The design that a report is about, with everything known of it.

use super::run_facts::RunFacts;
use crate::cost::{DesignReport, Evaluation, SplitReport};
use crate::explore::{Accuracy, DesignStrip, Session, ShownAccuracy};
use crate::record::{Measurement, Precision, Subset};
use crate::space::Design;
use crate::text::shell_word;

/// Quantile of the normal distribution for two-sided 95 % intervals.
const Z95: f64 = 1.959_963_985;

/// The selected design of a session.
pub(super) struct Chosen<'a> {
    /// The design.
    pub design: Design,
    /// The design as printed.
    pub text: String,
    /// The design along its network.
    pub strip: DesignStrip<'a>,
    /// Cost under the knobs.
    pub evaluation: Evaluation,
    /// Every split of its network.
    pub splits: Option<DesignReport>,
    /// Accuracies, those on test objects first and int8 before float.
    pub accuracies: Vec<KnownAccuracy>,
    /// Accuracies with a camera lost, on test objects.
    pub lost: Vec<Measurement>,
    /// The run, as commands name it.
    pub run: String,
}

/// An accuracy with its circumstances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct KnownAccuracy {
    /// Objects.
    pub subset: Subset,
    /// Precision.
    pub precision: Precision,
    /// Share classified correctly.
    pub share: f64,
    /// Number of objects.
    pub samples: u64,
    /// Training step of the weights.
    pub step: u64,
}

impl KnownAccuracy {
    /// Ends of its 95 % interval by chance of the objects.
    pub(super) fn interval(&self) -> (f64, f64) {
        interval(self.share, self.samples)
    }
}

/// Ends of the 95 % interval of a share by chance of the samples.
pub(super) fn interval(share: f64, samples: u64) -> (f64, f64) {
    Accuracy { accuracy: share, samples, step: 0, precision: Precision::default(), quantisation: None }.interval(Z95)
}

impl<'a> Chosen<'a> {
    /// The selected design; `None` if the session has none.
    pub(super) fn new(session: &'a Session, run: Option<&RunFacts>) -> Option<Self> {
        let strip = session.strip()?;
        let design = strip.design.clone();
        let text = session.space().print_design(&design);
        let evaluation = strip.here().evaluation;
        let splits = session.design_report();
        let views = session.knobs().sensors;
        let accuracies = run.map_or_else(|| shown(&strip), |run| known(run, &text, views));
        let lost = run.map_or_else(Vec::new, |run| lost(run, &text, views));
        let followed = || session.training().run.clone().unwrap_or_else(|| "RUN".to_owned());
        let run = run.map_or_else(followed, |run| run.path.display().to_string());
        let run = shell_word(&run).into_owned();
        Some(Self { design, text, strip, evaluation, splits, accuracies, lost, run })
    }

    /// The accuracy to quote: on test objects if there is one, in int8 if there is one.
    pub(super) fn best_known(&self) -> Option<&KnownAccuracy> {
        self.accuracies.first()
    }

    /// The chosen split among all splits of its network.
    pub(super) fn split(&self) -> Option<&SplitReport> {
        self.splits.as_ref()?.split_at(self.design.split)
    }
}

/// The measured accuracy of the session, by which designs are ranked; none if it was not measured.
fn shown(strip: &DesignStrip<'_>) -> Vec<KnownAccuracy> {
    let ShownAccuracy::Measured(accuracy) = strip.accuracy else { return Vec::new() };
    let Accuracy { accuracy: share, samples, step, precision, .. } = accuracy;
    vec![KnownAccuracy { subset: Subset::Validation, precision, share, samples, step }]
}

/// The newest accuracies of a design by objects and precision.
fn known(run: &RunFacts, design: &str, views: u32) -> Vec<KnownAccuracy> {
    let mut all = Vec::new();
    for subset in [Subset::Test, Subset::Validation] {
        for precision in Precision::ALL {
            let newest = run.newest(design, views, subset, precision);
            all.extend(newest.map(|one| KnownAccuracy {
                subset,
                precision,
                share: one.accuracy,
                samples: one.samples,
                step: one.key.step,
            }));
        }
    }
    all
}

/// The newest accuracies with one camera lost, on test objects, by camera.
fn lost(run: &RunFacts, design: &str, views: u32) -> Vec<Measurement> {
    let mut found: Vec<Measurement> = Vec::new();
    for one in &run.measurements {
        let key = &one.key;
        let fits = key.design == design && key.views == views && key.subset == Subset::Test;
        if !fits || key.lost.count_ones() != 1 {
            continue;
        }
        match found.iter_mut().find(|known| known.key.lost == key.lost && known.key.precision == key.precision) {
            Some(known) if known.key.step < key.step => *known = one.clone(),
            Some(_) => {}
            None => found.push(one.clone()),
        }
    }
    found.sort_by_key(|one| (one.key.precision != Precision::Int8, one.key.lost));
    found
}
