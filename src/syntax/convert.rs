//! Conversions by the traits of `core`: macros that derive `TryFrom`, `FromStr` and `AsRef` from the constructors and getters
//! of a type. They hold no grammar of their own.

/// Implements `TryFrom<&str>` as `new`.
macro_rules! from_text {
    ($($type:ident),* $(,)?) => { $(
        impl<'a> TryFrom<&'a str> for $type<'a> {
            type Error = $crate::syntax::SyntaxError;

            /// Creates the value as [`new`](Self::new) does.
            fn try_from(text: &'a str) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }
    )* };
}

/// Implements `TryFrom<&[u8]>` by a function. Where the type has `new`, it accepts the same.
macro_rules! from_octets {
    ($($type:ident: $parse:expr),* $(,)?) => { $(
        impl<'a> TryFrom<&'a [u8]> for $type<'a> {
            type Error = $crate::syntax::SyntaxError;

            /// Parses the octets by the grammar that holds for a text of the caller.
            fn try_from(octets: &'a [u8]) -> Result<Self, Self::Error> {
                let parse: fn(&'a [u8]) -> Result<Self, Self::Error> = $parse;
                parse(octets)
            }
        }
    )* };
}

/// Implements `AsRef<[u8]>` as `as_bytes`.
macro_rules! as_octets {
    ($($type:ident),* $(,)?) => { $(
        impl AsRef<[u8]> for $type<'_> {
            fn as_ref(&self) -> &[u8] {
                self.as_bytes()
            }
        }
    )* };
}

/// Implements `AsRef<str>` as `as_str`, for types whose octets are always UTF-8.
macro_rules! as_text {
    ($($type:ident),* $(,)?) => { $(
        impl AsRef<str> for $type<'_> {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    )* };
}

pub(crate) use {as_octets, as_text, from_octets, from_text};
