//! Functions that take values and give a value of a fixed type.

use crate::ty::{Field, Kinds, Ty};

use super::super::stream::Count;

/// The type of a function.
pub(super) struct Entry {
    /// The kinds of values it works on, in words too; `None` if any will do.
    pub(super) input: Option<Accepted>,
    /// Whether it looks at the value it works on at all.
    pub(super) reads: bool,
    pub(super) arguments: &'static [Option<Accepted>],
    pub(super) result: Gives,
    pub(super) count: Count,
    /// Whether the result tells nothing of secrets it was made from.
    pub(super) public: bool,
}

/// Kinds that are accepted, and the words for them.
pub(super) type Accepted = (Kinds, &'static str);

/// What a function gives.
#[derive(Clone, Copy)]
pub(super) enum Gives {
    /// A value of this type.
    Type(fn() -> Ty),
    /// What it works on, but for literals.
    Same,
}

const NUMBER: Accepted = (Kinds::NUMBER, "a number");
const TEXT: Accepted = (Kinds::TEXT, "a string");
const ARRAY: Accepted = (Kinds::ARRAY, "an array");
const FLAGS: Accepted = (Kinds::TEXT.with(Kinds::NULLS), "a string of flags");

/// What is known of a function by name and arity.
pub(super) fn table(name: &str, arity: usize) -> Option<Entry> {
    let entry = |input, arguments, result: fn() -> Ty| Entry {
        input,
        reads: true,
        arguments,
        result: Gives::Type(result),
        count: Count::ONE,
        public: false,
    };
    let truth = |input, arguments| Entry { public: true, ..entry(input, arguments, Ty::bool) };
    let same = |input, arguments| Entry { result: Gives::Same, ..entry(input, arguments, Ty::any) };
    let several = |entry: Entry| Entry { count: Count::ANY, ..entry };
    let apart = |entry: Entry| Entry { reads: false, ..entry };
    Some(match (name, arity) {
        (
            "acos" | "acosh" | "asin" | "asinh" | "atan" | "atanh" | "cbrt" | "cos" | "cosh"
            | "erf" | "erfc" | "exp" | "exp10" | "exp2" | "expm1" | "fabs" | "gamma" | "j0" | "j1"
            | "lgamma" | "log" | "log10" | "log1p" | "log2" | "logb" | "significand" | "sin"
            | "sinh" | "sqrt" | "tan" | "tanh" | "tgamma" | "y0" | "y1",
            0,
        ) => entry(Some(NUMBER), &[], Ty::number),
        ("pow10", 0) => entry(Some(NUMBER), &[], Ty::number),
        ("ceil" | "floor" | "round" | "trunc" | "nearbyint" | "rint" | "ilogb", 0) => {
            entry(Some(NUMBER), &[], Ty::int)
        }
        ("frexp" | "modf", 0) => entry(Some(NUMBER), &[], || Ty::array(Ty::number())),
        ("nan" | "infinite", 0) => apart(entry(None, &[], Ty::number)),
        (
            "atan2" | "copysign" | "drem" | "fdim" | "fmax" | "fmin" | "fmod" | "hypot" | "ldexp"
            | "nextafter" | "nexttoward" | "pow" | "remainder" | "scalbln" | "jn" | "yn",
            2,
        ) => apart(entry(None, &[Some(NUMBER), Some(NUMBER)], Ty::number)),
        ("fma", 3) => apart(entry(None, &[Some(NUMBER), Some(NUMBER), Some(NUMBER)], Ty::number)),
        ("isnan" | "isinfinite" | "isfinite" | "isnormal", 0) => truth(None, &[]),

        ("ascii_downcase" | "ascii_upcase" | "ltrim" | "rtrim" | "trim", 0) => {
            entry(Some(TEXT), &[], Ty::string)
        }
        ("ltrimstr" | "rtrimstr" | "trimstr", 1) => same(None, &[None]),
        ("startswith" | "endswith", 1) => truth(Some(TEXT), &[Some(TEXT)]),
        ("explode", 0) => entry(Some(TEXT), &[], || Ty::array(Ty::int().within(0.0, 1_114_111.0))),
        ("implode", 0) => entry(Some(ARRAY), &[], Ty::string),
        ("utf8bytelength", 0) => Entry {
            public: true,
            ..entry(Some(TEXT), &[], || Ty::int().within(0.0, f64::INFINITY))
        },
        ("ascii", 0) => entry(Some(NUMBER), &[], Ty::string),
        ("split", 1) => entry(Some(TEXT), &[Some(TEXT)], || Ty::array(Ty::string())),
        ("split", 2) => entry(Some(TEXT), &[Some(TEXT), None], || Ty::array(Ty::string())),
        ("splits", 1) => several(entry(Some(TEXT), &[Some(TEXT)], Ty::string)),
        ("splits", 2) => several(entry(Some(TEXT), &[Some(TEXT), None], Ty::string)),
        ("join", 1) => entry(None, &[None], Ty::string),
        ("test", 1) => truth(Some(TEXT), &[Some(TEXT)]),
        ("test", 2) => truth(Some(TEXT), &[Some(TEXT), Some(FLAGS)]),
        ("match", 1) => several(entry(Some(TEXT), &[Some(TEXT)], matched)),
        ("match", 2) => several(entry(Some(TEXT), &[Some(TEXT), Some(FLAGS)], matched)),
        ("capture", 1) => several(entry(Some(TEXT), &[Some(TEXT)], captured)),
        ("capture", 2) => several(entry(Some(TEXT), &[Some(TEXT), Some(FLAGS)], captured)),
        ("scan", 1) => several(entry(Some(TEXT), &[Some(TEXT)], scanned)),
        ("scan", 2) => several(entry(Some(TEXT), &[Some(TEXT), None], scanned)),
        ("tonumber", 0) => {
            let accepted =
                (Kinds::NUMBER.with(Kinds::TEXT), "a number, or a string that holds one");
            entry(Some(accepted), &[], Ty::number)
        }
        ("toboolean", 0) => {
            let accepted =
                (Kinds::BOOL.with(Kinds::TEXT), "a bool, or `true` or `false` as a string");
            entry(Some(accepted), &[], Ty::bool)
        }
        ("fromjson", 0) => entry(Some(TEXT), &[], Ty::any),
        ("bsearch", 1) => Entry { public: true, ..entry(Some(ARRAY), &[None], Ty::int) },

        ("todate" | "todateiso8601", 0) => entry(Some(NUMBER), &[], Ty::string),
        ("fromdate" | "fromdateiso8601", 0) => entry(Some(TEXT), &[], Ty::number),
        ("gmtime", 0) => entry(Some(NUMBER), &[], || Ty::array(Ty::number())),
        ("mktime", 0) => entry(Some(ARRAY), &[], Ty::number),
        ("strftime", 1) => {
            let accepted =
                (Kinds::NUMBER.with(Kinds::ARRAY), "a number of seconds, or a broken down time");
            entry(Some(accepted), &[Some(TEXT)], Ty::string)
        }
        ("strptime", 1) => entry(Some(TEXT), &[Some(TEXT)], || Ty::array(Ty::number())),

        ("@csv" | "@tsv", 0) => {
            let accepted = (Kinds::ARRAY.with(Kinds::OBJECT), "an array");
            entry(Some(accepted), &[], Ty::string)
        }
        (
            "@text" | "@json" | "@html" | "@htmld" | "@uri" | "@urid" | "@base64" | "@base64d"
            | "@sh",
            0,
        ) => entry(None, &[], Ty::string),
        _ => return None,
    })
}

fn group() -> Ty {
    let count = || Ty::int().within(0.0, f64::INFINITY);
    let text = Ty::string().possibly_missing();
    Ty::object(
        [
            ("offset".into(), Field::required(Ty::int())),
            ("length".into(), Field::required(count())),
            ("string".into(), Field::required(text.clone())),
            ("name".into(), Field::required(text)),
        ],
        None,
    )
}

fn matched() -> Ty {
    let count = || Ty::int().within(0.0, f64::INFINITY);
    Ty::object(
        [
            ("offset".into(), Field::required(count())),
            ("length".into(), Field::required(count())),
            ("string".into(), Field::required(Ty::string())),
            ("captures".into(), Field::required(Ty::array(group()))),
        ],
        None,
    )
}

fn captured() -> Ty {
    Ty::map(Ty::string().possibly_missing())
}

fn scanned() -> Ty {
    Ty::string().union(&Ty::array(Ty::string().possibly_missing()))
}
