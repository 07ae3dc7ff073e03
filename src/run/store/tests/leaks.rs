//! Leaks and pictures of objects.

use std::path::Path;

use super::execute;
use crate::record::{
    Attacker, Bitmap, CameraPictures, LeakFigures, LeakMeasurement, MeasurementKey, ObjectPictures, PictureKey,
    PictureRecord, Precision, Subset,
};
use crate::run::error::RunError;
use crate::run::store::pictures::KEPT_PICTURES;
use crate::run::store::{PictureRequest, Store};

pub(in crate::run::store) fn measured_leak(leak: f64, decoder: Option<f64>) -> LeakMeasurement {
    let key = MeasurementKey {
        design: "a".into(),
        views: 6,
        lost: 0,
        subset: Subset::Test,
        precision: Precision::Float,
        step: 100,
    };
    let figures = LeakFigures {
        leak,
        attacker: Attacker::OneView,
        one_view: leak,
        all_views: Some(0.1 + 0.2),
        decoder,
        label: 0.1,
        raw: 1.0,
        psnr_db: 20.0,
        ssim: 0.5,
        azimuth: None,
        elevation: Some(0.3),
        resolution: 32,
        fitted_objects: 10,
        samples: 5,
        seconds: 1.5,
        attack_seconds: 0.5,
    };
    LeakMeasurement { key, figures }
}

pub(in crate::run::store) fn pictures_of(object: u32) -> PictureRecord {
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

pub(super) fn a_leak_is_kept_whole_and_one_with_a_decoder_stays(path: &Path) {
    let store = Store::open(path).unwrap();
    let first = measured_leak(0.7, None);
    assert!(store.record_leak(&first).unwrap());
    assert_eq!(store.leak(&first.key).unwrap().unwrap().value, first);
    assert!(store.record_leak(&measured_leak(0.8, Some(0.8))).unwrap());
    assert!(!store.record_leak(&measured_leak(0.7, None)).unwrap());
    let all = store.leaks_after(0, 10).unwrap();
    assert_eq!((all.len(), all[0].value.figures.decoder), (1, Some(0.8)));
    assert!(matches!(store.record_leak(&measured_leak(1.5, None)), Err(RunError::NotAnAccuracy(_))));
}

pub(super) fn a_changed_digit_makes_no_answer_and_a_rollback_withdraws(path: &Path) {
    let store = Store::open(path).unwrap();
    let leak = measured_leak(0.7, None);
    store.record_leak(&leak).unwrap();
    execute(path, "UPDATE leaks SET leak = 0.1");
    assert_eq!(store.leak(&leak.key).unwrap(), None);
    store.record_leak(&leak).unwrap();
    store.withdraw_after(99).unwrap();
    assert_eq!(store.leak(&leak.key).unwrap(), None);
}

pub(super) fn pictures_lift_their_request_and_a_later_request_takes_the_place_of_an_earlier_one(path: &Path) {
    let store = Store::open(path).unwrap();
    assert_eq!(store.picture_request().unwrap(), None);
    let request = |object| PictureRequest { design: "a".into(), views: 1, object };
    store.request_pictures(&request(3)).unwrap();
    store.request_pictures(&request(4)).unwrap();
    assert_eq!(store.picture_request().unwrap(), Some(request(4)));
    store.record_pictures(&pictures_of(4)).unwrap();
    assert_eq!(store.picture_request().unwrap(), None);
    assert_eq!(store.pictures(&pictures_of(4).key).unwrap(), Some(pictures_of(4)));
    assert_eq!(store.pictures(&pictures_of(5).key).unwrap(), None);
    store.request_pictures(&request(5)).unwrap();
    store.drop_picture_request(&request(5)).unwrap();
    assert_eq!(store.picture_request().unwrap(), None);
}

pub(super) fn old_pictures_go(path: &Path) {
    let store = Store::open(path).unwrap();
    for object in 0..=KEPT_PICTURES as u32 {
        store.record_pictures(&pictures_of(object)).unwrap();
    }
    assert_eq!(store.pictures_after(0, 1000).unwrap().len(), KEPT_PICTURES as usize);
    assert_eq!(store.pictures(&pictures_of(0).key).unwrap(), None);
}
