//! Generates the client's side of a session. It follows the replies of the server, and does not judge them.

use super::Source;
use smtp_core::codec::ReplyDecoder;
use smtp_core::session::{Action, Facts, State};
use smtp_core::syntax::{EhloReply, Extension, Grammar, Mechanism, Offer, ReplyClass, ReplyCode, Verb};
use std::collections::VecDeque;
use std::mem::take;

/// The number of transactions to begin.
const MESSAGES: &[usize] = &[0, 1, 2, 3, 4, 5, 6, 8, 2, 3, 4, 5, 6, 3, 4, 5];
const RECIPIENTS: &[usize] = &[1, 2, 1, 3];
const CHUNKS: &[usize] = &[1, 2, 3, 4];
/// The commands between transactions.
const BETWEEN: &[Verb] =
    &[Verb::Noop, Verb::Auth, Verb::Etrn, Verb::Vrfy, Verb::Auth, Verb::Expn, Verb::Help, Verb::Rset, Verb::Ehlo];
/// The commands within a transaction. RSET and a hello end it.
const WITHIN: &[Verb] = &[Verb::Noop, Verb::Rset, Verb::Vrfy, Verb::Expn, Verb::Help, Verb::Ehlo];

const LINES: &[&[u8]] = &[b"Subject: x\r\n", b"\r\n", b".\r\n", b".a\r\n", b"text\r\n", b"QUIT\r\n"];
/// Lines that require MAIL to declare 8BITMIME.
const EIGHT_BIT: &[&[u8]] = &[b"j\xC3\xBCrgen\r\n", b"\xFC\r\n"];
/// Lines that require MAIL to declare 8BITMIME or SMTPUTF8.
const UTF8: &[&[u8]] = &[b"j\xC3\xBCrgen\r\n", "Grüße\r\n".as_bytes()];
/// Lines that are not text (RFC 3030 section 3).
const BINARY: &[&[u8]] = &[b"\0", b"\r\n.\r\n", b"\n\x80\r", b"\xFF\xFF"];

/// The client's side of a session that follows the replies of a real server. See [`Source::smtp_client`].
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of one session")]
pub struct ClientSide<'a> {
    pub(super) source: Source<'a>,
    pub(super) lmtp: bool,
    /// The hello is EHLO or LHLO, not HELO.
    extended: bool,
    /// The facts of the session after the last reply.
    facts: Facts,
    pub(super) offer: Offer,
    /// Only QUIT is left to send.
    leaving: bool,
    /// The actions that wait for a reply, and the number of replies the first has had: LMTP has one for each recipient.
    pub(super) owed: VecDeque<Action>,
    replies: u32,
    decoder: ReplyDecoder,
    /// The part of a reply that has arrived.
    received: Vec<u8>,
    /// The number of transactions still to begin.
    messages: usize,
    /// Of the transaction: the recipients still to be named, and the chunks still to be sent. DATA has no chunks.
    recipients: usize,
    chunks: usize,
    content: Vec<u8>,
    smtputf8: bool,
    /// DATA was sent.
    asked: bool,
    /// AUTH was sent with its initial response; the response was sent; the exchange was cancelled.
    pub(super) at_once: bool,
    responded: bool,
    pub(super) cancelled: bool,
}

