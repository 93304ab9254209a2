//! Who a plugin is.

use locus_plugin::Plugin;

/// Has no owner.
#[derive(Plugin)]
#[plugin(id = "shop", api = "1", stability = "beta")]
struct Shop;

/// Is written in capitals.
#[derive(Plugin)]
#[plugin(id = "Acme.Shop", version = "1.0")]
struct Capitals;

/// Is nobody.
#[derive(Plugin)]
struct Nobody;

#[derive(Plugin)]
#[plugin(id = "acme.silent")]
struct Silent;

fn main() {}
