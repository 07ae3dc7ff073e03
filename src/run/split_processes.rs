//! A split that runs: an aggregator and its sensors as child processes, which end with this value.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

use super::error::RunError;
use crate::record::RunningEvent;

/// Seconds that the aggregator waits for its sensors: on a busy machine they take long to have their objects ready.
const SENSOR_WAIT_S: &str = "600";

/// Files and settings of a split that is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SplitSettings {
    /// Folder of the exported design.
    pub(crate) folder: PathBuf,
    /// Bandwidth of each sensor's link in place of the profile's.
    pub(crate) bandwidth: Option<String>,
    /// Objects to classify, at most.
    pub(crate) objects: Option<u32>,
}

/// An aggregator and its sensors. Sensors start once the aggregator listens.
pub(crate) struct SplitProcesses {
    program: PathBuf,
    settings: SplitSettings,
    aggregator: Child,
    address: String,
    sensors: Vec<Option<Child>>,
    events: Receiver<RunningEvent>,
}

impl SplitProcesses {
    /// Starts the aggregator.
    ///
    /// # Errors
    /// The program can't be started.
    pub(crate) fn start(program: &Path, settings: &SplitSettings) -> Result<Self, RunError> {
        let mut command = Command::new(program);
        command.arg("aggregator").arg(&settings.folder).args(["--json", "--wait", SENSOR_WAIT_S]);
        if let Some(objects) = settings.objects {
            command.args(["--objects", &objects.to_string()]);
        }
        let not_started = |source| RunError::NotStarted { program: program.to_owned(), source };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut aggregator = command.spawn().map_err(not_started)?;
        let output = aggregator.stdout.take();
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines().map_while(Result::ok));
            let mut found = lines.filter_map(|line| serde_json::from_str(&line).ok());
            found.all(|event| sender.send(event).is_ok())
        });
        let (program, settings) = (program.to_owned(), settings.clone());
        Ok(Self { program, settings, aggregator, address: String::new(), sensors: Vec::new(), events })
    }

    /// Events that have come since the last call; `None` once there can be no more.
    ///
    /// # Errors
    /// A sensor can't be started.
    pub(crate) fn poll(&mut self) -> Result<Option<Vec<RunningEvent>>, RunError> {
        let mut found = Vec::new();
        loop {
            match self.events.try_recv() {
                Ok(event) => {
                    self.take(&event)?;
                    found.push(event);
                }
                Err(TryRecvError::Disconnected) if found.is_empty() => return Ok(None),
                Err(_) => return Ok(Some(found)),
            }
        }
    }

    /// Waits for the next event; `None` once there can be no more.
    ///
    /// # Errors
    /// A sensor can't be started.
    pub(crate) fn wait(&mut self) -> Result<Option<RunningEvent>, RunError> {
        let Ok(event) = self.events.recv() else { return Ok(None) };
        self.take(&event)?;
        Ok(Some(event))
    }

    fn take(&mut self, event: &RunningEvent) -> Result<(), RunError> {
        if let RunningEvent::Listening(plan) = event {
            self.address.clone_from(&plan.address);
            self.sensors = (0..plan.views).map(|_| None).collect();
            (0..self.sensors.len()).try_for_each(|camera| self.start_sensor(camera))?;
        }
        Ok(())
    }

    /// Ends the sensor of a camera, or starts one where none is at work.
    ///
    /// # Errors
    /// It can't be started.
    pub(crate) fn toggle(&mut self, camera: usize) -> Result<(), RunError> {
        let Some(sensor) = self.sensors.get_mut(camera) else { return Ok(()) };
        let is_at_work = sensor.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)));
        if !is_at_work {
            return self.start_sensor(camera);
        }
        if let Some(mut child) = sensor.take() {
            end(&mut child);
        }
        Ok(())
    }

    fn start_sensor(&mut self, camera: usize) -> Result<(), RunError> {
        let mut command = Command::new(&self.program);
        command.arg("sensor").arg(&self.settings.folder).args(["--to", &self.address]);
        command.args(["--camera", &camera.to_string()]);
        if let Some(bandwidth) = &self.settings.bandwidth {
            command.args(["--bandwidth", bandwidth]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let not_started = |source| RunError::NotStarted { program: self.program.clone(), source };
        self.sensors[camera] = Some(command.spawn().map_err(not_started)?);
        Ok(())
    }
}

impl Drop for SplitProcesses {
    fn drop(&mut self) {
        end(&mut self.aggregator);
        self.sensors.iter_mut().flatten().for_each(end);
    }
}

/// Ends a process, which may have ended already.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
