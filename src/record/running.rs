//! Records of a split that runs: sensors and an aggregator as processes with a link between them.

use serde::{Deserialize, Serialize};

use super::Precision;

/// Progress of a split that runs, as its aggregator tells it: one JSON object with its kind in `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RunningEvent {
    /// The aggregator waits for sensors.
    Listening(RunningPlan),
    /// A sensor is there and makes its images before it joins.
    Preparing {
        /// Its camera, counted from 0.
        camera: u32,
        /// Objects that are ready.
        done: u32,
        /// Objects in all; 0 while it is not known.
        total: u32,
    },
    /// A sensor has joined.
    Joined {
        /// Its camera, counted from 0.
        camera: u32,
        /// Address that it came from.
        peer: String,
        /// Bytes a second that it sends at; absent if it sends as fast as it can.
        bytes_per_s: Option<f64>,
    },
    /// A sensor is lost; the views of the others are fused.
    Lost {
        /// Its camera.
        camera: u32,
        /// Cause.
        reason: String,
    },
    /// A process that wanted to join was turned away.
    Refused {
        /// Address that it came from.
        peer: String,
        /// Cause.
        reason: String,
    },
    /// An object was classified.
    Object(RunningObject),
    /// All objects have been shown.
    Ended(RunningSummary),
}

/// Split that is about to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunningPlan {
    /// Address that sensors connect to.
    pub address: String,
    /// Design as it is printed.
    pub design: String,
    /// Numbers of both halves.
    pub precision: Precision,
    /// Cameras.
    pub views: u32,
    /// Bytes that each camera sends of an object.
    pub link_bytes: u64,
    /// Objects to classify, at most; absent for all.
    pub objects: Option<u32>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// `true` if one camera sends after the other.
    pub shared_link: bool,
    /// Seconds of each stage by the profile; absent if they are not known.
    pub predicted: Option<StageSeconds>,
}

/// Seconds of the stages of a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct StageSeconds {
    /// The slowest sensor half.
    pub sensor_s: f64,
    /// From the permission to send until the last byte has come.
    pub link_s: f64,
    /// The aggregator.
    pub aggregator_s: f64,
}

/// An object that was classified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunningObject {
    /// Its place among the test objects.
    pub object: u32,
    /// Its class.
    pub label: u16,
    /// The class that the aggregator found.
    pub class: u16,
    /// Cameras whose views were fused.
    pub cameras: Vec<u32>,
    /// Bytes of codes that crossed the link.
    pub code_bytes: u64,
    /// Bytes of the protocol besides, both directions together.
    pub protocol_bytes: u64,
    /// Measured seconds of each stage.
    pub measured: StageSeconds,
    /// Seconds that the link takes by its model; absent if a sensor sends as fast as it can.
    pub link_model_s: Option<f64>,
}

/// Result of a split that ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct RunningSummary {
    /// Objects classified.
    pub objects: u32,
    /// Those classified rightly.
    pub correct: u32,
    /// Objects that all cameras saw.
    pub complete: u32,
    /// Those of them classified rightly.
    pub complete_correct: u32,
    /// Objects of which no view arrived.
    pub unanswered: u32,
    /// Bytes of codes that crossed the link.
    pub code_bytes: u64,
    /// Bytes of the protocol besides.
    pub protocol_bytes: u64,
    /// Median seconds of each stage.
    pub measured: StageSeconds,
    /// Median seconds of the link by its model; absent if a sensor sent as fast as it could.
    pub link_model_s: Option<f64>,
    /// Seconds from the first object to the last.
    pub seconds: f64,
}

impl RunningObject {
    /// Returns `true` if the class is the right one.
    pub fn is_correct(&self) -> bool {
        self.class == self.label
    }
}

impl RunningSummary {
    /// Share of the objects classified rightly.
    pub fn accuracy(&self) -> f64 {
        f64::from(self.correct) / f64::from(self.objects.max(1))
    }

    /// Adds an object that `views` cameras were to see; the medians stay as they are.
    pub fn add(&mut self, object: &RunningObject, views: u32) {
        let (correct, complete) = (u32::from(object.is_correct()), object.cameras.len() as u32 == views);
        self.objects += 1;
        self.correct += correct;
        self.code_bytes += object.code_bytes;
        self.protocol_bytes += object.protocol_bytes;
        if complete {
            self.complete += 1;
            self.complete_correct += correct;
        }
    }
}
