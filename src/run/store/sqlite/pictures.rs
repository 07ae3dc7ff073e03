//! Statements on pictures of objects and on requests for them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::measurements::{KEY, KEY_COLUMNS, key};
use super::{Sqlite, sound};
use crate::record::{PictureKey, PictureRecord};
use crate::run::clock::now;
use crate::run::error::RunError;
use crate::run::store::database::Database;
use crate::run::store::measurements::key_values;
use crate::run::store::pictures::{KEPT_PICTURES, PictureRequest, PictureRows};
use crate::run::store::row::Stored;

const PICTURE: &str =
    "SELECT id, time, process, design, views, lost, subset, step, precision, object, body FROM pictures";

impl PictureRows for Sqlite {
    fn record_pictures(&self, record: &PictureRecord) -> Result<(), RunError> {
        self.check()?;
        let PictureKey { design: key, object } = &record.key;
        let (design, views, ..) = key_values(key);
        self.transact(|db| {
            insert(db, record, &self.process.to_string(), now())?;
            db.execute("DELETE FROM pictures WHERE id <= (SELECT max(id) FROM pictures) - ?1", [KEPT_PICTURES])?;
            let request = params![design, views, object];
            db.execute("DELETE FROM picture_requests WHERE design = ?1 AND views = ?2 AND object = ?3", request)
                .map(drop)
        })
    }

    fn pictures_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<PictureRecord>>, RunError> {
        self.rows_after(PICTURE, id, limit, picture)
    }

    fn pictures(&self, key: &PictureKey) -> Result<Option<PictureRecord>, RunError> {
        let (design, views, lost, subset, step, precision) = key_values(&key.design);
        let found = self.run(|db| {
            db.prepare_cached(&format!("{PICTURE} WHERE {KEY} AND object = ?7"))?
                .query_row(params![design, views, lost, subset, step, precision, key.object], picture)
                .optional()
        })?;
        Ok(found.flatten().map(|stored| stored.value))
    }

    fn request_pictures(&self, request: &PictureRequest) -> Result<(), RunError> {
        let PictureRequest { design, views, object } = request;
        self.transact(|db| {
            db.execute("DELETE FROM picture_requests", [])?;
            let values = params![design, views, object];
            db.execute("INSERT INTO picture_requests (design, views, object) VALUES (?1, ?2, ?3)", values).map(drop)
        })
    }

    fn picture_request(&self) -> Result<Option<PictureRequest>, RunError> {
        let request =
            |row: &Row<'_>| Ok(PictureRequest { design: row.get(0)?, views: row.get(1)?, object: row.get(2)? });
        let found = self.run(|db| {
            db.prepare_cached("SELECT design, views, object FROM picture_requests ORDER BY id DESC LIMIT 1")?
                .query_row([], |row| sound(row, request))
                .optional()
        })?;
        Ok(found.flatten())
    }

    fn drop_picture_request(&self, request: &PictureRequest) -> Result<(), RunError> {
        let PictureRequest { design, views, object } = request;
        self.run(|db| {
            let request = params![design, views, object];
            db.execute("DELETE FROM picture_requests WHERE design = ?1 AND views = ?2 AND object = ?3", request)
                .map(drop)
        })
    }
}

/// Reads a row of [`PICTURE`]; `None` if it is damaged or of a later version.
fn picture(row: &Row<'_>) -> rusqlite::Result<Option<Stored<PictureRecord>>> {
    let found = sound(row, |row| {
        let key = PictureKey { design: key(row, 3)?, object: row.get(9)? };
        let pictures = serde_json::from_str(row.get_ref(10)?.as_str()?).ok();
        let (id, time, process) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(pictures.map(|pictures| Stored { id, time, process, value: PictureRecord { key, pictures } }))
    })?;
    Ok(found.flatten())
}

/// Writes a row.
pub(super) fn insert(db: &Connection, record: &PictureRecord, process: &str, time: f64) -> rusqlite::Result<()> {
    let PictureKey { design: key, object } = &record.key;
    let (design, views, lost, subset, step, precision) = key_values(key);
    let body = serde_json::to_string(&record.pictures).unwrap_or_default();
    db.prepare_cached(&format!(
        "INSERT OR REPLACE INTO pictures ({KEY_COLUMNS}, object, body, process, time) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    ))?
    .execute(params![design, views, lost, subset, step, precision, object, body, process, time])
    .map(drop)
}
