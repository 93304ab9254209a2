//! The catalogue of diagnostic codes. A code is a short name in kebab case; its page under `docs/codes/` is its
//! documentation, the text of `locus explain`, and a running test.

use std::fmt;

use crate::diagnostic::Severity;

/// One kind of problem.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    /// The name users see, quote and look up: `unknown-step-type`.
    pub name: &'static str,
    /// How bad it is unless the one who reports it says otherwise.
    pub severity: Severity,
    /// The page that explains it, in Markdown.
    pub page: &'static str,
    /// File that declares it.
    pub declared_in: &'static str,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", self.name)
    }
}

impl Code {
    /// The first heading's text of the page after the code's name: one line that says what the problem is.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.page
            .lines()
            .find_map(|line| line.strip_prefix("# "))
            .map_or(self.name, |heading| heading.split_once(": ").map_or(heading, |(_, rest)| rest))
    }
}

/// Where [`codes!`](crate::codes) puts every code of every linked crate.
#[cfg(not(target_family = "wasm"))]
#[linkme::distributed_slice]
pub static CODES: [Code];

/// Declares diagnostic codes as constants and enters them in the catalogue.
///
/// ```ignore
/// locus_diag::codes! {
///     /// A key is written twice in one mapping.
///     pub DUPLICATE_KEY = "duplicate-key", Error, "../../../docs/codes/duplicate-key.md";
/// }
/// ```
#[macro_export]
macro_rules! codes {
    ($($(#[$doc:meta])* $vis:vis $constant:ident = $name:literal, $severity:ident, $page:literal;)*) => {$(
        $(#[$doc])*
        $vis const $constant: $crate::Code = $crate::Code {
            name: $name,
            severity: $crate::Severity::$severity,
            page: include_str!($page),
            declared_in: file!(),
        };
        const _: () = {
            #[cfg(not(target_family = "wasm"))]
            #[$crate::__private::linkme::distributed_slice($crate::catalogue::CODES)]
            #[linkme(crate = $crate::__private::linkme)]
            static CODE: $crate::Code = $constant;
        };
    )*};
}

/// Every code of every linked crate, by name.
#[must_use]
pub fn catalogue() -> Vec<Code> {
    #[cfg(not(target_family = "wasm"))]
    let mut all: Vec<Code> = CODES.iter().copied().collect();
    #[cfg(target_family = "wasm")]
    let mut all: Vec<Code> = Vec::new();
    // Link order differs between builds.
    all.sort_by_key(|code| (code.name, code.declared_in));
    all
}

/// The code of this name, if some linked crate declares it.
#[must_use]
pub fn explain(name: &str) -> Option<Code> {
    catalogue().into_iter().find(|code| code.name == name)
}
