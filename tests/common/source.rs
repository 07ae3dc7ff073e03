//! Rust source files as the architecture and language tests read them: tokens, comment lines, module paths and imports.
//!
//! A small lexer, not a parser: it knows comments, strings, characters and lifetimes, `use` trees and inline modules.
//! Items under `#[cfg(test)]` are left out of the tokens.

#![allow(dead_code, reason = "each test that includes this file uses a part of it")]

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Identifier, string literal, `::` or single punctuation character, with its line counted from 1.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub text: String,
    pub line: usize,
}

impl Token {
    /// Returns `true` if the token is an identifier or a keyword.
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_') && !self.is_string()
    }

    /// Returns `true` if the token is a string literal.
    pub(crate) fn is_string(&self) -> bool {
        self.text.contains('"')
    }
}

/// One source file below `src/`.
pub(crate) struct SourceFile {
    /// Path from the repository root, with `/`.
    pub path: String,
    /// Module path from the crate root; empty for `lib.rs` and `main.rs`.
    pub module: Vec<String>,
    pub text: String,
    /// Tokens outside comments, literals and test items.
    pub tokens: Vec<Token>,
    /// String literals outside test items, with their quotes.
    pub strings: Vec<Token>,
}

impl SourceFile {
    /// Top-level module, or `root` for `lib.rs` and `main.rs`.
    pub(crate) fn room(&self) -> &str {
        self.module.first().map_or("root", String::as_str)
    }

    /// Returns `true` if the whole file is test code.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| {
            let name = part.trim_end_matches(".rs");
            name == "tests" || name == "testing" || name.ends_with("_tests")
        })
    }

    /// Lines that hold nothing but a comment, with their numbers.
    pub(crate) fn comments(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| line.trim_start().starts_with("//"))
    }
}

/// Path named in a file, with its root made absolute: `["crate", "cost", "Limit"]` or `["std", "time", "Instant"]`.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub line: usize,
    pub path: Vec<String>,
    /// Name under which a `use` binds the path in the file's own module; `None` for paths in expressions and types.
    pub alias: Option<String>,
    /// `true` for `pub use`, which passes a name on.
    pub exported: bool,
}

/// Reads every `.rs` file below `src/`, in path order.
pub(crate) fn source_files() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join("src"), &mut paths);
    paths.sort();
    paths.iter().map(|path| read(root, path)).collect()
}

fn collect(folder: &Path, paths: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn read(root: &Path, path: &Path) -> SourceFile {
    let text = fs::read_to_string(path).unwrap();
    let path = path.strip_prefix(root).unwrap().display().to_string();
    let mut module: Vec<String> =
        path.trim_start_matches("src/").trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|name| matches!(name.as_str(), "mod" | "lib" | "main")) {
        module.pop();
    }
    let (strings, tokens) = without_tests(&tokens(&text)).into_iter().partition(Token::is_string);
    SourceFile { path, module, text, tokens, strings }
}

/// Files for people that may hold prose: documents, spaces and profiles; path and text.
pub(crate) fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for (folder, extension) in [("", "md"), ("docs", "md"), ("spaces", "toml"), ("profiles", "toml")] {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        paths.extend(entries.filter(|path| path.extension().is_some_and(|own| own == extension)));
    }
    paths.sort();
    let name = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// Splits Rust source into tokens; comments, characters and lifetimes are left out.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let (mut index, mut line, mut found) = (0, 1, Vec::new());
    while index < chars.len() {
        let start = index;
        match at(index) {
            '/' if at(index + 1) == '/' => {
                while index < chars.len() && at(index) != '\n' {
                    index += 1;
                }
            }
            '/' if at(index + 1) == '*' => index = block_comment_end(&chars, index),
            '"' => {
                index = string_end(&chars, index + 1);
                found.push(Token { text: chars[start..index].iter().collect(), line });
            }
            '\'' => index = character_or_lifetime_end(&chars, index),
            'r' | 'b' | 'c' if raw_string_end(&chars, index).is_some() => {
                index = raw_string_end(&chars, index).unwrap();
                found.push(Token { text: chars[start..index].iter().collect(), line });
            }
            'b' | 'c' if at(index + 1) == '"' => index = string_end(&chars, index + 2),
            'b' if at(index + 1) == '\'' => index = character_or_lifetime_end(&chars, index + 1),
            first if first.is_alphanumeric() || first == '_' => {
                while at(index).is_alphanumeric() || at(index) == '_' {
                    index += 1;
                }
                found.push(Token { text: chars[start..index].iter().collect(), line });
            }
            ':' if at(index + 1) == ':' => {
                index += 2;
                found.push(Token { text: "::".to_owned(), line });
            }
            other => {
                index += 1;
                if !other.is_whitespace() {
                    found.push(Token { text: other.to_string(), line });
                }
            }
        }
        line += chars[start..index].iter().filter(|&&c| c == '\n').count();
    }
    found
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let (mut index, mut depth) = (start, 0);
    while index < chars.len() {
        if chars[index..].starts_with(&['/', '*']) {
            (index, depth) = (index + 2, depth + 1);
        } else if chars[index..].starts_with(&['*', '/']) {
            (index, depth) = (index + 2, depth - 1);
            if depth == 0 {
                break;
            }
        } else {
            index += 1;
        }
    }
    index
}

