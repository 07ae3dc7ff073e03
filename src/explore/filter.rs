//! Filters of the table: `acc>72 split=S3 lat<8ms fits -pinned #demo`.
//!
//! Terms are separated by spaces and must all hold; a dash before a term turns it round. Numbers without a unit are in
//! the unit of their column: percent, the ranges' units of latency, energy and sensor memory (link bytes too), millions
//! of multiply-accumulates. A leak may be a share as well: `leak<0.7` is `leak<70`. Accuracies and leaks are compared
//! at their printed digits: what reads as 93.8 % passes `acc>=93.8` and `acc=93.8`.

use thiserror::Error;

use super::column::Column;
use super::knob_range::{KnobRange, unit_of};
use crate::diagnostic::nearest;
use crate::network::BoundaryId;
use crate::quantity::Metric;
use crate::space::SearchSpace;

/// Comparison of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Less,
    AtMost,
    Equal,
    Unequal,
    AtLeast,
    More,
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
enum Condition {
    /// A column against a number in base units.
    Number(Column, Relation, f64),
    /// A boundary against a range of boundaries (a stage's name stands for all of its boundaries).
    Boundary(Column, Relation, BoundaryId, BoundaryId),
    /// A property.
    Fact(Fact),
    /// A tag in the note, without its `#`.
    Tag(String),
}

/// Property of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    /// Meets all limits.
    Fits,
    /// Was measured with this number of sensors.
    Measured,
    /// Is pinned.
    Pinned,
    /// Is on the front.
    Front,
    /// Has a note.
    Noted,
}

/// Properties by word.
const FACTS: [(&str, Fact); 5] = [
    ("fits", Fact::Fits),
    ("measured", Fact::Measured),
    ("pinned", Fact::Pinned),
    ("front", Fact::Front),
    ("noted", Fact::Noted),
];

/// Filter of the rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    text: String,
    /// Conditions; `true` for those that are negated.
    terms: Vec<(bool, Condition)>,
}

/// Error of a text that is no filter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FilterError {
    /// An unknown word.
    #[error("`{word}` is no filter; {help}")]
    Word {
        /// The word.
        word: String,
        /// The nearest word, or all of them.
        help: String,
    },
    /// A value that its column can't have.
    #[error("`{value}` is no value of `{column}`")]
    Value {
        /// The value.
        value: String,
        /// The column.
        column: &'static str,
    },
}

/// Values and properties of a row that a filter tests.
pub(super) struct FilterRow<'a> {
    /// Value of a column in base units; NaN if unknown.
    pub(super) value: &'a dyn Fn(Column) -> f64,
    /// Returns `true` if the row has a property.
    pub(super) holds: &'a dyn Fn(Fact) -> bool,
    /// Returns `true` if the note on the row has a tag.
    pub(super) tagged: &'a dyn Fn(&str) -> bool,
}

