//! What jaq asks of a value: building it, getting at its parts, and changing them.

use std::sync::Arc;

use jaq_core::path::Opt;
use jaq_core::{Error, Exn, ValX};

use crate::access::{Iter, absolute, bounds, children, pick_entry, pick_value};
use crate::data::{Data, Entries, Node};
use crate::meter;
use crate::number::Number;
use crate::value::{Outcome, Val, ended};

impl jaq_core::ValT for Val {
    fn from_num(literal: &str) -> Outcome {
        let number = Number::parse(literal).filter(|_| meter::step(1));
        number.map(|number| Self::new(Data::number(number))).ok_or_else(ended)
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(pairs: I) -> Outcome {
        let mut entries = Entries::new();
        for (key, value) in pairs {
            if !meter::step(1) {
                return Err(ended());
            }
            let Some(text) = key.as_text() else {
                return Err(Error::str(format_args!("cannot use {key} as the key of an object")));
            };
            entries.insert(text.into(), value.into_data());
        }
        Self::built(Data::from_entries(entries))
    }

    fn key_values(self) -> Iter<(Self, Self)> {
        children(self, pick_entry)
    }

    fn values(self) -> Iter<Self> {
        children(self, pick_value)
    }

    fn index(self, index: &Self) -> Outcome {
        if !meter::step(1) {
            return Err(ended());
        }
        self.child(index).map(|child| Self::new(child.unwrap_or_default()))
    }

    fn range(self, range: jaq_core::val::Range<&Self>) -> Outcome {
        self.slice(range)
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        let update = |value| {
            if !meter::step(1) {
                return Some(Err(Exn::from(ended())));
            }
            f(Self::new(value)).next().map(|updated| updated.map(Self::into_data))
        };
        let built = match self.into_data().0 {
            Node::List(list) => {
                let items = Self::new(Data(Node::List(list))).into_items()?.into_iter();
                Data::from_items(items.filter_map(update).collect::<Result<_, _>>()?)
            }
            Node::Object(object) => {
                let entries = match Arc::try_unwrap(object) {
                    Ok(object) => object.into_entries(),
                    Err(object) => object.entries().clone(),
                };
                let entries = entries.into_iter();
                let entries = entries
                    .filter_map(|(key, value)| Some(update(value)?.map(|value| (key, value))));
                Data::from_entries(entries.collect::<Result<_, _>>()?)
            }
            other => {
                let fail = |value| Error::typ(value, "array or object").into();
                return opt.fail(Self::new(Data(other)), fail);
            }
        };
        Ok(Self::built(built)?)
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        if !meter::step(1) {
            return Err(ended().into());
        }
        let update = |old: Option<Data>| f(Self::new(old.unwrap_or_default())).next().transpose();
        let absent = self.data().is_null();
        match (self.into_data().or_empty(&index.data().0).0, &index.data().0) {
            (Node::Object(mut object), Node::Text(key)) => {
                own(&mut object, |object| object.entries().len() * 64)?;
                let object_mut = Arc::make_mut(&mut object);
                match update(object_mut.take(key.as_str()))? {
                    Some(new) => object_mut.insert(key.as_str().into(), new.into_data()),
                    None if absent => return Ok(Self::null()),
                    None => object_mut.remove(key.as_str()),
                }
                Ok(Self::built(Data(Node::Object(object)))?)
            }
            (Node::List(mut list), Node::Number(number)) => {
                let position = number.as_position().and_then(|at| absolute(at, list.items().len()));
                let Some(position) = position else {
                    let error = Error::str(format_args!(
                        "position {index} is before the start of the array"
                    ));
                    return opt.fail(Self::new(Data(Node::List(list))), |_| error.into());
                };
                own(&mut list, |list| size_of_val(list.items()))?;
                let list_mut = Arc::make_mut(&mut list);
                match update(list_mut.take(position))? {
                    Some(new) => {
                        let len = position.saturating_add(1);
                        if len > list_mut.items().len() && !meter::room(len.saturating_mul(16)) {
                            return Err(ended().into());
                        }
                        list_mut.pad(len);
                        list_mut.put(position, new.into_data());
                    }
                    None if absent => return Ok(Self::null()),
                    None => list_mut.remove(position),
                }
                Ok(Self::built(Data(Node::List(list)))?)
            }
            (parent @ Node::List(_), Node::Object(bounds)) => {
                let bound = |key| bounds.entries().get(key).cloned().map(Self::new);
                let (start, end) = (bound("start"), bound("end"));
                Self::new(Data(parent)).map_range(start.as_ref()..end.as_ref(), opt, f)
            }
            (other, _) => {
                let fail = |value| Error::index(value, index.clone()).into();
                opt.fail(Self::new(Data(other)), fail)
            }
        }
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        range: jaq_core::val::Range<&Self>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        let this = Self::new(self.into_data().or_empty(&Node::Number(Number::Int(0))));
        let Some(items) = this.as_list() else {
            return opt.fail(this, |value| Error::typ(value, "array").into());
        };
        let bounds = match bounds(&range, items.len()) {
            Ok(bounds) => bounds,
            Err(error) => return opt.fail(this, |_| error.into()),
        };
        if !meter::step_bytes(size_of_val(items)) {
            return Err(ended().into());
        }
        let part =
            Self::built(Data::from_items(items.get(bounds.clone()).unwrap_or_default().to_vec()))?;
        let new = match f(part).next().transpose()? {
            Some(new) => new.into_items()?,
            None => Vec::new(),
        };
        let mut items = this.into_items()?;
        if !meter::room(size_of_val(items.as_slice()) + size_of_val(new.as_slice())) {
            return Err(ended().into());
        }
        items.splice(bounds, new);
        Ok(Self::built(Data::from_items(items))?)
    }

    fn as_bool(&self) -> bool {
        !matches!(self.data().0, Node::Null | Node::Bool(false))
    }

    fn into_string(self) -> Self {
        if self.as_text().is_some() {
            return self;
        }
        self.to_text().map_or_else(|_| Self::null(), |text| Self::new(Data::text(text)))
    }
}

/// Counts the copy that changing something shared makes.
fn own<T>(shared: &mut Arc<T>, size: impl Fn(&T) -> usize) -> Outcome<()> {
    if Arc::get_mut(shared).is_some() {
        return Ok(());
    }
    let size = size(shared);
    if meter::step_bytes(size) && meter::room(size) { Ok(()) } else { Err(ended()) }
}

impl Data {
    /// Null as what an assignment under `index` makes of it.
    fn or_empty(self, index: &Node) -> Self {
        match (&self.0, index) {
            (Node::Null, Node::Text(_)) => Self::from_entries(Entries::new()),
            (Node::Null, Node::Number(_) | Node::Object(_)) => Self::from_items(Vec::new()),
            _ => self,
        }
    }
}

impl jaq_std::ValT for Val {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        if self.as_list().is_none() {
            return Err(self);
        }
        self.into_items()
            .map(|items| items.into_iter().map(Self::new).collect())
            .map_err(|_| Self::null())
    }

    fn is_int(&self) -> bool {
        self.as_number().is_some_and(Number::is_int)
    }

    fn as_isize(&self) -> Option<isize> {
        match self.as_number()? {
            Number::Int(int) => isize::try_from(int).ok(),
            _ => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_number().map(Number::as_f64)
    }

    fn is_utf8_str(&self) -> bool {
        self.as_text().is_some()
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        self.as_text().map(str::as_bytes)
    }

    fn as_sub_str(&self, part: &[u8]) -> Self {
        Self::from_utf8_bytes(part.to_vec())
    }

    /// What is not text in these bytes is replaced: a value never leaves JSON.
    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        Self::from(String::from_utf8_lossy(bytes.as_ref()).into_owned())
    }
}
