//! Statements on requests, designs that a search asks its workers to measure, and on the workers that come.

use std::time::Duration;

use super::measurements::key;
use super::session::Listeners;
use super::values::KeyValues;
use super::{LEASE_S, Postgres};
use crate::record::MeasurementKey;
use crate::run::error::RunError;
use crate::run::process::Process;
use crate::run::store::requests::RequestRows;
use crate::run::store::row::to_sql;

impl RequestRows for Postgres {
    fn enqueue(&self, key: &MeasurementKey) -> Result<(), RunError> {
        let KeyValues { design, views, lost, subset, step, precision } = KeyValues::of(key);
        self.write(
            "INSERT INTO requests (design, views, lost, subset, step, precision) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT DO NOTHING",
            &[&design, &views, &lost, &subset, &step, &precision],
            Listeners::Workers,
        )
        .map(drop)
    }

    fn dequeue(&self, key: &MeasurementKey) -> Result<(), RunError> {
        let KeyValues { design, views, lost, subset, step, precision } = KeyValues::of(key);
        self.write(
            "DELETE FROM requests WHERE design = $1 AND views = $2 AND lost = $3 AND subset = $4 AND step = $5 \
             AND precision = $6",
            &[&design, &views, &lost, &subset, &step, &precision],
            Listeners::None,
        )
        .map(drop)
    }

    fn dequeue_all(&self) -> Result<(), RunError> {
        self.write("DELETE FROM requests", &[], Listeners::None).map(drop)
    }

    fn requests(&self, step: u64) -> Result<Vec<MeasurementKey>, RunError> {
        let rows = self.rows(
            "SELECT design, views, lost, subset, step, precision FROM requests WHERE step = $1 ORDER BY id",
            &[&to_sql(step)],
        )?;
        Ok(rows.iter().filter_map(|row| key(row, 0)).collect())
    }

    fn requested_step(&self) -> Result<Option<u64>, RunError> {
        let rows = self.rows("SELECT step FROM requests ORDER BY id LIMIT 1", &[])?;
        Ok(rows.first().map(|row| row.get::<_, i64>(0).cast_unsigned()))
    }

    fn claim_request(&self, step: u64, ttl: Duration) -> Result<Option<MeasurementKey>, RunError> {
        let (step, process, ttl) = (to_sql(step), self.process.to_string(), Self::lease_s(ttl));
        // The one before may still hold, and is not the one that is asked for if this is made again.
        let name = self.claim_name.get() ^ 1;
        self.claim_name.set(name);
        let rows = self.write_again(
            &mut |connection, again| {
                connection.rows(
                    "SELECT design, views, lost, subset, step, precision FROM claim_request($1, $2, $3, $4, $5)",
                    &[&step, &process, &name, &ttl, &again],
                )
            },
            Listeners::None,
        )?;
        Ok(rows.first().and_then(|row| key(row, 0)))
    }

    /// Renews the claims of this process too.
    fn heartbeat(&self) -> Result<(), RunError> {
        let process = self.process.to_string();
        self.write(
            "WITH renewed AS (UPDATE claims SET expires = now_s() + $2 WHERE process = $1 AND expires > now_s()) \
             INSERT INTO workers (process, heartbeat) VALUES ($1, now_s()) \
             ON CONFLICT (process) DO UPDATE SET heartbeat = excluded.heartbeat",
            &[&process, &LEASE_S],
            Listeners::None,
        )
        .map(drop)
    }

    fn sign_off(&self, process: &Process) -> Result<(), RunError> {
        let process = process.to_string();
        self.write(
            "WITH freed AS (DELETE FROM claims WHERE process = $1 RETURNING *) UPDATE requests r SET free = true \
             FROM freed WHERE (r.design, r.views, r.lost, r.subset, r.step, r.precision) = \
             (freed.design, freed.views, freed.lost, freed.subset, freed.step, freed.precision)",
            &[&process],
            Listeners::Workers,
        )?;
        self.write("DELETE FROM workers WHERE process = $1", &[&process], Listeners::None).map(drop)
    }

    fn workers(&self, ttl: Duration) -> Result<usize, RunError> {
        let (process, ttl) = (self.process.to_string(), Self::lease_s(ttl));
        let sql = "SELECT count(*) FROM workers WHERE process <> $1 AND heartbeat > now_s() - $2";
        Ok(self.row(sql, &[&process, &ttl])?.get::<_, i64>(0) as usize)
    }
}
