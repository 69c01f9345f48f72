//! What the log of a run means: a verdict for each demand of its check, by what the client did and what it claims.

use super::check::{Demand, Play, Unreached};
use super::command::{Claim, Run};
use super::message::{Arrived, Part, after_the_end, arrived};
use super::session::{Log, Tls};
use crate::conform::report::{Check, Finding, Verdict};
use smtp_core::observer::{Side, Violation, ViolationKind};
use smtp_testkit::recording::{Record, readable};

/// What is known of the client from the references.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The client does not deliver to a plain server, for this reason.
    pub(super) does_not_deliver: Option<String>,
    /// What it says where everything is offered, in capitals.
    pub(super) says: Vec<String>,
    /// The message is that of `{message}`, so that it needs no extension unless the check says so.
    pub(super) has_message: bool,
    /// TLS begins where the reply to STARTTLS is a plain 220.
    pub(super) has_tls: bool,
    /// The recipient is that of `{to}`.
    pub(super) has_recipient: bool,
}

type Judgement = (Verdict, String);

const NOBODY: &str = "nobody accepted the message";

fn pass() -> Judgement {
    (Verdict::Pass, String::new())
}

fn fail(detail: impl Into<String>) -> Judgement {
    (Verdict::Fail, detail.into())
}

fn unclear(detail: impl Into<String>) -> Judgement {
    (Verdict::Inconclusive, detail.into())
}

impl Known {
    /// Learns from the run of a reference.
    pub(super) fn learn(&mut self, play: &Play, run: &Run) {
        self.says.extend(run.sessions.iter().flat_map(|log| &log.said).map(|line| line.to_ascii_uppercase()));
        self.has_tls |= run.sessions.iter().any(|log| log.tls == Tls::Done);
        if play.check.id == "deliver" {
            let (verdict, detail) = delivers(run);
            self.does_not_deliver = (verdict != Verdict::Pass).then_some(detail);
        }
    }

    /// Returns `true` if the client has used this parameter or verb.
    fn uses(&self, word: &str) -> bool {
        self.says.iter().any(|line| has(line, word))
    }
}

/// Returns `true` if a line is of this verb, or has this parameter.
fn has(line: &str, word: &str) -> bool {
    let line = line.to_ascii_uppercase();
    if word.contains('=') {
        line.starts_with("MAIL") && line.split(' ').skip(1).any(|part| part.starts_with(word))
    } else {
        line.split_whitespace().next() == Some(word)
    }
}

/// What is found, with the octets that led to it.
pub(super) fn judge(play: &Play, run: &Run, known: &Known) -> Finding {
    let (mut found, mut octets) = (Vec::new(), Vec::new());
    for log in &run.sessions {
        let (violations, mut records) = log.observed();
        found.extend(violations);
        octets.append(&mut records);
    }
    let reached = run.sessions.iter().any(|log| log.special.is_some()) || play.script.answers.is_empty();
    if !reached {
        let (verdict, detail) = unreached(play, run, known);
        return Finding::new(verdict, detail, octets);
    }
    let mut worst = pass();
    for demand in play.demands {
        let judged = verdict(*demand, play, run, known, &found);
        if rank(judged.0) > rank(worst.0) {
            worst = judged;
        }
    }
    Finding::new(worst.0, worst.1, octets)
}

const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::NotOffered => 1,
        Verdict::Inconclusive => 2,
        Verdict::Fail => 3,
    }
}

/// The client did not come to the place that the check is about.
fn unreached(play: &Play, run: &Run, known: &Known) -> Judgement {
    let place = play.script.first().map_or("", |place| place.name());
    match (play.unreached, &known.does_not_deliver) {
        (Unreached::NotUsed(what), None) => (Verdict::NotOffered, format!("the client does not use {what} here")),
        (_, Some(why)) => unclear(format!("the client does not deliver to a plain server: {why}")),
        _ => unclear(format!("the client did not come to {place}{}", told(run))),
    }
}

/// What the client said at its end.
fn told(run: &Run) -> String {
    match &run.claim {
        Claim::Delivered => "; exit status 0".to_owned(),
        Claim::NotDelivered(words) => format!("; {words}"),
        Claim::Killed => "; it did not end in time".to_owned(),
        Claim::Unknown => String::new(),
    }
}

fn is_accepted(run: &Run) -> bool {
    run.sessions.iter().flat_map(|log| &log.messages).any(|message| message.accepted > 0 && message.recipients > 0)
}

