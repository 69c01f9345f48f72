//! Conversion of a command to one over other octets, so that an owned command need not be parsed again. `CommandBuf`
//! uses it.

use super::{Attributes, Auth, Bdat, Burl, Command, Domains, Etrn, Lookup, Mail, Rcpt, Text, Unknown};

macro_rules! relocate {
    (
        commands { $($(#[$form:meta])* $name:ident $(($argument:ty))? $text:literal $reference:literal $($extension:ident)?;)* }
        obsolete { $($old:tt)* }
    ) => {
        impl<'a> Command<'a> {
            /// Returns the same command with each run of octets replaced by the result of `place`. The order of the
            /// calls is always the same.
            pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Command<'b> {
                match self {
                    $(
                        Self::$name $((argument!(argument, $argument)))? =>
                            Command::$name $((argument!(argument, $argument).relocate(place)))?,
                    )*
                    Self::Obsolete(unknown) => Command::Obsolete(unknown.relocate(place)),
                    Self::Unknown(unknown) => Command::Unknown(unknown.relocate(place)),
                }
            }
        }
    };
}

with_verbs!(relocate);

impl<'a> Mail<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Mail<'b> {
        Mail { reverse_path: self.reverse_path.relocate(place), parameters: self.parameters.relocate(place) }
    }
}

impl<'a> Rcpt<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Rcpt<'b> {
        Rcpt { forward_path: self.forward_path.relocate(place), parameters: self.parameters.relocate(place) }
    }
}

impl Bdat {
    /// Returns the same value, because it has no octets.
    const fn relocate<P>(self, _: &mut P) -> Self {
        self
    }
}

impl<'a> Burl<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Burl<'b> {
        Burl { url: self.url.relocate(place), last: self.last }
    }
}

impl<'a> Auth<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Auth<'b> {
        Auth {
            mechanism: self.mechanism.relocate(place),
            initial_response: self.initial_response.map(|response| response.relocate(place)),
        }
    }
}

impl<'a> Etrn<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Etrn<'b> {
        Etrn { option: self.option, node: self.node.relocate(place) }
    }
}

impl<'a> Domains<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Domains<'b> {
        Domains(place(self.0))
    }
}

impl<'a> Attributes<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Attributes<'b> {
        Attributes(place(self.0))
    }
}

/// An optional argument.
trait Optional<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Option<Text<'b>>;
}

impl<'a> Optional<'a> for Option<Text<'a>> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Option<Text<'b>> {
        self.map(|text| text.relocate(place))
    }
}

impl<'a> Text<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Text<'b> {
        Text(place(self.0))
    }
}

impl<'a> Lookup<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Lookup<'b> {
        Lookup { text: self.text.relocate(place), smtputf8: self.smtputf8 }
    }
}

impl<'a> Unknown<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Unknown<'b> {
        Unknown { verb: self.verb.relocate(place), argument: self.argument.map(|text| text.relocate(place)) }
    }
}
