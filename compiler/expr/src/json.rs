//! JSON text: writing values compactly, and reading them within the bounds of an evaluation.

use std::fmt::{self, Write};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::data::{Data, Entries, Node};
use crate::meter;
use crate::number::Number;

/// Writes a value compactly, keys in their order.
pub(crate) fn write(data: &Data, out: &mut impl Write) -> fmt::Result {
    match &data.0 {
        Node::Null => out.write_str("null"),
        Node::Bool(bool) => write!(out, "{bool}"),
        Node::Number(number) => match number.to_json() {
            Some(number) => write!(out, "{number}"),
            None => out.write_str("null"),
        },
        Node::Text(text) => write_text(text.as_str(), out),
        Node::List(list) => {
            out.write_char('[')?;
            for (index, item) in list.items().iter().enumerate() {
                if index > 0 {
                    out.write_char(',')?;
                }
                write(item, out)?;
            }
            out.write_char(']')
        }
        Node::Object(object) => {
            out.write_char('{')?;
            for (index, (key, value)) in object.entries().iter().enumerate() {
                if index > 0 {
                    out.write_char(',')?;
                }
                write_text(key, out)?;
                out.write_char(':')?;
                write(value, out)?;
            }
            out.write_char('}')
        }
    }
}

fn write_text(text: &str, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    for (index, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0x00..=0x1f => "",
            _ => continue,
        };
        // Only ASCII is escaped, so both ends of the plain part are boundaries.
        out.write_str(text.get(plain..index).unwrap_or_default())?;
        plain = index + 1;
        match escaped {
            "" => write!(out, "\\u{byte:04x}")?,
            escaped => out.write_str(escaped)?,
        }
    }
    out.write_str(text.get(plain..).unwrap_or_default())?;
    out.write_char('"')
}

/// A writer that takes no more than a number of bytes.
struct Bounded {
    text: String,
    limit: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = self.limit - self.text.len();
        self.text.push_str(more.get(..more.floor_char_boundary(room)).unwrap_or_default());
        if more.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}

/// The value as compact JSON; `None` when it is longer than `limit`.
pub(crate) fn to_text(data: &Data, limit: usize) -> Option<String> {
    let mut out = Bounded { text: String::new(), limit };
    write(data, &mut out).ok()?;
    Some(out.text)
}

/// The start of the value as compact JSON, for messages.
pub(crate) fn excerpt(data: &Data) -> String {
    const LIMIT: usize = 60;
    let mut out = Bounded { text: String::new(), limit: LIMIT };
    if write(data, &mut out).is_err() {
        out.text.push('…');
    }
    out.text
}

/// Reads one JSON value, counted by the meter while it grows.
pub(crate) fn parse(text: &str) -> Result<Data, serde_json::Error> {
    serde_json::from_str::<Parsed>(text).map(|parsed| parsed.0)
}

struct Parsed(Data);

struct Builder;

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Builder).map(Self)
    }
}

impl<'de> Visitor<'de> for Builder {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        Ok(Data::null())
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Data, E> {
        Ok(Data(Node::Bool(bool)))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Data, E> {
        Ok(Data::number(Number::Int(int)))
    }

    fn visit_u64<E>(self, int: u64) -> Result<Data, E> {
        Ok(Data::number(Number::from_u64(int)))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Data, E> {
        Ok(Data::number(Number::Float(float)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Data, E> {
        Ok(Data::text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Data, E> {
        Ok(Data::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Data, A::Error> {
        let mut items = Vec::new();
        while let Some(Parsed(item)) = access.next_element()? {
            items.push(item);
            if !meter::step(1) || !meter::room(items.len() * size_of::<Data>()) {
                return Err(A::Error::custom("too large"));
            }
        }
        Ok(Data::from_items(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Data, A::Error> {
        let mut entries = Entries::new();
        while let Some((key, Parsed(value))) = access.next_entry::<String, Parsed>()? {
            entries.insert(key.into(), value);
            if !meter::step(1) || !meter::room(entries.len() * 64) {
                return Err(A::Error::custom("too large"));
            }
        }
        Ok(Data::from_entries(entries))
    }
}
