//! The parameters of MAIL and RCPT, built one by one.

use crate::syntax::parameter::esmtp_param;
use crate::syntax::scan::{Fault, fail, line, within};
use crate::syntax::wire::{Sink, UPPER_CASE, Wire};
use crate::syntax::xtext::write_xtext;
use crate::syntax::{Expected, Grammar, ParameterName, ParameterValue, Parameters, Part, SyntaxError};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

/// The parameters of a MAIL or a RCPT, built one by one.
///
/// Each is read back before it is taken, so no value can end the parameter, the line or the command. An error leaves the
/// list as it was; its offset counts from the start of the parameter (`SIZE=1000`).
///
/// ```
/// use smtp_core::syntax::{Body, Command, Mailbox, ParameterName, ParameterValue, ParametersBuf};
///
/// let mut parameters = ParametersBuf::new();
/// parameters.push(ParameterValue::Size(1000))?;
/// parameters.push(ParameterValue::Body(Body::EightBitMime))?;
/// parameters.push_xtext(ParameterName::Envid, b"batch 7")?;
/// assert!(parameters.push_raw("X-TAG", Some("one\r\nDATA")).is_err());
/// assert!(parameters.push(ParameterValue::Size(2000)).is_err(), "a second SIZE");
///
/// let command = Command::mail(Mailbox::new("joe@example.com")?, parameters.as_parameters());
/// assert_eq!(command.to_string(), "MAIL FROM:<joe@example.com> SIZE=1000 BODY=8BITMIME ENVID=batch+207");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Default)]
pub struct ParametersBuf {
    text: Vec<u8>,
    /// Which registered ones are there, a bit for each.
    registered: u32,
    /// The keywords of the others, in upper case.
    others: BTreeSet<Vec<u8>>,
}

