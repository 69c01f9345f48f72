//! Refusals: the octet at which a line violates the grammar, and the reply that is owed.

use smtp_core::syntax::{
    AddressLiteral, Base64, Command, Domain, EhloReply, Expected, Extension, Extensions, Grammar, Host, Keyword,
    Mailbox, MailboxBuf, Mechanism, Parameters, Reply, SyntaxError, Xtext,
};

fn answer(error: SyntaxError) -> (usize, u16, String) {
    (error.offset(), error.code().get(), error.enhanced_code().to_string())
}

fn check(grammar: Grammar, table: &[(&[u8], usize, u16, &str)]) {
    let mut wrong = Vec::new();
    for (line, offset, code, enhanced) in table {
        let found = Command::parse(line, grammar).map(|_| ()).map_err(answer);
        if found != Err((*offset, *code, (*enhanced).to_string())) {
            wrong.push(format!("{}: {found:?} instead of {offset} {code} {enhanced}", line.escape_ascii()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lines_of_the_base_grammar() {
    check(
        Grammar::STRICT,
        &[
            // No verb at all: 500 (RFC 5321 section 4.2.4).
            (b"", 0, 500, "5.5.2"),
            (b" EHLO a", 0, 500, "5.5.2"),
            (b"\x16\x03\x01", 0, 500, "5.5.2"),
            (b"DATA\r", 4, 500, "5.5.2"),
            (b"DATA\0", 4, 500, "5.5.2"),
            (b"QUIT\t", 4, 500, "5.5.2"),
            (b"EHLO\tclient.example", 4, 500, "5.5.2"),
            // Arguments (section 4.1.1).
            (b"EHLO", 4, 501, "5.5.4"),
            (b"EHLO ", 5, 501, "5.5.4"),
            (b"EHLO  a", 5, 501, "5.5.4"),
            (b"EHLO a_b", 6, 501, "5.5.4"),
            (b"EHLO a.", 7, 501, "5.5.4"),
            (b"EHLO a-.b", 7, 501, "5.5.4"),
            (b"EHLO -a", 5, 501, "5.5.4"),
            (b"EHLO a b", 6, 501, "5.5.4"),
            (b"HELO [192.0.2.1]", 5, 501, "5.5.4"),
            (b"EHLO [192.0.2.256]", 16, 501, "5.5.4"),
            (b"EHLO [192.0.2]", 13, 501, "5.5.4"),
            (b"EHLO [2001:db8::1]", 9, 501, "5.5.4"),
            (b"EHLO [IPv6:1:2:3:4:5:6:7::]", 26, 501, "5.5.4"),
            (b"EHLO [IPv6:12345::]", 15, 501, "5.5.4"),
            (b"EHLO [IPv6:::1%eth0]", 14, 501, "5.5.4"),
            (b"EHLO [X-tag:abc]", 6, 501, "5.5.4"),
            (b"RSET x", 4, 501, "5.5.4"),
            (b"DATA ", 4, 501, "5.5.4"),
            (b"STARTTLS now", 8, 501, "5.5.4"),
            (b"VRFY", 4, 501, "5.5.4"),
            (b"VRFY joe@example.com", 8, 501, "5.5.4"),
            (b"VRFY joe SMTPUTF8", 8, 501, "5.5.4"),
            (b"NOOP a b", 6, 501, "5.5.4"),
            (b"NOOP \"a", 7, 501, "5.5.4"),
            (b"HELP \"\"", 6, 501, "5.5.4"),
            (b"ETRN localhost", 14, 501, "5.5.4"),
            (b"ATRN example.com,", 17, 501, "5.5.4"),
            (b"BURL relative/path", 13, 501, "5.5.4"),
            (b"BURL imap://a/%zz", 15, 501, "5.5.4"),
            // RFC 3986 section 3.2: brackets around an address in the place of the host, and a port of digits.
            (b"BURL x:[[]]", 7, 501, "5.5.4"),
            (b"BURL imap://a/[b]", 14, 501, "5.5.4"),
            (b"BURL imap://a?[", 14, 501, "5.5.4"),
            (b"BURL imap://a[::1]", 13, 501, "5.5.4"),
            (b"BURL imap://[zz", 13, 501, "5.5.4"),
            (b"BURL imap://[]/", 13, 501, "5.5.4"),
            (b"BURL imap://[::1", 16, 501, "5.5.4"),
            (b"BURL imap://[::1%25x]/", 16, 501, "5.5.4"),
            (b"BURL imap://[::1]x", 17, 501, "5.5.4"),
            (b"BURL imap://[v.a]/", 14, 501, "5.5.4"),
            (b"BURL imap://[::1]:1a", 19, 501, "5.5.4"),
            // Text that is not a port may be a part of a password.
            (b"BURL imap://h:port/", 18, 501, "5.5.4"),
            (b"BURL imap://u@h:port/", 16, 501, "5.5.4"),
            (b"BURL imap://a@b@c/", 15, 501, "5.5.4"),
            (b"BURL imap://a:%4/", 16, 501, "5.5.4"),
            (b"BURL x:#a", 7, 501, "5.5.4"),
            (b"XCLIENT", 7, 501, "5.5.4"),
            (b"XCLIENT IDENT=1", 8, 501, "5.5.4"),
            (b"XFORWARD LOGIN=1", 9, 501, "5.5.4"),
            (b"XCLIENT NAME=a+2", 16, 501, "5.5.4"),
            // Paths: X.1.7 for the sender, X.1.3 for the recipient (RFC 3463 section 3.2).
            (b"MAIL", 4, 501, "5.5.4"),
            (b"MAIL <a@b>", 5, 501, "5.5.4"),
            (b"MAIL FROM <a@b>", 9, 501, "5.5.4"),
            (b"MAIL  FROM:<a@b>", 5, 501, "5.5.4"),
            (b"MAIL FROM: <a@b>", 10, 501, "5.1.7"),
            (b"MAIL FROM:a@b", 10, 501, "5.1.7"),
            (b"MAIL FROM:<a@b", 14, 501, "5.1.7"),
            (b"MAIL FROM:<a>", 12, 501, "5.1.7"),
            (b"MAIL FROM:<a@>", 13, 501, "5.1.7"),
            (b"MAIL FROM:<@b>", 13, 501, "5.1.7"),
            (b"MAIL FROM:<.a@b>", 11, 501, "5.1.7"),
            (b"MAIL FROM:<a..b@b>", 13, 501, "5.1.7"),
            (b"MAIL FROM:<a.@b>", 13, 501, "5.1.7"),
            (b"MAIL FROM:<\"\"@b>", 12, 501, "5.1.7"),
            (b"MAIL FROM:<\"a\tb\"@b>", 13, 501, "5.1.7"),
            (b"MAIL FROM:<\"a\\\tb\"@b>", 14, 501, "5.1.7"),
            (b"MAIL FROM:<\"a\"b@b>", 14, 501, "5.1.7"),
            (b"MAIL FROM:<a (comment)@b>", 12, 501, "5.1.7"),
            (b"MAIL FROM:<@a,b:c@d>", 14, 501, "5.1.7"),
            (b"MAIL FROM:<a@b>\0", 15, 501, "5.5.4"),
            (b"RCPT TO:<>", 9, 501, "5.1.3"),
            (b"RCPT TO:<Postmaster", 19, 501, "5.1.3"),
            (b"RCPT TO:<a@b.>", 13, 501, "5.1.3"),
            // Parameters (section 4.1.2).
            (b"MAIL FROM:<a@b> ", 16, 501, "5.5.4"),
            (b"MAIL FROM:<a@b>  X", 16, 501, "5.5.4"),
            (b"MAIL FROM:<a@b>X", 15, 501, "5.5.4"),
            (b"MAIL FROM:<a@b> -X", 16, 501, "5.5.4"),
            (b"MAIL FROM:<a@b> X=", 18, 501, "5.5.4"),
            (b"MAIL FROM:<a@b> X=a=b", 19, 501, "5.5.4"),
            (b"MAIL FROM:<a@b> X=\x7F", 18, 501, "5.5.4"),
            // BDAT (RFC 3030 section 2).
            (b"BDAT", 4, 501, "5.5.4"),
            (b"BDAT -1", 5, 501, "5.5.4"),
            (b"BDAT 18446744073709551616", 24, 501, "5.5.4"),
            (b"BDAT 1 LASTLY", 11, 501, "5.5.4"),
            (b"BDAT 1 LAST ", 11, 501, "5.5.4"),
            // AUTH (RFC 4954 sections 4 and 8): invalid base64 is 5.5.2.
            (b"AUTH", 4, 501, "5.5.4"),
            (b"AUTH PLAIN ", 11, 501, "5.5.2"),
            (b"AUTH PLAIN A===", 12, 501, "5.5.2"),
            (b"AUTH PLAIN AB=C", 14, 501, "5.5.2"),
            (b"AUTH PLAIN AB*=", 13, 501, "5.5.2"),
            (b"AUTH PLAIN AAAA AAAA", 15, 501, "5.5.2"),
        ],
    );
}

#[test]
fn lengths() {
    let local = "l".repeat(65);
    let label = "d".repeat(64);
    let name = format!("{}.d", ["d".repeat(63).as_str(); 4].join("."));
    let hops = vec![format!("@{}", "h".repeat(60)); 4].join(",");
    check(
        Grammar::STRICT,
        &[
            (format!("MAIL FROM:<{local}@b>").as_bytes(), 11 + 64, 501, "5.1.7"),
            (format!("RCPT TO:<a@{label}>").as_bytes(), 11 + 63, 501, "5.1.3"),
            (format!("EHLO {name}").as_bytes(), 5 + 255, 501, "5.5.4"),
            (format!("MAIL FROM:<{hops}:{}@b.example>", "l".repeat(9)).as_bytes(), 10 + 256, 501, "5.1.7"),
            (format!("AUTH {}", "M".repeat(21)).as_bytes(), 5 + 20, 501, "5.5.4"),
            (format!("XCLIENT NAME={}", "n".repeat(256)).as_bytes(), 13 + 255, 501, "5.5.4"),
        ],
    );
    let fits = format!("MAIL FROM:<{hops}:l@b.ex>");
    assert_eq!(fits.len() - "MAIL FROM:".len(), 256);
    assert!(Command::parse(fits.as_bytes(), Grammar::STRICT).is_ok());
}

/// `sub-domain = Let-dig [Ldh-str]` (RFC 5321 section 4.1.2): no label begins or ends with a hyphen, in a line of any length and at
/// any offset.
#[test]
fn hyphens_at_every_place() {
    for before in 1..=40 {
        for after in 0..=24 {
            let (first, last) = ("a".repeat(before), "z".repeat(after));
            for (name, fault) in [
                (format!("{first}-,b{last}"), before + 1),
                (format!("{first}-.b{last}"), before + 1),
                (format!("{first}.-b{last}"), before + 1),
                (format!("{first}..b{last}"), before + 1),
                (format!("{first},-b{last}"), before + 1),
                (format!("b{last}.{first}-"), after + before + 3),
                (format!("b{last}.{first}."), after + before + 3),
            ] {
                let line = format!("ATRN d.{name}");
                check(Grammar::STRICT, &[(line.as_bytes(), 7 + fault, 501, "5.5.4")]);
                if !name.contains(',') {
                    for (line, start, enhanced) in
                        [(format!("RCPT TO:<a@{name}>"), 11, "5.1.3"), (format!("EHLO {name}"), 5, "5.5.4")]
                    {
                        check(Grammar::STRICT, &[(line.as_bytes(), start + fault, 501, enhanced)]);
                    }
                    assert_eq!(
                        Domain::parse(name.as_bytes(), Grammar::STRICT).map_err(|error| error.offset()),
                        Err(fault)
                    );
                }
            }
        }
    }
}

#[test]
fn parameters_with_every_extension_offered() {
    let all: Extensions = Extension::ALL.iter().copied().collect();
    let mail = "MAIL FROM:<> ".len();
    let rcpt = "RCPT TO:<a@b> ".len();
    check(
        Grammar::STRICT.with_extensions(all),
        &[
            (b"MAIL FROM:<> X-NEW", mail, 555, "5.5.4"),
            (b"MAIL FROM:<> NOTIFY=NEVER", mail, 555, "5.5.4"),
            (b"RCPT TO:<a@b> SMTPUTF8", rcpt, 555, "5.5.4"),
            (b"MAIL FROM:<> SIZE", mail + 4, 501, "5.5.4"),
            (b"MAIL FROM:<> SIZE=1k", mail + 6, 501, "5.5.4"),
            (b"MAIL FROM:<> SIZE=123456789012345678901", mail + 25, 501, "5.5.4"),
            (b"MAIL FROM:<> SIZE=1k BODY=7BIT", mail + 6, 501, "5.5.4"),
            (b"MAIL FROM:<> ENVID=+2b RET=FULL SMTPUTF8", mail + 8, 501, "5.5.4"),
            (b"RCPT TO:<a@b> ORCPT=rfc822 NOTIFY=NEVER", rcpt + 12, 501, "5.5.4"),
            (b"MAIL FROM:<> SIZE=1 size=1", mail + 7, 501, "5.5.4"),
            (b"MAIL FROM:<> SMTPUTF8=1", mail + 9, 501, "5.5.4"),
            (b"MAIL FROM:<> ENVID=a+2b", mail + 9, 501, "5.5.4"),
            (b"MAIL FROM:<> MT-PRIORITY=-0", mail + 13, 501, "5.5.4"),
            (b"MAIL FROM:<> MT-PRIORITY=+1", mail + 12, 501, "5.5.4"),
            (b"MAIL FROM:<> MT-PRIORITY=10", mail + 13, 501, "5.5.4"),
            (b"MAIL FROM:<> BY=0;R", mail + 5, 501, "5.5.4"),
            (b"MAIL FROM:<> HOLDFOR=0", mail + 8, 501, "5.5.4"),
            (b"MAIL FROM:<> HOLDFOR=1 HOLDUNTIL=2026-01-01T00:00:00Z", mail + 10, 501, "5.5.4"),
            (b"MAIL FROM:<> HOLDFOR=60 BY=30;N", mail + 11, 501, "5.5.4"),
            (b"MAIL FROM:<> HOLDUNTIL=2026-02-29T00:00:00Z", mail + 18, 501, "5.5.4"),
            // RFC 3885 section 3.2: local-envid "@" fqhn, which ends too early wherever MTRK is.
            (b"MAIL FROM:<> MTRK=QUFB ENVID=x", mail + 17, 501, "5.5.4"),
            (b"MAIL FROM:<> ENVID=x MTRK=QUFB", mail + 7, 501, "5.5.4"),
            (b"MAIL FROM:<> MTRK=QUFB ENVID=x@ SIZE=1", mail + 18, 501, "5.5.4"),
            (b"MAIL FROM:<> envid=@x RET=FULL MTRK=QUFB", mail + 8, 501, "5.5.4"),
            (b"MAIL FROM:<> RET=FULL ENVID=@ MTRK=QUFB:60 SIZE=1", mail + 16, 501, "5.5.4"),
            (b"RCPT TO:<a@b> NOTIFY=NEVER,DELAY", rcpt + 12, 501, "5.5.4"),
            (b"RCPT TO:<a@b> NOTIFY=SUCCESS,,DELAY", rcpt + 15, 501, "5.5.4"),
            (b"RCPT TO:<a@b> ORCPT=rfc822", rcpt + 12, 501, "5.5.4"),
            (b"RCPT TO:<a@b> RRVS=2014-04-03T23:01:00.5Z", rcpt + 24, 501, "5.5.4"),
            (b"RCPT TO:<a@b> RRVS=2014-04-03T23:01:00.", rcpt + 24, 501, "5.5.4"),
            (b"RCPT TO:<a@b> RRVS=garbagegarbagegarba.x", rcpt + 5, 501, "5.5.4"),
            (b"RCPT TO:<a@b> RRVS=2014-13-03T23:01:00.5Z", rcpt + 10, 501, "5.5.4"),
            (b"RCPT TO:<a@b> RRVS=2014-04-03T23:01:00Z;X", rcpt + 26, 501, "5.5.4"),
        ],
    );
    // RFC 3885 section 3.2: MTRK requires ENVID.
    let grammar = Grammar::STRICT.with_extensions(all);
    let error = Command::parse(b"MAIL FROM:<> MTRK=QUFB", grammar).unwrap_err();
    assert_eq!((error.expected(), error.code().get()), (Expected::CompatibleParameter, 501));
    let error = Command::parse(b"MAIL FROM:<> ENVID=x MTRK=QUFB", grammar).unwrap_err();
    assert_eq!((error.expected(), error.code().get()), (Expected::ParameterValue, 501));
    // A parameter that is not offered is not recognized (RFC 5321 section 4.1.1.11).
    let none = Grammar::STRICT.with_extensions(Extensions::NONE);
    check(none, &[(b"MAIL FROM:<> SIZE=1", mail, 555, "5.5.4")]);
    let eight_bit = Grammar::STRICT.with_extensions(Extensions::NONE.with(Extension::EightBitMime));
    check(eight_bit, &[(b"MAIL FROM:<> BODY=BINARYMIME", mail, 555, "5.5.4")]);
}

#[test]
fn utf8_out_of_place() {
    // RFC 6531 section 3.5: 550 for the sender, 553 for the recipient, both X.6.7.
    let offered = Grammar::STRICT.with_extensions(Extensions::NONE.with(Extension::SmtpUtf8));
    check(
        offered,
        &[("MAIL FROM:<a\u{FC}@b>".as_bytes(), 12, 550, "5.6.7"), ("RCPT TO:<a@b\u{FC}>".as_bytes(), 12, 553, "5.6.7")],
    );
    // Without RFC 6531 it is a fault like any other.
    check(Grammar::STRICT, &[("MAIL FROM:<a\u{FC}@b>".as_bytes(), 12, 501, "5.1.7")]);
    // A lone continuation octet, an overlong form, a surrogate, a code above U+10FFFF, a truncated character.
    let malformed =
        [(&b"\x80"[..], 0), (b"\xC0\xAF", 0), (b"\xED\xA0\x80", 1), (b"\xF4\x90\x80\x80", 1), (b"\xE2\x82", 2)];
    for (octets, at) in malformed {
        let line = [b"MAIL FROM:<a", octets, b"@b>"].concat();
        check(Grammar::SMTPUTF8, &[(&line, 12 + at, 501, "5.1.7")]);
    }
}

/// Of two faults the first in the text is reported, whichever is found first.
#[test]
fn invalid_utf8_before_another_fault() {
    let fault = |error: SyntaxError| (error.offset(), error.expected());
    let domain = |octets: &[u8]| fault(Domain::parse(octets, Grammar::SMTPUTF8).unwrap_err());
    let mailbox = |octets: &[u8]| fault(Mailbox::parse(octets, Grammar::SMTPUTF8).unwrap_err());
    let long = |before: &[u8], octets: usize, after: &[u8]| [before, &vec![b'a'; octets], after].concat();
    assert_eq!(domain(&long(b"x\xFF.", 64, b"")), (1, Expected::Utf8));
    assert_eq!(domain(&long(b"x\xC3.", 64, b"")), (2, Expected::Utf8));
    assert_eq!(domain(b"x\xFF..a"), (1, Expected::Utf8));
    assert_eq!(domain(b"x\xFF.-"), (1, Expected::Utf8));
    assert_eq!(mailbox(&long(b"x\xFF", 70, b"@x.y")), (1, Expected::Utf8));
    assert_eq!(mailbox(b"\"x\xFFa"), (2, Expected::Utf8));
    assert_eq!(mailbox(b"x\xFF..a@b"), (1, Expected::Utf8));
    assert_eq!(mailbox(&long(b"a@\xFF.", 64, b"")), (2, Expected::Utf8));
    let lookup = Command::parse(b"VRFY \"x\xFFa", Grammar::SMTPUTF8).unwrap_err();
    assert_eq!(fault(lookup), (7, Expected::Utf8));
    // The other fault is first, or is within an incomplete character.
    assert_eq!(domain(b"a..\xFF"), (2, Expected::Domain));
    assert_eq!(domain(&long(b"", 62, "\u{E9}".as_bytes())), (63, Expected::LabelWithinLimit));
    assert_eq!(mailbox(&long(b"", 63, "\u{E9}@b".as_bytes())), (64, Expected::LocalPartWithinLimit));
    assert_eq!(mailbox(&long(b"", 70, b"\xFF@x.y")), (64, Expected::LocalPartWithinLimit));
    // Without RFC 6531 an octet outside ASCII ends the token.
    assert_eq!(fault(Domain::parse(b"x\xFF", Grammar::STRICT).unwrap_err()), (1, Expected::EndOfLine));
}

#[test]
fn other_parsers() {
    let strict = Grammar::STRICT;
    let offset = |result: Result<(), SyntaxError>| result.unwrap_err().offset();
    assert_eq!(offset(Domain::parse(b"a..b", strict).map(|_| ())), 2);
    assert_eq!(offset(Mailbox::parse(b"a@b c", strict).map(|_| ())), 3);
    assert_eq!(offset(AddressLiteral::parse(b"[1.2.3.4", strict).map(|_| ())), 8);
    assert_eq!(offset(Xtext::parse(b"a b", strict).map(|_| ())), 1);
    assert_eq!(offset(Mechanism::new("PLAIN ").map(|_| ())), 5);
    assert_eq!(offset(Keyword::new("-a").map(|_| ())), 0);
    assert_eq!(offset(Parameters::new("A B=").map(|_| ())), 4);
    assert_eq!(offset(Base64::parse(b"AAAAA").map(|_| ())), 5);
    for (octets, at) in [
        (&b""[..], 0),
        (b"199 OK\r\n", 0),
        (b"260 OK\r\n", 1),
        (b"25 OK\r\n", 2),
        (b"250:OK\r\n", 3),
        (b"250 OK\n", 6),
        (b"250-a\r\n251 b\r\n", 7),
        (b"250-a\r\n", 7),
        (b"250 a\r\n250 b\r\n", 7),
        (b"250 \x01\r\n", 4),
        (b"250 \xFC\r\n", 4),
    ] {
        assert_eq!(Reply::parse(octets, strict).unwrap_err().offset(), at, "{}", octets.escape_ascii());
    }
    let long = [b"250 ", "x".repeat(507).as_bytes(), b"\r\n"].concat();
    assert_eq!(Reply::parse(&long, strict).unwrap_err().expected(), Expected::LineWithinLimit);
    assert!(Reply::parse(&long, Grammar::LENIENT).is_ok());
    for octets in [&b"251 a\r\n"[..], b"250 under_score\r\n", b"250-a\r\n250 -X\r\n", b"250-a\r\n250 X  Y\r\n"] {
        assert!(EhloReply::parse(octets, strict).is_err(), "{}", octets.escape_ascii());
    }
}

/// RFC 6531 section 3.7.1: a domain in EHLO, and the name of a server, must not have U-labels; in a mailbox it may.
#[test]
fn hosts_of_the_caller_are_ascii() {
    let error = Host::new("m\u{FC}.example").unwrap_err();
    assert_eq!((error.offset(), error.expected()), (1, Expected::Ascii));
    let host = Host::parse("m\u{FC}.example".as_bytes(), Grammar::SMTPUTF8).unwrap();
    assert!(MailboxBuf::from_parts("j\u{F6}", host).is_ok());
}
