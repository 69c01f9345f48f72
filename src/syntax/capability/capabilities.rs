//! What a server offers.

use super::{Capability, CapabilityValue, Extension, Host, Offer, SyntaxError};
use crate::syntax::Extensions;
use crate::syntax::extension::COMMAND_LINE_LIMIT;
use crate::syntax::wire::{Sink, Wire};
use alloc::vec::Vec;

/// What a server offers, and the reply to EHLO that says so.
///
/// ```
/// use smtp_core::syntax::{Capabilities, CapabilityValue, Extension, Extensions, Host};
///
/// let offered = Capabilities::new()
///     .with(Extension::Pipelining)
///     .with(CapabilityValue::Size(Some(1_000_000)))
///     .with_line("X-PRIVATE on")?;
/// let mut out = Vec::new();
/// offered.encode_reply(Host::new("mx.example")?, Extensions::NONE, &mut out);
/// assert_eq!(out, b"250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 X-PRIVATE on\r\n");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    offer: Offer,
    mail_line_limit: usize,
    rcpt_line_limit: usize,
    /// Every line as it goes out, as if more followed.
    text: Vec<u8>,
    lines: Vec<Line>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    /// Where it begins in the text.
    start: usize,
    extension: Option<Extension>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            offer: Offer::default(),
            mail_line_limit: COMMAND_LINE_LIMIT,
            rcpt_line_limit: COMMAND_LINE_LIMIT,
            text: Vec::new(),
            lines: Vec::new(),
        }
    }
}

impl Capabilities {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more: an [`Extension`] whose keyword says it all, or a [`CapabilityValue`].
    #[must_use]
    pub fn with<'a>(mut self, capability: impl Into<CapabilityValue<'a>>) -> Self {
        let mut text = Vec::new();
        capability.into().write(&mut text);
        self.push(&text);
        self
    }

    /// One more that is not registered, as text.
    ///
    /// # Errors
    /// [`SyntaxError`] where the text is no ehlo-line.
    pub fn with_line(mut self, text: &str) -> Result<Self, SyntaxError> {
        Capability::parse(text.as_bytes())?;
        self.push(text.as_bytes());
        Ok(self)
    }

    fn push(&mut self, text: &[u8]) {
        let capability = Capability::parse(text).ok();
        if let Some(capability) = capability {
            self.offer.add(capability);
        }
        self.mail_line_limit = self.offer.extensions.mail_line_limit();
        self.rcpt_line_limit = self.offer.extensions.rcpt_line_limit();
        self.lines.push(Line { start: self.text.len(), extension: capability.and_then(Capability::extension) });
        self.text.put(b"250-");
        self.text.put(text);
        self.text.put(b"\r\n");
    }

    /// The registered ones among them.
    #[must_use]
    pub const fn extensions(&self) -> Extensions {
        self.offer.extensions
    }

    /// What a client learns from them.
    #[must_use]
    pub const fn offer(&self) -> &Offer {
        &self.offer
    }

    /// The size that SIZE declares, if there is one.
    #[must_use]
    pub const fn size_limit(&self) -> Option<u64> {
        self.offer.size
    }

    /// The longest MAIL line with all that is offered; see [`Extensions::mail_line_limit`].
    pub(crate) const fn mail_line_limit(&self) -> usize {
        self.mail_line_limit
    }

    /// The longest RCPT line with all that is offered.
    pub(crate) const fn rcpt_line_limit(&self) -> usize {
        self.rcpt_line_limit
    }

    /// Appends the reply to EHLO or LHLO, without the lines of the extensions that are to be hidden: STARTTLS within TLS,
    /// AUTH before it.
    pub fn encode_reply(&self, host: Host<'_>, hidden: Extensions, out: &mut Vec<u8>) {
        self.write_reply(&host, hidden, out);
    }

    /// The same with the host in any form that can be written.
    pub(crate) fn write_reply(&self, host: &impl Wire, hidden: Extensions, out: &mut Vec<u8>) {
        let mut last = out.len();
        out.put(b"250-");
        host.write(out);
        out.put(b"\r\n");
        if !self.extensions().intersects(hidden) {
            if let Some(line) = self.lines.last() {
                last = out.len().saturating_add(line.start);
            }
            out.put(&self.text);
        } else {
            let mut ends = self.lines.iter().skip(1).map(|line| line.start).chain([self.text.len()]);
            for line in &self.lines {
                let end = ends.next().unwrap_or(line.start);
                if !line.extension.is_some_and(|extension| hidden.contains(extension)) {
                    last = out.len();
                    out.put(self.text.get(line.start..end).unwrap_or_default());
                }
            }
        }
        if let Some(separator) = out.get_mut(last.saturating_add(b"250".len())) {
            *separator = b' ';
        }
    }
}
