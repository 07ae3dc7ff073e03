//! `splitscope aggregator`: the aggregator of an exported design, at work with sensors over the network.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::halves::ReadHalves;
use super::load::NamedRun;
use super::measure::precision;
use super::output::{mention, note};
use super::{Answer, load};
use crate::cost::CostModel;
use crate::deploy::{Aggregator, AggregatorSettings, ExportManifest};
use crate::hardware::{self, Profile, Topology};
use crate::quantity::{Dimension, Metric, ascii};
use crate::record::{Precision, RunningEvent, RunningObject, RunningPlan, RunningSummary, StageSeconds};

/// Time between two printed lines about objects.
const PRINT_INTERVAL: Duration = Duration::from_secs(1);

/// Arguments of `aggregator`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder that `deploy` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Address to listen at; port 0 takes a free one. Only loopback is private: there is no encryption
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: String,
    /// Objects to classify, at most [default: all test objects]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    objects: Option<u32>,
    /// Profile that says how links are arranged, and what each stage is predicted to take
    #[arg(long, default_value = hardware::DEFAULT)]
    profile: String,
    /// Precision of the halves: int8 or float
    #[arg(long, default_value = "int8", value_parser = precision)]
    precision: Precision,
    /// Seconds to wait for sensors to join, from the last sign of one that makes its images
    #[arg(long, default_value_t = 60.0, value_name = "SECONDS", value_parser = seconds)]
    wait: f64,
    /// Seconds after which a sensor that does not answer is lost
    #[arg(long, default_value_t = 10.0, value_name = "SECONDS", value_parser = seconds)]
    timeout: f64,
    /// Print one JSON object per event
    #[arg(long)]
    json: bool,
}

/// Seconds of a wait: more than none, a day at most.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|seconds: &f64| *seconds > 0.0 && *seconds <= 86_400.0);
    found.ok_or_else(|| format!("`{text}` is not a number of seconds above 0, 86400 at most"))
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let ReadHalves { manifest, deployment, digest } = ReadHalves::read(&arguments.folder, arguments.precision)?;
    let (profile, _) = load::profile(&arguments.profile)?;
    let predicted = match predicted(&manifest, profile.clone()) {
        Ok(predicted) => Some(predicted),
        Err(error) => {
            note!("note: nothing is predicted of sensor and aggregator: {error:#}");
            None
        }
    };
    let settings = AggregatorSettings {
        classes: manifest.classes.clone(),
        objects: arguments.objects,
        shared_link: profile.link.topology == Topology::Shared,
        predicted,
        wait: Duration::from_secs_f64(arguments.wait),
        timeout: Duration::from_secs_f64(arguments.timeout),
    };
    let aggregator = Aggregator::bind(arguments.listen.as_str(), deployment, digest, settings)
        .with_context(|| format!("{} can't be listened at", arguments.listen))?;
    if !aggregator.address()?.ip().is_loopback() {
        note!("warning: all who reach this address can join as a sensor, and codes are not encrypted");
    }
    let mut printer = Printer::new(arguments.json);
    let summary = aggregator.run(&mut |event| printer.print(&event))?;
    Ok(if summary.objects > 0 && summary.unanswered == 0 { Answer::Yes } else { Answer::No })
}

/// Seconds of each stage by the profile.
fn predicted(manifest: &ExportManifest, profile: Profile) -> Result<StageSeconds> {
    let run = NamedRun::open(Path::new(&manifest.run.path))?;
    let model = CostModel::new(run.manifest().search_space()?, profile)?;
    let mut knobs = model.knobs();
    knobs.sensors = manifest.views as u32;
    let latency = model.evaluate(&model.space().parse_design(&manifest.design)?, &knobs)?.latency;
    Ok(StageSeconds { sensor_s: latency.sensor_s, link_s: latency.link_s, aggregator_s: latency.aggregator_s })
}

/// Printer of events: JSON lines if asked for, else lines for people.
pub(super) struct Printer {
    json: bool,
    plan: Option<RunningPlan>,
    summary: RunningSummary,
    /// Tenths of the images that cameras have made, as printed.
    preparing: HashMap<u32, Option<u64>>,
    last: Option<Instant>,
}

/// State of a sensor that makes its images.
fn preparation(done: u32, total: u32) -> String {
    let share = f64::from(done) / f64::from(total.max(1));
    let shown = if total > 0 { format!(", {}", Dimension::Share.format(share)) } else { String::new() };
    format!("makes its images{shown}")
}

