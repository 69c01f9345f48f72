//! The client's side.

use crate::suite::vector::Outcome;
use serde_json::Value;

pub(super) fn play(_: &Value, _: &[Value]) -> Outcome {
    Outcome::Error("sequences of a client need the client".to_owned())
}
