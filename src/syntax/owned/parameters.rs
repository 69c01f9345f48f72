//! The owned list of parameters of MAIL and RCPT, built one by one.

use crate::syntax::dialect::words;
use crate::syntax::parameter::esmtp_param;
use crate::syntax::scan::{Fault, fail, line, within};
use crate::syntax::wire::{Sink, UPPER_CASE, Wire};
use crate::syntax::xtext::write_xtext;
use crate::syntax::{
    Expected, Grammar, Parameter, ParameterName, ParameterValue, Parameters, ParametersIter, Part, SyntaxError,
};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;

/// The parameters of a MAIL or a RCPT, built one by one.
///
/// Each parameter is parsed before it is added, so no value can end the parameter, the line or the command. An error
/// leaves the list unchanged; its offset counts from the start of the parameter (`SIZE=1000`).
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
/// let command = Command::mail(Mailbox::new("a@b.example")?, parameters.as_parameters());
/// let line = "MAIL FROM:<a@b.example> SIZE=1000 BODY=8BITMIME ENVID=batch+207";
/// assert_eq!(command.to_string(), line);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Default)]
pub struct ParametersBuf {
    text: Vec<u8>,
    /// The registered parameters that are in the list, one bit for each.
    registered: u32,
    /// The keywords of all other parameters, in upper case.
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
    /// Creates an empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: Vec::new(), registered: 0, others: BTreeSet::new() }
    }

    /// Adds a parameter with a typed value.
    ///
    /// ```
    /// use smtp_core::syntax::{ParameterValue, ParametersBuf};
    ///
    /// let mut parameters = ParametersBuf::new();
    /// parameters.push(ParameterValue::MtPriority(-3))?;
    /// // RFC 4865 section 3: at least one second.
    /// assert!(parameters.push(ParameterValue::HoldFor(0)).is_err());
    /// assert_eq!(parameters.to_string(), "MT-PRIORITY=-3");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the parameter cannot have this value, or if its keyword is already in the list.
    pub fn push(&mut self, value: ParameterValue<'_>) -> Result<(), SyntaxError> {
        self.append(Some(value.name()), Some(value), |text| value.write(text))
    }

    /// Adds a parameter as a text, `keyword` or `keyword=value`, registered or not.
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
    /// Returns [`SyntaxError`] if the keyword is not an esmtp-keyword or is already in the list, or if the value is not
    /// an esmtp-value: if it is empty, or contains a space, an `=` or a control character.
    pub fn push_raw(&mut self, keyword: &str, value: Option<&str>) -> Result<(), SyntaxError> {
        // Check the keyword by itself first: an "=" in it would be taken for the one after it.
        line(keyword.as_bytes(), |i| {
            let (rest, parameter) = within(Part::Parameters, esmtp_param(i, Grammar::STRICT))?;
            if parameter.value.is_some() { fail(i, Expected::ParameterKeyword) } else { Ok((rest, ())) }
        })?;
        self.append(None, None, |text| {
            text.put(keyword.as_bytes());
            if let Some(value) = value {
                text.octet(b'=');
                text.put(value.as_bytes());
            }
        })
    }

    /// Adds a parameter whose value is written as xtext: ENVID, AUTH, SUBMITTER, or ORCPT, which takes `type;address`.
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
    /// Returns [`SyntaxError`] if the parameter is none of these, if its value would be too long, if it does not encode
    /// what the parameter requires (ASCII without controls except HT for ENVID, a mailbox for SUBMITTER, a mailbox or
    /// `<>` for AUTH), or if its keyword is already in the list.
    pub fn push_xtext(&mut self, name: ParameterName, octets: &[u8]) -> Result<(), SyntaxError> {
        match name {
            ParameterName::Envid | ParameterName::Auth | ParameterName::Submitter => {
                self.append(Some(name), None, |text| {
                    text.put(name.keyword().as_bytes());
                    text.octet(b'=');
                    write_xtext(octets, text);
                })
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

    /// Adds ORCPT, the original recipient of a message ([RFC 3461 section
    /// 4.2](https://www.rfc-editor.org/rfc/rfc3461#section-4.2)). For the type `utf-8` the address is written in UTF-8,
    /// with `\x{HEXPOINT}` for characters that a value cannot contain. Such a parameter may be sent only if SMTPUTF8 is
    /// offered ([RFC 6533 section 3](https://www.rfc-editor.org/rfc/rfc6533#section-3)); see
    /// [`push_orcpt_ascii`](Self::push_orcpt_ascii).
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
    /// Returns [`SyntaxError`] if the type is not an atom, if the address contains control characters other than HT or
    /// letters beyond ASCII (for `utf-8`: if it is empty, or contains a control character that has no HEXPOINT, such as
    /// NUL, CR and LF), if the value would be longer than 500 octets, or if ORCPT is already in the list.
    pub fn push_orcpt(&mut self, addr_type: &str, address: &str) -> Result<(), SyntaxError> {
        self.orcpt(addr_type, address, false)
    }

    /// Adds ORCPT like [`push_orcpt`](Self::push_orcpt), but in ASCII for the type `utf-8` as well.
    ///
    /// ```
    /// use smtp_core::syntax::{ParameterName, ParameterValue, ParametersBuf};
    ///
    /// let mut parameters = ParametersBuf::new();
    /// parameters.push_orcpt_ascii("utf-8", "jürgen@example.com")?;
    /// assert_eq!(parameters.to_string(), r"ORCPT=utf-8;j\x{FC}rgen@example.com");
    /// let value = parameters.as_parameters().find(ParameterName::Orcpt);
    /// let Some(ParameterValue::Orcpt(orcpt)) = value else { panic!() };
    /// assert!(orcpt.decode().eq("jürgen@example.com".bytes()));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Fails as [`push_orcpt`](Self::push_orcpt) does.
    pub fn push_orcpt_ascii(&mut self, addr_type: &str, address: &str) -> Result<(), SyntaxError> {
        self.orcpt(addr_type, address, true)
    }

    fn orcpt(&mut self, addr_type: &str, address: &str, ascii: bool) -> Result<(), SyntaxError> {
        // A ";" in the type would begin the address.
        if addr_type.contains(';') {
            return Err(SyntaxError::new(Expected::ParameterValue, Part::Parameters, 0));
        }
        self.append(Some(ParameterName::Orcpt), None, |text| {
            text.put(b"ORCPT=");
            text.put(addr_type.as_bytes());
            text.octet(b';');
            if addr_type.eq_ignore_ascii_case("utf-8") {
                write_unitext(address, ascii, text);
            } else {
                write_xtext(address.as_bytes(), text);
            }
        })
    }

    /// Adds the parameter that `write` writes, after parsing it. `name` and `meant` are what the text must parse as.
    fn append(
        &mut self,
        name: Option<ParameterName>,
        meant: Option<ParameterValue<'_>>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), SyntaxError> {
        let before = self.text.len();
        if before > 0 {
            self.text.push(b' ');
        } else if self.text.capacity() == 0 {
            self.text = Vec::with_capacity(USUAL);
        }
        let start = self.text.len();
        write(&mut self.text);
        let added = self.added(start, name, meant);
        if added.is_err() {
            self.text.truncate(before);
        }
        match added? {
            Added::Registered(name) => self.registered |= name.bit(),
            Added::Other(keyword) => {
                self.others.insert(keyword);
            }
        }
        Ok(())
    }

    /// Checks the parameter that begins at `start` and ends with the text. See `append`.
    #[inline]
    fn added(
        &self,
        start: usize,
        name: Option<ParameterName>,
        meant: Option<ParameterValue<'_>>,
    ) -> Result<Added, SyntaxError> {
        let text = self.text.get(start..).unwrap_or_default();
        match name.filter(|name| self.registered & name.bit() == 0) {
            Some(name) if meant.is_some_and(|value| value.is_always_valid()) => {
                debug_assert!(self.parsed(text, Some(name), meant).is_ok());
                Ok(Added::Registered(name))
            }
            _ => self.parsed(text, name, meant),
        }
    }

    #[inline(never)]
    fn parsed(
        &self,
        text: &[u8],
        name: Option<ParameterName>,
        meant: Option<ParameterValue<'_>>,
    ) -> Result<Added, SyntaxError> {
        let grammar = Grammar::SMTPUTF8;
        line(text, |i| {
            let (rest, parameter) = within(Part::Parameters, esmtp_param(i, grammar))?;
            let added = Added::of(parameter.keyword.as_bytes());
            if self.has(&added) {
                return within(Part::Parameters, fail(i, Expected::SingleParameter));
            }
            if let Some(name) = name {
                let value = parameter.interpret(name.command(), grammar);
                let start = i.get(parameter.keyword.as_bytes().len().saturating_add(1)..).unwrap_or_default();
                let fault = |expected, offset| {
                    within(Part::Parameters, Err(Fault::at(start.get(offset..).unwrap_or_default(), expected)))
                };
                match value {
                    Some(Ok(value)) if meant.is_none_or(|meant| meant == value) => {}
                    Some(Err(error)) => return fault(error.expected(), error.offset()),
                    Some(Ok(_)) | None => return fault(Expected::ParameterValue, 0),
                }
            }
            Ok((rest, added))
        })
    }

    /// Returns `true` if the list has a parameter with this keyword. It does not search the text, which would take
    /// longer with each parameter.
    fn has(&self, added: &Added) -> bool {
        match added {
            Added::Registered(name) => self.registered & name.bit() != 0,
            Added::Other(keyword) => self.others.contains(keyword),
        }
    }

    /// Borrows the parameters.
    #[must_use]
    pub fn as_parameters(&self) -> Parameters<'_> {
        Parameters::strict(&self.text)
    }
}

impl FromStr for ParametersBuf {
    type Err = SyntaxError;

    /// Creates the list from a text with single spaces between the parameters. The same keyword twice is an error.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let mut parameters = Self::new();
        let mut start = 0usize;
        for word in words(Parameters::new(text)?.as_bytes()) {
            parameters.append(None, None, |text| text.put(word)).map_err(|error| {
                let offset = start.saturating_add(error.offset());
                SyntaxError::new(error.expected(), error.part(), u32::try_from(offset).unwrap_or(u32::MAX))
            })?;
            start = start.saturating_add(word.len()).saturating_add(1);
        }
        Ok(parameters)
    }
}

impl<'a> From<&'a ParametersBuf> for Parameters<'a> {
    fn from(parameters: &'a ParametersBuf) -> Self {
        parameters.as_parameters()
    }
}

impl<'a> IntoIterator for &'a ParametersBuf {
    type Item = Parameter<'a>;
    type IntoIter = ParametersIter<'a>;

    fn into_iter(self) -> ParametersIter<'a> {
        self.as_parameters().iter()
    }
}

/// The room for most lists, in octets, so that they are written with one allocation.
const USUAL: usize = 64;

/// The keyword of a parameter.
enum Added {
    Registered(ParameterName),
    /// In upper case.
    Other(Vec<u8>),
}

impl Added {
    fn of(keyword: &[u8]) -> Self {
        match ParameterName::of_either(keyword) {
            Some(name) => Self::Registered(name),
            None => Self::Other(keyword.to_ascii_uppercase()),
        }
    }
}

/// Writes utf-8-addr-unitext, or with `ascii` utf-8-addr-xtext (RFC 6533 section 3). Some controls have no HEXPOINT;
/// what this writes for them is rejected when it is parsed.
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
