//! Generated projects of any size, that look like work of people.

use std::fmt::Write as _;

use locus_diag::Sources;
use locus_model::{Spec, SpecFile};
use locus_syntax::parse_yaml;

/// Workflows in one generated file.
const WORKFLOWS_PER_FILE: usize = 10;

/// Steps in a generated workflow, those of inner blocks included.
#[allow(dead_code, reason = "not every benchmark counts steps")]
pub(crate) const STEPS_PER_WORKFLOW: usize = 20;

/// Texts by path.
pub(crate) type Files = Vec<(String, String)>;

/// How many bytes they have.
#[allow(dead_code, reason = "not every benchmark counts bytes")]
pub(crate) fn bytes(files: &Files) -> usize {
    files.iter().map(|(_, text)| text.len()).sum()
}

/// All of them parsed, one after another.
#[allow(dead_code, reason = "not every benchmark parses by itself")]
pub(crate) fn parsed(files: &Files) -> Spec {
    let mut sources = Sources::default();
    let mut spec = Spec::default();
    for (name, text) in files {
        let source = sources.add(name.as_str(), text.as_str());
        let (documents, _) = parse_yaml(source, text);
        spec.files.push(SpecFile { source, documents });
    }
    spec
}

/// A project of so many workflows of 20 steps.
pub(crate) fn generated(workflows: usize) -> Files {
    let mut files = vec![("a-shop.locus.yaml".to_owned(), SHOP.to_owned())];
    for (number, first) in (0..workflows).step_by(WORKFLOWS_PER_FILE).enumerate() {
        let last = workflows.min(first + WORKFLOWS_PER_FILE);
        let mut text = "workflows:\n".to_owned();
        for index in first..last {
            // Chains of calls end with their file.
            let next = if index + 1 < last { index + 1 } else { index };
            workflow(&mut text, index, next);
        }
        files.push((format!("part-{number:04}.locus.yaml"), text));
    }
    files
}

fn workflow(text: &mut String, index: usize, next: usize) {
    let names = [("{{index}}", format!("{index:05}")), ("{{next}}", format!("{next:05}"))];
    let filled = names.iter().fold(WORKFLOW.to_owned(), |text, (from, to)| text.replace(from, to));
    // The last one calls nobody.
    let filled = if index == next {
        filled.replace("call: { workflow: ship_", "log: { message: ship_").replace(
            ", input: { number: \"${ .vars.number }\", lines: \"${ .input.lines }\" } }",
            " }",
        )
    } else {
        filled
    };
    writeln!(text, "{filled}").unwrap();
}

const SHOP: &str = r#"connections:
  shop: { type: sqlite, path: shop.db }
  bus: { type: queue, path: bus.db }
models:
  Order:
    description: An order of a customer.
    fields:
      number: { type: string, id: true, max: 20 }
      customer: string
      total: decimal
"#;

const WORKFLOW: &str = r#"  ship_{{index}}:
    # A parcel that was announced cannot be called back.
    x-allow: [not-compensated]
    description: |
      Takes an order from the shop to the warehouse: checks it, reserves stock line by line,
      charges the customer, and tells everybody who has to know.
    input:
      number: { type: string, max: 20, description: "Number of the order" }
      customer: { type: string, default: nobody, description: "Who ordered" }
      lines: { type: "json[]", default: [] }
      total: { type: decimal, default: 0 }
    output:
      number: "${ .vars.number }"
      priority: "${ .steps.priority }"
      reserved: "${ [ .steps.reserve_all[] | select(. != null) ] | length }"
    triggers:
      - http: { method: POST, path: /ship/{{index}} }
    timeout: 1h
    steps:
      - id: prepare
        description: Names that later steps use.
        set:
          number: "SO-${ .input.number }"
          gross: ${ .input.total * 119 | round / 100 }

      - id: stock
        description: What there is, by article.
        db_tx:
          connection: shop
          statements:
            - sql: >-
                select sku, free from product
                where sku in (select value ->> 'sku' from json_each(:lines))
              params: { lines: "${ .input.lines }" }

      - id: check
        validate:
          type: Order
          data: { number: "${ .vars.number }", customer: "${ .input.customer }", total: "${ .vars.gross }" }

      - id: priority
        conditional:
          cases:
            - name: freight
              when: ${ .vars.gross >= 2500 }
              steps: [ { id: kind, set: { kind: freight }, output: freight } ]
            - name: express
              when: ${ .vars.gross >= 500 }
              steps: [ { id: kind, set: { kind: express }, output: express } ]
          else: [ { id: kind, set: { kind: standard }, output: standard } ]

      - id: reserve_all
        loop:
          over: ${ .input.lines }
          as: line
          concurrency: 4
          steps:
            - id: price
              external_api:
                url: "https://prices.example/articles/${ $line.sku | @uri }"
                query: { customer: "${ .input.customer }" }
              retry: { attempts: 5, backoff: exponential, initial: 200ms, errors: [timeout, connect_failed, http_5xx] }
              timeout: 10s
            - id: reserve
              # All of the line or nothing.
              db_tx:
                connection: shop
                statements:
                  - sql: update product set free = free - :quantity where sku = :sku and free >= :quantity
                    params: { sku: "${ $line.sku }", quantity: "${ $line.quantity }" }
                    expect: { affected: 1, else: out_of_stock }
              compensate:
                - id: release
                  db_tx:
                    connection: shop
                    statements:
                      - sql: update product set free = free + :quantity where sku = :sku
                        params: { sku: "${ $line.sku }", quantity: "${ $line.quantity }" }

      - id: pay
        try_catch:
          try:
            - id: charge
              external_api:
                method: POST
                url: https://pay.example/charges
                headers: { Authorization: "Bearer ${ $secrets.PAY_TOKEN }" }
                body: { order: "${ .vars.number }", amount: "${ .vars.gross }", currency: EUR }
          catch:
            - name: declined
              errors: [http_4xx]
              as: problem
              steps:
                - id: note
                  log:
                    level: warn
                    message: "payment of ${ .vars.number } declined: ${ $problem.code }"

      - id: announce
        parallel:
          branches:
            warehouse:
              - queue_publish:
                  connection: bus
                  topic: "warehouse.${ .steps.priority }"
                  payload: { order: "${ .vars.number }", lines: "${ .input.lines | map({ sku, quantity }) }" }
            customer:
              - queue_publish:
                  connection: bus
                  topic: mail.shipped
                  payload: { order: "${ .vars.number }", customer: "${ .input.customer | ascii_downcase }" }

      - wait: { for: 5s }
      - id: onwards
        when: ${ .input.lines | length > 0 }
        call: { workflow: ship_{{next}}, input: { number: "${ .vars.number }", lines: "${ .input.lines }" } }
      - return: { value: "${ { number: .vars.number, reserved: (.steps.reserve_all | length) } }" }
"#;
