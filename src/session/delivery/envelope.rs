//! An envelope, and the properties of a message that have to be known before it is sent.
//!
//! This file also decides whether a parameter may be omitted that a server does not offer.
//! [`Transaction`](super::Transaction) asks it before it sends MAIL. It must not know about replies.

use crate::session::NotOffered;
use crate::syntax::wire::Sink;
use crate::syntax::{
    Body, DeliverByMode, Extension, Extensions, ForwardPath, Grammar, MailOrRcpt, Mailbox, Parameter, ParameterName,
    ParameterValue, Parameters, ReversePath, RrvsAction,
};
use alloc::vec::Vec;
use core::num::NonZeroU32;

/// The sender and the recipients of a message. Nothing of it is copied, but [`Delivery::push`](super::Delivery::push)
/// takes the envelope: pass `&envelope` to keep it. The envelope of a message that is received is
/// [`reception::Envelope`](crate::session::reception::Envelope), a struct.
///
/// The parameters are those that the caller wants. SIZE, BODY and SMTPUTF8 among them are ignored, because the
/// [`Message`] has their values. For parameters that the server does not offer see
/// [`Transaction`](super::Transaction#parameters-that-are-not-offered).
///
/// ```
/// use smtp_core::session::delivery::Envelope;
/// use smtp_core::syntax::{ForwardPath, Mailbox, MailboxBuf, Parameters, ReversePath};
///
/// /// A report: its sender is the null reverse-path.
/// struct Report(MailboxBuf);
///
/// impl Envelope for Report {
///     fn sender(&self) -> (ReversePath<'_>, Parameters<'_>) {
///         (ReversePath::Null, Parameters::NONE)
///     }
///     fn recipient(&self, index: usize) -> Option<(ForwardPath<'_>, Parameters<'_>)> {
///         (index == 0).then(|| (self.0.as_mailbox().into(), Parameters::NONE))
///     }
/// }
///
/// assert!(Report("ann@mx.example".parse()?).recipient(1).is_none());
/// // A pair of mailboxes is an envelope too.
/// let envelope = (Mailbox::new("joe@client.example")?, [Mailbox::new("ann@mx.example")?]);
/// assert!(envelope.recipient(0).is_some());
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
pub trait Envelope {
    /// Returns the reverse-path and the parameters of MAIL.
    fn sender(&self) -> (ReversePath<'_>, Parameters<'_>);

    /// Returns the recipient with this index, counted from 0, and the parameters of its RCPT. Returns `None` after the
    /// last.
    fn recipient(&self, index: usize) -> Option<(ForwardPath<'_>, Parameters<'_>)>;
}

impl<E: Envelope + ?Sized> Envelope for &E {
    fn sender(&self) -> (ReversePath<'_>, Parameters<'_>) {
        (**self).sender()
    }

    fn recipient(&self, index: usize) -> Option<(ForwardPath<'_>, Parameters<'_>)> {
        (**self).recipient(index)
    }
}

/// An envelope of mailboxes without parameters. The list may be a slice, an array or a vector.
impl<'a, T: AsRef<[Mailbox<'a>]>> Envelope for (Mailbox<'a>, T) {
    fn sender(&self) -> (ReversePath<'_>, Parameters<'_>) {
        (self.0.into(), Parameters::NONE)
    }

    fn recipient(&self, index: usize) -> Option<(ForwardPath<'_>, Parameters<'_>)> {
        self.1.as_ref().get(index).map(|mailbox| ((*mailbox).into(), Parameters::NONE))
    }
}

