//! The functions of jq that are written in Rust: those of jaq that an expression may use, ours in place of those that
//! would escape the [`meter`], and the counting calls that [`rewrite`](crate::rewrite) puts into every expression.

use std::cmp::Ordering;

use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::data::JustLut;
use jaq_core::native::{Fun, bome, v};
use jaq_core::{Bind, Cv, Error, Exn, Native, RunPtr, ValT as _, ValX};

use crate::data::{Data, Node};
use crate::json;
use crate::meter;
use crate::number::Number;
use crate::order::{compare, equal, sorted};
use crate::regex;
use crate::value::{Outcome, Val, ended};

/// What filters work on.
pub(crate) type Kind = JustLut<Val>;

type Input<'a> = Cv<'a, Kind>;
type Output<'a> = BoxIter<'a, ValX<'a, Val>>;

/// Counts, and nothing else: `__tick | f`.
pub(crate) const TICK: &str = "__tick";
/// Counts how deep `f` is nested in itself: `__enter(f)`.
pub(crate) const ENTER: &str = "__enter";
/// Admits text whose conversion cannot outgrow the limits: `__guard | escape_html`.
pub(crate) const GUARD: &str = "__guard";

/// Functions of jaq that ours replace or that nobody may call.
const DROPPED: [&str; 19] = [
    "debug_empty", "env", "explode", "group_by", "halt", "implode", "key_values", "keys_unsorted", "localtime",
    "ltrimstr", "max_by_or_empty", "min_by_or_empty", "now", "reverse", "rtrimstr", "sort", "sort_by", "stderr_empty",
    "strflocaltime",
];

/// Functions of jaq that only the definitions in `guards.jq` call: they look at what is asked of them first.
const GUARDED: [(&str, &str); 12] = [
    ("matches", "__matches"),
    ("split_matches", "__split_matches"),
    ("split_", "__split"),
    ("escape_html", "__escape_html"),
    ("unescape_html", "__unescape_html"),
    ("encode_uri", "__encode_uri"),
    ("decode_uri", "__decode_uri"),
    ("encode_base64", "__encode_base64"),
    ("decode_base64", "__decode_base64"),
    ("escape_sh", "__escape_sh"),
    ("strftime", "__strftime"),
    ("strptime", "__strptime"),
];

/// Every function written in Rust.
pub(crate) fn all() -> impl Iterator<Item = Fun<Kind>> {
    let jaq = jaq_core::funs::<Kind>().chain(jaq_std::funs::<Kind>());
    let kept = jaq.filter(|(name, ..)| !DROPPED.contains(name)).map(|(name, arguments, run)| {
        let guarded = GUARDED.iter().find(|(theirs, _)| *theirs == name);
        (guarded.map_or(name, |(_, ours)| ours), arguments, run)
    });
    kept.chain(ours())
}

/// Ends the evaluation in a way that no `try` can catch. The exit code is never looked at.
fn end<'a>() -> Exn<'a, Val> {
    Exn::halt(1)
}

/// The longest path that is followed: longer than any value is deep, and short enough to be dropped recursively.
const PATH: usize = 512;

