//! Names in the cases that languages use. A name is a list of words: `order_line`, `orderLine`, `Order Line` and
//! `order-line` have the same two.

/// `OrderLine`. Words keep the capitals they have: `HTTPRequest` stays.
#[must_use]
pub fn pascal_case(name: &str) -> String {
    separated(name).into_iter().map(|word| capitalised(&word)).collect()
}

/// `orderLine`.
#[must_use]
pub fn camel_case(name: &str) -> String {
    let pascal = pascal_case(name);
    let Some(first) = words(&pascal).into_iter().next() else {
        return pascal;
    };
    let rest = pascal[first.len()..].to_owned();
    first.to_lowercase() + &rest
}

/// `order_line`.
#[must_use]
pub fn snake_case(name: &str) -> String {
    joined(name, "_")
}

/// `order-line`.
#[must_use]
pub fn kebab_case(name: &str) -> String {
    joined(name, "-")
}

/// `ORDER_LINE`.
#[must_use]
pub fn screaming_case(name: &str) -> String {
    joined(name, "_").to_uppercase()
}

fn joined(name: &str, separator: &str) -> String {
    words(name).iter().map(|word| word.to_lowercase()).collect::<Vec<_>>().join(separator)
}

/// The words of a name: parted by anything that is no letter or digit, and where a capital follows a small letter or
/// begins the last word of a run of capitals (`HTTPRequest` is `HTTP`, `Request`).
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in separated(name) {
        let chars: Vec<char> = part.chars().collect();
        let mut word = String::new();
        for (index, c) in chars.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| chars[before]);
            let after = chars.get(index + 1);
            let begins = c.is_uppercase()
                && before.is_some_and(|before| {
                    !before.is_uppercase() || after.is_some_and(|after| after.is_lowercase())
                });
            if begins && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            word.push(*c);
        }
        words.push(word);
    }
    words
}

fn separated(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_sees_the_same_words() {
        for (name, pascal, camel, snake) in [
            ("order_line", "OrderLine", "orderLine", "order_line"),
            ("OrderLine", "OrderLine", "orderLine", "order_line"),
            ("order line", "OrderLine", "orderLine", "order_line"),
            ("a-b", "AB", "ab", "a_b"),
            ("HTTPRequest", "HTTPRequest", "httpRequest", "http_request"),
            ("v2_api", "V2Api", "v2Api", "v2_api"),
            ("__proto__", "Proto", "proto", "proto"),
            ("größe_in_mm", "GrößeInMm", "größeInMm", "größe_in_mm"),
            ("注文", "注文", "注文", "注文"),
            ("💥", "", "", ""),
        ] {
            assert_eq!(pascal_case(name), pascal, "{name}");
            assert_eq!(camel_case(name), camel, "{name}");
            assert_eq!(snake_case(name), snake, "{name}");
        }
        assert_eq!(
            (kebab_case("orderLine"), screaming_case("orderLine")),
            ("order-line".into(), "ORDER_LINE".into())
        );
    }
}
