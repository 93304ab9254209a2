//! `locus plugin order`: who is called when, and why in that order.

use locus_diag::did_you_mean;
use locus_plugin::{Point, Registry};
use serde_json::{Value, json};

use crate::ui::{Outcome, Ui};

pub(crate) fn order(registry: &Registry, name: Option<&str>, as_json: bool, ui: Ui) -> Outcome {
    let points: Vec<Point> = match name {
        None => Point::ALL.to_vec(),
        Some(name) => match Point::named(name) {
            Some(point) => vec![point],
            None => {
                let names = || Point::ALL.iter().map(|point| point.as_str());
                let help = match did_you_mean(name, names()) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
                };
                return Err(ui.error(format_args!("there is no hook point `{name}`"), Some(&help)));
            }
        },
    };
    if as_json {
        let all = points.iter().map(|point| {
            let hooks = registry.hooks_at(*point).iter();
            let hooks: Vec<Value> = hooks.map(|bound| json!(bound.entry.meta)).collect();
            (point.as_str().to_owned(), Value::Array(hooks))
        });
        ui.json(&Value::Object(all.collect()));
        return Ok(());
    }
    let only_one = points.len() == 1;
    for point in points {
        let hooks = registry.hooks_at(point);
        if hooks.is_empty() && !only_one {
            continue;
        }
        ui.result(format_args!("{}", ui.paint(point.as_str(), "1")));
        if hooks.is_empty() {
            ui.result("  nobody");
        }
        for (index, bound) in hooks.iter().enumerate() {
            let meta = &bound.entry.meta;
            let mut why = vec![format!("stage {}", meta.stage.as_str())];
            if meta.priority != 0 {
                why.push(format!("priority {}", meta.priority));
            }
            for (word, list) in [("before", &meta.before), ("after", &meta.after)] {
                if !list.is_empty() {
                    why.push(format!("{word} {}", list.join(" ")));
                }
            }
            let filter = &meta.filter;
            for (word, list) in [
                ("steps", &filter.steps),
                ("files", &filter.files),
                ("targets", &filter.targets),
                ("topics", &filter.topics),
            ] {
                if !list.is_empty() {
                    why.push(format!("only {word} {}", list.join(" ")));
                }
            }
            let name = format!("{}/{}", meta.plugin, meta.name);
            ui.result(format_args!("  {:3} {name:32} {}", index + 1, why.join(", ")));
        }
    }
    Ok(())
}