impl<'a> Source<'a> {
    /// Generates the client's side of an SMTP session, for a server under test: what it sends depends on the server's
    /// answers. It keeps to the RFCs and to the server's offer, and never uses TLS. A server that takes mail from anyone can
    /// therefore refuse its commands only by a policy of its own.
    ///
    /// With a server in memory that accepts everything:
    ///
    /// ```
    /// use smtp_testkit::generate::Source;
    /// use smtp_core::session::{ServerEvent, Server, ServerConfig};
    /// use smtp_core::syntax::Host;
    ///
    /// # fn run(octets: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut config = ServerConfig::new(Host::new("mx.example")?);
    /// config.max_idle_commands = None; // the client may send many commands without mail
    /// let mut server = Server::new(config);
    /// let mut replies = Vec::new();
    /// server.reply_default(&mut replies)?; // the greeting
    ///
    /// let mut client = Source::new(octets).smtp_client();
    /// while let Some(sent) = client.next_turn(&replies) {
    ///     replies.clear();
    ///     let mut rest = &sent[..];
    ///     while let Some(event) = server.next_event(&mut rest)? {
    ///         match event {
    ///             ServerEvent::Rejected(rejected) => panic!("{rejected:?}"),
    ///             ServerEvent::Content(_) | ServerEvent::Abandoned => {}
    ///             _ => server.reply_default(&mut replies)?,
    ///         }
    ///     }
    /// }
    /// assert!(client.is_over());
    /// # Ok(())
    /// # }
    /// # run(&[7; 400]).unwrap();
    /// ```
    #[must_use]
    pub fn smtp_client(mut self) -> ClientSide<'a> {
        let extended = self.is_extended();
        ClientSide::new(self, extended, false)
    }

    /// Generates the client's side of an LMTP session. See [`smtp_client`](Self::smtp_client).
    #[must_use]
    pub fn lmtp_client(self) -> ClientSide<'a> {
        ClientSide::new(self, true, true)
    }

    /// Chooses whether the hello is EHLO. HELO is the simplest, and allows too little to be chosen often.
    pub(super) fn is_extended(&mut self) -> bool {
        self.below(8) > 0
    }
}

impl<'a> ClientSide<'a> {
    pub(super) fn new(mut source: Source<'a>, extended: bool, lmtp: bool) -> Self {
        let messages = source.pick(MESSAGES);
        Self {
            source,
            lmtp,
            extended,
            facts: Facts::default(),
            offer: Offer::default(),
            leaving: false,
            owed: VecDeque::from([Action::Greeting]),
            replies: 0,
            decoder: ReplyDecoder::new(),
            received: Vec::new(),
            messages,
            recipients: 0,
            chunks: 0,
            content: Vec::new(),
            smtputf8: false,
            asked: false,
            at_once: false,
            responded: false,
            cancelled: false,
        }
    }

    /// Returns the client's next turn, after these octets of the server: at first its greeting, then its replies to what was
    /// sent, in pieces of any size. Returns `None` if more replies have to come, or if the session [is over](Self::is_over).
    ///
    /// A turn is one command, content, a chunk, or with PIPELINING a group of commands (RFC 2920 section 3.1). Replies are
    /// not judged: pass both sides to an [`Observer`](smtp_core::observer::Observer) for that. A reply that no command waits
    /// for is ignored.
    pub fn next_turn(&mut self, replies: &[u8]) -> Option<Vec<u8>> {
        self.read(replies);
        (self.owed.is_empty() && !self.is_over()).then(|| self.turn())
    }

