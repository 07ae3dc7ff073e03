//! Process that leads: asks the sensors, fuses what comes, and classifies.

mod arrivals;

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::error::WireError;
use super::frame::HEADER;
use super::joining::Entrance;
use super::message::WireMessage;
use super::pacing::{self, Pacing};
use super::roster::{LostSensor, Roster, SensorAnswer};
use super::sensor::out_of_turn;
use crate::deploy::deployment::Deployment;
use crate::deploy::values::TensorValues;
use crate::deploy::verification::largest;
use crate::quantity::number::median;
use crate::record::{RunningEvent, RunningObject, RunningPlan, RunningSummary, StageSeconds};

/// Bytes of the protocol for each camera and object besides the codes: four headers, class and seconds of the answer,
/// and the wait before the codes are sent.
const PROTOCOL_BYTES: u64 = 4 * HEADER as u64 + 10 + 8;
/// Connections beyond one for each camera that may not have said who they are at a time.
const SPARE_PLACES: usize = 8;

/// Settings of an aggregator.
#[derive(Debug, Clone)]
pub struct AggregatorSettings {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Objects to classify, at most; `None` for all test objects.
    pub objects: Option<u32>,
    /// One camera sends after the other.
    pub shared_link: bool,
    /// Seconds of each stage by a profile.
    pub predicted: Option<StageSeconds>,
    /// Longest wait for sensors to join, from the last sign of one that makes its images.
    pub wait: Duration,
    /// Longest wait for a message, besides the time that the link takes.
    pub timeout: Duration,
}

/// Aggregator of a design that listens for its sensors.
#[derive(Debug)]
pub struct Aggregator {
    listener: TcpListener,
    deployment: Deployment,
    digest: String,
    settings: AggregatorSettings,
    /// Clock by which it waits for sensors.
    pub(super) clock: fn() -> Instant,
}

/// State of a split that runs.
struct RunningSplit<'a> {
    deployment: &'a Deployment,
    digest: &'a str,
    settings: &'a AggregatorSettings,
    entrance: Entrance,
    roster: Roster,
    /// Fingerprint and number of the objects of the sensor that joined last.
    data: Option<(u64, u32)>,
    /// `true` once objects are shown: all sensors to come must have those.
    has_begun: bool,
    clock: fn() -> Instant,
    tell: &'a mut dyn FnMut(RunningEvent),
}

/// Codes and times of an object, as far as they have come.
struct ObjectCodes {
    label: u16,
    sensor_s: f64,
    link_s: f64,
    link_model_s: Option<f64>,
    /// Cameras and their codes, ascending.
    codes: Vec<(usize, TensorValues)>,
}

impl Aggregator {
    /// Listens at an address; port 0 takes a free one. `digest` is the SHA-256 of the file of the design.
    ///
    /// # Errors
    /// The address can't be had.
    pub fn bind(
        address: impl ToSocketAddrs,
        deployment: Deployment,
        digest: String,
        settings: AggregatorSettings,
    ) -> Result<Self, WireError> {
        Ok(Self { listener: TcpListener::bind(address)?, deployment, digest, settings, clock: Instant::now })
    }

    /// Address that sensors connect to.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> Result<SocketAddr, WireError> {
        Ok(self.listener.local_addr()?)
    }

    /// Waits for the sensors, classifies the objects, and ends the sensors. A sensor that is lost or late costs its
    /// view; it may come again.
    ///
    /// # Errors
    /// No sensor comes within the time before any object was classified, or the aggregator half can't be run.
    pub fn run(self, tell: &mut dyn FnMut(RunningEvent)) -> Result<RunningSummary, WireError> {
        let address = self.address()?;
        let Self { listener, deployment, digest, settings, clock } = self;
        let code_bytes = deployment.link.bytes();
        tell(RunningEvent::Listening(RunningPlan {
            address: address.to_string(),
            design: deployment.design.clone(),
            precision: deployment.precision,
            views: deployment.views as u32,
            link_bytes: code_bytes,
            objects: settings.objects,
            classes: settings.classes.clone(),
            shared_link: settings.shared_link,
            predicted: settings.predicted,
        }));
        let mut running = RunningSplit {
            deployment: &deployment,
            digest: &digest,
            settings: &settings,
            entrance: Entrance::open(listener, deployment.views + SPARE_PLACES, settings.timeout)?,
            roster: Roster::new(deployment.views, code_bytes as usize, settings.timeout),
            data: None,
            has_begun: false,
            clock,
            tell,
        };
        let summary = running.run()?;
        running.roster.end();
        (running.tell)(RunningEvent::Ended(summary));
        Ok(summary)
    }
}

