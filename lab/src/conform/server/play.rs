//! Plays one check against the server, and says what came of it. The policy is neutral: what is neither conform nor forbidden by the
//! clause, and whatever hides the answer, is inconclusive.

use super::super::report::{Finding, Verdict};
use super::limits;
use super::link::{Link, Reply, Silence};
use super::script::{Open, Script, Step};
use super::words::Words;
use smtp_core::observer::ViolationKind;
use smtp_testkit::recording::readable;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The server, and how it is talked to.
pub(super) struct Site {
    pub(super) address: SocketAddr,
    /// Its name, for TLS.
    pub(super) host: String,
    pub(super) timeout: Duration,
    pub(super) lmtp: bool,
    /// TLS begins before anything else.
    pub(super) starttls: bool,
    pub(super) tls: Arc<rustls::ClientConfig>,
    pub(super) hello: String,
    pub(super) from: String,
    pub(super) rcpt: Option<String>,
    /// The initial response of PLAIN.
    pub(super) plain: Option<String>,
    /// What the subjects of this run begin with.
    pub(super) run: String,
}

/// What came of a session.
pub(super) struct Played {
    pub(super) finding: Finding,
    /// What the observer has against the server.
    pub(super) violations: Vec<ViolationKind>,
    /// The message of the check was accepted.
    pub(super) accepted: bool,
    /// What the server offers, keywords alone.
    pub(super) offer: Vec<String>,
}

/// How long to wait, after the reply to QUIT that is not 221, for the one that is.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// The end of a check before its last step.
pub(super) type Ended = (Verdict, String);

impl Site {
    /// The subject of the message of a check.
    pub(super) fn marker(&self, id: &str) -> String {
        format!("{}-{id}", self.run)
    }

    /// Opens a session and ends it, to learn whether the server can be reached. The error says why not.
    pub(super) fn reach(&self) -> Result<(), String> {
        let mut link = Link::connect(self.address, self.timeout).map_err(|error| error.to_string())?;
        match link.reply() {
            Ok(_) => drop(link.ask("QUIT")),
            Err(silence) => return Err(why(silence, self.timeout)),
        }
        link.close();
        Ok(())
    }

    /// Plays a check.
    pub(super) fn play(&self, script: &Script) -> Played {
        let unplayed = |verdict, detail: &str| Played {
            finding: Finding::new(verdict, detail, Vec::new()),
            violations: Vec::new(),
            accepted: false,
            offer: Vec::new(),
        };
        if script.lmtp.is_some_and(|lmtp| lmtp != self.lmtp) {
            let detail = if self.lmtp { "the server speaks LMTP" } else { "the server is not tested with --lmtp" };
            return unplayed(Verdict::NotOffered, detail);
        }
        if script.needs_recipient() && self.rcpt.is_none() {
            return unplayed(Verdict::Inconclusive, "there is no --rcpt");
        }
        if script.open == Open::Authenticated && self.plain.is_none() {
            return unplayed(Verdict::Inconclusive, "there is no --auth");
        }
        let mut link = match Link::connect(self.address, self.timeout) {
            Ok(link) => link,
            Err(error) => return unplayed(Verdict::Inconclusive, &format!("there is no connection: {error}")),
        };
        let mut session = Session {
            site: self,
            script,
            link: &mut link,
            last: None,
            sent: String::new(),
            is_content: false,
            accepted: false,
            has_quit: false,
        };
        let (verdict, detail) = match session.play() {
            Ok(()) => (Verdict::Pass, session.shown()),
            Err(ended) => ended,
        };
        let accepted = session.accepted;
        session.leave();
        Played {
            finding: Finding::new(verdict, detail, link.records()),
            violations: link.violations().collect(),
            accepted,
            offer: link.offer.iter().map(|(keyword, _)| keyword.clone()).collect(),
        }
    }
}

struct Session<'a> {
    site: &'a Site,
    script: &'a Script,
    link: &'a mut Link,
    /// The last reply.
    last: Option<Reply>,
    /// What was sent before it, as people read it, without credentials.
    sent: String,
    /// It was the content of the message of this check.
    is_content: bool,
    accepted: bool,
    /// QUIT was sent.
    has_quit: bool,
}

