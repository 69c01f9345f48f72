//! How a command is written on a line: the verb, and each argument after its space. `Display` and `Command::encode` use
//! it. It must write a line that the strict grammar accepts, even for a command that only a dialect accepted.

use super::{Command, EtrnOption, Text, string};
use crate::syntax::dialect::words;
use crate::syntax::wire::{Sink, Wire, display_is_wire, write_character, write_clean};
use crate::syntax::xtext::write_in_upper_case;
use crate::syntax::{Base64, Grammar, scan};

display_is_wire!(Command<'_>);

impl Wire for Command<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        match self {
            Self::Mail(_) => out.put(b"MAIL FROM:"),
            Self::Rcpt(_) => out.put(b"RCPT TO:"),
            Self::Obsolete(unknown) | Self::Unknown(unknown) => out.put(unknown.verb.0),
            _ => match self.verb().as_str().as_bytes() {
                // A slice of known length is copied without a call.
                &[a, b, c, d] => out.put(&[a, b, c, d]),
                verb => out.put(verb),
            },
        }
        match self {
            Self::Data | Self::Rset | Self::Quit | Self::StartTls => {}
            Self::Helo(host) | Self::Ehlo(host) | Self::Lhlo(host) => optional(host.is_named().then_some(*host), out),
            Self::Mail(mail) => {
                mail.reverse_path.write(out);
                optional((!mail.parameters.is_empty()).then_some(mail.parameters), out);
            }
            Self::Rcpt(rcpt) => {
                rcpt.forward_path.write(out);
                optional((!rcpt.parameters.is_empty()).then_some(rcpt.parameters), out);
            }
            Self::Bdat(bdat) => {
                out.octet(b' ');
                out.number(bdat.size);
                last(bdat.last, out);
            }
            Self::Burl(burl) => {
                argument(&burl.url, out);
                last(burl.last, out);
            }
            Self::Vrfy(lookup) | Self::Expn(lookup) => {
                argument(&StringArgument(lookup.text), out);
                if lookup.smtputf8 {
                    out.put(b" SMTPUTF8");
                }
            }
            Self::Help(text) | Self::Noop(text) => optional(text.map(StringArgument), out),
            Self::Auth(auth) => {
                argument(&auth.mechanism, out);
                match auth.initial_response {
                    Some(Base64::EMPTY) => out.put(b" ="),
                    response => optional(response, out),
                }
            }
            Self::Etrn(etrn) => {
                out.octet(b' ');
                match etrn.option {
                    EtrnOption::Host => {}
                    EtrnOption::Subdomains => out.octet(b'@'),
                    EtrnOption::Queue => out.octet(b'#'),
                }
                etrn.node.write(out);
            }
            Self::Atrn(domains) => optional((!domains.0.is_empty()).then_some(*domains), out),
            Self::Xclient(attributes) | Self::Xforward(attributes) => {
                for attribute in words(attributes.0) {
                    out.octet(b' ');
                    write_in_upper_case(attribute, out);
                }
            }
            Self::Obsolete(unknown) | Self::Unknown(unknown) => optional(unknown.argument, out),
        }
    }
}

/// A text in the place of a String. It is quoted if it is not a String, which only a dialect allows. Characters that
/// even quotes do not allow are written as "?".
struct StringArgument<'a>(Text<'a>);

impl Wire for StringArgument<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        let text = self.0.0;
        if scan::line(text, |i| string(i, Grammar::SMTPUTF8)).is_ok() {
            return out.put(text);
        }
        out.octet(b'"');
        write_clean(text, out, |character, out| match character {
            '"' | '\\' => {
                out.octet(b'\\');
                write_character(character, out);
            }
            _ => write_character(if character.is_ascii_control() { '?' } else { character }, out),
        });
        if text.is_empty() {
            out.octet(b' ');
        }
        out.octet(b'"');
    }
}

fn argument<S: Sink + ?Sized>(value: &impl Wire, out: &mut S) {
    out.octet(b' ');
    value.write(out);
}

fn optional<S: Sink + ?Sized>(value: Option<impl Wire>, out: &mut S) {
    if let Some(value) = value {
        argument(&value, out);
    }
}

fn last<S: Sink + ?Sized>(last: bool, out: &mut S) {
    if last {
        out.put(b" LAST");
    }
}
