//! A plugin that reads `*.locus.csv`: models, schemas and workflows that were written in a spreadsheet.
//!
//! - [`cells`]: a text as rows of cells, each with its bytes;
//! - [`tables`]: rows as workflows, models and schemas;
//! - [`front_end`]: the parser hook that joins them.

#![warn(clippy::disallowed_methods)]

pub mod cells;
pub mod front_end;
pub mod tables;

use locus_plugin::Plugin;

/// Models, schemas and workflows from tables.
#[derive(Plugin)]
#[plugin(id = "acme.csv", stability = "preview")]
pub struct Csv;

#[cfg(test)]
mod tests {
    use locus_plugin::testing::conformance;

    #[test]
    fn the_plugin_keeps_the_contract() {
        conformance::plugin();
        conformance::front_end(
            "a.locus.csv",
            "workflow,id,type,when,message\na, x,log,${ .input.b },\"Größe \"\"XL\"\", bitte\"\nb,,stop,true,3\n",
        );
        conformance::front_end(
            "a.locus.csv",
            "model,field,type,enum,description\nA,,,,All\nA,b,int,,\nA,c,,ä | b,\"x, y\"\n",
        );
    }
}
