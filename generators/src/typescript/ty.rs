//! Types of TypeScript as a tree, and how they are laid out: as Prettier would.

/// Characters that a line should have at most.
const WIDTH: usize = 80;

/// A type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Ty {
    /// A name, a keyword or a literal.
    Word(String),
    /// `T[]`.
    List(Box<Ty>),
    /// `{ [key: string]: T }`.
    Map(Box<Ty>),
    /// `A | B`; made by [`union`].
    Union(Vec<Ty>),
    /// `A & B`; made by [`all`].
    All(Vec<Ty>),
    /// `{ a: A; b?: B }`.
    Object(Vec<Member>),
}

/// A property of an object type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Member {
    /// The key, quoted where it must be.
    pub(super) key: String,
    /// Whether it may be left out.
    pub(super) optional: bool,
    /// Its type.
    pub(super) ty: Ty,
}

/// A keyword or name as a type.
pub(super) fn word(text: impl Into<String>) -> Ty {
    Ty::Word(text.into())
}

/// One of these. What takes anything takes the others too.
pub(super) fn union(types: impl IntoIterator<Item = Ty>) -> Ty {
    let mut members: Vec<Ty> = Vec::new();
    for ty in types {
        let parts = if let Ty::Union(parts) = ty { parts } else { vec![ty] };
        for part in parts.into_iter().filter(|part| *part != word("never")) {
            if !members.contains(&part) {
                members.push(part);
            }
        }
    }
    if members.contains(&word("unknown")) {
        return word("unknown");
    }
    match members.len() {
        0 => word("never"),
        1 => members.remove(0),
        _ => Ty::Union(members),
    }
}

/// All of these at once.
pub(super) fn all(types: impl IntoIterator<Item = Ty>) -> Ty {
    let mut members: Vec<Ty> = Vec::new();
    for ty in types.into_iter().filter(|ty| *ty != word("unknown")) {
        if !members.contains(&ty) {
            members.push(ty);
        }
    }
    match members.len() {
        0 => word("unknown"),
        1 => members.remove(0),
        _ => Ty::All(members),
    }
}

/// A literal of TypeScript for a string, in the quotes that need fewer escapes.
pub(super) fn string(text: &str) -> String {
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
            // Line ends of JavaScript, and characters that turn the direction of what is read.
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

/// A key of an object type: quoted unless it is a plain identifier.
pub(super) fn key(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if plain { name.to_owned() } else { string(name) }
}

impl Ty {
    /// The type behind `start` on a line that is indented `indent` levels, with `end` behind it: with the space or line
    /// end that belongs between. `start` is `export type A =` or `key:`.
    pub(super) fn after(&self, start: &str, indent: usize, end: &str) -> String {
        let flat = self.flat();
        let room = WIDTH.saturating_sub(2 * indent + width(start) + 1 + width(end));
        if width(&flat) <= room {
            return format!("{start} {flat}{end}");
        }
        let next = "  ".repeat(indent + 1);
        match self {
            // On a line of its own it may still fit.
            Self::Union(_) if self.hugged().is_none() && self.fits(indent + 1, end) => {
                format!("{start}\n{next}{flat}{end}")
            }
            Self::Union(members) if self.hugged().is_none() => {
                format!("{start}\n{}{end}", lines(members, indent + 1))
            }
            Self::Word(_) if start.ends_with('=') => format!("{start}\n{next}{flat}{end}"),
            _ => format!("{start} {}{end}", self.broken(indent)),
        }
    }

    fn fits(&self, indent: usize, end: &str) -> bool {
        2 * indent + width(&self.flat()) + width(end) <= WIDTH
    }

    /// All on one line.
    fn flat(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::List(item) => format!("{}[]", item.flat_part()),
            Self::Map(value) => format!("{{ [key: string]: {} }}", value.flat()),
            Self::Union(members) => joined(members, " | ", Self::flat),
            Self::All(members) => joined(members, " & ", Self::flat_part),
            Self::Object(members) if members.is_empty() => "{}".to_owned(),
            Self::Object(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|member| format!("{} {}", member.start(), member.ty.flat()))
                    .collect();
                format!("{{ {} }}", members.join("; "))
            }
        }
    }

    /// As a part of a list or an intersection: a union needs parentheses.
    fn flat_part(&self) -> String {
        match self {
            Self::Union(_) | Self::All(_) => format!("({})", self.flat()),
            _ => self.flat(),
        }
    }

    /// Over several lines; the first goes on a line that is there, indented `indent` levels.
    fn broken(&self, indent: usize) -> String {
        let (inner, outer) = ("  ".repeat(indent + 1), "  ".repeat(indent));
        match self {
            Self::Word(_) => self.flat(),
            Self::Object(members) if members.is_empty() => self.flat(),
            Self::Object(members) => {
                let members: Vec<String> =
                    members.iter().map(|member| inner.clone() + &member.line(indent + 1)).collect();
                format!("{{\n{}\n{outer}}}", members.join("\n"))
            }
            Self::Map(value) => {
                format!("{{\n{inner}{}\n{outer}}}", value.after("[key: string]:", indent + 1, ";"))
            }
            Self::List(item) => match &**item {
                Self::Union(members) if item.hugged().is_none() => {
                    format!("(\n{}\n{outer})[]", lines(members, indent + 1))
                }
                Self::Union(_) | Self::All(_) => format!("({})[]", item.broken(indent)),
                _ => format!("{}[]", item.broken(indent)),
            },
            Self::Union(members) => match self.hugged() {
                Some(object) => {
                    let others = members.iter().filter(|member| *member != object);
                    let others: Vec<String> = others.map(Self::flat).collect();
                    format!("{} | {}", object.broken(indent), others.join(" | "))
                }
                None => lines(members, indent).trim_start().to_owned(),
            },
            Self::All(members) => {
                let parts: Vec<String> = members
                    .iter()
                    .map(|member| match member {
                        Self::Object(_) | Self::Map(_) => member.broken(indent),
                        _ => member.flat_part(),
                    })
                    .collect();
                parts.join(" & ")
            }
        }
    }

    /// The object of a union that has nothing else but `null`: it stays on the line.
    fn hugged(&self) -> Option<&Self> {
        let Self::Union(members) = self else { return None };
        let mut objects =
            members.iter().filter(|member| matches!(member, Self::Object(_) | Self::Map(_)));
        let object = objects.next()?;
        let others = members.iter().all(|member| member == object || *member == word("null"));
        (objects.next().is_none() && others).then_some(object)
    }
}

impl Member {
    fn start(&self) -> String {
        format!("{}{}:", self.key, if self.optional { "?" } else { "" })
    }

    /// The property on lines of its own, without the indentation of the first.
    pub(super) fn line(&self, indent: usize) -> String {
        self.ty.after(&self.start(), indent, ";")
    }
}

/// Each member of a union on a line of its own.
fn lines(members: &[Ty], indent: usize) -> String {
    let start = "  ".repeat(indent);
    let line = |member: &Ty| {
        let flat = member.flat();
        if 2 * indent + 2 + width(&flat) <= WIDTH {
            format!("{start}| {flat}")
        } else {
            format!("{start}| {}", member.broken(indent + 1))
        }
    };
    members.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn joined(members: &[Ty], separator: &str, part: fn(&Ty) -> String) -> String {
    members.iter().map(part).collect::<Vec<_>>().join(separator)
}

fn width(text: &str) -> usize {
    text.chars().count()
}
