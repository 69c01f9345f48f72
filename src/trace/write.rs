//! The writer of trace fields, which folds them.

use super::{Received, ReturnPath, TcpInfo, TraceFor};
use crate::syntax::scan::Class;
use crate::syntax::wire::{Sink, Wire, write_character, write_clean};
use crate::syntax::{Host, Text};

/// RFC 5322 section 2.1.1: lines SHOULD have no more than 78 octets without their CRLF.
const LINE: usize = 78;

/// Writes words with a space before each, or a fold where the line would become too long.
struct Folded<'a, S: ?Sized> {
    out: &'a mut S,
    column: usize,
}

impl<'a, S: Sink + ?Sized> Folded<'a, S> {
    fn field(name: &str, out: &'a mut S) -> Self {
        out.put(name.as_bytes());
        Self { out, column: name.len() }
    }

    /// Begins a unit of `length` octets: writes a space, or a fold. Reserves an octet for the ";" that may follow.
    fn begin(&mut self, length: usize) {
        let column = self.column.saturating_add(1).saturating_add(length);
        if column.saturating_add(1) > LINE {
            self.out.put(b"\r\n ");
            self.column = length.saturating_add(1);
        } else {
            self.out.octet(b' ');
            self.column = column;
        }
    }

    /// Writes one word with the text immediately before and after it.
    fn word(&mut self, before: &[u8], value: &impl Wire, after: &[u8]) {
        self.begin(value.length().saturating_add(before.len()).saturating_add(after.len()));
        self.out.put(before);
        value.write(self.out);
        self.out.put(after);
    }

    /// Writes a name and its value, on one line if they fit.
    fn clause(&mut self, name: &[u8], value: Option<&impl Wire>) {
        let Some(value) = value else { return };
        let whole = value.length().saturating_add(name.len()).saturating_add(1);
        if whole.saturating_add(2) > LINE {
            self.begin(name.len());
            self.out.put(name);
            self.word(b"", value, b"");
        } else {
            self.begin(whole);
            self.out.put(name);
            self.out.octet(b' ');
            value.write(self.out);
        }
    }

    fn tcp_info(&mut self, info: Option<TcpInfo<'_>>) {
        match info {
            Some(TcpInfo { domain: Some(domain), address }) => {
                self.word(b"(", &domain, b"");
                self.word(b"", &address, b")");
            }
            Some(TcpInfo { domain: None, address }) => self.word(b"(", &address, b")"),
            None => {}
        }
    }
}

/// A host as it is written in a trace field: in the name of a client, characters that cannot be in an atom become "?".
struct Named<'a>(Host<'a>);

impl Wire for Named<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        let Self(Host::Text(Text(name))) = self else { return self.0.write(out) };
        if name.is_empty() {
            out.octet(b'?');
        }
        let is_taken = |character| u8::try_from(character).is_ok_and(|octet| octet == b'.' || Class::ATEXT.has(octet));
        write_clean(name, out, |character, out| {
            write_character(if is_taken(character) { character } else { '?' }, out)
        });
    }
}

impl Wire for TraceFor<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        match self {
            Self::Path(path) => path.write(out),
            Self::Mailbox(mailbox) => mailbox.write(out),
        }
    }
}

/// Writes the field, folded, without the CRLF at its end.
impl Wire for Received<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        let mut field = Folded::field("Received:", out);
        field.clause(b"from", Some(&Named(self.from.host())));
        field.tcp_info(self.from.tcp_info());
        field.clause(b"by", Some(&Named(self.by.host())));
        field.tcp_info(self.by.tcp_info());
        field.clause(b"via", self.via.as_ref());
        field.clause(b"with", self.with.as_ref());
        field.clause(b"id", self.id.as_ref());
        field.clause(b"for", self.for_recipient.as_ref());
        for clause in self.clauses.iter() {
            field.clause(clause.name.as_bytes(), Some(&clause.value));
        }
        field.out.octet(b';');
        field.column = field.column.saturating_add(1);
        field.word(b"", &self.date, b"");
    }
}

/// Writes the field, folded, without the CRLF at its end.
impl Wire for ReturnPath<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        Folded::field("Return-Path:", out).word(b"", &self.0, b"");
    }
}
