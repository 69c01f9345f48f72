//! Commands that are equivalent by the clauses: a client may send one instead of the other.

use smtp_core::syntax::{Command, Grammar, Keyword, Text, Unknown};

fn command(line: &str) -> Command<'_> {
    let mut grammar = Grammar::LENIENT;
    grammar.smtputf8 = true;
    Command::parse(line.as_bytes(), grammar).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn equivalent_commands() {
    for (one, two) in [
        // RFC 5321 section 2.3.5 and 2.4: the case of domains and keywords, not that of local-parts.
        ("HELO Client.example", "HELO client.EXAMPLE"),
        ("EHLO [192.0.2.1]", "EHLO [192.000.2.01]"),
        ("LHLO [IPv6:1:2:3:4:5:6:7::]", "LHLO [IPv6:1:2:3:4:5:6:7:0]"),
        ("MAIL FROM:joe@Example.com SIZE=1", "MAIL FROM:<\"j\\oe\"@example.com> size=1"),
        ("MAIL FROM:<>", "MAIL FROM:<>"),
        ("RCPT TO:<@A.example:joe@b.example>", "RCPT TO:<@a.example:joe@B.example>"),
        ("RCPT TO:postmaster", "RCPT TO:<Postmaster>"),
        // RFC 3461 section 4: the meaning of xtext, and the type of an address in any case.
        ("MAIL FROM:<> ENVID=a+2bb", "MAIL FROM:<> ENVID=+61+2Bb"),
        ("MAIL FROM:<> AUTH=<>", "MAIL FROM:<> AUTH=+3C+3E"),
        ("MAIL FROM:<> AUTH=a+2bb@x SUBMITTER=a+2bb@x", "MAIL FROM:<> AUTH=a+2Bb@x SUBMITTER=a+2Bb@x"),
        ("RCPT TO:<a@b> ORCPT=rfc822;a+2bb@x", "RCPT TO:<a@b> ORCPT=RFC822;a+2Bb@x"),
        ("RCPT TO:<a@b> ORCPT=utf-8;\u{FC}@x", "RCPT TO:<a@b> ORCPT=utf-8;\\x{FC}@x"),
        ("RCPT TO:<a@b> NOTIFY=failure,delay", "RCPT TO:<a@b> NOTIFY=DELAY,FAILURE"),
        // Section 4.1.2: quoting.
        ("VRFY joe@example.com", "VRFY \"joe@example.com\""),
        ("VRFY \"joe", "VRFY \"\\\"joe\""),
        ("EXPN list SMTPUTF8", "EXPN \"list\" SMTPUTF8"),
        ("HELP a\tb", "HELP \"a?b\""),
        ("HELP", "HELP"),
        // Section 4.1.1.9: servers SHOULD ignore the text.
        ("NOOP", "NOOP joe"),
        ("BDAT 007 last", "BDAT 7 LAST"),
        ("AUTH plain =", "AUTH PLAIN ="),
        ("ETRN @A.example", "ETRN @a.example"),
        ("ATRN A.example,b.example", "ATRN a.example,B.example"),
        ("XCLIENT name=a+2bb ADDR=1", "XCLIENT NAME=+61+2Bb ADDR=1"),
        ("XFORWARD NAME=a", "XFORWARD name=a"),
        ("xyzzy a", "XYZZY a"),
        ("send x", "SEND x"),
    ] {
        assert!(command(one).equivalent(&command(two)), "{one} and {two}");
        assert!(command(two).equivalent(&command(one)), "{two} and {one}");
    }
}

