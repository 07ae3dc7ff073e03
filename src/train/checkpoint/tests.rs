use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

/// A folder with checkpoints of the given steps; those with a score may become the best.
fn saved(steps: &[(u64, Option<f64>)]) -> (TempDir, Checkpoints, SearchSpace, Settings) {
    let root = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(root.path().join("checkpoint"));
    let (space, settings) = (SearchSpace::shipped("tabletop").unwrap(), Settings::default());
    let mut trainer = Trainer::new(space.clone(), settings.clone(), &settings.device.open());
    for &(step, score) in steps {
        (trainer.step, trainer.score) = (step, score);
        checkpoints.save(&trainer).unwrap();
    }
    (root, checkpoints, space, settings)
}

impl Checkpoints {
    fn file(&self, folder: &str, name: &str) -> PathBuf {
        self.folder.join(folder).join(name)
    }

    fn loaded(&self, space: &SearchSpace, settings: &Settings) -> Result<LoadedWeights, TrainError> {
        self.load_weights(space, settings, &settings.device.open())
    }
}

/// Inverts one bit in the middle of a file.
fn damage(path: &Path) {
    let mut content = fs::read(path).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(path, content).unwrap();
}

#[test]
fn the_newest_checkpoint_with_any_bit_changed_is_named_and_an_older_one_taken() {
    for name in ["weights.bpk", "optimiser.bpk", "state.json", "SHA256SUMS"] {
        let (_root, checkpoints, space, settings) = saved(&[(10, None), (20, None)]);
        damage(&checkpoints.file("step-00000020", name));
        let (trainer, errors) = checkpoints.resume(&space, &settings, &settings.device.open()).unwrap();
        assert_eq!(trainer.steps_done(), 10, "{name}");
        assert!(errors[0].to_string().contains("step-00000020"), "{}", errors[0]);
        if name != "optimiser.bpk" {
            let loaded = checkpoints.loaded(&space, &settings).unwrap();
            assert_eq!((loaded.step, loaded.errors.len()), (10, 1), "{name}");
        }
        assert_eq!(checkpoints.steps(), [10, 20], "reading deletes nothing");
    }
}

#[test]
fn a_checkpoint_without_its_digests_is_damaged_unless_it_is_of_the_first_edition() {
    let (_root, checkpoints, space, settings) = saved(&[(10, None), (20, None)]);
    fs::remove_file(checkpoints.file("step-00000020", "SHA256SUMS")).unwrap();
    assert_eq!(checkpoints.loaded(&space, &settings).unwrap().step, 10);
    let state = checkpoints.file("step-00000020", "state.json");
    fs::write(&state, fs::read_to_string(&state).unwrap().replace("\"digests\":true", "\"digests\":false")).unwrap();
    assert_eq!(checkpoints.loaded(&space, &settings).unwrap().step, 20);
}

#[test]
fn a_state_of_another_step_than_its_folder_is_damaged() {
    let (_root, checkpoints, space, settings) = saved(&[(10, None), (20, None), (30, None)]);
    let moved = checkpoints.folder.join("step-00000040");
    fs::rename(checkpoints.folder.join("step-00000010"), moved).unwrap();
    let (trainer, errors) = checkpoints.resume(&space, &settings, &settings.device.open()).unwrap();
    assert_eq!(trainer.steps_done(), 30);
    assert!(errors[0].to_string().contains("tells of step 10"), "{}", errors[0]);
    assert_eq!(checkpoints.steps(), [20, 30, 40]);
}

#[test]
fn a_checkpoint_with_other_weights_than_those_on_record_is_damaged() {
    let (_root, checkpoints, space, settings) = saved(&[(1, None), (2, None)]);
    let own = checkpoints.weights_digest(2).unwrap();
    let (flipped, other) = (own.replacen(&own[..1], "x", 1), files::sha256(b"others"));
    for (digest, step) in [(None, 2), (Some(own), 2), (Some(flipped), 2), (Some(other), 1)] {
        let recorded = digest.clone();
        let held = checkpoints.clone().recorded_by(move |step| if step == 2 { recorded.clone() } else { None });
        let loaded = held.loaded(&space, &settings).unwrap();
        let told = loaded.errors.iter().map(ToString::to_string).collect::<String>();
        assert_eq!(
            (loaded.step, told.contains("step-00000002: it is not the checkpoint")),
            (step, step == 1),
            "{told}"
        );
        assert_eq!(held.newest_step(), Some(step));
        let of_step = held.load_weights_of(2, &space, &settings, &settings.device.open());
        assert_eq!(of_step.is_ok(), step == 2, "{digest:?}");
    }
}

#[test]
fn the_best_checkpoint_serves_where_the_ring_does_not() {
    let steps = [(10, Some(0.5)), (20, None), (30, None), (40, None)];
    let (_root, checkpoints, space, settings) = saved(&steps);
    for step in checkpoints.steps() {
        damage(&checkpoints.path_of(CheckpointKind::Recent.of(step)).join("weights.bpk"));
    }
    let loaded = checkpoints.loaded(&space, &settings).unwrap();
    assert_eq!((loaded.step, loaded.errors.len()), (10, 3));
    for step in checkpoints.steps() {
        fs::remove_dir_all(checkpoints.path_of(CheckpointKind::Recent.of(step))).unwrap();
    }
    assert!(checkpoints.exist());
    let (trainer, errors) = checkpoints.resume(&space, &settings, &settings.device.open()).unwrap();
    assert_eq!((trainer.steps_done(), errors.len()), (10, 0));
}

