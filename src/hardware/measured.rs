//! Reads a user's own table of layer latencies.
//!
//! - CSV with a column of `seconds`, `ms` or `us` beside the columns of a layer table ([`crate::network::table`]):
//!   latencies by shape, which hold for every network of a space. Of a shape that stands there several times the mean
//!   is taken;
//! - CSV with the columns `name` and one of `seconds`, `ms`, `us`, or JSON as an object `{"layer": seconds}`: latencies
//!   by layer name, which hold for the one network they were measured on.

use std::collections::{BTreeMap, HashMap};

use super::json_error::json_error;
use crate::diagnostic::{Diagnostic, Source};
use crate::network::table::cell::{Cell, lines};
use crate::network::table::{self, COLUMNS, LayerShape};
use crate::quantity::{Dimension, Unit, number};

/// Names that a column of latencies may have: units of time.
const LATENCY_COLUMNS: [&str; 3] = ["seconds", "ms", "us"];
/// Seconds of the longest latency, more than eleven days.
const LONGEST_S: f64 = 1e6;

/// Latencies measured on a real device.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredTable {
    /// Name of the table as the profile gives it.
    pub name: String,
    /// The table as written.
    pub text: String,
    latencies: Latencies,
}

#[derive(Debug, Clone, PartialEq)]
enum Latencies {
    ByName(HashMap<String, f64>),
    ByShape(HashMap<LayerShape, f64>),
}

impl MeasuredTable {
    /// Seconds of a layer; `None` if it was not measured.
    pub fn seconds(&self, name: &str, shape: &LayerShape) -> Option<f64> {
        match &self.latencies {
            Latencies::ByName(seconds) => seconds.get(name).copied(),
            Latencies::ByShape(seconds) => seconds.get(shape).copied(),
        }
    }

    /// Returns `true` if layers are told apart by name, so that the table holds for one network only.
    pub const fn is_by_name(&self) -> bool {
        matches!(self.latencies, Latencies::ByName(_))
    }

    /// Number of different layers.
    pub fn len(&self) -> usize {
        match &self.latencies {
            Latencies::ByName(seconds) => seconds.len(),
            Latencies::ByShape(seconds) => seconds.len(),
        }
    }

    /// Returns `true` if there is no layer; never for a table that was read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads a latency table.
///
/// # Errors
/// A table without a layer, without a column of latencies, or with a latency that is not above zero or too long; each
/// with its place.
///
/// ```
/// use splitscope::diagnostic::Source;
/// use splitscope::hardware::parse_measured;
/// let table = parse_measured(&Source::new("mine.csv", "name,kind,cin,cout,k,hin,ms\nstem,conv,3,8,1,32,0.5\n"))?;
/// assert_eq!((table.len(), table.is_by_name()), (1, false));
/// # Ok::<(), splitscope::diagnostic::Diagnostic>(())
/// ```
pub fn parse_measured(source: &Source) -> Result<MeasuredTable, Diagnostic> {
    let latencies =
        if source.text.trim_start().starts_with('{') { Latencies::ByName(json(source)?) } else { csv(source)? };
    Ok(MeasuredTable { name: source.file.clone(), text: source.text.clone(), latencies })
}

fn json(source: &Source) -> Result<HashMap<String, f64>, Diagnostic> {
    let entries: BTreeMap<String, f64> = serde_json::from_str(&source.text)
        .map_err(|error| json_error(source, &error, "a JSON object of layer names and seconds"))?;
    if entries.is_empty() {
        return Err(source.error(0..source.text.len(), "the latency table has no layers"));
    }
    for (layer, seconds) in &entries {
        if !is_latency(*seconds) {
            let span = source.text.find(layer.as_str()).map_or(0..0, |start| start..start + layer.len());
            return Err(source.error(span, not_a_latency(&seconds.to_string(), Dimension::Time.base_unit())));
        }
    }
    Ok(entries.into_iter().collect())
}

fn csv(source: &Source) -> Result<Latencies, Diagnostic> {
    let mut lines = lines(source);
    let header = lines.next().ok_or_else(|| Diagnostic {
        help: Some(format!("expected the columns {COLUMNS} and ms, or name and ms, and one line a layer")),
        ..source.error(0..0, "the latency table is empty")
    })?;
    let names: Vec<String> = header.iter().map(|cell| cell.text.to_lowercase()).collect();
    let column = |wanted: &str| names.iter().position(|name| name == wanted);
    let unit = LATENCY_COLUMNS.into_iter().find_map(|name| Some((column(name)?, Dimension::Time.unit(name).ok()?)));
    let (Some(name_at), Some((time_at, unit))) = (column("name"), unit) else {
        let span = header[0].span.start..header[header.len() - 1].span.end;
        return Err(Diagnostic {
            help: Some("name the columns in the first line, for instance `name,ms`".into()),
            ..source.error(span, "a latency table needs the column `name` and one of `seconds`, `ms`, `us`")
        });
    };
    let rows: Vec<(Vec<Cell>, f64)> = lines
        .map(|cells| latency(source, &cells, time_at, unit).map(|seconds| (cells, seconds)))
        .collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Err(source.error(header[0].span.clone(), "the latency table has no layers"));
    }
    if column("kind").is_none() {
        return by_name(source, &rows, name_at).map(Latencies::ByName);
    }
    let shapes = table::parse(source)?;
    let mut sums: HashMap<LayerShape, (f64, f64)> = HashMap::new();
    for (row, (_, seconds)) in shapes.iter().zip(rows) {
        let (sum, count) = sums.entry(row.shape()).or_default();
        (*sum, *count) = (*sum + seconds, *count + 1.0);
    }
    Ok(Latencies::ByShape(sums.into_iter().map(|(shape, (sum, count))| (shape, sum / count)).collect()))
}

