//! What a check of a client is: a script for the server, and what is demanded of the client.

use super::message::Part;
use super::script::{Answers, Script};
use crate::conform::report::{Check, Level};
use smtp_core::observer::ViolationKind;
use std::borrow::Cow;

/// What is demanded of the client in one check.
#[derive(Clone, Copy, Debug)]
pub(super) enum Demand {
    /// A message is accepted, and the client claims that it is delivered.
    Delivers,
    /// The client does not claim that a message is delivered which nobody has accepted.
    ClaimsNothing,
    /// The same where one recipient of two is refused.
    ClaimsNotAll,
    /// The client does not send this verb after the answer that the check is about.
    NeverSays(&'static str),
    /// The first command of each session is this verb.
    OpensWith(&'static str),
    /// The client sends this verb after the answer that the check is about.
    Says(&'static str),
    /// The client sends nothing before it has the whole answer.
    Waits,
    /// The client does not close before it has the whole answer.
    Stays,
    /// The client sends no content after a 354.
    SendsNoContent,
    /// The client sends no lines of a content where it had no 354.
    SendsNoLines,
    /// No TLS handshake begins in the place of a command.
    BeginsNoTls,
    /// The content, if there is one, is empty.
    SendsAtMostADot,
    /// This part of the message arrives as it is.
    Intact(Part),
    /// Nothing is added after the last line of the message.
    AddsNothing,
    /// The observer finds none of these.
    Without(&'static [ViolationKind]),
    /// A parameter of MAIL that the client uses where its extension is offered in capitals is used here too.
    Recognizes(&'static str),
    /// TLS begins after 220.
    BeginsTls,
    /// The first command within TLS is EHLO.
    GreetsWithinTls,
    /// The client says nothing in the clear after 220.
    SaysNothingInTheClear,
}

/// What it means that the client never came to the place that the check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreached {
    Inconclusive,
    /// The client does without the extension.
    NotUsed(&'static str),
}

/// Which protocol a check is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Smtp,
    Lmtp,
    Both,
}

/// Which message the client is given, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    /// The message has octets above 127.
    pub(super) eight_bit: bool,
    /// The local-part of the recipient is not ASCII.
    pub(super) international: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Play {
    pub(super) check: Check,
    pub(super) script: Script,
    pub(super) demands: &'static [Demand],
    pub(super) unreached: Unreached,
    pub(super) protocol: Protocol,
    pub(super) letter: Letter,
}

const fn play(id: &'static str, clause: &'static str, level: Level, sentence: &'static str) -> Play {
    Play {
        check: Check { id: Cow::Borrowed(id), clause, level, sentence },
        script: Script::PLAIN,
        demands: &[],
        unreached: Unreached::Inconclusive,
        protocol: Protocol::Both,
        letter: Letter { eight_bit: false, international: false },
    }
}

pub(super) const fn must(id: &'static str, clause: &'static str, sentence: &'static str) -> Play {
    play(id, clause, Level::Must, sentence)
}

pub(super) const fn should(id: &'static str, clause: &'static str, sentence: &'static str) -> Play {
    play(id, clause, Level::Should, sentence)
}

impl Play {
    pub(super) const fn answers(mut self, answers: Answers) -> Self {
        self.script.answers = answers;
        self
    }

    pub(super) const fn demands(mut self, demands: &'static [Demand]) -> Self {
        self.demands = demands;
        self
    }

    pub(super) const fn offers(mut self, keywords: &'static [&'static str]) -> Self {
        self.script.keywords = keywords;
        self
    }

    pub(super) const fn offers_in_tls(mut self, keywords: &'static [&'static str]) -> Self {
        self.script.keywords_in_tls = keywords;
        self
    }

    pub(super) const fn in_octets(mut self) -> Self {
        self.script.in_octets = true;
        self
    }

    pub(super) const fn if_used(mut self, what: &'static str) -> Self {
        self.unreached = Unreached::NotUsed(what);
        self
    }

    pub(super) const fn of(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    pub(super) const fn eight_bit(mut self) -> Self {
        self.letter.eight_bit = true;
        self
    }

    pub(super) const fn international(mut self) -> Self {
        self.letter.international = true;
        self
    }

    /// Returns `true` if the check is played with this protocol.
    pub(super) fn is_of(&self, lmtp: bool) -> bool {
        match self.protocol {
            Protocol::Both => true,
            Protocol::Smtp => !lmtp,
            Protocol::Lmtp => lmtp,
        }
    }
}
