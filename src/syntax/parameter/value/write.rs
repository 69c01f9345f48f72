//! The values of parameters as text, as they are written on a line. The strict grammar parses them back.

use super::{
    AuthSender, Body, DeliverBy, DeliverByMode, MessageTracking, Notify, Orcpt, ParameterValue, Return, Rrvs,
    RrvsAction,
};
use crate::syntax::wire::{Sink, Wire, debug_is_wire, display_is_wire};

display_is_wire!(ParameterValue<'_>, AuthSender<'_>, Body, Return, Notify);
display_is_wire!(Orcpt<'_>, DeliverBy, Rrvs, MessageTracking<'_>);
debug_is_wire!(Orcpt, MessageTracking);

fn write_word<T: PartialEq, S: Sink + ?Sized>(words: &[(&str, T)], value: &T, out: &mut S) {
    if let Some((word, _)) = words.iter().find(|(_, meaning)| meaning == value) {
        out.put(word.as_bytes());
    }
}

/// Writes the whole parameter, keyword and value.
impl Wire for ParameterValue<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        out.put(self.name().keyword().as_bytes());
        if !matches!(self, Self::SmtpUtf8 | Self::RequireTls | Self::Conperm | Self::Conneg) {
            out.octet(b'=');
        }
        match self {
            Self::Size(size) => out.number(*size),
            Self::Body(body) => body.write(out),
            Self::Ret(ret) => ret.write(out),
            Self::Envid(xtext) | Self::Submitter(xtext) => xtext.write(out),
            Self::Auth(sender) => sender.write(out),
            Self::SmtpUtf8 | Self::RequireTls | Self::Conperm | Self::Conneg => {}
            Self::MtPriority(priority) => {
                if *priority < 0 {
                    out.octet(b'-');
                }
                out.number(u64::from(priority.unsigned_abs()));
            }
            Self::HoldFor(seconds) => out.number(u64::from(*seconds)),
            Self::HoldUntil(time) => time.write(out),
            Self::By(by) => by.write(out),
            Self::Mtrk(tracking) => tracking.write(out),
            Self::Solicit(keywords) => keywords.write(out),
            Self::TransId(id) => id.write(out),
            Self::Notify(notify) => notify.write(out),
            Self::Orcpt(orcpt) => orcpt.write(out),
            Self::Rrvs(rrvs) => rrvs.write(out),
        }
    }
}

impl Wire for Body {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        write_word(Self::WORDS, self, out);
    }
}

impl Wire for Return {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        write_word(Self::WORDS, self, out);
    }
}

impl Wire for AuthSender<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        match self {
            Self::Unknown => out.put(b"<>"),
            Self::Mailbox(xtext) => xtext.write(out),
        }
    }
}

impl Wire for Notify {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        let words = [(self.success, "SUCCESS"), (self.failure, "FAILURE"), (self.delay, "DELAY")];
        let mut chosen = words.iter().filter(|(on, _)| *on).map(|(_, word)| word.as_bytes());
        out.put(chosen.next().unwrap_or(b"NEVER"));
        for word in chosen {
            out.octet(b',');
            out.put(word);
        }
    }
}

impl Wire for Orcpt<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        out.put(self.text);
    }
}

impl Wire for DeliverBy {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        if self.seconds < 0 {
            out.octet(b'-');
        }
        out.number(u64::from(self.seconds.unsigned_abs()));
        out.put(match self.mode {
            DeliverByMode::Notify => b";N",
            DeliverByMode::Return => b";R",
        });
        if self.trace {
            out.octet(b'T');
        }
    }
}

impl Wire for Rrvs {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        self.since.write(out);
        if self.action == RrvsAction::Continue {
            out.put(b";C");
        }
    }
}

impl Wire for MessageTracking<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        out.put(self.certifier);
        if let Some(seconds) = self.timeout {
            out.octet(b':');
            out.number(u64::from(seconds));
        }
    }
}
