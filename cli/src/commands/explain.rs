//! `locus explain`: the page of a diagnostic code.

use locus_diag::{catalogue, did_you_mean};
use serde_json::{Value, json};

use crate::args::Explain;
use crate::ui::{Outcome, Ui};

pub(crate) fn explain(args: &Explain, ui: Ui) -> Outcome {
    let codes = catalogue();
    let Some(name) = &args.code else {
        if args.json {
            let list: Vec<Value> = codes
                .iter()
                .map(|code| {
                    json!({ "code": code.name, "severity": code.severity, "title": code.title() })
                })
                .collect();
            ui.json(&Value::Array(list));
        } else {
            let width = codes.iter().map(|code| code.name.len()).max().unwrap_or_default();
            for code in codes {
                ui.result(format_args!("{:width$}  {}", code.name, code.title()));
            }
        }
        return Ok(());
    };
    let Some(code) = codes.iter().find(|code| code.name == name) else {
        let help = match did_you_mean(name, codes.iter().map(|code| code.name)) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "`locus explain` lists all codes".to_owned(),
        };
        return Err(ui.error(format_args!("there is no code `{name}`"), Some(&help)));
    };
    if args.json {
        ui.json(&json!({
            "code": code.name,
            "severity": code.severity,
            "title": code.title(),
            "page": code.page,
        }));
    } else {
        ui.raw(code.page);
    }
    Ok(())
}