/// An envelope whose recipients have the same parameters.
impl Envelope for ((ReversePath<'_>, Parameters<'_>), (&[ForwardPath<'_>], Parameters<'_>)) {
    fn sender(&self) -> (ReversePath<'_>, Parameters<'_>) {
        self.0
    }

    fn recipient(&self, index: usize) -> Option<(ForwardPath<'_>, Parameters<'_>)> {
        let (recipients, parameters) = self.1;
        recipients.get(index).map(|path| (*path, parameters))
    }
}

/// The properties of a message that have to be known before it is sent, and options for sending it. Create it with
/// [`Message::of`] or the default, and change fields.
///
/// ```
/// use smtp_core::session::delivery::{Message, Quorum};
///
/// let mut message = Message::of(b"Subject: Hello\r\n\r\nHello\r\n");
/// message.quorum = Quorum::All;
/// assert_eq!(message.size, Some(25));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Message {
    /// The size of the content in octets, with CRLF at the end of each line, and without the dots that DATA adds ([RFC
    /// 1870 section 5](https://www.rfc-editor.org/rfc/rfc1870#section-5)). If `None`, SIZE is not sent. Default:
    /// `None`.
    pub size: Option<u64>,
    /// The kind of octets in the content. Content with octets above 127 is not sent as [`Body::SevenBit`], unless
    /// `smtputf8` is set. [`Message::of`] looks at the content. Default: [`Body::SevenBit`].
    pub body: Body,
    /// Whether the header is in UTF-8, so that the message needs SMTPUTF8 whatever its addresses are ([RFC 6531 section
    /// 3.2](https://www.rfc-editor.org/rfc/rfc6531#section-3.2)). Default: `false`.
    pub smtputf8: bool,
    /// Sends the content with BDAT if CHUNKING is offered. BODY=BINARYMIME is always sent with BDAT. Default: `false`.
    pub chunking: bool,
    /// Whether the message is sent to some of its recipients if others are refused. Default: [`Quorum::Any`].
    pub quorum: Quorum,
    /// Whether the message needs DSN. If `false` and DSN is not offered, its parameters are omitted, and the caller
    /// owes the DSNs of [RFC 3461 section 5.2.2](https://www.rfc-editor.org/rfc/rfc3461#section-5.2.2). If `true`, the
    /// message is then not sent. Default: `false`.
    pub require_dsn: bool,
    /// The largest number of commands without a reply, if PIPELINING is offered. Default: 100.
    ///
    /// Neither side may wait for the other to read ([RFC 2920 section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc2920#section-3.1)). 100 replies of 512 octets fit into a window of 65 535
    /// octets, so a server does not have to wait even if this side writes before it reads.
    pub group: NonZeroU32,
}

/// The number of recipients that must be accepted before a message is sent.
///
/// ```
/// use smtp_core::session::delivery::{Message, Quorum};
///
/// let mut message = Message::default();
/// assert_eq!(message.quorum, Quorum::Any);
/// message.quorum = Quorum::All;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Quorum {
    /// At least one recipient.
    #[default]
    Any,
    /// All of them, in one transaction. Otherwise nobody gets the message, and all recipients share the outcome of the
    /// first who was not accepted.
    All,
}

const GROUP: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

impl Default for Message {
    fn default() -> Self {
        Self {
            size: None,
            body: Body::SevenBit,
            smtputf8: false,
            chunking: false,
            quorum: Quorum::Any,
            require_dsn: false,
            group: GROUP,
        }
    }
}

impl Message {
    /// Inspects the whole content, whose lines end in CRLF: its size, octets above 127, and UTF-8 in its header.
    ///
    /// ```
    /// use smtp_core::session::delivery::Message;
    /// use smtp_core::syntax::Body;
    ///
    /// let message = Message::of("Subject: hello\r\n\r\nPrêt\r\n".as_bytes());
    /// assert_eq!((message.size, message.body), (Some(25), Body::EightBitMime));
    /// assert!(!message.smtputf8);
    /// assert!(Message::of("Subject: Prêt\r\n\r\n".as_bytes()).smtputf8);
    /// ```
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        let is_ascii = content.is_ascii();
        Self {
            size: u64::try_from(content.len()).ok(),
            body: if is_ascii { Body::SevenBit } else { Body::EightBitMime },
            smtputf8: !is_ascii && has_utf8_header(content),
            ..Self::default()
        }
    }
}

/// Returns the offset in the content of the first octet above 127 if MAIL does not declare any (RFC 6152 section 3, RFC
/// 6531 section 3.2). `from` is the offset of these octets.
#[inline]
pub(super) fn undeclared(body: Body, smtputf8: bool, octets: &[u8], from: u64) -> Option<u64> {
    if body != Body::SevenBit || smtputf8 || octets.is_ascii() {
        return None;
    }
    let at = octets.iter().position(|octet| !octet.is_ascii())?;
    Some(from.saturating_add(u64::try_from(at).unwrap_or(u64::MAX)))
}

/// Returns `true` if the header has UTF-8. Octets above 127 that are not UTF-8 do not need SMTPUTF8, which could not
/// carry them either.
fn has_utf8_header(content: &[u8]) -> bool {
    let end = content.windows(4).position(|octets| octets == b"\r\n\r\n").unwrap_or(content.len());
    let header = content.get(..end).unwrap_or_default();
    !content.starts_with(b"\r\n") && !header.is_ascii() && core::str::from_utf8(header).is_ok()
}

