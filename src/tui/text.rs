//! Figures as text of a steady width: one unit a column, three significant digits, so that nothing jumps while values
//! change.

/// Milliseconds of seconds with one decimal place below a thousand: `8.6`, `152.3`, `1520`.
pub fn milliseconds(seconds: f64) -> String {
    decimal(seconds * 1e3)
}

/// Percent of a share, one decimal place: `73.1`.
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1}", share * 100.0) } else { "-".to_owned() }
}

/// One decimal place below a thousand, none above; `-` for what is no number.
pub fn decimal(value: f64) -> String {
    match value {
        value if !value.is_finite() => "-".to_owned(),
        value if value.abs() >= 999.95 => format!("{value:.0}"),
        value => format!("{value:.1}"),
    }
}

/// A whole number with a narrow gap between thousands: `12 480`.
pub fn thousands(number: u64) -> String {
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

/// A duration for people: `12 s`, `3:05`, `1:20:00`.
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

/// Three significant digits without an exponent where that reads well: `2310`, `55.2`, `0.00031`, `3.1e-7`.
pub fn figure(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "-".to_owned(),
        0.0 => "0".to_owned(),
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        size if size >= 0.9995 => format!("{value:.2}"),
        size if size >= 1e-4 => format!("{value:.*}", (2.0 - size.log10().floor()) as usize),
        _ => format!("{value:.1e}"),
    }
}

/// Words broken into lines of at most `width` cells; a word too long for a line is cut by whoever draws it.
pub fn wrap(text: &str, width: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if super::widget::width(line) + 1 + super::widget::width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_one_unit() {
        assert_eq!(milliseconds(0.008_61), "8.6");
        assert_eq!(milliseconds(1.52), "1520");
        assert_eq!(percent(0.731), "73.1");
        assert_eq!(percent(f64::NAN), "-");
        assert_eq!(thousands(12_480), "12 480");
        assert_eq!(thousands(999), "999");
        assert_eq!(figure(0.000_31), "0.000310");
        assert_eq!(figure(2310.4), "2310");
        assert_eq!(figure(3.1e-7), "3.1e-7");
    }

    #[test]
    fn durations_grow_by_fields() {
        assert_eq!([4.4, 185.0, 4800.0].map(duration), ["4 s", "3:05", "1:20:00"]);
        assert_eq!(duration(f64::INFINITY), "-");
        assert_eq!([-1.0, 8.4, 59.6, 185.0].map(clock), ["0:00", "0:08", "1:00", "3:05"]);
    }

    #[test]
    fn text_wraps_at_words() {
        assert_eq!(wrap("raise the memory to 40 KiB", 11), ["raise the", "memory to", "40 KiB"]);
        assert!(wrap("", 5).is_empty());
    }
}
