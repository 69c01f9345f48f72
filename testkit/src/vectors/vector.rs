//! The two ends of the file format: reads a vector, and writes a report.

use serde_json::{Map, Value, json};
use smtp_core::syntax::{Dialect, EnhancedCode, Extensions, Grammar, ReplyCode, SyntaxError};

/// The fields whose value is one word of a list.
const WORDS: &[(&str, &[&str])] = &[
    (
        "kind",
        &["domain", "literal", "address", "path", "xtext", "line", "reply", "ehlo", "data", "command", "sequence"],
    ),
    ("dialect", &["strict", "smtputf8", "lenient"]),
    ("leniency", Dialect::KINDS),
];

/// Returns the words of `op`. Every kind can be decoded, and is if there is no `op`.
fn ops(kind: &str) -> &'static [&'static str] {
    if matches!(kind, "data" | "command") { &["decode", "encode"] } else { &["decode"] }
}

/// The words of `slot` before its ":".
const SLOTS: &[&str] = &[
    "ehlo.domain",
    "ehlo.literal.v6",
    "mail.address",
    "rcpt.address",
    "mail.local+domain",
    "rcpt.local+domain",
    "param.value",
    "param.name",
    "param.xtext",
    "auth.mechanism",
    "auth.initial",
    "auth.response.raw",
    "vrfy.text",
    "noop.text",
    "etrn.node",
    "xclient.value",
    "bdat",
];

/// One line of a vector file.
#[derive(Clone, Debug)]
pub struct Vector {
    fields: Map<String, Value>,
    id: String,
    kind: String,
    input: Vec<u8>,
}

impl Vector {
    /// Reads a line. The error says why it is not a vector.
    pub fn read(line: impl AsRef<[u8]>) -> Result<Self, String> {
        let fields: Map<String, Value> = serde_json::from_slice(line.as_ref()).map_err(|error| error.to_string())?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let id = text("id").ok_or("no id")?.to_owned();
        let kind = text("kind").ok_or("no kind")?.to_owned();
        for (name, words) in WORDS.iter().copied().chain([("op", ops(&kind))]) {
            let word = optional(&fields, name, |word| words.iter().any(|known| word == known).then_some(()));
            word.map_err(|error| format!("{id}: {error}"))?;
        }
        optional(&fields, "offered", strings).map_err(|error| format!("{id}: {error}"))?;
        let slot = text("slot").map(|slot| slot.split(':').next().unwrap_or_default());
        if text("op") == Some("encode") && kind == "command" && !slot.is_some_and(|slot| SLOTS.contains(&slot)) {
            return Err(format!("{id}: unknown slot"));
        }
        let input = match text("input") {
            Some(input) => octets(input).ok_or("the input has a character that is not an octet")?,
            // A sequence has its octets in its steps, and an encoded BDAT has none.
            None if kind == "sequence" || text("slot") == Some("bdat") => Vec::new(),
            None => return Err("no input".to_owned()),
        };
        Ok(Self { fields, id, kind, input })
    }

    /// Returns the `id`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the `kind`, one of the words in `tests/conformance/README.md`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the octets of `input`.
    pub fn input(&self) -> &[u8] {
        &self.input
    }

    /// Returns a field of any type. Null counts as absent.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Returns a field that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }

    /// Returns the same vector for an implementation that has only the kind of leniency that the vector needs. Returns `None` if it
    /// needs none.
    pub fn with_its_leniency_alone(&self) -> Option<Self> {
        self.text("leniency")?;
        let mut fields = self.fields.clone();
        fields.insert("dialect".to_owned(), "leniency".into());
        Some(Self { fields, ..self.clone() })
    }

    /// Returns the grammar of the vector. Without a dialect, replies are read as a client with the default configuration does.
    pub fn grammar(&self) -> Grammar {
        let is_reply = matches!(self.kind(), "reply" | "ehlo");
        let mut usual = Grammar::STRICT;
        usual.dialect = Dialect::SENDER;
        let grammar = match self.text("dialect") {
            Some("lenient") => Grammar::LENIENT,
            // See `with_its_leniency_alone`.
            Some("leniency") => {
                let mut grammar = Grammar::STRICT;
                grammar.dialect = self.text("leniency").and_then(Dialect::only).unwrap_or_default();
                grammar
            }
            Some("smtputf8") => Grammar::SMTPUTF8,
            None if is_reply => usual,
            _ => Grammar::STRICT,
        };
        if self.has_extensions() { grammar.with_extensions(Extensions::ALL) } else { grammar }
    }

    /// Returns `true` if every extension is offered.
    pub fn has_extensions(&self) -> bool {
        self.text("exts") == Some("all")
    }
}

