//! The law of both sides: our client against our server.

use super::generated::Watch;
use super::input::{Dice, Input, cuts};
use super::{client as scripted, server as answering};
use smtp_core::observer::{Side, ViolationKind};
use smtp_core::session::{Client, ClientEvent, Rejected, Server, ServerEvent, State};
use std::collections::VecDeque;

struct Dialogue<'a> {
    client: Client,
    server: Server,
    dice: Dice,
    seed: u8,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    answered: bool,
    /// The server has refused something since all octets were last delivered.
    refused: bool,
    codes: Vec<u16>,
    seen: Vec<u16>,
    /// The content that the script sends.
    text: &'a [u8],
    /// The octets sent of the message in progress.
    sent: Vec<u8>,
    /// The whole messages that were sent, in order.
    messages: VecDeque<Vec<u8>>,
    arrived: Vec<u8>,
    /// An observer of the session, up to a handshake.
    watch: Watch,
    encrypted: bool,
}

impl Dialogue<'_> {
    fn act(&mut self, letter: u8) {
        let before = self.client.state();
        if letter == b'T' && (before != State::Tls || self.server.state() != State::Tls) {
            return;
        }
        let fresh = self.client.clone();
        let length = self.to_server.len();
        if scripted::act(&mut self.client, letter, self.text, &mut self.to_server).is_err() {
            // The chunk of a command that was not completed.
            self.to_server.truncate(length);
            assert_eq!(format!("{:?}", self.client), format!("{fresh:?}"));
            return;
        }
        match letter {
            b'T' => {
                self.server = self.server.clone().into_tls(&self.to_server).unwrap();
                assert!(self.to_client.is_empty());
                self.encrypted = true;
            }
            b'c' | b'b' | b'B' => self.sent.extend_from_slice(self.text),
            b'.' if !self.sent.is_empty() && !self.sent.ends_with(b"\r\n") => self.sent.extend_from_slice(b"\r\n"),
            // Octets of an earlier message that was refused or abandoned are not part of this one.
            b'm' | b'z' | b'8' | b'M' | b'i' | b'N' => self.sent.clear(),
            _ => {}
        }
        if matches!(letter, b'.' | b'B' | b'0') {
            self.messages.push_back(std::mem::take(&mut self.sent));
        }
    }

    /// Delivers until neither side has more to send.
    fn deliver(&mut self) {
        if !self.answered {
            self.answered = true;
            let codes = answering::answer(&mut self.server, None, &mut self.dice, &mut self.to_client);
            self.codes.extend(codes);
        }
        if !self.encrypted {
            self.watch.show(Side::Client, &self.to_server);
        }
        self.serve();
        if !self.encrypted {
            self.watch.show(Side::Server, &self.to_client);
        }
        self.listen();
        assert!(self.to_client.is_empty(), "{}", self.to_client.escape_ascii());
        let (client, server) = (&self.client, &self.server);
        assert_eq!(self.seen, self.codes, "each reply arrives, in order");
        assert!(self.states_agree(), "{:?}, {:?}", client.state(), server.state());
        assert!(client.state() == State::Closed || client.awaiting().next().is_none());
        if client.state() != State::Closed {
            assert_eq!(client.is_tls(), server.is_tls());
            assert_eq!(client.is_authenticated(), server.is_authenticated());
            if client.state().in_transaction() {
                assert_eq!(client.recipients(), server.recipients());
            }
            let offered = client.offer().extensions;
            assert!(offered.iter().eq(server.extensions().iter()), "{offered:?}, {:?}", server.extensions());
        }
        self.refused = false;
        self.messages.clear();
    }

    /// Checks that both sides have the same state. There is one exception: if RSET and the MAIL after it were refused, the next
    /// commands belong to the old transaction. If that was one of BINARYMIME, DATA has made it fail for the server. The client
    /// cannot know this, and sends only RSET.
    fn states_agree(&self) -> bool {
        let (client, server) = (&self.client, &self.server);
        let continues =
            || b"rd0n".iter().any(|letter| scripted::act(&mut client.clone(), *letter, b"", &mut Vec::new()).is_ok());
        client.state() == server.state()
            || (client.state(), server.state()) == (State::Rcpt, State::Failed) && !continues()
    }

    fn serve(&mut self) {
        let input = std::mem::take(&mut self.to_server);
        let mut consumed = 0;
        for shown in cuts(input.len(), self.seed).into_iter().chain([input.len()]) {
            let mut rest = &input[consumed..shown];
            while let Some(event) = self.server.next_event(&mut rest).unwrap() {
                match &event {
                    ServerEvent::Content(octets) => {
                        self.arrived.extend_from_slice(octets);
                        continue;
                    }
                    ServerEvent::Rejected(rejected) => {
                        assert!(self.refused || is_policy(&rejected.why), "{rejected:?}")
                    }
                    ServerEvent::ContentEnd => {
                        // If RSET was refused, the chunks that it was to discard come first.
                        let is_it = |message: &Vec<u8>| {
                            *message == self.arrived || self.refused && self.arrived.ends_with(message)
                        };
                        let was_sent = self.messages.iter().position(is_it);
                        // The messages before it were refused.
                        let place = was_sent.unwrap_or_else(|| panic!("{}", self.arrived.escape_ascii()));
                        assert!(place == 0 || self.refused, "{:?}", self.messages);
                        self.messages.drain(..=place);
                        self.arrived.clear();
                    }
                    _ => {}
                }
                if matches!(event, ServerEvent::Abandoned) {
                    continue;
                }
                let codes = answering::answer(&mut self.server, Some(&event), &mut self.dice, &mut self.to_client);
                self.refused |= codes.iter().any(|code| *code >= 400);
                self.codes.extend(codes);
                if !self.server.state().in_transaction() {
                    self.arrived.clear();
                }
            }
            consumed = shown - rest.len();
        }
        self.to_server = input[consumed..].to_vec();
    }

    fn listen(&mut self) {
        let input = std::mem::take(&mut self.to_client);
        let mut consumed = 0;
        for shown in cuts(input.len(), self.seed).into_iter().chain([input.len()]) {
            let mut rest = &input[consumed..shown];
            while let Some(event) = self.client.next_event(&mut rest).unwrap() {
                let reply = match event {
                    ClientEvent::Greeting(reply)
                    | ClientEvent::Reply { reply, .. }
                    | ClientEvent::BadChallenge(reply)
                    | ClientEvent::Closing(reply) => reply.code(),
                    ClientEvent::Challenge(challenge) => {
                        assert!(challenge.decode().eq(*b"Password:"));
                        smtp_core::syntax::ReplyCode::CHALLENGE
                    }
                    _ => unreachable!(),
                };
                self.seen.push(reply.get());
            }
            consumed = shown - rest.len();
        }
        self.to_client = input[consumed..].to_vec();
    }
}

