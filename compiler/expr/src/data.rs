//! Immutable values that clone in O(1), and how they are built.
//!
//! A list or an object knows how deep it is and how much it would weigh written out in full: sharing makes it cheap to
//! build a value that nothing could ever print, and neither is to be found out by walking it.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::json;
use crate::meter::Held;
use crate::number::Number;

/// An immutable JSON value that clones in O(1) and can be shared between threads.
#[derive(Clone, Default)]
pub struct Data(pub(crate) Node);

#[derive(Clone, Default)]
pub(crate) enum Node {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    Text(Arc<Text>),
    List(Arc<List>),
    Object(Arc<Object>),
}

/// A string.
pub(crate) struct Text {
    text: String,
    held: Held,
}

/// An array.
pub(crate) struct List {
    items: Vec<Data>,
    shape: Shape,
    held: Held,
}

/// An object; its keys keep the order they were added in.
pub(crate) struct Object {
    entries: Entries,
    shape: Shape,
    held: Held,
}

pub(crate) type Entries = IndexMap<Arc<str>, Data>;

/// What a list or an object is like all the way down.
#[derive(Clone, Copy)]
struct Shape {
    /// Bytes, roughly, with everything that is shared counted as often as it occurs.
    weight: usize,
    /// Levels of lists and objects, at least this one.
    depth: u32,
}

/// What any value weighs by itself, in bytes; also the size of an item in a list.
const SCALAR: usize = 16;
const TEXT: usize = 72;
const LIST: usize = 88;
const OBJECT: usize = 160;
const ENTRY: usize = 64;

impl Data {
    /// The null value.
    #[must_use]
    pub fn null() -> Self {
        Self(Node::Null)
    }

    /// An object of these entries; of two with the same key the later one stays.
    #[must_use]
    pub fn object(entries: impl IntoIterator<Item = (String, Self)>) -> Self {
        Self::from_entries(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A list of these items.
    #[must_use]
    pub fn array(items: impl IntoIterator<Item = Self>) -> Self {
        Self::from_items(items.into_iter().collect())
    }

    /// Adds or replaces a key of an object, without touching what else shares it; what is no object becomes one.
    pub fn insert(&mut self, key: &str, value: Self) {
        if !matches!(self.0, Node::Object(_)) {
            *self = Self::from_entries(Entries::new());
        }
        if let Node::Object(object) = &mut self.0 {
            Arc::make_mut(object).set(key, value);
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.0, Node::Null)
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self.0, Node::Object(_))
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.0 {
            Node::Bool(bool) => Some(bool),
            _ => None,
        }
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Node::Text(text) => Some(&text.text),
            _ => None,
        }
    }

    /// The value under a key, if it is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.0 {
            Node::Object(object) => object.entries.get(key),
            _ => None,
        }
    }

    /// The entries of an object, in their order; none of anything else.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let entries = match &self.0 {
            Node::Object(object) => Some(object.entries.iter()),
            _ => None,
        };
        entries.into_iter().flatten().map(|(key, value)| (&**key, value))
    }

    /// What two values that share their content have in common, for as long as one of them lives; `None` for what is never shared.
    #[must_use]
    pub fn identity(&self) -> Option<usize> {
        match &self.0 {
            Node::Text(text) => Some(Arc::as_ptr(text).addr()),
            Node::List(list) => Some(Arc::as_ptr(list).addr()),
            Node::Object(object) => Some(Arc::as_ptr(object).addr()),
            Node::Null | Node::Bool(_) | Node::Number(_) => None,
        }
    }

    /// The value as JSON. Infinity becomes the largest number and "not a number" becomes null, as in jq.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.0 {
            Node::Null => Value::Null,
            Node::Bool(bool) => Value::Bool(*bool),
            Node::Number(number) => number.to_json().map_or(Value::Null, Value::Number),
            Node::Text(text) => Value::String(text.text.clone()),
            Node::List(list) => list.items.iter().map(Self::to_value).collect(),
            Node::Object(object) => {
                let entries = object.entries.iter();
                entries.map(|(key, value)| (key.to_string(), value.to_value())).collect()
            }
        }
    }

    pub(crate) fn text(text: String) -> Self {
        let held = Held::new(TEXT + text.capacity());
        Self(Node::Text(Arc::new(Text { text, held })))
    }

    pub(crate) fn number(number: Number) -> Self {
        Self(Node::Number(number))
    }

    pub(crate) fn from_items(items: Vec<Self>) -> Self {
        Self(Node::List(Arc::new(List::new(items))))
    }

    pub(crate) fn from_entries(entries: Entries) -> Self {
        Self(Node::Object(Arc::new(Object::new(entries))))
    }

    /// Bytes, roughly, that the value takes written out in full.
    pub(crate) fn weight(&self) -> usize {
        match &self.0 {
            Node::Text(text) => TEXT + text.text.len(),
            Node::List(list) => list.shape.weight,
            Node::Object(object) => object.shape.weight,
            _ => SCALAR,
        }
    }

    /// Levels of lists and objects in it.
    pub(crate) fn depth(&self) -> u32 {
        match &self.0 {
            Node::List(list) => list.shape.depth,
            Node::Object(object) => object.shape.depth,
            _ => 0,
        }
    }
}