fn delivers(run: &Run) -> Judgement {
    match (&run.claim, is_accepted(run)) {
        (Claim::Delivered | Claim::Unknown, true) => pass(),
        (Claim::NotDelivered(words), true) => {
            fail(format!("the message was accepted, and the client claims that it was not: {words}"))
        }
        (Claim::Killed, true) => unclear("the message was accepted, and the client did not end in time"),
        (Claim::Delivered, false) => {
            fail(format!("{NOBODY}, and the client claims that it is delivered: exit status 0"))
        }
        (Claim::Killed, false) => fail(format!("{NOBODY}: the client does not go on")),
        (Claim::NotDelivered(words), false) => fail(format!("{NOBODY}: the client gives up: {words}")),
        (Claim::Unknown, false) => fail(format!("{NOBODY}: the client gives up")),
    }
}

fn verdict(demand: Demand, play: &Play, run: &Run, known: &Known, found: &[Violation]) -> Judgement {
    match demand {
        Demand::Delivers => match delivers(run) {
            (Verdict::Fail, detail) if !is_accepted(run) => excused(play, known, detail),
            judged => judged,
        },
        Demand::ClaimsNothing => claims_nothing(run),
        Demand::ClaimsNotAll => claims_not_all(run),
        Demand::NeverSays(verb) => match said_since(run, verb) {
            Some(line) => fail(format!("the client says {}", readable(line.as_bytes()))),
            None => pass(),
        },
        Demand::OpensWith(verb) => {
            let first = run.sessions.iter().filter_map(|log| log.said.first()).find(|line| !has(line, verb));
            first.map_or_else(pass, |line| fail(format!("the first command is {}", readable(line.as_bytes()))))
        }
        Demand::Says(verb) => match said_since(run, verb) {
            Some(_) => pass(),
            None => fail(format!("the client does not say {verb}{}", told(run))),
        },
        Demand::Waits => {
            early(run.sessions.iter().flat_map(|log| &log.early), "the client goes on before it has the whole reply")
        }
        Demand::Stays => {
            early(run.sessions.iter().flat_map(|log| &log.left_early), "the client closes before it has the reply")
        }
        Demand::SendsNoContent => {
            let sent = contents(run).map(<[u8]>::len).sum::<usize>();
            let begun = run.sessions.iter().any(|log| log.special.is_some() && log.unfinished);
            if sent > 0 || begun { fail("the client sends a content") } else { pass() }
        }
        Demand::SendsAtMostADot => match contents(run).map(<[u8]>::len).max() {
            Some(octets) if octets > 0 => fail(format!("the client sends a content of {octets} octets")),
            _ => pass(),
        },
        Demand::SendsNoLines => match run.sessions.iter().flat_map(Log::said_since).find(|line| is_field(line)) {
            Some(line) => fail(format!("the client sends lines of content: {}", readable(line.as_bytes()))),
            None => pass(),
        },
        Demand::BeginsNoTls => {
            let begun = run.sessions.iter().flat_map(Log::said_since).any(|line| line.starts_with('\u{16}'));
            if begun { fail("the client begins a TLS handshake") } else { pass() }
        }
        Demand::Intact(part) => intact(run, part, &known.does_not_deliver),
        Demand::AddsNothing => adds_nothing(run, &known.does_not_deliver),
        Demand::Without(kinds) => without(play, run, kinds, known, found),
        Demand::Recognizes(word) if !known.uses(word) => {
            (Verdict::NotOffered, format!("the client does not use {word} where everything is offered"))
        }
        Demand::Recognizes(word) => {
            let used = run.sessions.iter().flat_map(|log| &log.said).any(|line| has(line, word));
            if used {
                pass()
            } else {
                fail(format!("the client uses {word} where the keyword is in capitals, and not here"))
            }
        }
        Demand::BeginsTls => begins_tls(run, known),
        Demand::GreetsWithinTls => greets_within_tls(run),
        Demand::SaysNothingInTheClear => {
            let clear = run.sessions.iter().any(|log| log.tls == Tls::InTheClear);
            if clear { fail("the client goes on in the clear after 220") } else { pass() }
        }
    }
}

