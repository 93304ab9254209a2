//! Functions of jq on values, ours in place of those of jaq that would escape the [`meter`] or differ from jq.

use std::cmp::Ordering;
use std::sync::Arc;

use jaq_core::box_iter::box_once;
use jaq_core::{Error, Exn, ValT as _, ValX};

use crate::data::{Data, Node};
use crate::json;
use crate::meter;
use crate::natives::{Input, Output, end};
use crate::number::Number;
use crate::order::{compare, equal, sorted};
use crate::value::{Outcome, Val, ended};

fn list(items: Vec<Data>) -> Outcome {
    Val::built(Data::from_items(items))
}

pub(crate) fn reverse(value: Val) -> Outcome {
    match &value.data().0 {
        Node::Null => list(Vec::new()),
        Node::Text(text)
            if meter::step_bytes(text.as_str().len()) && meter::room(text.as_str().len()) =>
        {
            Val::built(Data::text(text.as_str().chars().rev().collect()))
        }
        Node::Text(_) => Err(ended()),
        _ => {
            let mut items = value.into_items()?;
            items.reverse();
            list(items)
        }
    }
}

pub(crate) fn sort(value: Val) -> Outcome {
    list(sorted(value.into_items()?, Data::clone)?)
}

/// The items of a list, each with what `f` gives for it.
fn keyed<'a>(mut cv: Input<'a>) -> Result<Vec<(Data, Data)>, Exn<'a, Val>> {
    let (f, ctx) = cv.0.pop_fun();
    let mut keyed = Vec::new();
    for item in cv.1.into_items()? {
        if !meter::step(1) {
            return Err(end());
        }
        let key: Val = f.run((ctx.clone(), Val::new(item.clone()))).collect::<ValX<'a, Val>>()?;
        keyed.push((key.into_data(), item));
        if !meter::room(size_of_val(keyed.as_slice())) {
            return Err(end());
        }
    }
    Ok(keyed)
}

pub(crate) fn sort_by<'a>(cv: Input<'a>) -> ValX<'a, Val> {
    let sorted = sorted(keyed(cv)?, |(key, _)| key.clone())?;
    Ok(list(sorted.into_iter().map(|(_, item)| item).collect())?)
}

pub(crate) fn group_by<'a>(cv: Input<'a>) -> ValX<'a, Val> {
    let mut groups: Vec<(Data, Vec<Data>)> = Vec::new();
    for (key, item) in sorted(keyed(cv)?, |(key, _)| key.clone())? {
        match groups.last_mut() {
            Some((last, group)) if equal(last, &key) => group.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    Ok(list(groups.into_iter().map(|(_, group)| Data::from_items(group)).collect())?)
}

/// The first item with the least key, or the last one with the greatest.
pub(crate) fn extreme(cv: Input<'_>, wanted: Ordering) -> Output<'_> {
    let keyed = match keyed(cv) {
        Ok(keyed) => keyed,
        Err(error) => return box_once(Err(error)),
    };
    let best = keyed.into_iter().reduce(|best, next| match compare(&next.0, &best.0) {
        order if order == wanted => next,
        Ordering::Equal if wanted.is_gt() => next,
        _ => best,
    });
    Box::new(best.map(|(_, item)| Ok(Val::new(item))).into_iter())
}

pub(crate) fn explode(value: &Val) -> Outcome {
    let text = value.try_as_text()?;
    if !meter::step_bytes(text.len() * 16) || !meter::room(text.len().saturating_mul(16)) {
        return Err(ended());
    }
    list(text.chars().map(|c| Data::number(Number::Int(u32::from(c).into()))).collect())
}

pub(crate) fn implode(value: &Val) -> Outcome {
    let mut text = String::new();
    for item in value.as_list().ok_or_else(|| Error::typ(value.clone(), "array"))? {
        let code = match item.0 {
            Node::Number(Number::Int(code)) => u32::try_from(code).ok(),
            _ => None,
        };
        let c = code.and_then(char::from_u32);
        text.push(c.ok_or_else(|| Error::typ(Val::new(item.clone()), "code point"))?);
        if !meter::step(1) || !meter::room(text.len()) {
            return Err(ended());
        }
    }
    Val::built(Data::text(text))
}

/// What has no such affix stays as it is, text or not.
pub(crate) fn trim<'a>(
    mut cv: Input<'a>,
    strip: for<'t> fn(&'t str, &str) -> Option<&'t str>,
) -> Output<'a> {
    let affix = cv.0.pop_var();
    let stripped = cv.1.as_text().zip(affix.as_text()).and_then(|(text, affix)| strip(text, affix));
    match stripped.map(str::to_owned) {
        Some(text) => box_once(Ok(Val::from(text))),
        None => box_once(Ok(cv.1)),
    }
}

pub(crate) fn length(value: &Val) -> Outcome {
    let len = match &value.data().0 {
        Node::Null => 0,
        Node::Bool(bool) => return Err(Error::str(format_args!("{bool} has no length"))),
        Node::Number(number) => return Ok(Val::new(Data::number(number.abs()))),
        Node::Text(text) if meter::step_bytes(text.as_str().len()) => text.as_str().chars().count(),
        Node::Text(_) => return Err(ended()),
        Node::List(list) => list.items().len(),
        Node::Object(object) => object.entries().len(),
    };
    Ok(Val::from(len))
}

