//! `locus run`: a durable run of one workflow.

use std::fs;
use std::io::{self, Read};
use std::sync::Arc;

use locus_model::{Program, TypeKind};
use locus_plugin::Registry;
use serde_json::{Map, Value};

use crate::args::Run;
use crate::program::compile;
use crate::progress::Progress;
use crate::session::{
    engine_error, interrupted, open, outcomes, show_outcome, store_file, wait_for,
};
use crate::ui::{Failed, Outcome, Ui};

/// Most bytes of an input.
const LONGEST_INPUT: u64 = 64 << 20;

pub(crate) fn run(args: &Run, registry: Arc<Registry>, ui: Ui) -> Outcome {
    let compilation = compile(&args.spec, &registry, ui)?;
    let program = Arc::new(compilation.program);
    let workflow = chosen(&program, args.workflow.as_deref(), ui)?;
    let input = read_input(args, &program, &workflow, ui)?;
    let progress = Arc::new(Progress::new(ui, args.quiet));
    let store = store_file(&compilation.root, &args.store);
    let root = compilation.root;
    wait_for(
        async {
            let engine = open(&root, store, registry, &progress, ui)?;
            let mut id = args.run_id.clone();
            if id.is_none() && !args.new {
                id = engine
                    .find_resumable(&program, &workflow, input.clone())
                    .await
                    .map_err(|error| engine_error(&error, ui))?;
            }
            let handle = engine
                .start(program, &workflow, input, id)
                .await
                .map_err(|error| engine_error(&error, ui))?;
            let id = handle.id().to_owned();
            let ended = outcomes(&engine, vec![handle]).await;
            progress.finish();
            match ended {
                None => Err(interrupted(&[id], ui)),
                Some(ended) => ended
                    .iter()
                    .try_for_each(|(id, outcome)| show_outcome(id, outcome, args.json, ui)),
            }
        },
        ui,
    )
}

/// The workflow that was named, or the only one.
fn chosen(program: &Program, name: Option<&str>, ui: Ui) -> Result<String, Failed> {
    if let Some(name) = name {
        // An unknown name is the engine's to report: it knows the names that are close.
        return Ok(name.to_owned());
    }
    let names: Vec<&str> = program.workflows.keys().map(String::as_str).collect();
    match names.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(ui.error("the program has no workflow to run", None)),
        several => {
            let help = format!("name one of them: {}", several.join(", "));
            Err(ui.error("the program has several workflows", Some(&help)))
        }
    }
}

/// The input: `--input`, with single values of `--set` over it.
fn read_input(args: &Run, program: &Program, workflow: &str, ui: Ui) -> Result<Value, Failed> {
    let mut input = match &args.input {
        Some(given) => parse_input(given, ui)?,
        None => Value::Object(Map::new()),
    };
    for pair in &args.set {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(ui.error(
                format_args!("`--set {pair}` has no `=`"),
                Some("write `--set NAME=VALUE`"),
            ));
        };
        let Value::Object(map) = &mut input else {
            return Err(ui.error("`--set` needs an input that is an object", None));
        };
        map.insert(name.to_owned(), value_of(value, program, workflow, name));
    }
    Ok(input)
}

/// Text where the workflow wants text, otherwise JSON; what is no JSON is text.
fn value_of(value: &str, program: &Program, workflow: &str, name: &str) -> Value {
    let kind = program
        .workflows
        .get(workflow)
        .and_then(|workflow| workflow.input.get(name))
        .map(|field| &field.ty.kind);
    if matches!(kind, Some(TypeKind::String)) {
        return Value::String(value.to_owned());
    }
    serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()))
}

fn parse_input(given: &str, ui: Ui) -> Result<Value, Failed> {
    let (text, origin) = match given.strip_prefix('@') {
        None => (Ok(given.to_owned()), "--input"),
        Some("-") => (read_limited(io::stdin()), "standard input"),
        Some(file) => (fs::File::open(file).and_then(read_limited), file),
    };
    let text = text.map_err(|error| {
        ui.error(
            format_args!("cannot read the input from `{origin}`: {error}"),
            Some("behind `@` stands the path of a file with JSON in it, or `-` for standard input"),
        )
    })?;
    serde_json::from_str(&text).map_err(|error| {
        ui.error(
            format_args!("the input from {origin} is no JSON: {error}"),
            Some("give an object, for example --input '{\"name\": \"Ada\"}', or --set name=Ada"),
        )
    })
}

/// The whole text, unless it is longer than any input: what is recorded with a run is no place for files.
fn read_limited(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(LONGEST_INPUT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST_INPUT {
        let message = format!("it is longer than {} MiB", LONGEST_INPUT >> 20);
        return Err(io::Error::other(message));
    }
    Ok(text)
}
