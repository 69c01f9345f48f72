//! One message to many recipients.
//!
//! This file keeps what is known of each recipient, and says what the caller does next.
//! [`Delivery`](super::Delivery) uses it. What is sent, and in which order, is in `transaction/commands.rs`; what a reply means for
//! the recipients is in `transaction/replies.rs`.

mod commands;
mod replies;

#[cfg(doc)]
use super::Status;
use super::connection::next_event;
use super::envelope::{missing, needs_smtputf8, sendable};
use super::{Cause, Connection, Envelope, Message, Outcome, Quorum, Scope};
use crate::session::{Action, Client, Fate, Misuse, NotOffered, Timer};
use crate::syntax::{Body, Command, Extension, Extensions, MailOrRcpt, OverLimit, ReversePath};
use alloc::vec::Vec;

/// What the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionStep {
    /// Write what is to be written, then read. This timer applies.
    Read(Timer),
    /// Write what is to be written, then give the octets of the content from this offset on, or some of them, to
    /// [`Transaction::content`]. It is less than what was given before where the message has to be sent again: to more recipients than
    /// the server takes at once, or with DATA to a server that does not know BDAT after all.
    Content(u64),
    /// Every recipient has its outcome.
    Done,
}

/// One message to many recipients, in as many mail transactions as that takes.
///
/// It finds out what becomes of the message for each recipient, and each gets exactly one [`Outcome`], whatever the server
/// does:
///
/// - What the message needs and the server does not offer is known before MAIL: 8BITMIME, BINARYMIME and SMTPUTF8; parameters;
///   its size.
/// - MAIL, RCPT and DATA go out in one group where PIPELINING is offered, with a limit on what is in flight
///   ([`Message::group`]); one by one elsewhere. With BDAT, or where the [`Quorum`] is all, the replies to RCPT are waited for.
/// - What does not fit one transaction goes in further ones: more recipients than RCPTMAX (RFC 9422), or those that are refused
///   with 452 or 552 after others were accepted (RFC 5321 section 4.5.3.1.10), unless the enhanced code says that it is not about
///   their number.
/// - A session that is lost before the end of the content was sent is [`Status::Deferred`], and after it [`Status::Unknown`].
///
/// The session has to be ready (see [`Opening`](super::Opening)). Afterwards it is ready for the next transaction, unless
/// [`session_end`](Self::session_end) says otherwise.
///
/// # Parameters that are not offered
///
/// What the standards let a client leave out is left out.
///
/// | parameter | where it is not offered |
/// |---|---|
/// | RET, ENVID, NOTIFY, ORCPT | left out (RFC 3461 section 5.2.2), unless the caller wants them |
/// | AUTH | left out: the server would not trust it (RFC 4954 section 5) |
/// | SUBMITTER | left out: what the server finds in the message stands (RFC 4405 section 4.3) |
/// | BY of mode N | left out, and a DSN "relayed" is due (RFC 2852 section 4.1.4.2) |
/// | MT-PRIORITY | left out (RFC 6710 section 4.3) |
/// | MTRK | left out (RFC 3885 section 3.3) |
/// | RRVS with C | left out (RFC 7293 section 3.1) |
/// | SIZE, BODY, SMTPUTF8 | always left out: the [`Message`] says what they are |
/// | TRANSID | always left out: a transaction here begins anew and resumes none |
/// | all others | the message is not sent |
#[derive(Clone, Debug)]
pub struct Transaction {
    message: Message,
    recipients: Vec<Place>,
    /// How many of them are in each place but the last.
    counts: [usize; 3],
    /// The outcomes of those that have one. Recipients share them.
    outcomes: Vec<Outcome>,
    stage: Stage,
    /// Commands without a reply.
    unanswered: u32,
    /// How many RCPT more this transaction may have.
    room: u32,
    /// Which recipient is looked at next: for RCPT, for a reply to RCPT, for a reply of its own to the content.
    next: usize,
    heard: usize,
    told: usize,
    /// How many recipients were accepted in this transaction.
    accepted: u32,
    /// How many octets of the content were given.
    given: u64,
    /// The outcome that ended the session.
    end: Option<u32>,
    flags: Flags,
}

