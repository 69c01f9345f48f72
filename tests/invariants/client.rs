//! The law of the client's side: the whole against any cut, and its output against the actions of a script.

use super::dialogue::OF_THE_CALLER;
use super::generated::Watch;
use super::input::{Input, cuts};
use super::oracle;
use smtp_core::observer::{Side, Violation, ViolationKind};
use smtp_core::session::{Action, Client, ClientConfig, ClientError, ClientEvent, Misuse, State};
use smtp_core::syntax::{
    Base64, Command, Dialect, Extension, Extensions, Grammar, Host, Lookup, Mailbox, Mechanism, Parameters, Reply,
    ReplyClass, ReplyCode, Text,
};
use std::collections::VecDeque;

/// Does the action of a letter of a script.
pub(crate) fn act(client: &mut Client, letter: u8, content: &[u8], out: &mut Vec<u8>) -> Result<(), Misuse> {
    let host = Host::new("client.example").unwrap();
    let from =
        |address, parameters| Command::mail(Mailbox::new(address).unwrap(), Parameters::new(parameters).unwrap());
    let to = |address, parameters| Command::rcpt(Mailbox::new(address).unwrap(), Parameters::new(parameters).unwrap());
    let attributes = Command::parse(b"XCLIENT NAME=a.example ADDR=192.0.2.1", Grammar::STRICT).unwrap();
    let forwarded = Command::parse(b"XFORWARD NAME=a.example", Grammar::STRICT).unwrap();
    let plain = Mechanism::new("PLAIN").unwrap();
    let command = match letter {
        b'e' => Command::Ehlo(host),
        b'h' => Command::Helo(host),
        b'l' => Command::Lhlo(host),
        b'm' => from("joe@client.example", ""),
        b'z' => from("joe@client.example", "SIZE=1000 BODY=8BITMIME"),
        b'8' => from("joe@client.example", "BODY=BINARYMIME"),
        b'M' => from("j\u{FC}rgen@client.example", "SMTPUTF8"),
        b'i' => from("joe@client.example", "TRANSID=<1@client.example>"),
        b'N' => Command::mail(smtp_core::syntax::ReversePath::Null, Parameters::new("RET=HDRS ENVID=a+2Bb").unwrap()),
        b'r' => to("ann@mx.example", ""),
        b'R' => to("\"a b\"@[192.0.2.1]", "NOTIFY=NEVER ORCPT=rfc822;a+2Bb@c"),
        b'k' => to("j\u{FC}rgen@b\u{FC}cher.example", ""),
        b'P' => Command::rcpt(smtp_core::syntax::ForwardPath::Postmaster, Parameters::NONE),
        b'd' => Command::Data,
        b'b' => Command::bdat(content.len() as u64),
        b'B' => Command::bdat_last(content.len() as u64),
        b'0' => Command::bdat_last(0),
        b'u' => Command::Burl(smtp_core::syntax::Burl::new("imap://a.example/b").unwrap()),
        b'U' => Command::Burl(smtp_core::syntax::Burl::new_last("imap://a.example/b").unwrap()),
        b's' => Command::Rset,
        b'v' => Command::Vrfy(Lookup::new("joe").unwrap()),
        b'V' => Command::Vrfy(Lookup::new_smtputf8("\"j\u{FC}rgen\"").unwrap()),
        b'x' => Command::Expn(Lookup::new("list").unwrap()),
        b'H' => Command::Help(None),
        b'n' => Command::Noop(Some(Text::new("x").unwrap())),
        b'q' => Command::Quit,
        b't' => Command::StartTls,
        b'a' => Command::auth(plain, Some(Base64::parse(b"AGpvZQBzZWNyZXQ=").unwrap())),
        b'A' => Command::auth(plain, None),
        b'o' => Command::Etrn(smtp_core::syntax::Etrn::new(smtp_core::syntax::EtrnOption::Host, "a.example").unwrap()),
        b'O' => Command::Atrn(smtp_core::syntax::Domains::new("a.example,b.example").unwrap()),
        b'X' => attributes,
        b'F' => forwarded,
        b'?' => Command::Unknown(smtp_core::syntax::Unknown::new("XYZZY", Some("1")).unwrap()),
        b'c' => return client.content(content, out),
        b'.' => return client.finish_content(out),
        b'p' => return client.respond(content, out),
        b'*' => return client.cancel(out),
        b'T' => {
            let over = client.clone().into_tls(&[]).map_err(|error| match error {
                ClientError::Misuse(misuse) => misuse,
                _ => Misuse::NoHandshake,
            })?;
            *client = over;
            return Ok(());
        }
        _ => return Err(Misuse::NoAnswerOwed),
    };
    let mut sent = client.clone();
    sent.send(&command, out)?;
    if let Command::Bdat(bdat) = command {
        if bdat.size > 0 {
            sent.content(content, out)?;
        }
    }
    *client = sent;
    Ok(())
}

