//! `run.toml`: what a run was started with, in full, so that it can be resumed and understood without anything else.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use super::error::RunError;
use crate::data::{DataError, DataSpec};
use crate::diagnostic::{Diagnostic, Source};
use crate::files::{self, Digests};
use crate::hardware::Profile;
use crate::space::SearchSpace;
use crate::train::Settings;

/// Format of `run.toml`. Raised when an older splitscope could not read a newer file rightly, and when a directory has
/// something beside the file that it had not before.
pub(super) const MANIFEST_VERSION: i64 = 2;
/// First format whose digest is kept beside it in a directory; runs of the one before may have it or not.
const WITH_DIGEST: i64 = 2;
pub(super) const FILE: &str = "run.toml";

/// Everything that a run was started with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of this file.
    pub version: i64,
    /// Version of the program that made the run.
    pub splitscope: String,
    /// The user's name for the run.
    pub name: String,
    /// Time at which the run was made, in UTC.
    pub created: Datetime,
    /// Seed of all random numbers of the run.
    pub seed: u64,
    /// The data set, as `Dataset::open` reads it.
    pub data: String,
    /// The space file.
    pub space: Document,
    /// The profile file.
    pub profile: Document,
    /// Settings of the trainer.
    pub settings: toml::Table,
    /// Run that the design was chosen on, where one design is trained alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentRun>,
    /// File that it was read from.
    #[serde(skip)]
    pub(super) origin: ManifestFile,
}

/// Run on which a design was chosen that another run trains alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentRun {
    /// Its directory or address.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Weights that the training starts from; `None` if it starts from fresh ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<ParentWeights>,
}

/// Weights of another run that a training starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentWeights {
    /// Training step.
    pub step: u64,
    /// SHA-256 of their file, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// Text of `run.toml` with its path, to show where an error is; none for a manifest that was made here.
#[derive(Debug, Clone, Default)]
pub(super) struct ManifestFile(Option<Arc<Source>>);

impl PartialEq for ManifestFile {
    /// Manifests of the same content are the same, wherever they were read.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl ManifestFile {
    /// Moves an error in a document of the file to its place in the file, if the document stands there as it is.
    fn locate(&self, text: &str, diagnostic: Diagnostic) -> RunError {
        let Some(source) = &self.0 else { return RunError::Document(Box::new(diagnostic)) };
        let Some(start) = source.text.find(text) else { return RunError::Document(Box::new(diagnostic)) };
        let Diagnostic { span, message, help, .. } = diagnostic;
        let moved = source.error(span.start + start..span.end + start, message);
        RunError::Manifest(Box::new(Diagnostic { help, ..moved }))
    }
}

/// A file that the run needs, whole, since the user may change the one on disk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Name as the user gave it: a shipped name or a path.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Other files it names, by the names it gives them: the latency tables of a profile.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

impl Document {
    /// A space with the text it was read from.
    pub fn of_space(space: &SearchSpace, source: &Source) -> Self {
        Self { name: space.name.clone(), text: source.text.clone(), ..Self::default() }
    }

    /// A profile with the text it was read from and its latency tables.
    pub fn of_profile(profile: &Profile, source: &Source) -> Self {
        let files = profile.tables().map(|table| (table.name.clone(), table.text.clone())).collect();
        Self { name: profile.name.clone(), text: source.text.clone(), files }
    }

    /// The text with its name, for messages.
    pub fn source(&self) -> Source {
        Source::new(&*self.name, &*self.text)
    }
}

impl Manifest {
    /// A manifest of this program, made now.
    pub fn new(name: &str, seed: u64, data: &str, space: Document, profile: Document, settings: toml::Table) -> Self {
        Self {
            version: MANIFEST_VERSION,
            splitscope: env!("CARGO_PKG_VERSION").to_owned(),
            name: name.to_owned(),
            created: timestamp(SystemTime::now()),
            seed,
            data: data.to_owned(),
            space,
            profile,
            settings,
            parent: None,
            origin: ManifestFile::default(),
        }
    }

