//! README and guide: links lead somewhere, every page is in the summary, and the table of keys is the program's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Markdown files of the repository's root and of `docs/`.
fn pages() -> Vec<PathBuf> {
    let folders = [root(), root().join("docs")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut pages: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

/// Targets of `[text](target)` outside code blocks.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut code = false;
    for line in text.lines() {
        code ^= line.starts_with("```");
        if !code {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            found.extend(targets.map(|(target, _)| target.to_owned()));
        }
    }
    found
}

#[test]
fn links_lead_somewhere() {
    for page in pages() {
        for link in links(&fs::read_to_string(&page).unwrap()) {
            if link.starts_with("http") {
                continue;
            }
            let file = link.split('#').next().unwrap();
            let target = page.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
        }
    }
}

#[test]
fn summary_lists_every_page() {
    let listed = links(&fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap());
    let folder = fs::read_dir(root().join("docs")).unwrap();
    for file in folder.map(|file| file.unwrap().file_name().into_string().unwrap()) {
        let is_page = Path::new(&file).extension().is_some_and(|extension| extension == "md") && file != "SUMMARY.md";
        assert!(!is_page || listed.contains(&file), "docs/SUMMARY.md does not list {file}");
    }
}

#[test]
fn readme_is_short() {
    let lines = fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines < 150, "the README has {lines} lines; what does not fit belongs into docs/");
}

#[test]
fn keys_in_the_guide_are_those_of_the_program() {
    let guide = fs::read_to_string(root().join("docs/screens-and-keys.md")).unwrap();
    let (_, rest) = guide.split_once("<!-- keys -->\n").unwrap();
    let (table, _) = rest.split_once("<!-- end of keys -->").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_splitscope"))
        .args(["keys", "--defaults", "--format", "markdown"])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(table.trim(), printed.trim(), "splitscope keys --defaults --format markdown");
}

#[test]
fn files_that_developers_are_told_of_exist() {
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for path in text.split('`').skip(1).step_by(2) {
            let is_path = ["src/", "tests/", "docs/", "benches/", "spaces/", "profiles/", "examples/"]
                .iter()
                .any(|folder| path.starts_with(folder));
            let stands_for_many = path.contains(['*', ' ']) || path.contains("NAME");
            assert!(!is_path || stands_for_many || root().join(path).exists(), "{page}: {path} does not exist");
        }
    }
}

#[test]
fn glossary_types_stand_in_their_files() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for row in text.lines().filter(|line| line.starts_with("| ") && line.ends_with(".rs` |")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let file = cells[4].trim_matches('`');
        let source = fs::read_to_string(root().join(file)).unwrap_or_else(|_| panic!("{file} does not exist"));
        for name in cells[3].split(", ").map(|name| name.trim_matches('`')) {
            let defined =
                ["struct", "enum", "trait"].iter().any(|keyword| defines(&source, &format!("{keyword} {name}")));
            assert!(defined, "{file} defines no {name}");
        }
    }
}

/// Returns `true` if a source text holds `definition` as whole words.
fn defines(source: &str, definition: &str) -> bool {
    source.match_indices(definition).any(|(at, _)| {
        let next = source[at + definition.len()..].chars().next();
        next.is_some_and(|next| !next.is_alphanumeric() && next != '_')
    })
}
