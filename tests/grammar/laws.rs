//! The laws of values for any octets: no parser panics, and every parsed value is written as a line that parses as the same.

use super::cases::cases;
use invariants::values;
use proptest::prelude::*;
use proptest::sample::select;
use smtp_core::syntax::{
    EnhancedCode, Extensions, Grammar, ParameterName, ParametersBuf, Reply, ReplyBuf, ReplyClass, ReplyCode, Xtext,
    XtextBuf,
};

fn all() -> Extensions {
    values::all()
}

fn every_law(octets: &[u8]) {
    values::command(octets);
    values::reply(octets);
    values::address(octets);
    values::capability(octets);
    values::encoded_text(octets);
    values::parameters(octets);
    values::trace(octets);
}

/// Pieces of every grammar. Sequences of them are often close to valid lines.
const PIECES: &[&str] = &[
    "MAIL FROM:",
    "RCPT TO:",
    "EHLO ",
    "HELO ",
    "LHLO ",
    "DATA",
    "BDAT ",
    "AUTH ",
    "VRFY ",
    "NOOP ",
    "HELP ",
    "ETRN ",
    "ATRN ",
    "BURL imap://",
    "XCLIENT ",
    "XFORWARD ",
    "SEND ",
    "XYZ ",
    "<",
    ">",
    "<>",
    "@",
    ".",
    ",",
    ":",
    ";",
    "=",
    "+",
    "-",
    " ",
    "  ",
    "\t",
    "\"",
    "\\",
    "\\\"",
    "(",
    ")",
    "[",
    "]",
    "IPv6:",
    "::",
    "1",
    "255",
    "0",
    "18446744073709551615",
    "a",
    "example.com",
    "Postmaster",
    "ü",
    "\u{1F600}",
    "\0",
    "\r",
    "\n",
    "\r\n",
    "\r\n ",
    "250",
    "250-",
    "250 ",
    "550 5.1.1 ",
    "4",
    ".0",
    " LAST",
    " SMTPUTF8",
    " SIZE=",
    " BODY=8BITMIME",
    " ENVID=",
    " ORCPT=rfc822;",
    " ORCPT=utf-8;",
    "\\x{FC}",
    "+2B",
    "+2b",
    "NEVER",
    " NOTIFY=",
    " BY=",
    ";R",
    " HOLDFOR=",
    " MTRK=",
    " RRVS=",
    " AUTH=",
    "2026-01-01T00:00:00Z",
    "PLAIN",
    "AAAA",
    "AA==",
    "~",
    "Received: from ",
    " by ",
    " via ",
    " with ",
    " id ",
    " for ",
    " tls x",
    " state other",
    "; 1 Jan 2000 00:00 +0000",
    "Return-Path: ",
    "NAME=",
    "ADDR=",
    "SIZE ",
    "LIMITS RCPTMAX=",
    "AUTH PLAIN LOGIN",
    "#",
    "x",
    "_",
];

/// Valid lines, to be changed in one place.
const LINES: &[&str] = &[
    "MAIL FROM:<@a.example,@b.example:\"x y\"@[IPv6:1::2]> SIZE=12 BODY=8BITMIME ENVID=a+2B AUTH=<> SMTPUTF8",
    "RCPT TO:<joe@example.com> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;j\\x{FC}@b RRVS=2014-04-03T23:01:00Z;C",
    "MAIL FROM:<ü@example.com> HOLDFOR=10 BY=60;RT MTRK=QUFB:60 MT-PRIORITY=-3 SOLICIT=a:b,c TRANSID=<a@b>",
    "AUTH PLAIN AGpvZQBzZWNyZXQ=",
    "XCLIENT NAME=a+20b ADDR=192.0.2.1",
    "BURL imap://u:p%40@[::1]:143/a:b@c?d/e?f LAST",
    "VRFY \"joe smith\" SMTPUTF8",
    "250-2.1.0 mx.example\r\n250-2.1.0\r\n250 2.1.0 SIZE 1000\r\n",
    "250-mx.example hello\r\n250-LIMITS MAILMAX=5 RCPTMAX=10\r\n250-AUTH PLAIN LOGIN\r\n250 FUTURERELEASE 5 2026-01-01T00:00:00Z\r\n",
    "FUTURERELEASE 5 2026-01-01T00:00:00Z",
    "Received: from a.example (b.example [192.0.2.1]) by c (x (y) \\) z) with ESMTPS\r\n id <a@b> for <d@e> tls x group y; \
     Fri, 15 Feb 2002 17:19:22 -0800 (PST)",
];

fn soup() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(select(PIECES), 0..12).prop_map(|pieces| pieces.concat().into_bytes())
}

