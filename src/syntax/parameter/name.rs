//! The registry of parameters: the command of each, the extensions that offer it, and the length that it adds to a
//! line. Parsers, sessions and the observer use it. The values are in `value.rs`.

use crate::fast::keyword;
use crate::syntax::links::links;
use crate::syntax::{Expected, Extension, Extensions, Part, SyntaxError};
use core::fmt;

macro_rules! registry {
    ($($name:ident $keyword:literal $verb:ident [$($extension:ident)*] $reference:literal $added:literal;)*) => {
        /// A registered parameter of MAIL or RCPT.
        ///
        /// | keyword | command | offered by | defined in | added to the line |
        /// |---|---|---|---|---|
        $(#[doc = concat!(
            "| ", $keyword, " | ", stringify!($verb), " | ", $(stringify!($extension), " ",)* "| [", $reference, "] | ",
            $added, " |",
        )])*
        #[doc = links!()]
        ///
        /// ```
        /// use smtp_core::syntax::{MailOrRcpt, ParameterName};
        ///
        /// let name = ParameterName::from_keyword(b"notify", MailOrRcpt::Rcpt);
        /// assert_eq!(name, Some(ParameterName::Notify));
        /// assert_eq!(ParameterName::Notify.keyword(), "NOTIFY");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ParameterName {
            $(
                #[doc = concat!("`", $keyword, "` ([", $reference, "]).\n", links!())]
                $name,
            )*
        }

        impl ParameterName {
            /// Every registered parameter.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the keyword, in upper case.
            #[must_use]
            pub const fn keyword(self) -> &'static str {
                match self {
                    $(Self::$name => $keyword,)*
                }
            }

            /// Returns `true` if the parameter belongs to MAIL, `false` if it belongs to RCPT. None belongs to both.
            #[must_use]
            pub const fn is_for_mail(self) -> bool {
                matches!(self.command(), MailOrRcpt::Mail)
            }

            /// Returns the command that the parameter belongs to. None belongs to both.
            #[must_use]
            pub const fn command(self) -> MailOrRcpt {
                match self {
                    $(Self::$name => MailOrRcpt::$verb,)*
                }
            }

            /// Returns the extensions that offer the parameter. One of them is enough.
            #[must_use]
            pub const fn offered_by(self) -> &'static [Extension] {
                match self {
                    $(Self::$name => &[$(Extension::$extension),*],)*
                }
            }

            /// Returns the parameter with this keyword, in any case, for MAIL or for RCPT.
            #[must_use]
            pub fn from_keyword(keyword: &[u8], command: MailOrRcpt) -> Option<Self> {
                let name = match keyword::key_of(keyword) {
                    $(keys::$name => Self::$name,)*
                    _ => return None,
                };
                let alike = keyword::is_alike(keyword, name.keyword().as_bytes());
                (alike && name.command() == command).then_some(name)
            }

            const fn offered_by_any(self) -> Extensions {
                match self {
                    $(Self::$name => Extensions::NONE$(.with(Extension::$extension))*,)*
                }
            }

            /// Returns the number of octets that the parameter adds to the longest line of its command.
            #[must_use]
            pub const fn added_length(self) -> usize {
                match self {
                    $(Self::$name => $added,)*
                }
            }

            /// Returns the name of the document that defines it.
            #[must_use]
            pub const fn reference(self) -> &'static str {
                match self {
                    $(Self::$name => $reference,)*
                }
            }
        }

        #[allow(non_upper_case_globals, reason = "named after the parameters, to be matched")]
        mod keys {
            use crate::fast::keyword::key;

            $(pub(super) const $name: u64 = key($keyword);)*
        }
    };
}

/// The command that a parameter belongs to.
///
/// ```
/// use smtp_core::syntax::{MailOrRcpt, ParameterName};
///
/// assert_eq!(ParameterName::from_keyword(b"size", MailOrRcpt::Mail), Some(ParameterName::Size));
/// assert_eq!(ParameterName::from_keyword(b"SIZE", MailOrRcpt::Rcpt), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "no other command has parameters")]
pub enum MailOrRcpt {
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
}

