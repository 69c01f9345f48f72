//! Whole sessions: the crate plays the side that the vector names.

mod client;
mod server;

use super::vector::{Outcome, Report, Vector, optional};
use serde_json::{Map, Value};

/// Plays a session, step by step.
pub(crate) fn run(vector: &Vector) -> Report {
    play(vector).unwrap_or_else(Outcome::Error).into()
}

/// The error says why it is no session.
fn play(vector: &Vector) -> Result<Outcome, String> {
    let value = vector.field("value").and_then(Value::as_object).ok_or("no value")?;
    // A client reads leniently, and a server strictly, unless the vector says something else.
    let dialect = vector.text("dialect").map(|_| vector.grammar().dialect);
    match value.get("role").and_then(Value::as_str) {
        Some("server") => server::play(value, dialect),
        Some("client") => client::play(value, dialect),
        _ => Err("value.role is neither server nor client".to_owned()),
    }
}

/// Plays a sequence of a server and shows `see` what each side sends: `true` and the octets of the client, `false` and those of
/// the server. With `pipelined` the client does not wait for replies. Returns how many messages the server accepted, and `None`
/// for a vector that is no sequence of a server.
///
/// # Errors
/// Says what of the sequence cannot be played.
pub fn watch(vector: &Vector, pipelined: bool, see: impl FnMut(bool, &[u8])) -> Option<Result<usize, String>> {
    let value = vector.field("value").and_then(Value::as_object)?;
    let dialect = vector.text("dialect").map(|_| vector.grammar().dialect);
    let of_server = value.get("role").and_then(Value::as_str) == Some("server");
    of_server.then(|| server::watch(value, dialect, pipelined, see))
}

/// What `read` makes of each step; the error names the first of which it makes nothing.
fn steps<T>(value: &Map<String, Value>, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, String> {
    let steps = optional(value, "steps", Value::as_array)?.ok_or("no steps")?;
    steps.iter().map(|step| read(step).ok_or_else(|| format!("no legal step: {step}"))).collect()
}

/// Compares what was played with the fields that stand in the steps; the error says what differs.
pub(super) fn check(vector: &Vector, accepted: bool, played: &Value) -> Result<(), String> {
    let wanted = vector.field("value").cloned().unwrap_or_default();
    let result = if accepted { "accept" } else { "reject" };
    let alternatives = vector.field("also_ok").and_then(Value::as_array).cloned().unwrap_or_default();
    let also = alternatives.iter().any(|other| other == result || other["expect"] == result);
    if vector.text("expect") != Some(result) && !also {
        return Err(format!("expected {:?}, got {result}: {played}", vector.text("expect")));
    }
    if !played[client::DIFFERS].is_null() {
        return Err(format!("sending within the event loop is not sending after it: {played}"));
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
        return Err(format!("expected greeting {}, got {}", wanted["greeting"], played["greeting"]));
    }
    if !wanted["deliver"].is_null() && wanted["deliver"] != played["deliver"] {
        return Err(format!("expected {}, delivered {}", wanted["deliver"], played["deliver"]));
    }
    Ok(())
}
