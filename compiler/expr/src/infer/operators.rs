//! Arithmetic and comparison: jq's rules, kind by kind.

use std::cmp::Ordering;
use std::sync::Arc;

use jaq_core::ops::{Cmp, Math};

use super::engine::Engine;
use super::problem::TypeProblemKind;
use super::stream::Stream;
use crate::number::Number;
use crate::tree::Span;
use crate::ty::{Field, Fields, Kinds, Numbers, Object, Texts, Ty};

impl Engine<'_> {
    pub(super) fn negative(&mut self, span: Span, value: Stream) -> Stream {
        match self.accept(span, "-", "a number", &value.ty, Kinds::NUMBER) {
            None => Stream::failed(Ty::any().tainted(&value.ty.all_secret_marks())),
            Some(ty) if ty.is_any() => {
                let ty = Ty::number().tainted(&ty.all_secret_marks());
                value.with(ty)
            }
            Some(ty) => {
                let secrets = ty.secret_marks();
                let negated = match ty.numbers() {
                    Numbers::OneOf(numbers) => numbers
                        .iter()
                        .fold(Ty::never(), |all, number| all.union(&Ty::numeral(number.neg()))),
                    Numbers::Within(min, max) => Ty::with_kinds(ty.kinds).within(-max, -min),
                    Numbers::Any => Ty::with_kinds(ty.kinds),
                };
                value.with(negated.tainted(&secrets))
            }
        }
    }

    pub(super) fn math(
        &mut self,
        op: Math,
        (left_span, x): (Span, Stream),
        (right_span, y): (Span, Stream),
        span: Span,
    ) -> Stream {
        let (left, right) = (self.open(&x.ty), self.open(&y.ty));
        let secrets = left.all_secret_marks().and(&right.all_secret_marks());
        if left.is_never() || right.is_never() {
            return x.pairs(&y, Ty::never());
        }
        let result = calculate(op, &left, &right);
        if result.is_never() {
            let operator = symbol(op);
            // Null alone is worth its own words.
            let null = op != Math::Add && (left.is_null() || right.is_null());
            let kind = if null {
                let (found, span_) =
                    if left.is_null() { (&left, left_span) } else { (&right, right_span) };
                let kind = TypeProblemKind::MaybeNull {
                    reasons: found.null_reasons().to_vec(),
                    operation: operator.into(),
                    found: found.clone(),
                };
                self.report(span_, kind);
                None
            } else {
                Some(TypeProblemKind::Operands { operator, left, right })
            };
            if let Some(kind) = kind {
                self.report(span, kind);
            }
            let failed = x.pairs(&y, Ty::any().tainted(&secrets));
            return Stream { fails: failed.fails || x.count.min > 0 && y.count.min > 0, ..failed };
        }
        if op != Math::Add {
            for (span, ty, other) in [(left_span, &left, &right), (right_span, &right, &left)] {
                if !other.is_any() {
                    self.check_null(span, symbol(op), ty, Kinds::NONE);
                }
            }
        }
        let ty = if result.kinds.has(Kinds::OBJECT) {
            // Fields keep their own.
            result.tainted(&left.secret_marks().and(&right.secret_marks()))
        } else {
            result.tainted(&secrets)
        };
        x.pairs(&y, ty)
    }

    pub(super) fn compare(&mut self, op: Cmp, x: &Stream, y: &Stream, span: Span) -> Stream {
        let (left, right) = (self.open(&x.ty), self.open(&y.ty));
        if left.is_never() || right.is_never() {
            return x.pairs(y, Ty::bool());
        }
        let truth = match op {
            Cmp::Eq | Cmp::Ne => {
                let equal = equal(&left, &right);
                let negated = op == Cmp::Ne;
                // `== null` of what is never null may be care; anything else is a mistake.
                if equal == Some(false) && !left.is_null() && !right.is_null() {
                    let (fixed, other) = (left.constant().is_some(), right.constant().is_some());
                    if !(fixed && other) {
                        let kind = TypeProblemKind::NeverEqual { left, right, negated };
                        self.report_constant(span, kind);
                        return x.pairs(y, Ty::bool());
                    }
                }
                equal.map(|equal| equal != negated)
            }
            _ => {
                let truth = ordered(&left, &right)
                    .and_then(|(least, greatest)| decide(op, least, greatest));
                let fixed = left.constant().is_some() && right.constant().is_some();
                if let Some(value) = truth.filter(|_| !fixed) {
                    self.report_constant(span, TypeProblemKind::ConstantCondition { value });
                    return x.pairs(y, Ty::bool());
                }
                truth
            }
        };
        x.pairs(y, truth.map_or_else(Ty::bool, Ty::truth))
    }
}

pub(super) fn symbol(op: Math) -> &'static str {
    match op {
        Math::Add => "+",
        Math::Sub => "-",
        Math::Mul => "*",
        Math::Div => "/",
        Math::Rem => "%",
    }
}

