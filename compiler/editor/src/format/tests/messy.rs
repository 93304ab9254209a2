//! Random YAML in every layout: styles, comments, blank lines, anchors, odd indentation.

/// The text that these choices make.
pub(super) fn text(choices: &[u8]) -> String {
    let mut writer = Writer { choices, at: 0, out: String::new(), names: 0, anchors: Vec::new() };
    let documents = 1 + writer.pick(8) / 7;
    for index in 0..documents {
        if index > 0 || writer.chance(8) {
            writer.gap(0);
            writer.out.push_str("---");
            writer.comment_beside();
            writer.anchors.clear();
        }
        writer.gap(0);
        writer.block_mapping(0, 0);
    }
    writer.gap(4);
    writer.out
}

struct Writer<'c> {
    choices: &'c [u8],
    at: usize,
    out: String,
    names: usize,
    anchors: Vec<String>,
}

impl Writer<'_> {
    /// A number below `below`; 0 when the choices have run out, which is always the simplest.
    fn pick(&mut self, below: usize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(choice) % below
    }

    /// True once in so many times.
    fn chance(&mut self, times: usize) -> bool {
        self.pick(times) == times - 1
    }

    /// Writes one of a few texts.
    fn put_one(&mut self, texts: &[&str]) {
        let index = self.pick(texts.len());
        self.out.push_str(texts[index]);
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("k{}", self.names)
    }

    fn comment_beside(&mut self) {
        if self.chance(4) {
            let name = self.name();
            self.put_one(&["  # ", " #"]);
            self.out.push_str(&name);
        }
        self.out.push('\n');
    }

    /// Blank lines and comments between two lines, indented at most so far.
    fn gap(&mut self, deepest: usize) {
        while self.chance(4) {
            if self.chance(2) {
                let indent = self.pick(deepest + 1);
                let name = self.name();
                self.out.push_str(&format!("{}# {name}\n", " ".repeat(indent)));
            } else {
                self.put_one(&["\n", "  \n", "\n\n"]);
            }
        }
    }

    fn properties(&mut self) {
        if self.chance(9) {
            let name = self.name();
            self.out.push_str(&format!(" &{name}"));
            self.anchors.push(name);
        }
    }

    fn block_mapping(&mut self, indent: usize, depth: usize) {
        for index in 0..1 + self.pick(3) {
            if index > 0 {
                self.gap(indent);
                self.out.push_str(&" ".repeat(indent));
            }
            let key = self.name();
            match self.pick(8) {
                6 => self.out.push_str(&format!("\"{key}\"")),
                7 => self.out.push_str(&format!("'{key} x'")),
                _ => self.out.push_str(&key),
            }
            self.out.push(':');
            self.value(indent, depth);
        }
    }

    fn block_sequence(&mut self, indent: usize, depth: usize) {
        for index in 0..1 + self.pick(3) {
            if index > 0 {
                self.gap(indent);
                self.out.push_str(&" ".repeat(indent));
            }
            self.out.push('-');
            if depth < 4 && self.chance(3) {
                let blanks = 1 + self.pick(3);
                self.out.push_str(&" ".repeat(blanks));
                if self.chance(2) {
                    self.block_mapping(indent + 1 + blanks, depth + 1);
                } else {
                    self.block_sequence(indent + 1 + blanks, depth + 1);
                }
            } else {
                self.value(indent, depth);
            }
        }
    }

    /// A value behind `:` or `-`, with the end of its last line.
    fn value(&mut self, indent: usize, depth: usize) {
        let nests = depth < 4;
        match self.pick(14) {
            0 => {
                self.out.push_str(" 1");
                self.comment_beside();
            }
            1 => self.comment_beside(),
            2 if nests => {
                self.properties();
                self.comment_beside();
                let inner = indent + 1 + self.pick(4);
                self.gap(inner);
                self.out.push_str(&" ".repeat(inner));
                self.block_mapping(inner, depth + 1);
            }
            3 if nests => {
                self.properties();
                self.comment_beside();
                let inner = indent + 1 + self.pick(4);
                self.gap(inner);
                self.out.push_str(&" ".repeat(inner));
                self.block_sequence(inner, depth + 1);
            }
            4 => self.block_scalar(indent),
            5 => {
                self.out.push_str(" one\n");
                let inner = " ".repeat(indent + 1 + self.pick(3));
                if self.chance(2) {
                    self.out.push('\n');
                }
                self.out.push_str(&format!("{inner}two - three"));
                self.comment_beside();
            }
            6 => {
                let inner = " ".repeat(indent + 1 + self.pick(3));
                let quoted = [
                    " \"a \\\n@b  \n\n@c\\n\"",
                    " 'it''s\n@ b'",
                    " \"\\u00e9 \\\" # no\"",
                    " '# no'",
                    " \"x\\\\\n@y\"",
                ][self.pick(5)];
                self.out.push_str(&quoted.replace('@', &inner));
                self.comment_beside();
            }
            7 if !self.anchors.is_empty() => {
                let index = self.pick(self.anchors.len());
                let alias = format!(" *{}", self.anchors[index]);
                self.out.push_str(&alias);
                self.comment_beside();
            }
            8 => {
                self.properties();
                self.out.push_str(" !!str 12");
                self.comment_beside();
            }
            9 => {
                self.out.push_str(" ${ .input.x | length }");
                self.comment_beside();
            }
            10 => {
                // The value stands in a line of its own.
                self.comment_beside();
                let inner = indent + 1 + self.pick(3);
                self.gap(inner);
                self.out.push_str(&format!("{}alone", " ".repeat(inner)));
                self.comment_beside();
            }
            _ => {
                self.out.push(' ');
                self.flow(indent + 1, 0);
                self.comment_beside();
            }
        }
    }

    fn block_scalar(&mut self, indent: usize) {
        let explicit = self.chance(3);
        let inner = if explicit { 2 } else { 1 + self.pick(4) };
        self.out.push(' ');
        self.put_one(&["|", ">"]);
        if explicit {
            self.out.push('2');
        }
        self.put_one(&["", "-", "+"]);
        self.comment_beside();
        let pad = " ".repeat(indent + inner);
        for index in 0..self.pick(4) {
            let blanks = if explicit || index > 0 { [0, 1, 3][self.pick(3)] } else { 0 };
            let line = ["text", "# no comment", "- item", "a: b", "tail "][self.pick(5)];
            self.out.push_str(&format!("{pad}{}{line}\n", " ".repeat(blanks)));
            if self.chance(3) {
                self.put_one(&["\n", "\n\n"]);
            }
        }
    }

    fn flow(&mut self, indent: usize, depth: usize) {
        let list = self.chance(2);
        self.out.push(if list { '[' } else { '{' });
        for index in 0..self.pick(4) {
            if index > 0 {
                self.out.push(',');
            }
            self.flow_gap(indent);
            if !list {
                let key = self.name();
                self.out.push_str(&key);
                if self.chance(5) {
                    continue;
                }
                self.out.push_str(": ");
            }
            match self.pick(6) {
                0 => self.out.push('1'),
                1 => self.out.push_str("'q, x'"),
                2 => self.out.push_str("\"a # b\""),
                3 => self
                    .out
                    .push_str("plain text that is long enough to make lines that do not fit"),
                4 if list => self.out.push_str("pair: 1"),
                _ if depth < 3 => self.flow(indent, depth + 1),
                _ => self.out.push('x'),
            }
        }
        self.flow_gap(indent);
        self.out.push(if list { ']' } else { '}' });
    }

    /// White space in brackets, maybe with comments.
    fn flow_gap(&mut self, indent: usize) {
        let pad = " ".repeat(indent);
        match self.pick(6) {
            0 => {}
            1 => self.out.push(' '),
            2 => self.out.push_str(&format!("\n{pad}")),
            3 => self.out.push_str(&format!("\n\n{pad}")),
            4 => {
                let name = self.name();
                self.out.push_str(&format!(" # {name}\n{pad}"));
            }
            _ => {
                let name = self.name();
                self.out.push_str(&format!("\n{pad}# {name}\n{pad}"));
            }
        }
    }
}
