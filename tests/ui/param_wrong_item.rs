//! Items that are no parameters.

/// Has a type parameter.
#[derive(locus_plugin::Param)]
struct Generic<T> {
    /// Of any type.
    value: T,
}

/// Has no names.
#[derive(locus_plugin::Param)]
struct Tuple(u64, String);

/// Has variants with something in them.
#[derive(locus_plugin::Param)]
enum Shape {
    Dot,
    Circle { radius: u64 },
    #[param(rename = "dot")]
    Point,
    #[param(name = "box")]
    Box(u64, u64),
}

/// Holds itself.
#[derive(locus_plugin::Param)]
struct Tree {
    /// The trees below.
    below: Vec<Tree>,
}

/// Has nothing to choose from.
#[derive(locus_plugin::Param)]
enum Never {}

/// Is no struct.
#[derive(locus_plugin::Step)]
#[step(name = "choice", control)]
enum Choice {
    All,
}

/// Is no struct either.
#[derive(locus_plugin::ParserHook)]
#[parser_hook(name = "choice", suffixes(".choice"))]
enum Reader {
    All,
}

fn main() {}
