//! What an ordinary program gives.

use locus_plugin::model::json_schema::notation_schema;

use super::*;

fn openapi(program: &Program) -> Value {
    serde_json::from_str(&files(program, "openapi")["openapi.json"]).unwrap()
}

/// Every reference with what it leads to.
fn references<'a>(
    value: &'a Value,
    root: &'a Value,
    found: &mut Vec<(&'a str, Option<&'a Value>)>,
) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                found
                    .push((reference, reference.strip_prefix('#').and_then(|to| root.pointer(to))));
            }
            map.values().for_each(|value| references(value, root, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, root, found)),
        _ => {}
    }
}

#[test]
fn openapi_has_an_operation_for_each_way_to_start_a_workflow() {
    let document = openapi(&shop());
    let paths = document["paths"].as_object().unwrap();
    let operations: Vec<String> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap();
            methods.iter().map(move |(method, operation)| {
                format!("{method} {path} {}", operation["operationId"].as_str().unwrap())
            })
        })
        .collect();
    assert_eq!(
        operations,
        [
            "post /orders/{order_id}/fulfil fulfil_order",
            "get /orders find",
            "post /workflows/nightly/runs start_nightly",
            "get /runs/{id} get_run",
        ]
    );
    let fulfil = &document["paths"]["/orders/{order_id}/fulfil"]["post"];
    let body = &fulfil["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["required"], json!(["lines", "amount"]));
    assert_eq!(body["properties"]["express"], json!({ "type": "boolean", "default": false }));
    assert_eq!(fulfil["parameters"][0]["name"], "order_id");
    let places: Vec<&Value> = document["paths"]["/orders"]["get"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| &parameter["content"]["application/json"])
        .collect();
    assert_eq!(
        places.iter().filter(|content| !content.is_null()).count(),
        1,
        "only `filter` is JSON"
    );
}

#[test]
fn openapi_references_lead_somewhere() {
    for program in [shop(), obstacles::obstacles()] {
        let document = openapi(&program);
        let mut found = Vec::new();
        references(&document, &document, &mut found);
        assert!(found.len() > 10);
        for (reference, target) in found {
            assert!(target.is_some(), "{reference}");
        }
    }
}

