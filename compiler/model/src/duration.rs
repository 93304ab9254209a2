//! Lengths of time as authors write them.

/// Parses `200ms`, `1h30m`, `2d`, or ISO 8601 (`PT1H30M`, `P1DT2H`) to milliseconds.
///
/// Units are `ms`, `s`, `m`, `h`, `d`, `w`, largest first, each at most once. Months and years are refused: their
/// length depends on the calendar.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_duration(text: &str) -> Result<u64, String> {
    let expected = || {
        format!(
            "`{text}` is no duration; write for example `200ms`, `30s`, `1h30m`, `2d` or ISO 8601 `PT1H30M`"
        )
    };
    let trimmed = text.trim();
    let (rest, units): (&str, &[(&str, u64)]) = match trimmed.strip_prefix('P') {
        Some(iso) => {
            return parse_iso(iso).ok_or_else(expected);
        }
        None => (trimmed, &SHORT_UNITS),
    };
    sum_units(rest, units).ok_or_else(expected)
}

const SHORT_UNITS: [(&str, u64); 6] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];
const ISO_DATE_UNITS: [(&str, u64); 2] = [("W", 604_800_000), ("D", 86_400_000)];
const ISO_TIME_UNITS: [(&str, u64); 3] = [("H", 3_600_000), ("M", 60_000), ("S", 1000)];

fn parse_iso(text: &str) -> Option<u64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let days = if date.is_empty() { None } else { Some(sum_units(date, &ISO_DATE_UNITS)?) };
    let hours = match time {
        Some(time) => Some(sum_units(time, &ISO_TIME_UNITS)?),
        None => None,
    };
    match (days, hours) {
        (None, None) => None,
        (days, hours) => days.unwrap_or(0).checked_add(hours.unwrap_or(0)),
    }
}

/// Sums number-unit pairs whose units come in the order of the table, each at most once.
fn sum_units(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let mut rest = text;
    let mut remaining = units;
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(digits);
        let unit_end =
            behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len());
        let (unit, next) = behind.split_at(unit_end);
        let index = remaining.iter().position(|(name, _)| *name == unit)?;
        total = total.checked_add(scale(number, remaining[index].1)?)?;
        remaining = &remaining[index + 1..];
        rest = next;
    }
    Some(total)
}

/// `number` (which may have a fraction) times `unit`, rounded down to whole milliseconds.
fn scale(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (number.contains('.') && fraction.is_empty()) || fraction.len() > 9 {
        return None;
    }
    let mut total = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    if !fraction.is_empty() {
        let part = fraction.parse::<u64>().ok()?.checked_mul(unit)?;
        total = total.checked_add(part / 10_u64.pow(u32::try_from(fraction.len()).ok()?))?;
    }
    Some(total)
}

/// Writes milliseconds in the short form: `1h30m`, `200ms`, `0s`.
#[must_use]
pub fn format_duration(milliseconds: u64) -> String {
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    let mut rest = milliseconds;
    let mut text = String::new();
    // Weeks are read but not written: nobody thinks of `1w1d`.
    for (unit, size) in &SHORT_UNITS[1..] {
        if rest >= *size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_notations_and_refuses_the_rest() {
        for (text, expected) in [
            ("200ms", 200),
            ("1h30m", 5_400_000),
            ("1.5s", 1500),
            ("2d", 172_800_000),
            ("PT1H30M", 5_400_000),
            ("P1DT2H", 93_600_000),
            ("PT0.2S", 200),
        ] {
            assert_eq!(parse_duration(text), Ok(expected), "{text}");
        }
        for text in
            ["", "5", "1m1h", "1h1h", "P", "PT", "P1M2", "-1s", "1.s", "1y", "99999999999999w"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert_eq!(format_duration(5_400_200), "1h30m200ms");
    }
}