// Lengths as the RFCs print them, with two exceptions: " SOLICIT=" and 1000 octets are 1009 where RFC 3865 prints 1007,
// and SUBMITTER, for which RFC 4405 gives no length, gets the longest mailbox. HOLDFOR shares the length of HOLDUNTIL.
// MTRK also offers ENVID and ORCPT (RFC 3885 section 2).
registry! {
    Size       "SIZE"        Mail [Size]                    "RFC 1870" 26;
    Body       "BODY"        Mail [EightBitMime BinaryMime] "RFC 6152" 16;
    Ret        "RET"         Mail [Dsn]                     "RFC 3461" 9;
    Envid      "ENVID"       Mail [Dsn Mtrk]                "RFC 3461" 107;
    Auth       "AUTH"        Mail [Auth]                    "RFC 4954" 500;
    SmtpUtf8   "SMTPUTF8"    Mail [SmtpUtf8]                "RFC 6531" 10;
    RequireTls "REQUIRETLS"  Mail [RequireTls]              "RFC 8689" 11;
    MtPriority "MT-PRIORITY" Mail [MtPriority]              "RFC 6710" 15;
    HoldFor    "HOLDFOR"     Mail [FutureRelease]           "RFC 4865" 0;
    HoldUntil  "HOLDUNTIL"   Mail [FutureRelease]           "RFC 4865" 34;
    By         "BY"          Mail [DeliverBy]               "RFC 2852" 17;
    Mtrk       "MTRK"        Mail [Mtrk]                    "RFC 3885" 40;
    Solicit    "SOLICIT"     Mail [NoSoliciting]            "RFC 3865" 1009;
    Conperm    "CONPERM"     Mail [Conperm]                 "RFC 4141" 8;
    Submitter  "SUBMITTER"   Mail [Submitter]               "RFC 4405" 331;
    TransId    "TRANSID"     Mail [Checkpoint]              "RFC 1845" 88;
    Notify     "NOTIFY"      Rcpt [Dsn]                     "RFC 3461" 29;
    Orcpt      "ORCPT"       Rcpt [Dsn Mtrk]                "RFC 3461" 507;
    Rrvs       "RRVS"        Rcpt [Rrvs]                    "RFC 7293" 33;
    Conneg     "CONNEG"      Rcpt [Conneg]                  "RFC 4141" 7;
}

impl ParameterName {
    /// Returns `true` if the set has an extension that offers the parameter.
    #[must_use]
    pub fn is_offered(self, extensions: Extensions) -> bool {
        self.offered_by_any().intersects(extensions)
    }

    /// Returns `true` if a server that did not offer the parameter may ignore it: the message is delivered as without
    /// it, and no promise is broken. [`unoffered_parameters`](crate::syntax::Dialect::unoffered_parameters) accepts
    /// these, except BODY=BINARYMIME.
    ///
    /// A server must not ignore a parameter on which the client relies: for who reads the message or when (REQUIRETLS,
    /// RRVS, HOLDFOR, HOLDUNTIL, BY), for what it may contain (SMTPUTF8, CONPERM, CONNEG), for a different course of
    /// the transaction (TRANSID), or for later information about it (MTRK).
    #[must_use]
    pub const fn may_be_ignored(self) -> bool {
        match self {
            Self::Size
            | Self::Body
            | Self::Ret
            | Self::Envid
            | Self::Auth
            | Self::MtPriority
            | Self::Solicit
            | Self::Submitter
            | Self::Notify
            | Self::Orcpt => true,
            Self::SmtpUtf8
            | Self::RequireTls
            | Self::HoldFor
            | Self::HoldUntil
            | Self::By
            | Self::Mtrk
            | Self::Conperm
            | Self::TransId
            | Self::Rrvs
            | Self::Conneg => false,
        }
    }

    /// Returns the parameter with this keyword, whichever command it belongs to.
    pub(crate) fn of_either(keyword: &[u8]) -> Option<Self> {
        Self::from_keyword(keyword, MailOrRcpt::Mail).or_else(|| Self::from_keyword(keyword, MailOrRcpt::Rcpt))
    }

    /// Returns the bit of the parameter in a set of parameters.
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for ParameterName {
    /// Writes the keyword.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.keyword())
    }
}

impl core::str::FromStr for ParameterName {
    type Err = SyntaxError;

    /// Returns the parameter with this keyword, in any case and of either command. An unregistered keyword is an error.
    fn from_str(keyword: &str) -> Result<Self, SyntaxError> {
        Self::of_either(keyword.as_bytes()).ok_or(SyntaxError::new(Expected::ParameterKeyword, Part::Parameters, 0))
    }
}

// A set of parameters is one number.
const _: () = assert!(ParameterName::ALL.len() <= u32::BITS as usize, "too many parameters for the bits of the set");
