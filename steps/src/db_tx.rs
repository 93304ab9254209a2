//! `db_tx`: statements of a database, all or none.

use indexmap::IndexMap;
use locus_plugin::services::{
    CONNECTION_ERRORS, SQL_ERRORS, SqlExpectation, SqlOutcome, SqlStatement, SqlTransaction,
};
use locus_plugin::{Action, Param, Step, StepContext, StepError};
use serde_json::{Value, json};

/// Runs SQL statements in one transaction: all of them take effect, exactly once, or none does.
///
/// Values go in through `params` and are never part of the SQL text, which cannot hold expressions. A statement that misses
/// its `expect` rolls everything back and fails the step with the code that `else` names.
///
/// The result is that of the last statement: `affected`, the number of rows it changed, and `rows`, the rows it returned, each an
/// object by column. Those of the statements before it are in `earlier`, in order.
///
/// ```yaml
/// connections:
///   shop: { type: sqlite, path: shop.db }
/// workflows:
///   move_stock:
///     input: { sku: string, from: string, to: string, count: int }
///     steps:
///       - db_tx:
///           connection: shop
///           statements:
///             - sql: "update stock set free = free - :count where sku = :sku and place = :place and free >= :count"
///               params: { count: "${ .input.count }", sku: "${ .input.sku }", place: "${ .input.from }" }
///               expect: { affected: 1, else: out_of_stock }
///             - sql: "update stock set free = free + :count where sku = :sku and place = :place returning free"
///               params: { count: "${ .input.count }", sku: "${ .input.sku }", place: "${ .input.to }" }
/// ```
#[derive(Step)]
#[step(
    name = "db_tx",
    action,
    effect = "transactional",
    passes_key,
    errors(SQL_ERRORS, CONNECTION_ERRORS),
    result = object([
        ("affected", notation("int")),
        ("rows", notation("map<json>[]")),
        (
            "earlier",
            list(object([("affected", notation("int")), ("rows", notation("map<json>[]"))])),
        ),
    ])
)]
pub struct DbTx {
    /// The database.
    #[param(reference = "connection", service = "sql", literal)]
    connection: String,
    /// The statements, in order.
    #[param(min_items = 1)]
    statements: Vec<Statement>,
}

/// One SQL statement.
#[derive(Param)]
pub struct Statement {
    /// The statement; parameters are written `:name`.
    #[param(literal, sql = "params", effects(read("select", "explain")))]
    sql: String,
    /// The values of its parameters, by name.
    #[param(default)]
    params: IndexMap<String, Value>,
    /// What must hold after it.
    expect: Option<Expectation>,
}

/// What must hold after a statement.
#[derive(Param)]
pub struct Expectation {
    /// How many rows it must have changed.
    affected: Option<u64>,
    /// How many rows it must have returned.
    rows: Option<u64>,
    /// The code of the error when it is otherwise.
    #[param(
        default = "expectation_failed",
        literal,
        reference = "error",
        pattern = "^[a-z][a-z0-9_]*$",
        role = "raises"
    )]
    r#else: String,
}

impl Action for DbTx {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let statements = self.statements.into_iter().map(Statement::into_sql).collect();
        let outcomes = cx.sql(&self.connection, SqlTransaction { statements }).await?;
        let mut results: Vec<SqlOutcome> = outcomes;
        let last = results.pop().unwrap_or(SqlOutcome { affected: 0, rows: Vec::new() });
        Ok(json!({ "affected": last.affected, "rows": last.rows, "earlier": results }))
    }
}

impl Statement {
    fn into_sql(self) -> SqlStatement {
        let expect = self.expect.map(|expect| SqlExpectation {
            affected: expect.affected,
            rows: expect.rows,
            error: expect.r#else,
        });
        SqlStatement { sql: self.sql, params: self.params, expect }
    }
}
