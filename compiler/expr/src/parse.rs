//! Parses an expression into a [`Term`]: the grammar of jaq, read in one pass and with places.
//!
//! It takes exactly what jaq takes, and property tests hold the two to each other. It says only that something is wrong;
//! what and where is then told by jaq's own parser, see [`syntax`](crate::syntax). How deep an expression nests was
//! bounded before, by [`scan`](crate::scan).

use jaq_core::ops::{Cmp, Math};

use crate::number::Number;
use crate::tree::{
    Definition, Fold, Name, Node, Op, Part, PartKind, Pattern, Span, Term, TextPart,
};

/// Parses an expression that begins at `base` in the template's string; `None` if it is not jq.
pub(crate) fn parse(source: &str, base: usize) -> Option<Term> {
    let base = u32::try_from(base).ok()?;
    u32::try_from(source.len()).ok()?.checked_add(base)?;
    let mut parser = Parser { source, at: 0, base };
    let term = parser.term(0, Commas::Join)?;
    parser.space();
    (parser.at == source.len()).then_some(term)
}

struct Parser<'s> {
    source: &'s str,
    at: usize,
    base: u32,
}

/// Whether a comma continues a term or ends it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Commas {
    Join,
    End,
}

/// What may stand between two terms.
enum Infix {
    Comma,
    Bind,
    Op(Op),
}

impl Infix {
    fn precedence(&self) -> u8 {
        match self {
            Self::Op(Op::Pipe) => 0,
            Self::Comma => 1,
            Self::Bind => 2,
            Self::Op(Op::Assign | Op::Update | Op::UpdateMath(_) | Op::UpdateAlternative) => 3,
            Self::Op(Op::Alternative) => 4,
            Self::Op(Op::Or) => 5,
            Self::Op(Op::And) => 6,
            Self::Op(Op::Compare(Cmp::Eq | Cmp::Ne)) => 7,
            Self::Op(Op::Compare(_)) => 8,
            Self::Op(Op::Math(Math::Add | Math::Sub)) => 9,
            Self::Op(Op::Math(Math::Mul | Math::Div)) => 10,
            Self::Op(Op::Math(Math::Rem)) => 11,
        }
    }
}

