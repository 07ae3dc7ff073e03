//! Reads a user's own table of layer latencies: CSV with the columns `name` and one of `seconds`, `ms`, `us`, or JSON as an
//! object `{"layer": seconds}`.

use std::collections::BTreeMap;

use thiserror::Error;

use super::MeasuredTable;

/// A latency table that can't be used.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum MeasuredError {
    /// No line at all.
    #[error("{table} is empty; expected a header `name,seconds` and one line per layer")]
    Empty {
        /// Name of the table.
        table: String,
    },
    /// The header lacks a column.
    #[error("{table}: the header `{header}` needs the column `name` and one of `seconds`, `ms`, `us`")]
    Header {
        /// Name of the table.
        table: String,
        /// The header found.
        header: String,
    },
    /// A line without a usable latency.
    #[error("{table}, line {line}: `{text}` is not a latency above zero")]
    Latency {
        /// Name of the table.
        table: String,
        /// One-based line.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// A layer that stands there twice.
    #[error("{table}, line {line}: layer `{layer}` is listed twice")]
    Twice {
        /// Name of the table.
        table: String,
        /// One-based line.
        line: usize,
        /// The layer.
        layer: String,
    },
    /// Not the expected JSON.
    #[error("{table} is not a JSON object of layer names and seconds: {problem}")]
    Json {
        /// Name of the table.
        table: String,
        /// What the reader said.
        problem: String,
    },
}

/// Reads a latency table. Text that starts with `{` is JSON, everything else CSV.
///
/// # Errors
/// No lines, missing columns, latencies that are not positive numbers, layers listed twice.
///
/// ```
/// use splitscope::hardware::parse_measured;
/// let table = parse_measured("mine.csv", "name,ms\nstem,0.5\nclassifier,0.02\n")?;
/// assert_eq!(table.seconds, [("stem".to_owned(), 0.5e-3), ("classifier".to_owned(), 0.02e-3)]);
/// # Ok::<(), splitscope::hardware::MeasuredError>(())
/// ```
pub fn parse_measured(name: &str, text: &str) -> Result<MeasuredTable, MeasuredError> {
    let seconds = if text.trim_start().starts_with('{') { json(name, text)? } else { csv(name, text)? };
    if seconds.is_empty() {
        return Err(MeasuredError::Empty { table: name.to_owned() });
    }
    Ok(MeasuredTable { name: name.to_owned(), seconds })
}

fn json(table: &str, text: &str) -> Result<Vec<(String, f64)>, MeasuredError> {
    let entries: BTreeMap<String, f64> = serde_json::from_str(text)
        .map_err(|error| MeasuredError::Json { table: table.to_owned(), problem: error.to_string() })?;
    for (layer, &seconds) in &entries {
        if !(seconds.is_finite() && seconds > 0.0) {
            let line = text.lines().position(|line| line.contains(layer.as_str())).map_or(1, |line| line + 1);
            return Err(MeasuredError::Latency { table: table.to_owned(), line, text: seconds.to_string() });
        }
    }
    Ok(entries.into_iter().collect())
}

fn csv(table: &str, text: &str) -> Result<Vec<(String, f64)>, MeasuredError> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let (_, header) = lines.next().ok_or_else(|| MeasuredError::Empty { table: table.to_owned() })?;
    let columns: Vec<&str> = header.split(',').map(str::trim).collect();
    let column = |name: &str| columns.iter().position(|column| *column == name);
    let unit = [("seconds", 1.0), ("ms", 1e-3), ("us", 1e-6)]
        .into_iter()
        .find_map(|(name, factor)| column(name).map(|at| (at, factor)));
    let (Some(name_at), Some((time_at, factor))) = (column("name"), unit) else {
        return Err(MeasuredError::Header { table: table.to_owned(), header: header.to_owned() });
    };
    let mut entries: Vec<(String, f64)> = Vec::new();
    for (index, line) in lines {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let cell = |at: usize| cells.get(at).copied().unwrap_or("");
        let seconds = cell(time_at).parse::<f64>().ok().map(|value| value * factor);
        let Some(seconds) = seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0) else {
            let text = cell(time_at).to_owned();
            return Err(MeasuredError::Latency { table: table.to_owned(), line: index + 1, text });
        };
        let layer = cell(name_at).to_owned();
        if entries.iter().any(|(known, _)| *known == layer) {
            return Err(MeasuredError::Twice { table: table.to_owned(), line: index + 1, layer });
        }
        entries.push((layer, seconds));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_csv_say_the_same() {
        let json = parse_measured("t", "{\"a\": 0.001, \"b\": 0.002}").unwrap();
        let csv = parse_measured("t", "# my board\nid,name,us\n1,a,1000\n\n2,b,2000\n").unwrap();
        assert_eq!(json, csv);
    }

    #[test]
    fn unusable_tables_are_refused() {
        for text in [
            "",
            "name,time\na,1\n",
            "name,ms\na,0\n",
            "name,ms\na,nan\n",
            "name,ms\na\n",
            "{\"a\": -1}",
            "{\"a\": []}",
            "{}",
        ] {
            assert!(parse_measured("t", text).is_err(), "{text}");
        }
        let twice = parse_measured("t", "name,ms\na,1\na,2\n").unwrap_err();
        assert_eq!(twice.to_string(), "t, line 3: layer `a` is listed twice");
    }
}