fn ours() -> Vec<Fun<Kind>> {
    let f = || [Bind::Fun(())].into();
    vec![
        (TICK, v(0), tick()),
        (ENTER, f(), enter()),
        native(GUARD, v(0), |cv| {
            // Escaping makes a character at most six times as long.
            let fits = cv.1.as_text().is_none_or(|text| meter::room(text.len() * 6) && meter::step_bytes(text.len()));
            box_once(if fits { Ok(cv.1) } else { Err(end()) })
        }),
        native("__regex", v(2), |mut cv| {
            let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
            let (text, pattern, flags) = (cv.1.as_text(), pattern.as_text(), flags.as_text());
            let fits = match (text, pattern, flags) {
                (Some(text), Some(pattern), Some(flags)) => regex::admit(text, pattern, flags),
                // The function itself says what is wrong.
                _ => true,
            };
            box_once(if fits { Ok(cv.1) } else { Err(end()) })
        }),
        native("__format", v(1), |mut cv| {
            // A directive of a time format, such as `%255Y`, can ask for that much padding.
            let format = cv.0.pop_var();
            let fits = format.as_text().is_none_or(|text| meter::room(text.len().saturating_mul(128)));
            box_once(if fits { Ok(cv.1) } else { Err(end()) })
        }),
        native("nan", v(0), |_| box_once(Ok(Val::new(Data::number(Number::Float(f64::NAN)))))),
        native("infinite", v(0), |_| box_once(Ok(Val::new(Data::number(Number::Float(f64::INFINITY)))))),
        native("keys_unsorted", v(0), |cv| {
            bome(cv.1.key_values().map(|entry| entry.map(|(key, _)| key)).collect())
        }),
        native("key_values", v(0), |cv| {
            bome(cv.1.key_values().map(|entry| entry.map(|(k, v)| [k, v].into_iter().collect())).collect())
        }),
        native("reverse", v(0), |cv| bome(reverse(cv.1))),
        native("sort", v(0), |cv| bome(items(cv.1).and_then(|items| list(sorted(items, Data::clone)?)))),
        native("sort_by", f(), |cv| box_once(sort_by(cv))),
        native("group_by", f(), |cv| box_once(group_by(cv))),
        native("min_by_or_empty", f(), |cv| extreme(cv, Ordering::Less)),
        native("max_by_or_empty", f(), |cv| extreme(cv, Ordering::Greater)),
        native("explode", v(0), |cv| bome(explode(&cv.1))),
        native("implode", v(0), |cv| bome(implode(&cv.1))),
        native("ltrimstr", v(1), |cv| trim(cv, |text, affix| text.strip_prefix(affix))),
        native("rtrimstr", v(1), |cv| trim(cv, |text, affix| text.strip_suffix(affix))),
        native("length", v(0), |cv| bome(length(&cv.1))),
        native("type", v(0), |cv| bome(Ok(Val::from(type_name(cv.1.data()).to_owned())))),
        native("tojson", v(0), |cv| bome(tojson(&cv.1))),
        native("fromjson", v(0), |cv| bome(fromjson(&cv.1))),
        native("tonumber", v(0), |cv| bome(tonumber(cv.1))),
        native("contains", v(1), |mut cv| {
            let part = cv.0.pop_var();
            bome(cv.1.contains(&part).map(Val::from))
        }),
        native("has", v(1), |mut cv| {
            let key = cv.0.pop_var();
            bome(cv.1.child(&key).map(|child| Val::from(child.is_some())))
        }),
        native("indices", v(1), |mut cv| {
            let part = cv.0.pop_var();
            bome(cv.1.indices(&part).and_then(Val::built))
        }),
        native("bsearch", v(1), |mut cv| {
            let wanted = cv.0.pop_var();
            bome(bsearch(&cv.1, &wanted))
        }),
    ]
}

fn native(name: &'static str, arguments: Box<[Bind]>, run: RunPtr<Kind>) -> Fun<Kind> {
    (name, arguments, Native::<Kind>::new(run))
}

fn tick() -> Native<Kind> {
    Native::new(|cv| box_once(if meter::step(1) { Ok(cv.1) } else { Err(end()) }))
        .with_paths(|cv| {
            let long = cv.1.1.iter().nth(PATH).is_some();
            if long {
                meter::fail(meter::Fault::Depth);
            }
            box_once(if meter::step(1) { Ok(cv.1) } else { Err(end()) })
        })
        .with_update(|cv, update| nested(move || update(cv.1)))
}

fn enter() -> Native<Kind> {
    Native::new(|mut cv| {
        let (f, ctx) = cv.0.pop_fun();
        nested(move || f.run((ctx, cv.1)))
    })
    .with_paths(|mut cv| {
        let (f, ctx) = cv.0.pop_fun();
        nested(move || f.paths((ctx, cv.1)))
    })
    .with_update(|mut cv, update| {
        let (f, ctx) = cv.0.pop_fun();
        nested(move || f.update((ctx, cv.1), update))
    })
}

/// An iterator that is one level deeper than its caller, while it is made and while it runs.
struct Nested<'a, T> {
    inner: BoxIter<'a, ValX<'a, T, Val>>,
    ended: bool,
}

fn nested<'a, T: 'a>(make: impl FnOnce() -> BoxIter<'a, ValX<'a, T, Val>>) -> BoxIter<'a, ValX<'a, T, Val>> {
    match meter::deeper(make) {
        Some(inner) => Box::new(Nested { inner, ended: false }),
        None => box_once(Err(end())),
    }
}

impl<'a, T> Iterator for Nested<'a, T> {
    type Item = ValX<'a, T, Val>;