impl Shape {
    fn of<'a>(own: usize, children: impl Iterator<Item = &'a Data>) -> Self {
        let mut shape = Self { weight: own, depth: 1 };
        children.for_each(|child| shape.add(child));
        shape
    }

    fn add(&mut self, child: &Data) {
        self.weight = self.weight.saturating_add(child.weight());
        self.depth = self.depth.max(child.depth() + 1);
    }

    /// The depth stays what it was: finding out what it is without the child would need a walk.
    fn remove(&mut self, child: &Data) {
        self.weight = self.weight.saturating_sub(child.weight());
    }
}

impl Text {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn push_str(&mut self, more: &str) {
        self.text.push_str(more);
        self.held.resize(TEXT + self.text.capacity());
    }
}

impl Clone for Text {
    fn clone(&self) -> Self {
        let text = self.text.clone();
        let held = Held::new(TEXT + text.capacity());
        Self { text, held }
    }
}

impl List {
    fn new(items: Vec<Data>) -> Self {
        let shape = Shape::of(LIST, items.iter());
        let held = Held::new(LIST + items.len() * SCALAR);
        Self { items, shape, held }
    }

    pub(crate) fn items(&self) -> &[Data] {
        &self.items
    }

    pub(crate) fn into_items(mut self) -> Vec<Data> {
        std::mem::take(&mut self.items)
    }

    pub(crate) fn extend(&mut self, more: &[Data]) {
        more.iter().for_each(|item| self.shape.add(item));
        self.items.extend_from_slice(more);
        self.held.resize(LIST + self.items.len() * SCALAR);
    }

    /// Takes out an item that [`put`](Self::put) or [`remove`](Self::remove) is to follow.
    pub(crate) fn take(&mut self, index: usize) -> Option<Data> {
        let item = std::mem::take(self.items.get_mut(index)?);
        self.shape.remove(&item);
        Some(item)
    }

    pub(crate) fn put(&mut self, index: usize, item: Data) {
        if let Some(slot) = self.items.get_mut(index) {
            self.shape.add(&item);
            *slot = item;
        }
    }

    pub(crate) fn remove(&mut self, index: usize) {
        if index < self.items.len() {
            self.items.remove(index);
        }
    }

    pub(crate) fn pad(&mut self, len: usize) {
        if len > self.items.len() {
            self.shape.weight += (len - self.items.len()) * SCALAR;
            self.items.resize(len, Data::null());
            self.held.resize(LIST + len * SCALAR);
        }
    }
}

impl Clone for List {
    fn clone(&self) -> Self {
        let held = Held::new(LIST + self.items.len() * SCALAR);
        Self { items: self.items.clone(), shape: self.shape, held }
    }
}

impl Object {
    fn new(entries: Entries) -> Self {
        let keys: usize = entries.keys().map(|key| ENTRY + key.len()).sum();
        let shape = Shape::of(OBJECT + keys, entries.values());
        let held = Held::new(OBJECT + keys);
        Self { entries, shape, held }
    }

    pub(crate) fn entries(&self) -> &Entries {
        &self.entries
    }

    pub(crate) fn into_entries(mut self) -> Entries {
        std::mem::take(&mut self.entries)
    }

    pub(crate) fn insert(&mut self, key: Arc<str>, value: Data) {
        self.shape.add(&value);
        let own = ENTRY + key.len();
        match self.entries.insert(key, value) {
            Some(old) => self.shape.remove(&old),
            None => {
                self.shape.weight = self.shape.weight.saturating_add(own);
                self.held.resize(OBJECT + self.entries.len() * ENTRY);
            }
        }
    }

    /// The same, where the key is often there already.
    fn set(&mut self, key: &str, value: Data) {
        match self.entries.get_mut(key) {
            Some(slot) => {
                self.shape.remove(slot);
                self.shape.add(&value);
                *slot = value;
            }
            None => self.insert(key.into(), value),
        }
    }

    /// Takes out a value that [`insert`](Self::insert) or [`remove`](Self::remove) is to follow.
    pub(crate) fn take(&mut self, key: &str) -> Option<Data> {
        let value = std::mem::take(self.entries.get_mut(key)?);
        self.shape.remove(&value);
        // What is left behind is null, and `insert` will take off its weight.
        self.shape.weight = self.shape.weight.saturating_add(SCALAR);
        Some(value)
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Some(value) = self.entries.shift_remove(key) {
            self.shape.remove(&value);
            self.shape.weight = self.shape.weight.saturating_sub(ENTRY + key.len());
        }
    }
}

impl Clone for Object {
    fn clone(&self) -> Self {
        let held = Held::new(OBJECT + self.entries.len() * ENTRY);
        Self { entries: self.entries.clone(), shape: self.shape, held }
    }
}

impl From<Value> for Data {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::text(text),
            Value::Array(items) => Self::array(items.into_iter().map(Self::from)),
            Value::Object(entries) => Self::from_entries(
                entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
            ),
            scalar => Self::from(&scalar),
        }
    }
}

impl From<&Value> for Data {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::null(),
            Value::Bool(bool) => Self(Node::Bool(*bool)),
            Value::Number(number) => Self::number(Number::from_json(number)),
            Value::String(text) => Self::text(text.clone()),
            Value::Array(items) => Self::array(items.iter().map(Self::from)),
            Value::Object(entries) => Self::from_entries(
                entries.iter().map(|(key, value)| (key.as_str().into(), value.into())).collect(),
            ),
        }
    }
}

/// Compact JSON.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        json::write(self, f)
    }
}