impl<'s> Parser<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn byte_at(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.at + ahead).copied()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the source is shorter, see `parse`")]
    fn span(&self, start: usize) -> Span {
        Span { start: self.base + start as u32, end: self.base + self.at as u32 }
    }

    fn name(&self, start: usize) -> Name {
        let text = self.source.get(start..self.at).unwrap_or_default();
        Name { text: text.into(), span: self.span(start) }
    }

    /// Skips white space and comments.
    fn space(&mut self) {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                Some(b'#') => self.comment(),
                Some(byte) if byte < 0x80 && byte != 0x0b && byte != 0x0c => return,
                Some(_) => {
                    let rest = self.rest();
                    let trimmed = rest.trim_start();
                    if trimmed.len() == rest.len() {
                        return;
                    }
                    self.at += rest.len() - trimmed.len();
                }
                None => return,
            }
        }
    }

    /// A backslash at the end of a line continues the comment.
    fn comment(&mut self) {
        loop {
            let rest = self.rest();
            let Some((line, _)) = rest.split_once('\n') else {
                self.at = self.source.len();
                return;
            };
            self.at += line.len() + 1;
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 0 {
                return;
            }
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let before = self.at;
        self.space();
        let found = self.byte() == Some(byte);
        self.at = if found { self.at + 1 } else { before };
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// Letters, digits and underscores.
    fn word_end(&mut self) {
        while self.byte().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
    }

    fn identifier(&mut self) -> Option<()> {
        starts_word(self.byte()?).then(|| self.word_end())
    }

    /// A word, with the module before it.
    fn word(&mut self) -> Option<&'s str> {
        let start = self.at;
        self.identifier()?;
        if self.rest().starts_with("::") {
            self.at += 2;
            if matches!(self.byte(), Some(b'@' | b'$')) {
                self.at += 1;
            }
            self.identifier()?;
        }
        self.source.get(start..self.at)
    }

    fn keyword(&mut self, keyword: &str) -> Option<()> {
        self.space();
        (self.word()? == keyword).then_some(())
    }

    /// The word that comes next, not read yet.
    fn peek_word(&mut self) -> Option<&'s str> {
        self.space();
        let at = self.at;
        let word = if starts_word(self.byte()?) { self.word() } else { None };
        self.at = at;
        word
    }

    fn symbol(&mut self) -> &'s str {
        let start = self.at;
        let tail = |byte: u8| b"|=!<>+*/%".contains(&byte);
        if self.byte().is_some_and(|byte| tail(byte) || byte == b'-') {
            self.at += 1;
            while self.byte().is_some_and(tail) {
                self.at += 1;
            }
        }
        self.source.get(start..self.at).unwrap_or_default()
    }

    fn pipe(&mut self) -> Option<()> {
        self.space();
        (self.symbol() == "|").then_some(())
    }

    /// `$x`
    fn variable(&mut self) -> Option<Name> {
        self.space();
        let start = self.at;
        self.expect(b'$')?;
        self.identifier()?;
        Some(self.name(start))
    }

    /// The operator behind a term; where there is none, the caller goes back.
    fn infix(&mut self, commas: Commas) -> Option<Infix> {
        self.space();
        match self.byte()? {
            b',' if commas == Commas::Join => {
                self.at += 1;
                Some(Infix::Comma)
            }
            b'a' | b'o' => match self.word() {
                Some("as") => Some(Infix::Bind),
                Some("and") => Some(Infix::Op(Op::And)),
                Some("or") => Some(Infix::Op(Op::Or)),
                _ => None,
            },
            _ => operator(self.symbol()).map(Infix::Op),
        }
    }

    /// A term, as far as its operators bind at least this tightly.
    fn term(&mut self, least: u8, commas: Commas) -> Option<Term> {
        let mut left = self.atom()?;
        loop {
            let before = self.at;
            let infix = self.infix(commas).filter(|infix| infix.precedence() >= least);
            let Some(infix) = infix else {
                self.at = before;
                return Some(left);
            };
            let precedence = infix.precedence();
            let (start, node);
            match infix {
                Infix::Comma => {
                    start = left.span;
                    let mut terms = vec![left, self.term(precedence + 1, commas)?];
                    while self.eat(b',') {
                        terms.push(self.term(precedence + 1, commas)?);
                    }
                    node = Node::Commas(terms);
                }
                Infix::Bind => {
                    let pattern = self.pattern()?;
                    self.pipe()?;
                    let body = self.term(0, commas)?;
                    start = left.span;
                    node = Node::Bind(Box::new(left), pattern, Box::new(body));
                }
                Infix::Op(op) => {
                    let right_associative = matches!(precedence, 0 | 3);
                    let right = self.term(precedence + u8::from(!right_associative), commas)?;
                    start = left.span;
                    node = Node::Binary(Box::new(left), op, Box::new(right));
                }
            }
            left = Term { span: start.to(self.end()), node };
        }
    }

    /// Where what was read ends.
    fn end(&self) -> Span {
        self.span(self.at)
    }

    fn whole(&mut self) -> Option<Term> {
        self.term(0, Commas::Join)
    }

    fn atom(&mut self) -> Option<Term> {
        self.space();
        let start = self.at;
        let node = match self.byte()? {
            b'.' => return self.dot(),
            b'"' => self.string(None)?,
            b'$' => Node::Variable(self.variable()?.text),
            b'0'..=b'9' => self.number()?,
            b'(' => {
                self.at += 1;
                let term = self.whole()?;
                self.expect(b')')?;
                term.node
            }
            b'[' => {
                self.at += 1;
                if self.eat(b']') {
                    Node::Array(None)
                } else {
                    let inner = self.whole()?;
                    self.expect(b']')?;
                    Node::Array(Some(Box::new(inner)))
                }
            }
            b'{' => self.object()?,
            b'-' => {
                if self.symbol() != "-" {
                    return None;
                }
                Node::Negative(Box::new(self.atom()?))
            }
            b'@' => {
                self.at += 1;
                self.identifier()?;
                let format = self.name(start);
                let end = self.at;
                self.space();
                if self.byte() == Some(b'"') {
                    self.string(Some(format))?
                } else {
                    self.at = end;
                    Node::Call(format, self.arguments()?)
                }
            }
            byte if starts_word(byte) => self.named()?,
            _ => return None,
        };
        let mut term = Term { node, span: self.span(start) };
        if self.optional() {
            term = Term { node: Node::Try(Box::new(term), None), span: self.span(start) };
        }
        let parts = self.path()?;
        Some(self.under(term, parts, start))
    }

    fn under(&self, head: Term, parts: Vec<Part>, start: usize) -> Term {
        if parts.is_empty() {
            return head;
        }
        Term { node: Node::Path(Box::new(head), parts), span: self.span(start) }
    }

    /// What begins with a dot.
    fn dot(&mut self) -> Option<Term> {
        let start = self.at;
        self.at += 1;
        let mut head = Term { node: Node::Id, span: self.span(start) };
        let first = match self.byte() {
            Some(b'.') => {
                self.at += 1;
                head = Term { node: Node::Recurse, span: self.span(start) };
                None
            }
            Some(byte) if starts_word(byte) => Some(self.plain_key(start)),
            _ => {
                let end = self.at;
                self.space();
                let key = match self.byte() {
                    Some(b'"' | b'@') => self.string_key(start),
                    _ => None,
                };
                if key.is_none() {
                    self.at = end;
                }
                key
            }
        };
        let mut parts = Vec::new();
        match first {
            Some(part) => parts.push(part),
            None if self.optional() => {
                head = Term { node: Node::Try(Box::new(head), None), span: self.span(start) };
            }
            None => {}
        }
        let more = self.path()?;
        if parts.is_empty() {
            parts = more;
        } else {
            parts.extend(more);
        }
        Some(self.under(head, parts, start))
    }

    /// The key behind a dot that was read.
    fn plain_key(&mut self, start: usize) -> Part {
        let key = self.at;
        self.word_end();
        let kind = PartKind::Key(self.name(key));
        let span = self.span(start);
        Part { kind, optional: self.optional(), span }
    }

    /// A key in quotes.
    fn string_key(&mut self, start: usize) -> Option<Part> {
        let term = self.string_term()?;
        let span = self.span(start);
        Some(Part { kind: key_or_index(term), optional: self.optional(), span })
    }

    /// A string, maybe with a format before it.
    fn string_term(&mut self) -> Option<Term> {
        self.space();
        let start = self.at;
        let format = if self.byte() == Some(b'@') {
            self.at += 1;
            self.identifier()?;
            let name = self.name(start);
            self.space();
            Some(name)
        } else {
            None
        };
        if self.byte() != Some(b'"') {
            return None;
        }
        let node = self.string(format)?;
        Some(Term { node, span: self.span(start) })
    }

    fn optional(&mut self) -> bool {
        let mut found = false;
        while self.eat(b'?') {
            found = true;
        }
        found
    }

    fn path(&mut self) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        loop {
            let before = self.at;
            self.space();
            let start = self.at;
            match self.byte() {
                Some(b'[') => parts.push(self.bracket(start)?),
                Some(b'.') if self.byte_at(1) != Some(b'.') => {
                    self.at += 1;
                    if self.byte().is_some_and(starts_word) {
                        parts.push(self.plain_key(start));
                    } else {
                        self.space();
                        let part = match self.byte() {
                            Some(b'[') => self.bracket(start)?,
                            _ => self.string_key(start)?,
                        };
                        parts.push(part);
                    }
                }
                _ => {
                    self.at = before;
                    return Some(parts);
                }
            }
        }
    }

    /// `[…]` behind a term.
    fn bracket(&mut self, start: usize) -> Option<Part> {
        self.expect(b'[')?;
        let kind = if self.eat(b']') {
            PartKind::Range(None, None)
        } else {
            let from = if self.eat(b':') { None } else { Some(self.whole()?) };
            let kind = match from {
                None => PartKind::Range(None, Some(self.whole()?)),
                Some(from) if self.eat(b':') => {
                    self.space();
                    let to = if self.byte() == Some(b']') { None } else { Some(self.whole()?) };
                    PartKind::Range(Some(from), to)
                }
                Some(index) => key_or_index(index),
            };
            self.expect(b']')?;
            kind
        };
        let span = self.span(start);
        Some(Part { kind, optional: self.optional(), span })
    }

    fn number(&mut self) -> Option<Node> {
        let start = self.at;
        let digits = |parser: &mut Self| {
            let from = parser.at;
            while parser.byte().is_some_and(|byte| byte.is_ascii_digit()) {
                parser.at += 1;
            }
            (parser.at > from).then_some(())
        };
        digits(self)?;
        if self.byte() == Some(b'.') {
            self.at += 1;
            digits(self)?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            digits(self)?;
        }
        Number::parse(self.source.get(start..self.at)?).map(Node::Number)
    }

    /// A string, at its opening quote.
    fn string(&mut self, format: Option<Name>) -> Option<Node> {
        self.expect(b'"')?;
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(['"', '\\'])?;
            text.push_str(rest.get(..plain)?);
            self.at += plain + 1;
            if self.source.as_bytes().get(self.at - 1) == Some(&b'"') {
                break;
            }
            let escaped = self.byte()?;
            self.at += 1;
            text.push(match escaped {
                b'\\' | b'/' | b'"' => char::from(escaped),
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => {
                    let hex = self.source.get(self.at..self.at + 4)?;
                    let code = hex
                        .bytes()
                        .all(|byte| byte.is_ascii_hexdigit())
                        .then(|| u32::from_str_radix(hex, 16).ok());
                    self.at += 4;
                    char::from_u32(code??)?
                }
                b'(' => {
                    let term = self.whole()?;
                    self.expect(b')')?;
                    if !text.is_empty() {
                        parts.push(TextPart::Text(std::mem::take(&mut text).into()));
                    }
                    parts.push(TextPart::Term(term));
                    continue;
                }
                _ => return None,
            });
        }
        if parts.is_empty() && format.is_none() {
            return Some(Node::Text(text.into()));
        }
        if !text.is_empty() {
            parts.push(TextPart::Text(text.into()));
        }
        Some(Node::Interpolated(format, parts))
    }

    fn object(&mut self) -> Option<Node> {
        self.expect(b'{')?;
        let mut entries = Vec::new();
        if self.eat(b'}') {
            return Some(Node::Object(entries));
        }
        loop {
            entries.push(self.entry()?);
            if !self.more_entries()? {
                return Some(Node::Object(entries));
            }
        }
    }

    /// What follows an entry: another one, or the end, before which a comma may stand.
    fn more_entries(&mut self) -> Option<bool> {
        if self.eat(b'}') {
            return Some(false);
        }
        self.expect(b',')?;
        Some(!self.eat(b'}'))
    }

    fn entry(&mut self) -> Option<(Term, Option<Term>)> {
        self.space();
        let start = self.at;
        let key = match self.byte()? {
            b'(' => {
                self.at += 1;
                let mut key = self.whole()?;
                self.expect(b')')?;
                key.span = self.span(start);
                self.expect(b':')?;
                return Some((key, Some(self.term(0, Commas::End)?)));
            }
            b'$' => {
                let node = Node::Variable(self.variable()?.text);
                Term { node, span: self.span(start) }
            }
            byte if starts_word(byte) => self.word_key()?,
            _ => self.string_term()?,
        };
        let value = if self.eat(b':') { Some(self.term(0, Commas::End)?) } else { None };
        Some((key, value))
    }

    /// A word as a key.
    fn word_key(&mut self) -> Option<Term> {
        let start = self.at;
        let word = self.word()?;
        if word.contains("::") {
            return None;
        }
        Some(Term { node: Node::Text(word.into()), span: self.span(start) })
    }

    fn pattern(&mut self) -> Option<Pattern> {
        self.space();
        match self.byte()? {
            b'$' => self.variable().map(Pattern::Variable),
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    items.push(self.pattern()?);
                    if self.eat(b']') {
                        return Some(Pattern::Array(items));
                    }
                    self.expect(b',')?;
                }
            }
            b'{' => {
                self.at += 1;
                let mut entries = Vec::new();
                loop {
                    entries.push(self.pattern_entry()?);
                    if !self.more_entries()? {
                        return Some(Pattern::Object(entries));
                    }
                }
            }
            _ => None,
        }
    }

    fn pattern_entry(&mut self) -> Option<(Term, Pattern)> {
        self.space();
        let start = self.at;
        let key = match self.byte()? {
            b'$' => {
                let name = self.variable()?;
                let key = Node::Text(name.text.get(1..)?.into());
                let span = Span { start: name.span.start + 1, end: name.span.end };
                let key = Term { node: key, span };
                return Some((key, Pattern::Variable(name)));
            }
            b'(' => {
                self.at += 1;
                let mut key = self.whole()?;
                self.expect(b')')?;
                key.span = self.span(start);
                key
            }
            byte if starts_word(byte) => self.word_key()?,
            _ => self.string_term()?,
        };
        self.expect(b':')?;
        Some((key, self.pattern()?))
    }

    /// `(a; b)`, if it comes next.
    fn arguments(&mut self) -> Option<Vec<Term>> {
        let mut arguments = Vec::new();
        if !self.eat(b'(') {
            return Some(arguments);
        }
        loop {
            arguments.push(self.whole()?);
            if self.eat(b')') {
                return Some(arguments);
            }
            self.expect(b';')?;
        }
    }

    /// What begins with a word.
    fn named(&mut self) -> Option<Node> {
        let start = self.at;
        let word = self.word()?;
        let name = self.name(start);
        Some(match word {
            "def" => {
                let mut definitions = vec![self.definition()?];
                while self.peek_word() == Some("def") {
                    self.keyword("def")?;
                    definitions.push(self.definition()?);
                }
                Node::Define(definitions, Box::new(self.whole()?))
            }
            "if" => self.conditional()?,
            "try" => {
                let body = self.atom()?;
                let catch = if self.peek_word() == Some("catch") {
                    self.keyword("catch")?;
                    Some(Box::new(self.atom()?))
                } else {
                    None
                };
                Node::Try(Box::new(body), catch)
            }
            "label" => {
                let label = self.variable()?;
                self.pipe()?;
                Node::Label(label, Box::new(self.whole()?))
            }
            "break" => Node::Break(self.variable()?),
            "reduce" | "foreach" => {
                let source = self.atom()?;
                self.keyword("as")?;
                let pattern = self.pattern()?;
                let arguments = self.arguments()?;
                Node::Fold(Box::new(Fold { keyword: name, source, pattern, arguments }))
            }
            _ => Node::Call(name, self.arguments()?),
        })
    }

    fn conditional(&mut self) -> Option<Node> {
        let mut cases = Vec::new();
        loop {
            let test = self.whole()?;
            self.keyword("then")?;
            cases.push((test, self.whole()?));
            self.space();
            match self.word()? {
                "elif" => {}
                "end" => return Some(Node::If(cases, None)),
                "else" => {
                    let otherwise = self.whole()?;
                    self.keyword("end")?;
                    return Some(Node::If(cases, Some(Box::new(otherwise))));
                }
                _ => return None,
            }
        }
    }

    /// What follows a `def`.
    fn definition(&mut self) -> Option<Definition> {
        self.space();
        let start = self.at;
        if self.byte() == Some(b'@') {
            self.at += 1;
            self.identifier()?;
        } else if self.word()?.contains("::") {
            return None;
        }
        let name = self.name(start);
        let mut arguments = Vec::new();
        if self.eat(b'(') {
            loop {
                self.space();
                let start = self.at;
                if self.byte() == Some(b'$') {
                    self.at += 1;
                    self.identifier()?;
                } else if self.word()?.contains("::") {
                    return None;
                }
                arguments.push(self.name(start));
                if self.eat(b')') {
                    break;
                }
                self.expect(b';')?;
            }
        }
        self.expect(b':')?;
        let body = self.whole()?;
        self.expect(b';')?;
        Some(Definition { name, arguments, body })
    }
}

fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn key_or_index(term: Term) -> PartKind {
    let span = term.inner_span();
    match term.node {
        Node::Text(text) => PartKind::Key(Name { text, span }),
        node => PartKind::Index(Term { node, span: term.span }),
    }
}

fn operator(symbol: &str) -> Option<Op> {
    Some(match symbol {
        "|" => Op::Pipe,
        "+" => Op::Math(Math::Add),
        "-" => Op::Math(Math::Sub),
        "*" => Op::Math(Math::Mul),
        "/" => Op::Math(Math::Div),
        "%" => Op::Math(Math::Rem),
        "=" => Op::Assign,
        "|=" => Op::Update,
        "+=" => Op::UpdateMath(Math::Add),
        "-=" => Op::UpdateMath(Math::Sub),
        "*=" => Op::UpdateMath(Math::Mul),
        "/=" => Op::UpdateMath(Math::Div),
        "%=" => Op::UpdateMath(Math::Rem),
        "<" => Op::Compare(Cmp::Lt),
        ">" => Op::Compare(Cmp::Gt),
        "<=" => Op::Compare(Cmp::Le),
        ">=" => Op::Compare(Cmp::Ge),
        "==" => Op::Compare(Cmp::Eq),
        "!=" => Op::Compare(Cmp::Ne),
        "//" => Op::Alternative,
        "//=" => Op::UpdateAlternative,
        _ => return None,
    })
}
