//! The functions of jq that are written in Rust: those of jaq that an expression may use, [`builtins`] in place of the
//! others, and the counting calls that [`rewrite`](crate::rewrite) puts into every expression.

use std::cmp::Ordering;

use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::data::JustLut;
use jaq_core::native::{Fun, bome, v};
use jaq_core::{Bind, Cv, Exn, Native, RunPtr, ValX};

use crate::builtins;
use crate::data::Data;
use crate::meter;
use crate::number::Number;
use crate::regex::{self, Wanted};
use crate::value::Val;

/// What filters work on.
pub(crate) type Kind = JustLut<Val>;

pub(crate) type Input<'a> = Cv<'a, Kind>;
pub(crate) type Output<'a> = BoxIter<'a, ValX<'a, Val>>;

/// Counts, and nothing else: `__tick | f`.
pub(crate) const TICK: &str = "__tick";
/// Steps that a tick counts: what comes behind it sets up a branch of the evaluation.
const BRANCH: u64 = 3;
/// Counts how deep `f` is nested in itself: `__enter(f)`.
pub(crate) const ENTER: &str = "__enter";

/// Functions of jaq that [`builtins`] replace or that nobody may call.
const DROPPED: [&str; 22] = [
    "debug_empty",
    "env",
    "explode",
    "group_by",
    "halt",
    "implode",
    "key_values",
    "keys_unsorted",
    "localtime",
    "ltrimstr",
    "matches",
    "max_by_or_empty",
    "min_by_or_empty",
    "now",
    "reverse",
    "rtrimstr",
    "sort",
    "sort_by",
    "split_",
    "split_matches",
    "stderr_empty",
    "strflocaltime",
];

