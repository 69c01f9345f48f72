//! Checks as data: the text files in `checks/`, and how they are read.
//!
//! A check begins with its id in brackets. The next line has level and clause, the one after it the sentence. Then come settings and
//! steps, one a line:
//!
//! | line | |
//! |---|---|
//! | `offer: KEYWORD [PARAMETER]` | the check is about an extension: without it the verdict is *not offered* |
//! | `only: smtp`, `only: lmtp` | the check is about one protocol; otherwise EHLO becomes LHLO in LMTP |
//! | `open: hello` | how the session begins: see [`Open`] |
//! | `cut: octets` | everything is sent octet by octet |
//! | `unless: ID ...` | where one of these fails as well, that is the reason, and this one is inconclusive |
//! | `arrives: TEXT` | the message has this text in it where it arrives; line endings are LF there. Asked with `--sink` |
//! | `C: TEXT` | sends a line; CRLF is added. Lines without a step between them are sent at once |
//! | `C+ TEXT` | sends octets as they are |
//! | `C*N TEXT` | sends a line N times, and the step after it is done after each |
//! | `S: CODES` | waits for a reply that only prepares: another one makes the check inconclusive |
//! | `S? CODES \| CODES` | waits for a reply and judges: the first codes pass, the second ones fail, all others are inconclusive. `closed`: the connection is closed in place of a reply. `452/5.3`: 452 with the enhanced code X.5.3 |
//! | `S= CODES \| CODES` | waits for a reply that prepares; with one of the second codes the check has passed: there is nothing to be wrong |
//! | `S~ CODES` | waits for a reply that prepares; another one makes the check not offered |
//! | `each LIMIT`, `done` | plays the steps between them as often as LIMITS declares in its reply to EHLO; not offered without that limit |
//! | `limits` | fails if a limit that LIMITS declares is not of its form |
//! | `has CODE ENHANCED` | fails if the last reply has another code, or another enhanced code |
//! | `end` | sends QUIT, and fails if a reply comes before 221: it would answer nothing that was sent |
//! | `tls`, `tls?` | begins TLS. `tls?`: a server that does not go on has passed |
//! | `lacks KEYWORD` | fails if the last reply to EHLO has it |
//! | `mail`, `rcpt`, `data` | prepare: MAIL, RCPT and DATA are accepted |
//! | `message` | prepares: a whole message is accepted |
//! | `smuggle TEXT` | sends content in which this does not end it, with commands after it; one reply may come |
//!
//! A code of one or two digits stands for all that begin with it; `*` stands for any. Text has the escapes `\r`, `\n`, `\t`, `\\` and
//! `\xNN`, and `{a*64}` for a repeated letter; the other braces are in [`Words`](super::words::Words).

use super::super::report::{Check, Level};
use std::borrow::Cow;

/// The files of checks.
const FILES: [&str; 9] = [
    include_str!("checks/session.txt"),
    include_str!("checks/transaction.txt"),
    include_str!("checks/syntax.txt"),
    include_str!("checks/content.txt"),
    include_str!("checks/pipelining.txt"),
    include_str!("checks/chunking.txt"),
    include_str!("checks/security.txt"),
    include_str!("checks/parameters.txt"),
    include_str!("checks/limits.txt"),
];

/// How far the session has come when the first step of a check is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    /// Nothing was read.
    Connection,
    /// The greeting has come; with `--starttls` the TLS handshake is done too.
    Greeting,
    /// As before, and EHLO is answered.
    Hello,
    /// As before, and with `--auth` the client is authenticated. The usual.
    Ready,
    /// The client is authenticated; without `--auth` the check is inconclusive.
    Authenticated,
    /// EHLO is answered, and TLS has not begun.
    Clear,
}

