//! Points in time as text: RFC 3339 in parameters, and the form of HTTP headers.

use locus_plugin::{Param, ParamError};
use serde_json::{Value, json};

/// A point in time, in milliseconds since 1970-01-01 UTC. Earlier ones become 0: all they can mean is "already over".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Instant(pub(crate) u64);

impl Param for Instant {
    fn schema() -> Value {
        json!({ "type": "string", "format": "date-time" })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        value.as_str().and_then(rfc3339).ok_or_else(|| {
            ParamError::expected("a date and time such as `2026-11-21T09:00:00Z`", &value)
        })
    }
}

/// Reads `2026-11-21T09:00:00.250+01:00`.
fn rfc3339(text: &str) -> Option<Instant> {
    let (date, time) = (text.get(..10)?, text.get(11..)?);
    if !matches!(text.as_bytes()[10], b'T' | b't' | b' ') {
        return None;
    }
    let (year, month, day) = (digits(date, 0, 4)?, digits(date, 5, 2)?, digits(date, 8, 2)?);
    if date.as_bytes()[4] != b'-' || date.as_bytes()[7] != b'-' {
        return None;
    }
    let clock = clock(time.get(..8)?)?;
    let rest = time.get(8..)?;
    let (millis, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0)?;
            let digits = format!("{:0<3}", &rest[..end.min(3)]);
            (digits.parse::<i64>().ok()?, &rest[end..])
        }
        None => (0, rest),
    };
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = match zone.as_bytes().first()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let (hours, minutes) = (digits(zone, 1, 2)?, digits(zone, 4, 2)?);
            if zone.len() != 6 || zone.as_bytes()[3] != b':' || hours > 23 || minutes > 59 {
                return None;
            }
            sign * (hours * 3600 + minutes * 60)
        }
    };
    instant(year, month, day, clock - offset, millis)
}

/// Reads the preferred form of HTTP dates: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(text: &str) -> Option<Instant> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.split_once(", ")?.1.split(' ');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let clock = clock(parts.next()?)?;
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    if parts.next() != Some("GMT") || parts.next().is_some() || day.len() != 2 || year.len() != 4 {
        return None;
    }
    instant(digits(year, 0, 4)?, month, digits(day, 0, 2)?, clock, 0)
}

/// Seconds since midnight of `08:49:37`; `:60` is a leap second, taken as the next second.
fn clock(text: &str) -> Option<i64> {
    let (hours, minutes, seconds) = (digits(text, 0, 2)?, digits(text, 3, 2)?, digits(text, 6, 2)?);
    let fits = text.len() == 8
        && text.as_bytes()[2] == b':'
        && text.as_bytes()[5] == b':'
        && hours < 24
        && minutes < 60
        && seconds <= 60;
    fits.then_some(hours * 3600 + minutes * 60 + seconds)
}

fn digits(text: &str, start: usize, length: usize) -> Option<i64> {
    let part = text.get(start..start + length)?;
    if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None }
}

fn instant(year: i64, month: i64, day: i64, seconds: i64, millis: i64) -> Option<Instant> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + seconds;
    Some(Instant(u64::try_from(seconds * 1000 + millis).unwrap_or(0)))
}

/// Days from 1970-01-01 in the Gregorian calendar; counts years from March, so that the leap day is the last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::{Instant, http_date, rfc3339};

    #[test]
    fn instants_are_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2026-11-21T09:00:00.25+01:00", 1_795_248_000_250),
            ("2026-11-21 09:00:00-00:30", 1_795_253_400_000),
            ("2026-12-31T23:59:60Z", 1_798_761_600_000),
            ("1969-12-31T23:59:59Z", 0),
            ("9999-12-31T23:59:59.9999Z", 253_402_300_799_999),
        ] {
            assert_eq!(rfc3339(text), Some(Instant(expected)), "{text}");
        }
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Instant(784_111_777_000)));
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T09:00:00",
            "2026-11-31T09:00:00Z",
            "2025-02-29T09:00:00Z",
            "2026-13-01T09:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T09:00:00.Z",
            "2026-11-21T09:00:00+0100",
            "2026-11-21T09:00:00+01:00 ",
            "2026-11-21T09:00:0éZ",
            "２０26-11-21T09:00:00Z",
        ] {
            assert_eq!(rfc3339(text), None, "{text}");
        }
        for text in
            ["", "06 Nov 1994", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 6 Nov 1994 08:49:37 GMT"]
        {
            assert_eq!(http_date(text), None, "{text}");
        }
    }
}
