//! Behaviour of sets that are read from files, on small fixtures written here.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use super::*;

const SQUARE: &str = "OFF\n4 1 0\n0 -1 -1\n0 1 -1\n0 1 1\n0 -1 1\n4 0 1 2 3\n";

/// A pyramid whose tip is `tip` high, so that each is another file.
fn pyramid_off(tip: usize) -> String {
    format!("OFF5 4 0\n1 1 0\n-1 1 0\n-1 -1 0\n1 -1 0\n0 0 {tip}\n3 0 1 4\n3 1 2 4\n3 2 3 4\n3 3 0 4\n")
}

fn pyramid_obj(tip: usize) -> String {
    format!("v 1 0 1\nv -1 0 1\nv -1 0 -1\nv 1 0 -1\nv 0 {tip} 0\nf 1/1 2/9 5/3\nf 2 3 5\nf 3 4 5\nf 4 1 5\n")
}

fn pyramid_wrl(tip: usize) -> String {
    format!(
        "#VRML V2.0 utf8\nShape {{ geometry IndexedFaceSet {{ coordIndex [0 1 4 -1 1 2 4 -1 2 3 4 -1 3 0 4 -1] coord Coordinate {{ point [1 1 0, -1 1 0, -1 -1 0, 1 -1 0, 0 0 {tip}] }} }} }}\n"
    )
}

fn put(root: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("within the root")).expect("a folder");
    fs::write(path, content).expect("a file");
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn try_open(kind: &str, root: &Path, options: &str, views: usize, channels: usize) -> Result<Dataset, DataError> {
    let spec: DataSpec = format!("{kind}:{}{options}", root.display()).parse().expect("valid");
    Dataset::open_with(&spec, views, 16, channels, Access::default())
}

fn open(kind: &str, root: &Path, options: &str, views: usize, channels: usize) -> Dataset {
    try_open(kind, root, options, views, channels).expect(kind)
}

/// A grey picture in PGM.
fn pgm(value: u8) -> Vec<u8> {
    [b"P5 4 4 255\n".as_slice(), &[value; 16]].concat()
}

fn mesh_folder() -> tempfile::TempDir {
    let root = folder();
    for tip in 1..=8 {
        let part = if tip <= 6 { "train" } else { "test" };
        put(root.path(), &format!("night_stand/{part}/night_stand_{tip:04}.off"), pyramid_off(tip));
    }
    put(root.path(), "panel/train/panel_0001.off", SQUARE);
    put(root.path(), "panel/train/panel_0002.off", SQUARE.replace("0 1 1\n", "0 1 2\n"));
    put(root.path(), "panel/test/panel_0003.off", SQUARE.replace("0 1 1\n", "0 1 3\n"));
    root
}

#[test]
fn mesh_folders_keep_their_test_part_and_drop_doubles_and_broken_files() {
    let root = mesh_folder();
    // Also in the training part, which comes later in the alphabet and loses it.
    put(root.path(), "panel/test/panel_0004.off", SQUARE);
    put(root.path(), "night_stand/train/broken.off", "OFF\n3 1 0\n0 0 0\n");
    let set = open("meshes", root.path(), "", 3, 1);
    assert_eq!(set.classes, ["night_stand", "panel"]);
    assert_eq!((set.objects(), set.split.test.len()), (11, 4));
    let skipped: Vec<&str> = set.skipped.iter().map(|s| s.reason.as_str()).collect();
    assert!(skipped[0].starts_with("it has the content of"), "{skipped:?}");
    assert_eq!(skipped[1], "line 3: the header promises 3 vertices, but the file ends after 1");
    assert!((0..11).all(|object| (0..3).all(|view| set.view(object, view).unwrap().iter().any(|&p| p > 0))));
}

