//! README and guide: links lead somewhere, every page is in the summary, the table of keys is the program's own, every
//! command is one that the program takes, and those that take seconds are run.
//!
//! A block of commands behind a comment (`<!-- not run: trains for minutes -->`) is not run. A block behind
//! `<!-- file: NAME -->` is a file that the commands of its page find in their folder.

mod common;

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{folder, splitscope, text};

/// Programs that commands of the guide call and tests do not.
const OTHERS: &str = "cargo just docker vela sqlite3 parallel sbatch apt-get pip pipx maturin mdbook tensorboard optuna-dashboard \
     python3";

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

/// A block of shell commands, or a file.
#[derive(Debug, Clone, PartialEq)]
enum PageBlock {
    Commands { lines: String, are_run: bool },
    File { name: String, content: String },
}

/// Blocks of commands and files of a page, in order.
fn blocks(page: &str) -> Vec<PageBlock> {
    let (mut found, mut comment) = (Vec::new(), "");
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            if !line.trim().is_empty() {
                comment = line.trim().strip_prefix("<!-- ").unwrap_or("");
            }
            continue;
        };
        let content: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        let content = content.join("\n") + "\n";
        if let Some(name) = comment.strip_prefix("file: ") {
            found.push(PageBlock::File { name: name.trim_end_matches(" -->").to_owned(), content });
        } else if language == "sh" {
            found.push(PageBlock::Commands { lines: content, are_run: comment.is_empty() });
        }
        comment = "";
    }
    found
}

