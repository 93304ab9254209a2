//! `read_file`: data from a file of the project.

use locus_plugin::services::FILE_ERRORS;
use locus_plugin::{Action, Param, Step, StepContext, StepError};
use serde_json::{Map, Number, Value, json};

/// Reads a file of the project.
///
/// The result depends on the format: with `csv` a list of objects by the names in the first row, all values text unless `numbers` names their
/// column; with `json` its value; with `jsonl` the list of the values of its lines; with `text` the text.
///
/// A file that is not what its format says fails the step with `invalid_file`; the error's details have the `line`, and the `column`
/// where that is known. Other errors are `file_not_found`, `path_not_allowed` and `file_too_large`.
///
/// ```yaml
/// workflows:
///   stock_value:
///     steps:
///       - id: stock
///         read_file: { path: data/stock.csv, numbers: [quantity, price] }
///       - return: { value: "${ .steps.stock | map(.quantity * .price) | add }" }
/// ```
#[derive(Step)]
#[step(
    name = "read_file",
    action,
    errors(FILE_ERRORS, "invalid_file"),
    effect = "read",
    result = choice(
        "/format",
        [
            ("csv", notation("map<json>[]")),
            ("jsonl", notation("json[]")),
            ("text", notation("string")),
        ],
        any(),
    )
)]
pub struct ReadFile {
    /// The file, relative to the project's folder.
    path: String,
    /// What is in it. When not given, its name says: `.csv`, `.json`, `.jsonl`, and `text` for all others.
    format: Option<Format>,
    /// The columns of a `csv` file that hold numbers; an empty cell there is `null`.
    #[param(default)]
    numbers: Vec<String>,
    /// The character between the cells of a `csv` file.
    #[param(default = ",", pattern = "^[\\x00-\\x7F]$")]
    delimiter: String,
    /// The most rows or lines there may be in a `csv` or `jsonl` file; more fail the step with `invalid_file`.
    #[param(default = 100_000, min = 1)]
    max: u64,
}

/// What is in a file.
#[derive(Param, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Rows of cells; the first names the columns.
    Csv,
    /// One JSON value.
    Json,
    /// A JSON value on each line; empty lines do not count.
    Jsonl,
    /// Text in UTF-8.
    Text,
}

impl Action for ReadFile {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let bytes = cx.read_file(&self.path).await?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let line =
                1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            self.invalid("not UTF-8", json!({ "line": line }))
        })?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        match self.format() {
            Format::Csv => self.csv(text),
            Format::Json => {
                serde_json::from_str(text).map_err(|error| self.not_json(&error, error.line()))
            }
            Format::Jsonl => self.jsonl(text),
            Format::Text => Ok(Value::String(text.to_owned())),
        }
    }
}

impl ReadFile {
    fn format(&self) -> Format {
        let extension =
            self.path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        self.format.unwrap_or(match extension.as_deref() {
            Some("csv") => Format::Csv,
            Some("json") => Format::Json,
            Some("jsonl" | "ndjson") => Format::Jsonl,
            _ => Format::Text,
        })
    }

    fn csv(&self, text: &str) -> Result<Value, StepError> {
        let &[delimiter] = self.delimiter.as_bytes() else {
            return Err(StepError::terminal(
                "invalid_parameter",
                "/delimiter: expected one ASCII character",
            ));
        };
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
        let columns = self.columns(reader.headers().map_err(|error| self.not_csv(&error))?)?;
        let mut rows = Vec::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| self.not_csv(&error))? {
            let line = record.position().map_or(0, csv::Position::line);
            self.check_count(rows.len(), line)?;
            let mut row = Map::with_capacity(columns.len());
            for (column, cell) in columns.iter().zip(&record) {
                let value = if column.number {
                    number(cell).ok_or_else(|| {
                        let details = json!({ "line": line, "column": column.name });
                        self.invalid(
                            &format!("column `{}` is `{cell}`, not a number", column.name),
                            details,
                        )
                    })?
                } else {
                    Value::String(cell.to_owned())
                };
                row.insert(column.name.clone(), value);
            }
            rows.push(Value::Object(row));
        }
        Ok(Value::Array(rows))
    }

    /// The columns that the first row names.
    fn columns(&self, header: &csv::StringRecord) -> Result<Vec<Column>, StepError> {
        let mut columns: Vec<Column> = Vec::new();
        for (index, name) in header.iter().enumerate() {
            let problem = if name.is_empty() {
                format!("column {} has no name", index + 1)
            } else if columns.iter().any(|column| column.name == name) {
                format!("two columns are called `{name}`")
            } else {
                let number = self.numbers.iter().any(|column| column == name);
                columns.push(Column { name: name.to_owned(), number });
                continue;
            };
            return Err(self.invalid(&problem, json!({ "line": 1 })));
        }
        match self.numbers.iter().find(|name| columns.iter().all(|column| column.name != **name)) {
            None => Ok(columns),
            Some(missing) => {
                let names: Vec<String> =
                    columns.iter().map(|column| format!("`{}`", column.name)).collect();
                let problem =
                    format!("there is no column `{missing}`; there are {}", names.join(", "));
                Err(self.invalid(&problem, json!({ "line": 1 })))
            }
        }
    }

    fn jsonl(&self, text: &str) -> Result<Value, StepError> {
        let mut values = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            self.check_count(values.len(), index as u64 + 1)?;
            values.push(
                serde_json::from_str(line).map_err(|error| self.not_json(&error, index + 1))?,
            );
        }
        Ok(Value::Array(values))
    }

    fn check_count(&self, read: usize, line: u64) -> Result<(), StepError> {
        if (read as u64) < self.max {
            return Ok(());
        }
        Err(self
            .invalid(&format!("more than `max: {}` records", self.max), json!({ "line": line })))
    }

    fn not_json(&self, error: &serde_json::Error, line: usize) -> StepError {
        // The parser counts lines itself; which line it was asked to read, only the caller knows.
        let text = error.to_string();
        let problem = text.rsplit_once(" at line ").map_or(text.as_str(), |(problem, _)| problem);
        self.invalid(problem, json!({ "line": line, "column": error.column() }))
    }

    fn not_csv(&self, error: &csv::Error) -> StepError {
        let line = error.position().map_or(1, csv::Position::line);
        let problem = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} cells instead of {expected_len}")
            }
            _ => error.to_string(),
        };
        self.invalid(&problem, json!({ "line": line }))
    }

    fn invalid(&self, problem: &str, details: Value) -> StepError {
        let message = format!("{}, line {}: {problem}", self.path, details["line"]);
        StepError::terminal("invalid_file", message).details(details)
    }
}

struct Column {
    name: String,
    number: bool,
}

/// The number in a cell; `null` when there is none.
fn number(cell: &str) -> Option<Value> {
    let cell = cell.trim();
    if cell.is_empty() {
        return Some(Value::Null);
    }
    let whole = cell.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| Number::from_f64(cell.parse().ok()?)).map(Value::Number)
}
