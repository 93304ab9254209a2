//! @about@

@mods@
use locus_plugin::Plugin;

/// @about@
#[derive(Plugin)]
#[plugin(id = "@id@", @permissions@stability = "preview")]
pub struct @Plugin@;

#[cfg(test)]
mod tests {
    use locus_plugin::testing::conformance;

    #[test]
    fn the_plugin_conforms() {
        conformance::plugin();
    }
}
