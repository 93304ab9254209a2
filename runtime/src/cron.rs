//! Cron expressions of five fields (minute, hour, day of month, month, day of week), read by the clock of a time zone.
//!
//! An instant that a change of the clock leaves out is made up for right after it; one that comes twice counts once. Where both day of month and
//! day of week are restricted, either is enough, as everywhere with cron.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How far ahead is looked: the 29th of February can be eight years away.
const FURTHEST_DAYS: u32 = 366 * 9;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Instants that come again and again.
pub(crate) struct Cron {
    zone: TimeZone,
    /// Sets of numbers, as bits.
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// From Sunday, 0.
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

impl Cron {
    /// Reads an expression, for the clock of a time zone by its IANA name; what is wrong with them otherwise.
    pub(crate) fn new(expression: &str, timezone: &str) -> Result<Self, String> {
        let zone = if timezone == "UTC" {
            TimeZone::UTC
        } else {
            TimeZone::get(timezone).map_err(|_| {
                format!("there is no time zone `{timezone}`: give its IANA name, such as `Europe/Berlin`")
            })?
        };
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return Err(format!(
                "`{expression}` is no cron expression: it has {} fields instead of five",
                fields.len()
            ));
        };
        let weekday_bits = numbers(weekdays, "day of week", 0, 7, &DAYS)?;
        Ok(Self {
            zone,
            minutes: numbers(minutes, "minute", 0, 59, &[])?,
            hours: numbers(hours, "hour", 0, 23, &[])?,
            days: numbers(days, "day of month", 1, 31, &[])?,
            months: numbers(months, "month", 1, 12, &MONTHS)?,
            // 7 is Sunday too.
            weekdays: (weekday_bits | weekday_bits >> 7) & 0x7f,
            any_day: days.starts_with('*'),
            any_weekday: weekdays.starts_with('*'),
        })
    }

    /// The first instant behind another, in milliseconds since 1970-01-01 UTC; none where there is none in nine years.
    pub(crate) fn next(&self, after: u64) -> Option<u64> {
        let start = Timestamp::from_millisecond(i64::try_from(after).ok()?).ok()?;
        let mut date = start.to_zoned(self.zone.clone()).date();
        for _ in 0..FURTHEST_DAYS {
            if self.has_day(date)
                && let Some(instant) = self.first_of_day(date, after)
            {
                return Some(instant);
            }
            date = date.checked_add(1.day()).ok()?;
        }
        None
    }

    fn has_day(&self, date: Date) -> bool {
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        let fits = match (self.any_day, self.any_weekday) {
            (false, false) => day || weekday,
            _ => day && weekday,
        };
        has(self.months, date.month()) && fits
    }

    fn first_of_day(&self, date: Date, after: u64) -> Option<u64> {
        let hours = (0..24).filter(|hour| has(self.hours, *hour));
        let minutes = || (0..60).filter(|minute| has(self.minutes, *minute));
        hours
            .flat_map(|hour| minutes().map(move |minute| (hour, minute)))
            .filter_map(|(hour, minute)| {
                let time = Time::new(hour, minute, 0, 0).ok()?;
                let zone = self.zone.to_ambiguous_timestamp(date.to_datetime(time));
                u64::try_from(zone.compatible().ok()?.as_millisecond()).ok()
            })
            .find(|instant| *instant > after)
    }
}

fn has(bits: u64, number: i8) -> bool {
    bits & (1 << number) != 0
}

/// The numbers of a field, as bits.
fn numbers(field: &str, name: &str, min: u32, max: u32, words: &[&str]) -> Result<u64, String> {
    let mut bits = 0;
    for item in field.split(',') {
        let wrong = || format!("`{item}` is no {name}: expected `*` or {min} to {max}");
        let number = |text: &str| {
            let word = words.iter().position(|word| word.eq_ignore_ascii_case(text));
            let number = match word {
                Some(index) => min + u32::try_from(index).unwrap_or_default(),
                None if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    text.parse().map_err(|_| wrong())?
                }
                None => return Err(wrong()),
            };
            if (min..=max).contains(&number) { Ok(number) } else { Err(wrong()) }
        };
        let (span, step) =
            item.split_once('/').map_or((item, None), |(span, step)| (span, Some(step)));
        let every = match step {
            Some(step) => {
                step.parse().ok().filter(|step| (1..=max).contains(step)).ok_or_else(wrong)?
            }
            None => 1,
        };
        let (first, last) = match (span, span.split_once('-')) {
            ("*", _) => (min, max),
            (_, Some((first, last))) => (number(first)?, number(last)?),
            // `5/15` goes on to the end, `5` does not.
            (one, None) => (number(one)?, if step.is_some() { max } else { number(one)? }),
        };
        if last < first {
            return Err(wrong());
        }
        bits |= (first..=last).step_by(every as usize).fold(0, |bits, n| bits | 1_u64 << n);
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instants(expression: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let cron = Cron::new(expression, zone).unwrap();
        let mut at = u64::try_from(from.parse::<Timestamp>().unwrap().as_millisecond()).unwrap();
        let mut found = Vec::new();
        for _ in 0..count {
            at = cron.next(at).unwrap();
            found.push(crate::core::format_instant(at).replace(":00.000Z", "Z"));
        }
        found
    }

    #[test]
    fn finds_the_next_instants() {
        let from = "2026-01-01T00:00:00Z";
        assert_eq!(
            instants("*/20 9,10 * * MON-FRI", "UTC", from, 4),
            ["2026-01-01T09:00Z", "2026-01-01T09:20Z", "2026-01-01T09:40Z", "2026-01-01T10:00Z"]
        );
        assert_eq!(
            instants("0 9 * * MON", "UTC", from, 2),
            ["2026-01-05T09:00Z", "2026-01-12T09:00Z"]
        );
        assert_eq!(
            instants("0 0 29 FEB *", "UTC", from, 2),
            ["2028-02-29T00:00Z", "2032-02-29T00:00Z"]
        );
        // Either the 13th or a Friday.
        assert_eq!(
            instants("0 0 13 * 5", "UTC", from, 3),
            ["2026-01-02T00:00Z", "2026-01-09T00:00Z", "2026-01-13T00:00Z"]
        );
        assert_eq!(instants("0 0 * * 7", "UTC", from, 1), ["2026-01-04T00:00Z"]);
    }

    #[test]
    fn goes_by_the_clock_of_its_zone() {
        let zone = "Europe/Berlin";
        assert_eq!(
            instants("0 9 * * *", zone, "2026-03-28T00:00:00Z", 2),
            ["2026-03-28T08:00Z", "2026-03-29T07:00Z"]
        );
        // 02:30 does not exist on the 29th of March, and comes twice on the 25th of October.
        assert_eq!(
            instants("30 2 * * *", zone, "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:30Z", "2026-03-30T00:30Z"]
        );
        assert_eq!(
            instants("30 2 * * *", zone, "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]
        );
    }

    #[test]
    fn says_what_is_wrong() {
        for (expression, zone, part) in [
            ("0 9 * *", "UTC", "4 fields"),
            ("0 24 * * *", "UTC", "`24` is no hour"),
            ("0 5-3 * * *", "UTC", "`5-3` is no hour"),
            ("0 * * FOO *", "UTC", "`FOO` is no month"),
            ("0 */0 * * *", "UTC", "`*/0` is no hour"),
            ("0 9 * * *", "Europe/Berlim", "time zone"),
        ] {
            let error = Cron::new(expression, zone).err().unwrap();
            assert!(error.contains(part), "{error}");
        }
        assert_eq!(Cron::new("0 0 30 2 *", "UTC").unwrap().next(0), None);
    }
}
