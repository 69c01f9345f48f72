//! The types that the decoders and encoders of message content share: the policy on bare CR and LF, the fragments of
//! content, and the faults. The content follows DATA or BDAT. Header fields and MIME are not parsed here.

mod chunk;
mod dot_decoder;
mod dot_encoder;
pub(crate) mod passed;
mod text;

use crate::fast::content as scan;
use thiserror::Error;

pub use chunk::ChunkDecoder;
pub use dot_decoder::DotDecoder;
pub use dot_encoder::DotEncoder;
pub use text::TextCheck;

/// The policy on a CR or LF inside content that is not part of a CRLF. Default: [`Refuse`](Self::Refuse).
///
/// Clients must not send one ([RFC 5321 section 2.3.8](https://www.rfc-editor.org/rfc/rfc5321#section-2.3.8)); the
/// standard does not say what a receiver does with it. Under every policy, only CRLF "." CRLF ends content, and a dot
/// after a bare CR or LF is content. So every policy ends a message at the same octet.
///
/// ```
/// use smtp_core::codec::{BareLineEnding, Content, DotDecoder};
///
/// let mut decoder = DotDecoder::new(BareLineEnding::Normalize);
/// let mut input = &b"one\ntwo\r\n.\r\n"[..];
/// let mut text = Vec::new();
/// while let Some(Content::Octets(octets)) = decoder.decode(&mut input) {
///     text.extend_from_slice(octets);
/// }
/// assert_eq!(text, b"one\r\ntwo\r\n");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "smuggling")]
pub enum BareLineEnding {
    /// Refuses the content: a bare CR or LF is a [`ContentFault`].
    #[default]
    Refuse,
    /// Passes a bare CR or LF on like any other octet. If you relay such content, make sure that the next server does
    /// not take the bare CR or LF for the end of a line: some servers end the message at LF "." LF, and read the rest
    /// as a second, smuggled message.
    Pass,
    /// Replaces a bare CR or LF by CRLF, so that all lines end alike. If this leaves a dot on a line of its own, that
    /// dot is content, and [`DotEncoder`] stuffs it when the message is sent on: no message is cut short, and none is
    /// smuggled in. The content comes in pieces of at most one line. Signatures over the original octets no longer
    /// verify.
    Normalize,
}

/// A piece of a message's content, or its end. Returned by [`DotDecoder::decode`] and [`ChunkDecoder::decode`].
///
/// ```
/// use smtp_core::codec::{BareLineEnding, Content, DotDecoder};
///
/// let mut decoder = DotDecoder::new(BareLineEnding::Refuse);
/// let mut input = &b"Hello\r\n.\r\n"[..];
/// let mut text = Vec::new();
/// let accepted = loop {
///     match decoder.decode(&mut input) {
///         Some(Content::Octets(octets)) => text.extend_from_slice(octets),
///         Some(Content::End(result)) => break result.is_ok(),
///         _ => panic!("read more"),
///     }
/// };
/// assert!(accepted);
/// assert_eq!(text, b"Hello\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Content<'a> {
    /// The next octets of the content, at least one. The boundary between two pieces has no meaning.
    Octets(&'a [u8]),
    /// The end of the content: the next octet of the input no longer belongs to it. If this holds a fault, do not
    /// accept the content that was returned before.
    End(Result<(), ContentFault>),
}

/// The first fault of a message's content.
///
/// The first fault is the one with the lowest offset. An octet that is both a bare CR or LF and the first beyond the
/// line limit is reported as [`LineTooLong`](ContentFaultKind::LineTooLong).
///
/// A server replies 554 once the content has ended, or 500 for a line that is too long ([RFC 5321 section
/// 4.5.3.1.9](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.9)).
///
/// ```
/// use smtp_core::codec::{BareLineEnding, Content, ContentFaultKind, DotDecoder};
///
/// let mut decoder = DotDecoder::new(BareLineEnding::Refuse);
/// let mut input = &b"Hello\nAnn\r\n.\r\n"[..];
/// let fault = loop {
///     if let Some(Content::End(Err(fault))) = decoder.decode(&mut input) {
///         break fault;
///     }
/// };
/// assert_eq!((fault.kind, fault.offset), (ContentFaultKind::BareLf, 5));
/// assert_eq!(fault.to_string(), "LF without CR at octet 5 of the content");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("{kind} at octet {offset} of the content")]
#[non_exhaustive]
pub struct ContentFault {
    /// The kind of fault.
    pub kind: ContentFaultKind,
    /// The offset of the faulty octet in the content, counted from 0, without the dots that transparency adds.
    ///
    /// For a bare CR or LF this is the CR or LF itself. For a line that is too long it is the first octet beyond the
    /// limit: offset 1000 if the first line exceeds the usual limit of 1000 octets.
    pub offset: u64,
}

/// The kind of a [`ContentFault`].
///
/// ```
/// use smtp_core::codec::{BareLineEnding, ContentFaultKind, DotEncoder};
///
/// let mut encoder = DotEncoder::new(BareLineEnding::Refuse);
/// let fault = encoder.encode_into(b"a\rb", &mut Vec::new()).unwrap_err();
/// assert_eq!(fault.kind, ContentFaultKind::BareCr);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ContentFaultKind {
    /// A CR that is not followed by LF.
    #[error("CR without LF")]
    BareCr,
    /// An LF that does not follow a CR.
    #[error("LF without CR")]
    BareLf,
    /// A line longer than the limit ([RFC 5321 section
    /// 4.5.3.1.6](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.6)).
    #[error("line too long")]
    LineTooLong,
}