impl Printer {
    pub(super) fn new(json: bool) -> Self {
        Self { json, plan: None, summary: RunningSummary::default(), preparing: HashMap::new(), last: None }
    }

    /// Prints an event.
    pub(super) fn print(&mut self, event: &RunningEvent) {
        let text = if self.json { serde_json::to_string(event).ok() } else { self.sentence(event) };
        if let Some(text) = text {
            // A reader that has gone does not end the work.
            mention!("{}", ascii(&text));
        }
    }

    /// Lines of an event; of the objects only some are printed.
    fn sentence(&mut self, event: &RunningEvent) -> Option<String> {
        Some(match event {
            RunningEvent::Listening(plan) => {
                self.plan = Some(plan.clone());
                let RunningPlan { address, design, precision, views, link_bytes, .. } = plan;
                let (precision, bytes) = (precision.name(), Dimension::Bytes.format(*link_bytes as f64));
                format!("listening at {address} for {views} cameras of {design} in {precision}, {bytes} each")
            }
            RunningEvent::Preparing { camera, done, total } => {
                let shown = (*total > 0).then(|| u64::from(*done) * 10 / u64::from(*total));
                // The first sign and each tenth of the images.
                if self.preparing.insert(*camera, shown) == Some(shown) {
                    return None;
                }
                format!("camera {camera} {}", preparation(*done, *total))
            }
            RunningEvent::Joined { camera, peer, bytes_per_s } => {
                let speed = |speed| format!(" at {}", Dimension::Bandwidth.format(speed));
                format!("camera {camera} has joined from {peer}{}", bytes_per_s.map(speed).unwrap_or_default())
            }
            RunningEvent::Lost { camera, reason } => format!("camera {camera} is lost: {reason}"),
            RunningEvent::Refused { peer, reason } => format!("{peer} was turned away: {reason}"),
            RunningEvent::Object(object) => return self.object(object),
            RunningEvent::Ended(summary) => self.ended(summary),
        })
    }

    fn object(&mut self, object: &RunningObject) -> Option<String> {
        self.summary.add(object, self.plan.as_ref().map_or(0, |plan| plan.views));
        if self.last.is_some_and(|last| last.elapsed() < PRINT_INTERVAL) {
            return None;
        }
        self.last = Some(Instant::now());
        let measured = object.measured;
        let [sensor, link, aggregator] = [measured.sensor_s, measured.link_s, measured.aggregator_s].map(time);
        Some(format!(
            "{} objects, accuracy {}; sensor {sensor}, link {link}, aggregator {aggregator}, {} cameras",
            self.summary.objects,
            Metric::Accuracy.format(self.summary.accuracy()),
            object.cameras.len(),
        ))
    }

    fn ended(&self, summary: &RunningSummary) -> String {
        let RunningSummary { objects, correct, complete, complete_correct, unanswered, measured, .. } = *summary;
        let mut lines =
            vec![format!("accuracy {} ({correct} of {objects} objects)", Metric::Accuracy.format(summary.accuracy()))];
        if complete < objects {
            lines.push(format!("of {complete} objects that all cameras saw, {complete_correct} are right"));
        }
        if unanswered > 0 {
            lines.push(format!("of {unanswered} objects no view arrived"));
        }
        let bytes = |bytes: u64| Dimension::Bytes.format(bytes as f64);
        lines.push(format!(
            "{} of codes, and {} of the protocol besides, in {}",
            bytes(summary.code_bytes),
            bytes(summary.protocol_bytes),
            time(summary.seconds)
        ));
        let predicted = self.plan.as_ref().and_then(|plan| plan.predicted);
        lines.push(format!("{:<12}{:>12}{:>12}", "stage", "measured", "predicted"));
        let rows = [
            ("sensor", measured.sensor_s, predicted.map(|stages| stages.sensor_s)),
            ("link", measured.link_s, summary.link_model_s),
            ("aggregator", measured.aggregator_s, predicted.map(|stages| stages.aggregator_s)),
        ];
        for (name, measured, predicted) in rows {
            lines.push(format!("{name:<12}{:>12}{:>12}", time(measured), predicted.map_or("-".to_owned(), time)));
        }
        lines.join("\n")
    }
}

fn time(seconds: f64) -> String {
    Dimension::Time.format(seconds)
}
