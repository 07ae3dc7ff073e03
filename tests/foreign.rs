//! Exported files of a small run, verified by the program itself and run by foreign programs: ONNX's checker, ONNX
//! Runtime, LiteRT and Arm's compiler Vela. They are looked for in a virtual environment in `target/foreign` with the PyPI
//! packages onnx, onnxruntime, ai-edge-litert, ethos-u-vela and numpy, which `.ci/run` makes where they can be had.

mod common;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{folder, splitscope, text};

/// Design of the default space whose sensor half has every operator of the space, with a link of 4 bits.
const DESIGN: &str = "smallest@S2.1/S3.1:r2b4";

/// A run of a few steps on easy objects.
fn trained(folder: &Path) {
    let arguments =
        ["train", "--run", "run", "--data", "arrangement-10:objects=100", "--steps", "2", "--set", "images=24"];
    let output = splitscope(folder, &[&arguments[..], &["--set", "calibration-objects=8"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn export(folder: &Path, extra: &[&str]) -> String {
    let arguments = [&["deploy", "--run", "run", "--design", DESIGN, "--views", "2"], extra].concat();
    let output = splitscope(folder, &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Python with the foreign programs, where they are installed.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/foreign/bin/python");
    if !python.exists() {
        println!("left out: target/foreign is not there, a virtual environment with foreign programs from PyPI");
        return None;
    }
    Some(python)
}

fn run_script(python: &Path, folder: &Path, script: &str, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(script);
    let output = Command::new(python).arg(script).args(arguments).current_dir(folder).output().unwrap();
    println!("{}", text(&output.stdout));
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn files_agree_with_the_supernet_here_and_in_foreign_programs() {
    let folder = folder();
    let path = folder.path();
    trained(path);
    export(path, &["--out", "halves"]);

    // Two steps teach next to nothing, so that classes may hang on one rounding: codes and logits are asked for.
    let arguments = ["verify", "halves", "--objects", "4", "--vectors", "vectors.npz", "--json"];
    let verified = splitscope(path, &arguments);
    let rows = common::events(&verified);
    assert_eq!(rows.len(), 4, "{}", text(&verified.stderr));
    for row in rows {
        let figure = |name: &str| row[name].as_f64().unwrap_or(f64::NAN);
        let float = 1e-4 * figure("largest_logit").max(1.0);
        let bound = row["logit_step"].as_f64().map_or(float, |step| 2.01 * step);
        assert!(figure("logits_apart") <= bound && figure("code_steps") <= 2.01, "{row}");
    }

    let costs = common::json(path, &["cost", "--genome", "smallest", "--ratio", "2", "--bits", "4", "--json"]);
    let split = costs["splits"].as_array().unwrap().iter().find(|split| split["name"] == "S2.1").unwrap();
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path.join("halves/manifest.json")).unwrap()).unwrap();
    let int8 = manifest["precisions"].as_array().unwrap().iter().find(|entry| entry["precision"] == "int8").unwrap();
    assert_eq!(int8["link"]["bytes"], split["link_bytes"], "what is sent is what is costed");

    if let Some(python) = python() {
        let layers = splitscope(path, &["deploy", "--layers-of", "tabletop", "--out", "layers"]);
        assert!(layers.status.success(), "{}", text(&layers.stderr));
        run_script(&python, path, "check.py", &["halves", "vectors.npz", "layers"]);
        run_script(&python, path, "profile_layers.py", &["layers", "times", "3"]);
        let profiles = fs::read_dir(path.join("times")).unwrap();
        let profiles: Vec<String> =
            profiles.map(|entry| format!("times/{}", entry.unwrap().file_name().to_string_lossy())).collect();
        let mut import = vec!["profile", "import", "--layers", "layers/index.csv"];
        import.extend(profiles.iter().map(String::as_str));
        let table = splitscope(path, &import);
        assert!(table.status.success() && table.stderr.is_empty(), "{}", text(&table.stderr));
        fs::write(path.join("times.csv"), &table.stdout).unwrap();
        let costs = splitscope(path, &["cost", "--layers", "layers/index.csv", "--table", "times.csv"]);
        assert!(costs.status.success(), "{}", text(&costs.stderr));
    }

    // Files that are not run are named.
    let plain = text(&splitscope(path, &["verify", "halves", "--objects", "1"]).stdout);
    let unrun = plain.lines().find(|line| line.starts_with("not run, their digests are right: ")).unwrap();
    assert!(unrun.contains("sensor-int8.tflite") && !unrun.contains(".onnx"), "{unrun}");

    // A folder is never written over, and damage is noticed.
    let again = splitscope(path, &["deploy", "--run", "run", "--design", DESIGN, "--out", "halves"]);
    assert_eq!(again.status.code(), Some(1));
    let file = path.join("halves/sensor-int8.onnx");
    let mut content = fs::read(&file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&file, content).unwrap();
    let damaged = splitscope(path, &["verify", "halves", "--objects", "2"]);
    assert_eq!(damaged.status.code(), Some(1));
    assert!(text(&damaged.stderr).contains("sensor-int8.onnx: it is damaged"), "{}", text(&damaged.stderr));
}

#[test]
fn inputs_of_a_set_are_written_for_numpy() {
    let folder = folder();
    let arguments = ["data", "arrangement-10:objects=100", "--views", "2", "--export", "inputs.npz", "--objects", "3"];
    let output = splitscope(folder.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut archive = zip::ZipArchive::new(fs::File::open(folder.path().join("inputs.npz")).unwrap()).unwrap();
    let mut images = Vec::new();
    archive.by_name("images.npy").unwrap().read_to_end(&mut images).unwrap();
    assert!(images.starts_with(b"\x93NUMPY\x01\0"));
    // A header of 128 bytes, then single-precision numbers `[objects, views, channels, height, width]`.
    assert!(text(&images[..128]).contains("(3, 2, 1, 32, 32, )"));
    assert_eq!(images.len(), 128 + 4 * 3 * 2 * 32 * 32);
    let pixels: Vec<f32> = images[128..].chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert!(
        pixels.iter().all(|pixel| pixel.is_finite())
            && pixels.iter().any(|pixel| pixel.to_bits() != pixels[0].to_bits())
    );
}