#[test]
fn a_file_that_is_larger_than_any_of_its_kind_is_not_read() {
    for (name, limit) in
        [("weights.bpk", "it is larger than"), ("optimiser.bpk", "it is larger than"), ("state.json", "1 MiB")]
    {
        let (_root, checkpoints, space, settings) = saved(&[(10, None), (20, None)]);
        // Nothing of it is on the disk, and reading it would take a minute and all of a machine's memory.
        let file = fs::File::options().write(true).open(checkpoints.file("step-00000020", name)).unwrap();
        file.set_len(7 << 30).unwrap();
        let (trainer, errors) = checkpoints.resume(&space, &settings, &settings.device.open()).unwrap();
        assert_eq!(trainer.steps_done(), 10, "{name}");
        assert!(errors[0].to_string().contains(limit), "{}", errors[0]);
    }
}

#[test]
fn weights_are_in_memory_once_they_are_loaded() {
    let (root, checkpoints, space, settings) = saved(&[(10, None)]);
    let loaded = checkpoints.loaded(&space, &settings).unwrap();
    drop(root);
    let content = burn::module::Module::into_record(loaded.supernet).into_bytes().unwrap();
    assert!(content.len() > 100_000, "every tensor can be read");
}

#[test]
fn the_checkpoint_that_a_search_pins_outlives_the_ring() {
    let (_root, checkpoints, space, settings) = saved(&[(10, None)]);
    checkpoints.pin(10).unwrap();
    let mut trainer = Trainer::new(space.clone(), settings.clone(), &settings.device.open());
    for step in [20, 30, 40, 50] {
        trainer.step = step;
        checkpoints.save(&trainer).unwrap();
    }
    assert_eq!(checkpoints.steps(), [30, 40, 50]);
    assert!(checkpoints.load_weights_of(10, &space, &settings, &settings.device.open()).is_ok());
    checkpoints.pin(50).unwrap();
    assert!(checkpoints.load_weights_of(10, &space, &settings, &settings.device.open()).is_err());
    checkpoints.unpin().unwrap();
    assert!(checkpoints.list(CheckpointKind::Pinned).is_empty());
}

#[test]
fn a_link_in_place_of_the_folder_is_refused_and_nothing_behind_it_is_touched() {
    let (root, _, space, settings) = saved(&[(10, None), (20, None)]);
    let link = root.path().join("link");
    symlink(root.path().join("checkpoint"), &link).unwrap();
    let checkpoints = Checkpoints::new(&link);
    let trainer = Trainer::new(space.clone(), settings.clone(), &settings.device.open());
    assert!(checkpoints.loaded(&space, &settings).is_err());
    assert!(checkpoints.resume(&space, &settings, &settings.device.open()).is_err());
    assert!(checkpoints.save(&trainer).is_err());
    assert!(checkpoints.tidy().is_err());
    assert!(checkpoints.unpin().is_err());
    assert!(checkpoints.forget_after(0).is_err());
    assert_eq!(Checkpoints::new(root.path().join("checkpoint")).steps(), [10, 20]);
}

#[test]
fn a_link_in_place_of_a_checkpoint_is_not_followed() {
    let (root, checkpoints, space, settings) = saved(&[(10, None), (20, None)]);
    let elsewhere = root.path().join("elsewhere");
    fs::rename(checkpoints.folder.join("step-00000020"), &elsewhere).unwrap();
    symlink(&elsewhere, checkpoints.folder.join("step-00000020")).unwrap();
    assert_eq!(checkpoints.loaded(&space, &settings).unwrap().step, 10);
    checkpoints.forget_after(10).unwrap();
    assert!(elsewhere.join("weights.bpk").exists());
}

#[test]
fn what_a_killed_process_left_is_in_nobodys_way() {
    let (_root, checkpoints, ..) = saved(&[(10, None)]);
    checkpoints.pin(10).unwrap();
    // As versions before this one named it, and as this one does.
    for name in [".checkpoint-old-pinned-00000010", ".checkpoint-Ab12Cd/old"] {
        fs::create_dir_all(checkpoints.folder.join(name)).unwrap();
        fs::write(checkpoints.file(name, "weights.bpk"), "half of it").unwrap();
    }
    checkpoints.unpin().unwrap();
    assert!(checkpoints.list(CheckpointKind::Pinned).is_empty());
    checkpoints.tidy().unwrap();
    assert_eq!(fs::read_dir(&checkpoints.folder).unwrap().count(), 1, "the checkpoint alone is left");
}

#[test]
fn names_of_checkpoints_are_read_as_they_are_written() {
    for name in CheckpointKind::ALL.map(|kind| kind.of(1_234_567_890)) {
        assert_eq!(CheckpointName::parse(&name.to_string()), Some(name));
    }
    for other in ["step-10", "step-+0000010", "step-", "last-00000010", ".checkpoint-00000010"] {
        assert_eq!(CheckpointName::parse(other), None, "{other}");
    }
}
