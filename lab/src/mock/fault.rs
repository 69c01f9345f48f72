//! Faults of the mock server: the places where one can happen, and what it is. `--fault` and the API set them; the site asks for
//! them.

use crate::driver::{Answer, Refusal};
use serde_json::{Map, Value, json};
use smtp_core::syntax::{ReplyBuf, ReplyCode, Verb};
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

macro_rules! places {
    ($($place:ident $name:literal $text:literal;)*) => {
        /// Where a fault can happen, in the order of a session.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Place {
            $(#[doc = $text] $place,)*
        }

        impl Place {
            /// All places, each with its name and what it is.
            pub(crate) const ALL: &[(Self, &'static str, &'static str)] = &[$((Self::$place, $name, $text),)*];
        }
    };
}

// Everything that lists the places derives from this table: `--fault`, its help, the API and the page.
places! {
    Greeting "greeting" "before the greeting";
    Ehlo "ehlo" "EHLO, HELO and LHLO";
    StartTls "starttls" "STARTTLS";
    Auth "auth" "AUTH, when the credentials are there";
    Mail "mail" "MAIL";
    Rcpt "rcpt" "RCPT, each time";
    Data "data" "DATA, or the first BDAT of a message";
    Content "content" "each time that octets of a message arrive";
    Eod "eod" "the end of a message";
    Rset "rset" "RSET";
    Noop "noop" "NOOP";
    Vrfy "vrfy" "VRFY";
    Expn "expn" "EXPN";
    Help "help" "HELP";
    Quit "quit" "QUIT";
}

/// The forms of a fault, each with an example that the page suggests, and what it does.
const FORMS: [(&str, &str, &str); 4] = [
    ("a code", "450", "this reply, with a text of its own"),
    ("a code and a text", "554 5.6.0 No such thing", "this reply"),
    ("drop", "drop", "the connection is closed without a reply"),
    ("delay:SECONDS", "delay:5", "the answer is delayed"),
];

impl Place {
    /// Returns the place with this name.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(place, ..)| *place)
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(place, ..)| *place == self).map_or("", |(_, name, _)| name)
    }

    /// Returns the place of a command, which has its name.
    fn of(verb: Verb) -> Option<Self> {
        let name = match verb {
            Verb::Helo | Verb::Lhlo => Verb::Ehlo.as_str(),
            verb => verb.as_str(),
        };
        Self::ALL.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name)).map(|(place, ..)| *place)
    }
}

/// Returns the help text of `--fault`.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "A fault; may be given several times. Several faults of one place happen in the order given.\n\nWHEN is one of:\n",
    );
    // Writing into a `String` does not fail.
    for (_, name, what) in Place::ALL {
        _ = writeln!(text, "  {name:<10} {what}");
    }
    text.push_str("\nWHAT is one of:\n");
    for (form, example, what) in FORMS {
        let example = if form == example { String::new() } else { format!(", such as \"{example}\"") };
        _ = writeln!(text, "  {form}{example}: {what}");
    }
    text.push_str("\nA code is one from 400 to 599.");
    text
}

/// Returns the places and examples of faults, for the page.
pub(crate) fn choices() -> Value {
    let places = Place::ALL.iter().map(|(_, name, what)| json!({ "when": name, "text": what }));
    let examples = FORMS.iter().map(|(_, example, what)| json!({ "what": example, "text": what }));
    json!({ "places": places.collect::<Vec<_>>(), "examples": examples.collect::<Vec<_>>() })
}

/// A fault: `rcpt=450`, `eod=554 5.6.0 no`, `data=drop`, `greeting=delay:5`.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    when: Place,
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
        let (when, what) = text.split_once('=').ok_or("expected WHEN=WHAT, for instance rcpt=450")?;
        Self::new(when, what)
    }
}

impl Fault {
    fn new(when: &str, text: &str) -> Result<Self, String> {
        let when = Place::named(when).ok_or_else(|| {
            let names: Vec<&str> = Place::ALL.iter().map(|(_, name, _)| *name).collect();
            format!("there is no place \"{}\"; the places are {}", when.escape_debug(), names.join(", "))
        })?;
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
                let forms: Vec<&str> = FORMS.iter().map(|(form, ..)| *form).collect();
                let text = text.escape_debug();
                format!("\"{text}\" is not a fault; it may be {}, with codes from 400 to 599", forms.join(", "))
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

    /// Returns the faults as the API shows them: lists by place.
    pub(crate) fn to_json(&self) -> Value {
        let mut places = Map::new();
        for fault in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if let Value::Array(list) = places.entry(fault.when.name()).or_insert_with(|| json!([])) {
                list.push(json!(fault.text));
            }
        }
        Value::Object(places)
    }

    /// Replaces all faults by those of an object: for each place a text, or a list of them. Changes nothing if one is wrong.
    pub(crate) fn set(&self, value: &Value) -> Result<(), String> {
        let mut faults = Vec::new();
        for (when, what) in value.as_object().ok_or("expected an object such as {\"rcpt\": [\"450\"]}")? {
            let list = what.as_array().map_or(std::slice::from_ref(what), Vec::as_slice);
            for text in list {
                faults.push(Fault::new(when, text.as_str().ok_or("a fault is a text, such as \"450\"")?)?);
            }
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = faults;
        Ok(())
    }

    /// Does what happens at a command that has no question of its own in the driver.
    pub(crate) async fn at_verb(&self, verb: Verb) -> Answer {
        match Place::of(verb) {
            Some(place) => self.at(place).await,
            None => Ok(()),
        }
    }

    /// Does what happens here: each fault of the place in its order, until one answers.
    pub(crate) async fn at(&self, place: Place) -> Answer {
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
