//! Damaged files of every kind: each is read or refused, and never brings the program down. The readers are those of
//! the fuzz targets in `fuzz/`.
//!
//! `HOSTILE_SECONDS=3600 HOSTILE_SEED=7 HOSTILE_READER=onnx cargo test --release --test hostile` looks longer, from
//! another seed, at one reader.

#[path = "common/hostile.rs"]
mod hostile;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use hostile::{GOLDEN_RUN, READERS, Reader, link_message};
use prost::Message;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use splitscope::explore::Session;
use splitscope::hardware::{self, Profile};
use splitscope::onnx::{self, Bytes};
use splitscope::space::{self, SearchSpace};

/// Damaged files of each reader.
const CASES: u64 = 60;
/// Most changes to a file.
const CHANGES: usize = 6;
/// Texts that take the place of others: ends of ranges, other types, the signs of the formats.
const TOKENS: [&str; 22] = [
    "0",
    "-1",
    "1e309",
    "nan",
    "inf",
    "18446744073709551616",
    "9223372036854775807",
    "4294967295",
    "true",
    "null",
    "\"",
    "[",
    "]",
    "{",
    "}",
    "=",
    ",",
    "\n",
    "#",
    "\u{feff}",
    "é",
    "0x",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// All files of a folder with this ending.
fn files(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A packed model without its weights, so that damage falls on what is read.
fn model(packed: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut content).unwrap();
    let mut model = onnx::read(Bytes::from(content)).unwrap();
    for tensor in &mut model.graph.as_mut().unwrap().initializer {
        if tensor.raw_data.len() > 64 {
            tensor.raw_data = Bytes::new();
        }
    }
    model.encode_to_vec()
}

fn lines(lines: &[&str]) -> Vec<Vec<u8>> {
    lines.iter().map(|line| line.as_bytes().to_vec()).collect()
}

/// Sound files to damage.
fn sound(name: &str) -> Vec<Vec<u8>> {
    let golden = root().join(GOLDEN_RUN);
    match name {
        "onnx" | "exported_onnx" => files("tests/golden/zoo", "gz").iter().map(|packed| model(packed)).collect(),
        "space" => files("spaces", "toml"),
        "profile" => files("profiles", "toml"),
        "latency_table" => lines(&[
            "name,kind,cin,cout,k,stride,hin,ms\nstem,conv,3,16,3,1,32,0.5\na,dwconv,16,16,3,2,32,0.25\n",
            r#"{"stem": 0.0005, "S1.1.expand": 1e-4}"#,
            // Ends within a string, behind a letter of two bytes.
            "{\"sté",
        ]),
        "layer_table" => files("tests/golden", "csv"),
        "session" => {
            let (space, profile) = (SearchSpace::shipped(space::DEFAULT), Profile::shipped(hardware::DEFAULT));
            let session = Session::new(space.unwrap(), profile.unwrap(), 5, 0);
            vec![session.to_file().to_toml().into_bytes()]
        }
        "control" => lines(&["pause\nresume\nstop", r#"{"limits":{"latency":"8 ms","accuracy":0.7,"sensors":6}}"#]),
        "record" => lines(&[
            r#"{"task":"train","kind":"started","command":"splitscope train","pid":1,"resumed_from_step":null}"#,
            r#"{"task":"search","kind":"live","measured":3,"contenders":12,"best":0.9,"rests":false}"#,
            r#"{"task":"search","kind":"evaluated","step":6,"design":"x","views":6,"accuracy":"NaN","samples":4}"#,
        ]),
        "store" => vec![fs::read(golden.join("run.db")).unwrap()],
        "checkpoint" => vec![fs::read(golden.join("checkpoint/step-00000006/weights.bpk")).unwrap()],
        "safetensors" => vec![safetensors()],
        "link" => {
            let (hello, sensed) = ([b'a'; 96], [[5, 0].as_slice(), &0.25_f64.to_le_bytes()].concat());
            let all = [link_message(1, &hello), link_message(5, &sensed), link_message(7, &[1, 2, 3])].concat();
            vec![all, hello.to_vec(), sensed, link_message(3, b"why"), link_message(6, &1.5_f64.to_le_bytes())]
        }
        other => panic!("no sound files for {other}"),
    }
}

/// A header with one tensor, and its bytes.
fn safetensors() -> Vec<u8> {
    let header = r#"{"__metadata__":{"graphs":"{}"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let mut content = (header.len() as u64).to_le_bytes().to_vec();
    content.extend(header.as_bytes());
    content.extend([0; 8]);
    content
}

/// Changes some places of a file.
fn damaged(sound: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut content = sound.to_vec();
    for _ in 0..rng.random_range(1..=CHANGES) {
        if content.is_empty() {
            break;
        }
        let at = rng.random_range(0..content.len());
        let length = rng.random_range(0..=(content.len() - at).min(40));
        match rng.random_range(0..7) {
            0 => content[at] ^= 1 << rng.random_range(0..8),
            1 => content[at] = rng.random(),
            2 => drop(content.drain(at..at + length)),
            3 => drop(content.splice(at..at + length, TOKENS[rng.random_range(0..TOKENS.len())].bytes())),
            4 => {
                let piece = content[at..at + length].to_vec();
                let to = rng.random_range(0..=content.len());
                drop(content.splice(to..to, piece));
            }
            5 => content.truncate(at),
            _ => content[at..at + length].fill(0xff),
        }
    }
    content
}

/// Number in the environment.
fn asked(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

#[test]
fn damaged_files_of_every_kind_are_read_or_refused() {
    let (seconds, seed) = (asked("HOSTILE_SECONDS").map(Duration::from_secs), asked("HOSTILE_SEED").unwrap_or(0));
    let only = env::var("HOSTILE_READER").ok();
    let readers: Vec<Reader> =
        READERS.into_iter().filter(|reader| only.as_deref().is_none_or(|only| only == reader.name)).collect();
    assert!(!readers.is_empty(), "no reader is named {only:?}");
    let sound: Vec<Vec<Vec<u8>>> = readers.iter().map(|reader| sound(reader.name)).collect();
    for (reader, files) in readers.iter().zip(&sound) {
        for file in files {
            (reader.read)(file);
        }
    }
    let started = Instant::now();
    let goes_on = |case| seconds.map_or(case < CASES, |seconds| started.elapsed() < seconds);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for case in (0..).take_while(|&case| goes_on(case)) {
        for (reader, files) in readers.iter().zip(&sound) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1 << 40).wrapping_add(case));
            let content = damaged(&files[rng.random_range(0..files.len())], &mut rng);
            let read = std::panic::catch_unwind(|| (reader.read)(&content));
            if read.is_err() {
                let path = env::temp_dir().join(format!("hostile-{}-{seed}-{case}", reader.name));
                fs::write(&path, &content).unwrap();
                panic!("{}: seed {seed}, case {case}, kept in {}", reader.name, path.display());
            }
            *counts.entry(reader.name).or_default() += 1;
        }
    }
    println!("{counts:?}");
}