/// Functions of jaq that only the definitions in `guards.jq` call: they look at what is asked of them first.
const GUARDED: [(&str, &str); 14] = [
    ("escape_html", "__escape_html"),
    ("unescape_html", "__unescape_html"),
    ("encode_uri", "__encode_uri"),
    ("decode_uri", "__decode_uri"),
    ("encode_base64", "__encode_base64"),
    ("decode_base64", "__decode_base64"),
    ("escape_sh", "__escape_sh"),
    ("strftime", "__strftime"),
    ("strptime", "__strptime"),
    ("gmtime", "__gmtime"),
    ("mktime", "__mktime"),
    ("todateiso8601", "__todateiso8601"),
    ("jn", "__jn"),
    ("yn", "__yn"),
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
pub(crate) fn end<'a>() -> Exn<'a, Val> {
    Exn::halt(1)
}

/// The longest path that is followed: longer than any value is deep, and short enough to be dropped recursively.
const PATH: usize = 512;

fn ours() -> Vec<Fun<Kind>> {
    let f = || [Bind::Fun(())].into();
    let mut all = meters();
    all.extend([
        native("bsearch", v(1), |mut cv| {
            let wanted = cv.0.pop_var();
            bome(builtins::bsearch(&cv.1, &wanted))
        }),
        native("contains", v(1), |mut cv| {
            let part = cv.0.pop_var();
            bome(cv.1.contains(&part).map(Val::from))
        }),
        native("delpaths", v(1), |mut cv| {
            let paths = cv.0.pop_var();
            bome(builtins::delpaths(cv.1, paths))
        }),
        native("explode", v(0), |cv| bome(builtins::explode(&cv.1))),
        native("fromjson", v(0), |cv| bome(builtins::fromjson(&cv.1))),
        native("group_by", f(), |cv| box_once(builtins::group_by(cv))),
        native("has", v(1), |mut cv| {
            let key = cv.0.pop_var();
            bome(cv.1.child(&key).map(|child| Val::from(child.is_some())))
        }),
        native("implode", v(0), |cv| bome(builtins::implode(&cv.1))),
        native("indices", v(1), |mut cv| {
            let part = cv.0.pop_var();
            bome(cv.1.indices(&part).and_then(Val::built))
        }),
        native("infinite", v(0), |_| number(f64::INFINITY)),
        native("key_values", v(0), |cv| bome(builtins::key_values(cv.1))),
        native("keys_unsorted", v(0), |cv| bome(builtins::keys(cv.1))),
        native("length", v(0), |cv| bome(builtins::length(&cv.1))),
        native("ltrimstr", v(1), |cv| builtins::trim(cv, |text, affix| text.strip_prefix(affix))),
        native("matches", v(2), |cv| find(cv, Wanted { matches: true, between: false })),
        native("max_by_or_empty", f(), |cv| builtins::extreme(cv, Ordering::Greater)),
        native("min_by_or_empty", f(), |cv| builtins::extreme(cv, Ordering::Less)),
        native("nan", v(0), |_| number(f64::NAN)),
        native("reverse", v(0), |cv| bome(builtins::reverse(cv.1))),
        native("rtrimstr", v(1), |cv| builtins::trim(cv, |text, affix| text.strip_suffix(affix))),
        native("sort", v(0), |cv| bome(builtins::sort(cv.1))),
        native("sort_by", f(), |cv| box_once(builtins::sort_by(cv))),
        native("split_", v(2), |cv| find(cv, Wanted { matches: false, between: true })),
        native("split_matches", v(2), |cv| find(cv, Wanted { matches: true, between: true })),
        native("tojson", v(0), |cv| bome(builtins::tojson(&cv.1))),
        native("tonumber", v(0), |cv| bome(builtins::tonumber(cv.1))),
        native("type", v(0), |cv| {
            box_once(Ok(Val::from(builtins::type_name(cv.1.data()).to_owned())))
        }),
    ]);
    all
}

/// What is called by nobody but [`rewrite`](crate::rewrite) and `guards.jq`. Each gives what it is given.
fn meters() -> Vec<Fun<Kind>> {
    vec![
        (TICK, v(0), tick()),
        (ENTER, [Bind::Fun(())].into(), enter()),
        native("__text", v(0), |cv| {
            // Escaping makes a character at most six times as long.
            let fits = |text: &str| {
                meter::room(text.len().saturating_mul(6)) && meter::step_bytes(text.len())
            };
            let fits = cv.1.as_text().is_none_or(fits);
            box_once(if fits { Ok(cv.1) } else { Err(end()) })
        }),
        native("__format", v(1), |mut cv| {
            // A directive of a time format, such as `%255Y`, can ask for that much padding.
            let format = cv.0.pop_var();
            let fits = |text: &str| {
                meter::room(text.len().saturating_mul(128)) && meter::step_bytes(text.len() * 64)
            };
            let fits = format.as_text().is_none_or(fits);
            box_once(if fits { Ok(cv.1) } else { Err(end()) })
        }),
        native("__time", v(0), |cv| bome(builtins::check_time(&cv.1).map(|()| cv.1))),
        native("__order", v(1), |mut cv| {
            // The library computes a function of this order by as many steps.
            let order = cv.0.pop_var().as_number().map_or(0.0, |order| order.as_f64().abs());
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a cast saturates"
            )]
            let fits = meter::step(order as u64);
            box_once(if fits { Ok(cv.1) } else { Err(end()) })
        }),
    ]
}

fn number<'a>(float: f64) -> Output<'a> {
    box_once(Ok(Val::new(Data::number(Number::Float(float)))))
}

fn find(mut cv: Input<'_>, wanted: Wanted) -> Output<'_> {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    bome(regex::find(&cv.1, &pattern, &flags, wanted))
}

fn native(name: &'static str, arguments: Box<[Bind]>, run: RunPtr<Kind>) -> Fun<Kind> {
    (name, arguments, Native::<Kind>::new(run))
}

fn tick() -> Native<Kind> {
    Native::new(|cv| box_once(if meter::step(BRANCH) { Ok(cv.1) } else { Err(end()) }))
        .with_paths(|cv| {
            let long = cv.1.1.iter().nth(PATH).is_some();
            if long {
                meter::fail(meter::Fault::Depth);
            }
            box_once(if meter::step(BRANCH) { Ok(cv.1) } else { Err(end()) })
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

fn nested<'a, T: 'a>(
    make: impl FnOnce() -> BoxIter<'a, ValX<'a, T, Val>>,
) -> BoxIter<'a, ValX<'a, T, Val>> {
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
