//! Naming a data set in a line of text: `NAME`, `NAME:key=value,...`, `NAME:PATH` or `NAME:PATH,key=value,...`.
//!
//! Examples: `arrangement-10`, `arrangement-10:level=easy,seed=3,objects=500`, `furniture`, `meshes:parts,cap=60,up=y`.
//! Reading and printing are inverse: the printed form names what differs from the defaults, in a fixed order, so it can
//! serve as a key. A comma within a path is written `\,`.

use std::path::{self, Path, PathBuf};
use std::str::FromStr;
use std::{fmt, io};

use super::camera::MAX_VIEWS;
use super::error::{DataError, advice};
use super::mesh::UpAxis;
use super::pose::ViewMode;
use super::sets::arrangement::Level;
use super::split::SplitShares;

/// Kind of set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataSource {
    /// Procedural objects.
    Arrangement,
    /// Fashion-MNIST, in IDX files.
    FashionMnist,
    /// A folder with IDX files of training and test images and labels.
    Idx,
    /// A folder with the binary files of CIFAR-10 or CIFAR-100.
    Cifar,
    /// Folders of pictures, one a class.
    Images,
    /// Folders of pictures, several of each object.
    Multiview,
    /// Folders of mesh files, one a class.
    Meshes,
    /// Archives of OBJ files with a catalogue, and a table of classes.
    Furniture,
    /// A library of VRML parts, and a table of classes.
    Kicad,
}

/// A data set as the user names it.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSpec {
    /// Kind of set.
    pub source: DataSource,
    /// Folder of the files. `None` is the usual place of a named set.
    pub path: Option<PathBuf>,
    /// `level=`: difficulty of the procedural set.
    pub level: Level,
    /// `seed=`: everything random follows from it.
    pub seed: u64,
    /// `objects=`: how many objects (procedural), or at most how many (files).
    pub objects: Option<usize>,
    /// `cap=`: at most so many objects a class. `None` is the set's own.
    pub cap: Option<usize>,
    /// `classes=A/B`: only these classes, in this order. Empty is the set's own choice.
    pub classes: Vec<String>,
    /// `labels=FILE`: a table of classes in place of the set's own.
    pub labels: Option<PathBuf>,
    /// `rings=A/B`: elevations of the camera rings in degrees. `None` is the set's own.
    pub rings: Option<Vec<f32>>,
    /// `up=`: which axis of mesh files points up. `None` goes by the format.
    pub up: Option<UpAxis>,
    /// `views=`: how a single picture becomes several views.
    pub views: ViewMode,
    /// `mirror=`: whether a class is the same in a mirror, so that training may mirror its objects. `None` goes by the
    /// source.
    pub mirror: Option<bool>,
    /// `split=TRAIN/VALIDATION/TEST`: shares in percent, where the files do not say.
    pub split: SplitShares,
}

impl DataSource {
    /// All sources with their names.
    pub const ALL: [(&'static str, Self); 9] = [
        ("arrangement-10", Self::Arrangement),
        ("fashion-mnist", Self::FashionMnist),
        ("furniture", Self::Furniture),
        ("kicad", Self::Kicad),
        ("idx", Self::Idx),
        ("cifar", Self::Cifar),
        ("images", Self::Images),
        ("multiview", Self::Multiview),
        ("meshes", Self::Meshes),
    ];

    /// The name in a specification.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, source)| *source == self).map_or("", |(name, _)| name)
    }

    /// Options this source knows, in the order they are printed.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::Arrangement => &["level", "seed", "objects", "rings", "mirror", "split"],
            Self::FashionMnist | Self::Idx | Self::Cifar | Self::Images => {
                &["classes", "seed", "objects", "cap", "views", "mirror", "split"]
            }
            Self::Multiview => &["classes", "seed", "objects", "cap", "mirror", "split"],
            Self::Meshes => &["classes", "seed", "objects", "cap", "rings", "up", "mirror", "split"],
            Self::Furniture | Self::Kicad => {
                &["labels", "classes", "seed", "objects", "cap", "rings", "up", "mirror", "split"]
            }
        }
    }

    /// Returns `true` if the set is read from files.
    pub fn has_path(self) -> bool {
        self != Self::Arrangement
    }
}

impl DataSpec {
    /// A set with default options.
    pub fn new(source: DataSource) -> Self {
        Self {
            source,
            path: None,
            level: Level::default(),
            seed: 0,
            objects: None,
            cap: None,
            classes: Vec::new(),
            labels: None,
            rings: None,
            up: None,
            views: ViewMode::default(),
            mirror: None,
            split: SplitShares::default(),
        }
    }

    /// The set with its paths made absolute, so that it can be opened from any folder.
    ///
    /// # Errors
    /// When the present folder is unknown.
    pub fn with_absolute_paths(mut self) -> io::Result<Self> {
        for path in [&mut self.path, &mut self.labels].into_iter().flatten() {
            *path = path::absolute(&*path)?;
        }
        Ok(self)
    }

