//! Statements on pictures of objects and on requests for them. Pictures are a cache: they can be made again.

use rusqlite::{OptionalExtension, Row, params};

use super::measurements::{KEY, KEY_COLUMNS, key, key_values};
use super::{Store, Stored, now};
use crate::record::{PictureKey, PictureRecord};
use crate::run::error::RunError;

/// Pictures that a run keeps; older ones go.
const KEPT_PICTURES: i64 = 200;
const PICTURE: &str =
    "SELECT id, time, process, design, views, lost, subset, step, precision, object, body FROM pictures";

/// Request for pictures of one object: design as printed, number of views, number of the test object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureRequest {
    /// The design as `SearchSpace::print_design` writes it.
    pub design: String,
    /// Number of cameras.
    pub views: u32,
    /// Number of the object among the test objects.
    pub object: u32,
}

impl Store {
    /// Keeps pictures and lifts the request for them.
    ///
    /// # Errors
    /// The database fails.
    pub fn record_pictures(&self, record: &PictureRecord) -> Result<(), RunError> {
        self.check()?;
        let PictureKey { design: key, object } = &record.key;
        let (design, views, lost, subset, step, precision) = key_values(key);
        let body = serde_json::to_string(&record.pictures).unwrap_or_default();
        self.transact(|db| {
            db.prepare_cached(&format!(
                "INSERT OR REPLACE INTO pictures ({KEY_COLUMNS}, object, body, process, time) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
            ))?
            .execute(params![
                design,
                views,
                lost,
                subset,
                step,
                precision,
                object,
                body,
                self.process.to_string(),
                now()
            ])?;
            db.execute("DELETE FROM pictures WHERE id <= (SELECT max(id) FROM pictures) - ?1", [KEPT_PICTURES])?;
            let request = params![design, views, object];
            db.execute("DELETE FROM picture_requests WHERE design = ?1 AND views = ?2 AND object = ?3", request)
                .map(drop)
        })
    }

    /// At most `limit` pictures after those with this id, in the order they came in. What can't be read is left out.
    ///
    /// # Errors
    /// The database fails.
    pub fn pictures_after(&self, id: i64, limit: usize) -> Result<Vec<Stored<PictureRecord>>, RunError> {
        self.rows_after(PICTURE, id, limit, picture)
    }

    /// Pictures of a key, if they are kept.
    ///
    /// # Errors
    /// The database fails.
    pub fn pictures(&self, key: &PictureKey) -> Result<Option<PictureRecord>, RunError> {
        let (design, views, lost, subset, step, precision) = key_values(&key.design);
        let found = self.run(|db| {
            db.prepare_cached(&format!("{PICTURE} WHERE {KEY} AND object = ?7"))?
                .query_row(params![design, views, lost, subset, step, precision, key.object], picture)
                .optional()
        })?;
        Ok(found.flatten().map(|stored| stored.value))
    }

    /// Requests pictures in place of all earlier requests: the explorer shows one object of one design.
    ///
    /// # Errors
    /// The database fails.
    pub fn request_pictures(&self, request: &PictureRequest) -> Result<(), RunError> {
        let PictureRequest { design, views, object } = request;
        self.transact(|db| {
            db.execute("DELETE FROM picture_requests", [])?;
            let values = params![design, views, object];
            db.execute("INSERT INTO picture_requests (design, views, object) VALUES (?1, ?2, ?3)", values).map(drop)
        })
    }

    /// The latest request for pictures.
    ///
    /// # Errors
    /// The database fails.
    pub fn picture_request(&self) -> Result<Option<PictureRequest>, RunError> {
        self.run(|db| {
            db.prepare_cached("SELECT design, views, object FROM picture_requests ORDER BY id DESC LIMIT 1")?
                .query_row([], |row| {
                    Ok(PictureRequest { design: row.get(0)?, views: row.get(1)?, object: row.get(2)? })
                })
                .optional()
        })
    }

    /// Takes a request back that can't be met.
    ///
    /// # Errors
    /// The database fails.
    pub fn drop_picture_request(&self, request: &PictureRequest) -> Result<(), RunError> {
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
    let (id, time, process) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let read = || -> rusqlite::Result<Option<PictureRecord>> {
        let key = PictureKey { design: key(row, 3)?, object: row.get(9)? };
        let pictures = serde_json::from_str(row.get_ref(10)?.as_str()?).ok();
        Ok(pictures.map(|pictures| PictureRecord { key, pictures }))
    };
    Ok(read().unwrap_or(None).map(|value| Stored { id, time, process, value }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Attacker, Bitmap, CameraPictures, MeasurementKey, ObjectPictures, Precision, Subset};

    fn record(object: u32) -> PictureRecord {
        let picture = Bitmap { width: 2, height: 1, channels: 1, values: vec![0, 255] };
        let camera = CameraPictures { seen: picture.clone(), sent: picture.clone(), rebuilt: picture, share: 0.5 };
        let key = MeasurementKey {
            design: "a".into(),
            views: 1,
            lost: 0,
            subset: Subset::Test,
            precision: Precision::Float,
            step: 100,
        };
        PictureRecord {
            key: PictureKey { design: key, object },
            pictures: ObjectPictures {
                of: 9,
                class: "plain".into(),
                code_shape: [1, 2, 1],
                bits: 8,
                attacker: Attacker::OneView,
                leak: 0.7,
                cameras: vec![camera],
            },
        }
    }

    #[test]
    fn pictures_lift_their_request_and_a_later_request_takes_the_place_of_an_earlier_one() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::create(&directory.path().join("run.db")).unwrap();
        assert_eq!(store.picture_request().unwrap(), None);
        let request = |object| PictureRequest { design: "a".into(), views: 1, object };
        store.request_pictures(&request(3)).unwrap();
        store.request_pictures(&request(4)).unwrap();
        assert_eq!(store.picture_request().unwrap(), Some(request(4)));
        store.record_pictures(&record(4)).unwrap();
        assert_eq!(store.picture_request().unwrap(), None);
        assert_eq!(store.pictures(&record(4).key).unwrap(), Some(record(4)));
        assert_eq!(store.pictures(&record(5).key).unwrap(), None);
        store.request_pictures(&request(5)).unwrap();
        store.drop_picture_request(&request(5)).unwrap();
        assert_eq!(store.picture_request().unwrap(), None);
    }

    #[test]
    fn old_pictures_go() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::create(&directory.path().join("run.db")).unwrap();
        for object in 0..=KEPT_PICTURES as u32 {
            store.record_pictures(&record(object)).unwrap();
        }
        assert_eq!(store.pictures_after(0, 1000).unwrap().len(), KEPT_PICTURES as usize);
        assert_eq!(store.pictures(&record(0).key).unwrap(), None);
    }
}
