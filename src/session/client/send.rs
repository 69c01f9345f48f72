//! The actions of a client, and the octets that they write. The checks before an action are in `check.rs`.

use super::{Challenge, Client, InitialResponse};
use crate::codec::COMMAND_LINE_LIMIT;
use crate::session::{Action, Misuse};
use crate::syntax::auth::LINE_LIMIT as RESPONSE_LIMIT;
use crate::syntax::{Base64, Base64Buf, Command, Expected, Mechanism, Part, SyntaxError};
use alloc::vec::Vec;

impl Client {
    /// Sends a command: appends its line to `out`. After BDAT, exactly as many octets have to follow by
    /// [`content`](Self::content).
    ///
    /// # Errors
    /// Returns a [`Misuse`], with nothing written and nothing changed.
    ///
    /// - [`AwaitingReply`](Misuse::AwaitingReply): before the greeting; without PIPELINING while a reply is awaited;
    ///   after a command that ends its group; MAIL after BDAT LAST or BURL LAST ([RFC 4468 section
    ///   3](https://www.rfc-editor.org/rfc/rfc4468#section-3)); these two after the end of content.
    /// - [`WrongState`](Misuse::WrongState): the [table](crate::session::State) does not permit the command; anything
    ///   but RSET, a hello or QUIT after a chunk that was refused ([RFC 3030 section
    ///   2](https://www.rfc-editor.org/rfc/rfc3030#section-2)); all but QUIT after a greeting that was a refusal, or
    ///   after an unsolicited refusal; a hello of the other protocol; STARTTLS within TLS ([RFC 3207 section
    ///   4.2](https://www.rfc-editor.org/rfc/rfc3207#section-4.2)); AUTH after AUTH has succeeded ([RFC 4954 section
    ///   4](https://www.rfc-editor.org/rfc/rfc4954#section-4)); DATA for BODY=BINARYMIME (RFC 3030 section 3); any
    ///   command inside a chunk.
    /// - [`NotOffered`](Misuse::NotOffered): a verb, mechanism, parameter or character that the offer does not have.
    ///   REQUIRETLS counts as offered within TLS only ([RFC 8689 section
    ///   2](https://www.rfc-editor.org/rfc/rfc8689#section-2)), BODY=BINARYMIME only together with CHUNKING (RFC 3030
    ///   section 3).
    /// - [`OverLimit`](Misuse::OverLimit): a SIZE, HOLDFOR, HOLDUNTIL or BY of MAIL, or a URL of BURL, that
    ///   [`Offer::permits`](crate::syntax::Offer::permits) refuses; one MAIL of the session or RCPT of the transaction
    ///   more than the LIMITS of the server allow ([RFC 9422](https://www.rfc-editor.org/rfc/rfc9422)). The caller has
    ///   to count the domains (RCPTDOMAINMAX).
    /// - [`EncryptionRequired`](Misuse::EncryptionRequired): AUTH PLAIN, LOGIN, XOAUTH2 or OAUTHBEARER outside TLS, unless
    ///   [`auth_in_clear`](super::ClientConfig::auth_in_clear) is set.
    /// - [`Content`](Misuse::Content): the end of the message, or BURL, if the last chunk ended in a CR whose LF is
    ///   missing.
    /// - [`Unsendable`](Misuse::Unsendable): the line is over its limit, or the strict grammar does not parse it into
    ///   an [equivalent](Command::equivalent) command. The line of AUTH has at most 512 octets: see
    ///   [`authenticate`](Self::authenticate) for a longer response.
    pub fn send(&mut self, command: &Command<'_>, out: &mut Vec<u8>) -> Result<(), Misuse> {
        let action = Action::of(command);
        self.has_its_turn(action)?;
        self.has_its_place(action)?;
        self.is_offered(command, action)?;
        self.is_within_limits(command)?;
        self.is_protected(command)?;
        let text = self.text_before(command, action)?;
        let start = out.len();
        command.encode(out);
        // A bare verb always reads back, so skip the check.
        if !matches!(command, Command::Data | Command::Rset | Command::Quit | Command::StartTls) {
            if let Err(misuse) = self.reads_back(command, start, out) {
                out.truncate(start);
                return Err(misuse);
            }
        }
        if let Command::Bdat(bdat) = command {
            self.chunk = bdat.size;
        }
        if let Some(text) = text {
            self.encoder = text;
        }
        self.facts.sent(command);
        self.in_flight.push(action);
        Ok(())
    }

