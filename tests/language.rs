//! Language of the crate: no retired words, one meaning per type name, doc comments that begin with a noun or a verb,
//! comments of at most 120 columns, and conditions as `if`. `ARCHITECTURE.md` holds the glossary.

#[path = "common/source.rs"]
mod source;

use std::collections::BTreeMap;

use source::{Finding, SourceFile, check, documents, source_files};

/// Retired words: no identifier and no file name holds one as a part (`hunt_step`, `HuntStep`).
const RETIRED_WORDS: [&str; 32] = [
    "afterwards",
    "bred",
    "caution",
    "deed",
    "dial",
    "dials",
    "ease",
    "glance",
    "greeting",
    "hopeless",
    "hunt",
    "judge",
    "lone",
    "meter",
    "misses",
    "normed",
    "obey",
    "patience",
    "prices",
    "reel",
    "sending",
    "sift",
    "spend",
    "standing",
    "steer",
    "taps",
    "twin",
    "unwish",
    "verdict",
    "wish",
    "wished",
    "wishes",
];

/// Retired names of types and constants: none is defined again.
const RETIRED_NAMES: [&str; 62] = [
    "Around",
    "Beside",
    "Columns",
    "CostTable",
    "Course",
    "Crossing",
    "Cut",
    "Deed",
    "Dial",
    "Easiest",
    "Feed",
    "Front",
    "Glance",
    "Hand",
    "Hunt",
    "Job",
    "KEPT",
    "KnobId",
    "Known",
    "LEAST",
    "LONG",
    "LOOK",
    "Line",
    "Lines",
    "Load",
    "MOST",
    "Maps",
    "Marks",
    "Met",
    "Misses",
    "Needed",
    "News",
    "Outside",
    "Pool",
    "Present",
    "Prices",
    "Rates",
    "Reach",
    "Regime",
    "Rows",
    "SETTLED",
    "Sender",
    "Sending",
    "Slide",
    "SpaceTable",
    "Spot",
    "Standing",
    "Study",
    "Subject",
    "Tag",
    "Terms",
    "Told",
    "Trend",
    "Tried",
    "Turned",
    "Verb",
    "Verdict",
    "Wanted",
    "Way",
    "Ways",
    "Wind",
    "Work",
];

/// Words and phrases that no message, help text or document uses: riddles for whoever learned English as a technical
/// language, and words that the program had for something else. Ordinary words of [`RETIRED_WORDS`] are not among them.
const RETIRED_PROSE: [&str; 34] = [
    "bred",
    "by hand",
    "deed",
    "dial",
    "dials",
    "glance",
    "gone on with",
    "greeting",
    "hopeless",
    "hunt",
    "is told",
    "judge",
    "judges",
    "lay it down",
    "lone",
    "mend",
    "mends",
    "nobody",
    "normed",
    "obey",
    "once is enough",
    "patience",
    "reel",
    "see the module's description",
    "sift",
    "somebody",
    "steer",
    "told to",
    "twin",
    "unwish",
    "verdict",
    "whoever",
    "wish",
    "wished",
];

/// First words of a doc comment that ask instead of saying.
const RIDDLES: [&str; 9] = ["What", "How", "Where", "Which", "Whether", "Who", "Whose", "Why", "When"];
const EMPTY_OPENERS: [&str; 3] = ["The same", "Its value", "See the module"];

const WIDEST_COMMENT: usize = 120;

/// Lower-case words of an identifier in snake, camel or capital case.
fn words(identifier: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut before_was_lower = false;
    for letter in identifier.chars() {
        if letter == '_' || (letter.is_uppercase() && before_was_lower) {
            found.push(String::new());
        }
        if letter != '_' {
            found.last_mut().unwrap().extend(letter.to_lowercase());
        }
        before_was_lower = letter.is_lowercase() || letter.is_numeric();
    }
    found
}

fn retired(identifier: &str) -> Option<String> {
    words(identifier).into_iter().find(|word| RETIRED_WORDS.contains(&word.as_str()))
}

/// Types that a file defines at any depth, outside tests: `(line, name)`.
fn definitions<'a>(file: &'a SourceFile, keywords: &'static [&'static str]) -> impl Iterator<Item = (usize, &'a str)> {
    let pairs = file.tokens.windows(2).filter(|two| keywords.contains(&two[0].text.as_str()) && two[1].is_word());
    pairs.map(|two| (two[1].line, two[1].text.as_str()))
}

#[test]
fn retired_words_are_gone() {
    let mut findings = Vec::new();
    for file in source_files() {
        let stem = file.path.rsplit('/').next().unwrap().trim_end_matches(".rs");
        if let Some(word) = retired(stem) {
            findings.push(Finding::new(&file, 1, format!("the file name holds the retired word `{word}`")));
        }
        for token in file.tokens.iter().filter(|token| token.is_word()) {
            if let Some(word) = retired(&token.text) {
                findings.push(Finding::new(&file, token.line, format!("`{}`: `{word}` is retired", token.text)));
            }
        }
    }
    check("retired-word", &findings);
}

