//! Statements of databases: whether their parameters are given, and whether they fit the columns they meet, where the table is a model of
//! the program. Only the plainest statements are understood: one table, no query inside. Of all others nothing is said.

use std::ops::Range;

use locus_diag::{Span, did_you_mean};
use locus_expr::Ty;
use locus_model::{Entry, Model, NodeKind, Text, TypeKind};

use super::texts::{Seen, Use};
use super::{Typer, declared};
use crate::messages::typing as messages;
use crate::shape::Shape;

/// A piece of a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Token<'s> {
    /// A word in small letters: a keyword, a table, a column.
    Word(String),
    /// A name in quotes.
    Name(String),
    /// `:name`
    Param(&'s str),
    /// A literal.
    Literal,
    /// Anything else: `(`, `<=`, `||`.
    Sign(&'s str),
}

/// A piece with its bytes in the statement.
type Piece<'s> = (Token<'s>, Range<usize>);

/// Where a parameter meets a column.
#[derive(Debug, PartialEq, Eq)]
struct Meeting<'s> {
    param: &'s str,
    column: String,
    /// The column in the statement.
    at: Range<usize>,
    /// Whether the column gets the value; otherwise it is compared with it.
    set: bool,
}

impl<'a> Typer<'_, 'a> {
    /// Checks a mapping of parameters in which a statement stands.
    pub(super) fn statement(&mut self, entries: &'a [Entry], shape: &Shape, seen: &Seen) {
        if self.silent > 0 {
            return;
        }
        for entry in entries {
            let property = shape.properties.get(&entry.key.value);
            let Some(params) = property.and_then(|property| property.sql.as_deref()) else {
                continue;
            };
            let Some(text) = entry.value.as_text() else { continue };
            let given = entries.iter().find(|entry| entry.key.value == params);
            let given = match given.map(|entry| (&entry.value.kind, entry)) {
                None | Some((NodeKind::Null, _)) => &[],
                Some((NodeKind::Mapping(entries), _)) => entries.as_slice(),
                // Computed: only the run will tell.
                Some(_) => continue,
            };
            self.parameters(text, entry.value.span, given, seen);
        }
    }

    fn parameters(&mut self, text: &'a Text, whole: Span, given: &'a [Entry], seen: &Seen) {
        let Some(pieces) = pieces(&text.value) else { return };
        let mut named: Vec<&str> = Vec::new();
        for (token, range) in &pieces {
            let Token::Param(name) = token else { continue };
            if !named.contains(name) {
                named.push(name);
                if !given.iter().any(|entry| entry.key.value == *name) {
                    let at = text.locate(range.clone(), whole);
                    let known = given.iter().map(|entry| entry.key.value.as_str());
                    self.report(messages::sql_parameter_not_given(name, at, known));
                }
            }
        }
        for entry in given {
            let name = entry.key.value.as_str();
            // The one that was meant was told.
            let meant = named.iter().any(|n| {
                did_you_mean(n, [name]).is_some() && !given.iter().any(|e| e.key.value == **n)
            });
            if !named.contains(&name) && !meant {
                self.report(messages::sql_parameter_not_used(&entry.key));
            }
        }
        self.columns(text, whole, &pieces, given, seen);
    }

    /// Compares the parameters of a statement with the fields of the model that its table is.
    fn columns(
        &mut self,
        text: &'a Text,
        whole: Span,
        pieces: &[Piece<'_>],
        given: &'a [Entry],
        seen: &Seen,
    ) {
        let Some(table) = table(pieces) else { return };
        let types = std::sync::Arc::clone(&self.cx.types);
        let Some(model) =
            types.models.values().find(|model| is_table_of(&table, &model.name.value))
        else {
            return;
        };
        for meeting in meetings(pieces, &table) {
            let Some(field) = field_of(model, &meeting.column) else {
                let at = text.locate(meeting.at, whole);
                let known = model.fields.keys().map(String::as_str);
                if did_you_mean(&meeting.column, known.clone()).is_some() {
                    let model = (model.name.value.as_str(), model.name.span);
                    self.report(messages::unknown_column(&meeting.column, model, at, known));
                }
                continue;
            };
            let (name, field) = field;
            let Some(value) = given.iter().find(|entry| entry.key.value == meeting.param) else {
                continue;
            };
            let expected = stored(&field.ty.kind);
            let mut found = seen.type_of(&value.value);
            // Nothing equals null in a database, and a column with a default may be left to it.
            if !meeting.set || field.ty.optional || field.default.is_some() {
                found = found.without_null();
            }
            let what = format!("`:{}`, which is `{}.{name}`,", meeting.param, model.name.value);
            let mut to = Use::of(what, &value.value);
            to.declared = Some((field.span, format!("`{name}` is declared here")));
            self.fits(&found, &expected, &to);
        }
    }
}

