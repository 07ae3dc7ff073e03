//! Maker of pictures: a process that the explorer keeps beside itself while pictures are shown. It loads a run once,
//! then answers the latest request in the run's database, and ends when its standard input is closed, which the end of
//! the explorer does, however that comes.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::RunDir;
use super::child::spawn_at_low_priority;
use super::error::RunError;
use super::evaluator::{EvaluatorOptions, RunEvaluator};
use super::store::PictureRequest;
use crate::files;
use crate::leak::DesignAttack;
use crate::record::{LeakMeasurement, PictureKey, PictureRecord, Subset};
use crate::text;
use crate::train::TrainError;

/// Time between two looks for requests.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Attack on a design, with its leak.
type LastAttack<'a> = (LeakMeasurement, DesignAttack<'a>);

impl RunEvaluator {
    /// Pictures of a test object of a design, as kept or made now; the leak of the design is measured on the way.
    ///
    /// # Errors
    /// The design is not of the space, there is no such object, a file of samples can't be read, or the database fails.
    pub(crate) fn pictures(&self, request: &PictureRequest) -> Result<PictureRecord, RunError> {
        let key = self.picture_key(request)?;
        if let Some(known) = self.store().pictures(&key)? {
            return Ok(known);
        }
        let record = self.make_pictures(&mut None, key)?;
        self.store().record_pictures(&record)?;
        Ok(record)
    }

    /// Meets a request on record. Pictures that are kept become the newest ones again: whoever asks for them has not
    /// kept them, and reads on from the newest that it knows.
    pub(super) fn answer_pictures<'a>(
        &'a self,
        last: &mut Option<LastAttack<'a>>,
        request: &PictureRequest,
    ) -> Result<(), RunError> {
        let key = self.picture_key(request)?;
        let record = match self.store().pictures(&key)? {
            Some(known) => known,
            None => self.make_pictures(last, key)?,
        };
        self.store().record_pictures(&record)
    }

    fn picture_key(&self, request: &PictureRequest) -> Result<PictureKey, RunError> {
        let PictureRequest { design, views, object } = request;
        let design = self.space().parse_design(design).map_err(TrainError::from)?;
        Ok(PictureKey { design: self.key(&design, *views, Subset::Test), object: *object })
    }

    /// Makes pictures. `last` keeps the attack on the last design, which other objects of it need too.
    fn make_pictures<'a>(
        &'a self,
        last: &mut Option<LastAttack<'a>>,
        key: PictureKey,
    ) -> Result<PictureRecord, RunError> {
        let PictureKey { design, object } = &key;
        if last.as_ref().is_none_or(|(leak, _)| leak.key != *design) {
            let mut attack = DesignAttack::new(self.evaluator(), design)?;
            let leak = match self.store().leak(design)? {
                Some(known) => known.value,
                None => attack.measure(false)?,
            };
            self.store().record_leak(&leak)?;
            *last = Some((leak, attack));
        }
        let (leak, attack) = last.as_mut().expect("it was made above");
        let pictures = attack.pictures(*object, &leak.figures)?;
        Ok(PictureRecord { key, pictures })
    }
}

/// Answers requests for pictures until standard input is closed. Requests that can't be met are dropped and told on
/// standard error.
///
/// # Errors
/// The run is untrained, its data can't be read, or the database fails.
pub(crate) fn serve_pictures(run: &RunDir) -> Result<(), RunError> {
    let closed = Arc::new(AtomicBool::new(false));
    let at_end = Arc::clone(&closed);
    thread::spawn(move || {
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        at_end.store(true, Ordering::Relaxed);
    });
    let mut evaluator = RunEvaluator::open(run, EvaluatorOptions::default(), &|_, _| {})?;
    while !closed.load(Ordering::Relaxed) {
        evaluator.refresh()?;
        serve_weights(&evaluator, &closed)?;
    }
    Ok(())
}

/// Answers requests until there are newer weights.
fn serve_weights(evaluator: &RunEvaluator, closed: &AtomicBool) -> Result<(), RunError> {
    let mut last = None;
    while !closed.load(Ordering::Relaxed) && !evaluator.is_outdated()? {
        evaluator.store().check()?;
        match evaluator.store().picture_request()? {
            Some(request) => {
                if let Err(error) = evaluator.answer_pictures(&mut last, &request) {
                    let told = format!("no pictures of {}: {error}\n", request.design);
                    // A log that can't be written to ends no work.
                    let _ = std::io::stderr().write_all(text::visible(&told).as_bytes());
                }
                evaluator.store().drop_picture_request(&request)?;
            }
            None => evaluator.store().wait(POLL_INTERVAL)?,
        }
    }
    Ok(())
}

/// A process that makes pictures; it ends with this value.
pub(crate) struct PictureMaker {
    child: Child,
    run: PathBuf,
}

impl PictureMaker {
    /// Starts `program` on a run. What it prints goes to the end of the run's log.
    ///
    /// # Errors
    /// The log can't be opened, or the program can't be started.
    pub(crate) fn start(program: &Path, run: &RunDir) -> Result<Self, RunError> {
        let log = run.log_path();
        let output = files::append(&log).map_err(|error| RunError::file("open", &log, error))?;
        let mut command = Command::new(program);
        command.args(["picture", "--serve"]).arg(run.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(output);
        run.admit(&mut command);
        // So that the screen's keys come first.
        spawn_at_low_priority(&mut command)
            .map(|child| Self { child, run: run.path().to_owned() })
            .map_err(|source| RunError::NotStarted { program: program.to_owned(), source })
    }

    /// Returns `true` if it works on another run than that of a directory.
    pub(crate) fn is_of_other(&self, run: &Path) -> bool {
        self.run != run
    }

    /// Returns `true` if the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for PictureMaker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
