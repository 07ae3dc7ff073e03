//! Plain numbers as text: significant digits, groups of thousands, durations.

/// A percent as a share.
const PERCENT: f64 = 0.01;

/// Direction in which the last printed digit is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest.
    Nearest,
    /// Never below the value: a limit at what is printed suffices.
    Up,
    /// Never above the value.
    Down,
}

impl Rounding {
    /// `value` with `places` digits behind the point. What rounding errors add to a value is not rounded up.
    pub(super) fn to_places(self, value: f64, places: i32) -> String {
        const ERROR: f64 = 2e-9;
        let size = 10_f64.powi(places);
        let error = ERROR * value.abs();
        let value = match self {
            Self::Nearest => value,
            Self::Up => ((value - error) * size).ceil() / size,
            Self::Down => ((value + error) * size).floor() / size,
        };
        format!("{value:.*}", places as usize)
    }
}

/// Three significant digits, all digits before the point if those are at most six, and at most two behind it.
pub(super) fn significant(value: f64, rounding: Rounding) -> String {
    match value.abs() {
        size if size >= 999_999.5 => format!("{value:.2e}"),
        size if size >= 99.95 => rounding.to_places(value, 0),
        size if size >= 9.995 => rounding.to_places(value, 1),
        _ => rounding.to_places(value, 2),
    }
}

/// A share at the digits that [`significant`] prints of it in percent: 0.9375 is 0.938, as it is written `93.8`. What
/// is no share stays as it is.
#[inline]
pub(super) fn printed_share(share: f64) -> f64 {
    /// Distance from the middle between two digits within which the text itself tells to which it is rounded.
    const NEAR_MIDDLE: f64 = 1e-6;
    if !(0.0..=1.0).contains(&share) {
        return share;
    }
    let digits = match share {
        _ if share >= 0.9995 => 1e2,
        _ if share >= 0.099_95 => 1e3,
        _ => 1e4,
    };
    let scaled = share * digits;
    let whole = f64::from(scaled as u32);
    if (scaled - whole - 0.5).abs() > NEAR_MIDDLE {
        return (if scaled - whole > 0.5 { whole + 1.0 } else { whole }) / digits;
    }
    let written = significant(share / PERCENT, Rounding::Nearest).parse::<f64>();
    written.map_or(share, |percent| (percent * digits * PERCENT).round() / digits)
}

/// The sign of a difference before its size; none before a size that is written as zero or not known.
pub(super) fn with_sign(delta: f64, size: String) -> String {
    if size.chars().all(|character| "0.-".contains(character)) {
        return size;
    }
    format!("{}{size}", if delta < 0.0 { '-' } else { '+' })
}

/// Three significant digits without an exponent where that reads well: `2310`, `55.2`, `0.000310`, `3.1e-7`; `-` for
/// what is not finite.
pub fn figure(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "-".to_owned(),
        0.0 => "0".to_owned(),
        size if size >= 0.9995 => significant(value, Rounding::Nearest),
        size if size >= 1e-4 => format!("{value:.*}", (2.0 - size.log10().floor()) as usize),
        _ => format!("{value:.1e}"),
    }
}

/// A number as it was written, with at most six significant digits: `0.005`, `1.5e300`, `NaN`.
pub fn written(value: f64) -> String {
    let rounded = format!("{value:.5e}").parse().unwrap_or(value);
    match value.abs() {
        size if size == 0.0 || (1e-5..1e9).contains(&size) || !size.is_finite() => format!("{rounded}"),
        _ => format!("{rounded:e}"),
    }
}

/// A difference of plain numbers with its sign, in the digits of [`figure`]: `+0.0123`.
pub fn difference(delta: f64) -> String {
    with_sign(delta, figure(delta.abs()))
}

/// Ends of the interval of a share by chance of so many samples (Wilson, 1927), for a two-sided quantile of the normal
/// distribution.
pub fn share_interval(share: f64, samples: u64, quantile: f64) -> (f64, f64) {
    let (n, p, z) = (samples.max(1) as f64, share, quantile);
    let shrink = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / shrink;
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).max(0.0).sqrt() / shrink;
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

/// Median; of an even number of values the mean of the middle two, 0 of none.
///
/// ```
/// use splitscope::quantity::number::median;
/// assert_eq!([median(vec![3.0, 1.0, 2.0]), median(vec![4.0, 1.0]), median(Vec::new())], [2.0, 2.5, 0.0]);
/// ```
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// A whole number with a gap between thousands: `12 480`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A count of things: `1 sensor`, `6 sensors`.
///
/// ```
/// use splitscope::quantity::number::counted;
/// assert_eq!([counted(1, "sensor"), counted(1200, "design")], ["1 sensor", "1 200 designs"]);
/// ```
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// A count that may be too large to be read: up to six digits in groups, beyond that two digits and a power of ten:
/// `143 360`, `1.6e14`.
pub fn approximate_count(value: f64) -> String {
    if value >= 999_999.5 { format!("{value:.1e}") } else { grouped(value.round() as u64) }
}

/// A duration for people: `12 s`, `3:05`, `1:20:00`; `-` if it is not known.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "-".to_owned();
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Time since a beginning, of a steady form: `0:08`, `3:05`, `1:20:00`.
pub fn clock(seconds: f64) -> String {
    if seconds.round() < 60.0 { format!("0:{:02}", seconds.max(0.0).round() as u64) } else { duration(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        assert_eq!([0.000_31, 2310.4, 3.1e-7, 55.23, 0.0].map(figure), ["0.000310", "2310", "3.1e-7", "55.2", "0"]);
        assert_eq!([999_999.0, 1_234_567.0].map(figure), ["999999", "1.23e6"]);
        assert_eq!([0.0123, -2.0, 0.0, f64::NAN].map(difference), ["+0.0123", "-2.00", "0", "-"]);
    }

    #[test]
    fn shares_are_rounded_as_they_are_printed() {
        let printed = |share: f64| significant(share / PERCENT, Rounding::Nearest).parse::<f64>().unwrap();
        for samples in [320_u32, 640, 999, 1600] {
            for right in 0..=samples {
                let share = f64::from(right) / f64::from(samples);
                let (rounded, percent) = (printed_share(share), printed(share));
                assert!((rounded * 100.0 - percent).abs() < 1e-9, "{right}/{samples}: {rounded} {percent}");
                assert_eq!(printed_share(rounded).to_bits(), rounded.to_bits(), "{right}/{samples}");
            }
        }
        assert_eq!([0.9375, 0.938, 93.8 * 0.01].map(printed_share).map(f64::to_bits), [0.938_f64.to_bits(); 3]);
        assert!(printed_share(f64::NAN).is_nan() && printed_share(f64::INFINITY).is_infinite());
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!([12_480, 999, 1_404_928].map(grouped), ["12 480", "999", "1 404 928"]);
        assert_eq!([1204.0, 143_360.0, 1.6e14].map(approximate_count), ["1 204", "143 360", "1.6e14"]);
    }

    #[test]
    fn durations_grow_by_fields() {
        assert_eq!([4.4, 185.0, 4800.0].map(duration), ["4 s", "3:05", "1:20:00"]);
        assert_eq!(duration(f64::INFINITY), "-");
        assert_eq!([-1.0, 8.4, 59.6, 185.0].map(clock), ["0:00", "0:08", "1:00", "3:05"]);
    }
}