/// The first retired word or phrase of a text; code between backticks does not count.
fn retired_prose(text: &str) -> Option<&'static str> {
    let prose: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let words: Vec<String> = prose
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let prose = format!(" {} ", words.join(" "));
    RETIRED_PROSE.into_iter().find(|phrase| prose.contains(&format!(" {phrase} ")))
}

#[test]
fn what_people_read_has_no_retired_words() {
    let mut findings = Vec::new();
    for file in source_files().iter().filter(|file| !file.is_test()) {
        for string in &file.strings {
            if let Some(phrase) = retired_prose(&string.text) {
                findings.push(Finding::new(file, string.line, format!("`{phrase}` is retired: {}", string.text)));
            }
        }
        // The help of commands is made from the comments of their arguments.
        let is_help = |text: &str| file.room() == "cli" && text.trim_start().starts_with("/// ");
        for (line, text) in file.comments().filter(|(_, text)| is_help(text)) {
            if let Some(phrase) = retired_prose(text) {
                findings.push(Finding::new(file, line, format!("`{phrase}` is retired: {text}")));
            }
        }
    }
    for (path, text) in documents() {
        for (index, line) in text.lines().enumerate() {
            if let Some(phrase) = retired_prose(line) {
                let (room, place) = ("documents".to_owned(), format!("{path}:{}", index + 1));
                findings.push(Finding { room, place, message: format!("`{phrase}` is retired: {line}") });
            }
        }
    }
    check("retired-prose", &findings);
}

#[test]
fn retired_names_are_not_defined_again() {
    let mut findings = Vec::new();
    for file in source_files().iter().filter(|file| !file.is_test()) {
        let defined = definitions(file, &["struct", "enum", "trait", "union", "const", "static"]);
        for (line, name) in defined.filter(|(_, name)| RETIRED_NAMES.contains(name)) {
            findings.push(Finding::new(file, line, format!("`{name}` is retired")));
        }
    }
    check("retired-name", &findings);
}

#[test]
fn type_names_have_one_meaning() {
    let files = source_files();
    let mut places: BTreeMap<&str, Vec<(usize, &SourceFile)>> = BTreeMap::new();
    for file in files.iter().filter(|file| !file.is_test()) {
        // Each command has its own `Arguments` and, below it, `Command`: the names of the clap crate's examples.
        let ours = |name: &str| file.room() != "cli" || !matches!(name, "Arguments" | "Command");
        for (line, name) in definitions(file, &["struct", "enum"]).filter(|(_, name)| ours(name)) {
            places.entry(name).or_default().push((line, file));
        }
    }
    let mut findings = Vec::new();
    for (name, list) in places.iter().filter(|(_, list)| list.len() > 1) {
        let all: Vec<String> = list.iter().map(|(line, file)| format!("{}:{line}", file.path)).collect();
        for (line, file) in list {
            findings.push(Finding::new(file, *line, format!("`{name}` is defined at {}", all.join(", "))));
        }
    }
    check("twice-defined", &findings);
}

#[test]
fn doc_comments_begin_with_a_noun_or_a_verb() {
    let mut findings = Vec::new();
    for file in source_files() {
        let mut last = None;
        for (line, text) in file.comments() {
            let text = text.trim_start();
            let Some(words) = text.strip_prefix("///").or_else(|| text.strip_prefix("//!")) else { continue };
            let opens = last != Some(line - 1);
            last = Some(line);
            let words = words.trim();
            let first = words.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            if opens && (RIDDLES.contains(&first) || EMPTY_OPENERS.iter().any(|opener| words.starts_with(opener))) {
                findings.push(Finding::new(&file, line, format!("begins like a riddle: {words}")));
            }
        }
    }
    check("riddle", &findings);
}

#[test]
fn comments_are_narrow() {
    let mut findings = Vec::new();
    for file in source_files() {
        for (line, text) in file.comments() {
            let columns = text.chars().count();
            if columns > WIDEST_COMMENT {
                findings.push(Finding::new(&file, line, format!("is {columns} columns wide")));
            }
        }
    }
    check("wide-comment", &findings);
}

/// Methods whose condition is about the value: one that does not look at it is an `if`.
const CONDITIONAL_METHODS: [&str; 2] = ["filter", "take_if"];

#[test]
fn conditions_are_written_as_such() {
    let mut findings = Vec::new();
    for file in source_files() {
        let tokens: Vec<&str> = file.tokens.iter().map(|token| token.text.as_str()).collect();
        for (index, window) in tokens.windows(5).enumerate() {
            if let [method, "(", "|", "_", "|"] = window
                && CONDITIONAL_METHODS.contains(method)
            {
                let message = format!("`.{method}(|_| condition)` is an `if`");
                findings.push(Finding::new(&file, file.tokens[index].line, message));
            }
        }
    }
    check("condition-as-filter", &findings);
}
