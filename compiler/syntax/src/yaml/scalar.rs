//! What a plain scalar is, by the core schema of YAML 1.2: `on`, `no` and `yes` are strings.

use serde_json::Number;

/// A scalar without quotes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Scalar {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a float.
    Number(Number),
    /// A number that no program can hold exactly, with the nearest one if there is one.
    OutOfRange(Reason, Option<Number>),
    /// Anything else.
    String,
}

/// Why a number cannot be held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reason {
    /// An integer of more than 64 bits.
    Integer,
    /// A float beyond the range of 64 bits.
    Float,
    /// `.inf` or `.nan`.
    NotFinite,
}

/// Reads a plain scalar.
pub(crate) fn resolve(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F') => word(text),
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(text),
        Some(_) => Scalar::String,
    }
}

fn word(text: &str) -> Scalar {
    match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => Scalar::String,
    }
}

fn number(text: &str) -> Scalar {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Scalar::OutOfRange(Reason::NotFinite, None);
    }
    if is_digits(unsigned) {
        return integer(text);
    }
    if is_float(unsigned) { float(text, Reason::Float) } else { Scalar::String }
}

fn radix(digits: &str, radix: u32) -> Scalar {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Scalar::String;
    }
    match u64::from_str_radix(digits, radix) {
        Ok(value) => Scalar::Number(value.into()),
        Err(_) => {
            let value = digits.chars().filter_map(|digit| digit.to_digit(radix));
            let nearest = value.fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit));
            Scalar::OutOfRange(Reason::Integer, Number::from_f64(nearest))
        }
    }
}

fn integer(text: &str) -> Scalar {
    if let Ok(value) = text.parse::<i64>() {
        return Scalar::Number(value.into());
    }
    match text.parse::<u64>() {
        Ok(value) => Scalar::Number(value.into()),
        Err(_) => Scalar::OutOfRange(Reason::Integer, text.parse().ok().and_then(Number::from_f64)),
    }
}

fn float(text: &str, reason: Reason) -> Scalar {
    match text.parse().ok().and_then(Number::from_f64) {
        Some(value) => Scalar::Number(value),
        None => Scalar::OutOfRange(reason, None),
    }
}

/// The value of a scalar that a tag `!!float` makes a float.
pub(crate) fn to_float(number: &Number) -> Option<Number> {
    number.as_f64().and_then(Number::from_f64)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    let exponent = exponent
        .is_none_or(|exponent| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    mantissa && exponent
}