#[test]
fn the_same_shape_in_any_format_looks_the_same() {
    let root = folder();
    for tip in 1..=3 {
        put(root.path(), &format!("off/{tip}.off"), pyramid_off(tip));
        put(root.path(), &format!("obj/{tip}.obj"), pyramid_obj(tip));
        put(root.path(), &format!("wrl/{tip}.wrl"), pyramid_wrl(tip));
    }
    let set = open("meshes", root.path(), "", 4, 1);
    for tip in 0..3 {
        // Classes are sorted by name: obj, off, wrl. The OBJ is Y-up, turned on reading.
        assert_eq!(set.object(3 + tip).unwrap(), set.object(6 + tip).unwrap());
        let differing = set
            .object(tip)
            .unwrap()
            .iter()
            .zip(set.object(3 + tip).unwrap().iter())
            .filter(|(a, b)| a.abs_diff(**b) > 40)
            .count();
        assert!(differing < 4 * 256 / 20, "{differing} pixels differ");
    }
}

#[test]
fn the_cache_is_used_and_follows_the_files() {
    let (root, cache_folder) = (mesh_folder(), folder());
    let cache = Cache { folder: cache_folder.path().to_owned(), limit_bytes: 1 << 20, memory_bytes: 1 << 20 };
    let spec: DataSpec = format!("meshes:{}", root.path().display()).parse().expect("valid");
    let open = || {
        let rendered = std::sync::atomic::AtomicUsize::new(0);
        let count = |_: usize, _: usize| {
            rendered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            ControlFlow::Continue(())
        };
        let access = Access { cache: Some(&cache), progress: &count, ..Access::default() };
        let set = Dataset::open_with(&spec, 2, 16, 1, access).expect("opens");
        (set, rendered.into_inner())
    };
    let (first, rendered) = open();
    assert_eq!(rendered, 11);
    assert_eq!(open(), (first, 0));
    put(root.path(), "panel/train/panel_0005.off", SQUARE.replace("0 1 1\n", "0 1 7\n"));
    assert_eq!(open().1, 12);
}

#[test]
fn what_is_no_regular_file_is_left_out() {
    let root = mesh_folder();
    let (zero, pipe) = (root.path().join("panel/train/zero.off"), root.path().join("panel/train/pipe.off"));
    std::os::unix::fs::symlink("/dev/zero", &zero).expect("a link");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let set = open("meshes", root.path(), "", 1, 1);
    let left_out: Vec<&str> =
        set.skipped.iter().filter(|one| one.reason.contains("a pipe or a device")).map(|one| &*one.file).collect();
    assert_eq!(left_out, [pipe.to_str().expect("text"), zero.to_str().expect("text")]);
}

#[test]
fn another_number_of_classes_is_refused_before_anything_is_read() {
    let (root, cache_folder) = (mesh_folder(), folder());
    let cache = Cache { folder: cache_folder.path().to_owned(), limit_bytes: 1 << 20, memory_bytes: 1 << 20 };
    let open = |options: &str, classes: usize| {
        let spec: DataSpec = format!("meshes:{}{options}", root.path().display()).parse().expect("valid");
        let unread = |_: usize, _: usize| panic!("an object was read");
        let access = Access { cache: Some(&cache), classes: Some(classes), progress: &unread, ..Access::default() };
        Dataset::open_with(&spec, 2, 16, 1, access).map(|set| set.classes.len())
    };
    let message = open("", 3).expect_err("two classes").to_string();
    assert!(
        message.starts_with("meshes:") && message.contains("has 2 classes (night_stand, panel), not 3"),
        "{message}"
    );
    let message = open("", 1).expect_err("two classes").to_string();
    assert!(message.ends_with("choose 1 of them, as in `classes=night_stand`"), "{message}");
    // Also where the set is in the cache already.
    let spec: DataSpec = format!("meshes:{},classes=panel", root.path().display()).parse().expect("valid");
    Dataset::open_with(&spec, 2, 16, 1, Access { cache: Some(&cache), ..Access::default() }).expect("opens");
    assert_eq!(open(",classes=panel", 1).expect("kept"), 1);
    assert!(open(",classes=panel", 2).is_err());
    let access = Access { classes: Some(4), ..Access::default() };
    let procedural = Dataset::open_with(&DataSpec::new(DataSource::Arrangement), 1, 16, 1, access).expect_err("ten");
    assert!(
        procedural.to_string().ends_with("has 10 classes (plain, handle, two_handles_180, two_handles_90, ...), not 4")
    );
}