    /// Views of an object when nothing else is asked for: a full ring, or the whole of a single picture.
    pub fn usual_views(&self) -> usize {
        match self.source {
            DataSource::FashionMnist | DataSource::Idx | DataSource::Cifar | DataSource::Images => 1,
            _ => MAX_VIEWS,
        }
    }

    /// Channels when nothing else is asked for: colour where files usually have it.
    pub fn usual_channels(&self) -> usize {
        if matches!(self.source, DataSource::Cifar | DataSource::Images) { 3 } else { 1 }
    }

    /// Elevations of the camera rings in degrees: as named, or the set's own. Parts of a circuit board look alike from
    /// above, so `kicad` has a ring below as well.
    pub fn ring_elevations(&self) -> Vec<f32> {
        self.rings.clone().unwrap_or_else(|| match self.source {
            DataSource::Arrangement => vec![0.0],
            DataSource::Kicad => vec![30.0, -30.0],
            _ => vec![30.0],
        })
    }

    /// Most objects a class: as named, or the set's own. Series of like parts would swamp `kicad`.
    pub fn class_cap(&self) -> Option<usize> {
        self.cap.or((self.source == DataSource::Kicad).then_some(60))
    }

    /// Returns `true` if training may mirror objects: as named, or else for all but `idx`, whose pictures may be of
    /// writing.
    pub fn may_mirror(&self) -> bool {
        self.mirror.unwrap_or(self.source != DataSource::Idx)
    }

    /// Sets an option that [`DataSource::options`] lists.
    fn set(&mut self, option: &str, value: &str) -> Result<(), DataError> {
        let bad = |expected: &str| DataError::BadValue {
            option: option.to_owned(),
            value: value.to_owned(),
            expected: expected.to_owned(),
        };
        match option {
            "level" => self.level = named(&Level::ALL, value).ok_or_else(|| bad("easy, default or hard"))?,
            "views" => self.views = named(&ViewMode::ALL, value).ok_or_else(|| bad("windows or crops"))?,
            "up" => self.up = Some(named(&UP_AXES, value).ok_or_else(|| bad("y or z"))?),
            "mirror" => self.mirror = Some(named(&YES_NO, value).ok_or_else(|| bad("yes or no"))?),
            "seed" => self.seed = value.parse().map_err(|_| bad("a whole number"))?,
            "objects" => self.objects = Some(positive(value).ok_or_else(|| bad("a whole number above 0"))?),
            "cap" => self.cap = Some(positive(value).ok_or_else(|| bad("a whole number above 0"))?),
            "labels" if !value.is_empty() => self.labels = Some(PathBuf::from(value)),
            "labels" => return Err(bad("a file")),
            "classes" => {
                self.classes = value.split('/').map(str::to_owned).collect();
                let repeated = (1..self.classes.len()).any(|at| self.classes[..at].contains(&self.classes[at]));
                if repeated || self.classes.contains(&String::new()) {
                    return Err(bad("class names such as chair/table, each once"));
                }
            }
            "rings" => {
                self.rings = Some(rings(value).ok_or_else(|| bad("one or two elevations such as 30 or 30/-30"))?);
            }
            "split" => {
                self.split =
                    shares(value).ok_or_else(|| bad("three percentages that add up to 100, such as 60/10/30"))?;
            }
            _ => unreachable!("only listed options are set"),
        }
        Ok(())
    }

    /// The value of an option when it differs from the default.
    fn get(&self, option: &str) -> Option<String> {
        let default = Self::new(self.source);
        match option {
            "level" if self.level != default.level => name_of(&Level::ALL, self.level),
            "views" if self.views != default.views => name_of(&ViewMode::ALL, self.views),
            "up" => self.up.and_then(|up| name_of(&UP_AXES, up)),
            "seed" if self.seed != default.seed => Some(self.seed.to_string()),
            "mirror" => self.mirror.and_then(|mirror| name_of(&YES_NO, mirror)),
            "objects" => self.objects.map(|objects| objects.to_string()),
            "cap" => self.cap.map(|cap| cap.to_string()),
            "labels" => self.labels.as_deref().map(escaped),
            "classes" if !self.classes.is_empty() => Some(self.classes.join("/")),
            "rings" => self.rings.as_ref().map(|rings| rings.iter().map(f32::to_string).collect::<Vec<_>>().join("/")),
            "split" if self.split != default.split => {
                Some(format!("{}/{}/{}", self.split.train, self.split.validation, self.split.test))
            }
            _ => None,
        }
    }
}

impl FromStr for DataSpec {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let source = named(&DataSource::ALL, name).ok_or_else(|| DataError::UnknownName {
            name: name.to_owned(),
            advice: advice(name, DataSource::ALL.iter().map(|(known, _)| *known)),
        })?;
        let mut spec = Self::new(source);
        for (at, piece) in pieces(rest).iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
            let (option, value) = piece.split_once('=').unwrap_or((piece, ""));
            if source.options().contains(&option) {
                spec.set(option, value)?;
            } else if at == 0 && source.has_path() {
                spec.path = Some(PathBuf::from(piece));
            } else {
                return Err(DataError::UnknownOption {
                    set: name.to_owned(),
                    option: option.to_owned(),
                    advice: advice(option, source.options().iter().copied()),
                });
            }
        }
        Ok(spec)
    }
}

