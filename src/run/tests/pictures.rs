//! Requests for pictures that are on record.

use super::small_run::trained;
use crate::record::{Attacker, ObjectPictures, PictureKey, PictureRecord, Subset};
use crate::run::{EvaluatorOptions, PictureRequest, RunEvaluator};

#[test]
fn pictures_that_are_kept_come_again_when_they_are_requested() {
    let (_folder, run) = trained();
    let evaluator = RunEvaluator::open(&run, EvaluatorOptions::default(), &|_, _| {}).unwrap();
    let (store, space) = (evaluator.store(), evaluator.space());
    let design = space.unsplit_design(space.smallest());
    let of = |object: u32| PictureRecord {
        key: PictureKey { design: evaluator.key(&design, 6, Subset::Test), object },
        pictures: ObjectPictures {
            of: 100,
            class: "plain".into(),
            code_shape: [1, 2, 1],
            bits: 8,
            attacker: Attacker::OneView,
            leak: 0.7,
            cameras: Vec::new(),
        },
    };
    for object in 0..70 {
        store.record_pictures(&of(object)).unwrap();
    }
    let newest = store.pictures_after(0, 100).unwrap().last().unwrap().id;
    for object in [0, 69] {
        let request = PictureRequest { design: space.print_design(&design), views: 6, object };
        store.request_pictures(&request).unwrap();
        evaluator.answer_pictures(&mut None, &request).unwrap();
        assert_eq!(store.picture_request().unwrap(), None);
    }
    let again: Vec<_> = store.pictures_after(newest, 100).unwrap().into_iter().map(|stored| stored.value).collect();
    assert_eq!(again, [of(0), of(69)], "a reader goes on from the newest that it knows");
}