#[test]
fn archives_with_and_without_a_catalogue() {
    let root = folder();
    let archive = |name: &str, files: &[(&str, String)]| {
        let mut zip = zip::ZipWriter::new(fs::File::create(root.path().join(name)).expect("a file"));
        for (path, content) in files {
            zip.start_file(*path, zip::write::SimpleFileOptions::default()).expect("an entry");
            zip.write_all(content.as_bytes()).expect("written");
        }
        zip.finish().expect("finished");
    };
    let catalogue = "id#1=A\\#one\nmodel#1=/one/m.obj\nid#2=A#two\nmodel#2=/two.obj\nid#3=A#other\nmodel#3=/two.obj\n";
    archive(
        "a.sh3f",
        &[
            ("PluginFurnitureCatalog.properties", catalogue.to_owned()),
            ("one/m.obj", pyramid_obj(1)),
            ("two.obj", pyramid_obj(2)),
        ],
    );
    archive(
        "b.zip",
        &[("x/three.obj", pyramid_obj(3)), ("four.obj", pyramid_obj(4)), ("unlisted.obj", pyramid_obj(5))],
    );
    let labels = root.path().join("labels.tsv");
    fs::write(&labels, "# id\tclass\nA#one\tlow\nA#two\tlow\nx/three.obj\thigh\nfour.obj\thigh\n").expect("a file");
    let set = open("furniture", root.path(), &format!(",labels={}", labels.display()), 2, 1);
    assert_eq!(set.classes, ["high", "low"]);
    assert_eq!(set.labels, [1, 1, 0, 0]);
    assert!(set.skipped.is_empty());
    fs::write(root.path().join("c.zip"), "no archive").expect("a file");
    let message = try_open("furniture", root.path(), "", 2, 1).expect_err("broken").to_string();
    assert!(message.contains("c.zip"), "{message}");
}

#[test]
fn part_libraries_are_sorted_by_the_table() {
    let root = folder();
    for tip in 1..=4 {
        put(root.path(), &format!("Package_SO.3dshapes/SO-{tip}.wrl"), pyramid_wrl(tip));
        put(root.path(), &format!("Package_DIP.3dshapes/DIP-{tip}.wrl"), pyramid_wrl(10 + tip));
    }
    put(root.path(), "Filter.3dshapes/F.wrl", pyramid_wrl(30));
    put(root.path(), "Package_SO.3dshapes/SO-1.step", "not read");
    let set = open("kicad", root.path(), ",classes=so/dip", 12, 1);
    assert_eq!((set.classes.as_slice(), set.objects()), (["so".to_owned(), "dip".to_owned()].as_slice(), 8));
    assert_eq!(set.labels.iter().filter(|&&l| l == 0).count(), 4);
    let message = try_open("kicad", root.path(), "", 1, 1).expect_err("38 classes are empty").to_string();
    assert!(message.contains("has no readable files"), "{message}");
}

#[test]
fn idx_files_become_windows() {
    let root = folder();
    let images = |count: u32| {
        let mut bytes = [0x803u32, count, 28, 28].map(u32::to_be_bytes).concat();
        bytes.extend((0..count * 784).map(|at| (at % 251) as u8));
        bytes
    };
    let labels = |count: u32| {
        let mut bytes = [0x801u32, count].map(u32::to_be_bytes).concat();
        bytes.extend((0..count).map(|at| (at % 2) as u8));
        bytes
    };
    put(root.path(), "train-images-idx3-ubyte", images(20));
    put(root.path(), "train-labels-idx1-ubyte", labels(20));
    put(root.path(), "t10k-images.idx3-ubyte", images(6));
    put(root.path(), "t10k-labels.idx1-ubyte", labels(6));
    let set = open("idx", root.path(), "", 4, 1);
    assert_eq!((set.classes.len(), set.objects(), set.split.test.len()), (2, 26, 6));
    // The first window is the upper left corner, unscaled.
    assert_eq!(set.view(0, 0).unwrap()[16 + 3], 28 + 3);
    assert_eq!(open("idx", root.path(), ",objects=13", 1, 3).objects(), 13);
    put(root.path(), "t10k-labels.idx1-ubyte", labels(5));
    let message = try_open("idx", root.path(), "", 1, 1).expect_err("counts").to_string();
    assert!(message.contains("6 images") && message.contains("5 labels"), "{message}");
}

