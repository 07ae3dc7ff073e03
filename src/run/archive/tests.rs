//! The run that comes with the program is whole, comes out as it went in, and is not used where it is damaged.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::record::{ChildRecord, Measurement, Precision, StepRecord, Subset, Task};
use crate::search::{AccuracyByViews, AccuracySamples};

#[test]
fn the_shipped_run_is_of_the_default_space_and_measured_by_views_precision_and_subset() {
    let archive = RunArchive::shipped().unwrap();
    let manifest = archive.manifest();
    let space = crate::space::SearchSpace::shipped(crate::space::DEFAULT).unwrap();
    assert_eq!(manifest.search_space().unwrap(), space, "train and pack it again: just bundle");
    manifest.training_settings().unwrap();
    let records = archive.records().unwrap();
    let keys = || records.measurements.iter().map(|row| &row.value.key);
    assert!(keys().all(|key| space.parse_design(&key.design).is_ok()));
    assert_eq!(keys().map(|key| key.views).collect::<BTreeSet<_>>(), BTreeSet::from([1, 2, 4, 6, 12]));
    for precision in Precision::ALL {
        for subset in Subset::ALL {
            assert!(keys().any(|key| key.precision == precision && key.subset == subset), "{precision:?} {subset:?}");
        }
    }
    let splits: BTreeSet<_> = keys().map(|key| space.parse_design(&key.design).unwrap().split).collect();
    assert!(splits.len() > 6, "{splits:?}");
    assert!(records.events.iter().any(|event| matches!(event.value.event, Event::Finished { .. })));
}

/// The records as text: an error that a predictor does not tell is not a number, which equals nothing, not even itself.
fn text(records: &impl std::fmt::Debug) -> String {
    format!("{records:?}")
}

#[test]
fn an_unpacked_run_packs_to_the_same_archive() {
    let archive = RunArchive::shipped().unwrap();
    let (folder, run) = archive.unpack().unwrap();
    let packed = RunArchive::open(RunArchive::pack(&run).unwrap().into()).unwrap();
    assert_eq!(packed.manifest(), archive.manifest());
    assert_eq!(text(&packed.records().unwrap()), text(&archive.records().unwrap()));
    assert_eq!(packed.read(WEIGHTS).unwrap(), archive.read(WEIGHTS).unwrap());
    assert!(run.store().unwrap().damaged_measurements().unwrap().is_empty());
    let path = folder.path().to_owned();
    drop(folder);
    assert!(!path.exists());
}

#[test]
fn designs_that_joined_the_front_are_packed() {
    let (_folder, run) = RunArchive::shipped().unwrap().unpack().unwrap();
    let child =
        |design: &str, front| Event::Child(ChildRecord { design: design.into(), front, ..ChildRecord::default() });
    let store = run.store().unwrap();
    for event in [child("beaten", false), child("winner", true)] {
        store.append(Task::Search, &event).unwrap();
    }
    let packed = RunArchive::open(RunArchive::pack(&run).unwrap().into()).unwrap().records().unwrap();
    let designs = packed.events.iter().filter_map(|event| match &event.value.event {
        Event::Child(child) => Some(child.design.as_str()),
        _ => None,
    });
    assert_eq!(designs.filter(|design| ["beaten", "winner"].contains(design)).collect::<Vec<_>>(), ["winner"]);
}

#[test]
fn a_copy_is_a_run_of_its_own() {
    let root = tempfile::tempdir().unwrap();
    let archive = RunArchive::shipped().unwrap();
    let path = root.path().join("run-001");
    let copy = archive.copy_to(&path).unwrap();
    let (manifest, shipped) = (copy.manifest(), archive.manifest());
    assert_eq!((manifest.name.as_str(), &manifest.splitscope), ("run-001", &shipped.splitscope));
    assert!(manifest.created > shipped.created && manifest.settings == shipped.settings);
    assert!(matches!(archive.copy_to(&path), Err(RunError::AlreadyARun(_))));
    assert_eq!(crate::run::latest(root.path()).unwrap(), Some(path));
    let (_folder, unpacked) = archive.unpack().unwrap();
    for run in [copy, unpacked] {
        assert_eq!(run.warnings(&run.store().unwrap()).unwrap(), [""; 0]);
    }
}

