//! A split that runs: an aggregator and its sensors as child processes, which end with this value.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::error::RunError;
use crate::record::RunningEvent;

/// Seconds that the aggregator waits for its sensors: on a busy machine they take long to have their objects ready.
const SENSOR_WAIT_S: &str = "600";

/// Time between two looks at whether the sensors that are waited for are still there.
const SENSOR_POLL: Duration = Duration::from_millis(500);

/// Files and settings of a split that is to run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SplitSettings {
    /// Folder of the exported design.
    pub(crate) folder: PathBuf,
    /// Bandwidth of each sensor's link in bytes a second, in place of the profile's.
    pub(crate) bandwidth: Option<f64>,
    /// Objects to classify, at most.
    pub(crate) objects: Option<u32>,
}

/// An aggregator and its sensors. Sensors start once the aggregator listens.
pub(crate) struct SplitProcesses {
    program: PathBuf,
    settings: SplitSettings,
    aggregator: SplitProcess,
    address: String,
    sensors: Vec<Option<SplitProcess>>,
    /// A sensor has joined the aggregator, which tells from then on if one is lost.
    has_joined: bool,
    events: Receiver<RunningEvent>,
}

/// Child process, which ends with this value, and the thread that reads its errors.
struct SplitProcess {
    child: Child,
    errors: Option<JoinHandle<Option<String>>>,
}

impl SplitProcess {
    /// Starts a process; its standard output is kept for the caller if that is asked for.
    fn start(mut command: Command, keeps_output: bool) -> std::io::Result<Self> {
        let output = if keeps_output { Stdio::piped() } else { Stdio::null() };
        let mut child = command.stdin(Stdio::null()).stdout(output).stderr(Stdio::piped()).spawn()?;
        let errors = child.stderr.take().map(|errors| {
            thread::spawn(move || {
                let lines = BufReader::new(errors).lines().map_while(Result::ok);
                lines.filter_map(|line| line.strip_prefix("error: ").map(str::to_owned)).last()
            })
        });
        Ok(Self { child, errors })
    }

    fn is_at_work(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn has_failed(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(status)) if !status.success())
    }

    /// The last error that it told, once it has ended; `None` if it told none.
    fn error(&mut self) -> Option<String> {
        self.errors.take()?.join().ok()?
    }
}

impl Drop for SplitProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
        let mut aggregator = SplitProcess::start(command, true).map_err(not_started)?;
        let output = aggregator.child.stdout.take();
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines().map_while(Result::ok));
            let mut found = lines.filter_map(|line| serde_json::from_str(&line).ok());
            found.all(|event| sender.send(event).is_ok())
        });
        let (program, settings) = (program.to_owned(), settings.clone());
        let (address, sensors, has_joined) = (String::new(), Vec::new(), false);
        Ok(Self { program, settings, aggregator, address, sensors, has_joined, events })
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

    /// Waits for the next event; `None` once there can be no more, as when all sensors fail before they join.
    ///
    /// # Errors
    /// A sensor can't be started.
    pub(crate) fn wait(&mut self) -> Result<Option<RunningEvent>, RunError> {
        loop {
            match self.events.recv_timeout(SENSOR_POLL) {
                Ok(event) => {
                    self.take(&event)?;
                    return Ok(Some(event));
                }
                Err(RecvTimeoutError::Timeout) if !self.is_without_sensors() => {}
                Err(_) => return Ok(None),
            }
        }
    }

    /// Returns `true` if all sensors have failed before one joined: the aggregator would wait for them in vain.
    fn is_without_sensors(&mut self) -> bool {
        let mut sensors = self.sensors.iter_mut();
        !self.has_joined
            && sensors.len() > 0
            && sensors.all(|sensor| sensor.as_mut().is_some_and(SplitProcess::has_failed))
    }

    /// Reason for which there are no more events: the error of the aggregator, and those of sensors that have ended.
    pub(crate) fn ending(&mut self) -> String {
        let mut words = if self.is_without_sensors() {
            "no sensor has joined".to_owned()
        } else {
            self.aggregator.error().unwrap_or_else(|| "the aggregator has ended".to_owned())
        };
        for (camera, sensor) in self.sensors.iter_mut().enumerate() {
            let Some(sensor) = sensor.as_mut() else { continue };
            // One that is at work still has told no error.
            if let Some(error) = if sensor.is_at_work() { None } else { sensor.error() } {
                words = format!("{words}; camera {camera}: {error}");
            }
        }
        words
    }

    fn take(&mut self, event: &RunningEvent) -> Result<(), RunError> {
        self.has_joined |= matches!(event, RunningEvent::Joined { .. });
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
        if !sensor.as_mut().is_some_and(SplitProcess::is_at_work) {
            return self.start_sensor(camera);
        }
        *sensor = None;
        Ok(())
    }

    fn start_sensor(&mut self, camera: usize) -> Result<(), RunError> {
        let mut command = Command::new(&self.program);
        command.arg("sensor").arg(&self.settings.folder).args(["--to", &self.address]);
        command.args(["--camera", &camera.to_string()]);
        if let Some(bandwidth) = self.settings.bandwidth {
            command.args(["--bandwidth", &bandwidth.to_string()]);
        }
        let not_started = |source| RunError::NotStarted { program: self.program.clone(), source };
        self.sensors[camera] = Some(SplitProcess::start(command, false).map_err(not_started)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    /// Program whose aggregator waits for its sensors, which fail.
    const PROGRAM: &str = r#"#!/bin/sh
[ "$1" = aggregator ] || { echo "error: no camera" >&2; exit 1; }
echo '{"kind":"listening","address":"nowhere","design":"d","precision":"int8","views":2,"link_bytes":1,'\
'"objects":null,"classes":[],"shared_link":false,"predicted":null}'
exec sleep 3600
"#;

    #[test]
    fn sensors_that_fail_before_they_join_end_the_split() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        fs::write(&program, PROGRAM).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let settings = SplitSettings { folder: folder.path().to_owned(), bandwidth: None, objects: None };
        let mut processes = SplitProcesses::start(&program, &settings).unwrap();
        assert!(matches!(processes.wait().unwrap(), Some(RunningEvent::Listening(_))));
        assert!(processes.wait().unwrap().is_none());
        assert_eq!(processes.ending(), "no sensor has joined; camera 0: no camera; camera 1: no camera");
    }
}