impl fmt::Display for DataSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source.name())?;
        let mut separator = ':';
        if let Some(path) = &self.path {
            write!(f, "{separator}{}", escaped(path))?;
            separator = ',';
        }
        for option in self.source.options() {
            if let Some(value) = self.get(option) {
                write!(f, "{separator}{option}={value}")?;
                separator = ',';
            }
        }
        Ok(())
    }
}

/// The pieces between commas; `\,` is a comma within one.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let comma = character == '\\' && rest.next_if_eq(&',').is_some();
        match pieces.last_mut() {
            Some(piece) if comma => piece.push(','),
            Some(piece) if character != ',' => piece.push(character),
            _ => pieces.push(String::new()),
        }
    }
    pieces
}

/// A path as one piece.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace(',', "\\,")
}

const YES_NO: [(&str, bool); 2] = [("yes", true), ("no", false)];
const UP_AXES: [(&str, UpAxis); 2] = [("y", UpAxis::Y), ("z", UpAxis::Z)];

fn named<T: Copy>(all: &[(&str, T)], name: &str) -> Option<T> {
    all.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn name_of<T: Copy + PartialEq>(all: &[(&str, T)], value: T) -> Option<String> {
    all.iter().find(|(_, known)| *known == value).map(|(name, _)| (*name).to_owned())
}

fn positive(value: &str) -> Option<usize> {
    value.parse().ok().filter(|&count| count > 0)
}

fn rings(value: &str) -> Option<Vec<f32>> {
    let rings: Option<Vec<f32>> = value.split('/').map(|v| v.parse().ok().filter(|e: &f32| e.abs() <= 90.0)).collect();
    rings.filter(|rings| rings.len() <= 2)
}

fn shares(value: &str) -> Option<SplitShares> {
    let parts: Vec<u8> = value.split('/').map(|v| v.parse().ok()).collect::<Option<_>>()?;
    let &[train, validation, test] = parts.as_slice() else { return None };
    let sum = u16::from(train) + u16::from(validation) + u16::from(test);
    (sum == 100 && train > 0).then_some(SplitShares { train, validation, test })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_and_back() {
        for text in [
            "arrangement-10",
            "arrangement-10:level=easy,seed=3,objects=500",
            "arrangement-10:rings=10/-10,split=70/0/30",
            "fashion-mnist:views=crops,mirror=no",
            "furniture",
            "furniture:/elsewhere/with=sign,classes=chair/table,cap=20,up=z",
            "kicad:labels=mine.tsv,rings=45",
            "meshes:C:parts",
            "kicad:/a\\,b/c,labels=x\\,y",
        ] {
            assert_eq!(text.parse::<DataSpec>().expect(text).to_string(), text);
        }
        let shuffled: DataSpec = "arrangement-10:objects=5,level=default,seed=1".parse().expect("valid");
        assert_eq!(shuffled.to_string(), "arrangement-10:seed=1,objects=5");
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_what_is_read_prints_the_same(
            name in prop::sample::select(DataSource::ALL.map(|(name, _)| name).to_vec()),
            rest in "(/[a-z.,\\\\]{1,4})?(,?(seed|objects|cap|classes|labels|rings|up|views|mirror|split|level)=[a-z0-9/.-]{0,9}){0,3}",
            junk: String,
        ) {
            let _ = junk.parse::<DataSpec>();
            if let Ok(spec) = format!("{name}:{rest}").parse::<DataSpec>() {
                prop_assert_eq!(spec.to_string().parse::<DataSpec>().expect("valid"), spec);
            }
        }
    }

    #[test]
    fn mistakes_get_the_nearest_valid_word() {
        let message = |text: &str| text.parse::<DataSpec>().expect_err(text).to_string();
        assert_eq!(message("arangement"), "there is no data set named `arangement`: did you mean `arrangement-10`?");
        assert_eq!(
            message("arrangement-10:levle=easy"),
            "the data set `arrangement-10` has no option `levle`: did you mean `level`?"
        );
        assert_eq!(
            message("arrangement-10:split=50/20/20"),
            "the option `split` cannot be `50/20/20`: expected three percentages that add up to 100, such as 60/10/30"
        );
        assert!(message("arrangement-10:objects=0").contains("above 0"));
        assert!(message("arrangement-10:seed=-1").contains("whole number"));
        assert!(message("meshes:/a/b,level=easy").contains("no option `level`"));
        assert!(message("images:/a/b,views=corners").contains("windows or crops"));
        assert!(message("furniture:classes=chair//").contains("class names"));
        assert!(
            message("qqqq").starts_with("there is no data set named `qqqq`; there are arrangement-10, fashion-mnist, ")
        );
    }
}