/// Returns the parameters that can be sent to a server that offers these extensions, by the table of
/// [`Transaction`](super::Transaction).
#[inline]
pub(super) fn sendable(
    parameters: Parameters<'_>,
    command: MailOrRcpt,
    offered: Extensions,
    require_dsn: bool,
) -> Result<Vec<u8>, NotOffered> {
    if parameters.is_empty() { Ok(Vec::new()) } else { selected(parameters, command, offered, require_dsn) }
}

fn selected(
    parameters: Parameters<'_>,
    command: MailOrRcpt,
    offered: Extensions,
    require_dsn: bool,
) -> Result<Vec<u8>, NotOffered> {
    let mut text = Vec::new();
    for parameter in parameters.iter() {
        if let Some(name) = ParameterName::from_keyword(parameter.keyword.as_bytes(), command) {
            use ParameterName as N;
            let is_offered = name.is_offered(offered);
            let is_ours = matches!(name, N::Size | N::Body | N::SmtpUtf8 | N::TransId);
            if is_ours || (!is_offered && may_be_left_out(name, parameter, command, require_dsn)) {
                continue;
            }
            if !is_offered {
                let missing = name.offered_by().iter().find(|needed| !offered.contains(**needed));
                return Err(missing.copied().map_or(NotOffered::Unregistered, NotOffered::Extension));
            }
        }
        if !text.is_empty() {
            text.push(b' ');
        }
        text.extend_from_slice(parameter.keyword.as_bytes());
        if let Some(value) = parameter.value {
            text.push(b'=');
            text.extend_from_slice(value);
        }
    }
    Ok(text)
}

fn may_be_left_out(name: ParameterName, parameter: Parameter<'_>, command: MailOrRcpt, require_dsn: bool) -> bool {
    use ParameterName as N;
    match name {
        N::Ret | N::Envid | N::Notify | N::Orcpt => !require_dsn,
        N::Auth | N::Submitter | N::MtPriority | N::Mtrk => true,
        N::By | N::Rrvs => match parameter.interpret(command, Grammar::SMTPUTF8) {
            Some(Ok(ParameterValue::By(by))) => by.mode == DeliverByMode::Notify,
            Some(Ok(ParameterValue::Rrvs(rrvs))) => rrvs.action == RrvsAction::Continue,
            _ => false,
        },
        _ => false,
    }
}

/// The largest number of octets of [`own_parameters`], each with a space before it.
pub(super) const OWN_LIMIT: usize = " SIZE=18446744073709551615 BODY=BINARYMIME SMTPUTF8".len();

/// Writes the parameters of MAIL that the message itself gives: SIZE, if it is offered, BODY and SMTPUTF8.
pub(super) fn own_parameters<'a>(message: &Message, offered: Extensions, place: &'a mut [u8; OWN_LIMIT]) -> &'a [u8] {
    let mut sink = &mut place[..];
    if let Some(size) = message.size.filter(|_| offered.contains(Extension::Size)) {
        sink.put(b" SIZE=");
        sink.number(size);
    }
    sink.put(match message.body {
        Body::SevenBit => b"",
        Body::EightBitMime => b" BODY=8BITMIME",
        Body::BinaryMime => b" BODY=BINARYMIME",
    });
    if message.smtputf8 {
        sink.put(b" SMTPUTF8");
    }
    let length = OWN_LIMIT.saturating_sub(sink.len());
    place.get(1..length).unwrap_or_default()
}

/// Returns `true` if the path can be sent only with SMTPUTF8.
pub(super) fn needs_smtputf8(path: ForwardPath<'_>) -> bool {
    matches!(path, ForwardPath::Path(path) if path.needs_smtputf8())
}

/// Returns an extension that the message needs and the server does not offer, if there is one.
pub(super) fn missing(message: &Message, offered: Extensions) -> Option<NotOffered> {
    let needed = match message.body {
        Body::BinaryMime if offered.contains(Extension::BinaryMime) => Some(Extension::Chunking),
        body => body.offered_by(),
    };
    let needed = needed.into_iter().chain(message.smtputf8.then_some(Extension::SmtpUtf8));
    needed.into_iter().find(|extension| !offered.contains(*extension)).map(NotOffered::Extension)
}