impl Filter {
    /// The filter as typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns `true` if every row passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Reads a filter.
    ///
    /// # Errors
    /// A word or a value that means nothing.
    pub fn parse(text: &str, space: &SearchSpace, ranges: &[KnobRange]) -> Result<Self, FilterError> {
        let term = |word: &str| {
            let (turned, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
            condition(word, space, ranges).map(|condition| (turned, condition))
        };
        let terms = text.split_whitespace().map(term).collect::<Result<_, _>>()?;
        Ok(Self { text: text.trim().to_owned(), terms })
    }

    /// Returns `true` if a row passes.
    pub(super) fn passes(&self, subject: &FilterRow) -> bool {
        self.terms.iter().all(|(turned, condition)| condition.holds(subject) != *turned)
    }
}

impl Condition {
    fn holds(&self, subject: &FilterRow) -> bool {
        match self {
            Self::Fact(fact) => (subject.holds)(*fact),
            Self::Tag(tag) => (subject.tagged)(tag),
            Self::Number(column, relation, wanted) => {
                let compared = |value: f64| column.metric().map_or(value, |metric| metric.compared(value));
                let (value, wanted) = (compared((subject.value)(*column)), compared(*wanted));
                relation.holds(value, wanted, wanted)
            }
            Self::Boundary(column, relation, first, last) => {
                relation.holds((subject.value)(*column), f64::from(*first), f64::from(*last))
            }
        }
    }
}

impl Relation {
    /// Compares a value with a range; what is unknown (NaN) holds for nothing but "unequal".
    fn holds(self, value: f64, first: f64, last: f64) -> bool {
        // Half a unit of the ninth digit: numbers are typed in other units than they are kept in.
        let near = last.abs().max(first.abs()) * 1e-9;
        match self {
            Self::Less => value < first - near,
            Self::AtMost => value <= last + near,
            Self::Equal => value >= first - near && value <= last + near,
            Self::Unequal => !(value >= first - near && value <= last + near),
            Self::AtLeast => value >= first - near,
            Self::More => value > last + near,
        }
    }
}

fn condition(word: &str, space: &SearchSpace, ranges: &[KnobRange]) -> Result<Condition, FilterError> {
    if let Some(tag) = word.strip_prefix('#') {
        return Ok(Condition::Tag(tag.to_owned()));
    }
    let relations = [
        ("<=", Relation::AtMost),
        (">=", Relation::AtLeast),
        ("!=", Relation::Unequal),
        ("<", Relation::Less),
        (">", Relation::More),
        ("=", Relation::Equal),
    ];
    // The earliest sign; of signs at one place the longer one.
    let found = relations.iter().filter_map(|(sign, relation)| word.find(sign).map(|at| (at, *sign, *relation)));
    let Some((at, sign, relation)) = found.min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len()))) else {
        return plain(word);
    };
    let (name, value) = (&word[..at], &word[at + sign.len()..]);
    let column = column_named(name).ok_or_else(|| unknown(name))?;
    let wrong = || FilterError::Value { value: value.to_owned(), column: column.name() };
    if matches!(column, Column::Split | Column::Fusion) {
        let (first, last) = boundaries(space, value).ok_or_else(wrong)?;
        return Ok(Condition::Boundary(column, relation, first, last));
    }
    let number = number(column, value, ranges).ok_or_else(wrong)?;
    Ok(Condition::Number(column, relation, number))
}

fn plain(word: &str) -> Result<Condition, FilterError> {
    let fact = FACTS.iter().find(|(name, _)| *name == word);
    fact.map(|(_, fact)| Condition::Fact(*fact)).ok_or_else(|| unknown(word))
}

fn column_named(name: &str) -> Option<Column> {
    Some(match name {
        "accuracy" => Column::Accuracy,
        "latency" => Column::Latency,
        "bytes" => Column::Link,
        "rate" => Column::FrameRate,
        "fusion" => Column::Fusion,
        name => return Column::named(name),
    })
}

fn unknown(word: &str) -> FilterError {
    let names = || Column::ALL.iter().map(|column| column.name()).chain(FACTS.iter().map(|(name, _)| *name));
    let help = match nearest(word, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    };
    FilterError::Word { word: word.to_owned(), help }
}

/// First and last boundary of that name: a stage's name stands for all of its boundaries.
fn boundaries(space: &SearchSpace, name: &str) -> Option<(BoundaryId, BoundaryId)> {
    let matches = |id: &BoundaryId| {
        let own = space.boundary_name(*id);
        own == name || own.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
    };
    let mut ids = (0..=space.last()).filter(matches);
    let first = ids.next()?;
    Some((first, ids.next_back().unwrap_or(first)))
}

/// A number typed for a column, in base units; in the column's unit if none is typed.
fn number(column: Column, text: &str, ranges: &[KnobRange]) -> Option<f64> {
    let Some(metric) = column.metric() else {
        return text.parse().ok().filter(|number: &f64| number.is_finite());
    };
    let share = text.parse().ok().filter(|share: &f64| (0.0..=1.0).contains(share));
    if metric == Metric::Leak && share.is_some() {
        return share;
    }
    // Bytes on the link are compared with memory.
    let unit = unit_of(ranges, if metric == Metric::LinkBytes { Metric::SensorMemory } else { metric });
    let short = metric == Metric::Macs && text.ends_with(['k', 'M', 'G']);
    let text = if short { format!("{text}MAC") } else { text.to_owned() };
    metric.info().dimension.parse(&text, unit).ok()
}
