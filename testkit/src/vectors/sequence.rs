//! The kind `sequence`: plays a whole session, in which the crate is the side that the vector names.

mod client;
mod server;

use super::vector::{Outcome, Report, Vector, optional};
use serde_json::{Map, Value};

/// Plays a session, step by step.
pub(crate) fn run(vector: &Vector) -> Report {
    play(vector).unwrap_or_else(Outcome::Error).into()
}

/// Plays the session. The error says why the vector is not a session.
fn play(vector: &Vector) -> Result<Outcome, String> {
    let value = vector.field("value").and_then(Value::as_object).ok_or("no value")?;
    // A client reads leniently, and a server strictly, unless the vector has a dialect.
    let dialect = vector.text("dialect").map(|_| vector.grammar().dialect);
    match value.get("role").and_then(Value::as_str) {
        Some("server") => server::play(value, dialect),
        Some("client") => client::play(value, dialect),
        _ => Err("value.role is neither server nor client".to_owned()),
    }
}

/// Plays a sequence of a server. Calls `see` with what each side sends: `true` and the octets of the client, `false` and
/// those of the server. With `pipelined` the client does not wait for replies. Returns the number of messages that the
/// server accepted, or `None` if the vector is not a sequence of a server.
///
/// # Errors
/// Returns an error that names the part of the sequence that cannot be played.
pub fn watch(vector: &Vector, pipelined: bool, see: impl FnMut(bool, &[u8])) -> Option<Result<usize, String>> {
    let value = vector.field("value").and_then(Value::as_object)?;
    let dialect = vector.text("dialect").map(|_| vector.grammar().dialect);
    let of_server = value.get("role").and_then(Value::as_str) == Some("server");
    of_server.then(|| server::watch(value, dialect, pipelined, see))
}

/// Reads each step with `read`. The error names the first step that `read` does not understand.
fn steps<T>(value: &Map<String, Value>, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, String> {
    let steps = optional(value, "steps", Value::as_array)?.ok_or("no steps")?;
    steps.iter().map(|step| read(step).ok_or_else(|| format!("invalid step: {step}"))).collect()
}

/// Compares what was played with the fields of the steps. The error describes the difference.
pub(super) fn check(vector: &Vector, accepted: bool, played: &Value) -> Result<(), String> {
    let wanted = vector.field("value").cloned().unwrap_or_default();
    let result = if accepted { "accept" } else { "reject" };
    let alternatives = vector.field("also_ok").and_then(Value::as_array).cloned().unwrap_or_default();
    let also = alternatives.iter().any(|other| other == result || other["expect"] == result);
    if vector.text("expect") != Some(result) && !also {
        return Err(format!("expected {:?}, got {result}: {played}", vector.text("expect")));
    }
    if !played[client::DIFFERS].is_null() {
        return Err(format!("sending within the event loop differs from sending after it: {played}"));
    }
    let steps = wanted["steps"].as_array().cloned().unwrap_or_default();
    for (at, (step, actual)) in steps.iter().zip(played["steps"].as_array().into_iter().flatten()).enumerate() {
        let others = step["also_ok"].as_array().cloned().unwrap_or_default();
        let agrees = |field: &str| {
            let same = step[field].is_null() || step[field] == actual[field];
            same || others.iter().any(|other| other[field] == actual[field])
        };
        if !["replies", "state", "allowed", "outcome"].iter().all(|field| agrees(field)) {
            return Err(format!("step {at}: expected {step}, got {actual}"));
        }
    }
    if !wanted["greeting"].is_null() && wanted["greeting"] != played["greeting"] {
        return Err(format!("expected the greeting {}, got {}", wanted["greeting"], played["greeting"]));
    }
    if !wanted["deliver"].is_null() && wanted["deliver"] != played["deliver"] {
        return Err(format!("expected {}, delivered {}", wanted["deliver"], played["deliver"]));
    }
    Ok(())
}
