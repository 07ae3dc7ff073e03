//! The run that comes with the program is whole, comes out as it went in, and is not used where it is damaged.

use std::collections::BTreeSet;

use super::*;
use crate::record::{Precision, Subset};

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
        for subset in [Subset::Validation, Subset::Test] {
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
