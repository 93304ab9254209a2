//! Types without what only one workflow understands of them.

use std::sync::Arc;

use super::{Marks, Ty};

impl Ty {
    /// The same type without the reasons for null, here and in everything within: their numbers mean something in one workflow alone.
    #[must_use]
    pub fn without_reasons(&self) -> Self {
        if !self.has_reasons() {
            return self.clone();
        }
        self.clone().detailed(|detail| {
            detail.reasons = Marks::default();
            if let Some(array) = &mut detail.array {
                array.item = array.item.without_reasons();
                if let Some(items) = &mut array.items {
                    *items = items.iter().map(Self::without_reasons).collect();
                }
            }
            if let Some(object) = &mut detail.object {
                for field in Arc::make_mut(&mut object.fields).values_mut() {
                    field.ty = field.ty.without_reasons();
                }
                object.rest = object.rest.as_ref().map(Self::without_reasons);
            }
        })
    }

    fn has_reasons(&self) -> bool {
        let Some(detail) = &self.detail else { return false };
        let in_array = || {
            detail.array.as_ref().is_some_and(|array| {
                let mut items = array.items.iter().flat_map(|items| items.iter());
                array.item.has_reasons() || items.any(Self::has_reasons)
            })
        };
        let in_object = || {
            detail.object.as_ref().is_some_and(|object| {
                object.fields.values().any(|field| field.ty.has_reasons())
                    || object.rest.as_ref().is_some_and(Self::has_reasons)
            })
        };
        !detail.reasons.is_empty() || in_array() || in_object()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ty::Field;

    #[test]
    fn no_reason_is_left_and_null_stays() {
        let inner = Ty::string().optional_because(3);
        let ty = Ty::array(Ty::object([("a".into(), Field::required(inner.clone()))], Some(inner)));
        let forgotten = ty.optional_because(4).without_reasons();
        assert!(forgotten.null_reasons().is_empty() && forgotten.may_be_null());
        let item = forgotten.item(&Default::default()).unwrap();
        let field = item.field("a", &Default::default()).unwrap();
        assert!(field.null_reasons().is_empty() && field.may_be_null());
    }
}