    /// Returns `true` if the session is over: QUIT was answered, or 421 or octets that are not a reply came. Close the
    /// connection then.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.facts.state(), State::Closed)
    }

    /// Returns the state of the session after the replies that have come.
    pub(super) const fn state(&self) -> State {
        self.facts.state()
    }

    /// Reads octets from the server.
    pub(super) fn read(&mut self, replies: &[u8]) {
        let mut received = take(&mut self.received);
        received.extend_from_slice(replies);
        let mut rest = &received[..];
        while !self.is_over() {
            match self.decoder.decode(&mut rest, Grammar::LENIENT) {
                Ok(Some(reply)) => self.take(reply.code(), EhloReply::from_reply(reply)),
                Ok(None) => break,
                Err(_) => self.end(),
            }
        }
        self.received = rest.to_vec();
    }

    fn end(&mut self) {
        self.facts.close();
        self.owed.clear();
    }

    /// Applies a reply to the session.
    fn take(&mut self, code: ReplyCode, ehlo: Option<EhloReply<'_>>) {
        use Action as A;
        let action = self.owed.front().copied();
        if code == ReplyCode::SERVICE_NOT_AVAILABLE || action == Some(A::Quit) {
            return self.end();
        }
        let Some(action) = action else { return };
        if self.lmtp && matches!(action, A::Content | A::BdatLast) {
            // RFC 2033 section 4.2: one for each accepted recipient.
            self.replies = self.replies.saturating_add(1);
            if self.replies < self.facts.recipients() {
                return;
            }
        }
        self.replies = 0;
        self.owed.pop_front();
        let (before, success) = (self.state(), code.class() == ReplyClass::Success);
        self.facts.answered(action, code);
        match action {
            A::Greeting => self.leaving = !success,
            A::Helo | A::Ehlo | A::Lhlo if success => {
                self.offer = ehlo.filter(|_| action != A::Helo).map_or_else(Offer::default, EhloReply::offer);
            }
            // RFC 5321 section 3.2: an older server is greeted with HELO.
            A::Ehlo if before == State::Start && matches!(code.get(), 500 | 502) => self.extended = false,
            A::Helo | A::Ehlo | A::Lhlo => self.leaving |= before == State::Start,
            // There is nothing left to send to a server that continues after the end of the exchange.
            A::Response if self.cancelled && self.state() == State::Auth => self.end(),
            A::Rset => self.leaving |= !success,
            _ => {}
        }
    }

    fn offers(&self, extension: Extension) -> bool {
        self.offer.extensions.contains(extension)
    }

    fn grammar(&self) -> Grammar {
        let grammar = if self.smtputf8 { Grammar::SMTPUTF8 } else { Grammar::STRICT };
        grammar.with_extensions(self.offer.extensions)
    }

    /// Generates a group, as if each command in it were to succeed.
    pub(super) fn turn(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut ahead = self.state();
        loop {
            let action = self.step(ahead, &mut out);
            self.owed.push_back(action);
            ahead = ahead.after(action, ReplyCode::OK);
            // RFC 4468 section 3: commands after the last chunk wait for its reply.
            let ends_group = action.ends_group() || action == Action::BdatLast || self.waits(ahead);
            if ends_group || !self.offers(Extension::Pipelining) || self.source.below(4) == 3 {
                return out;
            }
        }
    }

    /// Returns `true` if the client has to wait for replies here. RFC 2033 section 4.3: the number of replies to the last chunk
    /// depends on those before it. Without an accepted recipient it has none, which looks the same as a slow server.
    fn waits(&self, ahead: State) -> bool {
        let content_is_next = ahead == State::Bdat || (ahead == State::Rcpt && self.recipients == 0);
        self.lmtp && self.chunks == 1 && content_is_next
    }

    fn step(&mut self, ahead: State, out: &mut Vec<u8>) -> Action {
        match ahead {
            State::Data => return self.text(out),
            State::Auth => return self.response(out),
            _ if self.leaving => return self.line(Verb::Quit, out),
            State::Start => return self.hello(out),
            // RFC 3030 section 2: a failed transaction is reset first.
            State::Failed => return self.line(Verb::Rset, out),
            State::Ready if self.source.below(8) == 7 => return self.aside(BETWEEN, out),
            State::Ready => {}
            _ if self.source.below(32) == 31 => return self.aside(WITHIN, out),
            _ => {}
        }
        match ahead {
            State::Ready if self.messages == 0 => self.line(Verb::Quit, out),
            State::Ready => self.mail(out),
            State::Mail | State::Rcpt if self.recipients > 0 => self.rcpt(out),
            State::Rcpt | State::Bdat if self.chunks > 0 => self.chunk(out),
            State::Rcpt if !self.asked => {
                self.asked = true;
                self.line(Verb::Data, out)
            }
            // The message has no recipients, or DATA was refused.
            _ => self.line(Verb::Rset, out),
        }
    }

    fn line(&mut self, verb: Verb, out: &mut Vec<u8>) -> Action {
        out.extend(self.source.command_of(verb, Grammar::STRICT));
        Action::of_verb(verb)
    }

    fn hello(&mut self, out: &mut Vec<u8>) -> Action {
        let verb = match (self.extended, self.lmtp) {
            (false, _) => Verb::Helo,
            (true, false) => Verb::Ehlo,
            (true, true) => Verb::Lhlo,
        };
        self.line(verb, out)
    }

    /// Generates a command that is not part of a transaction, if the server offers it.
    fn aside(&mut self, verbs: &[Verb], out: &mut Vec<u8>) -> Action {
        let verb = self.source.choose(verbs).unwrap_or(Verb::Noop);
        match verb {
            Verb::Ehlo => self.hello(out),
            Verb::Auth if self.facts.is_authenticated() || !self.offer.has_mechanism(Mechanism::PLAIN) => {
                self.line(Verb::Noop, out)
            }
            Verb::Auth => {
                self.at_once = self.source.yes();
                (self.responded, self.cancelled) = (false, false);
                out.extend_from_slice(if self.at_once {
                    b"AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n"
                } else {
                    b"AUTH PLAIN\r\n"
                });
                Action::Auth
            }
            Verb::Etrn if !self.offers(Extension::Etrn) => self.line(Verb::Noop, out),
            // RFC 5321 section 3.5.2: a server that implements EXPN lists it.
            Verb::Expn if !self.offers(Extension::Expn) => self.line(Verb::Vrfy, out),
            verb => self.line(verb, out),
        }
    }

    /// Generates the response of PLAIN (RFC 4616 section 2). PLAIN has one response; the client cancels at a second challenge.
    fn response(&mut self, out: &mut Vec<u8>) -> Action {
        self.cancelled = self.responded || self.source.yes();
        self.responded = true;
        out.extend_from_slice(if self.cancelled { b"*\r\n" } else { b"AGpvZQBzZWNyZXQ=\r\n" });
        Action::Response
    }

    /// Generates MAIL, and chooses what the transaction will contain.
    fn mail(&mut self, out: &mut Vec<u8>) -> Action {
        self.messages = self.messages.saturating_sub(1);
        self.smtputf8 = false;
        let largest = self.offer.size.filter(|size| *size > 0).unwrap_or(u64::MAX);
        let parameters = self.source.parameters(true, self.grammar(), largest);
        self.smtputf8 = parameters.contains("SMTPUTF8");
        let path = self.source.path_in_use(true, self.grammar());
        out.extend(format!("MAIL FROM:{path}{parameters}\r\n").into_bytes());
        self.recipients = self.source.pick(RECIPIENTS);
        self.asked = false;
        let binary = parameters.contains("BINARYMIME");
        // RFC 3030 section 3: BINARYMIME cannot be sent with DATA.
        let chunked = binary || (self.offers(Extension::Chunking) && self.source.yes());
        self.chunks = if chunked { self.source.pick(CHUNKS) } else { 0 };
        self.content.clear();
        let eight_bit = binary || parameters.contains("8BITMIME");
        for _ in 0..self.source.below(6) {
            let lines = match self.source.below(4) {
                3 if binary => BINARY,
                2 if eight_bit => EIGHT_BIT,
                2 if self.smtputf8 => UTF8,
                _ => LINES,
            };
            self.content.extend(self.source.pick(lines));
        }
        Action::Mail
    }

    fn rcpt(&mut self, out: &mut Vec<u8>) -> Action {
        self.recipients = self.recipients.saturating_sub(1);
        let path = self.source.path_in_use(false, self.grammar());
        let parameters = self.source.parameters(false, self.grammar(), u64::MAX);
        out.extend(format!("RCPT TO:{path}{parameters}\r\n").into_bytes());
        Action::Rcpt
    }

    /// Generates the content after 354. It is empty if the message has no recipients (RFC 2920 section 3.1).
    fn text(&mut self, out: &mut Vec<u8>) -> Action {
        let content = take(&mut self.content);
        if self.facts.recipients() > 0 {
            for line in content.split_inclusive(|octet| *octet == b'\n') {
                // RFC 5321 section 4.5.2.
                if line.starts_with(b".") {
                    out.push(b'.');
                }
                out.extend_from_slice(line);
            }
        }
        out.extend_from_slice(b".\r\n");
        Action::Content
    }

    /// Generates the next chunk, which may end anywhere in a line, or contain all that is left.
    fn chunk(&mut self, out: &mut Vec<u8>) -> Action {
        self.chunks = self.chunks.saturating_sub(1);
        let last = self.chunks == 0;
        let length = if last { self.content.len() } else { self.source.place(self.content.len()) };
        out.extend(format!("BDAT {length}{}\r\n", if last { " LAST" } else { "" }).into_bytes());
        out.extend(self.content.drain(..length.min(self.content.len())));
        if last { Action::BdatLast } else { Action::Bdat }
    }
}
