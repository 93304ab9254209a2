//! The values the interpreter works on: [`Data`] with every operation metered.
//!
//! What the operations of jq do is said in [`access`](crate::access), [`update`](crate::update),
//! [`arithmetic`](crate::arithmetic) and [`order`](crate::order). Where jaq differs from jq, they do what jq does:
//! indexing null gives null, assigning to null makes an object or a list, a division that comes out even gives an
//! integer. Unlike in jaq, keys are always strings and strings are always text: a value never leaves JSON.

use std::fmt;
use std::mem;
use std::sync::Arc;

use jaq_core::{Error, ValR};

use crate::data::{Data, Node};
use crate::json;
use crate::meter::{self, Fault};
use crate::number::Number;

/// A value in the hands of the interpreter.
pub(crate) struct Val(Data);

/// Result of an operation on values.
pub(crate) type Outcome<T = Val> = ValR<T, Val>;

impl Val {
    pub(crate) fn new(data: Data) -> Self {
        meter::take_handle();
        Self(data)
    }

    pub(crate) fn null() -> Self {
        Self::new(Data::null())
    }

    pub(crate) fn data(&self) -> &Data {
        &self.0
    }

    pub(crate) fn into_data(mut self) -> Data {
        mem::take(&mut self.0)
    }

    /// A value just built, if the limits admit it.
    pub(crate) fn built(data: Data) -> Outcome {
        if meter::admit(data.weight(), data.depth()) { Ok(Self::new(data)) } else { Err(ended()) }
    }

    fn int(int: i64) -> Self {
        Self::new(Data::number(Number::Int(int)))
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        self.0.as_str()
    }

    pub(crate) fn try_as_text(&self) -> Outcome<&str> {
        self.as_text().ok_or_else(|| Error::typ(self.clone(), "string"))
    }

    pub(crate) fn as_list(&self) -> Option<&[Data]> {
        match &self.0.0 {
            Node::List(list) => Some(list.items()),
            _ => None,
        }
    }

    pub(crate) fn as_number(&self) -> Option<Number> {
        match self.0.0 {
            Node::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The items of a list, copied only if someone else has the list too.
    pub(crate) fn into_items(self) -> Outcome<Vec<Data>> {
        match self.into_data().0 {
            Node::List(list) => match Arc::try_unwrap(list) {
                Ok(list) => Ok(list.into_items()),
                Err(list) if meter::step_bytes(size_of_val(list.items())) => {
                    Ok(list.items().to_vec())
                }
                Err(_) => Err(ended()),
            },
            other => Err(Error::typ(Self::new(Data(other)), "array")),
        }
    }

    /// The value as compact JSON, or as it is when it is text.
    pub(crate) fn to_text(&self) -> Outcome<String> {
        let room = meter::spare();
        let cost = self.0.weight();
        let text = match self.as_text() {
            _ if !meter::step_bytes(cost) => None,
            Some(text) => (text.len() <= room).then(|| text.to_owned()),
            None => json::to_text(&self.0, room),
        };
        text.ok_or_else(|| {
            meter::fail(Fault::Size);
            ended()
        })
    }
}

/// Stands for an error that nobody will see: the evaluation is over, see [`meter`].
pub(crate) fn ended() -> Error<Val> {
    Error::new(Val::null())
}

/// Copies are how the interpreter branches: each counts.
impl Clone for Val {
    #[inline]
    fn clone(&self) -> Self {
        meter::step(1);
        Self::new(self.0.clone())
    }
}

impl Drop for Val {
    #[inline]
    fn drop(&mut self) {
        meter::drop_handle();
    }
}

/// Shown in messages, hence never long.
impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&json::excerpt(&self.0))
    }
}

impl fmt::Debug for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<bool> for Val {
    fn from(bool: bool) -> Self {
        Self::new(Data(Node::Bool(bool)))
    }
}

impl From<isize> for Val {
    fn from(int: isize) -> Self {
        Self::int(int as i64)
    }
}

impl From<usize> for Val {
    fn from(int: usize) -> Self {
        Self::new(Data::number(Number::from_u64(int as u64)))
    }
}

/// For mathematical functions: `pow(2; 3)` is the integer 8, as an author expects.
impl From<f64> for Val {
    fn from(float: f64) -> Self {
        Self::new(Data::number(Number::from_math(float)))
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        meter::step_bytes(text.len());
        Self::new(Data::text(text))
    }
}

impl From<jaq_core::val::Range<Self>> for Val {
    fn from(range: jaq_core::val::Range<Self>) -> Self {
        let bounds = [("start", range.start), ("end", range.end)];
        let given =
            bounds.into_iter().filter_map(|(key, bound)| Some((key.into(), bound?.into_data())));
        Self::new(Data::from_entries(given.collect()))
    }
}

impl FromIterator<Self> for Val {
    fn from_iter<I: IntoIterator<Item = Self>>(values: I) -> Self {
        let mut items = Vec::new();
        for value in values {
            items.push(value.into_data());
            if !meter::step(1) || !meter::room(size_of_val(items.as_slice())) {
                return Self::null();
            }
        }
        Self::built(Data::from_items(items)).unwrap_or_else(|_| Self::null())
    }
}
