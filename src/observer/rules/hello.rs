//! The rules about the offer in a reply to a hello: its syntax, whether the extensions go together, and whether the
//! reply may offer any.

use crate::observer::exchange::Exchange;
use crate::observer::facts::Facts;
use crate::observer::violation::ViolationKind as V;
use crate::session::Action;
use crate::syntax::{Capability, Extension as E, ReplyCode};

/// Returns the violations of a reply that accepts a hello. The facts are those after it. `is_right` says that no other
/// rule finds a violation in its form.
pub(crate) fn faults(exchange: &Exchange<'_>, facts: &Facts, is_right: bool) -> [Option<V>; 7] {
    let hello = exchange.sent.action;
    let lacks = |extension| !facts.may_offer(extension);
    let lhlo = hello == Action::Lhlo;
    // A reply that cannot be parsed, or is not a 250, has no offer.
    let shown = exchange.reply.is_some() && (hello == Action::Helo || exchange.code == ReplyCode::OK);
    let listed = |text: &[u8]| Capability::parse(text).is_ok_and(|line| line.extension().is_some());
    let lists = || exchange.reply.is_some_and(|reply| reply.lines().skip(1).any(listed));
    [
        (V::EhloReplySyntax, facts.hello.malformed && is_right),
        (V::ExtendedHeloReply, hello == Action::Helo && lists()),
        (V::BinaryMimeWithoutChunking, facts.offers(E::BinaryMime) && lacks(E::Chunking)),
        (V::SmtpUtf8Without8BitMime, facts.offers(E::SmtpUtf8) && lacks(E::EightBitMime)),
        (V::SmtpUtf8Parameters, facts.hello.utf8_parameters),
        (V::LmtpWithoutExtensions, lhlo && (lacks(E::Pipelining) || lacks(E::EnhancedStatusCodes))),
        (V::LmtpWithout8BitMime, lhlo && lacks(E::EightBitMime)),
    ]
    .map(|(kind, is_fault)| (is_fault && shown).then_some(kind))
}