impl PartialEq for ParametersBuf {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ParametersBuf {}

impl Hash for ParametersBuf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl ParametersBuf {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: Vec::new(), registered: 0, others: BTreeSet::new() }
    }

    /// One more, by its own grammar.
    ///
    /// ```
    /// use smtp_core::syntax::{ParameterValue, ParametersBuf};
    ///
    /// let mut parameters = ParametersBuf::new();
    /// parameters.push(ParameterValue::MtPriority(-3))?;
    /// assert!(parameters.push(ParameterValue::HoldFor(0)).is_err(), "RFC 4865 section 3: at least one second");
    /// assert_eq!(parameters.to_string(), "MT-PRIORITY=-3");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// [`SyntaxError`] where the value is one that the parameter cannot have, or its keyword stands there already.
    pub fn push(&mut self, value: ParameterValue<'_>) -> Result<(), SyntaxError> {
        let mut text = Vec::new();
        value.write(&mut text);
        self.append(&text, Some(value.name()), Some(value))
    }

    /// One more as it stands, `keyword` or `keyword=value`, registered or not.
    ///
    /// ```
    /// use smtp_core::syntax::ParametersBuf;
    ///
    /// let mut parameters = ParametersBuf::new();
    /// parameters.push_raw("X-TAG", Some("one"))?;
    /// parameters.push_raw("SMTPUTF8", None)?;
    /// assert!(parameters.push_raw("X-TAG", Some("two")).is_err());
    /// assert!(parameters.push_raw("X-OTHER", Some("one SIZE=1")).is_err());
    /// assert!(parameters.push_raw("X-OTHER=1", None).is_err());
    /// assert_eq!(parameters.to_string(), "X-TAG=one SMTPUTF8");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// [`SyntaxError`] where the keyword is no esmtp-keyword or stands there already, or the value is no esmtp-value: empty,
    /// or with a space, an `=` or a control character.
    pub fn push_raw(&mut self, keyword: &str, value: Option<&str>) -> Result<(), SyntaxError> {
        // Looked at by itself first: an "=" in it would pass for the one behind it.
        line(keyword.as_bytes(), |i| {
            let (rest, parameter) = within(Part::Parameters, esmtp_param(i, Grammar::STRICT))?;
            if parameter.value.is_some() { fail(i, Expected::ParameterKeyword) } else { Ok((rest, ())) }
        })?;
        let mut text = Vec::from(keyword.as_bytes());
        if let Some(value) = value {
            text.push(b'=');
            text.extend_from_slice(value.as_bytes());
        }
        self.append(&text, None, None)
    }

    /// One more whose value is written as xtext: ENVID, AUTH, SUBMITTER, and ORCPT, which takes `type;address`.
    ///
    /// ```
    /// use smtp_core::syntax::{ParameterName, ParametersBuf};
    ///
    /// let mut parameters = ParametersBuf::new();
    /// parameters.push_xtext(ParameterName::Auth, b"e=mc2@example.com")?;
    /// assert_eq!(parameters.to_string(), "AUTH=e+3Dmc2@example.com");
    /// assert!(parameters.push_xtext(ParameterName::Envid, b"").is_err(), "a value cannot be empty");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// [`SyntaxError`] where the parameter is none of these, its value would be too long or is not what it has to stand for
    /// (ASCII without controls but HT for ENVID, a mailbox for SUBMITTER, a mailbox or `<>` for AUTH), or its keyword stands there already.
    pub fn push_xtext(&mut self, name: ParameterName, octets: &[u8]) -> Result<(), SyntaxError> {
        match name {
            ParameterName::Envid | ParameterName::Auth | ParameterName::Submitter => {
                let mut text = assignment(name);
                write_xtext(octets, &mut text);
                self.append(&text, Some(name), None)
            }
            ParameterName::Orcpt => {
                let wrong = |expected| SyntaxError::new(expected, Part::Parameters, 0);
                let text = core::str::from_utf8(octets).map_err(|_| wrong(Expected::Utf8))?;
                let (addr_type, address) = text.split_once(';').ok_or_else(|| wrong(Expected::ParameterValue))?;
                self.push_orcpt(addr_type, address)
            }
            _ => Err(SyntaxError::new(Expected::Xtext, Part::Parameters, 0)),
        }
    }

    /// ORCPT, the recipient for whom a message was meant at first (RFC 3461 section 4.2). For the type `utf-8` the address
    /// is written in UTF-8, with `\x{HEXPOINT}` for what may not stand in a value; such a parameter may be sent only where
    /// SMTPUTF8 is offered (RFC 6533 section 3), see [`push_orcpt_ascii`](Self::push_orcpt_ascii).
    ///
    /// ```
    /// use smtp_core::syntax::ParametersBuf;
    ///
    /// let mut parameters = ParametersBuf::new();
    /// parameters.push_orcpt("rfc822", "joe+list@example.com")?;
    /// assert_eq!(parameters.to_string(), "ORCPT=rfc822;joe+2Blist@example.com");
    ///
    /// let mut parameters = ParametersBuf::new();
    /// parameters.push_orcpt("utf-8", "jürgen+list@example.com")?;
    /// assert_eq!(parameters.to_string(), r"ORCPT=utf-8;jürgen\x{2B}list@example.com");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// [`SyntaxError`] where the type is no atom, the address has control characters other than HT or letters beyond ASCII (for `utf-8`: is
    /// empty or has one of the control characters for which there is no HEXPOINT, NUL, CR and LF among them), the value would
    /// be longer than 500 octets, or ORCPT stands there already.
    pub fn push_orcpt(&mut self, addr_type: &str, address: &str) -> Result<(), SyntaxError> {
        self.orcpt(addr_type, address, false)
    }

    /// ORCPT as [`push_orcpt`](Self::push_orcpt) writes it, but in ASCII alone for the type `utf-8` as well.
    ///
    /// ```
    /// use smtp_core::syntax::{ParameterName, ParameterValue, ParametersBuf};
    ///
    /// let mut parameters = ParametersBuf::new();
    /// parameters.push_orcpt_ascii("utf-8", "jürgen@example.com")?;
    /// assert_eq!(parameters.to_string(), r"ORCPT=utf-8;j\x{FC}rgen@example.com");
    /// let value = parameters.as_parameters().find(ParameterName::Orcpt);
    /// assert!(matches!(value, Some(ParameterValue::Orcpt(orcpt)) if orcpt.decode().eq("jürgen@example.com".bytes())));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// As those of [`push_orcpt`](Self::push_orcpt).
    pub fn push_orcpt_ascii(&mut self, addr_type: &str, address: &str) -> Result<(), SyntaxError> {
        self.orcpt(addr_type, address, true)
    }

    fn orcpt(&mut self, addr_type: &str, address: &str, ascii: bool) -> Result<(), SyntaxError> {
        let mut text = assignment(ParameterName::Orcpt);
        text.extend_from_slice(addr_type.as_bytes());
        // A ";" in the type would begin the address.
        if addr_type.contains(';') {
            return Err(SyntaxError::new(Expected::ParameterValue, Part::Parameters, 0));
        }
        text.push(b';');
        if addr_type.eq_ignore_ascii_case("utf-8") {
            write_unitext(address, ascii, &mut text);
        } else {
            write_xtext(address.as_bytes(), &mut text);
        }
        self.append(&text, Some(ParameterName::Orcpt), None)
    }

    /// Takes one parameter, after it was read back as what it is meant to be.
    fn append(
        &mut self,
        text: &[u8],
        name: Option<ParameterName>,
        meant: Option<ParameterValue<'_>>,
    ) -> Result<(), SyntaxError> {
        let grammar = Grammar::SMTPUTF8;
        let keyword = line(text, |i| {
            let (rest, parameter) = within(Part::Parameters, esmtp_param(i, grammar))?;
            if self.has_keyword(parameter.keyword.as_bytes()) {
                return within(Part::Parameters, fail(i, Expected::SingleParameter));
            }
            if let Some(name) = name {
                let value = parameter.interpret(name.command(), grammar);
                let start = i.get(parameter.keyword.as_bytes().len().saturating_add(1)..).unwrap_or_default();
                let fault = |expected, offset| {
                    within::<&[u8]>(Part::Parameters, Err(Fault::at(start.get(offset..).unwrap_or_default(), expected)))
                };
                match value {
                    Some(Ok(value)) if meant.is_none_or(|meant| meant == value) => {}
                    Some(Err(error)) => return fault(error.expected(), error.offset()),
                    Some(Ok(_)) | None => return fault(Expected::ParameterValue, 0),
                }
            }
            Ok((rest, parameter.keyword.as_bytes()))
        })?;
        match ParameterName::of_either(keyword) {
            Some(name) => self.registered |= name.bit(),
            None => {
                self.others.insert(keyword.to_ascii_uppercase());
            }
        }
        if !self.text.is_empty() {
            self.text.push(b' ');
        }
        self.text.extend_from_slice(text);
        Ok(())
    }

    /// Is there a parameter of this keyword? The text is not searched for it, which would take longer with each parameter.
    fn has_keyword(&self, keyword: &[u8]) -> bool {
        match ParameterName::of_either(keyword) {
            Some(name) => self.registered & name.bit() != 0,
            None => self.others.contains(&keyword.to_ascii_uppercase()),
        }
    }

    /// The parameters, borrowed.
    #[must_use]
    pub fn as_parameters(&self) -> Parameters<'_> {
        Parameters::strict(&self.text)
    }
}

/// `KEYWORD=`
fn assignment(name: ParameterName) -> Vec<u8> {
    let mut text = Vec::from(name.keyword().as_bytes());
    text.push(b'=');
    text
}

/// utf-8-addr-unitext, or with `ascii` utf-8-addr-xtext (RFC 6533 section 3). Some controls have no HEXPOINT; what is written
/// of them here is refused when it is read back.
fn write_unitext(address: &str, ascii: bool, out: &mut Vec<u8>) {
    for character in address.chars() {
        let value = u32::from(character);
        if matches!(value, 0..=0x20 | 0x2B | 0x3D | 0x5C | 0x7F) || (ascii && !character.is_ascii()) {
            out.put(b"\\x{");
            out.hex(u64::from(value), 2, UPPER_CASE);
            out.octet(b'}');
        } else {
            out.put(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

impl fmt::Debug for ParametersBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_parameters(), formatter)
    }
}

impl fmt::Display for ParametersBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_parameters(), formatter)
    }
}
