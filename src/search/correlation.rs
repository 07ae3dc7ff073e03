//! Kendall's rank correlation: do two lists of numbers put things in the same order?

/// Kendall's tau-b of two equally long lists: 1 for the same order, -1 for the opposite, 0 for none. Ties count for
/// neither side. 0 if one of the lists has less than two different values; the longer list is cut to the shorter.
/// O(n log n), by counting exchanges in a merge sort (Knight 1966, "A computer method for calculating Kendall's tau
/// with ungrouped data").
///
/// ```
/// use splitscope::search::kendall_tau;
/// assert_eq!(kendall_tau(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]), 1.0);
/// // Of three pairs two agree and one does not.
/// assert!((kendall_tau(&[1.0, 2.0, 3.0], &[10.0, 30.0, 20.0]) - 1.0 / 3.0).abs() < 1e-12);
/// ```
#[allow(clippy::float_cmp, reason = "ties are equal values, not near ones")]
pub fn kendall_tau(a: &[f64], b: &[f64]) -> f64 {
    let mut pairs: Vec<(f64, f64)> = a.iter().copied().zip(b.iter().copied()).collect();
    pairs.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)));
    let all = pairs_among(pairs.len());
    let tied_first = tied(&pairs, |x, y| x.0 == y.0);
    let tied_both = tied(&pairs, |x, y| x == y);
    let mut second: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    let exchanges = sort_counting(&mut second);
    let tied_second = tied(&second, |x, y| x == y);
    let comparable = (all - tied_first) * (all - tied_second);
    if comparable <= 0.0 {
        return 0.0;
    }
    (all - tied_first - tied_second + tied_both - 2.0 * exchanges) / comparable.sqrt()
}

fn pairs_among(count: usize) -> f64 {
    let count = count as f64;
    count * (count - 1.0) / 2.0
}

/// Number of pairs within runs of equal neighbours.
fn tied<T>(sorted: &[T], equal: impl Fn(&T, &T) -> bool) -> f64 {
    sorted.chunk_by(equal).map(|run| pairs_among(run.len())).sum()
}

/// Sorts and returns how many pairs were in falling order.
fn sort_counting(values: &mut [f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let middle = values.len() / 2;
    let mut exchanges = sort_counting(&mut values[..middle]) + sort_counting(&mut values[middle..]);
    let mut merged = Vec::with_capacity(values.len());
    let (mut left, mut right) = values.split_at(middle);
    while let (Some(first), Some(second)) = (left.first(), right.first()) {
        if second < first {
            exchanges += left.len() as f64;
            merged.push(*second);
            right = &right[1..];
        } else {
            merged.push(*first);
            left = &left[1..];
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    values.copy_from_slice(&merged);
    exchanges
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, pair by pair.
    fn by_definition(a: &[f64], b: &[f64]) -> f64 {
        let sign = |x: f64| {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                0.0
            }
        };
        let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
        for i in 0..a.len() {
            for j in 0..i {
                let (x, y): (f64, f64) = (sign(a[i] - a[j]), sign(b[i] - b[j]));
                sum += x * y;
                first += x * x;
                second += y * y;
            }
        }
        if first * second > 0.0 { sum / (first * second).sqrt() } else { 0.0 }
    }

    #[test]
    fn no_order_gives_zero() {
        assert_eq!(kendall_tau(&[], &[]), 0.0);
        assert_eq!(kendall_tau(&[1.0], &[2.0]), 0.0);
        assert_eq!(kendall_tau(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), 0.0);
        assert_eq!(kendall_tau(&[1.0, 2.0], &[2.0, 1.0]), -1.0);
    }

    proptest! {
        #[test]
        fn equals_the_definition(pairs in prop::collection::vec((0_u8..6, 0_u8..6), 0..40)) {
            let a: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.0)).collect();
            let b: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.1)).collect();
            prop_assert!((kendall_tau(&a, &b) - by_definition(&a, &b)).abs() < 1e-12);
        }
    }
}