/// The result of a vector, and how far it has read.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The result.
    pub outcome: Outcome,
    /// The number of octets that a stream kind has read.
    pub consumed: Option<usize>,
}

/// The result of a vector.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The input was accepted, with this value.
    Accept(Value),
    /// The input was refused.
    Reject(Refusal),
    /// More octets are needed.
    Incomplete,
    /// A sequence was played.
    Session {
        /// Nothing was refused, and nothing was fatal.
        accepted: bool,
        /// The fields of the report: `steps`, and those of the role.
        fields: Value,
    },
    /// The vector itself is invalid.
    Error(String),
}

/// The reason of a refusal, and the reply of a server to it.
#[derive(Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// The code of the reply.
    pub code: Option<ReplyCode>,
    /// Its enhanced status code.
    pub enhanced: Option<EnhancedCode>,
    /// The offset of the fault in the input.
    pub offset: Option<usize>,
    /// A description of the fault.
    pub error: String,
}

impl Refusal {
    /// Creates a refusal with a text alone, for input that is not answered.
    pub fn because(error: impl ToString) -> Self {
        Self { error: error.to_string(), ..Self::default() }
    }

    /// Adds the reply that a server owes.
    pub fn with_reply(self, code: ReplyCode, enhanced: EnhancedCode) -> Self {
        Self { code: Some(code), enhanced: Some(enhanced), ..self }
    }

    /// Adds the offset of the fault in the input.
    pub fn at(self, offset: usize) -> Self {
        Self { offset: Some(offset), ..self }
    }
}

impl From<SyntaxError> for Refusal {
    fn from(error: SyntaxError) -> Self {
        Self::because(error).with_reply(error.code(), error.enhanced_code()).at(error.offset())
    }
}

impl From<Outcome> for Report {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, consumed: None }
    }
}

impl<E: Into<Refusal>> From<Result<Value, E>> for Outcome {
    fn from(result: Result<Value, E>) -> Self {
        match result {
            Ok(value) => Self::Accept(value),
            Err(error) => Self::Reject(error.into()),
        }
    }
}

impl Outcome {
    /// Returns the word of the file format.
    pub fn result(&self) -> &'static str {
        match self {
            Self::Accept(_) | Self::Session { accepted: true, .. } => "accept",
            Self::Reject(_) | Self::Session { accepted: false, .. } => "reject",
            Self::Incomplete => "incomplete",
            Self::Error(_) => "error",
        }
    }
}

impl Report {
    /// Returns one object of the output.
    pub fn to_json(&self, id: &str) -> Value {
        let mut object = json!({ "id": id });
        match &self.outcome {
            Outcome::Error(error) => return json!({ "id": null, "error": format!("{id}: {error}") }),
            outcome => object["result"] = json!(outcome.result()),
        }
        if let Outcome::Accept(value) = &self.outcome {
            object["value"] = value.clone();
        }
        if let Outcome::Session { fields: Value::Object(fields), .. } = &self.outcome {
            for (name, value) in fields {
                object[name] = value.clone();
            }
        }
        if let Some(consumed) = self.consumed {
            object["consumed"] = json!(consumed);
        }
        if let Outcome::Reject(refusal) = &self.outcome {
            for (name, value) in refusal.fields() {
                object[name] = value;
            }
        }
        object
    }
}

impl Refusal {
    /// Returns the fields that are present, as the file format has them.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let code = self.code.map(|code| ("code", json!(code.to_string())));
        let enhanced = self.enhanced.map(|enhanced| ("enhanced", json!(enhanced.to_string())));
        let offset = self.offset.map(|offset| ("offset", json!(offset)));
        code.into_iter().chain(enhanced).chain(offset).chain([("error", json!(self.error))])
    }
}

/// Reads a field. Returns `None` if it is absent or null, and an error if `read` does not accept it.
pub(crate) fn optional<'a, T>(
    object: &'a Map<String, Value>,
    name: &str,
    read: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<T>, String> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some).ok_or_else(|| format!("invalid {name}: {value}")),
    }
}

/// Returns a list of strings.
pub(crate) fn strings(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

/// Returns octets as the file format has them: one character each.
pub(crate) fn shown(octets: impl AsRef<[u8]>) -> Value {
    let octets = octets.as_ref();
    match std::str::from_utf8(octets) {
        // Not one by one: a long input is converted once for every offset at which it is cut.
        Ok(text) if text.is_ascii() => text.into(),
        _ => octets.iter().copied().map(char::from).collect::<String>().into(),
    }
}

/// Returns the octets of such a text, or `None` if a character is not an octet.
pub(crate) fn octets(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect()
}