/// Returns one of 32 configurations. In an input written by hand the choice is a digit, or a letter for the most lenient ones.
pub(crate) fn config(choice: u8) -> ClientConfig {
    let mut config = if choice & 1 == 0 { ClientConfig::SMTP } else { ClientConfig::LMTP };
    if choice & 2 != 0 {
        config.unregistered = true;
    }
    if choice & 4 != 0 {
        config.dialect = Dialect::STRICT;
        config.reply_limit = 200;
    }
    config.auth_in_clear = choice & 8 == 0;
    if choice & 68 == 64 {
        config.dialect = Dialect::LENIENT;
        config.insist_on = Extensions::NONE.with(Extension::Auth);
    }
    config
}

/// The content that a script sends: a line, a dot that must be stuffed, and no CRLF at the end.
const CONTENT: &[u8] = b"Subject: x\r\n.\r\n..y";

/// The violations after which a client may read the replies differently from an observer: it treats an unregistered 3yz by its
/// first digit (RFC 5321 section 4.3.2), and the end of a reply is a guess if its lines do not end in CRLF or have several codes.
pub(crate) const READ_OTHERWISE: &[ViolationKind] = &[
    ViolationKind::BareLineEndingInReply,
    ViolationKind::ReplyCodesDiffer,
    ViolationKind::ReplyOutOfSequence,
    ViolationKind::UnsolicitedReply,
];

struct Player {
    client: Client,
    /// The actions without an answer, according to the events, each with the length of the server's stream that had arrived
    /// before.
    in_flight: VecDeque<(Action, usize)>,
    greeted: bool,
    given: Vec<u8>,
    sent: Vec<u8>,
    seen: Vec<(String, State)>,
    /// An observer of the session, up to a handshake.
    watch: Watch,
    encrypted: bool,
    /// The lengths of the server's stream that have been taken, and that have arrived.
    taken: usize,
    arrived: usize,
}

impl Player {
    fn departs(&mut self, action: Action) {
        self.in_flight.push_back((action, self.arrived));
    }

    fn act(&mut self, letter: u8) {
        let before = format!("{:?}", self.client);
        let mut out = Vec::new();
        let data = self.client.state() == State::Data;
        let quiet = self.in_flight.is_empty();
        let alone = !self.client.offer().extensions.contains(Extension::Pipelining);
        let ended = self.in_flight.back().is_some_and(|(action, _)| action.ends_group());
        if act(&mut self.client, letter, CONTENT, &mut out).is_err() {
            if matches!(letter, b'b' | b'B') {
                out.clear(); // a command that was not completed
            }
            assert_eq!(format!("{:?}", self.client), before, "a refusal changes nothing");
            assert!(out.is_empty(), "a refusal writes nothing: {}", out.escape_ascii());
            return;
        }
        assert!(self.greeted || letter == b'T', "before the greeting");
        self.encrypted |= letter == b'T';
        if !self.encrypted {
            self.watch.show(Side::Client, &out);
        }
        match letter {
            b'T' => self.in_flight.clear(),
            b'c' => {
                assert!(data && quiet);
                self.given.extend_from_slice(CONTENT);
                self.sent.extend_from_slice(&out);
            }
            b'.' => {
                assert!(data && quiet);
                self.sent.extend_from_slice(&out);
                let decoded = oracle::decode(&self.sent, oracle::REFUSE);
                let mut given = std::mem::take(&mut self.given);
                if !given.is_empty() && !given.ends_with(b"\r\n") {
                    given.extend_from_slice(b"\r\n");
                }
                assert_eq!((decoded.content, decoded.consumed), (given, self.sent.len()));
                self.sent.clear();
                self.departs(Action::Content);
            }
            b'p' | b'*' => {
                let line = out.strip_suffix(b"\r\n").unwrap();
                let expected = Base64::parse(line).map(|base64| base64.decode().eq(CONTENT.iter().copied()));
                assert!(if letter == b'*' { line == b"*" } else { expected == Ok(true) }, "{}", out.escape_ascii());
                self.departs(Action::Response);
            }
            _ => {
                assert!(quiet || !(alone || ended), "sent after {:?}", self.in_flight);
                let line = oracle::lines(&out)[0];
                let grammar = Grammar::SMTPUTF8;
                let command = Command::parse(line.strip_suffix(b"\r\n").unwrap(), grammar).unwrap();
                let chunk = if let Command::Bdat(bdat) = command { bdat.size } else { 0 };
                assert_eq!(out.len() - line.len(), usize::try_from(chunk).unwrap(), "{}", out.escape_ascii());
                self.departs(Action::of(&command));
            }
        }
    }