/// What a column holds for a field of this type.
fn stored(kind: &TypeKind) -> Ty {
    match kind {
        // Databases without truth values keep them as 0 and 1.
        TypeKind::Bool => Ty::bool().union(&Ty::int()),
        TypeKind::String
        | TypeKind::Int
        | TypeKind::Float
        | TypeKind::Decimal
        | TypeKind::Uuid
        | TypeKind::Date
        | TypeKind::Datetime
        | TypeKind::Enum(_) => declared::bare(&locus_model::Type::required(kind.clone())),
        // Anything else is kept in a way of its own.
        _ => Ty::any(),
    }
}

/// Letters and digits alone: `SalesOrder` and `sales_order` are one name.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a table has the name of a model, or its plural.
fn is_table_of(table: &Table, model: &str) -> bool {
    let (table, model) = (plain(&table.name), plain(model));
    let plural = match model.strip_suffix('y') {
        Some(stem) => table.strip_suffix("ies") == Some(stem),
        None => false,
    };
    table == model
        || plural
        || table.strip_suffix('s') == Some(&model)
        || table.strip_suffix("es") == Some(&model)
}

fn field_of<'m>(model: &'m Model, column: &str) -> Option<(&'m str, &'m locus_model::Field)> {
    let wanted = plain(column);
    let found = model.fields.iter().find(|(name, _)| plain(name) == wanted);
    found.map(|(name, field)| (name.as_str(), field))
}

/// The table of a statement.
#[derive(Debug, PartialEq, Eq)]
struct Table {
    name: String,
    alias: Option<String>,
}

/// Words that end what was before them.
const CLAUSES: [&str; 24] = [
    "where",
    "set",
    "and",
    "or",
    "not",
    "on",
    "order",
    "group",
    "having",
    "limit",
    "offset",
    "returning",
    "values",
    "when",
    "then",
    "else",
    "end",
    "as",
    "from",
    "select",
    "using",
    "union",
    "case",
    "do",
];

/// The one table of a statement; `None` where there may be others.
fn table(pieces: &[Piece<'_>]) -> Option<Table> {
    let word = |at: usize| match pieces.get(at).map(|(token, _)| token) {
        Some(Token::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    let name = |at: usize| match pieces.get(at).map(|(token, _)| token) {
        Some(Token::Word(word)) if !CLAUSES.contains(&word.as_str()) => Some(word.clone()),
        Some(Token::Name(name)) => Some(name.clone()),
        _ => None,
    };
    let count = |wanted: &str| {
        pieces.iter().filter(|(token, _)| matches!(token, Token::Word(w) if w == wanted)).count()
    };
    let first = word(0)?;
    let queries = count("select");
    let at = match first {
        "select" if queries == 1 => {
            1 + pieces
                .iter()
                .position(|(token, _)| matches!(token, Token::Word(w) if w == "from"))?
        }
        "delete" if queries == 0 && word(1) == Some("from") => 2,
        "insert" | "replace" if queries == 0 => {
            1 + pieces
                .iter()
                .position(|(token, _)| matches!(token, Token::Word(w) if w == "into"))?
        }
        "update" if queries == 0 && count("from") == 0 => match word(1) {
            Some("or") => 3,
            _ => 1,
        },
        _ => return None,
    };
    if ["join", "with", "union", "intersect", "except"].iter().any(|word| count(word) > 0) {
        return None;
    }
    let table = name(at)?;
    let next = pieces.get(at + 1).map(|(token, _)| token);
    if matches!(next, Some(Token::Sign("." | ","))) {
        return None;
    }
    let alias = match word(at + 1) {
        Some("as") => name(at + 2),
        _ if first != "insert" => name(at + 1),
        _ => None,
    };
    let behind = at + 1 + usize::from(alias.is_some()) + usize::from(word(at + 1) == Some("as"));
    if matches!(pieces.get(behind), Some((Token::Sign(","), _))) {
        return None;
    }
    Some(Table { name: table, alias })
}

/// Where the parameters of a statement meet columns of its table.
fn meetings<'s>(pieces: &[Piece<'s>], table: &Table) -> Vec<Meeting<'s>> {
    let mut found = inserted(pieces);
    for (at, (token, _)) in pieces.iter().enumerate() {
        let Token::Param(param) = token else { continue };
        if !is_end(pieces.get(at + 1)) {
            continue;
        }
        // `column = :param`; the other way round is rarely written.
        let Some((Token::Sign(sign), _)) = at.checked_sub(1).and_then(|at| pieces.get(at)) else {
            continue;
        };
        if !["=", "==", "<>", "!=", "<", ">", "<=", ">="].contains(sign) {
            continue;
        }
        let Some((column, begins)) = column(pieces, at.wrapping_sub(2), table) else { continue };
        let before = begins.checked_sub(1).and_then(|at| pieces.get(at));
        let set = *sign == "=" && is_assignment(pieces, begins);
        if is_start(before) {
            let at = pieces[at - 2].1.clone();
            found.push(Meeting { param, column, at, set });
        }
    }
    found
}

