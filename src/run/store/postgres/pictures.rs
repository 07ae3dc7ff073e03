//! Statements on pictures of objects and on requests for them.

use postgres::Row;

use super::Postgres;
use super::measurements::key;
use super::session::Listeners;
use super::values::KeyValues;
use crate::record::{PictureKey, PictureRecord};
use crate::run::error::RunError;
use crate::run::store::pictures::{KEPT_PICTURES, PictureRequest, PictureRows};
use crate::run::store::row::Stored;

impl PictureRows for Postgres {
    fn record_pictures(&self, record: &PictureRecord) -> Result<(), RunError> {
        let KeyValues { design, views, lost, subset, step, precision } = KeyValues::of(&record.key.design);
        let object = i64::from(record.key.object);
        let (body, process) = (serde_json::to_string(&record.pictures).unwrap_or_default(), self.process.to_string());
        self.write(
            "WITH lifted AS (DELETE FROM picture_requests WHERE design = $1 AND views = $2 AND object = $7), \
             old AS (DELETE FROM pictures WHERE id <= (SELECT max(id) FROM pictures) + 1 - $10 \
             AND (design, views, lost, subset, step, precision, object) <> ($1, $2, $3, $4, $5, $6, $7)) \
             INSERT INTO pictures (design, views, lost, subset, step, precision, object, body, process) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (design, views, lost, subset, step, precision, object) DO UPDATE SET \
             id = nextval('pictures_id'), body = excluded.body, process = excluded.process, time = now_s()",
            &[&design, &views, &lost, &subset, &step, &precision, &object, &body, &process, &KEPT_PICTURES],
            Listeners::Readers,
        )
        .map(drop)
    }

    fn pictures_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<PictureRecord>>, RunError> {
        let last = self.settled("SELECT settled('pictures', 'pictures_id')")?;
        self.sound_rows(
            "SELECT id, time, process, design, views, lost, subset, step, precision, object, body FROM pictures \
             WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
            (id, last),
            limit,
            picture,
        )
    }

    fn pictures(&self, key: &PictureKey) -> Result<Option<PictureRecord>, RunError> {
        let KeyValues { design, views, lost, subset, step, precision } = KeyValues::of(&key.design);
        let object = i64::from(key.object);
        let rows = self.rows(
            "SELECT id, time, process, design, views, lost, subset, step, precision, object, body FROM pictures \
             WHERE design = $1 AND views = $2 AND lost = $3 AND subset = $4 AND step = $5 AND precision = $6 \
             AND object = $7",
            &[&design, &views, &lost, &subset, &step, &precision, &object],
        )?;
        Ok(rows.first().and_then(picture).map(|stored| stored.value))
    }

    fn request_pictures(&self, request: &PictureRequest) -> Result<(), RunError> {
        let (views, object) = (i64::from(request.views), i64::from(request.object));
        self.write(
            "WITH earlier AS (DELETE FROM picture_requests) \
             INSERT INTO picture_requests (design, views, object) VALUES ($1, $2, $3)",
            &[&request.design, &views, &object],
            Listeners::Workers,
        )
        .map(drop)
    }

    fn picture_request(&self) -> Result<Option<PictureRequest>, RunError> {
        let rows = self.rows("SELECT design, views, object FROM picture_requests ORDER BY id DESC LIMIT 1", &[])?;
        let small = |row: &Row, column| u32::try_from(row.get::<_, i64>(column)).unwrap_or(u32::MAX);
        let request = |row: &Row| PictureRequest { design: row.get(0), views: small(row, 1), object: small(row, 2) };
        Ok(rows.first().map(request))
    }

    fn drop_picture_request(&self, request: &PictureRequest) -> Result<(), RunError> {
        let (views, object) = (i64::from(request.views), i64::from(request.object));
        self.write(
            "DELETE FROM picture_requests WHERE design = $1 AND views = $2 AND object = $3",
            &[&request.design, &views, &object],
            Listeners::None,
        )
        .map(drop)
    }
}

/// Reads a row; `None` if it is of a later version.
fn picture(row: &Row) -> Option<Stored<PictureRecord>> {
    let key = PictureKey { design: key(row, 3)?, object: u32::try_from(row.get::<_, i64>(9)).ok()? };
    let pictures = serde_json::from_str(row.get(10)).ok()?;
    Some(Stored { id: row.get(0), time: row.get(1), process: row.get(2), value: PictureRecord { key, pictures } })
}
