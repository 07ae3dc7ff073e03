//! Readers of everything that comes from outside, each as a function of bytes: whatever the bytes are, it returns.
//! `tests/hostile.rs` calls them with damaged files, `fuzz/` with those that a fuzzer makes.

use std::fs;
use std::path::{Path, PathBuf};

use splitscope::deploy::{self, OnnxProgram};
use splitscope::diagnostic::Source;
use splitscope::explore::SessionFile;
use splitscope::hardware::{Profile, parse_measured};
use splitscope::network::import::{Cuts, ImportOptions, import};
use splitscope::network::memory::{MemoryRule, live_bytes};
use splitscope::network::table;
use splitscope::onnx::{self, Bytes};
use splitscope::record::{Control, EVENT_VERSION, EventRecord};
use splitscope::run::{Cursor, Store};
use splitscope::space::SearchSpace;
use splitscope::train::{Checkpoints, Settings};

/// A reader with its name.
#[derive(Clone, Copy)]
pub(crate) struct Reader {
    /// Name, which is that of its fuzz target.
    pub(crate) name: &'static str,
    /// Reads bytes; what they hold is dropped.
    pub(crate) read: fn(&[u8]),
}

/// All readers.
pub(crate) const READERS: [Reader; 13] = [
    Reader { name: "onnx", read: onnx },
    Reader { name: "space", read: space },
    Reader { name: "profile", read: profile },
    Reader { name: "latency_table", read: latency_table },
    Reader { name: "layer_table", read: layer_table },
    Reader { name: "session", read: session },
    Reader { name: "control", read: control },
    Reader { name: "record", read: record },
    Reader { name: "store", read: store },
    Reader { name: "checkpoint", read: checkpoint },
    Reader { name: "safetensors", read: safetensors },
    Reader { name: "exported_onnx", read: exported_onnx },
    Reader { name: "link", read: link },
];

/// Calls the reader of a name.
#[allow(dead_code, reason = "the fuzz targets call it")]
pub(crate) fn read(name: &str, content: &[u8]) {
    let reader = READERS.into_iter().find(|reader| reader.name == name).expect("a reader of that name");
    (reader.read)(content);
}

fn source(content: &[u8]) -> Source {
    Source::new("hostile", String::from_utf8_lossy(content))
}

fn onnx(content: &[u8]) {
    let Ok(model) = onnx::read(Bytes::copy_from_slice(content)) else { return };
    for cuts in [Cuts::Single, Cuts::All] {
        match import(&model, &ImportOptions { cuts, ..ImportOptions::default() }, &|_, _| {
            Err("there is none".to_owned())
        }) {
            Ok(network) => assert_eq!(live_bytes(&network, MemoryRule::Strict).len(), network.layers.len()),
            Err(error) => drop(error.to_string()),
        }
    }
}

fn space(content: &[u8]) {
    match SearchSpace::from_toml(&source(content)) {
        Ok(space) => drop((space.lower(&space.smallest()), space.lower(&space.largest()))),
        Err(error) => drop(error.to_string()),
    }
}

fn profile(content: &[u8]) {
    let table = |_: &str| Ok("name,kind,cin,cout,k,hin,ms\nstem,conv,3,8,1,32,0.5\n".to_owned());
    drop(Profile::from_toml_with(&source(content), &table).map_err(|error| error.to_string()));
}

fn latency_table(content: &[u8]) {
    drop(parse_measured(&source(content)).map_err(|error| error.to_string()));
}

fn layer_table(content: &[u8]) {
    drop(table::parse(&source(content)).map_err(|error| error.to_string()));
}

fn session(content: &[u8]) {
    match SessionFile::from_toml(&source(content)) {
        Ok(file) => drop((file.notes(), file.to_toml())),
        Err(error) => drop(error.to_string()),
    }
}

fn control(content: &[u8]) {
    for line in String::from_utf8_lossy(content).lines() {
        drop(Control::parse(line).map_err(|error| error.to_string()));
    }
}

fn record(content: &[u8]) {
    for line in String::from_utf8_lossy(content).lines() {
        drop(EventRecord::from_json(line, EVENT_VERSION).to_json());
    }
}

fn store(content: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.db");
    fs::write(&path, content).expect("a file");
    if let Ok(store) = Store::open(&path) {
        drop((store.changes(&mut Cursor::default()), store.measured(6)));
    }
}

/// Bytes of the weights, beside a state that names no digests.
fn checkpoint(content: &[u8]) {
    let golden = golden_run();
    let manifest = fs::read_to_string(golden.join("run.toml")).expect("the golden run");
    let manifest: toml::Table = manifest.parse().expect("the golden run");
    let text = manifest["space"]["text"].as_str().expect("the text of its space");
    let space = SearchSpace::from_toml(&Source::new("golden", text)).expect("its space");
    let folder = tempfile::tempdir().expect("a folder");
    let step = folder.path().join("step-00000006");
    fs::create_dir(&step).expect("a folder");
    fs::copy(golden.join("checkpoint/step-00000006/state.json"), step.join("state.json")).expect("its state");
    fs::write(step.join("weights.bpk"), content).expect("a file");
    let settings = Settings::default();
    let loaded = Checkpoints::new(folder.path()).load_weights(&space, &settings, &settings.device.open());
    drop(loaded.map_err(|error| error.to_string()));
}

fn safetensors(content: &[u8]) {
    drop(deploy::read_archive("hostile", content).map_err(|error| error.to_string()));
}

fn exported_onnx(content: &[u8]) {
    drop(OnnxProgram::read("hostile", content.to_vec()).map_err(|error| error.to_string()));
}

/// Messages of the link between sensors and aggregator; and the content of one of each kind with a checksum that fits.
fn link(content: &[u8]) {
    drop(deploy::read_messages(content).map_err(|error| error.to_string()));
    for kind in 1..=9 {
        drop(deploy::read_messages(&link_message(kind, content)).map_err(|error| error.to_string()));
    }
}

/// A message of the link: `SPLT`, version, kind, object, length, checksum, payload.
pub(crate) fn link_message(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut message = b"SPLT\x02\x00".to_vec();
    message.extend(kind.to_le_bytes());
    message.extend(3_u32.to_le_bytes());
    message.extend((payload.len() as u32).to_le_bytes());
    let checksum = xxhash_rust::xxh3::xxh3_64(&[&message[..], payload].concat());
    message.extend(checksum.to_le_bytes());
    message.extend(payload);
    message
}

/// A run of the first edition, whose checkpoints have no digests: what they hold is read as it is.
pub(crate) const GOLDEN_RUN: &str = "tests/golden/first-edition-run";

/// Its folder, from this package or from that of the fuzz targets.
fn golden_run() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = if package.ends_with("fuzz") { package.parent().unwrap_or(package) } else { package };
    root.join(GOLDEN_RUN)
}
