//! The capabilities that a server offers, and the reply to EHLO that lists them. The configuration of a server holds
//! them. It must not know the state of a session.

use super::{Capability, CapabilityValue, Expected, Extension, Offer, SyntaxError, ehlo_line, fail, line};
use crate::syntax::extension::COMMAND_LINE_LIMIT;
use crate::syntax::reply::{LINE_LIMIT, REPLY_LIMIT};
use crate::syntax::wire::{Sink, Wire};
use crate::syntax::{Extensions, Host, Part};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

/// The capabilities that a server offers, with the reply to EHLO. Each keyword occurs once: if it is added again, the
/// new line replaces the old one.
///
/// ```
/// use smtp_core::syntax::{Capabilities, CapabilityValue, Extension, Extensions, Host};
///
/// let offered = Capabilities::new()
///     .with(Extension::Pipelining)
///     .with_value(CapabilityValue::Size(Some(1_000_000)))?
///     .with_line("X-PRIVATE on")?;
/// let mut out = Vec::new();
/// offered.encode_reply(Host::new("mx.example")?, Extensions::NONE, &mut out);
/// assert!(out.starts_with(b"250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n"));
/// assert!(out.ends_with(b"\r\n250 X-PRIVATE on\r\n"));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone)]
pub struct Capabilities {
    offer: Offer,
    mail_line_limit: usize,
    rcpt_line_limit: usize,
    /// Every line as it is written, as if more followed.
    text: Vec<u8>,
    lines: Vec<Line>,
}

#[derive(Clone, Copy)]
struct Line {
    /// The length of the line in the text.
    length: usize,
    /// The length of its keyword.
    keyword: usize,
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

/// The longest text of all lines, without those of extensions that were added by their keyword alone. With those and
/// the first line, the reply is at most as long as a client reads by default. The limit also bounds the time in which a
/// keyword is searched for: the lines are looked through for each that is added.
const LINES_LIMIT: usize = REPLY_LIMIT - LINE_LIMIT - KEYWORDS_LIMIT;

/// More than the lines of all extensions by their keyword alone.
const KEYWORDS_LIMIT: usize = 1024;

const _: () = {
    let (mut extensions, mut octets) = (Extension::ALL, 0usize);
    while let [extension, rest @ ..] = extensions {
        octets = octets.saturating_add(extension.keyword().len()).saturating_add("250-\r\n".len());
        extensions = rest;
    }
    assert!(octets <= KEYWORDS_LIMIT, "too many extensions for the limit");
};

impl PartialEq for Capabilities {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Capabilities {}

impl fmt::Debug for Capabilities {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.written().map(|(line, _)| String::from_utf8_lossy(ehlo_line_of(line)));
        formatter.debug_list().entries(lines).finish()
    }
}

/// Returns the ehlo-line of a line as it is written, without code and CRLF.
fn ehlo_line_of(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"250-").and_then(|line| line.strip_suffix(b"\r\n")).unwrap_or_default()
}

/// Returns `true` if a line as it is written has this keyword.
fn is_of(keyword: &[u8], (text, line): (&[u8], &Line)) -> bool {
    let known = ehlo_line_of(text).get(..line.keyword);
    known.is_some_and(|known| known.eq_ignore_ascii_case(keyword))
}

/// The longest ehlo-line: it has to fit between "250-" and CRLF (RFC 5321 section 4.5.3.1.5).
const EHLO_LINE_LIMIT: usize = LINE_LIMIT - "250-\r\n".len();

/// Parses an ehlo-line that fits on a line of a reply. It is not inlined because three callers would each get a copy of
/// the grammar.
#[inline(never)]
fn own_line(text: &[u8]) -> Result<Capability<'_>, SyntaxError> {
    line(text, |i| {
        let parsed = ehlo_line(i)?;
        match i.get(EHLO_LINE_LIMIT..) {
            Some(after @ [_, ..]) => fail(after, Expected::LineWithinLimit),
            _ => Ok(parsed),
        }
    })
}

/// Returns `true` if the line reads back as the value. `Plain` fits every extension that needs no parameters, so not
/// AUTH (RFC 4954 section 3). SIZE has two ways to declare no fixed maximum (RFC 1870 section 3).
fn says(value: CapabilityValue<'_>, read: CapabilityValue<'_>) -> bool {
    match value {
        CapabilityValue::Plain(Extension::Auth) => false,
        CapabilityValue::Plain(extension) => read.extension() == extension,
        CapabilityValue::Size(Some(0)) => read == CapabilityValue::Size(None),
        _ => read == value,
    }
}