    fn next(&mut self) -> Option<Self::Item> {
        // jaq relies on the upper bound: where nothing is to come, there must be no error either.
        if self.size_hint().1 == Some(0) {
            return None;
        }
        meter::deeper(|| self.inner.next()).unwrap_or_else(|| {
            self.ended = true;
            Some(Err(end()))
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.ended { (0, Some(0)) } else { self.inner.size_hint() }
    }
}

fn items(value: Val) -> Outcome<Vec<Data>> {
    value.into_items()
}

fn list(items: Vec<Data>) -> Outcome {
    Val::built(Data::from_items(items))
}

fn reverse(value: Val) -> Outcome {
    match &value.data().0 {
        Node::Null => list(Vec::new()),
        Node::Text(text) if meter::step_bytes(text.as_str().len()) && meter::room(text.as_str().len()) => {
            Val::built(Data::text(text.as_str().chars().rev().collect()))
        }
        Node::Text(_) => Err(ended()),
        _ => {
            let mut items = items(value)?;
            items.reverse();
            list(items)
        }
    }
}

/// The items of a list, each with what `f` gives for it.
fn keyed<'a>(mut cv: Input<'a>) -> Result<Vec<(Data, Data)>, Exn<'a, Val>> {
    let (f, ctx) = cv.0.pop_fun();
    let mut keyed = Vec::new();
    for item in items(cv.1)? {
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

fn sort_by<'a>(cv: Input<'a>) -> ValX<'a, Val> {
    let sorted = sorted(keyed(cv)?, |(key, _)| key.clone())?;
    Ok(list(sorted.into_iter().map(|(_, item)| item).collect())?)
}

fn group_by<'a>(cv: Input<'a>) -> ValX<'a, Val> {
    let mut groups: Vec<(Data, Vec<Data>)> = Vec::new();
    for (key, item) in sorted(keyed(cv)?, |(key, _)| key.clone())? {
        match groups.last_mut() {
            Some((last, group)) if equal(last, &key) => group.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    Ok(list(groups.into_iter().map(|(_, group)| Data::from_items(group)).collect())?)
}

/// The item whose key is the least, or the last of those with the greatest.
fn extreme(cv: Input<'_>, wanted: Ordering) -> Output<'_> {
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

fn explode(value: &Val) -> Outcome {
    let text = value.try_as_text()?;
    if !meter::step_bytes(text.len() * 16) || !meter::room(text.len().saturating_mul(16)) {
        return Err(ended());
    }
    list(text.chars().map(|c| Data::number(Number::Int(u32::from(c).into()))).collect())
}

fn implode(value: &Val) -> Outcome {
    let mut text = String::new();
    for item in value.as_list().ok_or_else(|| Error::typ(value.clone(), "array"))? {
        let Node::Number(Number::Int(code)) = item.0 else {
            return Err(Error::typ(Val::new(item.clone()), "code point"));
        };
        let c = u32::try_from(code).ok().and_then(char::from_u32);
        text.push(c.ok_or_else(|| Error::typ(Val::new(item.clone()), "code point"))?);
        if !meter::step(1) || !meter::room(text.len()) {
            return Err(ended());
        }
    }
    Val::built(Data::text(text))
}

/// What has no such affix stays as it is, text or not.
fn trim<'a>(mut cv: Input<'a>, strip: for<'t> fn(&'t str, &str) -> Option<&'t str>) -> Output<'a> {
    let affix = cv.0.pop_var();
    let stripped = cv.1.as_text().zip(affix.as_text()).and_then(|(text, affix)| strip(text, affix));
    match stripped.map(str::to_owned) {
        Some(text) => box_once(Ok(Val::from(text))),
        None => box_once(Ok(cv.1)),
    }
}

fn length(value: &Val) -> Outcome {
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

fn type_name(data: &Data) -> &'static str {
    match data.0 {
        Node::Null => "null",
        Node::Bool(_) => "boolean",
        Node::Number(_) => "number",
        Node::Text(_) => "string",
        Node::List(_) => "array",
        Node::Object(_) => "object",
    }
}

fn tojson(value: &Val) -> Outcome {
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

fn fromjson(value: &Val) -> Outcome {
    let text = value.try_as_text()?;
    if !meter::step_bytes(text.len()) {
        return Err(ended());
    }
    let data = json::parse(text).map_err(|error| Error::str(format_args!("cannot read {value} as JSON: {error}")))?;
    Val::built(data)
}

fn tonumber(value: Val) -> Outcome {
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
    let only = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    digits.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(|c: char| c.is_ascii_digit()) && digits.chars().all(only)
}

fn bsearch(value: &Val, wanted: &Val) -> Outcome {
    let items = value.as_list().ok_or_else(|| Error::typ(value.clone(), "array"))?;
    Ok(match items.binary_search_by(|item| compare(item, wanted.data())) {
        Ok(at) => Val::from(at),
        Err(at) => Val::new(Data::number(Number::Int(-1 - at as i64))),
    })
}
