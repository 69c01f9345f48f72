//! What can be made: all that the generator promises comes of some octets, and of none the plainest.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use smtp_core::generate::{Source, Turn};
use smtp_core::session::Side;
use smtp_core::syntax::{Extension, Extensions, Grammar, ParameterName, Reply, ReplyCode, Verb};
use std::collections::BTreeSet;

/// Octets that look like chance and are the same in every run.
fn octets(seed: usize) -> Vec<u8> {
    let mut state = seed as u64;
    let mix = |_| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 56) as u8
    };
    (0..400).map(mix).collect()
}

fn made<T: Ord>(make: impl Fn(&mut Source<'_>) -> T) -> BTreeSet<T> {
    (0..4000).map(|seed| make(&mut Source::new(&octets(seed)))).collect()
}

fn commands(verb: Verb, grammar: Grammar) -> BTreeSet<String> {
    made(|source| String::from_utf8(source.command_of(verb, grammar)).unwrap())
}

fn offering(extensions: &[Extension]) -> Grammar {
    Grammar::STRICT.with_extensions(extensions.iter().copied().collect())
}

/// Each of the pieces is in something.
#[track_caller]
fn all_in(pieces: &[&str], texts: &BTreeSet<String>) {
    for piece in pieces {
        assert!(texts.iter().any(|text| text.contains(piece)), "{piece}");
    }
}

/// None of the pieces is in anything.
#[track_caller]
fn none_in(pieces: &[&str], texts: &BTreeSet<String>) {
    for text in texts {
        assert!(!pieces.iter().any(|piece| text.contains(piece)), "{text}");
    }
}

#[test]
fn the_plainest_of_no_octets() {
    let mut nothing = Source::new(b"");
    assert_eq!(nothing.mailbox(Grammar::SMTPUTF8), "joe@example");
    assert_eq!(nothing.reply(Grammar::STRICT), b"211 OK\r\n");
    for (verb, line) in [
        (Verb::Helo, "HELO example"),
        (Verb::Ehlo, "EHLO example"),
        (Verb::Lhlo, "LHLO example"),
        (Verb::Mail, "MAIL FROM:<joe@example>"),
        (Verb::Rcpt, "RCPT TO:<joe@example>"),
        (Verb::Data, "DATA"),
        (Verb::Bdat, "BDAT 0"),
        (Verb::Burl, "BURL imap://a.example/b;uid=1"),
        (Verb::Rset, "RSET"),
        (Verb::Vrfy, "VRFY joe"),
        (Verb::Expn, "EXPN joe"),
        (Verb::Help, "HELP"),
        (Verb::Noop, "NOOP"),
        (Verb::Quit, "QUIT"),
        (Verb::StartTls, "STARTTLS"),
        (Verb::Auth, "AUTH PLAIN"),
        (Verb::Etrn, "ETRN example.example"),
        (Verb::Atrn, "ATRN"),
        (Verb::Turn, "TURN"),
        (Verb::Send, "SEND FROM:<joe@example>"),
    ] {
        let made = nothing.command_of(verb, Grammar::SMTPUTF8);
        assert_eq!(String::from_utf8(made).unwrap(), format!("{line}\r\n"));
    }
    assert_eq!(nothing.command(Grammar::STRICT), b"HELO example\r\n");
    // Octets that are used up make the plainest of the rest: SMTP in which nothing is offered.
    for (octets, hello) in [(&b""[..], "HELO"), (b"\x01", "EHLO")] {
        let turns = Source::new(octets).dialogue();
        let said: Vec<String> = turns.into_iter().map(|turn| String::from_utf8(turn.octets).unwrap()).collect();
        let hello = format!("{hello} example\r\n");
        assert_eq!(said, ["220 mx.example ready\r\n", &hello, "250 mx.example\r\n", "QUIT\r\n", "221 OK\r\n"]);
    }
}

/// RFC 5321 section 4.1.2 and 4.1.3; RFC 6531 section 3.3.
#[test]
fn mailboxes() {
    let ascii = made(|source| source.mailbox(Grammar::STRICT));
    all_in(&["joe@", ".joe@", "joe.", "@example", ".example", "\"a b", "\\\"", "@[192.0.2.1]", "@[IPv6:"], &ascii);
    assert!(ascii.iter().all(|mailbox| mailbox.is_ascii()));
    let wide = made(|source| source.mailbox(Grammar::SMTPUTF8));
    all_in(&["j\u{FC}rgen", "@b\u{FC}cher", "joe", "xn--"], &wide);
}

#[test]
fn every_verb_with_and_without_what_it_may_have() {
    let first = |line: &[u8]| String::from_utf8(line.split(|octet| b" \r".contains(octet)).next().unwrap().to_vec());
    let verbs = made(|source| first(&source.command(Grammar::STRICT)).unwrap());
    for verb in Verb::ALL {
        assert!(verbs.contains(verb.as_str()) && verbs.contains(&verb.as_str().to_lowercase()), "{verb}");
    }
    all_in(&["XYZZY", "X-1", "Q_"], &verbs);

    let of = |verb| commands(verb, Grammar::STRICT);
    all_in(&["EHLO example", "EHLO [192.0.2.1]", "EHLO [IPv6:"], &of(Verb::Ehlo));
    all_in(&["FROM:<>", "FROM:<joe@", "FROM:<@example,@"], &of(Verb::Mail));
    all_in(&["TO:<Postmaster>", "TO:<joe@", "TO:<@example,@"], &of(Verb::Rcpt));
    all_in(&["BDAT 1\r\n", "BDAT 1000 LAST", "BDAT 18446744073709551615"], &of(Verb::Bdat));
    all_in(&["NOOP\r\n", "NOOP joe"], &of(Verb::Noop));
    all_in(&["HELP\r\n", "HELP joe"], &of(Verb::Help));
    all_in(&["AUTH PLAIN\r\n", "AUTH PLAIN AGpv", "AUTH PLAIN =", "AUTH LOGIN"], &of(Verb::Auth));
    all_in(&["ATRN\r\n", "ATRN example.example,"], &of(Verb::Atrn));
    all_in(&["ETRN example", "ETRN @"], &of(Verb::Etrn));
}

#[test]
fn every_parameter_that_is_offered_and_no_other() {
    for (verb, of_mail) in [(Verb::Mail, true), (Verb::Rcpt, false)] {
        let lines = commands(verb, Grammar::STRICT);
        let offered = commands(verb, Grammar::STRICT.with_extensions(Extensions::ALL));
        for name in ParameterName::ALL.iter().filter(|name| name.is_for_mail() == of_mail) {
            all_in(&[&format!(" {}", name.keyword())], &lines);
            all_in(&[&format!(" {}", name.keyword())], &offered);
        }
        // A parameter that nobody knows is none that is offered.
        all_in(&[" X-TAG\r\n", " X-TAG=1", " XYZ=a,b;c"], &lines);
        none_in(&[" X-TAG", " XYZ"], &offered);
        assert!(commands(verb, offering(&[])).iter().all(|line| line.ends_with(">\r\n")));
    }
    let mail = commands(Verb::Mail, Grammar::STRICT);
    all_in(
        &[" AUTH=<>", " AUTH=joe@", " SUBMITTER=joe@", "+20", " BODY=7BIT", " BODY=8BITMIME", " BODY=BINARY"],
        &mail,
    );
    none_in(&[" SUBMITTER=<>"], &mail);
    let rcpt = commands(Verb::Rcpt, Grammar::STRICT);
    // RFC 6533 section 3: utf-8-addr-xtext everywhere, utf-8-addr-unitext only with SMTPUTF8.
    all_in(&[" ORCPT=rfc822;joe@", " ORCPT=utf-8;j\\x{FC}rgen@", " ORCPT=x400;"], &rcpt);
    none_in(&[" ORCPT=utf-8;j\u{FC}"], &rcpt);
    all_in(&[" ORCPT=utf-8;j\u{FC}rgen@"], &commands(Verb::Rcpt, Grammar::SMTPUTF8));
}

/// RFC 2034 section 4: with ENHANCEDSTATUSCODES a code of the reply's class.
#[test]
fn every_registered_code_on_one_line_and_on_some() {
    let enhanced = offering(&[Extension::EnhancedStatusCodes]);
    let replies = made(|source| source.reply(Grammar::STRICT));
    let parsed = |reply: &Vec<u8>| {
        let reply = Reply::parse(reply, Grammar::STRICT).unwrap();
        (reply.code(), reply.lines().count())
    };
    let codes: BTreeSet<u16> = replies.iter().map(|reply| parsed(reply).0.get()).collect();
    assert_eq!(codes, ReplyCode::REGISTRY.iter().map(|(code, _)| code.get()).collect());
    assert_eq!(replies.iter().map(|reply| parsed(reply).1).collect::<BTreeSet<_>>(), (1..=4).collect());
    let replies = made(|source| String::from_utf8(source.reply(enhanced)).unwrap());
    all_in(&["250 2.", "450-4.", "550 5.7.", "354 "], &replies);
}

/// Every kind of change, alone, at every place; the text is long enough for a place of two octets.
#[test]
fn what_is_spoilt() {
    let text = ["abCdefgh".to_owned(), "x".repeat(292)].concat();
    let spoilt = |before: &[u8], seed: usize| {
        let octets = octets(seed);
        // The first octet is how often.
        let octets = [&[0], &octets[..]].concat();
        let mut text = before.to_vec();
        Source::new(&octets).spoil(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    let short: BTreeSet<String> = (0..20_000).map(|seed| spoilt(b"abCdefgh", seed)).collect();
    for one in ["abC<defgh", "<abCdefgh", "abCdefgh<", "abC<efgh", "abCefgh", "abCgh", "abCdedefgh", "abCdeabCdefgh"] {
        // The last is of two changes, and only one is made.
        assert_eq!(short.contains(one), one != "abCdeabCdefgh", "{one}");
    }
    for one in ["abCMAILdefgh", "abCSTARTTLSdefgh", "abCPIPELININGdefgh", "abcdefgh", "abCDefgh", "", "ab", "abCdefg"] {
        assert!(short.contains(one), "{one}");
    }
    let long: BTreeSet<usize> = (0..20_000).map(|seed| spoilt(text.as_bytes(), seed).len()).collect();
    assert!((0..text.len()).all(|length| long.contains(&length)), "cut off anywhere");
    let empty: BTreeSet<String> = (0..1000).map(|seed| spoilt(b"", seed)).collect();
    assert!(empty.contains("") && empty.contains("<"));
    let often = made(|source| {
        let mut text = b"abcdefghijklmnop".to_vec();
        source.spoil(&mut text);
        text.iter().filter(|octet| **octet == b'<').count()
    });
    assert!(often.len() > 2, "more changes than one");
}

/// One side's octets of a dialogue.
fn said(turns: &[Turn], side: Side) -> String {
    let octets = turns.iter().filter(|turn| turn.side == side).flat_map(|turn| turn.octets.clone()).collect();
    String::from_utf8(octets).unwrap()
}

#[test]
fn every_course_of_a_dialogue() {
    let dialogues: Vec<Vec<Turn>> = (0..30_000).map(|seed| Source::new(&octets(seed)).dialogue()).collect();
    let of = |side| dialogues.iter().map(|turns| said(turns, side)).collect::<BTreeSet<String>>();
    let (client, server) = (of(Side::Client), of(Side::Server));
    all_in(
        &["HELO ", "EHLO ", "LHLO ", "\r\nNOOP", "\r\nVRFY ", "\r\nEXPN ", "\r\nHELP", "\r\nETRN ", "\r\nRSET"],
        &client,
    );
    all_in(
        &["SMTPUTF8", "BODY=BINARYMIME", "BDAT 0 LAST\r\n", "AUTH PLAIN AGpv", "AUTH PLAIN\r\nAGpv", "\r\n*\r\n"],
        &client,
    );
    // Two transactions; a transaction that failed and is reset (RFC 3030 section 2).
    all_in(&["\r\n.\r\nMAIL ", "BDAT 3\r\n.\r\nRSET\r\n"], &client);
    all_in(
        &["SIZE 20000000000000000000", "AUTH PLAIN", "BINARYMIME", "SMTPUTF8", "\r\n421 ", "\r\n421 4.0.0 "],
        &server,
    );
    all_in(&["334 \r\n", "235 ", "535 ", "454 ", "501 ", "252 ", "550 ", "214 ", "502 ", "458 ", "354 "], &server);

    let some = |what: &str, has: &dyn Fn(&[Turn], &str, &str) -> bool| {
        let found = dialogues.iter().any(|turns| has(turns, &said(turns, Side::Client), &said(turns, Side::Server)));
        assert!(found, "{what}");
    };
    // RFC 3030 section 3: a message with BINARYMIME is sent by BDAT.
    for text in client.iter().flat_map(|text| text.split("MAIL FROM:")) {
        let mail = text.lines().next().unwrap_or_default().to_uppercase();
        assert!(!mail.contains("BODY=BINARYMIME") || !text.contains("\r\nDATA\r\n"), "{text}");
    }
    some("SMTP for some recipients, and another transaction", &|_, client, _| {
        client.starts_with("EHLO") && client.matches("\r\nRCPT TO").count() > 2 && client.contains("\r\n.\r\nMAIL")
    });
    some("LMTP with a reply for each recipient (RFC 2033 section 4.2)", &|turns, client, _| {
        let each = |turns: &[Turn]| turns[0].octets.ends_with(b".\r\n") && turns[2].side == Side::Server;
        client.starts_with("LHLO") && turns.windows(3).any(each)
    });
    some("LMTP with another transaction", &|_, client, _| client.starts_with("LHLO") && client.contains(".\r\nMAIL"));
    some("what was pipelined (RFC 2920)", &|turns, _, _| {
        let group = |turn: &Turn| turn.octets.windows(11).any(|octets| octets.starts_with(b"\r\nRCPT TO:<"));
        turns.iter().any(|turn| turn.side == Side::Client && turn.octets.starts_with(b"MAIL") && group(turn))
    });
    some("an end without QUIT, by 421", &|_, client, server| !client.contains("QUIT") && server.contains("\r\n421 "));
    some("AUTH once more after it failed, never after it did not", &|_, client, _| {
        client.matches("\r\nAUTH ").count() > 1
    });
}
