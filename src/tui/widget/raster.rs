//! One curve as the range of dots it covers in each dot column.
//!
//! A curve is a function of x, so a column needs no more than its lowest and highest dot: a hundred thousand
//! samples cost one pass and a spike one sample wide still stands at its full height.

/// Dots covered by one series. Dot row 0 is at the top.
#[derive(Clone, Debug)]
pub(crate) struct RasterColumns {
    ranges: Vec<Option<(i32, i32)>>,
    height: i32,
    /// Dots of a cell, horizontally and vertically.
    cell: (usize, usize),
    /// Dot columns with a sample above or below the view.
    pub(crate) above: Vec<bool>,
    pub(crate) below: Vec<bool>,
}

/// Positions further out are pulled in before interpolating; no plot is this wide.
const FAR: f64 = 1e6;

impl RasterColumns {
    /// Covers nothing of so many cells, each of so many dots, horizontally and vertically.
    pub(crate) fn new((columns, rows): (usize, usize), cell: (usize, usize)) -> Self {
        let (width, height) = (columns * cell.0, rows * cell.1);
        Self {
            ranges: vec![None; width],
            height: i32::try_from(height).unwrap_or(i32::MAX),
            cell,
            above: vec![false; width],
            below: vec![false; width],
        }
    }

    /// Covers the polyline through `points`, given as fractions of width and height (y upwards). A `None` breaks
    /// the line; a point between two breaks is one dot.
    pub(crate) fn trace(&mut self, points: impl Iterator<Item = Option<(f64, f64)>>) {
        if self.ranges.is_empty() || self.height < 1 {
            return;
        }
        let mut last: Option<(f64, f64)> = None;
        for point in points {
            let point = point.map(|(x, y)| self.dots(x, y));
            if let Some((x, y)) = point {
                self.note_outside(x, y);
                self.segment(last.unwrap_or((x, y)), (x, y));
            }
            last = point;
        }
    }

    /// The dots of a column, top and bottom included and within the view.
    pub(crate) fn range(&self, column: usize) -> Option<(usize, usize)> {
        let (top, bottom) = (*self.ranges.get(column)?)?;
        if bottom < 0 || top >= self.height {
            return None;
        }
        Some((top.max(0) as usize, bottom.min(self.height - 1) as usize))
    }

    /// Number of dot columns.
    pub(crate) fn width(&self) -> usize {
        self.ranges.len()
    }

    /// Fractions to dots, where dot `n` covers n..n+1. As for the ticks, 0 and 1 are the middles of the outermost
    /// cells.
    fn dots(&self, x: f64, y: f64) -> (f64, f64) {
        let (across, down) = (self.cell.0 as f64, self.cell.1 as f64);
        let x = x * (self.ranges.len() as f64 - across) + across / 2.0;
        let y = (1.0 - y) * (f64::from(self.height) - down) + down / 2.0;
        (x.clamp(-FAR, FAR), y.clamp(-FAR, FAR))
    }

    fn note_outside(&mut self, x: f64, y: f64) {
        let inside = y >= 0.0 && y < f64::from(self.height);
        if !inside && x >= 0.0 && x < self.ranges.len() as f64 {
            let column = x as usize;
            self.above[column] |= y < 0.0;
            self.below[column] |= y >= 0.0;
        }
    }

    fn segment(&mut self, from: (f64, f64), to: (f64, f64)) {
        let (from, to) = if from.0 <= to.0 { (from, to) } else { (to, from) };
        let (first, last) = (floor(from.0), floor(to.0));
        if first == last {
            self.cover(first, floor(from.1), floor(to.1));
            return;
        }
        let slope = (to.1 - from.1) / (to.0 - from.0);
        // The dot at the middle of a column; the first and last column have the ends of the segment.
        let dot_in = |column: i32| {
            let height = match column {
                c if c == first => from.1,
                c if c == last => to.1,
                c => from.1 + slope * (f64::from(c) + 0.5 - from.0),
            };
            floor(height)
        };
        let width = i32::try_from(self.ranges.len()).unwrap_or(i32::MAX);
        for column in first.max(0)..=last.min(width - 1) {
            let here = dot_in(column);
            // On a steep part a column reaches up to, but not onto, the dot the next one begins with.
            let next = if column == last { here } else { dot_in(column + 1) };
            self.cover(column, here, next - (next - here).signum());
        }
    }

    fn cover(&mut self, column: i32, a: i32, b: i32) {
        let Some(range) = usize::try_from(column).ok().and_then(|column| self.ranges.get_mut(column)) else {
            return;
        };
        let (top, bottom) = (a.min(b), a.max(b));
        *range = Some(range.map_or((top, bottom), |(t, b)| (t.min(top), b.max(bottom))));
    }
}

/// Rounds down a value of at most [`FAR`]. Several times a sample: the library's `floor` is a call on processors
/// taken for old, and then half the cost of a plot.
const fn floor(value: f64) -> i32 {
    const SHIFT: i32 = 1 << 21;
    (value + SHIFT as f64) as i32 - SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(columns: &RasterColumns) -> Vec<Option<(usize, usize)>> {
        (0..columns.width()).map(|column| columns.range(column)).collect()
    }

    #[test]
    fn floor_rounds_down_on_both_sides_of_zero() {
        for value in [-FAR, -2.5, -2.0, -0.1, 0.0, 0.9, 7.0, FAR] {
            assert!((f64::from(floor(value)) - value.floor()).abs() < 0.5, "{value}");
        }
    }

    #[test]
    fn a_diagonal_is_one_dot_thick() {
        let mut columns = RasterColumns::new((4, 4), (1, 1));
        columns.trace([Some((0.0, 0.0)), Some((1.0, 1.0))].into_iter());
        assert_eq!(ranges(&columns), [Some((3, 3)), Some((2, 2)), Some((1, 1)), Some((0, 0))]);
    }

    #[test]
    fn a_spike_among_many_samples_stands_at_full_height() {
        let mut columns = RasterColumns::new((10, 8), (1, 1));
        columns.trace((0..10_001).map(|i| Some((f64::from(i) / 10_000.0, if i == 5_000 { 1.0 } else { 0.0 }))));
        let tall: Vec<_> = ranges(&columns).into_iter().filter(|range| *range == Some((0, 7))).collect();
        assert_eq!(tall.len(), 1);
    }

    #[test]
    fn a_gap_stays_a_gap_and_a_single_sample_a_dot() {
        let mut columns = RasterColumns::new((5, 3), (1, 1));
        columns.trace([Some((0.0, 0.5)), None, Some((0.5, 0.5)), None, Some((1.0, 0.5))].into_iter());
        let dot = Some((1, 1));
        assert_eq!(ranges(&columns), [dot, None, dot, None, dot]);
    }

    #[test]
    fn samples_out_of_view_are_noted_and_the_line_to_them_leaves_at_the_edge() {
        let mut columns = RasterColumns::new((3, 4), (1, 1));
        columns.trace([Some((0.0, 0.0)), Some((0.5, 9.0)), Some((1.0, 0.0))].into_iter());
        assert_eq!(columns.above, [false, true, false]);
        assert_eq!(ranges(&columns)[0], Some((0, 3)));
        columns.trace([Some((-5.0, 0.5)), Some((9.0, f64::MAX))].into_iter());
        assert!(columns.below.iter().all(|below| !below));
    }
}
