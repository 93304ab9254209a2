//! A plugin asks for permissions that there are.

use locus_plugin::Plugin;

/// Sends things.
#[derive(Plugin)]
#[plugin(id = "acme.sender", permissions("netwrok", "files"))]
struct Sender;

fn main() {}