    /// Lets `lines` lines of the server arrive at once, and then one by one until there is an event, each in pieces that end at
    /// `places`. `next` has the next actions of the script, for [`in_either_order`].
    fn wait(&mut self, stream: &[u8], mut lines: usize, places: &[usize], next: &[u8]) {
        while self.client.state() != State::Closed && self.arrived < stream.len() {
            let end = (0..lines).fold(self.arrived, |end, _| line_end(stream, end));
            if places.is_empty() {
                in_either_order(&self.client, &stream[self.taken..end], next);
            }
            let before = self.seen.len();
            let inner = places.iter().copied().filter(|place| (self.arrived + 1..end).contains(place));
            for shown in inner.collect::<Vec<_>>().into_iter().chain([end]) {
                while self.take(&stream[..shown]) {}
                if self.client.state() == State::Closed {
                    return;
                }
            }
            self.arrived = end;
            if self.seen.len() > before {
                return;
            }
            lines = 1;
        }
    }

    /// Takes one event of the octets that have arrived, if there is one.
    fn take(&mut self, shown: &[u8]) -> bool {
        let mut rest = &shown[self.taken..];
        let before = self.client.state();
        let greeted = self.greeted;
        let result = self.client.next_event(&mut rest);
        let taken = &shown[self.taken..shown.len() - rest.len()];
        // A reply that began to arrive before the action does not answer it.
        let front = self.in_flight.front().filter(|(_, arrived)| *arrived <= self.taken).map(|(action, _)| *action);
        let event = match result {
            Ok(None) => {
                assert!(taken.is_empty() || before == State::Closed);
                return false;
            }
            Ok(Some(event)) => event,
            Err(error) => {
                self.seen.push((format!("{error:?}"), self.client.state()));
                assert_eq!(self.client.state(), State::Closed);
                assert_eq!(self.client.next_event(&mut &b"250 OK\r\n"[..]), Err(error), "the error repeats");
                let closed = Misuse::WrongState { state: State::Closed, action: Action::Quit };
                assert_eq!(self.client.send(&Command::Quit, &mut Vec::new()), Err(closed));
                self.in_flight.clear();
                return false;
            }
        };
        self.taken = shown.len() - rest.len();
        if !self.encrypted {
            self.watch.show(Side::Server, taken);
        }
        self.seen.push((format!("{event:?}"), self.client.state()));
        // In every dialect the client takes lines that end in CRLF.
        assert!(taken.ends_with(b"\r\n"), "{event:?}");
        if let ClientEvent::StrayLine(line) = event {
            assert_eq!(taken.strip_suffix(b"\r\n"), Some(line));
            assert!(oracle::lines(taken).len() == 2 && (greeted || line.trim_ascii().is_empty()));
            assert_eq!(self.client.state(), before);
            return true;
        }
        let text = Reply::parse(taken, Grammar::LENIENT).unwrap();
        let (failure, closing) = (text.code().class().is_failure(), text.code() == ReplyCode::SERVICE_NOT_AVAILABLE);
        let after = self.client.state();
        match event {
            ClientEvent::Greeting(reply) => {
                assert!(!greeted && reply.code() == text.code());
                self.greeted = true;
            }
            ClientEvent::Closing(reply) => {
                assert!(greeted && front.is_none() && failure && reply.code() == text.code());
                assert_eq!(after, if closing || !before.takes_commands() { State::Closed } else { before });
            }
            ClientEvent::Reply { to: Action::Content, recipient, reply, .. } if front.is_none() => {
                // A refusal before the end of the content.
                assert!(failure && !closing && recipient.is_none() && reply.code() == text.code());
                assert_eq!((before, after), (State::Data, State::Closed));
            }
            ClientEvent::Challenge(_) | ClientEvent::BadChallenge(_) | ClientEvent::ChallengeText(_) => {
                // An unregistered 3yz counts as 334 (RFC 5321 section 4.3.2).
                assert_eq!((text.code().class(), after), (ReplyClass::Intermediate, State::Auth));
                self.in_flight.pop_front();
                assert!(matches!(front, Some(Action::Auth | Action::Response)), "{front:?}");
            }
            ClientEvent::Reply { to, recipient, reply, .. } => {
                assert_eq!(reply.code(), text.code());
                assert_eq!(front, Some(to));
                let more = self.client.awaiting().count() == self.in_flight.len();
                if more {
                    assert!(recipient.is_some() && before == after, "{to:?}: {reply:?}");
                } else {
                    self.in_flight.pop_front();
                    // A chunk is sent only if CHUNKING is offered, so 500 and 502 refuse it like any other code.
                    let chunk = matches!(to, Action::Bdat | Action::BdatLast | Action::Burl | Action::BurlLast);
                    let unknown = chunk && matches!(reply.code().get(), 500 | 502);
                    let code = if unknown { ReplyCode::TRANSACTION_FAILED } else { reply.code() };
                    assert_eq!(after, before.after(to, code));
                }
            }
            _ => unreachable!(),
        }
        if after == State::Closed {
            self.in_flight.clear();
            return false;
        }
        assert!(self.client.awaiting().eq(self.in_flight.iter().map(|(action, _)| *action)));
        true
    }
}

