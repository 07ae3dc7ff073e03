//! Statements on checkpoints.

use postgres::Row;

use super::Postgres;
use super::session::Listeners;
use crate::run::error::RunError;
use crate::run::store::checkpoints::{CheckpointFile, CheckpointRows};

/// Separates the hashes of a file's chunks in one text.
const SEPARATOR: &str = ",";

impl CheckpointRows for Postgres {
    fn checkpoint_names(&self) -> Result<Vec<String>, RunError> {
        let rows = self.rows("SELECT DISTINCT folder FROM checkpoint_files ORDER BY folder", &[])?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    fn checkpoint_files(&self, checkpoint: &str) -> Result<Vec<CheckpointFile>, RunError> {
        let rows = self.rows(
            "SELECT name, digest, chunks FROM checkpoint_files WHERE folder = $1 ORDER BY name",
            &[&checkpoint],
        )?;
        let file = |row: &Row| CheckpointFile { name: row.get(0), digest: row.get(1), chunks: row.get(2) };
        Ok(rows.iter().map(file).collect())
    }

    fn missing_chunks(&self, hashes: &[String]) -> Result<Vec<String>, RunError> {
        let rows = self.rows(
            "SELECT hash FROM unnest($1::text[]) AS asked (hash) \
             WHERE NOT EXISTS (SELECT FROM chunks WHERE chunks.hash = asked.hash)",
            &[&hashes],
        )?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    fn put_chunk(&self, hash: &str, content: &[u8]) -> Result<(), RunError> {
        let sql = "INSERT INTO chunks (hash, content) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.write(sql, &[&hash, &content], Listeners::None).map(drop)
    }

    fn chunk(&self, hash: &str) -> Result<Option<Vec<u8>>, RunError> {
        let rows = self.rows("SELECT content FROM chunks WHERE hash = $1", &[&hash])?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    fn put_checkpoint(&self, checkpoint: &str, files: &[CheckpointFile]) -> Result<bool, RunError> {
        let names: Vec<&str> = files.iter().map(|file| &*file.name).collect();
        let digests: Vec<&str> = files.iter().map(|file| &*file.digest).collect();
        let chunks: Vec<String> = files.iter().map(|file| file.chunks.join(SEPARATOR)).collect();
        let sql = "SELECT put_checkpoint($1, $2, $3, $4)";
        let rows = self.write(sql, &[&checkpoint, &names, &digests, &chunks], Listeners::Readers)?;
        Ok(rows.first().is_some_and(|row| row.get(0)))
    }

    fn drop_checkpoint(&self, checkpoint: &str) -> Result<(), RunError> {
        self.write("SELECT drop_checkpoint($1)", &[&checkpoint], Listeners::None).map(drop)
    }
}