fn string_end(chars: &[char], start: usize) -> usize {
    let mut index = start;
    while index < chars.len() && chars[index] != '"' {
        index += if chars[index] == '\\' { 2 } else { 1 };
    }
    (index + 1).min(chars.len())
}

/// End of a raw string that begins at `start`, or `None` if none does.
fn raw_string_end(chars: &[char], start: usize) -> Option<usize> {
    let mut index = start;
    if matches!(chars[index], 'b' | 'c') {
        index += 1;
    }
    if chars.get(index) != Some(&'r') {
        return None;
    }
    index += 1;
    let hashes = chars[index..].iter().take_while(|&&c| c == '#').count();
    index += hashes;
    if chars.get(index) != Some(&'"') {
        return None;
    }
    index += 1;
    while index < chars.len() {
        let closed = chars[index] == '"' && chars[index + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
        if closed {
            return Some(index + 1 + hashes);
        }
        index += 1;
    }
    Some(chars.len())
}

fn character_or_lifetime_end(chars: &[char], start: usize) -> usize {
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    if at(start + 1) == '\\' {
        let mut index = start + 3;
        while index < chars.len() && chars[index] != '\'' {
            index += 1;
        }
        return (index + 1).min(chars.len());
    }
    if at(start + 2) == '\'' {
        return start + 3;
    }
    let mut index = start + 1;
    while at(index).is_alphanumeric() || at(index) == '_' {
        index += 1;
    }
    index
}

/// Leaves out every item under `#[cfg(test)]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::with_capacity(tokens.len());
    let mut index = 0;
    while index < tokens.len() {
        let rest = &tokens[index..];
        let is_test =
            rest.len() > CFG_TEST.len() && rest.iter().zip(CFG_TEST).all(|(token, wanted)| token.text == wanted);
        if is_test {
            index = item_end(tokens, index + CFG_TEST.len());
        } else {
            kept.push(tokens[index].clone());
            index += 1;
        }
    }
    kept
}

/// Index behind the item that starts at `start`: behind its `;`, or behind its closing brace.
fn item_end(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                if depth == 0 {
                    return index + 1;
                }
            }
            ";" if depth == 0 => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// All paths that a file names, in `use` items and in code.
pub(crate) fn imports(file: &SourceFile) -> Vec<Import> {
    let tokens = &file.tokens;
    let children = child_modules(tokens);
    let mut found = Vec::new();
    // One entry per open brace: the inline module that it opens, if it does.
    let mut scopes: Vec<Option<String>> = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let inline: Vec<String> = scopes.iter().flatten().cloned().collect();
        let module = [&file.module[..], &inline].concat();
        match tokens[index].text.as_str() {
            "{" => {
                let opens = index >= 2 && tokens[index - 2].text == "mod";
                scopes.push(opens.then(|| tokens[index - 1].text.clone()));
                index += 1;
            }
            "}" => {
                scopes.pop();
                index += 1;
            }
            "use" if tokens[index + 1].text != "<" => {
                let exported = index > 0 && matches!(tokens[index - 1].text.as_str(), "pub" | ")");
                let mut tree = Vec::new();
                index = use_tree(tokens, index + 1, &[], &mut tree);
                let rooted = tree.into_iter().filter_map(|(line, path, alias)| {
                    let path = absolute(&path, &module, &children)?;
                    let alias = inline.is_empty().then_some(alias);
                    Some(Import { line, path, alias, exported })
                });
                found.extend(rooted);
            }
            _ if starts_path(tokens, index) => {
                let line = tokens[index].line;
                let mut path = vec![tokens[index].text.clone()];
                while index + 2 < tokens.len() && tokens[index + 1].text == "::" && tokens[index + 2].is_word() {
                    path.push(tokens[index + 2].text.clone());
                    index += 2;
                }
                index += 1;
                let path = absolute(&path, &module, &children);
                found.extend(path.map(|path| Import { line, path, alias: None, exported: false }));
            }
            _ => index += 1,
        }
    }
    found
}

/// Names of the modules that a file declares with `mod name;`.
pub(crate) fn child_modules(tokens: &[Token]) -> Vec<String> {
    let windows = tokens.windows(3).filter(|three| three[0].text == "mod" && three[2].text == ";");
    windows.map(|three| three[1].text.clone()).collect()
}

fn starts_path(tokens: &[Token], index: usize) -> bool {
    // `pub(in path)` names a path, but imports nothing.
    let follows_path = index > 0 && matches!(tokens[index - 1].text.as_str(), "::" | "." | "in");
    tokens[index].is_word() && !follows_path && tokens.get(index + 1).is_some_and(|next| next.text == "::")
}