/// Runs commands in a folder, where `splitscope` is a shell function.
fn run_commands(folder: &Path, function: &str, commands: &str) -> Result<(), String> {
    let others = OTHERS.split(' ').map(|name| format!("{name}() {{ :; }}\n")).collect::<Vec<_>>().concat();
    let launchers = "srun() { \"$@\"; }\nmpirun() { shift 2; \"$@\"; }\n";
    let script = format!("set -eo pipefail\n{others}{launchers}splitscope() {{ {function}; }}\n{commands}");
    // A command that waits for another process would wait for ever.
    let output = Command::new("timeout")
        .args(["1200", "bash", "-c", &script])
        .current_dir(folder)
        .envs([("PROGRAM", Path::new(env!("CARGO_BIN_EXE_splitscope"))), ("HOME", folder)])
        .env("SPLITSCOPE_CACHE", folder.join("cache"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    if output.status.success() { Ok(()) } else { Err(format!("{commands}\n{}", text(&output.stderr))) }
}

#[test]
fn commands_of_the_guide_are_those_of_the_program() {
    let folder = folder();
    for page in pages() {
        for block in blocks(&fs::read_to_string(&page).unwrap()) {
            let PageBlock::Commands { lines, .. } = block else { continue };
            // What is wrong is told before the help; what writes into a file then writes the help.
            if let Err(error) = run_commands(folder.path(), "\"$PROGRAM\" \"$@\" --help", &lines) {
                panic!("{}: {error}", page.display());
            }
        }
    }
}

/// Files that commands of the guide name.
fn prepare(folder: &Path, run: &Path) {
    for name in ["spaces", "profiles"] {
        symlink(root().join(name), folder.join(name)).unwrap();
    }
    fs::create_dir_all(folder.join("runs")).unwrap();
    let copied = Command::new("cp").arg("-R").arg(run).arg(folder.join("runs")).status().unwrap();
    assert!(copied.success());
    fs::copy(root().join("tests/golden/layers.csv"), folder.join("layers.csv")).unwrap();
    for (packed, names) in
        [("mobilenet_v2_dyn18", &["mobilenet_v2.onnx", "mine.onnx"][..]), ("resnet18_dyn18", &["resnet18.onnx"])]
    {
        let packed = fs::read(root().join(format!("tests/golden/zoo/{packed}.onnx.gz"))).unwrap();
        let mut network = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut network).unwrap();
        for name in names {
            fs::write(folder.join(name), &network).unwrap();
        }
    }
    let session =
        "[session]\nversion = 2\nspace = \"tabletop\"\nprofile = \"glasses\"\npool = 200\nseed = 0\n[knobs]\n";
    fs::write(folder.join("splitscope-session.toml"), session).unwrap();
}

#[test]
fn commands_of_the_guide_run() {
    // A study records what it measures in the run: of the shipped one in a copy, runs/run-001.
    let made = folder();
    let output = splitscope(made.path(), &["study", "paradigms", "--quick", "--run", "shipped", "--out", "studies"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for page in pages() {
        let blocks = blocks(&fs::read_to_string(&page).unwrap());
        if !blocks.iter().any(|block| matches!(block, PageBlock::Commands { are_run: true, .. })) {
            continue;
        }
        let folder = folder();
        prepare(folder.path(), &made.path().join("runs/run-001"));
        for block in blocks {
            match block {
                PageBlock::File { name, content } => fs::write(folder.path().join(name), content).unwrap(),
                PageBlock::Commands { lines, are_run: true } => {
                    if let Err(error) = run_commands(folder.path(), "\"$PROGRAM\" \"$@\"", &lines) {
                        panic!("{}: {error}", page.display());
                    }
                }
                PageBlock::Commands { .. } => {}
            }
        }
    }
}

#[test]
fn the_shipped_run_is_made_as_the_guide_says() {
    let commands = |text: &str| -> Vec<String> {
        let joined = text.replace("\\\n", " ");
        let lines = joined.lines().filter_map(|line| line.split_once("splitscope "));
        lines.map(|(_, command)| command.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let recipes = fs::read_to_string(root().join("justfile")).unwrap();
    let (_, recipe) = recipes.split_once("\nbundle ").unwrap();
    let recipe = recipe.split("\n\n").next().unwrap().replace("{{run}}", "R").replace("{{workers}}", "2");
    let page = fs::read_to_string(root().join("docs/training.md")).unwrap();
    let told = blocks(&page).into_iter().find_map(|block| match block {
        PageBlock::Commands { lines, .. } => Some(lines).filter(|lines| lines.contains("splitscope bundle")),
        PageBlock::File { .. } => None,
    });
    assert_eq!(commands(&told.unwrap()), commands(&recipe));
}

#[test]
fn pictures_of_the_guide_are_drawn_by_its_script() {
    let script = fs::read_to_string(root().join("docs/pictures.sh")).unwrap();
    let drawn: Vec<&str> = script
        .lines()
        .filter_map(|line| line.strip_prefix("picture "))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    let text: String = pages().iter().map(|page| fs::read_to_string(page).unwrap()).collect();
    for name in &drawn {
        assert!(root().join(format!("docs/{name}.svg")).exists(), "docs/{name}.svg is missing");
        assert!(text.contains(&format!("{name}.svg")), "no page shows docs/{name}.svg");
    }
    for file in fs::read_dir(root().join("docs")).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "svg") {
            let name = file.file_stem().unwrap().to_str().unwrap();
            assert!(drawn.contains(&name), "docs/pictures.sh does not draw {name}.svg");
        }
    }
}

#[test]
fn packages_hold_what_is_generated() {
    let folder = folder();
    let output = splitscope(folder.path(), &["generate", "--out", "target/share"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(root().join("Cargo.toml")).unwrap()).unwrap();
    let assets = manifest["package"]["metadata"]["deb"]["assets"].as_array().unwrap();
    for source in assets.iter().map(|asset| asset[0].as_str().unwrap()).filter(|path| path.starts_with("target/share"))
    {
        let (parent, name) = source.rsplit_once('/').unwrap();
        let mut files = fs::read_dir(folder.path().join(parent)).unwrap().map(|file| file.unwrap().file_name());
        let ending = name.strip_prefix('*');
        let is_it = |file: std::ffi::OsString| {
            let file = file.to_str().unwrap();
            ending.map_or(file == name, |ending| file.ends_with(ending))
        };
        assert!(files.any(is_it), "{source} is not generated");
    }
    let manual = fs::read_to_string(folder.path().join("target/share/man/man1/splitscope-report.1")).unwrap();
    assert!(manual.contains("Write a page about a trained run"), "{manual}");
    // Every page that one refers to is there: those of commands below commands too.
    let folder = folder.path().join("target/share/man/man1");
    for page in fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
        let content = fs::read_to_string(&page).unwrap().replace("\\-", "-");
        for name in content.split("(1)").filter_map(|before| before.rsplit(char::is_whitespace).next()) {
            let named = name.starts_with("splitscope-").then(|| folder.join(format!("{name}.1")));
            assert!(named.is_none_or(|named| named.exists()), "{} refers to {name}(1)", page.display());
        }
    }
    assert!(folder.join("splitscope-profile-import.1").exists() && folder.join("splitscope-generate.1").exists());
}

/// The archive of a release, as `.github/workflows/release.yml` makes it, installed by `.github/install.sh`.
#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn the_installer_checks_and_installs_an_archive() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("left out: curl is not there");
        return;
    }
    let (folder, home) = (folder(), folder());
    let make = "name=splitscope-x86_64-unknown-linux-gnu; mkdir $name; cp \"$PROGRAM\" $name/splitscope
        \"$PROGRAM\" generate --out $name/share > /dev/null; tar cf - $name | gzip -1 > $name.tar.gz
        sha256sum $name.tar.gz > $name.tar.gz.sha256";
    run_commands(folder.path(), ":", make).unwrap();
    let install = || {
        let installer = root().join(".github/install.sh");
        let address = format!("file://{}", folder.path().display());
        Command::new("sh").arg(installer).arg(address).env("HOME", home.path()).env_remove("PREFIX").output().unwrap()
    };
    for _ in 0..2 {
        let output = install();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with("installed splitscope "), "{}", text(&output.stdout));
    }
    for file in ["bin/splitscope", "share/man/man1/splitscope.1", "share/bash-completion/completions/splitscope"] {
        assert!(home.path().join(".local").join(file).exists(), "{file}");
    }
    let archive = folder.path().join("splitscope-x86_64-unknown-linux-gnu.tar.gz");
    let mut content = fs::read(&archive).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&archive, content).unwrap();
    assert!(!install().status.success(), "a damaged archive was installed");
}
