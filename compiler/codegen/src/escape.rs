//! Text of an author in places where it must not mean anything: comments, strings, Markdown, diagrams.

/// The lines of a text, by every line end that some language knows; control characters are left out.
pub fn lines(text: &str) -> impl Iterator<Item = String> {
    let normal = text.replace("\r\n", "\n");
    let ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
    let trimmed = normal.trim_end_matches(ends).to_owned();
    let lines: Vec<String> = trimmed.split(ends).map(clean).collect();
    lines.into_iter()
}

/// Without control characters and without those that turn the direction of text (they hide what code says).
fn clean(line: &str) -> String {
    let hidden = |c: &char| {
        (c.is_control() && *c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    line.chars().filter(|c| !hidden(c)).collect::<String>().trim_end().to_owned()
}

/// All on one line.
#[must_use]
pub fn one_line(text: &str) -> String {
    let parts: Vec<String> =
        lines(text).map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    parts.join(" ")
}

/// Each line behind `prefix`; what ends a line comment cannot be in it.
#[must_use]
pub fn line_comment(text: &str, prefix: &str) -> String {
    // A backslash at the end joins the next line to a comment in C and its heirs.
    let line =
        |line: String| format!("{prefix}{}", line.trim_end_matches('\\')).trim_end().to_owned();
    lines(text).map(line).collect::<Vec<_>>().join("\n")
}

/// Each line behind `prefix`, with `*/` and `/*` parted, and no line that begins with a tag (`@deprecated`).
#[must_use]
pub fn block_comment(text: &str, prefix: &str) -> String {
    let part = |line: String| {
        let line = line.replace("*/", "* /").replace("/*", "/ *");
        let start = line.len() - line.trim_start().len();
        if line[start..].starts_with('@') {
            format!("{}\\{}", &line[..start], &line[start..])
        } else {
            line
        }
    };
    let line = |line: String| format!("{prefix}{}", part(line)).trim_end().to_owned();
    lines(text).map(line).collect::<Vec<_>>().join("\n")
}

/// A string literal of JavaScript and TypeScript, in the quotes that need fewer escapes.
#[must_use]
pub fn ts_string(text: &str) -> String {
    let double = text.matches('"').count();
    let quote = if double > text.matches('\'').count() { '\'' } else { '"' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            // `</script>` would end the element that holds the code.
            '/' if out.ends_with('<') => out.push_str("\\/"),
            c if c.is_control()
                || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}') =>
            {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// A property key of JavaScript and TypeScript: quoted unless it is a plain identifier.
#[must_use]
pub fn ts_key(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    // Between the braces of a literal the bare key would set the prototype.
    if plain && name != "__proto__" { name.to_owned() } else { ts_string(name) }
}

/// Text in a line of Markdown.
#[must_use]
pub fn md_text(text: &str) -> String {
    escape_md_line(&one_line(text))
}

/// Text in Markdown that keeps its paragraphs and lines.
#[must_use]
pub fn md_block(text: &str) -> String {
    let escaped: Vec<String> = lines(text).map(|line| escape_md_line(line.trim())).collect();
    let mut out = String::new();
    let mut blank = false;
    for line in escaped {
        if line.is_empty() {
            blank = !out.is_empty();
            continue;
        }
        if blank {
            out.push_str("\n\n");
        } else if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&line);
        blank = false;
    }
    out
}

fn escape_md_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let mut before = None;
    for (index, c) in line.char_indices() {
        let rest = &line[index + c.len_utf8()..];
        let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' | '{' | '}' | '@' => {
                true
            }
            // Inside a word it is a character like others.
            '_' => !(in_word(before) && in_word(rest.chars().next())),
            // Some dialects make links of these where none was meant.
            ':' => rest.starts_with("//") || index == 0,
            // These mean something at the start of a line only.
            '#' | '+' | '-' | '=' => index == 0,
            '.' | ')' => digits > 0 && index == digits,
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
    out
}

/// A code span of Markdown, fenced by as many backticks as it needs.
#[must_use]
pub fn md_code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The same in a cell of a table, where `|` ends the cell even inside code.
#[must_use]
pub fn md_cell_code(text: &str) -> String {
    md_code(text).replace('|', "\\|")
}

/// A fenced block of Markdown with the name of its language; the fence is longer than any in the text.
#[must_use]
pub fn md_fenced(text: &str, language: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let lines: Vec<String> = lines(text).collect();
    format!("{fence}{language}\n{}\n{fence}", lines.join("\n"))
}

/// Text between the double quotes of a Mermaid label: what is not plain becomes an entity.
#[must_use]
pub fn mermaid_text(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        let plain = c.is_alphanumeric()
            || matches!(
                c,
                ' ' | '_'
                    | '-'
                    | '.'
                    | ','
                    | '/'
                    | '('
                    | ')'
                    | '='
                    | '!'
                    | '?'
                    | '\u{b7}'
                    | '\u{2026}'
            );
        if plain {
            out.push(c);
        } else {
            out.push_str(&format!("#{};", u32::from(c)));
        }
    }
    out
}

/// Text in HTML or XML, in an element or an attribute.
#[must_use]
pub fn html_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str =
        "*/ /* ``` | ${x} \"\"\" '\\\n# <b>&\u{2028}-->\u{7}%%{init}%% \u{202e}end\r\n\r\n";

    #[test]
    fn comments_cannot_be_left() {
        assert_eq!(
            line_comment(NASTY, "// "),
            "// */ /* ``` | ${x} \"\"\" '\n// # <b>&\n// -->%%{init}%% end"
        );
        assert_eq!(block_comment("**//* */\n\nb", " * "), " * ** // * * /\n *\n * b");
        assert_eq!(block_comment("@deprecated\n  @a b@c", ""), "\\@deprecated\n  \\@a b@c");
        for comment in
            [block_comment(NASTY, " * "), block_comment("*/*/*", ""), block_comment("/*/", "")]
        {
            assert!(!comment.contains("*/") && !comment.contains("/*"), "{comment}");
        }
    }

    #[test]
    fn strings_are_quoted_as_a_formatter_would() {
        assert_eq!(ts_string("it's"), "\"it's\"");
        assert_eq!(ts_string("say \"hi\""), "'say \"hi\"'");
        assert_eq!(ts_string("'\"\""), "'\\'\"\"'");
        assert_eq!(
            ts_string("a\n\\\u{2028}</script>\u{0}"),
            "\"a\\n\\\\\\u2028<\\/script>\\u0000\""
        );
        assert_eq!(
            [ts_key("ok_1"), ts_key("a-b"), ts_key("1a"), ts_key("__proto__"), ts_key("größe")],
            ["ok_1", "\"a-b\"", "\"1a\"", "\"__proto__\"", "\"größe\""]
        );
    }

    #[test]
    fn markdown_is_text() {
        assert_eq!(
            md_text("a|b\n*c* `d` [e](f) <g> &amp; $h$"),
            "a\\|b \\*c\\* \\`d\\` \\[e\\](f) \\<g\\> \\&amp; \\$h\\$"
        );
        assert_eq!(md_text("# a"), "\\# a");
        assert_eq!(md_text("a_b _c_ d_"), "a_b \\_c\\_ d\\_");
        assert_eq!(md_fenced("a\n```\nb\u{202e}\n", "text"), "````text\na\n```\nb\n````");
        assert_eq!(md_text("12. a"), "12\\. a");
        assert_eq!(md_text("see https://x.example or a@b"), "see https\\://x.example or a\\@b");
        assert_eq!(md_block("one\n  two\n\n\n- three\n===\n"), "one\ntwo\n\n\\- three\n\\===");
        assert_eq!(
            [md_code("a"), md_code("a`b"), md_code("`"), md_code("")],
            ["`a`", "``a`b``", "`` ` ``", ""]
        );
        assert_eq!(md_cell_code("a|b\nc"), "`a\\|b c`");
    }

    #[test]
    fn diagrams_are_text() {
        assert_eq!(
            mermaid_text("a \"b\" #c; %%{d}%%\ne"),
            "a #34;b#34; #35;c#59; #37;#37;#123;d#125;#37;#37; e"
        );
        assert!(!mermaid_text(NASTY).contains(['"', '`', '<', '%', '{', '\n', '&']));
    }
}