/// A client that does not deliver here, and may have a reason.
fn excused(play: &Play, known: &Known, detail: String) -> Judgement {
    let plain = play.script.keywords.iter().all(|keyword| !keyword.eq_ignore_ascii_case("8BITMIME"));
    let replaced = play.script.answers.iter().any(|(place, answers)| {
        *place == super::script::Place::Hello && answers.iter().all(|answer| !answer.text.contains("8BITMIME"))
    });
    match &known.does_not_deliver {
        Some(why) => unclear(format!("the client does not deliver to a plain server: {why}")),
        None if (plain || replaced) && !known.has_message => {
            unclear(format!("8BITMIME is not offered, which the message of the client may need: {detail}"))
        }
        None => fail(detail),
    }
}

fn claims_nothing(run: &Run) -> Judgement {
    match &run.claim {
        _ if is_accepted(run) && run.sessions.len() > 1 => {
            unclear("the client tried again, and a message was accepted")
        }
        Claim::NotDelivered(_) => pass(),
        Claim::Delivered => fail(format!("{NOBODY}, and the client claims that it is delivered: exit status 0")),
        Claim::Killed => unclear("the client did not end in time, so that it claims nothing"),
        Claim::Unknown => unclear("without a command there is no exit status that claims anything"),
    }
}

fn claims_not_all(run: &Run) -> Judgement {
    let most = run.sessions.iter().map(|log| log.said.iter().filter(|line| has(line, "RCPT")).count()).max();
    if most.unwrap_or_default() < 2 {
        return unclear("the client has one recipient; {to2} is the second");
    }
    match &run.claim {
        Claim::Delivered => {
            fail("one recipient of two was refused, and the client claims that all is delivered: exit status 0")
        }
        Claim::NotDelivered(_) => pass(),
        Claim::Killed => unclear("the client did not end in time, so that it claims nothing"),
        Claim::Unknown => unclear("without a command there is no exit status that claims anything"),
    }
}

fn said_since<'a>(run: &'a Run, verb: &str) -> Option<&'a str> {
    run.sessions.iter().flat_map(Log::said_since).find(|line| has(line, verb))
}

/// The contents whose end came after the server had said what the check is about.
fn contents(run: &Run) -> impl Iterator<Item = &[u8]> {
    let reached = run.sessions.iter().filter(|log| log.special.is_some());
    reached.flat_map(|log| &log.messages).map(|message| message.content.as_slice())
}

/// Returns `true` if the line is a header field.
fn is_field(line: &str) -> bool {
    let name = line.split(' ').next().unwrap_or_default();
    name.strip_suffix(':').is_some_and(|name| !name.is_empty() && !name.contains(':'))
}

fn early<'a>(mut places: impl Iterator<Item = &'a super::script::Place>, what: &str) -> Judgement {
    match places.next() {
        Some(place) => fail(format!("{what} to {}", place.name())),
        None => pass(),
    }
}

/// The content that arrived, if it is the message of the test.
fn content<'a>(run: &'a Run, does_not_deliver: &Option<String>) -> Result<&'a [u8], Judgement> {
    let found = run.sessions.iter().flat_map(|log| &log.messages).next();
    match (found, does_not_deliver) {
        (Some(message), _) => Ok(&message.content),
        (None, Some(why)) => Err(unclear(format!("the client does not deliver to a plain server: {why}"))),
        (None, None) => Err(unclear(format!("no message came{}", told(run)))),
    }
}

fn intact(run: &Run, part: Part, does_not_deliver: &Option<String>) -> Judgement {
    let content = match content(run, does_not_deliver) {
        Ok(content) => content,
        Err(judgement) => return judgement,
    };
    match arrived(content, part) {
        Arrived::Intact => pass(),
        Arrived::Absent => unclear(format!(
            "the message has no part \"{}\": it is not that of --message, or it is encoded",
            part.name()
        )),
        Arrived::Changed { line, expected, found } => {
            let shown = |octets: &[u8]| readable(octets.get(..80).unwrap_or(octets));
            fail(format!(
                "line {line} of \"{}\" is \"{}\", and was \"{}\"",
                part.name(),
                shown(&found),
                shown(&expected)
            ))
        }
    }
}

fn adds_nothing(run: &Run, does_not_deliver: &Option<String>) -> Judgement {
    let content = match content(run, does_not_deliver) {
        Ok(content) => content,
        Err(judgement) => return judgement,
    };
    match after_the_end(content) {
        Some([]) => pass(),
        Some(more) => fail(format!("after the last line there is \"{}\"", readable(more))),
        None => unclear("the message is not that of --message"),
    }
}

