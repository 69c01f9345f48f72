//! The reply that owns its text. Servers keep it; it borrows as a [`Reply`]. The grammar is in `grammar.rs`.

use super::Reply;
use crate::syntax::wire::Sink;
use crate::syntax::{EnhancedCode, ReplyCode};
use alloc::vec::Vec;
use core::fmt;

/// A reply that owns its text.
///
/// ```
/// use smtp_core::syntax::{Reply, ReplyBuf};
///
/// let kept = ReplyBuf::from(&Reply::OK);
/// assert_eq!(kept.as_reply(), Reply::OK);
/// ```
#[derive(Clone)]
pub struct ReplyBuf {
    code: ReplyCode,
    enhanced: Option<EnhancedCode>,
    text: Vec<u8>,
}

impl ReplyBuf {
    /// Creates a reply with a text from any source: a policy, a database, another server. An enhanced code at the
    /// beginning of the text becomes that of the reply if its class fits the code. Line feeds, with or without CR,
    /// separate the lines. Other control characters, and characters beyond ASCII, become `?`.
    ///
    /// ```
    /// use smtp_core::syntax::{EnhancedCode, ReplyBuf, ReplyCode};
    ///
    /// let text = "5.1.1 no such\0 user\r\nask Jos\u{e9}";
    /// let reply = ReplyBuf::lossy(ReplyCode::MAILBOX_UNAVAILABLE, text);
    /// assert_eq!(reply.as_reply().enhanced_code(), Some(EnhancedCode::BAD_DESTINATION_MAILBOX));
    /// assert_eq!(reply.as_reply().to_string(), "550-5.1.1 no such? user\r\n550 5.1.1 ask Jos?");
    /// ```
    #[must_use]
    pub fn lossy(code: ReplyCode, text: &str) -> Self {
        let mut clean = alloc::string::String::with_capacity(text.len());
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\r' if characters.peek() == Some(&'\n') => {}
                '\n' | '\t' | ' '..='~' => clean.push(character),
                _ => clean.push('?'),
            }
        }
        let first = clean.split('\n').next().unwrap_or_default();
        let enhanced = super::enhanced_prefix(first.as_bytes(), code);
        let text = match enhanced.and(clean.split_once([' ', '\n'])) {
            Some((_, text)) => text,
            None if enhanced.is_some() => "",
            None => &clean,
        };
        let lines = if text.len() <= super::ALWAYS_FITS && !text.contains('\n') {
            super::Text::Line(text)
        } else {
            super::Text::Lines(text)
        };
        Self::from(&Reply { code, enhanced, text: lines })
    }

    /// Returns the reply, borrowed.
    #[must_use]
    pub fn as_reply(&self) -> Reply<'_> {
        Reply { code: self.code, enhanced: self.enhanced, text: super::Text::received(&self.text, self.enhanced) }
    }
}

impl From<&Reply<'_>> for ReplyBuf {
    fn from(reply: &Reply<'_>) -> Self {
        let mut text = Vec::new();
        match reply.text {
            super::Text::Received(octets) | super::Text::Coded(octets) => text.put(octets),
            super::Text::Line(_) | super::Text::Lines(_) => reply.encode(&mut text),
            super::Text::Flawed(..) => {
                reply.write_lines(&mut text, |line, out| out.put(line));
                text.put(b"\r\n");
            }
        }
        Self { code: reply.code, enhanced: reply.enhanced, text }
    }
}

impl From<Reply<'_>> for ReplyBuf {
    fn from(reply: Reply<'_>) -> Self {
        Self::from(&reply)
    }
}

impl<'a> From<&'a ReplyBuf> for Reply<'a> {
    fn from(reply: &'a ReplyBuf) -> Self {
        reply.as_reply()
    }
}

impl fmt::Display for ReplyBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_reply(), formatter)
    }
}

impl PartialEq<Reply<'_>> for ReplyBuf {
    fn eq(&self, other: &Reply<'_>) -> bool {
        self.as_reply() == *other
    }
}

impl fmt::Debug for ReplyBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_reply().fmt(formatter)
    }
}

impl PartialEq for ReplyBuf {
    fn eq(&self, other: &Self) -> bool {
        self.as_reply() == other.as_reply()
    }
}

impl Eq for ReplyBuf {}

impl core::hash::Hash for ReplyBuf {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_reply().hash(state);
    }
}
