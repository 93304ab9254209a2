//! JSON-RPC 2.0: answers and failures.

use serde_json::{Value, json};

/// What a request is answered.
pub(super) type Answer = Result<Value, Failure>;

/// Why a request cannot be done.
#[derive(Debug)]
pub(super) struct Failure {
    code: i64,
    message: String,
}

impl Failure {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn parse(reason: &str) -> Self {
        Self::new(-32700, format!("this is no message: {reason}"))
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self::new(-32600, message)
    }

    pub(super) fn unknown_method(method: &str) -> Self {
        Self::new(-32601, format!("`{method}` is not known here"))
    }

    /// Parameters that are missing or of another shape.
    pub(super) fn params(what: &str) -> Self {
        Self::new(-32602, format!("expected {what}"))
    }

    pub(super) fn internal() -> Self {
        Self::new(-32603, "this failed by a mistake in Locus; the server goes on")
    }

    pub(super) fn not_initialized() -> Self {
        Self::new(-32002, "the first request is `initialize`")
    }

    pub(super) fn cancelled() -> Self {
        Self::new(-32800, "cancelled")
    }

    /// A request that is right but cannot be granted; the message is shown to the user.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::new(-32803, message)
    }
}

pub(super) fn done(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

pub(super) fn failed(id: &Value, failure: &Failure) -> Value {
    let error = json!({ "code": failure.code, "message": failure.message });
    json!({ "jsonrpc": "2.0", "id": id, "error": error })
}

pub(super) fn notification(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}
