//! `.locus.csv`: specs that were written in a spreadsheet.

use locus_plugin::{Parsed, ParserHook, Source};

use crate::cells::Reader;
use crate::tables::document;

/// Reads specs from tables. The first row names the columns, and one of them says what the table is about.
///
/// - `workflow`: a row is a step. `type` must be there; `id`, `description`, `when` and `timeout` are those of the step; every other column is a
///   parameter of the types that its cells are filled for.
/// - `model` or `schema`: a row is a field. `field` must be there; `type`, `description`, `default`, `min` and so on are those of the field, and
///   `enum` lists its values with `|` between them. A row without a field describes the whole.
///
/// An empty cell is a key that is not written. A cell without quotes that is a number, `true` or `false` is just that; all others are texts, with
/// expressions as everywhere.
///
/// Problems: `acme.csv/cell` for a cell that cannot be read, `acme.csv/table` for columns and rows that do not fit together.
#[derive(ParserHook)]
#[parser_hook(name = "locus-csv", suffixes(".locus.csv"))]
pub struct LocusCsv;

impl ParserHook for LocusCsv {
    fn parse(&self, source: &Source) -> Parsed {
        let mut reader = Reader::new(source);
        let documents = document(&mut reader).into_iter().collect();
        Parsed { documents, diagnostics: reader.problems }
    }
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::read;
    use serde_json::json;

    #[test]
    fn rows_are_steps() {
        let read = read(
            "a.locus.csv",
            "workflow, id, type, message, for, count, when\r\n\
             restock, tell, log, \"Größe \"\"XL\"\", bitte\", , 3,\r\n\
             \r\n\
             restock, , wait, , 5m, , ${ .vars.late }\r\n\
             close_up,, stop,,, \"4\", true\r\n",
        );
        assert_eq!(read.told(), Vec::<String>::new());
        assert_eq!(
            read.value(),
            json!({ "workflows": {
                "restock": { "steps": [
                    { "id": "tell", "log": { "message": "Größe \"XL\", bitte", "count": 3 } },
                    { "when": "${ .vars.late }", "wait": { "for": "5m" } },
                ] },
                "close_up": { "steps": [{ "when": true, "stop": { "count": "4" } }] },
            } })
        );
        let steps = "/workflows/restock/steps";
        for (pointer, text) in [
            ("/0/log/count", "3"),
            ("/1/when", "${ .vars.late }"),
            ("/1", "restock, , wait, , 5m, , ${ .vars.late }"),
            ("/0/log/message", "\"Größe \"\"XL\"\", bitte\""),
        ] {
            assert_eq!(read.text_of(&format!("{steps}{pointer}")), Some(text));
        }
        // A part of the text behind an escaped quote is found again, byte for byte.
        let message = read.documents[0].pointer(&format!("{steps}/0/log/message")).unwrap();
        let text = message.as_text().unwrap();
        let part = text.value.find("bitte").unwrap();
        assert_eq!(read.text(text.locate(part..part + 5, message.span)), "bitte");
        let step = read.documents[0].pointer(&format!("{steps}/0")).unwrap();
        let key = &step.entry("log").unwrap().key;
        assert_eq!(read.text(key.span), "log");
    }

    #[test]
    fn rows_are_fields() {
        let read = read(
            "a.locus.csv",
            "model,field,type,id,min,enum,description\n\
             Order,,,,,,What a customer asks for\n\
             Order,number,string,true,,,\n\
             Order,state,,,,open | paid,\n\
             Line,quantity,int?,,1,,\"Pieces, not boxes\"\n",
        );
        assert_eq!(read.told(), Vec::<String>::new());
        assert_eq!(
            read.value(),
            json!({ "models": {
                "Order": {
                    "description": "What a customer asks for",
                    "fields": {
                        "number": { "type": "string", "id": true },
                        "state": { "enum": ["open", "paid"] },
                    },
                },
                "Line": { "fields": {
                    "quantity": { "type": "int?", "min": 1, "description": "Pieces, not boxes" },
                } },
            } })
        );
        assert_eq!(read.text_of("/models/Order/fields/state/enum/1"), Some("paid"));
        assert_eq!(read.text_of("/models/Line/fields/quantity/type"), Some("int?"));
        let order = read.documents[0].pointer("/models/Order/fields").unwrap();
        assert_eq!(read.text(order.entry("state").unwrap().key.span), "state");
    }

    #[test]
    fn schemas_are_objects_of_their_fields() {
        let read = read("a.locus.csv", "schema,field,type\nSummary,orders,int\n");
        assert_eq!(
            read.value(),
            json!({ "schemas": { "Summary": { "fields": { "orders": { "type": "int" } } } } })
        );
    }

    #[test]
    fn what_is_wrong_is_pointed_at_and_the_rest_is_read() {
        let read = read(
            "a.locus.csv",
            "workflow,type,message,message\n\
             a,log,one,two,three\n\
             a,,lost\n\
             ,log,whose\n\
             a,log,\"closed\" badly\n\
             a,log,\"open\n",
        );
        assert_eq!(
            read.told(),
            [
                "text behind the closing quote, at  badly",
                "this quote is never closed, at \"",
                "the column `message` is there twice, at message",
                "this row has more cells than there are columns, at three",
                "this row has no step type, at a,,lost",
                "this row belongs to no workflow, at ",
            ]
        );
        let steps = read.documents[0].pointer("/workflows/a/steps").unwrap();
        assert_eq!(steps.as_sequence().unwrap().len(), 3);
    }

    #[test]
    fn a_table_needs_its_columns() {
        for (text, told) in [
            (
                "\u{feff}flow,type\na,log\n",
                "the table has no column `workflow`, `model` or `schema`, at flow,type",
            ),
            ("workflow,id\na,b\n", "the table has no column `type`, at workflow,id"),
            ("model,type\nA,int\n", "the table has no column `field`, at model,type"),
            (
                "model,schema,field\nA,,b\n",
                "a table is about one thing: `model` and `schema` are both there, at schema",
            ),
        ] {
            let read = read("a.locus.csv", text);
            assert_eq!((read.documents.len(), read.told()), (0, vec![told.to_owned()]));
        }
        let empty = read("a.locus.csv", "");
        assert!(empty.documents.is_empty() && empty.problems.is_empty());
    }

    #[test]
    fn a_field_is_declared_once() {
        let read = read("a.locus.csv", "model,field,type\nA,b,int\nA,b,string\n");
        assert_eq!(read.told(), ["the field `b` of `A` is there twice, at b"]);
        assert_eq!(read.value()["models"]["A"]["fields"]["b"]["type"], "int");
    }
}