/// Reads a `use` tree from `index` on; adds line, path and bound name of each leaf. Returns the index behind the tree.
fn use_tree(
    tokens: &[Token],
    mut index: usize,
    prefix: &[String],
    leaves: &mut Vec<(usize, Vec<String>, String)>,
) -> usize {
    let mut path = prefix.to_vec();
    let line = tokens[index].line;
    loop {
        let token = &tokens[index];
        match token.text.as_str() {
            "{" => {
                index += 1;
                while tokens[index].text != "}" {
                    index = use_tree(tokens, index, &path, leaves);
                    if tokens[index].text == "," {
                        index += 1;
                    }
                }
                return index + 1;
            }
            "::" => index += 1,
            "as" => {
                let alias = tokens[index + 1].text.clone();
                leaves.push((line, path, alias));
                return index + 2;
            }
            "," | ";" | "}" => {
                if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                    path.pop();
                }
                let name = path.last().cloned().unwrap_or_default();
                leaves.push((line, path, name));
                return index;
            }
            _ => {
                path.push(token.text.clone());
                index += 1;
            }
        }
    }
}

/// Replaces `self`, `super` and child modules at the start of a path by `crate::...`. `None` for paths that name a local
/// item.
fn absolute(path: &[String], module: &[String], children: &[String]) -> Option<Vec<String>> {
    let from = |base: &[String], rest: &[String]| {
        let root = std::iter::once("crate".to_owned());
        Some(root.chain(base.iter().cloned()).chain(rest.iter().cloned()).collect())
    };
    match path[0].as_str() {
        "crate" => Some(path.to_vec()),
        "self" => from(module, &path[1..]),
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            from(&module[..module.len().checked_sub(ups)?], &path[ups..])
        }
        name if children.iter().any(|child| child == name) => from(module, path),
        name if name.starts_with(char::is_uppercase) => None,
        _ => Some(path.to_vec()),
    }
}

/// Finds the file in which a path's item stands, through re-exports.
pub(crate) struct Resolver<'a> {
    files: HashMap<&'a [String], usize>,
    aliases: Vec<HashMap<String, Vec<String>>>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(files: &'a [SourceFile], imports: &[Vec<Import>]) -> Self {
        let by_module = files.iter().enumerate().map(|(at, file)| (&file.module[..], at)).collect();
        let aliases = imports.iter().map(|list| {
            let bound = list.iter().filter_map(|import| Some((import.alias.clone()?, import.path.clone())));
            bound.filter(|(name, _)| name != "*" && name != "_").collect()
        });
        Self { files: by_module, aliases: aliases.collect() }
    }

    /// Index of the file that defines what `path` names, or `None` for another crate's item.
    pub(crate) fn locate(&self, path: &[String]) -> Option<usize> {
        let mut path = path.to_vec();
        for _ in 0..8 {
            if path[0] != "crate" {
                return None;
            }
            let known = (1..=path.len()).rev().find(|&end| self.files.contains_key(&path[1..end]))?;
            let file = self.files[&path[1..known]];
            let Some(next) = path.get(known).and_then(|name| self.aliases[file].get(name)) else {
                return Some(file);
            };
            let followed = [&next[..], &path[known + 1..]].concat();
            if followed == path {
                return Some(file);
            }
            path = followed;
        }
        None
    }
}

/// Breach of a rule, with its place.
pub(crate) struct Finding {
    pub room: String,
    pub place: String,
    pub message: String,
}

impl Finding {
    pub(crate) fn new(file: &SourceFile, line: usize, message: impl Into<String>) -> Self {
        Self { room: file.room().to_owned(), place: format!("{}:{line}", file.path), message: message.into() }
    }
}

/// Fails if a room has more findings than `tests/allowances.txt` grants it for `rule` (`RULE ROOM COUNT`, one a line).
///
/// The counts may only shrink. `SPLITSCOPE_FINDINGS=1` prints all findings, also the granted ones.
pub(crate) fn check(rule: &str, findings: &[Finding]) {
    let granted = allowances(rule);
    let mut rooms: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        rooms.entry(&finding.room).or_default().push(finding);
    }
    let all = std::env::var_os("SPLITSCOPE_FINDINGS").is_some();
    let mut report = String::new();
    for (room, list) in &rooms {
        let most = granted.get(*room).copied().unwrap_or(0);
        println!("{rule} {room} {}", list.len());
        if list.len() > most || all {
            for finding in list {
                let _ = writeln!(report, "{}: {}", finding.place, finding.message);
            }
        }
    }
    let over: Vec<String> = rooms
        .iter()
        .filter(|(room, list)| list.len() > granted.get(**room).copied().unwrap_or(0))
        .map(|(room, list)| format!("{room}: {} for {}", list.len(), granted.get(*room).copied().unwrap_or(0)))
        .collect();
    if all {
        println!("{report}");
    }
    assert!(over.is_empty(), "{rule}: {}\n{report}", over.join(", "));
}

fn allowances(rule: &str) -> HashMap<String, usize> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/allowances.txt");
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let rows = lines.filter_map(|line| {
        let mut parts = line.split_whitespace();
        let (name, room, count) = (parts.next()?, parts.next()?, parts.next()?);
        (name == rule).then(|| (room.to_owned(), count.parse().unwrap()))
    });
    rows.collect()
}