pub(crate) fn type_name(data: &Data) -> &'static str {
    match data.0 {
        Node::Null => "null",
        Node::Bool(_) => "boolean",
        Node::Number(_) => "number",
        Node::Text(_) => "string",
        Node::List(_) => "array",
        Node::Object(_) => "object",
    }
}

pub(crate) fn tojson(value: &Val) -> Outcome {
    if !meter::step_bytes(value.data().weight()) {
        return Err(ended());
    }
    match json::to_text(value.data(), meter::spare()) {
        Some(text) => Val::built(Data::text(text)),
        None => {
            meter::fail(meter::Fault::Size);
            Err(ended())
        }
    }
}

pub(crate) fn fromjson(value: &Val) -> Outcome {
    let text = value.try_as_text()?;
    if !meter::step_bytes(text.len()) {
        return Err(ended());
    }
    match json::parse(text) {
        Ok(data) => Val::built(data),
        Err(error) => Err(Error::str(format_args!("cannot read {value} as JSON: {error}"))),
    }
}

pub(crate) fn tonumber(value: Val) -> Outcome {
    if value.as_number().is_some() {
        return Ok(value);
    }
    let number = value.as_text().filter(|text| is_number(text)).and_then(Number::parse);
    match number {
        Some(number) => Ok(Val::new(Data::number(number))),
        None => Err(Error::str(format_args!("cannot read {value} as a number"))),
    }
}

/// Rust reads more than JSON does: `inf`, `nan`, `+1`, `1.`.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(allowed)
}

pub(crate) fn bsearch(value: &Val, wanted: &Val) -> Outcome {
    let items = value.as_list().ok_or_else(|| Error::typ(value.clone(), "array"))?;
    Ok(match items.binary_search_by(|item| compare(item, wanted.data())) {
        Ok(at) => Val::from(at),
        Err(at) => Val::new(Data::number(Number::Int(-1 - at as i64))),
    })
}

/// The value without what is at these paths. The last ones go first, so that the others stay where they were.
pub(crate) fn delpaths(value: Val, paths: Val) -> Outcome {
    let mut data = value.into_data();
    for path in sorted(paths.into_items()?, Data::clone)?.iter().rev() {
        let Node::List(path) = &path.0 else {
            return Err(Error::str(format_args!(
                "cannot use {} as a path",
                Val::new(path.clone())
            )));
        };
        data = delete(data, path.items())?;
    }
    Val::built(data)
}

fn delete(data: Data, path: &[Data]) -> Outcome<Data> {
    let Some((first, rest)) = path.split_first() else { return Ok(Data::null()) };
    let (value, key) = (Val::new(data), Val::new(first.clone()));
    // What is not there need not be deleted.
    if value.child(&key)?.is_none_or(|child| !rest.is_empty() && child.is_null()) {
        return Ok(value.into_data());
    }
    let update = |child: Val| {
        let deleted = if rest.is_empty() { None } else { Some(delete(child.into_data(), rest)) };
        deleted.map(|deleted| Ok(deleted.map(Val::new)?)).into_iter()
    };
    let updated: ValX<'_, Val> = value.map_index(&key, jaq_core::path::Opt::Essential, update);
    match updated.map_err(Exn::get_err) {
        Ok(updated) => Ok(updated.into_data()),
        Err(Ok(error)) => Err(error),
        Err(Err(_)) => Err(ended()),
    }
}

/// Numbers and broken-down times that the functions for time can take: jaq computes with them without a look.
pub(crate) fn check_time(value: &Val) -> Outcome<()> {
    /// Far beyond the years that can be written with four digits.
    const SECONDS: f64 = 1e12;
    let fits = match &value.data().0 {
        Node::Number(seconds) => seconds.as_f64().abs() <= SECONDS,
        Node::List(list) => match list.items().get(1).map(|month| &month.0) {
            Some(Node::Number(month)) => (0.0..12.0).contains(&month.as_f64()),
            _ => true,
        },
        _ => true,
    };
    if fits { Ok(()) } else { Err(Error::str(format_args!("cannot use {value} as a time"))) }
}

/// Entries of an object as pairs.
pub(crate) fn key_values(value: Val) -> Outcome {
    let pair = |entry: Outcome<(Val, Val)>| {
        let (key, value) = entry?;
        list(vec![key.into_data(), value.into_data()])
    };
    value.key_values().map(pair).collect()
}

/// Keys in their order.
pub(crate) fn keys(value: Val) -> Outcome {
    if let Node::Object(object) = &value.data().0 {
        if !meter::step_bytes(object.entries().len() * 64) {
            return Err(ended());
        }
        return list(
            object.entries().keys().map(|key: &Arc<str>| Data::text(key.to_string())).collect(),
        );
    }
    value.key_values().map(|entry| entry.map(|(key, _)| key)).collect()
}
