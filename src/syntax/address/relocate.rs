//! The same addresses with their octets in another place. `CommandBuf` uses it to own a command. It must not change
//! what an address means.

use super::{Domain, ForwardPath, Host, Mailbox, Path, ReversePath, SourceRoute};
use crate::syntax::command::Text;

impl<'a> Host<'a> {
    pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Host<'b> {
        match self {
            Self::Domain(domain) => Host::Domain(Domain(place(domain.0))),
            Self::Literal(literal) => Host::Literal(literal.relocate(place)),
            Self::Text(text) => Host::Text(Text(place(text.0))),
        }
    }
}

impl<'a> Path<'a> {
    fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Path<'b> {
        let route = SourceRoute(place(self.route.0));
        let Mailbox { text, at_sign, odd_dots } = self.mailbox;
        Path { route, mailbox: Mailbox { text: place(text), at_sign, odd_dots } }
    }
}

impl<'a> ReversePath<'a> {
    pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> ReversePath<'b> {
        match self {
            Self::Null => ReversePath::Null,
            Self::Path(path) => ReversePath::Path(path.relocate(place)),
        }
    }
}

impl<'a> ForwardPath<'a> {
    pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> ForwardPath<'b> {
        match self {
            Self::Postmaster => ForwardPath::Postmaster,
            Self::Path(path) => ForwardPath::Path(path.relocate(place)),
        }
    }
}
