//! Texts that have a form: days, instants, UUIDs, bytes.

use locus_model::duration::parse_duration;
use locus_model::{Node, NodeKind, TypeKind};

/// Whether a value that holds no others is one of a type; types whose values hold others, and those that say nothing, take anything.
pub(crate) fn is_of(node: &Node, kind: &TypeKind) -> bool {
    match (kind, &node.kind) {
        (TypeKind::Int, NodeKind::Number(number)) => number.is_i64() || number.is_u64(),
        (TypeKind::Float | TypeKind::Decimal, NodeKind::Number(_)) => true,
        (TypeKind::Bool, NodeKind::Bool(_)) => true,
        (TypeKind::Enum(values), NodeKind::String(text)) => values.contains(&text.value),
        (TypeKind::Duration, NodeKind::String(text)) => parse_duration(&text.value).is_ok(),
        (TypeKind::Decimal, NodeKind::String(text)) => is_decimal(&text.value),
        (TypeKind::Date, NodeKind::String(text)) => is_date(&text.value),
        (TypeKind::Datetime, NodeKind::String(text)) => is_instant(&text.value),
        (TypeKind::Uuid, NodeKind::String(text)) => is_uuid(&text.value),
        (TypeKind::Bytes, NodeKind::String(text)) => is_base64(&text.value),
        (TypeKind::String, NodeKind::String(_)) => true,
        (
            TypeKind::List(_)
            | TypeKind::Map(_)
            | TypeKind::Object(_)
            | TypeKind::Named(_)
            | TypeKind::Schema(_)
            | TypeKind::Json
            | TypeKind::Any,
            _,
        ) => true,
        _ => false,
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

/// `2026-11-21`.
pub(crate) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// `2026-11-21T08:30:00Z`, `2026-11-21T08:30:00.5+01:00` (RFC 3339).
pub(crate) fn is_instant(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else { return false };
    let Some(at) = time.find(['Z', 'z', '+', '-']) else { return false };
    let (clock, offset) = time.split_at(at);
    let clock = clock.split_once('.').map_or(Some(clock), |(clock, fraction)| {
        let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
        digits.then_some(clock)
    });
    let hour_and_minute = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        (digits(hour, 2)? < 24 && digits(minute, 2)? < 60).then_some(())
    };
    let is_clock = |clock: &str| {
        let (rest, second) = clock.rsplit_once(':')?;
        hour_and_minute(rest)?;
        // A leap second is 60.
        (digits(second, 2)? <= 60).then_some(())
    };
    let is_offset = match offset {
        "Z" | "z" => true,
        offset => hour_and_minute(&offset[1..]).is_some(),
    };
    is_date(date) && clock.and_then(is_clock).is_some() && is_offset
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths = parts.iter().map(|part| part.len());
    lengths.eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let letters = body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
    letters && padding <= 2 && text.len().is_multiple_of(4)
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    let fits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_instants() {
        for text in ["2026-11-21", "2024-02-29", "2000-02-29"] {
            assert!(is_date(text), "{text}");
        }
        for text in ["2026-02-29", "1900-02-29", "2026-13-01", "2026-1-1", "2026-04-31", "now", ""]
        {
            assert!(!is_date(text), "{text}");
        }
        for text in ["2026-11-21T08:30:00Z", "2026-11-21 08:30:60.25+14:00", "2026-11-21t08:30:00z"]
        {
            assert!(is_instant(text), "{text}");
        }
        for text in [
            "2026-11-21T08:30Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T08:30:00",
            "Z",
            "2026-11-21T08:30:00.Z",
            "2026-11-21T08:30:00+é",
        ] {
            assert!(!is_instant(text), "{text}");
        }
    }

    #[test]
    fn other_forms() {
        assert!(is_uuid("3f2504e0-4f89-11d3-9a0c-0305e82c3301"));
        assert!(!is_uuid("3f2504e0-4f89-11d3-9a0c-0305e82c330g"));
        assert!(is_base64("") && is_base64("aGk=") && !is_base64("a") && !is_base64("a==="));
        assert!(is_decimal("-12.50") && !is_decimal("1.") && !is_decimal("1e5"));
    }
}
