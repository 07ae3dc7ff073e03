//! Reads layer tables and SCALE-Sim topologies.

use super::cell::lines;
use super::columns::TableColumns;
use super::row::LayerRow;
use super::scale_sim;
use super::write::COLUMNS;
use crate::diagnostic::{Diagnostic, Source};
use crate::network::shape::LARGEST_COUNT;

/// Reads a layer table or a SCALE-Sim topology.
///
/// # Errors
/// An unknown header, a cell that is not a number, impossible or overflowing sizes; each at its line and column.
///
/// ```
/// use splitscope::diagnostic::Source;
/// use splitscope::network::table;
/// let text = "name,kind,cin,cout,k,stride,pad,hin,win,groups\nstem,conv,3,32,3,2,1,224,224,1\n";
/// let source = Source::new("mine.csv", text);
/// let rows = table::parse(&source)?;
/// assert_eq!((rows[0].macs, rows[0].weights, rows[0].output.height), (10_838_016, 864, 112));
/// # Ok::<(), splitscope::diagnostic::Diagnostic>(())
/// ```
pub fn parse(source: &Source) -> Result<Vec<LayerRow>, Diagnostic> {
    let mut lines = lines(source);
    let header =
        lines.next().ok_or_else(|| source.error(0..0, "the table is empty; its first line names the columns"))?;
    let names: Vec<String> = header.iter().map(|cell| cell.text.trim().to_lowercase()).collect();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let rows: Vec<LayerRow> = if has("name") && has("kind") {
        let columns = TableColumns::find(source, &header, &names)?;
        lines.map(|cells| columns.row(source, &cells)).collect::<Result<_, _>>()?
    } else if names.len() >= 8 && names[1].contains("ifmap") {
        lines.map(|cells| scale_sim::convolution(source, &cells, &names)).collect::<Result<_, _>>()?
    } else if names.len() >= 4 && names[1] == "m" && names[2] == "n" && names[3] == "k" {
        lines.map(|cells| scale_sim::matrix_product(source, &cells)).collect::<Result<_, _>>()?
    } else {
        let span = header.first().map_or(0..0, |first| first.span.start..header[header.len() - 1].span.end);
        return Err(Diagnostic {
            help: Some(format!("expected {COLUMNS}, or a SCALE-Sim topology")),
            ..source.error(span, "these are not the columns of a layer table")
        });
    };
    if rows.is_empty() {
        return Err(source.error(0..0, "the table has no layers"));
    }
    let (mut macs, mut weights) = (0, 0);
    for row in &rows {
        (macs, weights) = (macs + row.macs, weights + row.weights);
        let overflowing = [("multiply-accumulates", macs), ("weights", weights)];
        if let Some((what, _)) = overflowing.into_iter().find(|(_, sum)| *sum > LARGEST_COUNT) {
            return Err(source.error(row.span.clone(), format!("the {what} of all layers up to this one overflow")));
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::super::row::LayerKind;
    use super::*;
    use crate::network::shape::Shape;

    fn rows(text: &str) -> Result<Vec<LayerRow>, Diagnostic> {
        parse(&Source::new("t.csv", text))
    }

    #[test]
    fn a_scale_sim_topology_has_padded_inputs_and_counts_partial_windows() {
        let text = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n\
                    Conv1, 225, 225, 3, 3, 3, 32, 2,\nDPConv2, 114, 114, 3, 3, 32, 1, 1,\nwide, 10, 50, 1, 5, 1, 4, 3,\n";
        let rows = rows(text).unwrap();
        assert_eq!((rows[0].output, rows[0].macs), (Shape::new(32, 112, 112), 10_838_016));
        assert_eq!((rows[1].kind, rows[1].groups, rows[1].macs), (LayerKind::Depthwise, 32, 3_612_672));
        assert_eq!(rows[2].output, Shape::new(4, 4, 16));
    }

    #[test]
    fn sizes_that_would_wrap_are_refused_at_their_line() {
        let header = "name,kind,cin,cout,k,stride,pad,hin,win,groups\na,conv,1,1,1,1,0,1,1,1\n";
        for (line, message) in [
            // A window of 2^31 x 2^31 at 2 x 2 places reads 2^64 elements.
            ("b,pool,1,1,2147483648,1,1073741824,1,1,1", "the size of this layer overflows"),
            ("b,conv,4294967295,4294967295,1,1,0,1,1,1", "the size of this layer overflows"),
            ("b,conv,1,1,1,1,4294967295,8,8,1", "the size of this layer overflows"),
            ("b,conv,94906265,94906265,1,1,0,1,1,1\nc,conv,94906265,94906265,1,1,0,1,1,1", "up to this one overflow"),
        ] {
            let error = rows(&format!("{header}{line}\n")).unwrap_err();
            assert!(error.message.contains(message), "{error}");
            assert_eq!(error.position(), (2 + line.lines().count(), 1), "{error}");
        }
    }

    #[test]
    fn a_matrix_product_is_a_pointwise_convolution() {
        let rows = rows("Layer,M,N,K,\nqk,128,64,512,\n").unwrap();
        assert_eq!((rows[0].macs, rows[0].weights), (128 * 64 * 512, 64 * 512));
    }

    #[test]
    fn columns_may_stand_anywhere_and_be_left_out() {
        let rows = rows("kind,cout,name,cin,hin,macs\nfc,10,last,64,1,whatever\nconv,8,point,4,5,0\n").unwrap();
        assert_eq!((rows[0].macs, rows[1].macs, rows[1].output), (640, 800, Shape::new(8, 5, 5)));
    }

    #[test]
    fn impossible_tables_point_at_the_cell() {
        let header = "name,kind,cin,cout,k,stride,pad,hin,win,groups\n";
        let place = |line: &str| rows(&format!("{header}{line}\n")).unwrap_err().position();
        assert_eq!(place("a,conv,3,x,3,1,1,8,8,1"), (2, 10));
        assert_eq!(place("a,conf,3,8,3,1,1,8,8,1"), (2, 3));
        assert_eq!(place("a,conv,3,8,3,0,1,8,8,1"), (2, 14));
        assert_eq!(place("a,conv,3,8,9,1,1,4,4,1"), (2, 1));
        assert_eq!(place("a,conv,3,8,3,1,1,8,8,2"), (2, 1));
        assert_eq!(place("a,conv,4000000000,4000000000,9,1,4,8,8,1"), (2, 1));
        assert_eq!(place("a,conv,3"), (2, 9));
        assert!(rows("").is_err() && rows("a,b\n1,2\n").is_err() && rows(header).is_err());
    }
}