fn without(play: &Play, run: &Run, kinds: &[ViolationKind], known: &Known, found: &[Violation]) -> Judgement {
    if let Some(violation) = found.iter().find(|violation| kinds.contains(&violation.kind)) {
        return fail(violation.to_string());
    }
    if run.sessions.is_empty() {
        return unclear(format!("the client did not connect{}", told(run)));
    }
    if play.letter.international && !known.has_recipient {
        return unclear("the command has its own recipient, and not {to}");
    }
    let contents = run.sessions.iter().flat_map(|log| &log.messages);
    if play.letter.eight_bit
        && contents.clone().any(|message| arrived(&message.content, Part::EightBit) == Arrived::Absent)
    {
        return unclear("the message has no octets above 127, or is encoded");
    }
    pass()
}

fn begins_tls(run: &Run, known: &Known) -> Judgement {
    if run.sessions.iter().any(|log| log.tls == Tls::Done) {
        pass()
    } else if known.has_tls {
        fail(format!("no TLS begins{}", told(run)))
    } else {
        unclear(format!("no TLS begins, as where the certificate ({{ca}}) is not trusted{}", told(run)))
    }
}

fn greets_within_tls(run: &Run) -> Judgement {
    let Some(log) = run.sessions.iter().find(|log| log.tls == Tls::Done) else {
        return unclear(format!("no TLS begins, as where the certificate ({{ca}}) is not trusted{}", told(run)));
    };
    match log.said.get(log.said_before_tls).map(String::as_str) {
        Some(line) if has(line, "EHLO") => pass(),
        // It is not content with the certificate, or has something else against it.
        Some(line) if has(line, "QUIT") => unclear("the client leaves once TLS has begun"),
        None => unclear(format!("the client says nothing within TLS{}", told(run))),
        Some(line) => fail(format!("the first command within TLS is {}", readable(line.as_bytes()))),
    }
}

/// The check of what the observer finds of this kind.
pub(super) fn observed(kind: ViolationKind) -> Check {
    Check {
        id: format!("observer-{}", kind.name()).into(),
        clause: kind.clause(),
        level: kind.level().into(),
        sentence: kind.text(),
    }
}

/// Returns `true` if it hangs on time whether the observer finds it: checks of their own hold answers back to find it.
pub(super) const fn hangs_on_time(kind: ViolationKind) -> bool {
    matches!(
        kind,
        ViolationKind::TalkBeforeGreeting
            | ViolationKind::PipeliningNotOffered
            | ViolationKind::PipeliningPastGroupEnd
            | ViolationKind::AuthNotLastInGroup
            | ViolationKind::OctetsAfterStartTls
    )
}

/// What the observer finds against the client, where the server itself was not at fault. Lines of content, and octets of TLS, that the
/// server reads as commands are one fault, whatever they look like; checks of their own find it.
pub(super) fn client_at_fault(log: &Log) -> Vec<Violation> {
    let (found, _) = log.observed();
    let (mut client, server): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|violation| violation.who() == Side::Client);
    // A server that is to see whether a client of LMTP waits offers no PIPELINING, and ours hears a line that LF ends.
    let bare =
        [ViolationKind::LmtpWithoutExtensions, ViolationKind::LmtpWithout8BitMime, ViolationKind::LineFeedAccepted];
    if server.iter().any(|violation| !bare.contains(&violation.kind))
        || log.said.iter().any(|line| line.starts_with('\u{16}'))
    {
        return Vec::new();
    }
    if log.said.iter().any(|line| is_field(line)) {
        client.retain(|violation| violation.kind == ViolationKind::ContentWithout354);
    }
    client
}

/// Returns `true` if it hangs on time whether the observer finds it in this check: where PIPELINING is offered a command may be sent
/// before the reply that takes its place away.
pub(super) fn may_be_in_flight(kind: ViolationKind, play: &Play) -> bool {
    let in_group = play.script.keywords.contains(&"PIPELINING");
    in_group && matches!(kind, ViolationKind::CommandOutOfOrder | ViolationKind::ContentWithoutRecipients)
}

/// Octets of the sessions in which the observer finds something of this kind.
pub(super) fn octets_of(run: &Run) -> Vec<Record> {
    run.sessions.iter().flat_map(|log| log.observed().1).collect()
}
