//! Classes of octets, as one table. The parsers of `scan.rs` and the grammars use them.

/// A set of octets.
#[derive(Clone, Copy)]
pub(crate) struct Class(u16);

impl Class {
    /// `ALPHA = %x41-5A / %x61-7A`
    pub(crate) const ALPHA: Self = Self(1);
    /// `DIGIT = %x30-39`
    pub(crate) const DIGIT: Self = Self(1 << 1);
    /// `Let-dig = ALPHA / DIGIT`
    pub(crate) const LET_DIG: Self = Self::ALPHA.or(Self::DIGIT);
    /// ALPHA / DIGIT / "-": the octets of Ldh-str and esmtp-keyword.
    pub(crate) const LDH: Self = Self(1 << 2);
    /// `atext` of RFC 5322.
    pub(crate) const ATEXT: Self = Self(1 << 3);
    /// `qtextSMTP = %d32-33 / %d35-91 / %d93-126`
    pub(crate) const QTEXT: Self = Self(1 << 4);
    /// `dcontent = %d33-90 / %d94-126`
    pub(crate) const DCONTENT: Self = Self(1 << 5);
    /// The octets of `esmtp-value = 1*(%d33-60 / %d62-126)`
    pub(crate) const ESMTP_VALUE: Self = Self(1 << 6);
    /// `VCHAR = %x21-7E`
    pub(crate) const VCHAR: Self = Self(1 << 7);
    /// `xchar = %x21-2A / %x2C-3C / %x3E-7E`
    pub(crate) const XCHAR: Self = Self(1 << 8);
    /// `base64-char = ALPHA / DIGIT / "+" / "/"`
    pub(crate) const BASE64: Self = Self(1 << 9);
    /// `HEXDIG`, of either case.
    pub(crate) const HEXDIG: Self = Self(1 << 10);
    /// The octets of `textstring = 1*(%d09 / %d32-126)`
    pub(crate) const TEXT: Self = Self(1 << 11);
    /// The octets of a sequence of `UTF8-non-ascii`. [`utf8`] checks whether they are well formed.
    pub(crate) const NON_ASCII: Self = Self(1 << 12);
    /// The octets of an unregistered verb: Let-dig, "-" and "_".
    pub(crate) const TOKEN: Self = Self(1 << 13);
    /// The octets of an absolute-URI (RFC 3986 section 2), "%" included.
    pub(crate) const URI: Self = Self(1 << 14);
    /// All octets but NUL, CR and LF.
    pub(crate) const ANY: Self = Self(1 << 15);

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the class, extended by `Class::NON_ASCII` if RFC 6531 is in force.
    pub(crate) const fn extended(self, smtputf8: bool) -> Self {
        if smtputf8 { self.or(Self::NON_ASCII) } else { self }
    }

    #[allow(clippy::indexing_slicing, reason = "an octet cannot leave a table of 256")]
    pub(crate) const fn has(self, octet: u8) -> bool {
        CLASSES[octet as usize] & self.0 != 0
    }

    const fn of(octet: u8) -> u16 {
        let graphic = octet.is_ascii_graphic();
        let mut classes: &[(Self, bool)] = &[
            (Self::ALPHA, octet.is_ascii_alphabetic()),
            (Self::DIGIT, octet.is_ascii_digit()),
            (Self::LDH, octet.is_ascii_alphanumeric() || octet == b'-'),
            (
                Self::ATEXT,
                graphic
                    && !matches!(
                        octet,
                        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b':' | b';' | b'@' | b'\\' | b',' | b'.' | b'"'
                    ),
            ),
            (Self::QTEXT, matches!(octet, 32..=33 | 35..=91 | 93..=126)),
            (Self::DCONTENT, matches!(octet, 33..=90 | 94..=126)),
            (Self::ESMTP_VALUE, is_esmtp_value(octet)),
            (Self::VCHAR, graphic),
            (Self::XCHAR, is_xchar(octet)),
            (Self::BASE64, octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/')),
            (Self::HEXDIG, octet.is_ascii_hexdigit()),
            (Self::TEXT, matches!(octet, 9 | 32..=126)),
            (Self::NON_ASCII, octet >= 0x80),
            (Self::TOKEN, octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')),
            (Self::URI, graphic && !matches!(octet, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')),
            (Self::ANY, !matches!(octet, 0 | b'\r' | b'\n')),
        ];
        let mut found = Self(0);
        while let [(class, has), others @ ..] = classes {
            if *has {
                found = found.or(*class);
            }
            classes = others;
        }
        found.0
    }
}

static CLASSES: [u16; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "evaluated at compile time")]
        {
            table[octet] = Class::of(octet as u8);
            octet += 1;
        }
    }
    table
};

/// `esmtp-value = 1*(%d33-60 / %d62-126)` (RFC 5321 section 4.1.2), without a branch.
#[inline]
pub(crate) const fn is_esmtp_value(octet: u8) -> bool {
    octet.is_ascii_graphic() & (octet != b'=')
}

/// `xchar = %x21-2A / %x2C-3C / %x3E-7E` (RFC 3461 section 4), without a branch.
#[inline]
pub(crate) const fn is_xchar(octet: u8) -> bool {
    octet.is_ascii_graphic() & (octet != b'+') & (octet != b'=')
}
