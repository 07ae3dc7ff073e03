//! `splitscope data` on small sets made here: what it says, draws, keeps, and how it refuses.

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use common::{command, events_of, folder, text};
use serde_json::{Value, json};
use splitscope::data::{Access, Cache, Dataset, Samples, Strength};
use splitscope::space::SearchSpace;
use splitscope::train::{DeviceKind, Inputs, Settings};

fn data(folder: &Path, arguments: &[&str]) -> Output {
    common::splitscope(folder, &[&["data"], arguments].concat())
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The error of a command that was refused.
fn refusal(output: &Output) -> String {
    // Of a file, or of the command line.
    assert!(matches!(output.status.code(), Some(1 | 2)), "{}", text(&output.stdout));
    let text = text(&output.stderr);
    // A note on what was taken back may come first.
    let is_told = text.lines().find(|line| !line.starts_with("note: ")).is_some_and(|line| line.starts_with("error: "));
    assert!(is_told && !text.contains("panicked"), "{text}");
    text
}

fn put(root: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Two classes of pyramids, six to train on and two to test on each.
fn meshes() -> tempfile::TempDir {
    let root = folder();
    for class in ["flat", "night_stand"] {
        for tip in 1..=8 {
            let height = if class == "flat" { format!("0.{tip}") } else { tip.to_string() };
            let part = if tip <= 6 { "train" } else { "test" };
            let mesh =
                format!("OFF5 4 0\n1 1 0\n-1 1 0\n-1 -1 0\n1 -1 0\n0 0 {height}\n3 0 1 4\n3 1 2 4\n3 2 3 4\n3 3 0 4\n");
            put(root.path(), &format!("set/{class}/{part}/{class}_{tip:04}.off"), mesh);
        }
    }
    root
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn idx(magic: u32, axes: &[u32], content: impl Iterator<Item = u8>) -> Vec<u8> {
    let header = std::iter::once(magic).chain(axes.iter().copied()).flat_map(u32::to_be_bytes);
    header.chain(content).collect()
}

#[test]
fn a_set_is_described_drawn_kept_and_cleaned_away() {
    let root = meshes();
    put(root.path(), "set/flat/train/broken.off", "OFF\n3 1 0\n0 0 0\n");
    let json: Value =
        serde_json::from_str(&said(&data(root.path(), &["meshes:set", "--json", "--size", "24", "--sheet", "s.png"])))
            .unwrap();
    let expected = json!({
        "classes": ["flat", "night_stand"], "train": 10, "validation": 2, "test": 4,
        "views": 12, "channels": 1, "height": 24, "width": 24, "skipped": 1,
    });
    assert_eq!(json, expected);
    let sheet = image::open(root.path().join("s.png")).unwrap().to_luma8();
    assert_eq!(sheet.dimensions(), (2 + 12 * 26, 2 + 6 * 26));
    assert!(sheet.pixels().any(|pixel| pixel.0[0] > 200));

    let text = said(&data(root.path(), &["meshes:set"]));
    assert!(text.contains("16 objects of 2 classes") && text.contains("broken.off (line 3: "), "{text}");
    assert!(text.lines().any(|line| line.split_whitespace().eq(["5", "1", "2", "flat"])), "{text}");
    assert!(text.contains("licence: ") && !text.contains('\u{1b}'), "{text}");
    assert!(said(&data(root.path(), &["clean"])).starts_with("2 files removed"));
    assert!(said(&data(root.path(), &["clean"])).starts_with("0 files removed"));
}

#[test]
fn single_pictures_have_one_view_or_windows() {
    let root = folder();
    let (images, labels) = (
        idx(0x803, &[30, 28, 28], (0..30 * 784).map(|at| (at % 250) as u8)),
        idx(0x801, &[30], (0..30).map(|at| at % 3)),
    );
    put(root.path(), "train-images-idx3-ubyte.gz", gzip(&images));
    put(root.path(), "train-labels-idx1-ubyte.gz", gzip(&labels));
    let summary = |arguments: &[&str]| -> Value { serde_json::from_str(&said(&data(root.path(), arguments))).unwrap() };
    assert_eq!(summary(&["idx:.", "--json"])["views"], 1);
    assert_eq!(summary(&["idx:.,views=windows", "--json", "--views", "4", "--size", "16"])["views"], 4);
    // SplitDemand short, and of the wrong kind.
    put(root.path(), "train-images-idx3-ubyte.gz", &gzip(&images)[..60]);
    let text = refusal(&data(root.path(), &["idx:."]));
    assert!(text.contains("train-images-idx3-ubyte.gz: byte ") && text.contains("breaks off"), "{text}");
    put(root.path(), "train-images-idx3-ubyte.gz", gzip(&labels));
    let text = refusal(&data(root.path(), &["idx:."]));
    assert!(text.contains("expected the magic number 0x00000803"), "{text}");
}

#[test]
fn multi_view_folders_show_all_views_they_have() {
    let root = folder();
    for (class, part, object) in
        ["cup", "jug"].iter().flat_map(|class| [("train", 0), ("train", 1), ("test", 2)].map(|(p, o)| (class, p, o)))
    {
        for view in 1..=4u8 {
            let picture = [b"P5 4 4 255\n".as_slice(), &[view * 40; 16]].concat();
            put(root.path(), &format!("set/{class}/{part}/{class}_{object}_{view:03}.pgm"), picture);
        }
    }
    let json: Value = serde_json::from_str(&said(&data(root.path(), &["multiview:set", "--json"]))).unwrap();
    assert_eq!((&json["views"], &json["test"]), (&json!(4), &json!(2)));
    let text = refusal(&data(root.path(), &["multiview:set", "--views", "6"]));
    assert!(text.contains("6 views were asked for, but the set has 4"), "{text}");
}

#[test]
fn what_is_not_installed_is_explained_not_run() {
    let root = folder();
    for (name, package) in [
        ("fashion-mnist", "dataset-fashion-mnist"),
        ("furniture", "sweethome3d-furniture"),
        ("kicad", "kicad-packages3d"),
    ] {
        let text = said(&data(root.path(), &["fetch", name]));
        assert!(text.contains(package) && text.contains(&format!("splitscope data {name}")), "{text}");
    }
    assert!(said(&data(root.path(), &["fetch", "kicad"])).contains("--wildcards '*.wrl'"));
    assert!(refusal(&data(root.path(), &["fetch", "arrangement-10"])).contains("needs no fetching"));
    assert!(refusal(&data(root.path(), &["fetch"])).contains("fashion-mnist, furniture, kicad"));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "nothing was written");
}

#[test]
fn mistakes_name_the_file_and_the_place() {
    let root = meshes();
    let refused = |spec: &str| refusal(&data(root.path(), &[spec]));
    assert!(refused("meshs:set").contains("did you mean `meshes`?"));
    assert!(refused("meshes:set,capp=3").contains("did you mean `cap`?"));
    assert!(refused("meshes:elsewhere").contains("elsewhere"));
    assert!(refused("meshes:set,classes=flat/nigth_stand").contains("did you mean `night_stand`?"));
    fs::create_dir_all(root.path().join("set/empty/train")).unwrap();
    assert!(refused("meshes:set").contains("the class `empty`"));
    fs::remove_dir_all(root.path().join("set/empty")).unwrap();
    // More than a few broken files are too many.
    for at in 0..4 {
        put(root.path(), &format!("set/flat/train/bad_{at}.off"), format!("OFF\n3 1 0\n0 0 nan\n# {at}\n"));
    }
    let text = refused("meshes:set");
    assert!(text.contains("4 of 20 objects cannot be read") && text.contains("bad_0.off: line 3: `nan`"), "{text}");
    for part in ["train/a", "train/b", "test/a", "test/c"] {
        put(root.path(), &format!("parts/{part}/1.off"), "x");
    }
    assert!(refused("meshes:parts").contains("missing: b; additional: c"));
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_do_no_harm() {
    use std::os::unix::ffi::OsStrExt;
    let root = meshes();
    let odd = |bytes: &[u8]| std::ffi::OsStr::from_bytes(bytes).to_owned();
    let train = root.path().join("set/flat/train");
    fs::copy(root.path().join("set/night_stand/test/night_stand_0008.off"), train.join(odd(b"odd\xff.off"))).unwrap();
    fs::remove_file(root.path().join("set/night_stand/test/night_stand_0008.off")).unwrap();
    let json: Value = serde_json::from_str(&said(&data(root.path(), &["meshes:set", "--json"]))).unwrap();
    assert_eq!((&json["train"], &json["skipped"]), (&json!(11), &json!(0)));
    fs::create_dir(root.path().join("set").join(odd(b"class\xff"))).unwrap();
    assert!(refusal(&data(root.path(), &["meshes:set"])).contains("is not UTF-8"));
}

#[test]
fn the_default_set_has_enough_test_objects() {
    let spec = SearchSpace::shipped("tabletop").unwrap().data.unwrap().parse().unwrap();
    let set = Dataset::open_with(&spec, 1, 8, 1, Access::default()).unwrap();
    let standard_error = (0.9 * 0.1 / set.split.test.len() as f64).sqrt();
    assert!(standard_error <= 0.006, "{standard_error} at an accuracy of 90 %");
}

/// The default space and a hundred objects of its set, in memory or in a file of a cache.
fn inputs(cache: Option<&Cache>) -> Inputs {
    let space = SearchSpace::shipped("tabletop").unwrap();
    let spec = "arrangement-10:objects=100".parse().unwrap();
    let set = Dataset::open_with(&spec, 12, 32, 1, Access { cache, ..Access::default() }).unwrap();
    assert_eq!(matches!(set.samples, Samples::File(_)), cache.is_some());
    Inputs::new(set, &space).unwrap()
}

fn values(batch: splitscope::train::Batch) -> Vec<f32> {
    batch.views.into_data().try_into_vec().unwrap()
}

#[test]
fn big_sets_train_from_their_file_as_small_ones_from_memory() {
    let folder = folder();
    let cache = Cache { folder: folder.path().to_owned(), limit_bytes: 1 << 21, memory_bytes: 0 };
    let (memory, file) = (inputs(None), inputs(Some(&cache)));
    let device = DeviceKind::Flex.open();
    let settings = Settings { images: 24, ..Settings::default() };
    let batch = |inputs: &Inputs| {
        let mut rng = <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(3);
        values(inputs.training_batch(&settings, 5, &mut rng, &device).unwrap())
    };
    assert_eq!(batch(&memory), batch(&file));
}

#[test]
fn objects_are_changed_for_training_and_never_for_evaluation() {
    let inputs = inputs(None);
    let device = DeviceKind::Flex.open();
    let plain = |object: u32| values(inputs.batch(&[object], 1, &device).unwrap());
    assert_eq!(plain(7), plain(7));
    let trained = |strength: Strength, seed: u64| {
        let settings = Settings { images: 12, augmentation: strength, ..Settings::default() };
        let mut rng = <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(seed);
        inputs.training_batch(&settings, 5, &mut rng, &device).unwrap()
    };
    let train = inputs.data().split.train.clone();
    let known: Vec<Vec<f32>> = train.iter().flat_map(|&object| values_of_views(&inputs, object)).collect();
    let kept = |strength: Strength| {
        let images: Vec<Vec<f32>> = (0..4)
            .flat_map(|seed| values(trained(strength, seed)).chunks(1024).map(<[f32]>::to_vec).collect::<Vec<_>>())
            .collect();
        images.iter().filter(|image| known.contains(image)).count() as f64 / images.len() as f64
    };
    assert!(kept(Strength::None) > 0.99);
    assert!(kept(Strength::Gentle) < 0.2 && kept(Strength::Strong) < 0.2);
}

/// The views of an object as evaluation shows them.
fn values_of_views(inputs: &Inputs, object: u32) -> Vec<Vec<f32>> {
    let all = values(inputs.batch(&[object], 12, &DeviceKind::Flex.open()).unwrap());
    all.chunks(1024).map(<[f32]>::to_vec).collect()
}

#[test]
fn a_training_obeys_while_its_data_are_made() {
    let root = folder();
    let mut child = command(root.path(), &["train", "--run", "r", "--json", "--data", "arrangement-10:objects=60000"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut events = events_of(&mut child);
    let mut until =
        |kind: &str| events.find(|event| event["kind"] == kind).unwrap_or_else(|| panic!("it never says {kind}"));
    let preparing = until("preparing");
    assert!(preparing["done"].as_u64().unwrap() > 0 && preparing["total"] == 60_000 && preparing["left_s"].is_number());
    writeln!(child.stdin.as_mut().unwrap(), "pause").unwrap();
    until("paused");
    writeln!(child.stdin.as_mut().unwrap(), "resume").unwrap();
    until("resumed");
    until("preparing");
    writeln!(child.stdin.as_mut().unwrap(), "stop").unwrap();
    assert!(until("stopped")["reason"].as_str().unwrap().contains("before the data were ready"));
    assert!(child.wait().unwrap().success());
    let left = fs::read_dir(root.path().join("cache")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "what was made of the set is gone");
}

#[test]
fn a_set_that_does_not_suit_the_space_is_refused_before_it_is_rendered() {
    let root = meshes();
    let arguments = ["train", "--run", "r", "--space", "furniture", "--data", "meshes:set", "--json"];
    let output = command(root.path(), &arguments).output().unwrap();
    let said = text(&output.stdout);
    let failed = said.lines().last().unwrap();
    for text in [failed, &refusal(&output)] {
        assert!(
            text.contains("the space furniture has 11 classes") && text.contains("has 2 classes (flat, night_stand)"),
            "{text}"
        );
    }
    assert!(failed.contains("\"failed\"") && !root.path().join("cache").exists(), "{failed}");
    let missing = refusal(&data(root.path(), &["meshes:nowhere"]));
    assert_eq!(missing.matches("No such file").count(), 1, "{missing}");
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let root = folder();
    let mut child = command(root.path(), &["data", "arrangement-10:objects=2000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}