    /// A manifest with settings of the trainer. Paths of the data set become absolute; `None` names no data set.
    ///
    /// # Errors
    /// `data` is no data set, or the settings can't be written as TOML.
    pub fn of_settings(
        name: &str,
        data: Option<&str>,
        space: Document,
        profile: Document,
        settings: &Settings,
    ) -> Result<Self, RunError> {
        let data = match data {
            Some(data) => {
                let absolute = data.parse::<DataSpec>()?.with_absolute_paths();
                absolute.map_err(|error| RunError::file("find", Path::new("."), error))?.to_string()
            }
            None => String::new(),
        };
        let table = toml::Table::try_from(settings).map_err(|error| RunError::Unwritable(error.to_string()))?;
        Ok(Self::new(name, settings.seed, &data, space, profile, table))
    }

    /// The manifest under another name.
    #[must_use]
    pub(crate) fn named(&self, name: String) -> Self {
        Self { name, ..self.clone() }
    }

    /// Reads the space.
    ///
    /// # Errors
    /// Its text is no space.
    pub fn search_space(&self) -> Result<SearchSpace, RunError> {
        SearchSpace::from_toml(&self.space.source()).map_err(|error| self.origin.locate(&self.space.text, error))
    }

    /// Reads the profile, with the latency tables that it names.
    ///
    /// # Errors
    /// Its text is no profile, or a table is missing.
    pub fn hardware_profile(&self) -> Result<Profile, RunError> {
        let missing = || std::io::Error::other("the run was made without it");
        let table = |file: &str| self.profile.files.get(file).cloned().ok_or_else(missing);
        let profile = Profile::from_toml_with(&self.profile.source(), &table);
        profile.map_err(|error| self.origin.locate(&self.profile.text, error))
    }

    /// Reads the name of the data.
    ///
    /// # Errors
    /// It names no set, or an option is unknown or has a wrong value.
    pub(super) fn data_spec(&self) -> Result<DataSpec, RunError> {
        self.data.parse().map_err(|error: DataError| match &self.origin.0 {
            Some(_) => {
                let data = Source::new("data", &*self.data);
                self.origin.locate(&self.data, data.error(0..self.data.len(), error.to_string()))
            }
            None => error.into(),
        })
    }

    /// Reads the settings of the trainer.
    ///
    /// # Errors
    /// A setting is unknown or has a wrong value.
    pub fn training_settings(&self) -> Result<Settings, RunError> {
        #[derive(Deserialize)]
        struct OnlySettings {
            settings: Settings,
        }
        match &self.origin.0 {
            Some(source) => {
                let read: Result<OnlySettings, Diagnostic> = source.parse();
                Ok(read.map_err(|error| RunError::Manifest(Box::new(error)))?.settings)
            }
            None => self.settings.clone().try_into().map_err(RunError::Settings),
        }
    }

    /// Returns `true` if a directory has a manifest, and so is a run.
    pub(super) fn is_in(directory: &Path) -> bool {
        directory.join(FILE).is_file()
    }

    /// Reads the manifest of a run.
    pub(super) fn read(directory: &Path) -> Result<Self, RunError> {
        let path = directory.join(FILE);
        let source = Source::read(&path).map_err(|error| RunError::file("read", &path, error))?;
        Self::parse(&source.text, &path)
    }

