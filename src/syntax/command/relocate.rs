//! The same command over other octets: what lets a command be kept without being parsed again.

use super::{Attributes, Auth, Burl, Command, Domains, Etrn, Lookup, Mail, Rcpt, Text, Unknown};

impl<'a> Command<'a> {
    /// The same command with each run of octets replaced by what `place` makes of it, always in the same order.
    pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Command<'b> {
        match self {
            Self::Helo(host) => Command::Helo(host.relocate(place)),
            Self::Ehlo(host) => Command::Ehlo(host.relocate(place)),
            Self::Lhlo(host) => Command::Lhlo(host.relocate(place)),
            Self::Mail(Mail { reverse_path, parameters }) => Command::Mail(Mail {
                reverse_path: reverse_path.relocate(place),
                parameters: parameters.relocate(place),
            }),
            Self::Rcpt(Rcpt { forward_path, parameters }) => Command::Rcpt(Rcpt {
                forward_path: forward_path.relocate(place),
                parameters: parameters.relocate(place),
            }),
            Self::Data => Command::Data,
            Self::Bdat(bdat) => Command::Bdat(bdat),
            Self::Burl(Burl { url, last }) => Command::Burl(Burl { url: url.relocate(place), last }),
            Self::Rset => Command::Rset,
            Self::Vrfy(lookup) => Command::Vrfy(lookup.relocate(place)),
            Self::Expn(lookup) => Command::Expn(lookup.relocate(place)),
            Self::Help(text) => Command::Help(text.map(|text| text.relocate(place))),
            Self::Noop(text) => Command::Noop(text.map(|text| text.relocate(place))),
            Self::Quit => Command::Quit,
            Self::StartTls => Command::StartTls,
            Self::Auth(Auth { mechanism, initial_response }) => Command::Auth(Auth {
                mechanism: mechanism.relocate(place),
                initial_response: initial_response.map(|response| response.relocate(place)),
            }),
            Self::Etrn(Etrn { option, node }) => Command::Etrn(Etrn { option, node: node.relocate(place) }),
            Self::Atrn(domains) => Command::Atrn(Domains(place(domains.0))),
            Self::Xclient(attributes) => Command::Xclient(Attributes(place(attributes.0))),
            Self::Xforward(attributes) => Command::Xforward(Attributes(place(attributes.0))),
            Self::Obsolete(unknown) => Command::Obsolete(unknown.relocate(place)),
            Self::Unknown(unknown) => Command::Unknown(unknown.relocate(place)),
        }
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