#[test]
fn commands_that_are_not_equivalent() {
    for (one, two) in [
        ("HELO client.example", "EHLO client.example"),
        ("EHLO client.example", "EHLO other.example"),
        ("EHLO [192.0.2.1]", "EHLO [192.0.2.2]"),
        ("EHLO [192.0.2.1]", "EHLO client.example"),
        ("MAIL FROM:<>", "MAIL FROM:<a@b>"),
        ("MAIL FROM:<Joe@b>", "MAIL FROM:<joe@b>"),
        ("MAIL FROM:<@a:b@c>", "MAIL FROM:<b@c>"),
        ("MAIL FROM:<> SIZE=1", "MAIL FROM:<>"),
        ("MAIL FROM:<>", "MAIL FROM:<> SIZE=1"),
        ("MAIL FROM:<> SIZE=1", "MAIL FROM:<> SIZE=2"),
        ("MAIL FROM:<> SIZE=1", "MAIL FROM:<> BODY=7BIT"),
        ("MAIL FROM:<> X=a", "MAIL FROM:<> X=A"),
        ("MAIL FROM:<> X", "MAIL FROM:<> X=A"),
        ("MAIL FROM:<> ENVID=a", "MAIL FROM:<> ENVID=A"),
        ("MAIL FROM:<> AUTH=<>", "MAIL FROM:<> AUTH=a@b"),
        ("MAIL FROM:<> AUTH=a@b", "MAIL FROM:<> AUTH=A@b"),
        ("MAIL FROM:<> SUBMITTER=a@b", "MAIL FROM:<> SUBMITTER=A@b"),
        ("RCPT TO:<a@b>", "RCPT TO:<Postmaster>"),
        ("RCPT TO:<a@b> ORCPT=rfc822;a@x", "RCPT TO:<a@b> ORCPT=rfc822;A@x"),
        ("RCPT TO:<a@b> ORCPT=rfc822;a@x", "RCPT TO:<a@b> ORCPT=x400;a@x"),
        ("VRFY joe", "VRFY Joe"),
        ("VRFY joe", "EXPN joe"),
        ("VRFY joe", "VRFY joe SMTPUTF8"),
        ("VRFY \"joe", "VRFY \"joe\""),
        ("HELP MAIL", "HELP RCPT"),
        ("HELP MAIL", "HELP"),
        ("NOOP", "HELP"),
        ("BDAT 7", "BDAT 7 LAST"),
        ("BURL imap://a/b", "BURL imap://a/B"),
        ("AUTH PLAIN", "AUTH PLAIN ="),
        ("AUTH PLAIN QQ==", "AUTH PLAIN Qg=="),
        ("ETRN @a.example", "ETRN a.example"),
        ("ETRN #Queue", "ETRN #queue"),
        ("ATRN a.example,b.example", "ATRN a.example"),
        ("ATRN", "ATRN a.example"),
        ("XCLIENT NAME=a", "XCLIENT NAME=A"),
        ("XCLIENT NAME=a", "XCLIENT HELO=a"),
        ("XCLIENT NAME=a ADDR=1", "XCLIENT NAME=a"),
        ("XCLIENT NAME=a", "XFORWARD NAME=a"),
        ("XYZZY a", "XYZZY A"),
        ("XYZZY a", "XYZZ a"),
        ("RSET", "QUIT"),
        ("DATA", "STARTTLS"),
    ] {
        assert!(!command(one).equivalent(&command(two)), "{one} and {two}");
        assert!(!command(two).equivalent(&command(one)), "{two} and {one}");
    }
    // Put together by hand: an unknown verb, whatever its name.
    let mut quit = Unknown::new("XYZZY", None).unwrap();
    quit.verb = Text::new("QUIT").unwrap();
    assert!(!Command::Unknown(quit).equivalent(&Command::Quit));
    assert!(!Command::Unknown(quit).equivalent(&Command::Obsolete(quit)));
}

#[test]
fn keywords() {
    let [one, two, other] = ["X-Tag", "x-tAG", "X-Tags"].map(|text| Keyword::new(text).unwrap());
    assert!(one.equivalent(two) && !one.equivalent(other) && one != two);
}

/// RFC 5321 section 4.1.2: `quoted-pairSMTP = %d92 %d32-126`.
#[test]
fn the_content_of_a_text() {
    for (text, content) in [
        ("joe", "joe"),
        ("\"joe\"", "joe"),
        ("\"jo\\e \\\"x\\\\\"", "joe \"x\\"),
        ("joe\\", "joe\\"),
        ("\"joe", "\"joe"),
        ("\"joe\" x", "\"joe\" x"),
        ("\"\"", "\"\""),
        ("\"\u{FC}\"", "\u{FC}"),
    ] {
        let text = Text::parse(text.as_bytes(), Grammar::LENIENT).unwrap();
        assert!(text.content().eq(content.bytes()), "{text}");
    }
}