#[test]
fn of_training_steps_those_are_kept_that_curves_and_weights_need() {
    let event = |step| {
        let event = Event::Step(StepRecord { step, steps: 99, ..StepRecord::default() });
        Stored { id: 1, time: 0.0, process: String::new(), value: EventRecord { task: Task::Train, event } }
    };
    let kept: Vec<u64> = (0..=12).chain(98..=99).filter(|&step| is_kept(&event(step), 7)).collect();
    assert_eq!(kept, [0, 1, 5, 7, 10, 99]);
}

#[test]
fn no_record_of_a_damaged_archive_is_used() {
    let whole = text(&RunArchive::shipped().unwrap().records().unwrap());
    let mut noticed = 0;
    for at in (0..EMBEDDED.len()).step_by(EMBEDDED.len() / 40) {
        let mut bytes = EMBEDDED.to_vec();
        bytes[at] ^= 1;
        let read = RunArchive::open(bytes.into()).and_then(|archive| Ok((archive.records()?, archive.read(WEIGHTS)?)));
        match read {
            Ok((records, _)) => assert!(text(&records) == whole, "byte {at}"),
            Err(error) => noticed += usize::from(matches!(error, RunError::Archive(_))),
        }
    }
    assert!(noticed > 30, "{noticed}");
    assert!(matches!(RunArchive::open(Cow::Borrowed(b"no archive")), Err(RunError::Archive(_))));
}

/// Parts that the designs are dealt into; each is predicted from the others.
const PARTS: usize = 5;

#[test]
fn nine_in_ten_held_out_accuracies_of_the_shipped_run_lie_within_their_intervals() {
    let archive = RunArchive::shipped().unwrap();
    let space = archive.manifest().search_space().unwrap();
    let records = archive.records().unwrap();
    for precision in Precision::ALL {
        let keeps = |row: &&Measurement| {
            row.key.precision == precision && row.key.subset == Subset::Validation && row.key.lost == 0
        };
        let rows: Vec<&Measurement> = records.measurements.iter().map(|stored| &stored.value).filter(keeps).collect();
        let designs: BTreeSet<&str> = rows.iter().map(|row| row.key.design.as_str()).collect();
        let part = |row: &Measurement| designs.range(..row.key.design.as_str()).count() % PARTS;
        let fitted = |held_out: Option<usize>| {
            let mut samples: BTreeMap<u32, AccuracySamples> = BTreeMap::new();
            for row in rows.iter().filter(|row| Some(part(row)) != held_out) {
                let design = space.parse_design(&row.key.design).unwrap();
                samples.entry(row.key.views).or_default().add(&space, &design, row.key.views, row.accuracy);
            }
            AccuracyByViews::fit(&space, &samples).unwrap().unwrap()
        };
        let mut within = 0;
        for held_out in 0..PARTS {
            let model = fitted(Some(held_out));
            for row in rows.iter().filter(|row| part(row) == held_out) {
                let design = space.parse_design(&row.key.design).unwrap();
                let found = model.predict(&space, &design, row.key.views).unwrap();
                within += usize::from((found.low..=found.high).contains(&row.accuracy));
            }
        }
        let coverage = within as f64 / rows.len() as f64;
        println!("{}: {coverage:.3} of {} held out", precision.name(), rows.len());
        assert!((0.85..=0.95).contains(&coverage), "{} {coverage}", precision.name());
        // The figures of the Search screen.
        for (views, quality) in fitted(None).qualities() {
            println!("{views} views: {quality:?}");
            assert!((0.85..=0.95).contains(&quality.coverage), "{} {views} views: {quality:?}", precision.name());
            assert!(quality.kendall_tau > 0.5, "{} {views} views: {quality:?}", precision.name());
        }
    }
}