#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of a transaction")]
struct Flags {
    smtputf8: bool,
    /// The content goes with BDAT.
    chunking: bool,
    mail_sent: bool,
    data_sent: bool,
    /// A chunk was accepted.
    chunk_taken: bool,
    /// BDAT was unknown, so that the server may take the transaction for one that is open.
    reset: bool,
    /// Somebody got an outcome in this transaction, or it is to be tried once more in another way.
    progress: bool,
}

/// What is known of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing.
    Waiting,
    /// RCPT was sent.
    Asked,
    /// RCPT was accepted.
    Accepted,
    /// It has this outcome.
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
    /// Content is wanted.
    Content,
    /// The end of the content was sent, or a chunk was refused: the replies are awaited.
    Ending,
    /// Every recipient has its outcome.
    Done,
}

impl Transaction {
    /// Prepares a transaction: what cannot be sent to this server has its outcome already.
    #[must_use]
    pub fn new<E: Envelope + ?Sized>(connection: &Connection, envelope: &E, message: Message) -> Self {
        let count = (0..).take_while(|index| envelope.recipient(*index).is_some()).count();
        let mut transaction = Self {
            message,
            recipients: core::iter::repeat_n(Place::Waiting, count).collect(),
            counts: [count, 0, 0],
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

    /// Gives each recipient that cannot be sent to its outcome.
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

    /// Goes on as far as what has arrived allows. The envelope has to be the same each time.
    pub fn step<E: Envelope + ?Sized>(&mut self, connection: &mut Connection, envelope: &E) -> TransactionStep {
        loop {
            self.act(connection, envelope);
            if self.stage == Stage::Done {
                return TransactionStep::Done;
            }
            let Connection { client, input, read, .. } = connection;
            match next_event(client, input, read) {
                Ok(Some(event)) => self.take(&event, client),
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

    /// Sends octets of the content, from the offset on that [`TransactionStep::Content`] names. They are lines that end in CRLF; dots
    /// are added where they are needed. `last` says that the content ends with them. With BDAT each call makes a chunk.
    ///
    /// # Errors
    /// [`Misuse`], with nothing sent and nothing changed: [`WrongState`](Misuse::WrongState) where no content is wanted, and those of
    /// [`Client::content`]. Give other octets in their place, or [`abandon`](Self::abandon) the message.
    pub fn content(&mut self, connection: &mut Connection, octets: &[u8], last: bool) -> Result<(), Misuse> {
        if self.stage != Stage::Content {
            return Err(Misuse::WrongState { state: connection.client().state(), action: Action::Content });
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

    /// Gives up: whoever has no outcome yet gets one for this reason. What was sent of the content would be delivered if it were
    /// ended, so close the connection without writing anything more.
    pub fn abandon(&mut self, connection: &mut Connection, why: Cause) {
        let outcome = match why {
            Cause::Cannot(misuse) => Outcome::cannot(misuse, Scope::Message),
            why => Outcome { scope: Scope::Message, ..Outcome::lost(why) },
        };
        // What the whole message was sent for is no longer in this side's hands.
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

    /// How many recipients there are.
    pub(super) fn count(&self) -> usize {
        self.recipients.len()
    }

    fn has(&self, place: Place) -> bool {
        place.index().and_then(|index| self.counts.get(index)).is_some_and(|count| *count > 0)
    }

    fn is_undecided(&self) -> bool {
        self.counts != [0; 3]
    }
}

impl Place {
    /// Where in [`Transaction::counts`] it is counted.
    const fn index(self) -> Option<usize> {
        match self {
            Self::Waiting => Some(0),
            Self::Asked => Some(1),
            Self::Accepted => Some(2),
            Self::Decided(_) => None,
        }
    }
}

/// What the server offers and can be used: REQUIRETLS within TLS only (RFC 8689 section 2).
fn usable(client: &Client) -> Extensions {
    let extensions = client.offer().extensions;
    if client.is_tls() { extensions } else { extensions.without(Extension::RequireTls) }
}
