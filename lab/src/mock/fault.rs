//! Faults of the mock server: when one happens, and what it is. `--fault` and the API give them; the site asks for them.

use crate::driver::{Answer, Refusal};
use serde_json::{Map, Value, json};
use smtp_core::syntax::{ReplyBuf, ReplyCode, Verb};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a fault can happen at: the greeting, commands, the octets of a message, and its end.
const PLACES: [&str; 15] = [
    "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "content", "eod", "rset", "noop", "vrfy", "expn",
    "help", "quit",
];

/// A fault: `rcpt=450`, `eod=554 5.6.0 no`, `data=drop`, `greeting=delay:5`.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    when: &'static str,
    /// As it was written.
    text: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Reply(ReplyBuf),
    Drop,
    Delay(Duration),
}

impl std::str::FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (when, what) = text.split_once('=').ok_or("a fault is WHEN=WHAT, for instance rcpt=450")?;
        Self::new(when, what)
    }
}

impl Fault {
    fn new(when: &str, text: &str) -> Result<Self, String> {
        let known = PLACES.iter().find(|known| **known == when);
        let when =
            known.ok_or_else(|| format!("{} is no WHEN; there are {}", when.escape_debug(), PLACES.join(", ")))?;
        let what = if text == "drop" {
            What::Drop
        } else if let Some(seconds) = text.strip_prefix("delay:") {
            let seconds = seconds.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            What::Delay(seconds.ok_or("delay: takes a number of seconds")?)
        } else {
            let (code, words) = text.split_once(' ').unwrap_or((text, "Fault of the mock server"));
            let code =
                code.parse().ok().and_then(|code| ReplyCode::new(code).ok()).filter(|code| code.class().is_failure());
            let code = code.ok_or_else(|| {
                format!(
                    "{} is no WHAT: a code from 400 to 599 with or without a text, drop, or delay:SECONDS",
                    text.escape_debug()
                )
            })?;
            What::Reply(ReplyBuf::lossy(code, words))
        };
        Ok(Self { when, text: text.to_owned(), what })
    }
}

/// The faults that are switched on.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(faults))
    }

    /// The faults as the API shows them: lists by place.
    pub(crate) fn to_json(&self) -> Value {
        let mut places = Map::new();
        for fault in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if let Value::Array(list) = places.entry(fault.when).or_insert_with(|| json!([])) {
                list.push(json!(fault.text));
            }
        }
        Value::Object(places)
    }

    /// Replaces all faults by those of an object: a text, or a list of them, for each place.
    pub(crate) fn set(&self, value: &Value) -> Result<(), String> {
        let mut faults = Vec::new();
        for (when, what) in value.as_object().ok_or("faults are an object")? {
            let list = what.as_array().map_or(std::slice::from_ref(what), Vec::as_slice);
            for text in list {
                faults.push(Fault::new(when, text.as_str().ok_or("a fault is a text")?)?);
            }
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = faults;
        Ok(())
    }

    /// What happens at a command.
    pub(crate) async fn at_verb(&self, verb: Verb) -> Answer {
        let place = match verb {
            Verb::Helo | Verb::Ehlo | Verb::Lhlo => "ehlo".to_owned(),
            verb => verb.as_str().to_ascii_lowercase(),
        };
        self.at(&place).await
    }

    /// What happens here: each fault of the place in its order, until one answers.
    pub(crate) async fn at(&self, place: &str) -> Answer {
        let here: Vec<What> = {
            let faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            faults.iter().filter(|fault| fault.when == place).map(|fault| fault.what.clone()).collect()
        };
        for what in here {
            match what {
                What::Delay(time) => tokio::time::sleep(time).await,
                What::Drop => return Err(Refusal::HangUp),
                What::Reply(reply) => return Err(reply.into()),
            }
        }
        Ok(())
    }
}
