//! Sets in the cache come back whole, or not at all.

use super::*;
use crate::data::Access;
use proptest::prelude::*;

fn cache(limit_bytes: u64) -> (tempfile::TempDir, Cache) {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache { folder: folder.path().join("deep"), limit_bytes, memory_bytes: IN_MEMORY };
    (folder, cache)
}

fn set(seed: u64) -> Dataset {
    let spec = format!("arrangement-10:objects=20,seed={seed}").parse().expect("valid");
    Dataset::open(&spec, 2, 16, 1).expect("opens")
}

#[test]
fn what_was_stored_is_loaded() {
    let (_folder, cache) = cache(1 << 20);
    assert_eq!(cache.load(Fingerprint(1)), None);
    cache.store(Fingerprint(1), &set(5)).expect("stored");
    assert_eq!(cache.load(Fingerprint(1)), Some(set(5)));
    assert_eq!(cache.load(Fingerprint(2)), None);
}

#[test]
fn a_file_that_is_gone_does_not_come_back_by_its_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gone");
    touch(&path);
    assert!(!path.exists());
}

#[test]
fn damaged_files_count_as_absent() {
    let (_folder, cache) = cache(1 << 20);
    cache.store(Fingerprint(1), &set(5)).expect("stored");
    let path = cache.path(Fingerprint(1));
    let whole = fs::read(&path).expect("a file");
    for at in [0, 18, 20, 40, whole.len() / 2, whole.len() - 40, whole.len() - 16, whole.len() - 10, whole.len() - 1] {
        let mut broken = whole.clone();
        broken[at] ^= 0x40;
        fs::write(&path, broken).expect("written");
        assert_eq!(cache.load(Fingerprint(1)), None, "byte {at}");
    }
    for length in [0, 10, 24, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).expect("written");
        assert_eq!(cache.load(Fingerprint(1)), None, "length {length}");
    }
}

#[test]
fn the_longest_unused_make_room() {
    let (_folder, cache) = cache(3 * 11_500);
    for key in 1..=3 {
        cache.store(Fingerprint(key), &set(key)).expect("stored");
        let file = fs::File::options().append(true).open(cache.path(Fingerprint(key))).expect("a file");
        file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(key)).expect("a time");
    }
    assert!(cache.load(Fingerprint(1)).is_some());
    cache.store(Fingerprint(4), &set(4)).expect("stored");
    let kept: Vec<u64> = (1..=4).filter(|&key| cache.load(Fingerprint(key)).is_some()).collect();
    assert_eq!(kept, [1, 3, 4]);
}

#[test]
fn cleaning_removes_only_its_own() {
    let (_folder, cache) = cache(1 << 20);
    assert_eq!(cache.clean().expect("nothing there"), Cleaned::default());
    cache.store(Fingerprint(1), &set(5)).expect("stored");
    fs::write(cache.folder.join("mine.txt"), "keep").expect("written");
    let cleaned = cache.clean().expect("cleaned");
    assert_eq!(cleaned.files, 1);
    assert!(cleaned.bytes > 20 * 2 * 256);
    assert!(cache.folder.join("mine.txt").exists());
}

#[test]
fn big_sets_are_read_from_their_file() {
    let (_folder, cache) = cache(1 << 20);
    cache.store(Fingerprint(1), &set(5)).expect("stored");
    let sparing = Cache { memory_bytes: 1_000, ..cache };
    let streamed = sparing.load(Fingerprint(1)).expect("whole");
    assert!(matches!(streamed.samples, Samples::File(_)));
    assert_eq!(streamed, set(5));
    let spec = "arrangement-10:objects=20,seed=5".parse().expect("valid");
    let open = |cache: Option<&Cache>| Dataset::open_with(&spec, 2, 16, 1, Access { cache, ..Access::default() });
    let made = open(Some(&sparing)).expect("opens");
    assert!(matches!(made.samples, Samples::File(_)));
    assert_eq!(made, set(5));
    // Open sets outlive the cleaning of the cache.
    sparing.clean().expect("cleaned");
    assert_eq!(made, set(5));
    let tiny = Cache { limit_bytes: 2_000, ..sparing };
    let message = open(Some(&tiny)).expect_err("neither fits").to_string();
    assert!(message.contains("fewer objects") && message.contains("SPLITSCOPE_CACHE_GIB"), "{message}");
}

#[test]
fn drafts_of_killed_processes_are_cleaned_and_others_left_alone() {
    let (_folder, cache) = cache(1 << 20);
    let draft = cache.draft(Fingerprint(1)).expect("started");
    let dead = cache.folder.join(".dead.views-draft");
    fs::write(&dead, "left over").expect("written");
    let old = SystemTime::now() - 2 * DRAFT_IS_DEAD_AFTER;
    fs::File::options().append(true).open(&dead).expect("a file").set_modified(old).expect("a time");
    assert_eq!(cache.clean().expect("cleaned").files, 1);
    assert!(!dead.exists());
    draft.finish(&Dataset { labels: vec![], ..set(5) }).expect("still there");
}

proptest! {
    #[test]
    fn any_file_is_a_set_or_absent(head: bool, bytes in prop::collection::vec(any::<u8>(), 0..200), length in 0u64..300) {
        let (_folder, cache) = cache(1 << 20);
        fs::create_dir_all(&cache.folder).expect("a folder");
        let tail = [length.to_le_bytes(), 0u64.to_le_bytes()].concat();
        let content = [if head { MAGIC.as_slice() } else { b"" }, &bytes, &tail].concat();
        fs::write(cache.path(Fingerprint(1)), content).expect("written");
        prop_assert_eq!(cache.load(Fingerprint(1)), None);
    }
}

#[test]
fn a_set_beyond_the_limit_is_not_kept() {
    let (_folder, cache) = cache(100);
    cache.store(Fingerprint(1), &set(5)).expect("not an error");
    assert_eq!(cache.load(Fingerprint(1)), None);
}