fn line_end(stream: &[u8], from: usize) -> usize {
    stream[from..].iter().position(|octet| *octet == b'\n').map_or(stream.len(), |at| from + at + 1)
}

/// Checks that octets give the same events and states whether the client does its next actions after all events or between them,
/// as far as it may.
fn in_either_order(client: &Client, input: &[u8], next: &[u8]) {
    let after = events(client, input, usize::MAX, &[]);
    for at in 1..=after.len().min(4) {
        assert_eq!(events(client, input, at, next), after, "after event {at}: {}", next.escape_ascii());
    }
}

fn events(client: &Client, input: &[u8], at: usize, letters: &[u8]) -> Vec<(String, State)> {
    let (mut client, mut rest) = (client.clone(), input);
    let mut seen = Vec::new();
    loop {
        match client.next_event(&mut rest) {
            Ok(None) => return seen,
            Ok(Some(event)) => seen.push((format!("{event:?}"), client.state())),
            Err(error) => {
                seen.push((format!("{error:?}"), client.state()));
                return seen;
            }
        }
        if seen.len() == at {
            // A handshake requires that no octets are left.
            for letter in letters.iter().filter(|letter| **letter != b'T') {
                _ = act(&mut client, *letter, CONTENT, &mut Vec::new());
            }
        }
    }
}

fn play(choice: u8, script: &[u8], stream: &[u8], places: &[usize]) -> Vec<(String, State)> {
    let mut player = Player {
        client: Client::new(config(choice)),
        in_flight: VecDeque::new(),
        greeted: false,
        given: Vec::new(),
        sent: Vec::new(),
        seen: Vec::new(),
        watch: Watch::default(),
        encrypted: false,
        taken: 0,
        arrived: 0,
    };
    let mut lines = 1;
    for (at, letter) in script.iter().enumerate() {
        match letter {
            b'+' => lines += 1,
            b' ' => {
                let rest = &script[at + 1..];
                let next = rest.iter().position(|letter| b" +".contains(letter)).map_or(rest, |end| &rest[..end]);
                player.wait(stream, lines, places, next);
                lines = 1;
                if player.client.state() == State::Closed {
                    break;
                }
            }
            letter => player.act(*letter),
        }
    }
    let sound = |violation: &&Violation| !READ_OTHERWISE.contains(&violation.kind);
    let insists = config(choice).insist_on.contains(Extension::Auth);
    for violation in player.watch.violations.iter().take_while(sound) {
        let insisted = insists && violation.kind == ViolationKind::AuthNotOffered;
        let excused = violation.who() == Side::Server || OF_THE_CALLER.contains(&violation.kind) || insisted;
        assert!(excused, "{violation}: {:#?}", player.watch.events);
    }
    player.seen.push((format!("{} {:?}", player.taken, player.client.fate()), player.client.state()));
    player.seen
}

/// A client that follows a script, with a server that sends any octets. A refused action writes and changes nothing. The client
/// sends the command and content that it was given, and never out of turn. Replies are matched to actions in order, and never to
/// an action that was done after the reply began to arrive. Every state is in the table. Errors repeat. The result is the same
/// however the replies are cut, and whether the client acts between the events or after them. An observer reports no violation of
/// the client except those of the script.
///
/// The first two octets choose the client and the cuts. The octets up to LF are the script, and the rest is sent by the server. A
/// space in the script lets the next line of the server arrive, or as many as an event needs, and each `+` before it lets one
/// more line arrive at once.
pub fn client(octets: &[u8]) {
    let mut input = Input(octets);
    let (choice, seed) = (input.octet(), input.octet());
    let length = input.0.iter().position(|octet| *octet == b'\n').unwrap_or(0);
    let script = input.take(length);
    input.octet();
    let whole = play(choice, script, input.0, &[]);
    for places in [cuts(input.0.len(), seed), cuts(input.0.len(), b'1')] {
        assert_eq!(play(choice, script, input.0, &places), whole, "cut at {places:?}");
    }
}