    /// Begins AUTH, with an initial response if there is one. If the line has no room for it, it is omitted, as [RFC
    /// 4954 section 4](https://www.rfc-editor.org/rfc/rfc4954#section-4) requires. [`InitialResponse::Due`] then means
    /// that it has to be sent as the response to the first challenge, which is empty.
    ///
    /// ```
    /// use smtp_core::session::{Client, ClientConfig, ClientEvent, InitialResponse};
    /// use smtp_core::syntax::{Command, Host, Mechanism};
    ///
    /// let mut client = Client::over_tls(ClientConfig::default());
    /// let (mut out, token) = (Vec::new(), [b'x'; 2000]);
    /// client.next_event(&mut &b"220 mx.example\r\n"[..])?;
    /// client.send(&Command::Ehlo(Host::new("client.example")?), &mut out)?;
    /// client.next_event(&mut &b"250-mx.example\r\n250 AUTH XOAUTH2\r\n"[..])?;
    /// out.clear();
    /// let due = client.authenticate(Mechanism::XOAUTH2, Some(&token), &mut out)?;
    /// assert_eq!((due, &out[..]), (InitialResponse::Due, &b"AUTH XOAUTH2\r\n"[..]));
    /// if let Some(ClientEvent::Challenge(_)) = client.next_event(&mut &b"334 \r\n"[..])? {
    ///     client.respond(&token, &mut out)?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns a [`Misuse`], with nothing written and nothing changed: the errors of [`send`](Self::send) for AUTH, and
    /// [`Unsendable`](Misuse::Unsendable) if the initial response does not fit on a response line either.
    pub fn authenticate(
        &mut self,
        mechanism: Mechanism<'_>,
        initial_response: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> Result<InitialResponse, Misuse> {
        let response = initial_response.map(response_line).transpose()?;
        let text = response.as_ref().map(Base64Buf::as_base64);
        let length = |text: &Base64<'_>| "AUTH  \r\n".len().saturating_add(text.as_bytes().len());
        let fits = |text: &Base64<'_>| length(text).saturating_add(mechanism.as_bytes().len()) <= COMMAND_LINE_LIMIT;
        self.send(&Command::auth(mechanism, text.filter(fits)), out)?;
        Ok(if text.is_none_or(|text| fits(&text)) { InitialResponse::InLine } else { InitialResponse::Due })
    }

    /// Sends octets of the message, in pieces of any size. After DATA they are lines, and the dots of transparency are
    /// added. After BDAT they are sent unchanged. They are still text, unless MAIL had BODY=BINARYMIME ([RFC 3030
    /// section 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)), so
    /// [`bare_line_endings`](super::ClientConfig::bare_line_endings) applies to the chunks of a message as to one text.
    /// The caller decides whether octets above 127 may be sent: with 8BITMIME, if it is offered and MAIL has declared
    /// them ([RFC 6152 section 3](https://www.rfc-editor.org/rfc/rfc6152#section-3)).
    ///
    /// # Errors
    /// Returns a [`Misuse`], with nothing written and nothing changed.
    ///
    /// - [`WrongState`](Misuse::WrongState): neither a 354 nor a chunk expects content.
    /// - [`NoRecipients`](Misuse::NoRecipients): 354 was received, but no recipient was accepted. Only the end of the
    ///   content may be sent ([RFC 2920 section 3.1](https://www.rfc-editor.org/rfc/rfc2920#section-3.1)).
    /// - [`ChunkExceeded`](Misuse::ChunkExceeded): more octets than BDAT announced.
    /// - [`Content`](Misuse::Content): a bare CR or LF; also a CR as the last octet of BDAT LAST. You may send another
    ///   piece instead of this one. Otherwise close the connection, because the end of the content would deliver what
    ///   was sent of it.
    pub fn content(&mut self, octets: &[u8], out: &mut Vec<u8>) -> Result<(), Misuse> {
        if self.chunk > 0 || matches!(self.in_flight.back(), Some(Action::Bdat | Action::BdatLast)) {
            return self.chunk(octets, out);
        }
        if !self.takes_content() {
            return Err(self.has_no_place(Action::Content));
        }
        if self.recipients() == 0 && !self.facts.is_resumed() {
            return Err(Misuse::NoRecipients);
        }
        let start = out.len();
        let mut encoder = self.encoder.clone();
        if let Err(fault) = encoder.encode_into(octets, out) {
            out.truncate(start);
            return Err(Misuse::Content(fault));
        }
        self.encoder = encoder;
        Ok(())
    }

    /// Sends octets of the chunk.
    fn chunk(&mut self, octets: &[u8], out: &mut Vec<u8>) -> Result<(), Misuse> {
        let length = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        let left = self.chunk.checked_sub(length).ok_or(Misuse::ChunkExceeded)?;
        if !self.facts.declared().is_binary() {
            // Apply the checks of DATA. The dots that it would add are not needed, so the encoder's output is dropped.
            let (mut encoder, mut unread) = (self.encoder.clone(), octets);
            while encoder.encode(&mut unread).map_err(Misuse::Content)?.is_some() {}
            if left == 0 && self.in_flight.back() == Some(Action::BdatLast) {
                encoder.finish().map_err(Misuse::Content)?;
            }
            self.encoder = encoder;
        }
        self.chunk = left;
        out.extend_from_slice(octets);
        if left == 0 && length > 0 {
            self.in_flight.end_chunk();
        }
        Ok(())
    }

    /// Sends the end of the message after DATA: CRLF if it is missing, and the line ".". After BDAT, only the last
    /// octet of BDAT LAST ends the message.
    ///
    /// # Errors
    /// Returns a [`Misuse`], with nothing written and nothing changed: [`WrongState`](Misuse::WrongState) if no content
    /// is expected, [`Content`](Misuse::Content) for a CR at its very end.
    pub fn finish_content(&mut self, out: &mut Vec<u8>) -> Result<(), Misuse> {
        if !self.takes_content() {
            return Err(self.has_no_place(Action::Content));
        }
        let mut encoder = self.encoder.clone();
        out.extend_from_slice(encoder.finish().map_err(Misuse::Content)?);
        self.encoder = encoder;
        self.in_flight.push(Action::Content);
        Ok(())
    }

    /// Answers a challenge within AUTH with these octets, which are sent in base64. No octets give an empty line.
    ///
    /// # Errors
    /// Returns a [`Misuse`], with nothing written and nothing changed: [`WrongState`](Misuse::WrongState) if there is
    /// no challenge that can be answered, [`AwaitingReply`](Misuse::AwaitingReply) if the last response is not
    /// answered, [`Unsendable`](Misuse::Unsendable) for a line of more than 12288 octets.
    pub fn respond(&mut self, octets: &[u8], out: &mut Vec<u8>) -> Result<(), Misuse> {
        self.has_challenge()?;
        if self.challenge != Challenge::Given {
            return Err(self.has_no_place(Action::Response));
        }
        out.extend_from_slice(response_line(octets)?.as_base64().as_bytes());
        out.extend_from_slice(b"\r\n");
        self.challenge = Challenge::None;
        self.in_flight.push(Action::Response);
        Ok(())
    }

    /// Cancels AUTH instead of sending a response ([RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)). The server then refuses the AUTH.
    ///
    /// # Errors
    /// Returns a [`Misuse`], with nothing written and nothing changed: [`WrongState`](Misuse::WrongState) if there is
    /// no challenge, [`AwaitingReply`](Misuse::AwaitingReply) if the last response is not answered.
    pub fn cancel(&mut self, out: &mut Vec<u8>) -> Result<(), Misuse> {
        self.has_challenge()?;
        out.extend_from_slice(b"*\r\n");
        self.challenge = Challenge::Cancelled;
        self.in_flight.push(Action::Response);
        Ok(())
    }
}

/// Returns the text of a response line, or an error if it is over the limit.
fn response_line(octets: &[u8]) -> Result<Base64Buf, Misuse> {
    let length = octets.len().div_ceil(3).saturating_mul(4);
    if length.saturating_add(b"\r\n".len()) > RESPONSE_LIMIT {
        return Err(too_long(RESPONSE_LIMIT));
    }
    Ok(Base64Buf::encode(octets))
}

pub(super) fn too_long(limit: usize) -> Misuse {
    let offset = u32::try_from(limit).unwrap_or(u32::MAX);
    Misuse::Unsendable(SyntaxError::new(Expected::LineWithinLimit, Part::Argument, offset))
}
