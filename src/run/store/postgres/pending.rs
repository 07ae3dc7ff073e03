//! Measurements that are recorded while their worker goes on.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::connection::Values;
use super::session::{Listeners, ServerSession};
use super::values::RecordValues;
use crate::record::{EVENT_VERSION, EvaluationRecord, Event, EventRecord, Measurement, Task};
use crate::run::error::RunError;
use crate::run::process::Process;

/// Measurement that a thread records.
pub(super) struct PendingRecord {
    measurement: Measurement,
    event: Event,
    /// Returns `false` if another measurement is as good.
    thread: JoinHandle<Result<bool, RunError>>,
}

impl PendingRecord {
    /// Records a measurement with its event, which has the number within the writer, and gives the news of it.
    pub(super) fn start(
        session: &Arc<Mutex<ServerSession>>,
        measurement: &Measurement,
        process: &Process,
        (writer, number): (i64, i64),
    ) -> Self {
        let event = Event::Evaluated(EvaluationRecord::new(measurement, None));
        let (session, process, written) = (Arc::clone(session), process.clone(), measurement.clone());
        let (version, kind) = (EVENT_VERSION, event.kind().to_owned());
        let body = EventRecord { task: Task::Search, event: event.clone() }.to_json();
        let record = move || {
            let row = RecordValues::of(&written, &process);
            let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
            let rows = session.write(
                &mut |connection, again| {
                    let more: Values<'_> = &[&writer, &number, &version, &kind, &body, &again];
                    connection.rows(
                        "CALL record_and_tell($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
                         $17, $18, $19, $20, $21, NULL, NULL)",
                        &[&row.values()[..], more].concat(),
                    )
                },
                Listeners::None,
            )?;
            let Some(answer) = rows.first() else { return Ok(false) };
            session.hear_of(answer.get(1));
            Ok(answer.get(0))
        };
        Self { measurement: measurement.clone(), event, thread: thread::spawn(record) }
    }

    /// Waits for the thread. Returns the measurement, its event, and `false` if another measurement is as good.
    ///
    /// # Errors
    /// The database fails.
    pub(super) fn join(self) -> Result<(Measurement, Event, bool), RunError> {
        let is_kept = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((self.measurement, self.event, is_kept))
    }
}
