//! The delivery of one message to many recipients.
//!
//! This file keeps what is known about each recipient, and returns the caller's next step.
//! [`Delivery`](super::Delivery) uses it. The commands and their order are in `transaction/commands.rs`; the meaning of
//! a reply for the recipients is in `transaction/replies.rs`.

mod commands;
mod replies;

use super::connection::next_event;
use super::envelope::{missing, needs_smtputf8, sendable, undeclared};
use super::{Cause, Connection, Envelope, Message, Outcome, Quorum, Scope};
use crate::session::{Action, Client, Fate, Misuse, NotOffered, Timer};
use crate::syntax::{Body, Command, Extension, Extensions, MailOrRcpt, OverLimit, ReversePath};
use alloc::vec::Vec;

/// The caller's next step.
///
/// ```
/// use smtp_core::session::delivery::{Connection, Message, Opening, OpeningStep};
/// use smtp_core::session::delivery::{Transaction, TransactionStep};
/// use smtp_core::session::{ClientConfig, Timer};
/// use smtp_core::syntax::{Host, Mailbox};
///
/// let mut connection = Connection::new(ClientConfig::SMTP);
/// let mut opening = Opening::new(Host::new("client.example")?);
/// connection.received(b"220 mx.example\r\n");
/// while let OpeningStep::Read(_) = opening.step(&mut connection) {
///     connection.received(b"250 mx.example\r\n");
/// }
/// let envelope = (Mailbox::new("joe@client.example")?, [Mailbox::new("ann@mx.example")?]);
/// let text = b"Subject: Hello\r\n\r\n.Hello\r\n";
/// let mut transaction = Transaction::new(&connection, &envelope, Message::of(text));
/// let mut replies = ["250 OK\r\n", "250 OK\r\n", "354 Go on\r\n", "250 OK\r\n"].into_iter();
/// let mut steps = Vec::new();
/// while steps.last() != Some(&TransactionStep::Done) {
///     let step = transaction.step(&mut connection, &envelope);
///     match step {
///         TransactionStep::Read(_) => connection.received(replies.next().unwrap().as_bytes()),
///         TransactionStep::Content(from) => {
///             transaction.content(&mut connection, &text[from as usize..], true)?;
///         }
///         _ => {}
///     }
///     steps.push(step);
/// }
/// let [mail, rcpt, data] = [Timer::Mail, Timer::Rcpt, Timer::Data].map(TransactionStep::Read);
/// let end = TransactionStep::Read(Timer::Content);
/// assert_eq!(steps, [mail, rcpt, data, TransactionStep::Content(0), end, TransactionStep::Done]);
/// assert!(connection.to_write().ends_with(b"DATA\r\nSubject: Hello\r\n\r\n..Hello\r\n.\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use]
pub enum TransactionStep {
    /// Write the output, then read. This timer applies.
    Read(Timer),
    /// Write the output, then pass the octets of the content from this offset on, or some of them, to
    /// [`Transaction::content`]. The offset goes back if the message has to be sent again: to more recipients than the
    /// server accepts at once, or with DATA to a server that offers CHUNKING but does not know BDAT.
    Content(u64),
    /// Every recipient has its outcome.
    Done,
}

