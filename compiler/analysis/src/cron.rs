//! Cron expressions of five fields: minute, hour, day of month, month, day of week.

use std::ops::Range;

/// A part of a cron expression that is wrong.
#[derive(Debug)]
pub(crate) struct CronError {
    /// Its bytes.
    pub(crate) range: Range<usize>,
    /// What is wrong, and what was expected.
    pub(crate) message: String,
}

struct Part {
    name: &'static str,
    min: u32,
    max: u32,
    words: &'static [&'static str],
}

const PARTS: [Part; 5] = [
    Part { name: "minute", min: 0, max: 59, words: &[] },
    Part { name: "hour", min: 0, max: 23, words: &[] },
    Part { name: "day of month", min: 1, max: 31, words: &[] },
    Part {
        name: "month",
        min: 1,
        max: 12,
        words: &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
    },
    Part {
        name: "day of week",
        min: 0,
        max: 7,
        words: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    },
];

/// Checks an expression.
pub(crate) fn check(text: &str) -> Result<(), CronError> {
    let fields = words(text);
    if fields.len() != PARTS.len() {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        return Err(CronError {
            range: 0..text.len(),
            message: format!(
                "a cron expression has five fields ({}), this one has {}",
                names.join(", "),
                fields.len()
            ),
        });
    }
    for (range, part) in fields.into_iter().zip(&PARTS) {
        for item in items(text, range) {
            check_item(text, item, part)?;
        }
    }
    Ok(())
}

/// The byte ranges between white space.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices() {
        match (letter.is_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                words.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|from| from..text.len()));
    words
}

/// The byte ranges between commas.
fn items(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut start = range.start;
    let parts = text[range].split(',').map(|part| {
        let item = start..start + part.len();
        start = item.end + 1;
        item
    });
    parts.collect()
}

fn check_item(text: &str, range: Range<usize>, part: &Part) -> Result<(), CronError> {
    let item = &text[range.clone()];
    let fail = |message: String| Err(CronError { range: range.clone(), message });
    let (span, step) = item.split_once('/').map_or((item, None), |(span, step)| (span, Some(step)));
    if let Some(step) = step
        && !step.parse::<u32>().is_ok_and(|step| (1..=part.max).contains(&step))
    {
        return fail(format!(
            "`{step}` is no step for the {}: expected 1 to {}",
            part.name, part.max
        ));
    }
    if span == "*" {
        return Ok(());
    }
    let (from, to) = span.split_once('-').map_or((span, None), |(from, to)| (from, Some(to)));
    let bound = |text: &str| number(text, part);
    let Some(first) = bound(from) else {
        return fail(expected(from, part));
    };
    let Some(to) = to else {
        return Ok(());
    };
    match bound(to) {
        None => fail(expected(to, part)),
        Some(last) if last < first => {
            fail(format!("the range `{span}` of the {} ends before it begins", part.name))
        }
        Some(_) => Ok(()),
    }
}

fn number(text: &str, part: &Part) -> Option<u32> {
    if let Some(index) = part.words.iter().position(|word| word.eq_ignore_ascii_case(text)) {
        return Some(part.min + u32::try_from(index).ok()?);
    }
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && (part.min..=part.max).contains(number))
}

fn expected(found: &str, part: &Part) -> String {
    let words = match part.words {
        [first, .., last] => format!(", or `{first}` to `{last}`"),
        _ => String::new(),
    };
    format!("`{found}` is no {}: expected `*` or {} to {}{words}", part.name, part.min, part.max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_cron_takes() {
        for text in ["0 3 * * *", "*/15 9-17 * * MON-FRI", "0,30 0 1 jan,jul 7", " 5 4 1-31/2 * * "]
        {
            assert!(check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn says_which_part_is_wrong() {
        for (text, wrong) in [
            ("0 24 * * *", "24"),
            ("60 * * * *", "60"),
            ("* * 0 * *", "0"),
            ("* * * * FRI-MON", "FRI-MON"),
            ("*/0 * * * *", "*/0"),
            ("* * * FOO *", "FOO"),
            ("1,,2 * * * *", ""),
            ("+1 * * * *", "+1"),
            ("* * * *", "* * * *"),
        ] {
            let error = check(text).unwrap_err();
            assert_eq!(&text[error.range], wrong, "{text}");
        }
    }
}