impl RunningSplit<'_> {
    fn run(&mut self) -> Result<RunningSummary, WireError> {
        let views = self.deployment.views;
        self.wait_for(views)?;
        self.has_begun = true;
        let (mut summary, mut stages, mut models) = (RunningSummary::default(), Vec::new(), Vec::new());
        let all = self.data.map_or(0, |(_, objects)| objects);
        let started = Instant::now();
        let end = self.settings.objects.unwrap_or(all).min(all);
        for object in 0..end {
            while let Some(news) = self.entrance.take() {
                self.receive(news);
            }
            if self.roster.cameras().is_empty() {
                match self.wait_for(1) {
                    // The objects classified so far still count.
                    Err(WireError::NoSensors(_)) if summary.objects > 0 => {
                        summary.unanswered += end - object;
                        break;
                    }
                    waited => waited?,
                }
            }
            let Some(found) = self.object(object)? else {
                summary.unanswered += 1;
                continue;
            };
            summary.add(&found, views as u32);
            stages.push(found.measured);
            models.push(found.link_model_s);
            (self.tell)(RunningEvent::Object(found));
        }
        let stage = |seconds: fn(&StageSeconds) -> f64| median(stages.iter().map(seconds).collect());
        summary.measured = StageSeconds {
            sensor_s: stage(|stages| stages.sensor_s),
            link_s: stage(|stages| stages.link_s),
            aggregator_s: stage(|stages| stages.aggregator_s),
        };
        summary.link_model_s = models.into_iter().collect::<Option<Vec<f64>>>().map(median);
        summary.seconds = started.elapsed().as_secs_f64();
        Ok(summary)
    }

    /// Notes sensors that have gone while no answer was awaited.
    fn sweep(&mut self) {
        let lost = self.roster.sweep();
        self.tell_lost(lost);
    }

    /// Shows an object to the sensors; `None` if no view of it arrives.
    fn object(&mut self, object: u32) -> Result<Option<RunningObject>, WireError> {
        let Some(arrived) = self.codes(object) else { return Ok(None) };
        let cameras: Vec<usize> = arrived.codes.iter().map(|(camera, _)| *camera).collect();
        let codes = arrived.codes.into_iter().map(|(_, codes)| codes).collect();
        let started = Instant::now();
        let logits = self.deployment.conclude_with(TensorValues::joined(codes), &cameras)?;
        let aggregator_s = started.elapsed().as_secs_f64();
        let views = cameras.len() as u64;
        Ok(Some(RunningObject {
            object,
            label: arrived.label,
            class: largest(&logits) as u16,
            cameras: cameras.iter().map(|&camera| camera as u32).collect(),
            code_bytes: views * self.deployment.link.bytes(),
            protocol_bytes: views * PROTOCOL_BYTES,
            measured: StageSeconds { sensor_s: arrived.sensor_s, link_s: arrived.link_s, aggregator_s },
            link_model_s: arrived.link_model_s,
        }))
    }

    /// Codes of an object from all sensors that are there.
    fn codes(&mut self, object: u32) -> Option<ObjectCodes> {
        self.ask(object, |_| WireMessage::Sense);
        let (mut class, mut sensor_s) = (None, 0.0_f64);
        let cameras = self.roster.cameras();
        let lost = self.roster.gather(object, &cameras, Duration::ZERO, &mut |answer| {
            let (label, seconds) = match answer.message {
                WireMessage::Sensed { label, seconds } => (label, seconds),
                other => return Err(out_of_turn(other)),
            };
            if *class.get_or_insert(label) != label {
                let reason = format!("it says that object {object} is of class {label}, unlike another sensor");
                return Err(WireError::Content(reason));
            }
            sensor_s = sensor_s.max(seconds);
            Ok(())
        });
        self.tell_lost(lost);

        let sensors: Vec<_> =
            self.roster.cameras().into_iter().map(|camera| (camera, self.roster.pacing(camera))).collect();
        let turns = Turns::new(&sensors, self.settings.shared_link, self.deployment.link.bytes());
        let started = Instant::now();
        self.ask(object, |camera| WireMessage::Send(turns.wait_s[camera]));
        let (mut codes, mut last) = (Vec::new(), started);
        let (cameras, link) = (self.roster.cameras(), self.deployment.link);
        let extra = pacing::seconds(turns.model_s.unwrap_or_default());
        let lost = self.roster.gather(object, &cameras, extra, &mut |SensorAnswer { camera, at, message }| {
            match message {
                WireMessage::Codes(bytes) => codes.push((camera, link.unpack(&bytes)?)),
                other => return Err(out_of_turn(other)),
            }
            last = last.max(at);
            Ok(())
        });
        self.tell_lost(lost);
        codes.sort_by_key(|(camera, _)| *camera);
        let link_s = last.duration_since(started).as_secs_f64();
        if codes.is_empty() {
            return None;
        }
        let label = class?;
        Some(ObjectCodes { label, sensor_s, link_s, link_model_s: turns.model_s, codes })
    }

    /// Sends a message about an object to all sensors.
    fn ask(&mut self, object: u32, message: impl Fn(usize) -> WireMessage) {
        for camera in self.roster.cameras() {
            let lost = self.roster.tell(camera, object, &message(camera)).err();
            self.tell_lost(lost);
        }
    }

    fn tell_lost(&mut self, lost: impl IntoIterator<Item = LostSensor>) {
        for LostSensor { camera, reason } in lost {
            (self.tell)(RunningEvent::Lost { camera: camera as u32, reason: reason.to_string() });
        }
    }
}

