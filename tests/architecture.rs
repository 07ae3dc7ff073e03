//! Layering of the crate: floors, the two wings, and no import circles between files. `ARCHITECTURE.md` describes them.

#[path = "common/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use source::{Finding, Import, Resolver, SourceFile, check, imports, source_files};

/// Top-level modules, lowest first. A module imports only from floors before its own.
const FLOORS: [&str; 24] = [
    "text",
    "files",
    "diagnostic",
    "quantity",
    "onnx",
    "network",
    "space",
    "hardware",
    "cost",
    "search",
    "record",
    "explore",
    "data",
    "kernels",
    "supernet",
    "train",
    "leak",
    "deploy",
    "run",
    "svg",
    "report",
    "study",
    "tui",
    "cli",
];

/// Floors without tensors, terminal, threads or clock.
const PURE: [&str; 10] =
    ["diagnostic", "quantity", "onnx", "network", "space", "hardware", "cost", "search", "record", "explore"];

/// Paths that a pure floor never names.
const IMPURE: [&[&str]; 12] = [
    &["burn"],
    &["burn_flex"],
    &["burn_ndarray"],
    &["crossterm"],
    &["ratatui"],
    &["rayon"],
    &["rusqlite"],
    &["rustix"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time"],
    &["std", "env"],
];

/// Floors of tensors, and the floors they never name: hardware profiles and screens are not theirs.
const TENSOR: [&str; 6] = ["data", "kernels", "supernet", "train", "leak", "deploy"];
const NOT_FOR_TENSORS: [&str; 4] = ["hardware", "cost", "explore", "tui"];

fn product_files() -> Vec<SourceFile> {
    source_files().into_iter().filter(|file| !file.is_test()).collect()
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|&floor| floor == name)
}

fn names(import: &Import) -> String {
    import.path.join("::")
}

#[test]
fn every_module_has_a_floor() {
    let unknown: BTreeSet<String> = product_files()
        .iter()
        .filter(|file| !file.module.is_empty() && floor(file.room()).is_none())
        .map(|file| file.room().to_owned())
        .collect();
    assert!(unknown.is_empty(), "no floor is known for {unknown:?}");
}

/// Names between backticks of a text, but those of features, which stand behind the word.
fn names_of_crates(text: &str) -> BTreeSet<&str> {
    let mut parts = text.split('`');
    let mut found = BTreeSet::new();
    while let (Some(before), Some(name)) = (parts.next(), parts.next()) {
        if !before.ends_with("feature ") {
            found.insert(name);
        }
    }
    found
}

#[test]
fn every_dependency_is_listed_with_its_use() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let used: BTreeSet<&str> = ["\n[dependencies]\n", "\n[dev-dependencies]\n"]
        .into_iter()
        .flat_map(|table| manifest.split_once(table).unwrap().1.lines().take_while(|line| !line.starts_with('[')))
        .filter_map(|line| line.split_once(" = ").map(|(name, _)| name))
        .filter(|name| !name.starts_with('#'))
        .collect();
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let (_, section) = page.split_once("\n## Dependencies\n").unwrap();
    let table: String = section.lines().skip(1).take_while(|line| line.is_empty() || line.starts_with('|')).collect();
    assert_eq!(names_of_crates(&table), used, "the table of crates in ARCHITECTURE.md (left) and Cargo.toml (right)");
}

#[test]
fn imports_point_downwards() {
    let mut findings = Vec::new();
    for file in product_files() {
        let Some(own) = floor(file.room()) else { continue };
        for import in imports(&file).iter().filter(|import| import.path[0] == "crate") {
            let target = import.path.get(1).and_then(|name| floor(name));
            if target.is_some_and(|target| target > own) {
                findings.push(Finding::new(&file, import.line, format!("imports upwards: {}", names(import))));
            }
        }
    }
    check("upward-import", &findings);
}

#[test]
fn pure_floors_name_nothing_impure() {
    let mut findings = Vec::new();
    for file in product_files().iter().filter(|file| PURE.contains(&file.room())) {
        for import in imports(file) {
            let impure = IMPURE.iter().any(|path| {
                import.path.len() >= path.len() && import.path.iter().zip(*path).all(|(found, wanted)| found == wanted)
            });
            if impure {
                findings.push(Finding::new(file, import.line, format!("is not pure: {}", names(&import))));
            }
        }
    }
    check("impure", &findings);
}

#[test]
fn tensor_floors_name_no_profile_and_no_screen() {
    let mut findings = Vec::new();
    for file in product_files().iter().filter(|file| TENSOR.contains(&file.room())) {
        for import in imports(file).iter().filter(|import| import.path[0] == "crate") {
            if import.path.get(1).is_some_and(|name| NOT_FOR_TENSORS.contains(&name.as_str())) {
                findings.push(Finding::new(file, import.line, format!("leaves its wing: {}", names(import))));
            }
        }
    }
    check("wing", &findings);
}

#[test]
fn no_files_of_a_floor_import_each_other_in_a_circle() {
    let files = product_files();
    let named: Vec<Vec<Import>> = files.iter().map(imports).collect();
    let resolver = Resolver::new(&files, &named);
    // For each file, the files of its floor that it imports, each with the first line that does.
    let mut edges: Vec<BTreeMap<usize, usize>> = vec![BTreeMap::new(); files.len()];
    for (from, list) in named.iter().enumerate() {
        for import in list.iter().filter(|import| !import.exported) {
            let Some(to) = resolver.locate(&import.path) else { continue };
            let inside = from != to && !files[to].module.is_empty() && files[from].room() == files[to].room();
            if inside {
                edges[from].entry(to).or_insert(import.line);
            }
        }
    }
    let mut findings = Vec::new();
    for circle in circles(&edges) {
        for &member in &circle {
            let inside = edges[member].iter().filter(|(to, _)| circle.contains(to));
            for (&to, &line) in inside {
                let message = format!("in a circle of {} files: imports {}", circle.len(), files[to].path);
                findings.push(Finding::new(&files[member], line, message));
            }
        }
    }
    check("import-circle", &findings);
}

/// Groups of two or more nodes that reach each other.
fn circles(edges: &[BTreeMap<usize, usize>]) -> Vec<BTreeSet<usize>> {
    let reached: Vec<BTreeSet<usize>> = (0..edges.len()).map(|from| reach(edges, from)).collect();
    let mut found: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
    for from in 0..edges.len() {
        let mutual: BTreeSet<usize> = reached[from].iter().copied().filter(|&to| reached[to].contains(&from)).collect();
        if mutual.len() > 1 {
            found.insert(mutual);
        }
    }
    found.into_iter().collect()
}

/// Nodes that can be reached from a node by at least one edge.
fn reach(edges: &[BTreeMap<usize, usize>], from: usize) -> BTreeSet<usize> {
    let (mut seen, mut stack) = (BTreeSet::new(), vec![from]);
    while let Some(node) = stack.pop() {
        for &next in edges[node].keys() {
            if seen.insert(next) {
                stack.push(next);
            }
        }
    }
    seen
}