/// What the operator gives, for the operands that it takes; never if it takes none of them. Knows nothing of secrets,
/// but for those in items and fields.
pub(super) fn calculate(op: Math, left: &Ty, right: &Ty) -> Ty {
    if left.is_any() || right.is_any() {
        return with_any(op, left, right);
    }
    let both = |kinds: Kinds| left.kinds.has(kinds) && right.kinds.has(kinds);
    let mut result = Ty::never();
    if both(Kinds::NUMBER) {
        result = numbers(op, left, right);
    }
    match op {
        Math::Add => {
            if left.kinds.has(Kinds::NULLS) {
                result = result.union(right);
            }
            if right.kinds.has(Kinds::NULLS) {
                result = result.union(left);
            }
            if both(Kinds::TEXT) {
                result = result.union(&joined(left, right));
            }
            if let (Some(x), Some(y)) = (left.as_array(), right.as_array()) {
                let items = x.items.as_deref().zip(y.items.as_deref());
                let sum = match items {
                    Some((x, y)) => Ty::tuple(x.iter().chain(y).cloned()),
                    None => Ty::array_at_least(x.item.union(&y.item), x.min.saturating_add(y.min)),
                };
                result = result.union(&sum);
            }
            if let (Some(x), Some(y)) = (left.as_object(), right.as_object()) {
                result = result.union(&merged(&x, &y));
            }
        }
        Math::Sub => {
            if let (Some(x), true) = (left.as_array(), right.kinds.has(Kinds::ARRAY)) {
                result = result.union(&Ty::array(x.item));
            }
        }
        Math::Mul => {
            let repeats = left.kinds.has(Kinds::TEXT) && right.kinds.has(Kinds::NUMBER)
                || left.kinds.has(Kinds::NUMBER) && right.kinds.has(Kinds::TEXT);
            if repeats {
                result = result.union(&Ty::string().possibly_missing());
            }
            if both(Kinds::OBJECT) {
                let secrets = left.all_secret_marks().and(&right.all_secret_marks());
                result = result.union(&Ty::with_kinds(Kinds::OBJECT).tainted(&secrets));
            }
        }
        Math::Div => {
            if both(Kinds::TEXT) {
                result = result.union(&Ty::array(Ty::string()));
            }
        }
        Math::Rem => {}
    }
    result
}

fn with_any(op: Math, left: &Ty, right: &Ty) -> Ty {
    let known = if left.is_any() { right } else { left };
    let kinds = known.kinds.without(Kinds::NULLS);
    match op {
        // What is not known may be null, and then the other side is the sum.
        Math::Add if known.is_any() || known.kinds.has(Kinds::NULLS) => Ty::any(),
        Math::Add if kinds.within(Kinds::NUMBER) => Ty::number(),
        Math::Add if kinds == Kinds::TEXT => Ty::string(),
        Math::Add if kinds == Kinds::ARRAY => Ty::array(Ty::any()),
        Math::Add if kinds == Kinds::OBJECT => Ty::with_kinds(Kinds::OBJECT),
        Math::Sub | Math::Rem
            if !known.is_any() && kinds.within(Kinds::NUMBER) && !kinds.is_empty() =>
        {
            if op == Math::Rem { Ty::int() } else { Ty::number() }
        }
        Math::Rem => Ty::int(),
        Math::Div if !known.is_any() && kinds.within(Kinds::NUMBER) && !kinds.is_empty() => {
            Ty::number()
        }
        _ => Ty::any(),
    }
}

fn numbers(op: Math, left: &Ty, right: &Ty) -> Ty {
    if let (Numbers::OneOf(x), Numbers::OneOf(y)) = (left.numbers(), right.numbers())
        && x.len() * y.len() <= 16
    {
        let apply = |x: Number, y: Number| match op {
            Math::Add => Some(x.add(y)),
            Math::Sub => Some(x.sub(y)),
            Math::Mul => Some(x.mul(y)),
            Math::Div => x.div(y),
            Math::Rem => x.rem(y),
        };
        let pairs = x.iter().flat_map(|x| y.iter().filter_map(|y| apply(*x, *y)));
        let all = pairs.fold(Ty::never(), |all, number| all.union(&Ty::numeral(number)));
        // A division by zero is the author's to find; it is no question of types.
        return if all.is_never() { Ty::number() } else { all };
    }
    let whole = |ty: &Ty| !ty.kinds.has(Kinds::FRACTION);
    match op {
        Math::Rem => Ty::int(),
        Math::Add | Math::Sub | Math::Mul if whole(left) && whole(right) => Ty::int(),
        _ => Ty::number(),
    }
}

fn joined(left: &Ty, right: &Ty) -> Ty {
    if let (Texts::OneOf(x), Texts::OneOf(y)) = (left.texts(), right.texts())
        && x.len() * y.len() <= 16
    {
        let pairs = x.iter().flat_map(|x| y.iter().map(move |y| format!("{x}{y}")));
        return Ty::one_of(pairs.filter(|text| text.len() <= 256).collect::<Vec<_>>())
            .or_string(&x, &y);
    }
    Ty::string()
}