    /// Reads the text of a manifest, which stands at `path`.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, RunError> {
        #[derive(Deserialize)]
        struct Version {
            version: i64,
        }
        let source = Source::new(path.display().to_string(), text);
        // A newer file may well have keys unknown here; that it is newer is the thing to say then.
        match toml::from_str(&source.text) {
            Ok(Version { version }) if version > MANIFEST_VERSION => {
                Err(RunError::Newer { path: path.to_owned(), found: version, known: MANIFEST_VERSION })
            }
            _ => {
                let read: Result<Self, Diagnostic> = source.parse();
                let manifest = read.map_err(|diagnostic| RunError::Manifest(Box::new(diagnostic)))?;
                Ok(Self { origin: ManifestFile(Some(Arc::new(source))), ..manifest })
            }
        }
    }

    /// Text of the manifest.
    pub(crate) fn text(&self) -> Result<String, RunError> {
        toml::to_string_pretty(self).map_err(|error| RunError::Unwritable(error.to_string()))
    }

    /// Digest of the file, to be kept beside it.
    pub(super) fn digests(&self) -> Result<Digests, RunError> {
        let mut digests = Digests::default();
        digests.add(FILE, self.text()?.as_bytes());
        Ok(digests)
    }

    /// Sentence about the file in a directory, if it differs from its digest, which is kept beside it, or if the digest
    /// is gone, so that there is no telling. Runs of the first edition, and archives of them, never had one.
    pub(super) fn change_warning(&self, directory: &Path) -> Option<String> {
        let list = directory.join(Digests::FILE);
        let reason = match Digests::read(directory) {
            Ok(digests) if digests.get(FILE).is_some() => return Self::difference(directory, &digests),
            Err(error) if error.kind() == ErrorKind::NotFound && self.version < WITH_DIGEST => return None,
            Ok(_) => "does not name it".to_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => "is missing".to_owned(),
            Err(error) => format!("can't be read: {error}"),
        };
        Some(format!(
            "{} can't be held against what the run was made with: {} {reason}; if you know that it is unchanged, write the \
             list anew, in the run's directory: sha256sum {FILE} > {}",
            directory.join(FILE).display(),
            list.display(),
            Digests::FILE
        ))
    }

    /// Sentence about the file in a directory, if it has another digest than that in a list.
    fn difference(directory: &Path, digests: &Digests) -> Option<String> {
        let file = directory.join(FILE);
        // One that is gone is noticed by whoever works on the run.
        let content = files::read(&file, Source::LARGEST_FILE).ok()?;
        let differs = digests.verify(FILE, &content).is_err();
        differs.then(|| format!("{} is not as the run was made with: it was edited, or is damaged", file.display()))
    }

    /// Writes the manifest of a new run: whole or not at all, and never over another one.
    pub(super) fn write(&self, directory: &Path) -> Result<(), RunError> {
        let path = directory.join(FILE);
        let text = self.text()?;
        let failed = |error| RunError::file("write", &path, error);
        files::write_new(&path, text.as_bytes()).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => RunError::AlreadyARun(directory.to_owned()),
            _ => failed(error),
        })
    }
}