/// What the document promises is what the program checks.
#[test]
fn openapi_components_agree_with_the_checks_of_the_program() {
    let program = shop();
    let document = openapi(&program);
    for name in ["Customer", "Order", "OrderLine", "Address"] {
        let component = &document["components"]["schemas"][name];
        let schema = notation_schema(name, &program).unwrap();
        let checked = &schema["$defs"][name];
        let keys = |schema: &Value| -> Vec<String> {
            schema["properties"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(keys(component), keys(checked), "{name}");
        let required = |schema: &Value| schema["required"].as_array().cloned().unwrap_or_default();
        assert_eq!(required(component), required(checked), "{name}");
        assert_eq!(component["additionalProperties"], checked["additionalProperties"], "{name}");
    }
}

#[test]
fn openapi_defaults_are_values_of_their_type() {
    let document = openapi(&shop());
    let order = &document["components"]["schemas"]["Order"]["properties"];
    assert_eq!(order["status"]["default"], "pending");
    assert_eq!(order["placed"]["default"], Value::Null);
    assert_eq!(order["placed"]["description"], "When it came in.\n\nDefault: now");
}

#[test]
fn openapi_options_say_who_serves_what() {
    let options = json!({ "title": "Shop API", "version": "9", "server": "https://x.example" });
    let text = &files_with(&shop(), "openapi", &options)["openapi.json"];
    let document: Value = serde_json::from_str(text).unwrap();
    assert_eq!(document["info"], json!({ "title": "Shop API", "version": "9" }));
    assert_eq!(document["servers"], json!([{ "url": "https://x.example" }]));
    let document = openapi(&shop());
    assert_eq!(document["info"], json!({ "title": "shop", "version": "1.2.0" }));
    assert_eq!(document["servers"], Value::Null);
}

#[test]
fn typescript_types_are_laid_out_as_prettier_would() {
    let types = &files(&shop(), "typescript")["types.ts"];
    for expected in [
        "export interface Order {\n  id: string;\n  /** Who ordered. */\n  customer: Customer;\n  lines: OrderLine[];\n  /** Default: pending */\n  status?: \"pending\" | \"paid\" | \"shipped\" | undefined;\n  total: number | string;\n  /**\n   * When it came in.\n   *\n   * Default: now\n   */\n  placed?: string | undefined;\n  note?: string | null | undefined;\n}\n",
        "export type Labels = { [key: string]: string | null };\n",
        "export type Weekday =\n  | \"monday\"\n  | \"tuesday\"\n",
        "export type Parcel = {\n  weight: number;\n  inner?: Parcel | undefined;\n  size?: \"s\" | \"m\" | 3 | null | undefined;\n};\n",
        "export type FulfilOrderOutput = {\n  receipt: unknown;\n  text: string;\n  fixed: { n: number; list: unknown[]; nothing: null; yes: boolean };\n};\n",
        "export type FindOutput = unknown;\n",
    ] {
        assert!(types.contains(expected), "{expected}\nis not in\n{types}");
    }
}

#[test]
fn typescript_has_a_method_for_each_workflow() {
    let files = files(&shop(), "typescript");
    for expected in [
        "  fulfilOrder(\n    input: types.FulfilOrderInput,\n    options: LocusCallOptions = {},\n  ): Promise<LocusRun<types.FulfilOrderOutput>> {\n    return this.#call(\"POST\", \"/orders/{order_id}/fulfil\", input, options);\n  }\n",
        "    return this.#call(\"GET\", \"/orders\", input, options, [\"filter\"]);\n",
        "  nightly(\n    options: LocusCallOptions = {},\n  ): Promise<LocusRun<types.NightlyOutput>> {\n    return this.#call(\"POST\", \"/workflows/nightly/runs\", {}, options);\n  }\n",
    ] {
        assert!(
            files["client.ts"].contains(expected),
            "{expected}\nis not in\n{}",
            files["client.ts"]
        );
    }
    assert!(
        files["index.ts"]
            .ends_with("export * from \"./client.js\";\nexport type * from \"./types.js\";\n")
    );
    let types_only = files_with(&shop(), "typescript", &json!({ "client": false }));
    assert_eq!(types_only.keys().collect::<Vec<_>>(), ["index.ts", "types.ts"]);
    assert!(!types_only["index.ts"].contains("client"));
}

#[test]
fn workflow_docs_show_what_a_workflow_is() {
    let files = files(&shop(), "workflow_docs");
    let page = &files["workflows/fulfil_order.md"];
    for expected in [
        "# fulfil_order\n\nReserve, charge and announce one order.\n\nThe customer is told.\n",
        "- On request `POST /orders/{order_id}/fulfil`\n- On schedule `0 3 * * *`\n- On event `order.placed`\n- On a call by its name\n\nA run may take 1h.\n",
        "| `amount` | `decimal` | yes |  | What to charge. |\n| `express` | `bool` | no | `false` |  |\n",
        "| `charge` | `external_api` | at most once |  | 5 attempts, exponential from 200ms to 30s; on timeout, http_5xx | 10s |  |\n",
        "| `bus` | `queue` | `queue_publish` |\n| `shop` | `sqlite` | `reserve`, `db_tx` |\n",
        "[\"reserve_all\"]\n",
    ] {
        assert!(page.contains(expected), "{expected}\nis not in\n{page}");
    }
    let index = &files["index.md"];
    assert!(index.contains("| [fulfil_order](workflows/fulfil_order.md) | request `POST /orders/{order_id}/fulfil`, schedule `0 3 * * *`, event `order.placed` | Reserve, charge and announce one order. |\n"));
    let plain =
        files_with(&shop(), "workflow_docs", &json!({ "diagrams": false, "title": "Our flows" }));
    assert!(!plain["workflows/find.md"].contains("mermaid"));
    assert!(plain["index.md"].contains("\n# Our flows\n"));
}

#[test]
fn an_edit_elsewhere_changes_no_other_name_in_a_diagram() {
    let steps = |steps: Value| {
        let program = program(json!({ "workflows": { "w": { "steps": steps } } }));
        files(&program, "workflow_docs")["workflows/w.md"].clone()
    };
    let before = steps(json!([{ "id": "b", "type": "log" }]));
    let after = steps(json!([{ "id": "a", "type": "log" }, { "id": "b", "type": "log" }]));
    let node = before.lines().find(|line| line.contains("b \u{b7} log")).unwrap();
    assert!(after.contains(node));
}

#[test]
fn a_program_with_nothing_in_it_has_its_files_too() {
    let empty = Program::default();
    assert_eq!(openapi(&empty)["paths"], json!({}));
    assert!(files(&empty, "typescript")["types.ts"].ends_with("\nexport {};\n"));
    assert!(
        files(&empty, "workflow_docs")["index.md"].ends_with("\nThis program has no workflows.\n")
    );
}
