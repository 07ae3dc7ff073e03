//! A split that runs, as far as its events have told.

use crate::record::{RunningEvent, RunningObject, RunningPlan, RunningSummary, StageSeconds};

/// Sensor of a split that runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum WatchedSensor {
    /// It has not come yet.
    #[default]
    Awaited,
    /// It makes its images: how many of them are ready, and of how many, 0 while that is not known.
    Preparing(u32, u32),
    /// It is at work, and sends so many bytes a second if it keeps to a speed.
    AtWork(Option<f64>),
    /// It is lost, for this reason.
    Lost(String),
}

/// A split that runs, as far as its events have told.
#[derive(Clone, Debug, Default)]
pub(crate) struct WatchedSplit {
    /// The split; `None` until the aggregator listens.
    pub(crate) plan: Option<RunningPlan>,
    /// Sensors by camera.
    pub(crate) sensors: Vec<WatchedSensor>,
    /// Objects classified so far.
    pub(crate) summary: RunningSummary,
    /// The last object.
    pub(crate) last: Option<RunningObject>,
    /// Sums of the measured seconds of each stage.
    sums: StageSeconds,
    /// Sum of the seconds of the link by its model; `None` if a sensor keeps to no speed.
    model_sum: Option<f64>,
    /// Reason for which it has ended, once it has.
    pub(crate) ended: Option<String>,
}

impl WatchedSplit {
    /// Takes an event in.
    pub(crate) fn apply(&mut self, event: RunningEvent) {
        match event {
            RunningEvent::Listening(plan) => {
                self.sensors = vec![WatchedSensor::default(); plan.views as usize];
                self.model_sum = Some(0.0);
                self.plan = Some(plan);
            }
            RunningEvent::Preparing { camera, done, total } => {
                self.set(camera, WatchedSensor::Preparing(done, total));
            }
            RunningEvent::Joined { camera, bytes_per_s, .. } => {
                self.set(camera, WatchedSensor::AtWork(bytes_per_s));
            }
            RunningEvent::Lost { camera, reason } => self.set(camera, WatchedSensor::Lost(reason)),
            RunningEvent::Refused { .. } => {}
            RunningEvent::Object(object) => self.add(object),
            RunningEvent::Ended(summary) => {
                self.summary = summary;
                self.ended = Some("all objects have been shown".to_owned());
            }
        }
    }

    fn set(&mut self, camera: u32, sensor: WatchedSensor) {
        if let Some(place) = self.sensors.get_mut(camera as usize) {
            *place = sensor;
        }
    }

    fn add(&mut self, object: RunningObject) {
        self.summary.add(&object, self.sensors.len() as u32);
        let StageSeconds { sensor_s, link_s, aggregator_s } = object.measured;
        self.sums.sensor_s += sensor_s;
        self.sums.link_s += link_s;
        self.sums.aggregator_s += aggregator_s;
        self.model_sum = self.model_sum.zip(object.link_model_s).map(|(sum, model)| sum + model);
        self.last = Some(object);
    }

    /// Mean seconds of each stage, measured.
    pub(crate) fn measured(&self) -> Option<StageSeconds> {
        let objects = f64::from(self.summary.objects);
        let StageSeconds { sensor_s, link_s, aggregator_s } = self.sums;
        (objects > 0.0).then(|| StageSeconds {
            sensor_s: sensor_s / objects,
            link_s: link_s / objects,
            aggregator_s: aggregator_s / objects,
        })
    }

    /// Mean seconds of the link by its model.
    pub(crate) fn link_model_s(&self) -> Option<f64> {
        let objects = f64::from(self.summary.objects);
        if objects > 0.0 { self.model_sum.map(|sum| sum / objects) } else { None }
    }
}