impl Session<'_> {
    fn play(&mut self) -> Result<(), Ended> {
        self.open()?;
        if let Some((keyword, parameter)) = self.script.offer {
            let offered = self.link.parameters(keyword);
            let has = |list: &str| {
                parameter.is_none_or(|wanted| list.split(' ').any(|word| word.eq_ignore_ascii_case(wanted)))
            };
            if !offered.is_some_and(has) {
                return Err((Verdict::NotOffered, format!("the server does not offer {keyword}")));
            }
        }
        for step in &self.script.steps {
            self.step(step)?;
        }
        Ok(())
    }

    /// Waits for a reply that only prepares.
    fn expect(&mut self, codes: &[&str]) -> Result<(), Ended> {
        match self.link.reply() {
            Ok(reply) => {
                let fits = matches(codes, &reply);
                self.last = Some(reply);
                if fits { Ok(()) } else { Err((Verdict::Inconclusive, self.shown())) }
            }
            Err(silence) => Err((Verdict::Inconclusive, format!("{}: {}", self.sent, self.why(silence)))),
        }
    }

    fn ask(&mut self, shown: &str, line: &str, codes: &[&str]) -> Result<(), Ended> {
        self.sent = shown.to_owned();
        self.link.send(format!("{line}\r\n").as_bytes(), false);
        self.expect(codes)
    }

    fn hello(&mut self) -> Result<(), Ended> {
        let verb = if self.site.lmtp { "LHLO" } else { "EHLO" };
        self.ask(verb, &format!("{verb} {}", self.site.hello), &["250"])?;
        if let Some(reply) = &self.last {
            self.link.offered(reply);
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), Ended> {
        self.sent = "the connection".to_owned();
        if self.script.open == Open::Connection {
            return Ok(());
        }
        self.expect(&["220"])?;
        if self.script.open == Open::Clear {
            return self.hello();
        }
        if self.site.starttls {
            self.hello()?;
            self.ask("STARTTLS", "STARTTLS", &["220"])?;
            self.tls().map_err(|error| (Verdict::Inconclusive, error))?;
        }
        if self.script.open == Open::Greeting {
            return Ok(());
        }
        self.hello()?;
        match &self.site.plain {
            Some(plain) if self.script.open != Open::Hello => {
                let line = format!("AUTH PLAIN {plain}");
                self.ask("AUTH PLAIN", &line, &["235"])
            }
            _ => Ok(()),
        }
    }

    fn tls(&mut self) -> Result<(), String> {
        let begun = self.link.start_tls(&self.site.tls, &self.site.host);
        begun.map_err(|error| format!("the TLS handshake failed: {error}"))
    }

    fn step(&mut self, step: &Step) -> Result<(), Ended> {
        match step {
            Step::Send(text) => {
                let site = self.site;
                let marker = site.marker(&self.script.check.id);
                let size = self.link.parameters("SIZE").and_then(|size| size.parse().ok()).filter(|size| *size > 0);
                let words = Words {
                    from: &site.from,
                    rcpt: site.rcpt.as_deref().unwrap_or_default(),
                    hello: &site.hello,
                    plain: site.plain.as_deref().unwrap_or("AGpvZQB3cm9uZw=="),
                    marker: &marker,
                    size,
                };
                // The verb of EHLO is the only difference of LMTP in most checks.
                let text_for = if site.lmtp { text.replace("EHLO ", "LHLO ") } else { text.clone() };
                let octets = words.octets(&text_for);
                let octets = octets.ok_or((Verdict::NotOffered, "the server declares no maximum size".to_owned()))?;
                let is_secret = text.contains("{plain}");
                self.sent = if is_secret { text.replace("\\r\\n", "") } else { shown(&octets) };
                self.is_content = text.contains("{head}");
                self.has_quit |= text.eq_ignore_ascii_case("QUIT\\r\\n");
                self.link.send(&octets, self.script.cut);
                Ok(())
            }
            Step::Expect(codes) => {
                self.expect(codes)?;
                self.note();
                Ok(())
            }
            Step::Judge { pass, fail } => match self.link.reply() {
                Ok(reply) => {
                    let (passes, fails) = (matches(pass, &reply), reply.code != "421" && matches(fail, &reply));
                    self.last = Some(reply);
                    self.note();
                    if passes {
                        Ok(())
                    } else if fails {
                        Err((Verdict::Fail, self.shown()))
                    } else {
                        Err((Verdict::Inconclusive, self.shown()))
                    }
                }
                Err(Silence::Closed) if pass.contains(&"closed") => Ok(()),
                Err(silence) => Err(self.missing(silence, fail)),
            },
            Step::Either { go_on, pass } => match self.expect(go_on) {
                Err(_) if self.last.as_ref().is_some_and(|reply| matches(pass, reply)) => {
                    Err((Verdict::Pass, self.shown()))
                }
                result => result,
            },
            Step::Applies(codes) => match self.expect(codes) {
                Err((_, detail)) if self.last.is_some() && !self.link.is_closed() => Err((Verdict::NotOffered, detail)),
                result => result,
            },
            Step::Each(limit, steps) => {
                let count = limits::count(self.link.parameters("LIMITS"), limit)?;
                (0..count).try_for_each(|_| steps.iter().try_for_each(|step| self.step(step)))
            }
            Step::Limits => limits::judge(self.link.parameters("LIMITS").unwrap_or_default()),
            Step::Has(code, enhanced) => match &self.last {
                Some(reply) if reply.code == *code && reply.enhanced().is_none_or(|has| has == *enhanced) => Ok(()),
                _ => Err((Verdict::Fail, self.shown())),
            },
            Step::End => self.end(),
            Step::Tls { may_fail } => match self.tls() {
                Ok(()) => Ok(()),
                Err(error) if *may_fail => Err((Verdict::Pass, error)),
                Err(error) => Err((Verdict::Inconclusive, error)),
            },
            Step::Lacks(keyword) => {
                if let Some(reply) = self.last.clone() {
                    self.link.offered(&reply);
                }
                if self.link.parameters(keyword).is_some() {
                    return Err((Verdict::Fail, format!("the reply to EHLO lists {keyword}")));
                }
                Ok(())
            }
        }
    }

    /// Keeps whether the message was accepted.
    fn note(&mut self) {
        self.accepted |= self.is_content && self.last.as_ref().is_some_and(|reply| reply.code.starts_with('2'));
    }

    /// QUIT: its reply comes next, since everything else is answered.
    fn end(&mut self) -> Result<(), Ended> {
        let before = self.shown();
        let (mut replies, silence) = self.link.quit(self.site.timeout);
        self.has_quit = true;
        replies.pop(); // that of QUIT
        if !replies.is_empty() {
            let surplus: Vec<String> = replies.iter().map(line).collect();
            return Err((Verdict::Fail, format!("{before}; then came without a command: {}", surplus.join(", "))));
        }
        match silence {
            Some(Silence::TimedOut) => {
                Err((Verdict::Inconclusive, format!("{before}; QUIT: {}", self.why(Silence::TimedOut))))
            }
            // Where the server has refused, it may have closed.
            _ => Ok(()),
        }
    }

    /// No reply has come in time. If QUIT is answered with 221 next, none was to come.
    fn missing(&mut self, silence: Silence, fail: &[&str]) -> Ended {
        let detail = format!("{}: {}", self.sent, self.why(silence));
        if silence == Silence::Closed {
            let verdict = if fail.contains(&"closed") { Verdict::Fail } else { Verdict::Inconclusive };
            return (verdict, detail);
        }
        let (replies, _) = self.link.quit(LAST_PATIENCE.min(self.site.timeout));
        self.has_quit = true;
        let is_next = replies.first().is_some_and(|reply| reply.code == "221");
        if is_next && !fail.is_empty() {
            return (Verdict::Fail, format!("{detail}, and QUIT was answered next"));
        }
        (Verdict::Inconclusive, detail)
    }

    /// Ends the session as a client should, so that the observer sees what the server has not answered yet.
    fn leave(&mut self) {
        let takes_content = self.last.as_ref().is_some_and(|reply| reply.code.starts_with('3'));
        if !self.link.is_closed() && !takes_content && !self.has_quit {
            self.link.quit(LAST_PATIENCE.min(self.site.timeout));
        }
        self.link.close();
    }

    /// The last line that was sent, and the reply.
    fn shown(&self) -> String {
        match &self.last {
            Some(reply) => format!("{}: {}", self.sent, line(reply)),
            None => self.sent.clone(),
        }
    }

    fn why(&self, silence: Silence) -> String {
        why(silence, self.site.timeout)
    }
}

