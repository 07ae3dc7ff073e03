//! Quantities for people: three significant digits and the unit that fits.

/// Which way the last digit shown goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    /// To the nearest.
    Nearest,
    /// Never below the value: what is shown is enough.
    Up,
    /// Never above the value.
    Down,
}

/// Units with their sizes, the largest first.
pub(super) type Units = [(f64, &'static str)];

pub(super) const SECONDS: &Units = &[(1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")];
pub(super) const JOULES: &Units = &[(1.0, "J"), (1e-3, "mJ"), (1e-6, "uJ"), (1e-9, "nJ"), (1e-12, "pJ")];
pub(super) const BANDWIDTH: &Units = &[(1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1.0, "B/s")];
pub(super) const COMPUTE: &Units =
    &[(1e12, "TMAC/s"), (1e9, "GMAC/s"), (1e6, "MMAC/s"), (1e3, "kMAC/s"), (1.0, "MAC/s")];

/// Bytes, in powers of 1024.
///
/// ```
/// use splitscope::cost::show;
/// assert_eq!(show::bytes(1_404_928), "1372 KiB");
/// assert_eq!(show::bytes(96), "96 B");
/// ```
pub fn bytes(bytes: u64) -> String {
    bytes_rounded(bytes, Rounding::Nearest)
}

/// Bytes, in powers of 1024.
pub(super) fn bytes_rounded(bytes: u64, rounding: Rounding) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let kib = bytes as f64 / 1024.0;
    let (value, unit) = match kib {
        kib if kib < 2048.0 => (kib, "KiB"),
        kib if kib < 2048.0 * 1024.0 => (kib / 1024.0, "MiB"),
        kib => (kib / 1_048_576.0, "GiB"),
    };
    format!("{} {unit}", digits(value, rounding))
}

/// Seconds.
///
/// ```
/// assert_eq!(splitscope::cost::show::seconds(0.003_45), "3.45 ms");
/// ```
pub fn seconds(seconds: f64) -> String {
    scaled(seconds, SECONDS, Rounding::Nearest)
}

/// Joules.
///
/// ```
/// assert_eq!(splitscope::cost::show::joules(2.5e-6), "2.50 uJ");
/// ```
pub fn joules(joules: f64) -> String {
    scaled(joules, JOULES, Rounding::Nearest)
}

/// Watts.
pub fn watts(watts: f64) -> String {
    scaled(watts, &[(1.0, "W"), (1e-3, "mW"), (1e-6, "uW"), (1e-9, "nW")], Rounding::Nearest)
}

/// Bytes per second, in powers of 1000.
pub fn bandwidth(bytes_per_s: f64) -> String {
    scaled(bytes_per_s, BANDWIDTH, Rounding::Nearest)
}

/// Three significant digits, all digits before the point unless there are more than fifteen.
fn digits(value: f64, rounding: Rounding) -> String {
    match value.abs() {
        size if size >= 1e15 => format!("{value:.2e}"),
        size if size >= 99.95 => places(value, 0, rounding),
        size if size >= 9.995 => places(value, 1, rounding),
        _ => places(value, 2, rounding),
    }
}

/// So many digits behind the point. What rounding errors add to a value is not rounded up.
pub(super) fn places(value: f64, digits: u8, rounding: Rounding) -> String {
    const ERROR: f64 = 2e-9;
    let size = 10_f64.powi(i32::from(digits));
    let value = match rounding {
        Rounding::Nearest => value,
        Rounding::Up => (value * size * (1.0 - ERROR)).ceil() / size,
        Rounding::Down => (value * size * (1.0 + ERROR)).floor() / size,
    };
    format!("{value:.*}", usize::from(digits))
}

/// In the largest unit that leaves at least 1, or the smallest unit.
pub(super) fn scaled(value: f64, units: &Units, rounding: Rounding) -> String {
    if value == 0.0
        && let Some((_, unit)) = units.iter().find(|(size, _)| (size - 1.0).abs() < 1e-12)
    {
        return format!("0 {unit}");
    }
    let fits = |&&(size, _): &&(f64, &str)| value.abs() >= size;
    match units.iter().find(fits).or(units.last()) {
        Some((size, unit)) => format!("{} {unit}", digits(value / size, rounding)),
        None => digits(value, rounding),
    }
}
