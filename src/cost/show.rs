//! Quantities for people: three significant digits and the unit that fits.

/// Bytes, in powers of 1024.
///
/// ```
/// use splitscope::cost::show;
/// assert_eq!(show::bytes(1_404_928), "1372 KiB");
/// assert_eq!(show::bytes(96), "96 B");
/// ```
pub fn bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let kib = bytes as f64 / 1024.0;
    let (value, unit) = match kib {
        kib if kib < 2048.0 => (kib, "KiB"),
        kib if kib < 2048.0 * 1024.0 => (kib / 1024.0, "MiB"),
        kib => (kib / 1_048_576.0, "GiB"),
    };
    format!("{} {unit}", digits(value))
}

/// Seconds.
///
/// ```
/// assert_eq!(splitscope::cost::show::seconds(0.003_45), "3.45 ms");
/// ```
pub fn seconds(seconds: f64) -> String {
    scaled(seconds, &[(1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")])
}

/// Joules.
///
/// ```
/// assert_eq!(splitscope::cost::show::joules(2.5e-6), "2.50 uJ");
/// ```
pub fn joules(joules: f64) -> String {
    scaled(joules, &[(1.0, "J"), (1e-3, "mJ"), (1e-6, "uJ"), (1e-9, "nJ"), (1e-12, "pJ")])
}

/// Watts.
pub fn watts(watts: f64) -> String {
    scaled(watts, &[(1.0, "W"), (1e-3, "mW"), (1e-6, "uW"), (1e-9, "nW")])
}

/// Bytes per second, in powers of 1000.
pub fn bandwidth(bytes_per_s: f64) -> String {
    scaled(bytes_per_s, &[(1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1.0, "B/s")])
}

/// Multiply-accumulates per second.
pub fn compute(macs_per_s: f64) -> String {
    scaled(macs_per_s, &[(1e12, "TMAC/s"), (1e9, "GMAC/s"), (1e6, "MMAC/s"), (1e3, "kMAC/s"), (1.0, "MAC/s")])
}

/// Three significant digits, all digits before the point.
fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// In the largest unit that leaves at least 1, or the smallest unit.
fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    if value == 0.0
        && let Some((_, unit)) = units.iter().find(|(size, _)| (size - 1.0).abs() < 1e-12)
    {
        return format!("0 {unit}");
    }
    let fits = |&&(size, _): &&(f64, &str)| value.abs() >= size;
    match units.iter().find(fits).or(units.last()) {
        Some((size, unit)) => format!("{} {unit}", digits(value / size)),
        None => digits(value),
    }
}