/// Seconds that each camera waits before it sends, and that all of them take by the model of the link.
struct Turns {
    wait_s: Vec<f64>,
    model_s: Option<f64>,
}

impl Turns {
    /// Turns of sensors by camera, ascending: on a shared link each waits until those before it are through, and the
    /// latency is that of one transfer.
    fn new(sensors: &[(usize, Option<Pacing>)], is_shared: bool, bytes: u64) -> Self {
        let mut wait_s = vec![0.0; sensors.last().map_or(0, |(last, _)| last + 1)];
        let (mut before, mut model_s) = (0.0, 0.0_f64);
        for &(camera, pacing) in sensors {
            wait_s[camera] = before;
            model_s = model_s.max(before + pacing.map_or(0.0, |pacing| pacing.seconds(bytes)));
            if is_shared {
                before += pacing.map_or(0.0, |pacing| pacing.transfer_s(bytes));
            }
        }
        let are_paced = sensors.iter().all(|(_, pacing)| pacing.is_some());
        Self { wait_s, model_s: are_paced.then_some(model_s) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_takes_what_the_cost_model_says() {
        let pacing = Some(Pacing { bytes_per_s: 200_000.0, latency_s: 50e-6 });
        let sensors = [(0, pacing), (2, pacing), (3, pacing)];
        let shared = Turns::new(&sensors, true, 512);
        assert!((shared.model_s.unwrap() - (50e-6 + 3.0 * 512.0 / 200_000.0)).abs() < 1e-12);
        assert_eq!(shared.wait_s, [0.0, 0.0, 512.0 / 200_000.0, 2.0 * 512.0 / 200_000.0]);
        let dedicated = Turns::new(&sensors, false, 512);
        assert!((dedicated.model_s.unwrap() - (50e-6 + 512.0 / 200_000.0)).abs() < 1e-12);
        assert_eq!(Turns::new(&[(0, pacing), (1, None)], true, 512).model_s, None);
    }
}