/// Generates addresses and nearly valid addresses.
fn address() -> impl Strategy<Value = Vec<u8>> {
    let local = prop::collection::vec(select(vec!["a", "ü", ".", "\\", "\\\"", " ", "B"]), 0..5)
        .prop_map(|parts| parts.concat());
    let host = select(vec!["b", "B.c", "ü.c", "[1.2.3.4]", "[IPv6:::1]", "[IPv6:1:2:3:4:5:6:7::]", "-", ""]);
    let route = select(vec!["", "", "@x:", "@x,@y.z:", "@"]);
    let quotes = select(vec!["", "\""]);
    let brackets =
        select(vec![("", ""), ("<", ">"), ("MAIL FROM:<", ">"), ("RCPT TO:<", "> X"), ("MAIL FROM:", " SMTPUTF8")]);
    (local, host, route, quotes, brackets).prop_map(|(local, host, route, quote, (open, close))| {
        format!("{open}{route}{quote}{local}{quote}@{host}{close}").into_bytes()
    })
}

fn changed() -> impl Strategy<Value = Vec<u8>> {
    (select(LINES), any::<prop::sample::Index>(), 0..4u8, any::<u8>(), select(PIECES)).prop_map(
        |(line, at, kind, octet, piece)| {
            let mut octets = line.as_bytes().to_vec();
            let at = at.index(octets.len());
            match kind {
                0 => octets[at] = octet,
                1 => drop(octets.remove(at)),
                2 => octets.truncate(at),
                _ => drop(octets.splice(at..at, piece.bytes())),
            }
            octets
        },
    )
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn of_any_octets(octets in prop::collection::vec(any::<u8>(), 0..64)) {
        every_law(&octets);
    }

    #[test]
    fn of_pieces_of_the_grammar(octets in soup()) {
        every_law(&octets);
    }

    #[test]
    fn of_addresses(octets in address()) {
        every_law(&octets);
    }

    #[test]
    fn of_lines_changed_in_one_place(octets in changed()) {
        every_law(&octets);
    }

    #[test]
    fn of_xtext(octets in prop::collection::vec(any::<u8>(), 0..64)) {
        let xtext = XtextBuf::encode(&octets);
        prop_assert!(xtext.as_xtext().decode().eq(octets.iter().copied()));
        let text = xtext.to_string();
        prop_assert_eq!(Xtext::parse(text.as_bytes(), Grammar::STRICT), Ok(xtext.as_xtext()));
    }

    #[test]
    fn of_original_recipients(addr_type in select(vec!["rfc822", "UTF-8", "x400"]), address in ".{0,40}", ascii: bool) {
        let mut parameters = ParametersBuf::new();
        let pushed =
            if ascii { parameters.push_orcpt_ascii(addr_type, &address) } else { parameters.push_orcpt(addr_type, &address) };
        // RFC 6533 section 3 has no code for most of the controls.
        let has_none = |octet: u8| matches!(octet, 0 | 0x0A..=0x0F | 0x1A..=0x1F);
        let may = if addr_type == "UTF-8" { !address.bytes().any(has_none) } else {
            address.bytes().all(|octet| matches!(octet, 9 | 32..=126))
        };
        prop_assert_eq!(pushed.is_ok(), may && (!address.is_empty() || addr_type != "UTF-8"), "{:?}", address);
        if pushed.is_ok() {
            let Some(smtp_core::syntax::ParameterValue::Orcpt(orcpt)) = parameters.as_parameters().find(ParameterName::Orcpt)
            else { panic!("{parameters}") };
            prop_assert!(orcpt.decode().eq(address.bytes()), "{}", parameters);
            prop_assert!(!ascii || parameters.to_string().is_ascii());
        }
    }

    #[test]
    fn of_replies_of_the_caller(
        severity in 2..6u16,
        rest in (0..6u16, 0..10u16),
        subject in 0..1000u16,
        with_enhanced: bool,
        text in "([ -~\u{A0}-\u{FF}\t\n]|[a-z ]{200,400}|\u{1F600}{130}){0,8}",
    ) {
        let code = ReplyCode::new(severity * 100 + rest.0 * 10 + rest.1).unwrap();
        let enhanced = EnhancedCode::new(code.class(), subject, 7).ok().filter(|_| with_enhanced);
        let reply = Reply::new(code, enhanced, &text).unwrap();
        let mut out = Vec::new();
        reply.encode(&mut out);
        prop_assert!(out.split_inclusive(|octet| *octet == b'\n').all(|line| line.len() <= 512));
        let extensions = if enhanced.is_some() { all() } else { Extensions::NONE };
        prop_assert_eq!(Reply::parse(&out, Grammar::SMTPUTF8.with_extensions(extensions)), Ok(reply));
        prop_assert!(code.class() != ReplyClass::Intermediate || enhanced.is_none());
        let kept = ReplyBuf::from(&reply);
        prop_assert_eq!(kept.as_reply(), reply);
    }
}