#[test]
fn cifar_batches_keep_their_colours() {
    let root = folder();
    let record = |label: u8| [vec![label], vec![200; 1024], vec![100; 1024], vec![50; 1024]].concat();
    put(root.path(), "data_batch_1.bin", (0..10).flat_map(record).collect::<Vec<u8>>());
    put(root.path(), "test_batch.bin", (0..10).flat_map(record).collect::<Vec<u8>>());
    let set = open("cifar", root.path(), "", 1, 3);
    assert_eq!((set.classes.len(), set.objects(), set.split.test.len()), (10, 20, 10));
    let view = set.view(3, 0).unwrap();
    assert_eq!([view[0], view[256], view[512]], [200, 100, 50]);
    put(root.path(), "batches.meta.txt", "only\none\n");
    assert!(try_open("cifar", root.path(), "", 1, 3).expect_err("names").to_string().contains("names 2 classes"));
}

#[test]
fn cifar_100_has_fine_labels_of_a_hundred_classes() {
    let root = folder();
    let record =
        |(coarse, fine): (u8, u8)| [vec![coarse, fine], vec![fine; 1024], vec![100; 1024], vec![9; 1024]].concat();
    let all = |copies: u8| (0..100 * u16::from(copies)).map(|at| (at as u8 % 20, (at % 100) as u8));
    put(root.path(), "train.bin", all(2).flat_map(record).collect::<Vec<u8>>());
    put(root.path(), "test.bin", all(1).flat_map(record).collect::<Vec<u8>>());
    let names: Vec<String> = (0..100).map(|label| format!("fine {label}")).collect();
    put(root.path(), "fine_label_names.txt", names.join("\n"));
    let set = open("cifar", root.path(), "", 1, 3);
    assert_eq!((set.classes.len(), set.objects(), set.split.test.len()), (100, 300, 100));
    assert_eq!((set.classes[42].as_str(), set.labels[142]), ("fine 42", 42));
    assert_eq!(set.view(142, 0).unwrap()[..2], [42, 42]);
    // A sensor rig of four cuts a picture into windows.
    assert_eq!(open("cifar", root.path(), ",cap=2", 4, 1).objects(), 200);
    put(root.path(), "test.bin", record((3, 100)));
    let message = try_open("cifar", root.path(), "", 1, 3).expect_err("a label too many").to_string();
    assert!(message.contains("test.bin: record 0: the label is 100"), "{message}");
}

#[test]
fn picture_folders_and_multi_view_folders() {
    let root = folder();
    for class in ["a", "b"] {
        for object in 0..5 {
            for view in 1..=4 {
                put(root.path(), &format!("{class}/train/thing_{object}_{view}.PGM"), pgm(object * 10 + view));
            }
        }
    }
    let views = open("multiview", root.path(), "", 2, 1);
    assert_eq!((views.objects(), views.view(1, 0).unwrap()[0], views.view(1, 1).unwrap()[0]), (10, 11, 13));
    let pictures = open("images", root.path(), ",views=crops", 2, 1);
    assert_eq!(pictures.objects(), 40);
    put(root.path(), "b/train/thing_9_1.png", "broken");
    assert_eq!(open("images", root.path(), "", 1, 1).skipped.len(), 1);
}

#[test]
fn a_set_that_is_not_there_says_how_to_get_it() {
    let message = |spec: &str| {
        let spec: DataSpec = spec.parse().expect("valid");
        Dataset::open_with(&spec, 1, 16, 1, Access::default()).expect_err("not there").to_string()
    };
    assert_eq!(message("images"), "the data set `images` needs a path, as in `images:PATH`");
    assert!(message("meshes:/no/such/folder").contains("/no/such/folder"));
    if !Path::new("/usr/share/kicad/3dmodels").exists() {
        assert!(message("kicad").contains("splitscope data fetch kicad"));
    }
}