/// Parses a value as it is written.
fn line_of<'a>(value: CapabilityValue<'_>, text: &'a [u8]) -> Result<Capability<'a>, SyntaxError> {
    let capability = own_line(text)?;
    if capability.interpret().is_some_and(|read| says(value, read)) {
        return Ok(capability);
    }
    let after = text.len().saturating_sub(capability.parameters.as_bytes().len());
    let offset = u32::try_from(after).unwrap_or(u32::MAX);
    Err(SyntaxError::new(Expected::ParameterValue, Part::Argument, offset))
}

impl Capabilities {
    pub(crate) fn lists(&self, keyword: &[u8]) -> bool {
        self.written().any(|line| is_of(keyword, line))
    }

    /// Creates an empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an extension without parameters. **AUTH and FUTURERELEASE need parameters and are ignored here**: use
    /// [`with_value`](Self::with_value).
    ///
    /// ```
    /// use smtp_core::syntax::{Capabilities, CapabilityValue, Extension, Mechanisms};
    ///
    /// let plain = CapabilityValue::Auth(Mechanisms::new("PLAIN")?);
    /// assert!(Capabilities::new().with_value(plain)?.extensions().contains(Extension::Auth));
    /// assert!(!Capabilities::new().with(Extension::Auth).extensions().contains(Extension::Auth));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        let keyword = extension.keyword().as_bytes();
        if let Ok(line) = line_of(CapabilityValue::Plain(extension), keyword) {
            self.push(self.find(keyword), line, keyword);
        }
        self
    }

    /// Adds an extension with its parameters.
    ///
    /// ```
    /// use smtp_core::syntax::{Capabilities, CapabilityValue};
    ///
    /// // At most nine digits.
    /// let deliver_by = |seconds| CapabilityValue::DeliverBy(Some(seconds));
    /// assert!(Capabilities::new().with_value(deliver_by(999_999_999)).is_ok());
    /// assert!(Capabilities::new().with_value(deliver_by(1_000_000_000)).is_err());
    /// ```
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the line would not read back as the value: a number out of range, a limit of 0,
    /// words with two spaces between them, AUTH or FUTURERELEASE without parameters, a line of more than 506 octets, or
    /// lines of more than 64 000 octets together.
    pub fn with_value(mut self, value: CapabilityValue<'_>) -> Result<Self, SyntaxError> {
        let mut text = Vec::new();
        value.write::<dyn Sink>(&mut text);
        self.push_within_limit(line_of(value, &text)?, &text)?;
        Ok(self)
    }

    /// Adds an unregistered capability as text. The parameters of a registered keyword are not checked.
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the text is not an ehlo-line, has more than 506 octets, which do not fit on a line of
    /// a reply, or would make all lines together longer than 64 000 octets. A [`Client`](crate::session::Client) reads no
    /// longer reply by default.
    pub fn with_line(mut self, text: &str) -> Result<Self, SyntaxError> {
        self.push_within_limit(own_line(text.as_bytes())?, text.as_bytes())?;
        Ok(self)
    }

    /// Removes an extension.
    ///
    /// ```
    /// use smtp_core::syntax::{Capabilities, Extension};
    ///
    /// let offered = Capabilities::new().with(Extension::Chunking).with(Extension::Pipelining);
    /// let pipelining = Capabilities::new().with(Extension::Pipelining);
    /// assert_eq!(offered.without(Extension::Chunking), pipelining);
    /// ```
    #[must_use]
    pub fn without(mut self, extension: Extension) -> Self {
        if let Some(line) = self.find(extension.keyword().as_bytes()) {
            self.remove(line);
        }
        self
    }

    /// Returns where the line of a keyword is: its index, and its octets in the text.
    fn find(&self, keyword: &[u8]) -> Option<(usize, Range<usize>)> {
        let mut start = 0usize;
        self.written().enumerate().find_map(|(index, (text, line))| {
            let octets = start..start.saturating_add(text.len());
            start = octets.end;
            is_of(keyword, (text, line)).then_some((index, octets))
        })
    }

    /// Removes a line.
    fn remove(&mut self, (index, octets): (usize, Range<usize>)) {
        let removed = self.lines.remove(index);
        drop(self.text.drain(octets));
        if removed.extension.is_some() {
            let mut offer = Offer::default();
            let capabilities = self.written().filter(|(_, line)| line.extension.is_some());
            capabilities.filter_map(|(text, _)| own_line(ehlo_line_of(text)).ok()).for_each(|read| offer.add(read));
            self.offer = offer;
            self.measure();
        }
    }

    /// Adds a line if it fits, in place of one with the same keyword.
    fn push_within_limit(&mut self, capability: Capability<'_>, text: &[u8]) -> Result<(), SyntaxError> {
        let replaced = self.find(capability.keyword.as_bytes());
        let others = self.text.len().saturating_sub(replaced.as_ref().map_or(0, |(_, octets)| octets.len()));
        if others.saturating_add(text.len()).saturating_add("250-\r\n".len()) > LINES_LIMIT {
            return Err(SyntaxError::new(Expected::LineWithinLimit, Part::Argument, 0));
        }
        self.push(replaced, capability, text);
        Ok(())
    }

    /// Adds a line in place of the one that was found with the same keyword.
    fn push(&mut self, replaced: Option<(usize, Range<usize>)>, capability: Capability<'_>, text: &[u8]) {
        if let Some(line) = replaced {
            self.remove(line);
        }
        self.offer.add(capability);
        self.measure();
        let start = self.text.len();
        self.text.put(b"250-");
        self.text.put(text);
        self.text.put(b"\r\n");
        let length = self.text.len().saturating_sub(start);
        let keyword = capability.keyword.as_bytes().len();
        self.lines.push(Line { length, keyword, extension: capability.extension() });
    }

    fn measure(&mut self) {
        self.mail_line_limit = self.offer.extensions.mail_line_limit();
        self.rcpt_line_limit = self.offer.extensions.rcpt_line_limit();
    }

    /// Returns the lines as they are written.
    fn written(&self) -> impl Iterator<Item = (&[u8], &Line)> {
        let mut rest = &self.text[..];
        self.lines.iter().map_while(move |line| {
            let (text, after) = rest.split_at_checked(line.length)?;
            rest = after;
            Some((text, line))
        })
    }

    /// Returns the ehlo-lines, in order.
    #[cfg(feature = "serde")]
    pub(crate) fn ehlo_lines(&self) -> impl Iterator<Item = &[u8]> {
        self.written().map(|(line, _)| ehlo_line_of(line))
    }

    /// Returns `true` if one of the lines has this keyword, in any case.
    #[must_use]
    pub fn has_line(&self, keyword: &str) -> bool {
        self.lists(keyword.as_bytes())
    }

    /// Returns the registered extensions among them.
    #[must_use]
    pub const fn extensions(&self) -> Extensions {
        self.offer.extensions
    }

    /// Returns the offer that a client reads from them.
    #[must_use]
    pub const fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Returns the size that SIZE declares, if there is one.
    #[must_use]
    pub const fn size_limit(&self) -> Option<u64> {
        self.offer.size
    }

    /// Returns the longest MAIL line with all that is offered; see [`Extensions::mail_line_limit`].
    pub(crate) const fn mail_line_limit(&self) -> usize {
        self.mail_line_limit
    }

    /// Returns the longest RCPT line with all that is offered.
    pub(crate) const fn rcpt_line_limit(&self) -> usize {
        self.rcpt_line_limit
    }

    /// Appends the reply to EHLO or LHLO, without the lines of the `hidden` extensions: for example STARTTLS within
    /// TLS, or AUTH outside it.
    ///
    /// The strict grammar requires the host to be a [`Domain`](Host::Domain) in ASCII: it has no address literal here
    /// ([RFC 5321 section 4.1.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1)) and has names as A-labels
    /// ([RFC 6531 section 3.7.1](https://www.rfc-editor.org/rfc/rfc6531#section-3.7.1)). Any other host is written
    /// unchanged, for a server without such a name, and only lenient clients accept the reply.
    pub fn encode_reply(&self, host: Host<'_>, hidden: Extensions, out: &mut Vec<u8>) {
        self.write_reply(&host, hidden, out);
    }

    /// Does the same for a host in any form that can be written.
    pub(crate) fn write_reply(&self, host: &impl Wire, hidden: Extensions, out: &mut Vec<u8>) {
        let mut last = out.len();
        out.put(b"250-");
        host.write(out);
        out.put(b"\r\n");
        if !self.extensions().intersects(hidden) {
            out.put(&self.text);
            if let Some(line) = self.lines.last() {
                last = out.len().saturating_sub(line.length);
            }
        } else {
            for (text, line) in self.written() {
                if !line.extension.is_some_and(|extension| hidden.contains(extension)) {
                    last = out.len();
                    out.put(text);
                }
            }
        }
        if let Some(separator) = out.get_mut(last.saturating_add(b"250".len())) {
            *separator = b' ';
        }
    }
}