/// The delivery of one message to many recipients, in as many mail transactions as necessary.
///
/// Each recipient gets exactly one [`Outcome`], whatever the server does:
///
/// - Requirements of the message that the server does not offer are detected before MAIL: 8BITMIME, BINARYMIME and
///   SMTPUTF8; parameters; its size.
/// - With PIPELINING, MAIL, RCPT and DATA are sent in one group, with a limit on commands without a reply
///   ([`Message::group`]). Without it they are sent one by one. With BDAT, or with [`Quorum::All`], the replies to RCPT
///   are awaited before the content.
/// - Recipients that do not fit into one transaction are sent in further ones: more recipients than RCPTMAX ([RFC
///   9422](https://www.rfc-editor.org/rfc/rfc9422)), or those that are refused with 452 or 552 after others were
///   accepted ([RFC 5321 section 4.5.3.1.10](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.10)), unless the
///   enhanced code gives another reason than their number.
///
/// The session has to be ready (see [`Opening`](super::Opening)). When the message is done, the session is ready for
/// the next one, unless [`session_end`](Self::session_end) returns an outcome.
///
/// # Parameters that are not offered
///
/// A parameter is omitted if the standards permit it.
///
/// | parameter | if it is not offered |
/// |---|---|
/// | RET, ENVID, NOTIFY, ORCPT | omitted ([RFC 3461 section 5.2.2](https://www.rfc-editor.org/rfc/rfc3461#section-5.2.2)), unless [`Message::require_dsn`] is set |
/// | AUTH | omitted: the server would not trust it ([RFC 4954 section 5](https://www.rfc-editor.org/rfc/rfc4954#section-5)) |
/// | SUBMITTER | omitted: the server uses what it finds in the message ([RFC 4405 section 4.3](https://www.rfc-editor.org/rfc/rfc4405#section-4.3)) |
/// | BY of mode N | omitted, and the caller owes a DSN "relayed" ([RFC 2852 section 4.1.4.2](https://www.rfc-editor.org/rfc/rfc2852#section-4.1.4.2)) |
/// | MT-PRIORITY | omitted ([RFC 6710 section 4.3](https://www.rfc-editor.org/rfc/rfc6710#section-4.3)) |
/// | MTRK | omitted ([RFC 3885 section 3.3](https://www.rfc-editor.org/rfc/rfc3885#section-3.3)) |
/// | RRVS with C | omitted ([RFC 7293 section 3.1](https://www.rfc-editor.org/rfc/rfc7293#section-3.1)) |
/// | SIZE, BODY, SMTPUTF8 | always replaced by the values of the [`Message`] |
/// | TRANSID | always omitted: each transaction begins anew and resumes none |
/// | all others | the message is not sent |
///
/// ```
/// use smtp_core::session::ClientConfig;
/// use smtp_core::session::delivery::{Connection, Message, Opening, OpeningStep};
/// use smtp_core::session::delivery::{Transaction, TransactionStep};
/// use smtp_core::syntax::{Host, Mailbox};
///
/// let mut connection = Connection::new(ClientConfig::SMTP);
/// let mut opening = Opening::new(Host::new("client.example")?);
/// connection.received(b"220 mx.example\r\n");
/// while let OpeningStep::Read(_) = opening.step(&mut connection) {
///     connection.received(b"250 mx.example\r\n");
/// }
/// let envelope = (Mailbox::new("joe@client.example")?, [Mailbox::new("ann@mx.example")?]);
/// let mut transaction = Transaction::new(&connection, &envelope, Message::default());
/// assert!(matches!(transaction.step(&mut connection, &envelope), TransactionStep::Read(_)));
/// assert!(connection.to_write().ends_with(b"MAIL FROM:<joe@client.example>\r\n"));
/// connection.received(b"550 Not from you\r\n");
/// assert_eq!(transaction.step(&mut connection, &envelope), TransactionStep::Done);
/// assert_eq!(transaction.outcome(0).unwrap().to_string(), "550 Not from you");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Transaction {
    message: Message,
    recipients: Vec<Place>,
    /// The number of recipients in each place.
    counts: [usize; 4],
    /// The outcomes that recipients have. Several recipients may share one.
    outcomes: Vec<Outcome>,
    stage: Stage,
    /// The number of commands without a reply.
    unanswered: u32,
    /// The number of RCPT commands that this transaction may still have.
    room: u32,
    /// The next recipient to look at: `next` for RCPT, `heard` for a reply to RCPT, `told` for its own reply to the
    /// content.
    next: usize,
    heard: usize,
    told: usize,
    /// The number of recipients that were accepted in this transaction.
    accepted: u32,
    /// The number of octets of the content that the caller has passed.
    given: u64,
    /// The outcome that ended the session.
    end: Option<u32>,
    flags: Flags,
}

#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of a transaction")]
struct Flags {
    smtputf8: bool,
    /// Whether the content is sent with BDAT.
    chunking: bool,
    mail_sent: bool,
    data_sent: bool,
    /// Whether a chunk was accepted.
    chunk_taken: bool,
    /// Whether RSET is needed because BDAT was unknown: the server may consider the transaction open.
    reset: bool,
    /// Whether a recipient got an outcome in this transaction, or the transaction has to be repeated in another way.
    progress: bool,
}

/// The knowledge about a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// RCPT has not been sent.
    Waiting,
    /// RCPT was sent.
    Asked,
    /// RCPT was accepted.
    Accepted,
    /// The recipient has this outcome.
    Decided(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// A transaction is about to begin.
    Begin,
    /// RSET was sent.
    Reset,
    /// Up to the reply to DATA.
    Envelope,
    /// The caller has to pass content.
    Content,
    /// The end of the content was sent, or a chunk was refused: waits for the replies.
    Ending,
    /// Every recipient has its outcome.
    Done,
}

