//! Documentation is data: without it there is no step type and no parameter.

#[derive(locus_plugin::Step)]
#[step(name = "attend", control)]
struct Attend {
    time: u64,
    /// How often.
    times: u64,
    #[param(default)]
    r#while: bool,
}

#[derive(locus_plugin::Param)]
struct Nested {
    key: String,
}

fn main() {}
