//! Tests of the whole, through the public entry points. `README.md` beside this file is the manual.
//!
//! - [`layers`]: the layer table of `ARCHITECTURE.md` against Cargo and the sources;
//! - [`external`]: tools from outside Rust, and whether they tell good from bad.

mod external;
mod layers;