impl Transaction {
    /// Prepares the delivery. Recipients that cannot be sent to this server get their outcome at once.
    #[must_use]
    pub fn new<E: Envelope + ?Sized>(connection: &Connection, envelope: &E, message: Message) -> Self {
        let count = (0..).take_while(|index| envelope.recipient(*index).is_some()).count();
        let mut transaction = Self {
            message,
            recipients: core::iter::repeat_n(Place::Waiting, count).collect(),
            counts: [count, 0, 0, 0],
            outcomes: Vec::new(),
            stage: Stage::Begin,
            unanswered: 0,
            room: 0,
            next: 0,
            heard: 0,
            told: 0,
            accepted: 0,
            given: 0,
            end: None,
            flags: Flags::default(),
        };
        transaction.prepare(connection.client(), envelope);
        transaction
    }

    /// Decides the recipients that cannot be sent to.
    fn prepare<E: Envelope + ?Sized>(&mut self, client: &Client, envelope: &E) {
        let offer = client.offer();
        let offered = usable(client);
        let (sender, parameters) = envelope.sender();
        let sender_needs_utf8 = matches!(sender, ReversePath::Path(path) if path.needs_smtputf8());
        let needed = Message { smtputf8: self.message.smtputf8 || sender_needs_utf8, ..self.message };
        let size = self.message.size.filter(|size| offer.size.is_some_and(|most| *size > most));
        let misuse = match (missing(&needed, offered), size) {
            (Some(not_offered), _) => Some(Misuse::NotOffered(not_offered)),
            (None, Some(_)) => Some(Misuse::OverLimit(OverLimit::Size)),
            (None, None) => {
                sendable(parameters, MailOrRcpt::Mail, offered, self.message.require_dsn).err().map(Misuse::NotOffered)
            }
        };
        if let Some(misuse) = misuse {
            return self.decide_all(Outcome::cannot(misuse, Scope::Message));
        }
        self.flags.smtputf8 = needed.smtputf8;
        self.flags.chunking =
            self.message.body == Body::BinaryMime || (self.message.chunking && offered.contains(Extension::Chunking));
        for index in 0..self.recipients.len() {
            let Some((path, parameters)) = envelope.recipient(index) else { break };
            let utf8 = needs_smtputf8(path);
            let parameters = sendable(parameters, MailOrRcpt::Rcpt, offered, self.message.require_dsn);
            let not_offered = match parameters {
                _ if utf8 && !offered.contains(Extension::SmtpUtf8) => NotOffered::Extension(Extension::SmtpUtf8),
                Err(not_offered) => not_offered,
                Ok(_) => {
                    self.flags.smtputf8 |= utf8;
                    continue;
                }
            };
            self.decide(index, Outcome::cannot(not_offered.into(), Scope::Recipient));
        }
        let most = offer.limits.rcpt_max.map_or(usize::MAX, |most| usize::try_from(most.get()).unwrap_or(usize::MAX));
        if self.message.quorum == Quorum::All && self.recipients.len() > most {
            self.decide_all(Outcome::cannot(OverLimit::RcptMax.into(), Scope::Message));
        }
        self.hold_quorum();
    }

    /// Advances the delivery as far as the received octets allow, and returns the caller's next step. `envelope` has to
    /// be the same in each call.
    pub fn step<E: Envelope + ?Sized>(&mut self, connection: &mut Connection, envelope: &E) -> TransactionStep {
        loop {
            self.act(connection, envelope);
            if self.stage == Stage::Done {
                return TransactionStep::Done;
            }
            let Connection { client, input, read, .. } = connection;
            match next_event(client, input, read) {
                Ok(Some(event)) => self.take(event, client),
                Ok(None) => {
                    if connection.is_closed() {
                        self.lose(connection, Cause::Lost);
                    } else if self.stage == Stage::Content && self.has_room(connection) {
                        return TransactionStep::Content(self.given);
                    } else {
                        return TransactionStep::Read(connection.client().timer().unwrap_or(Timer::Reply));
                    }
                }
                Err(error) => self.lose(connection, Cause::Protocol(error)),
            }
        }
    }

