//! Compares a report with what its vector expects.

use super::vector::{Outcome, Refusal, Report, Vector};
use super::{is_stream, run, sequence, stream};
use serde_json::Value;

/// Compares a report with what the vector expects. The error describes the difference.
pub fn check(vector: &Vector, report: &Report) -> Result<(), String> {
    let Some(expected) = vector.text("expect") else {
        return Err("the vector has no expected result".to_owned());
    };
    if let Outcome::Session { accepted, fields } = &report.outcome {
        return sequence::check(vector, *accepted, fields);
    }
    let value = vector.field("value");
    let agrees = expected == report.outcome.result()
        && match &report.outcome {
            Outcome::Accept(actual) => value.is_none_or(|value| is_same(value, actual)),
            Outcome::Reject(refusal) => {
                value.is_none_or(|value| refusal_agrees(value, refusal) && consumed_agrees(value, report))
            }
            Outcome::Incomplete => true,
            Outcome::Session { .. } | Outcome::Error(_) => false,
        };
    let alternatives = vector.field("also_ok").and_then(Value::as_array);
    if agrees || alternatives.into_iter().flatten().any(|alternative| is_alternative(alternative, &report.outcome)) {
        return Ok(());
    }
    let value = value.map(|value| format!(" {value}")).unwrap_or_default();
    Err(format!("expected {expected}{value}, got {}", report.to_json(vector.id())))
}

/// Compares an outcome with one alternative: the name of a result stands for that result, anything else is a value that may
/// be accepted.
fn is_alternative(alternative: &Value, outcome: &Outcome) -> bool {
    match (alternative.as_str(), outcome) {
        (Some(result @ ("accept" | "reject" | "incomplete")), _) => result == outcome.result(),
        (_, Outcome::Accept(actual)) => is_same(alternative, actual),
        _ => false,
    }
}

/// Compares two values. The code of a reply is a number in the output of the runner, and a string in the vectors, which have one
/// type for every code.
fn is_same(wanted: &Value, actual: &Value) -> bool {
    wanted == actual || with_code_as_string(wanted) == with_code_as_string(actual)
}

fn with_code_as_string(value: &Value) -> Value {
    let mut value = value.clone();
    let number = value.get("code").and_then(Value::as_u64);
    if let (Some(number), Some(code)) = (number, value.get_mut("code")) {
        *code = Value::from(format!("{number:03}"));
    }
    value
}

/// Compares the fields that the vector has. A field is not compared if the refusal has no reply or no offset.
fn refusal_agrees(wanted: &Value, refusal: &Refusal) -> bool {
    refusal.fields().all(|(name, actual)| wanted.get(name).is_none_or(|wanted| *wanted == actual))
}

/// Compares the number of octets that a stream kind has read, if the vector has it.
fn consumed_agrees(wanted: &Value, report: &Report) -> bool {
    wanted.get("consumed").is_none_or(|wanted| Some(wanted) == report.consumed.map(Value::from).as_ref())
}

/// Runs a vector of a stream kind cut in two at every offset, and octet by octet. Every report must be the same.
pub fn check_cuts(vector: &Vector) -> Result<(), String> {
    if !is_stream(vector) {
        return Ok(());
    }
    let whole = run(vector);
    let length = vector.input().len();
    let in_two = (1..length).map(|cut| vec![cut]);
    let in_octets = (1..length).collect();
    for cuts in in_two.chain([in_octets]) {
        let report = stream::run(vector, &cuts);
        if report != whole {
            let (whole, report) = (whole.to_json(vector.id()), report.to_json(vector.id()));
            let place = if let [cut] = cuts[..] { format!("cut at {cut}") } else { "octet by octet".to_owned() };
            return Err(format!("whole: {whole}, {place}: {report}"));
        }
    }
    Ok(())
}