fn by_name(source: &Source, rows: &[(Vec<Cell>, f64)], at: usize) -> Result<HashMap<String, f64>, Diagnostic> {
    let mut entries = HashMap::with_capacity(rows.len());
    for (cells, seconds) in rows {
        let name = &cells[at.min(cells.len() - 1)];
        if name.text.is_empty() {
            return Err(source.error(name.span.clone(), "this line names no layer"));
        }
        if entries.insert(name.text.to_owned(), *seconds).is_some() {
            return Err(source.error(name.span.clone(), format!("the layer `{}` is listed twice", name.text)));
        }
    }
    Ok(entries)
}

/// Seconds in a cell of that unit.
fn latency(source: &Source, cells: &[Cell], at: usize, unit: Unit) -> Result<f64, Diagnostic> {
    let cell = table::cell::cell(source, cells, at)?;
    let seconds = cell.text.parse::<f64>().ok().map(|value| value * unit.size).filter(|seconds| is_latency(*seconds));
    seconds.ok_or_else(|| source.error(cell.span.clone(), not_a_latency(cell.text, unit)))
}

/// Returns `true` for a latency above zero and at most [`LONGEST_S`].
fn is_latency(seconds: f64) -> bool {
    seconds > 0.0 && seconds <= LONGEST_S
}

/// Sentence on what is no latency, in the unit of its column.
fn not_a_latency(text: &str, unit: Unit) -> String {
    let (unit, longest) = (unit.symbol, number::grouped(LONGEST_S as u64));
    format!("`{text}` is not a latency in {unit}: it must be a number above zero, of at most {longest} s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Shape;

    fn read(text: &str) -> Result<MeasuredTable, Diagnostic> {
        parse_measured(&Source::new("t", text))
    }

    #[test]
    fn json_and_csv_say_the_same() {
        let json = read("{\"a\": 0.001, \"b\": 0.002}").unwrap();
        let csv = read("# my board\nid,name,us\r\n1,a,1000\r\n\n2,b,2000\n").unwrap();
        assert_eq!(json.latencies, csv.latencies);
        assert!(csv.is_by_name());
    }

    #[test]
    fn equal_shapes_share_the_mean_of_their_latencies() {
        let table = read("name,kind,cin,cout,hin,ms\na,conv,4,8,5,1\nb,conv,4,8,5,3\nc,conv,4,8,6,9\n").unwrap();
        assert_eq!(table.len(), 2);
        let seconds = table.seconds("whatever", &LayerShape::pointwise(Shape::new(4, 5, 5), 8)).unwrap();
        assert!((seconds - 2e-3).abs() < 1e-12);
        assert_eq!(table.seconds("a", &LayerShape::pointwise(Shape::new(4, 7, 7), 8)), None);
    }

    #[test]
    fn unusable_tables_are_refused_at_the_place() {
        for (text, place) in [
            ("", (1, 1)),
            ("name,time\na,1\n", (1, 1)),
            ("name,ms\n", (1, 1)),
            ("name,ms\na,0\n", (2, 3)),
            ("name,ms\na,nan\n", (2, 3)),
            ("name,ms\na,1e999\n", (2, 3)),
            ("name,ms\na\n", (2, 2)),
            ("name,ms\n,1\n", (2, 1)),
            ("name,ms\na,1\na,2\n", (3, 1)),
            ("name,kind,cin,cout,hin,ms\na,conv,4,x,5,1\n", (2, 10)),
            ("{\"a\": 1,\n \"b\": -1}", (2, 3)),
            ("{\"a\": []}", (1, 6)),
            ("{}", (1, 1)),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(error.position(), place, "{text}: {}", error.message);
        }
    }

    #[test]
    fn a_latency_out_of_bounds_is_told_with_both_bounds() {
        let of = |text: &str| read(text).unwrap_err().message;
        let bounds = format!("it must be a number above zero, of at most {} s", number::grouped(1_000_000));
        assert_eq!(of("name,ms\na,1e308\n"), format!("`1e308` is not a latency in ms: {bounds}"));
        assert_eq!(of("name,us\na,nan\n"), format!("`nan` is not a latency in µs: {bounds}"));
        assert_eq!(of("{\"a\": -1}"), format!("`-1` is not a latency in s: {bounds}"));
        assert!(read("name,ms\na,1e9\n").is_ok());
    }
}
