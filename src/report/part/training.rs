//! Curves of the training.

use crate::explore::Session;
use crate::explore::progress::Training;
use crate::record::{Precision, Role};
use crate::report::{PageSection, Passage};
use crate::svg::Scale;
use crate::svg::plot::{Plot, PlotAxis, PlotSeries, PlotValue, SeriesStyle};

/// Points of a curve: the mean over as many steps as it takes to have no more.
const POINTS: usize = 300;

/// Losses by role, and accuracies of watched designs.
pub(in crate::report) fn section(session: &Session) -> PageSection {
    let heading = "Training";
    let training = session.training();
    if training.last.step == 0 {
        return PageSection::new(heading, vec![Passage::missing("a training: this report has none behind it.", "")]);
    }
    let last = &training.last;
    let mut passages = vec![Passage::Text(format!(
        "{} of {} steps, {:.1} passes over the training objects, {:.0} images a second at the end.",
        last.step, last.steps, last.epoch, last.images_per_s
    ))];
    let losses = Role::ALL.map(|role| PlotSeries {
        name: format!("{} network", role.name()),
        style: SeriesStyle::Line,
        values: thinned(&training.series(role).loss),
    });
    passages.push(curves("loss", "Loss on the training batches", "cross-entropy, nats", losses.into()));
    let views = session.knobs().sensors;
    let measured = Role::ALL.map(|role| PlotSeries {
        name: format!("{} network", role.name()),
        style: SeriesStyle::MarkedLine,
        values: training.measured(role, views).map(|(step, share)| value(step, share * 100.0)).collect(),
    });
    let measured: Vec<PlotSeries> = measured.into_iter().filter(|series| !series.values.is_empty()).collect();
    if measured.is_empty() {
        passages.push(Passage::Text(format!("No accuracy was measured on the way with {views} views.")));
    } else {
        let title = format!("Validation accuracy on the way, in {}, {views} views", precisions(training));
        passages.push(curves(
            "training-accuracy",
            &title,
            &format!("accuracy in {}, %", precisions(training)),
            measured,
        ));
    }
    PageSection::new(heading, passages)
}

/// Precisions of the accuracies that were measured on the way.
fn precisions(training: &Training) -> String {
    let is_used = |precision: &Precision| training.evaluations.iter().any(|one| one.precision == *precision);
    let names = Precision::ALL.into_iter().filter(is_used).map(Precision::name);
    names.collect::<Vec<_>>().join(" and ")
}

fn curves(name: &str, title: &str, unit: &str, series: Vec<PlotSeries>) -> Passage {
    let series: Vec<PlotSeries> = series.into_iter().filter(|one| !one.values.is_empty()).collect();
    let plot = Plot {
        title: title.to_owned(),
        description: format!("{} curves over the training steps", series.len()),
        x: PlotAxis { title: "training step".to_owned(), scale: Scale::Linear, names: Vec::new() },
        y: PlotAxis { title: unit.to_owned(), scale: Scale::Linear, names: Vec::new() },
        series,
    };
    Passage::picture(name, format!("{title}. Long curves show the mean of neighbouring steps."), plot.draw())
}

const fn value(x: f64, y: f64) -> PlotValue {
    PlotValue { x, y, interval: None }
}

/// A curve of at most [`POINTS`] points, each the mean of as many neighbours.
fn thinned(points: &[(f64, f64)]) -> Vec<PlotValue> {
    let each = points.len().div_ceil(POINTS).max(1);
    let mean = |some: &[(f64, f64)]| {
        let count = some.len() as f64;
        let sum = some.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        value(sum.0 / count, sum.1 / count)
    };
    points.chunks(each).map(mean).collect()
}