impl Ty {
    /// The literals, unless some were too long to keep.
    fn or_string(self, x: &[Arc<str>], y: &[Arc<str>]) -> Self {
        let longest = |texts: &[Arc<str>]| texts.iter().map(|text| text.len()).max().unwrap_or(0);
        if longest(x) + longest(y) > 256 { Self::string() } else { self }
    }
}

/// The fields of both, those of the right one first.
fn merged(left: &Object, right: &Object) -> Ty {
    let mut fields = Fields::new();
    for (name, field) in &*left.fields {
        let field = match (right.fields.get(name), &right.rest) {
            (Some(theirs), _) if theirs.required => theirs.clone(),
            (Some(theirs), _) => Field { ty: field.ty.union(&theirs.ty), required: field.required },
            (None, Some(rest)) => Field { ty: field.ty.union(rest), required: field.required },
            (None, None) => field.clone(),
        };
        fields.insert(Arc::clone(name), field);
    }
    for (name, field) in &*right.fields {
        if !left.fields.contains_key(name) {
            let mut field = field.clone();
            if let Some(rest) = left.rest.as_ref().filter(|_| !field.required) {
                field.ty = field.ty.union(rest);
            }
            fields.insert(Arc::clone(name), field);
        }
    }
    let rest = match (&left.rest, &right.rest) {
        (Some(x), Some(y)) => Some(x.union(y)),
        (rest, None) | (None, rest) => rest.clone(),
    };
    Ty::object_of(Object { fields: Arc::new(fields), rest })
}

/// Whether all values of the types are equal, or none.
fn equal(left: &Ty, right: &Ty) -> Option<bool> {
    if let (Some(x), Some(y)) = (left.constant(), right.constant()) {
        // The order of jq is metered, and nothing is being evaluated here: there, all would be equal.
        return Some(match (&x, &y) {
            (serde_json::Value::Number(x), serde_json::Value::Number(y)) => {
                Number::from_json(x).compare(Number::from_json(y)).is_eq()
            }
            _ => x == y,
        });
    }
    let common = |kinds: Kinds| left.kinds.has(kinds) && right.kinds.has(kinds);
    let overlaps = left.is_any()
        || right.is_any()
        || common(Kinds::NULLS)
        || common(Kinds::TRUE)
        || common(Kinds::FALSE)
        || common(Kinds::ARRAY)
        || common(Kinds::OBJECT)
        || common(Kinds::NUMBER) && ranges_overlap(left, right)
        || common(Kinds::TEXT) && left.texts_overlap(right);
    if overlaps { None } else { Some(false) }
}

fn ranges_overlap(left: &Ty, right: &Ty) -> bool {
    // A whole number and a fraction differ, but for what a double is too coarse to tell.
    match (left.numbers(), right.numbers()) {
        (Numbers::OneOf(x), Numbers::OneOf(y)) => {
            x.iter().any(|x| y.iter().any(|y| x.compare(*y).is_eq()))
        }
        (x, y) => match (x.bounds(), y.bounds()) {
            (Some((a, b)), Some((c, d))) => a <= d && c <= b,
            _ => left.kinds.only(right.kinds).has(Kinds::NUMBER),
        },
    }
}

/// The least and the greatest outcome of comparing values of the types, if that is known.
fn ordered(left: &Ty, right: &Ty) -> Option<(Ordering, Ordering)> {
    if left.is_any() || right.is_any() {
        return None;
    }
    let (left_low, left_high) = ranks(left.kinds);
    let (right_low, right_high) = ranks(right.kinds);
    if left_high < right_low {
        return Some((Ordering::Less, Ordering::Less));
    }
    if left_low > right_high {
        return Some((Ordering::Greater, Ordering::Greater));
    }
    let both = |kinds: Kinds| left.kinds.within(kinds) && right.kinds.within(kinds);
    if both(Kinds::NUMBER) {
        let ((a, b), (c, d)) = (left.numbers().bounds()?, right.numbers().bounds()?);
        return Some((a.partial_cmp(&d)?, b.partial_cmp(&c)?));
    }
    None
}

/// The outcome, if it is the same for all that is between the two.
fn decide(op: Cmp, least: Ordering, greatest: Ordering) -> Option<bool> {
    let holds = |order: Ordering| match op {
        Cmp::Lt => order.is_lt(),
        Cmp::Le => order.is_le(),
        Cmp::Gt => order.is_gt(),
        Cmp::Ge => order.is_ge(),
        Cmp::Eq => order.is_eq(),
        Cmp::Ne => order.is_ne(),
    };
    (holds(least) == holds(greatest)).then(|| holds(least))
}

/// Places of the first and the last kind in the order of values.
fn ranks(kinds: Kinds) -> (u8, u8) {
    let order = [
        (Kinds::NULLS, 0),
        (Kinds::FALSE, 1),
        (Kinds::TRUE, 2),
        (Kinds::NUMBER, 3),
        (Kinds::TEXT, 4),
        (Kinds::ARRAY, 5),
        (Kinds::OBJECT, 6),
    ];
    let mut mine = order.iter().filter(|(kind, _)| kinds.has(*kind)).map(|(_, rank)| *rank);
    let low = mine.next().unwrap_or(0);
    (low, mine.next_back().unwrap_or(low))
}