fn why(silence: Silence, timeout: Duration) -> String {
    match silence {
        Silence::Closed => "the server closed the connection".to_owned(),
        Silence::TimedOut => format!("no reply came within {} s", timeout.as_secs()),
    }
}

/// The first octets of what was sent, without the line ending after them.
fn shown(octets: &[u8]) -> String {
    const MOST: usize = 100;
    let octets = octets.strip_suffix(b"\r\n").unwrap_or(octets);
    let first = readable(octets.get(..MOST).unwrap_or(octets));
    if octets.len() > MOST { format!("{first}... ({} octets)", octets.len()) } else { first }
}

/// The last line of a reply.
fn line(reply: &Reply) -> String {
    let last = reply.octets.split_inclusive(|octet| *octet == b'\n').next_back().unwrap_or_default();
    let short = last.get(..last.len().min(200)).unwrap_or_default();
    readable(short).trim_end_matches("\\n").trim_end_matches("\\r").to_owned()
}

/// Returns `true` if the reply has one of these codes. `452/5.3` wants the enhanced code X.5.3 too.
fn matches(codes: &[&str], reply: &Reply) -> bool {
    let fits = |pattern: &&str| {
        let (code, enhanced) = pattern.split_once('/').map_or((*pattern, None), |(code, detail)| (code, Some(detail)));
        let has = || reply.enhanced().and_then(|has| has.split_once('.')).map(|(_, detail)| detail);
        (code == "*" || reply.code.starts_with(code)) && enhanced.is_none_or(|detail| has() == Some(detail))
    };
    !reply.code.is_empty() && codes.iter().any(fits)
}