/// Returns `true` for a refusal that a client which keeps to the rules may get.
fn is_policy(rejected: &Rejected) -> bool {
    !matches!(
        rejected,
        Rejected::Syntax(_)
            | Rejected::LineTooLong
            | Rejected::Sequence
            | Rejected::NoValidRecipients
            | Rejected::UnreadableChunkSize
            | Rejected::ResponseTooLong
            | Rejected::ResponseNotBase64
    )
}

/// Our client against our server, for any script, answers and cuts. If nothing was refused before, the server refuses nothing of
/// the client except by policy. Every reply arrives in order, and the content arrives as it was sent. Whenever no octets are on
/// their way, both sides have the same state, recipients, offer and security. An observer reports no violation except those of
/// the script and of answers that are chosen at random.
///
/// The first four octets choose server, client, answers and cuts. The octets up to LF are the script of the client, and the rest
/// is the content.
pub fn dialogue(octets: &[u8]) {
    let mut input = Input(octets);
    let (choice, flags, answers, seed) = (input.octet(), input.octet(), input.octet(), input.octet());
    let length = input.0.iter().position(|octet| *octet == b'\n').unwrap_or(0);
    let script = input.take(length);
    input.octet();
    let mut config = scripted::config((flags & 6) | (choice & 1));
    config.reply_limit = 65_536;
    let mut dialogue = Dialogue {
        client: Client::new(config),
        server: Server::new(answering::config(choice)),
        dice: Dice::new(answers),
        seed,
        to_server: Vec::new(),
        to_client: Vec::new(),
        answered: false,
        refused: false,
        codes: Vec::new(),
        seen: Vec::new(),
        text: input.0,
        sent: Vec::new(),
        messages: VecDeque::new(),
        arrived: Vec::new(),
        watch: Watch::default(),
        encrypted: false,
    };
    for letter in script {
        match letter {
            b' ' => dialogue.deliver(),
            letter => dialogue.act(*letter),
        }
    }
    dialogue.deliver();
    // A server that refuses at random violates clauses, and a client continues after a refused QUIT.
    for violation in &dialogue.watch.violations {
        let random = answers != b'0' && answers != 0;
        let random = random && (violation.who() == Side::Server || violation.kind == ViolationKind::CommandAfterQuit);
        assert!(random || OF_THE_CALLER.contains(&violation.kind), "{violation}");
    }
}

/// The violations of the content or the script, which are not those of the session.
pub(crate) const OF_THE_CALLER: &[ViolationKind] = &[
    ViolationKind::BareLineEndingInChunk,
    ViolationKind::CommandBeforeHello,
    ViolationKind::ControlCharacter,
    ViolationKind::EightBitContent,
    ViolationKind::EightBitNotUtf8,
    ViolationKind::TextLineTooLong,
    ViolationKind::UnknownVerb,
    ViolationKind::UnterminatedFinalLine,
];