    /// Sends octets of the content, from the offset on that [`TransactionStep::Content`] names. They are lines that end
    /// in CRLF; the dots of transparency are added. `last` marks the end of the content. With BDAT each call makes a
    /// chunk.
    ///
    /// # Errors
    /// Returns a [`Misuse`], with nothing sent and nothing changed: [`WrongState`](Misuse::WrongState) if no content is
    /// expected, [`NotSevenBit`](Misuse::NotSevenBit) for an octet above 127 that MAIL does not declare,
    /// and the errors of [`Client::content`]. Pass other octets instead, or [`abandon`](Self::abandon) the message.
    pub fn content(&mut self, connection: &mut Connection, octets: &[u8], last: bool) -> Result<(), Misuse> {
        if self.stage != Stage::Content {
            return Err(Misuse::WrongState { state: connection.client().state(), action: Action::Content });
        }
        if let Some(offset) = undeclared(self.message.body, self.flags.smtputf8, octets, self.given) {
            return Err(Misuse::NotSevenBit { offset });
        }
        let length = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        if self.flags.chunking {
            if length > 0 || last {
                connection.at_once(|connection| {
                    connection.send(&if last { Command::bdat_last(length) } else { Command::bdat(length) })?;
                    if length > 0 { connection.content(octets) } else { Ok(()) }
                })?;
                self.unanswered = self.unanswered.saturating_add(1);
            }
        } else if !last {
            connection.content(octets)?;
        } else if octets.last() == Some(&b'\r') {
            connection.at_once(|connection| {
                connection.content(octets)?;
                connection.finish_content()
            })?;
        } else {
            connection.content(octets)?;
            connection.finish_content()?;
        }
        self.given = self.given.saturating_add(length);
        if last {
            self.stage = Stage::Ending;
        }
        Ok(())
    }

    /// Abandons the delivery: each recipient without an outcome gets one with this cause. An end would deliver the
    /// content that was already sent, so close the connection without writing anything more.
    pub fn abandon(&mut self, connection: &mut Connection, why: Cause) {
        let outcome = match why {
            Cause::Cannot(misuse) => Outcome::cannot(misuse, Scope::Message),
            why => Outcome { scope: Scope::Message, ..Outcome::lost(why) },
        };
        // If the end of the message was already written, the server decides what happens to it.
        let fate = connection.lost();
        if fate == Fate::Unknown {
            self.lose(connection, Cause::Lost);
        }
        self.decide_all(outcome);
        self.end_with(Outcome::lost(Cause::Lost));
    }

    /// Returns the outcome of this recipient, counted from 0, once it is known.
    #[must_use]
    pub fn outcome(&self, recipient: usize) -> Option<&Outcome> {
        match self.recipients.get(recipient)? {
            Place::Decided(outcome) => self.outcomes.get(usize::try_from(*outcome).ok()?),
            Place::Waiting | Place::Asked | Place::Accepted => None,
        }
    }

    /// Returns the outcomes that are known, in the order of the recipients; all of them after [`TransactionStep::Done`].
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        (0..self.recipients.len()).filter_map(|recipient| self.outcome(recipient))
    }

    /// Returns what ended the session, if it can be used no more: any other message would fare the same.
    #[must_use]
    pub fn session_end(&self) -> Option<&Outcome> {
        self.outcomes.get(usize::try_from(self.end?).ok()?)
    }

    /// Returns the number of recipients.
    pub(super) fn count(&self) -> usize {
        self.recipients.len()
    }

    /// Returns `true` after [`TransactionStep::Done`].
    pub(super) fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    fn has(&self, place: Place) -> bool {
        self.counts.get(place.index()).is_some_and(|count| *count > 0)
    }

    fn is_undecided(&self) -> bool {
        self.counts.last() != Some(&self.recipients.len())
    }
}

impl Place {
    /// Returns the index of the place in [`Transaction::counts`].
    const fn index(self) -> usize {
        match self {
            Self::Waiting => 0,
            Self::Asked => 1,
            Self::Accepted => 2,
            Self::Decided(_) => 3,
        }
    }
}

/// Returns the extensions that can be used: those that the server offers, but REQUIRETLS within TLS only (RFC 8689
/// section 2).
fn usable(client: &Client) -> Extensions {
    let extensions = client.offer().extensions;
    if client.is_tls() { extensions } else { extensions.without(Extension::RequireTls) }
}