/// Whether the comparison that begins here stands in `set a = …, b = …`.
fn is_assignment(pieces: &[Piece<'_>], begins: usize) -> bool {
    let mut depth = 0_i32;
    for (token, _) in pieces.get(..begins).unwrap_or_default().iter().rev() {
        match token {
            Token::Sign(")") => depth += 1,
            Token::Sign("(") => depth -= 1,
            Token::Word(word) if depth == 0 && word == "set" => return true,
            Token::Word(word)
                if depth == 0 && ["where", "on", "having", "when"].contains(&word.as_str()) =>
            {
                return false;
            }
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    false
}

/// The column that ends at a piece, and where it begins; `None` where it is one of another table.
fn column(pieces: &[Piece<'_>], at: usize, table: &Table) -> Option<(String, usize)> {
    let name = |at: usize| match pieces.get(at).map(|(token, _)| token) {
        Some(Token::Word(name)) if !CLAUSES.contains(&name.as_str()) => Some(name.clone()),
        Some(Token::Name(name)) => Some(name.clone()),
        _ => None,
    };
    let column = name(at)?;
    if !matches!(at.checked_sub(1).and_then(|at| pieces.get(at)), Some((Token::Sign("."), _))) {
        return Some((column, at));
    }
    let owner = name(at.checked_sub(2)?)?;
    let ours = table.name.eq_ignore_ascii_case(&owner)
        || table.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(&owner));
    ours.then_some((column, at - 2))
}

/// `insert into t (a, b) values (:x, :y)`
fn inserted<'s>(pieces: &[Piece<'s>]) -> Vec<Meeting<'s>> {
    let mut found = Vec::new();
    let is =
        |at: usize, sign: &str| matches!(pieces.get(at), Some((Token::Sign(s), _)) if *s == sign);
    let into = pieces.iter().position(|(token, _)| matches!(token, Token::Word(w) if w == "into"));
    let Some(open) = into.map(|into| into + 2).filter(|open| is(*open, "(")) else { return found };
    let mut columns = Vec::new();
    let mut at = open + 1;
    while let Some((token, range)) = pieces.get(at) {
        match token {
            Token::Word(name) | Token::Name(name) => columns.push((name.clone(), range.clone())),
            Token::Sign(",") => {}
            Token::Sign(")") => break,
            _ => return found,
        }
        at += 1;
    }
    if !matches!(pieces.get(at + 1), Some((Token::Word(word), _)) if word == "values") {
        return found;
    }
    // Each row of values, each value in its parentheses alone.
    at += 2;
    while is(at, "(") {
        let (mut depth, mut column, mut begins) = (0_u32, 0, true);
        while let Some((token, _)) = pieces.get(at) {
            at += 1;
            match token {
                Token::Sign("(") => depth += 1,
                Token::Sign(")") => depth -= 1,
                Token::Sign(",") if depth == 1 => {
                    column += 1;
                    begins = true;
                    continue;
                }
                Token::Param(param) if begins && depth == 1 && (is(at, ",") || is(at, ")")) => {
                    if let Some((column, range)) = columns.get(column) {
                        let at = range.clone();
                        found.push(Meeting { param, column: column.clone(), at, set: true });
                    }
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
            begins = depth == 1 && matches!(token, Token::Sign("("));
        }
        if !is(at, ",") {
            break;
        }
        at += 1;
    }
    found
}

/// Whether a comparison can end before this.
fn is_end(next: Option<&Piece<'_>>) -> bool {
    match next.map(|(token, _)| token) {
        None | Some(Token::Sign("," | ")" | ";")) => true,
        Some(Token::Word(word)) => CLAUSES.contains(&word.as_str()),
        _ => false,
    }
}

/// Whether a comparison can begin behind this.
fn is_start(before: Option<&Piece<'_>>) -> bool {
    match before.map(|(token, _)| token) {
        Some(Token::Sign("," | "(")) => true,
        Some(Token::Word(word)) => {
            ["where", "set", "and", "or", "not", "on", "when", "having"].contains(&word.as_str())
        }
        _ => false,
    }
}

/// Cuts a statement into pieces; `None` where something is not closed.
fn pieces(sql: &str) -> Option<Vec<Piece<'_>>> {
    const SIGNS: [&str; 11] = ["::", "<=", ">=", "<>", "!=", "==", "||", "->", "->>", "<<", ">>"];
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(first) = sql.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &sql[at..];
        let start = at;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let token = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if rest.starts_with("/*") {
            at += rest.find("*/")? + 2;
            continue;
        } else if matches!(first, '\'' | '"' | '`') {
            at += quoted(rest, first)?;
            match first {
                '\'' => Token::Literal,
                _ => Token::Name(sql[start + 1..at - 1].to_owned()),
            }
        } else if first == ':' && rest[1..].starts_with(|c: char| c.is_alphabetic() || c == '_') {
            let length = rest[1..].find(|c| !is_word(c)).unwrap_or(rest.len() - 1);
            at += 1 + length;
            Token::Param(&rest[1..=length])
        } else if first.is_ascii_digit() {
            let length = rest.find(|c: char| !is_word(c) && c != '.').unwrap_or(rest.len());
            at += length;
            Token::Literal
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            at += length;
            Token::Word(rest[..length].to_lowercase())
        } else {
            let long = SIGNS.iter().filter(|sign| rest.starts_with(**sign)).map(|sign| sign.len());
            let length = long.max().unwrap_or(first.len_utf8());
            at += length;
            Token::Sign(&rest[..length])
        };
        pieces.push((token, start..at));
    }
    Some(pieces)
}

