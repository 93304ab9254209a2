//! The operators `+ - * / %` on values.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};
use std::sync::Arc;

use jaq_core::Error;
use jaq_core::ops::Math;

use crate::data::{Data, List, Node, Text};
use crate::meter;
use crate::number::Number;
use crate::order::{compare, sorted};
use crate::value::{Outcome, Val, ended};

fn math(left: Data, op: Math, right: Data) -> Error<Val> {
    Error::math(Val::new(left), op, Val::new(right))
}

/// Bytes that joining costs: all of the left side is copied if someone else has it too.
fn joined<T>(left: &mut Arc<T>, right: &T, size: impl Fn(&T) -> usize) -> usize {
    if Arc::get_mut(left).is_some() { size(right) } else { size(left) + size(right) }
}

impl Add for Val {
    type Output = Outcome;

    fn add(self, other: Self) -> Outcome {
        let (left, right) = (self.into_data(), other.into_data());
        if !meter::step(1) {
            return Err(ended());
        }
        match (left.0, right.0) {
            (Node::Null, node) | (node, Node::Null) => Ok(Self::new(Data(node))),
            (Node::Number(x), Node::Number(y)) => Ok(Self::new(Data::number(x.add(y)))),
            (Node::Text(mut x), Node::Text(y)) => {
                let cost = joined(&mut x, &y, |text| text.as_str().len());
                if !meter::step_bytes(cost) || !meter::room(cost) {
                    return Err(ended());
                }
                Text::push_str(Arc::make_mut(&mut x), y.as_str());
                Self::built(Data(Node::Text(x)))
            }
            (Node::List(mut x), Node::List(y)) => {
                let cost = joined(&mut x, &y, |list| size_of_val(list.items()));
                if !meter::step_bytes(cost) || !meter::room(cost) {
                    return Err(ended());
                }
                List::extend(Arc::make_mut(&mut x), y.items());
                Self::built(Data(Node::List(x)))
            }
            (Node::Object(mut x), Node::Object(y)) => {
                let cost = joined(&mut x, &y, |object| object.entries().len() * 64);
                if !meter::step_bytes(cost * 4) || !meter::room(cost) {
                    return Err(ended());
                }
                let object = Arc::make_mut(&mut x);
                match Arc::try_unwrap(y) {
                    Ok(y) => y.into_entries().into_iter().for_each(|(k, v)| object.insert(k, v)),
                    Err(y) => {
                        y.entries().iter().for_each(|(k, v)| object.insert(k.clone(), v.clone()));
                    }
                }
                Self::built(Data(Node::Object(x)))
            }
            (x, y) => Err(math(Data(x), Math::Add, Data(y))),
        }
    }
}

impl Sub for Val {
    type Output = Outcome;

    fn sub(self, other: Self) -> Outcome {
        if !meter::step(1) {
            return Err(ended());
        }
        match (&self.data().0, &other.data().0) {
            (Node::Number(x), Node::Number(y)) => Ok(Self::new(Data::number(x.sub(*y)))),
            (Node::List(_), Node::List(less)) => {
                let less = sorted(less.items().to_vec(), Data::clone)?;
                let kept = self.into_items()?.into_iter();
                let kept =
                    kept.filter(|item| less.binary_search_by(|less| compare(less, item)).is_err());
                Self::built(Data::from_items(kept.collect()))
            }
            _ => Err(math(self.into_data(), Math::Sub, other.into_data())),
        }
    }
}

impl Mul for Val {
    type Output = Outcome;

    fn mul(self, other: Self) -> Outcome {
        if !meter::step(1) {
            return Err(ended());
        }
        match (self.into_data().0, other.into_data().0) {
            (Node::Number(x), Node::Number(y)) => Ok(Self::new(Data::number(x.mul(y)))),
            (Node::Text(text), Node::Number(times)) | (Node::Number(times), Node::Text(text)) => {
                repeat(text.as_str(), times)
            }
            (Node::Object(x), Node::Object(y)) => {
                let merged = merge(Data(Node::Object(x)), &Data(Node::Object(y)));
                Self::built(merged)
            }
            (x, y) => Err(math(Data(x), Math::Mul, Data(y))),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
fn repeat(text: &str, times: Number) -> Outcome {
    let times = times.as_f64();
    // Less than once is null, as in jq.
    if times.is_nan() || times <= 0.0 {
        return Ok(Val::null());
    }
    let times = times.max(1.0) as usize;
    let size = text.len().saturating_mul(times);
    if !meter::room(size) || !meter::step_bytes(size) {
        return Err(ended());
    }
    Val::built(Data::text(text.repeat(times)))
}

/// Objects joined all the way down.
fn merge(left: Data, right: &Data) -> Data {
    match (left.0, &right.0) {
        (Node::Object(mut x), Node::Object(y)) => {
            let object = Arc::make_mut(&mut x);
            for (key, value) in y.entries() {
                if !meter::step(1) {
                    break;
                }
                let merged = match object.take(key) {
                    Some(old) => merge(old, value),
                    None => value.clone(),
                };
                object.insert(key.clone(), merged);
            }
            Data(Node::Object(x))
        }
        _ => right.clone(),
    }
}

impl Div for Val {
    type Output = Outcome;

    fn div(self, other: Self) -> Outcome {
        if !meter::step(1) {
            return Err(ended());
        }
        match (&self.data().0, &other.data().0) {
            (Node::Number(x), Node::Number(y)) => match x.div(*y) {
                Some(quotient) => Ok(Self::new(Data::number(quotient))),
                None => Err(Error::str(format_args!("cannot divide {self} by zero"))),
            },
            (Node::Text(text), Node::Text(separator)) => split(text.as_str(), separator.as_str()),
            _ => Err(math(self.into_data(), Math::Div, other.into_data())),
        }
    }
}

/// The parts of a text between separators; its characters where the separator is empty.
fn split(text: &str, separator: &str) -> Outcome {
    let mut parts = Vec::new();
    let mut add = |part: &str| {
        parts.push(Data::text(part.to_owned()));
        meter::step_bytes(part.len()) && meter::room(size_of_val(parts.as_slice()))
    };
    let whole = match (text, separator) {
        ("", _) => true,
        (_, "") => text
            .char_indices()
            .all(|(at, c)| add(text.get(at..at + c.len_utf8()).unwrap_or_default())),
        _ => text.split(separator).all(&mut add),
    };
    if whole { Val::built(Data::from_items(parts)) } else { Err(ended()) }
}

impl Rem for Val {
    type Output = Outcome;

    fn rem(self, other: Self) -> Outcome {
        match (&self.data().0, &other.data().0) {
            (Node::Number(x), Node::Number(y)) => match x.rem(*y) {
                Some(remainder) if meter::step(1) => Ok(Self::new(Data::number(remainder))),
                Some(_) => Err(ended()),
                None => Err(Error::str(format_args!("cannot divide {self} by zero"))),
            },
            _ => Err(math(self.into_data(), Math::Rem, other.into_data())),
        }
    }
}

impl Neg for Val {
    type Output = Outcome;

    fn neg(self) -> Outcome {
        match self.data().0 {
            Node::Number(number) if meter::step(1) => Ok(Self::new(Data::number(number.neg()))),
            Node::Number(_) => Err(ended()),
            _ => Err(Error::typ(self, "number")),
        }
    }
}