/// A step of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// As it is written.
    Send(String),
    Expect(Vec<&'static str>),
    Judge {
        pass: Vec<&'static str>,
        fail: Vec<&'static str>,
    },
    Either {
        go_on: Vec<&'static str>,
        pass: Vec<&'static str>,
    },
    /// Another reply means that the check is about something that the server does not do.
    Applies(Vec<&'static str>),
    /// These steps, as often as the limit of this name says.
    Each(&'static str, Vec<Step>),
    Limits,
    Has(&'static str, &'static str),
    End,
    Tls {
        may_fail: bool,
    },
    Lacks(&'static str),
}

/// A check, and how it is played.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) check: Check,
    pub(super) offer: Option<(&'static str, Option<&'static str>)>,
    /// `Some(true)`: in LMTP only.
    pub(super) lmtp: Option<bool>,
    pub(super) open: Open,
    pub(super) cut: bool,
    pub(super) unless: Vec<&'static str>,
    pub(super) arrives: Option<&'static str>,
    /// It has a message that looks as if it had ended earlier.
    pub(super) smuggles: bool,
    pub(super) steps: Vec<Step>,
}

impl Script {
    /// Returns `true` if a step needs a recipient that is accepted.
    pub(super) fn needs_recipient(&self) -> bool {
        let names = |text: &String| {
            ["{rcpt}", "{local}", "{domain}", "{DOMAIN}", "{escaped}", "{head}"].iter().any(|name| text.contains(name))
        };
        self.sent().any(names)
    }

    /// What the steps send, as it is written.
    pub(super) fn sent(&self) -> impl Iterator<Item = &String> {
        flat(&self.steps).filter_map(|step| if let Step::Send(text) = step { Some(text) } else { None })
    }
}

/// The steps, with those within [`Step::Each`] in its place.
pub(super) fn flat(steps: &[Step]) -> impl Iterator<Item = &Step> {
    steps.iter().flat_map(|step| match step {
        Step::Each(_, steps) => steps.as_slice(),
        _ => std::slice::from_ref(step),
    })
}

/// All checks. The error names what is wrong with the files, which a test excludes.
pub(super) fn all() -> Result<Vec<Script>, String> {
    let mut scripts = Vec::new();
    for file in FILES {
        scripts.extend(read(file)?);
    }
    Ok(scripts)
}

/// The checks of one file. Empty lines part them; lines that begin with `#` are skipped.
pub(super) fn read(file: &'static str) -> Result<Vec<Script>, String> {
    file.split("\n\n").filter_map(check).collect()
}

fn check(text: &'static str) -> Option<Result<Script, String>> {
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let id = lines.next()?;
    let mut read = || {
        let id = id.strip_prefix('[').and_then(|id| id.strip_suffix(']')).ok_or("an id in brackets is missing")?;
        let (level, clause) =
            lines.next().and_then(|line| line.split_once(' ')).ok_or("level and clause are missing")?;
        let level = match level {
            "must" => Level::Must,
            "should" => Level::Should,
            "may" => Level::May,
            _ => return Err("no level".to_owned()),
        };
        let sentence = lines.next().ok_or("the sentence is missing")?;
        let check = Check { id: Cow::Borrowed(id), clause, level, sentence };
        let mut script = Script {
            check,
            offer: None,
            lmtp: None,
            open: Open::Ready,
            cut: false,
            unless: Vec::new(),
            arrives: None,
            smuggles: false,
            steps: Vec::new(),
        };
        let mut reader = Reader { script: &mut script, repeat: None, sends: false, each: None };
        lines.by_ref().try_for_each(|line| reader.line(line).ok_or_else(|| format!("no step: {line}")))?;
        if reader.each.is_some() {
            return Err("each without done".to_owned());
        }
        if script.steps.is_empty() { Err("there is no step".to_owned()) } else { Ok(script) }
    };
    Some(read().map_err(|error| format!("{id}: {error}")))
}

struct Reader<'a> {
    script: &'a mut Script,
    /// The step that comes next is done with this one so often.
    repeat: Option<(usize, String)>,
    /// The last line was one of octets to send.
    sends: bool,
    /// The limit of `each`, and how many steps stand before it.
    each: Option<(&'static str, usize)>,
}

impl Reader<'_> {
    fn line(&mut self, line: &'static str) -> Option<()> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let sent_before = std::mem::replace(&mut self.sends, false);
        match word {
            "offer:" => {
                self.script.offer =
                    Some(rest.split_once(' ').map_or((rest, None), |(name, value)| (name, Some(value))));
            }
            "only:" => self.script.lmtp = Some(rest == "lmtp"),
            "open:" => {
                self.script.open = match rest {
                    "connection" => Open::Connection,
                    "greeting" => Open::Greeting,
                    "hello" => Open::Hello,
                    "authenticated" => Open::Authenticated,
                    "clear" => Open::Clear,
                    _ => return None,
                };
            }
            "unless:" => self.script.unless.extend(rest.split(' ')),
            "cut:" => self.script.cut = true,
            "arrives:" => self.script.arrives = Some(rest),
            "C:" => self.send(format!("{rest}\\r\\n"), sent_before),
            "C+" => self.send(rest.to_owned(), sent_before),
            "S:" => self.push(Step::Expect(codes(rest))),
            "S?" => {
                let (pass, fail) = rest.split_once('|')?;
                self.push(Step::Judge { pass: codes(pass), fail: codes(fail) });
            }
            "S=" => {
                let (go_on, pass) = rest.split_once('|')?;
                self.push(Step::Either { go_on: codes(go_on), pass: codes(pass) });
            }
            "S~" => self.push(Step::Applies(codes(rest))),
            "each" if self.each.is_none() => self.each = Some((rest, self.script.steps.len())),
            "done" => {
                let (limit, before) = self.each.take()?;
                let steps = self.script.steps.split_off(before);
                self.push(Step::Each(limit, steps));
            }
            "limits" => self.push(Step::Limits),
            "has" => {
                let (code, enhanced) = rest.split_once(' ')?;
                self.push(Step::Has(code, enhanced));
            }
            "end" => self.push(Step::End),
            "tls" | "tls?" => self.push(Step::Tls { may_fail: word == "tls?" }),
            "lacks" => self.push(Step::Lacks(rest)),
            "mail" => self.prepare("MAIL FROM:<{from}>", "250"),
            "rcpt" => self.prepare("RCPT TO:<{rcpt}>", "25"),
            "data" => self.prepare("DATA", "354"),
            "message" => {
                self.prepare("MAIL FROM:<{from}>", "250");
                self.prepare("RCPT TO:<{rcpt}>", "25");
                self.prepare("DATA", "354");
                self.prepare("{head}A message.\\r\\n.", "250");
            }
            "smuggle" => {
                self.script.smuggles = true;
                self.script.unless.push("end-of-data");
                self.prepare("MAIL FROM:<{from}>", "250");
                self.prepare("RCPT TO:<{rcpt}>", "25");
                self.prepare("DATA", "354");
                let after = "MAIL FROM:<{from}>\\r\\nRCPT TO:<{rcpt}>\\r\\nDATA\\r\\n{smuggled}\\r\\n.\\r\\n";
                self.push(Step::Send(format!("{{head}}Before.{rest}{after}")));
                self.push(Step::Judge { pass: vec!["*"], fail: Vec::new() });
                self.push(Step::End);
            }
            _ => {
                let count = word.strip_prefix("C*")?.parse().ok()?;
                self.repeat = Some((count, format!("{rest}\\r\\n")));
            }
        }
        Some(())
    }

    fn prepare(&mut self, line: &str, code: &'static str) {
        self.push(Step::Send(format!("{line}\\r\\n")));
        self.push(Step::Expect(vec![code]));
    }

    fn send(&mut self, text: String, sent_before: bool) {
        self.sends = true;
        match self.script.steps.last_mut() {
            Some(Step::Send(before)) if sent_before => before.push_str(&text),
            _ => self.script.steps.push(Step::Send(text)),
        }
    }

    fn push(&mut self, step: Step) {
        let (count, line) = self.repeat.take().map_or((1, None), |(count, line)| (count, Some(line)));
        for _ in 0..count {
            self.script.steps.extend(line.clone().map(Step::Send));
            self.script.steps.push(step.clone());
        }
    }
}

fn codes(text: &'static str) -> Vec<&'static str> {
    text.split_ascii_whitespace().collect()
}