/// The length of a quoted piece; quotes inside are written twice.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text.get(at..)?.find(quote)? + 1;
        if !text[at..].starts_with(quote) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `table: param=column (set with !)`
    fn read(sql: &str) -> String {
        let pieces = pieces(sql).expect("it is closed");
        let Some(table) = table(&pieces) else { return "-".to_owned() };
        let met = meetings(&pieces, &table);
        let met: Vec<String> = met
            .iter()
            .map(|m| format!("{}={}{}", m.param, m.column, if m.set { "!" } else { "" }))
            .collect();
        format!("{}: {}", table.name, met.join(" "))
    }

    #[test]
    fn plain_statements_are_understood() {
        for (sql, expected) in [
            ("insert into product (sku, name) values (:s, :n)", "product: s=sku! n=name!"),
            (
                "insert into product (sku, n) values (:s, upper(:n)), (:t, :m + 1)",
                "product: s=sku! t=sku!",
            ),
            (
                "update stock set free = free - :qty where sku = :sku and free >= :qty",
                "stock: sku=sku qty=free",
            ),
            (
                "update \"Stock\" as s set free = :f, s.name = :n where s.sku = :k",
                "Stock: f=free! n=name! k=sku",
            ),
            (
                "select * from order_lines where (sku = :a or lower(sku) = :b) and qty < :c limit :d",
                "order_lines: a=sku c=qty",
            ),
            ("delete from product where sku = :a -- and x = :b", "product: a=sku"),
            ("delete from product where sku = ':a'", "product: "),
            ("select * from a, b where a.x = :x", "-"),
            ("select * from a join b on a.x = :x", "-"),
            ("update a set x = (select y from b where z = :z)", "-"),
            ("with t as (select 1) select * from t where x = :x", "-"),
            ("create table product (sku text)", "-"),
            (
                "insert into product (sku) values (:s) on conflict (sku) do update set name = :n",
                "product: s=sku! n=name!",
            ),
        ] {
            assert_eq!(read(sql), expected, "{sql}");
        }
    }

    #[test]
    fn what_is_not_closed_is_not_understood() {
        for sql in ["select 'x", "select /* x", "select \"x"] {
            assert_eq!(pieces(sql), None, "{sql}");
        }
        assert!(pieces("select 'it''s' || $1 ü :é").is_some());
    }

    #[test]
    fn tables_are_named_after_models() {
        let is = |table: &str, model: &str| {
            is_table_of(&Table { name: table.to_owned(), alias: None }, model)
        };
        assert!(
            is("order_line", "OrderLine")
                && is("order_lines", "OrderLine")
                && is("categories", "Category")
        );
        assert!(is("Boxes", "Box") && !is("sales_order", "Order") && !is("news", "New2"));
    }
}