/// A moment in UTC, to the millisecond.
fn timestamp(time: SystemTime) -> Datetime {
    let text = humantime::format_rfc3339_millis(time).to_string();
    text.parse().expect("RFC 3339, as TOML has it too")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, UNIX_EPOCH};

    pub(in crate::run) fn example(name: &str) -> Manifest {
        let document = |name: &str| Document {
            name: name.into(),
            text: format!("# {name}\n[link]\nrate = \"1 Mb/s\"\n"),
            files: BTreeMap::from([("mine.csv".into(), "name,ms\nstem,1\n".into())]),
        };
        let settings = toml::toml! {
            steps = 1500
            rate = 0.05
            losses = ["kl", "label"]
        };
        Manifest::new(name, 7, "arrangement-10:views=6", document("tabletop"), document("glasses"), settings)
    }

    #[test]
    fn a_moment_is_written_in_utc() {
        // 2001-09-09T01:46:40Z is Unix time 1e9.
        let time = UNIX_EPOCH + Duration::from_millis(1_000_000_000_250);
        assert_eq!(timestamp(time).to_string(), "2001-09-09T01:46:40.25Z");
    }

    #[test]
    fn damage_within_is_shown_at_its_line_of_run_toml() {
        let directory = tempfile::tempdir().unwrap();
        let space = Document {
            name: "tabletop".to_owned(),
            text: crate::space::shipped_text("tabletop").unwrap().to_owned(),
            ..Document::default()
        };
        let settings = toml::Table::try_from(Settings::default()).unwrap();
        Manifest::new("x", 0, "arrangement-10", space, Document::default(), settings).write(directory.path()).unwrap();
        let path = directory.path().join(FILE);
        let whole = std::fs::read_to_string(&path).unwrap();
        let read = |from: &str, to: &str| {
            std::fs::write(&path, whole.replacen(from, to, 1)).unwrap();
            let line = whole.lines().position(|line| line.starts_with(from)).unwrap() + 1;
            (Manifest::read(directory.path()).unwrap(), format!("run.toml:{line}:"))
        };
        let (manifest, place) = read("resolutions = [32]", "resolutions = [0]");
        let error = manifest.search_space().unwrap_err().sentence();
        assert!(error.contains(&place) && error.contains("`resolutions` must be at least 1"), "{error}");
        let (manifest, place) = read("data = ", "data = \"arrangement-10:objects=many\" # ");
        let error = manifest.data_spec().unwrap_err().sentence();
        assert!(error.contains(&place) && error.contains("many"), "{error}");
        let (manifest, place) = read("images = ", "images = \"x\" # ");
        let error = manifest.training_settings().unwrap_err().sentence();
        assert!(error.contains(&place), "{error}");
    }

    #[test]
    fn a_second_manifest_never_replaces_the_first() {
        let directory = tempfile::tempdir().unwrap();
        example("first").write(directory.path()).unwrap();
        let error = example("second").write(directory.path()).unwrap_err();
        assert!(matches!(error, RunError::AlreadyARun(_)));
        assert_eq!(Manifest::read(directory.path()).unwrap().name, "first");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary file is left");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
        let ordinary = directory.path().join("ordinary");
        std::fs::write(&ordinary, "").unwrap();
        assert_eq!(mode(&directory.path().join(FILE)), mode(&ordinary));
    }

    #[test]
    fn an_unknown_key_is_shown_with_its_line_and_the_nearest_key() {
        let directory = tempfile::tempdir().unwrap();
        example("run").write(directory.path()).unwrap();
        let path = directory.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap().replace("seed = 7", "sed = 7");
        std::fs::write(&path, text).unwrap();
        let text = Manifest::read(directory.path()).unwrap_err().to_string();
        assert!(text.contains("run.toml:5:1") && text.contains("did you mean `seed`?"), "{text}");
    }

    #[test]
    fn a_newer_manifest_is_named_as_such_even_with_unknown_keys() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE), "version = 99\nmood = 'good'\n").unwrap();
        let error = Manifest::read(directory.path()).unwrap_err();
        assert!(matches!(error, RunError::Newer { found: 99, .. }), "{error}");
        assert!(error.to_string().contains("newer splitscope"), "{error}");
    }

    #[test]
    fn a_seed_that_toml_has_no_number_for_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let manifest = Manifest { seed: u64::MAX, ..example("run") };
        match manifest.write(directory.path()) {
            Ok(()) => assert_eq!(Manifest::read(directory.path()).unwrap(), manifest),
            Err(error) => assert!(matches!(error, RunError::Unwritable(_)), "{error}"),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_texts_come_back_to_the_byte(name in ".*", text in "(?s).*", seed in 0..=i64::MAX as u64, rate: f64) {
            prop_assume!(!rate.is_nan());
            let mut manifest = example(&name);
            manifest.space.text = text;
            manifest.seed = seed;
            manifest.settings.insert("rate".into(), rate.into());
            let directory = tempfile::tempdir().unwrap();
            manifest.write(directory.path()).unwrap();
            prop_assert_eq!(Manifest::read(directory.path()).unwrap(), manifest);
        }
    }
}
