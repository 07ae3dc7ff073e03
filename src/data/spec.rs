//! Naming a data set in a line of text: `NAME`, `NAME:key=value,...`, `NAME:PATH` or `NAME:PATH,key=value,...`.
//!
//! Examples: `arrangement-10`, `arrangement-10:level=easy,seed=3,objects=500`. Reading and printing are inverse: the
//! printed form names what differs from the defaults, in a fixed order, so it can serve as a key.

use std::fmt;
use std::str::FromStr;

use super::arrangement::Level;
use super::error::{DataError, nearest};
use super::split::Shares;

/// Which kind of set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Procedural objects.
    Arrangement,
}

/// A data set as the user names it.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSpec {
    /// Which kind of set.
    pub source: Source,
    /// `level=`: difficulty of the procedural set.
    pub level: Level,
    /// `seed=`: everything random follows from it.
    pub seed: u64,
    /// `objects=`: how many objects (procedural), or at most how many (files).
    pub objects: Option<usize>,
    /// `rings=A/B`: elevations of the camera rings in degrees. `None` is the set's own.
    pub rings: Option<Vec<f32>>,
    /// `split=TRAIN/VALIDATION/TEST`: shares in percent.
    pub split: Shares,
}

impl Source {
    /// All sources with their names.
    pub const ALL: [(&'static str, Self); 1] = [("arrangement-10", Self::Arrangement)];

    /// The name in a specification.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, source)| *source == self).map_or("", |(name, _)| name)
    }

    /// Options this source knows, in the order they are printed.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::Arrangement => &["level", "seed", "objects", "rings", "split"],
        }
    }
}

impl DataSpec {
    /// A set with default options.
    pub fn new(source: Source) -> Self {
        Self { source, level: Level::default(), seed: 0, objects: None, rings: None, split: Shares::default() }
    }

    /// Sets an option that [`Source::options`] lists.
    fn set(&mut self, option: &str, value: &str) -> Result<(), DataError> {
        let bad = |expected: &str| DataError::BadValue {
            option: option.to_owned(),
            value: value.to_owned(),
            expected: expected.to_owned(),
        };
        match option {
            "level" => {
                let found = Level::ALL.iter().find(|(name, _)| *name == value);
                self.level = found.ok_or_else(|| bad("easy, default or hard"))?.1;
            }
            "seed" => self.seed = value.parse().map_err(|_| bad("a whole number"))?,
            "objects" => self.objects = Some(positive(value).ok_or_else(|| bad("a whole number above 0"))?),
            "rings" => {
                self.rings = Some(rings(value).ok_or_else(|| bad("one or two elevations such as 30 or 30/-30"))?)
            }
            "split" => {
                self.split =
                    shares(value).ok_or_else(|| bad("three percentages that add up to 100, such as 60/10/30"))?
            }
            _ => unreachable!("only listed options are set"),
        }
        Ok(())
    }

    /// The value of an option when it differs from the default.
    fn get(&self, option: &str) -> Option<String> {
        let default = Self::new(self.source);
        match option {
            "level" if self.level != default.level => {
                Level::ALL.iter().find(|(_, level)| *level == self.level).map(|(name, _)| (*name).to_owned())
            }
            "seed" if self.seed != default.seed => Some(self.seed.to_string()),
            "objects" => self.objects.map(|objects| objects.to_string()),
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
        let source = Source::ALL.iter().find(|(known, _)| *known == name).map(|(_, source)| *source);
        let source = source.ok_or_else(|| DataError::UnknownName {
            name: name.to_owned(),
            nearest: nearest(name, Source::ALL.iter().map(|(known, _)| *known)),
        })?;
        let mut spec = Self::new(source);
        for piece in rest.split(',').filter(|piece| !piece.is_empty()) {
            let (option, value) = piece.split_once('=').unwrap_or((piece, ""));
            if !source.options().contains(&option) {
                return Err(DataError::UnknownOption {
                    set: name.to_owned(),
                    option: option.to_owned(),
                    nearest: nearest(option, source.options().iter().copied()),
                });
            }
            spec.set(option, value)?;
        }
        Ok(spec)
    }
}

impl fmt::Display for DataSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source.name())?;
        let mut separator = ':';
        for option in self.source.options() {
            if let Some(value) = self.get(option) {
                write!(f, "{separator}{option}={value}")?;
                separator = ',';
            }
        }
        Ok(())
    }
}

fn positive(value: &str) -> Option<usize> {
    value.parse().ok().filter(|&count| count > 0)
}

fn rings(value: &str) -> Option<Vec<f32>> {
    let rings: Option<Vec<f32>> = value.split('/').map(|v| v.parse().ok().filter(|e: &f32| e.abs() <= 90.0)).collect();
    rings.filter(|rings| rings.len() <= 2)
}

fn shares(value: &str) -> Option<Shares> {
    let parts: Vec<u8> = value.split('/').map(|v| v.parse().ok()).collect::<Option<_>>()?;
    let &[train, validation, test] = parts.as_slice() else { return None };
    let sum = u16::from(train) + u16::from(validation) + u16::from(test);
    (sum == 100 && train > 0).then_some(Shares { train, validation, test })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in [
            "arrangement-10",
            "arrangement-10:level=easy,seed=3,objects=500",
            "arrangement-10:rings=10/-10,split=70/0/30",
        ] {
            assert_eq!(text.parse::<DataSpec>().expect(text).to_string(), text);
        }
        let shuffled: DataSpec = "arrangement-10:objects=5,level=default,seed=1".parse().expect("valid");
        assert_eq!(shuffled.to_string(), "arrangement-10:seed=1,objects=5");
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
    }
}
