//! Reads recorded sessions from the two file formats, captures and transcripts.

use serde_json::{Value, json};
use smtp_core::observer::Side;
use std::fs;
use std::mem::replace;
use std::path::Path;

/// A record of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a connection has nothing else")]
pub enum Record {
    /// Octets of one side.
    Data(Side, Vec<u8>),
    /// One side closed its direction.
    Eof(Side),
}

/// A recorded session.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a program that records a session builds one")]
pub struct Capture {
    /// The records, in order of arrival.
    pub records: Vec<Record>,
    /// A transcript is written down by hand: it has no record of the end of either direction.
    pub is_transcript: bool,
    /// The session continues within TLS after STARTTLS, so it has no greeting. In a file: `{"meta": {"within_tls": true}}`.
    pub within_tls: bool,
}

impl Capture {
    /// Reads a file: lines of JSON, or a transcript.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, String> {
        Self::read(&fs::read(path).map_err(|error| error.to_string())?)
    }

    /// Reads the octets of a file with one session.
    pub fn read(octets: &[u8]) -> Result<Self, String> {
        let mut sessions = Self::read_all(octets)?;
        match (sessions.pop(), sessions.len()) {
            (Some((_, capture)), 0) => Ok(capture),
            (_, others) => Err(format!("a log of {} sessions", others + 1)),
        }
    }

    /// Reads the octets of a file, which may be a log: captures one after another, each of which begins with its name,
    /// `{"meta": {"session": "1"}}`. Returns each session with its name, which is empty in other files.
    pub fn read_all(octets: &[u8]) -> Result<Vec<(String, Self)>, String> {
        let first = octets.iter().copied().find(|octet| !octet.is_ascii_whitespace());
        if first == Some(b'{') {
            Self::from_json(octets)
        } else {
            Ok(vec![(String::new(), Self::from_transcript(octets)?)])
        }
    }

    /// Reads `{"meta"}`, then `{"dir", "data"}` or `{"dir", "eof": true}` per line. Data has one character for each octet.
    fn from_json(octets: &[u8]) -> Result<Vec<(String, Self)>, String> {
        let text = std::str::from_utf8(octets).map_err(|error| error.to_string())?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let new = || Self { records: Vec::new(), is_transcript: false, within_tls: false };
        let mut sessions = Vec::new();
        let (mut name, mut session) = (String::new(), new());
        for (at, line) in lines {
            if line.contains("\"meta\"") {
                let value: Value = serde_json::from_str(line).unwrap_or_default();
                if let Some(next) = value.pointer("/meta/session").and_then(Value::as_str) {
                    if !name.is_empty() || !session.records.is_empty() {
                        sessions.push((name, replace(&mut session, new())));
                    }
                    name = next.to_owned();
                }
                session.within_tls |= value.pointer("/meta/within_tls") == Some(&Value::Bool(true));
            }
            session.records.extend(read(line).map_err(|error| format!("line {}: {error}", at + 1))?);
        }
        sessions.push((name, session));
        Ok(sessions)
    }

    /// Reads lines that begin with `C: ` or `S: `, whose CRLF is implied. Skips empty lines and lines that begin with `#`.
    fn from_transcript(octets: &[u8]) -> Result<Self, String> {
        let mut records = Vec::new();
        let octets = octets.strip_suffix(b"\n").unwrap_or(octets);
        for (at, line) in octets.split(|&octet| octet == b'\n').enumerate() {
            if is_printed(line) {
                return Err(format!("line {}: this was printed for people; record with --log or --record", at + 1));
            }
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let (side, text) = match line {
                [b'C', b':', text @ ..] => (Side::Client, text),
                [b'S', b':', text @ ..] => (Side::Server, text),
                [] | [b'#', ..] => continue,
                _ => return Err(format!("line {}: neither C: nor S:", at + 1)),
            };
            let text = text.strip_prefix(b" ").unwrap_or(text);
            records.push(Record::Data(side, [text, b"\r\n"].concat()));
        }
        Ok(Self { records, is_transcript: true, within_tls: false })
    }
}

impl Record {
    /// Returns the record as a line of a capture, without its line feed.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let dir = |side: &Side| if *side == Side::Client { "C" } else { "S" };
        match self {
            Self::Data(side, octets) => {
                let data: String = octets.iter().copied().map(char::from).collect();
                json!({ "dir": dir(side), "data": data })
            }
            Self::Eof(side) => json!({ "dir": dir(side), "eof": true }),
        }
    }
}

/// Returns `true` for a line that is printed for people and cannot be part of a transcript: a violation, the close of a
/// side, or a line with the number of its session.
fn is_printed(line: &[u8]) -> bool {
    let numbered = line.strip_prefix(b"#").is_some_and(|rest| {
        let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
        digits > 0
            && matches!(rest.get(digits..), Some([b' ', b'C' | b'S', b':', b' ', ..] | [b' ', b' ', b' ', b' ', ..]))
    });
    numbered || line.starts_with(b"   ^ ") || line.starts_with(b"listening on ")
}

/// Reads a line: nothing, data, the end of a direction, or data and then the end.
fn read(line: &str) -> Result<impl Iterator<Item = Record>, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let none = [None, None].into_iter().flatten();
    let side = match value.get("dir").and_then(Value::as_str) {
        Some("C") => Side::Client,
        Some("S") => Side::Server,
        None if value.get("meta").is_some() => return Ok(none),
        _ => return Err("no direction".to_owned()),
    };
    let ends = value.get("eof").and_then(Value::as_bool) == Some(true);
    let data = match value.get("data") {
        None | Some(Value::Null) if ends => None,
        data => Some(data.and_then(Value::as_str).ok_or("no data")?),
    };
    let octets = data.map(|data| data.chars().map(|c| u8::try_from(c).map_err(|_| format!("{c:?} is not an octet"))));
    let octets: Option<Vec<u8>> = octets.map(Iterator::collect::<Result<_, _>>).transpose()?;
    Ok([octets.map(|octets| Record::Data(side, octets)), ends.then_some(Record::Eof(side))].into_iter().flatten())
}
