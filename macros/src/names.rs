//! What names may look like.

use proc_macro2::Ident;
use syn::LitStr;
use syn::ext::IdentExt;

use crate::problems::Problems;

/// The keys that every step may have beside its type: no step type can be called so.
const COMMON_KEYS: [&str; 8] =
    ["id", "description", "when", "retry", "timeout", "compensate", "output", "needs"];

/// The name without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `PaymentMethod` as `payment_method`, `HTTPCall` as `http_call`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let follows_small =
            index > 0 && !letters[index - 1].is_uppercase() && letters[index - 1] != '_';
        let ends_capitals = index > 0
            && letters[index - 1].is_uppercase()
            && letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (follows_small || ends_capitals) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// Whether it is `[a-z][a-z0-9_]*`.
pub(crate) fn is_snake_case(name: &str) -> bool {
    is_word(name, |c| c == '_')
}

/// Checks the name of a step type.
pub(crate) fn check_step_name(name: &LitStr, problems: &mut Problems) {
    let text = name.value();
    if !is_snake_case(&text) {
        problems.at(
            name,
            format!(
                "`{text}` cannot name a step type: names are `snake_case`, as in `{}`",
                fold(&text)
            ),
        );
    } else if COMMON_KEYS.contains(&text.as_str()) {
        problems.at(
            name,
            format!("`{text}` cannot name a step type: it is a key that every step may have"),
        );
    }
}

/// Checks a signal, the name of a set of hooks and the like.
pub(crate) fn check_snake_case(what: &str, name: &LitStr, problems: &mut Problems) {
    let text = name.value();
    if !is_snake_case(&text) {
        problems.at(
            name,
            format!("`{text}` cannot name {what}: names are `snake_case`, as in `{}`", fold(&text)),
        );
    }
}

/// Checks an error code, or the beginning of several: `http_4xx`, `http_*`.
pub(crate) fn check_error_code(code: &LitStr, problems: &mut Problems) {
    let text = code.value();
    let beginning = text.strip_suffix('*').unwrap_or(&text);
    if !is_snake_case(beginning) {
        problems.at(
            code,
            format!(
                "`{text}` is no error code: codes are `snake_case`, as in `{}`, and `http_*` stands for all that begin so",
                fold(beginning)
            ),
        );
    }
}

/// Checks the name of a generator or a parser hook: `[a-z][a-z0-9_-]*`.
pub(crate) fn check_part_name(what: &str, name: &LitStr, problems: &mut Problems) {
    let text = name.value();
    if !is_word(&text, |c| matches!(c, '_' | '-')) {
        problems.at(name, format!("`{text}` cannot name {what}: names are lower-case letters, digits, `-` and `_`, as in `open-api`"));
    }
}

/// Checks the id of a plugin: `[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+`.
pub(crate) fn check_plugin_id(id: &LitStr, problems: &mut Problems) {
    let text = id.value();
    let parts = text.split('.').count();
    if parts < 2 || !text.split('.').all(|part| is_word(part, |c| c == '-')) {
        problems.at(id, format!("`{text}` is no plugin id: it is an owner and a plugin with a dot between, in lower-case letters, digits and `-`, as in `acme.shop`"));
    }
}

fn is_word(name: &str, also: fn(char) -> bool) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || also(c))
}

/// The nearest name in snake case, for a message.
fn fold(name: &str) -> String {
    let words: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let snake = snake_case(words.trim_matches('_'));
    if is_snake_case(&snake) { snake } else { "send_mail".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn words_are_found() {
        for (name, expected) in [
            ("All", "all"),
            ("PaymentMethod", "payment_method"),
            ("HTTPCall", "http_call"),
            ("Http2", "http2"),
            ("already_so", "already_so"),
        ] {
            assert_eq!(snake_case(name), expected);
        }
    }
}
