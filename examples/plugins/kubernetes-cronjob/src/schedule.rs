//! Cron expressions as Kubernetes reads them.

/// The same schedule for Kubernetes. Fields are divided by one blank; Sunday is 0, because 7, as cron has it too, is refused there.
#[must_use]
pub fn for_kubernetes(cron: &str) -> String {
    let mut fields: Vec<String> = cron.split_whitespace().map(str::to_owned).collect();
    if let Some(weekdays) = fields.get_mut(4) {
        let items: Vec<String> = weekdays.split(',').map(without_seven).collect();
        *weekdays = items.join(",");
    }
    fields.join(" ")
}

/// An item of the days of the week, with 0 for 7: a range that ends there becomes the list of its days.
fn without_seven(item: &str) -> String {
    let (span, step) = item.split_once('/').map_or((item, None), |(span, step)| (span, Some(step)));
    let (from, to) = span.split_once('-').map_or((span, None), |(from, to)| (from, Some(to)));
    match to {
        None if from == "7" => "0".to_owned(),
        Some("7") => {
            let (Some(from), Ok(step)) = (weekday(from), step.unwrap_or("1").parse::<usize>())
            else {
                return item.to_owned();
            };
            let mut days: Vec<u32> = (from..=7).step_by(step.max(1)).map(|day| day % 7).collect();
            days.sort_unstable();
            days.dedup();
            let days: Vec<String> = days.iter().map(u32::to_string).collect();
            days.join(",")
        }
        _ => item.to_owned(),
    }
}

fn weekday(text: &str) -> Option<u32> {
    const WORDS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let word = WORDS.iter().position(|word| word.eq_ignore_ascii_case(text));
    word.and_then(|index| u32::try_from(index).ok()).or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::for_kubernetes;

    #[test]
    fn sunday_is_zero() {
        for (cron, kubernetes) in [
            ("*/5  * * *  *", "*/5 * * * *"),
            ("0 3 * * 7", "0 3 * * 0"),
            ("0 3 * * 1-7", "0 3 * * 0,1,2,3,4,5,6"),
            ("0 3 * * fri-7,2", "0 3 * * 0,5,6,2"),
            ("0 3 * * 1-7/2", "0 3 * * 0,1,3,5"),
            ("0 3 7 7 MON-fri", "0 3 7 7 MON-fri"),
            ("0 3 * * */7", "0 3 * * */7"),
        ] {
            assert_eq!(for_kubernetes(cron), kubernetes, "{cron}");
        }
    }
}
