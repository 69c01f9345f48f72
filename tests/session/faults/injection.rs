//! Whatever a caller puts into a value, it stays within its line and its place.

use super::peers::{client, hears, in_data, says};
use smtp_core::codec::LineDecoder;
use smtp_core::session::{Client, ClientConfig, Misuse};
use smtp_core::syntax::{
    AttributesBuf, Base64, Base64Buf, Burl, Command, Domains, EnhancedCode, Etrn, EtrnOption, Grammar, Host, Keyword,
    Lookup, Mailbox, MailboxBuf, Mechanism, Parameters, ParametersBuf, Reply, ReplyCode, ReversePath, Text, Unknown,
    Verb, Xtext, XtextBuf,
};

/// What somebody might try to put anywhere.
const EVIL: &[&str] = &[
    "a\r\nQUIT",
    "a\r\n",
    "\r\nQUIT",
    "a\nQUIT",
    "a\rQUIT",
    "a\0b",
    "a\r\n.\r\nQUIT",
    "joe@client.example> SIZE=1",
    "joe@client.example>\r\nRCPT TO:<evil@mx.example",
    "a@b\r\nQUIT",
    "\"a\r\nb\"@client.example",
    "\"a\\\r\n\"@client.example",
    "a@b.example\r\n",
    "a b",
    "a=b c",
    "[127.0.0.1]\r\nQUIT",
    "[IPv6:::1\r\n]",
    "imap://a.example/\r\nQUIT",
    "imap://a.example/ LAST",
    "a.example,b.example\r\nQUIT",
    "PLAIN\r\nQUIT",
    "PLAIN AGEAYg==",
    "AGEAYg==\r\nQUIT",
    "SIZE=1\r\nQUIT",
    "SIZE=1\nQUIT",
    "ENVID=a+0\r\n",
    "\u{A0}\r\n",
    "\u{2028}QUIT",
    "\u{85}QUIT",
    "a\u{10D}\u{10A}QUIT",
];

/// Clients at each place where something may be sent.
fn clients() -> Vec<Client> {
    let offer =
        "PIPELINING,SIZE,8BITMIME,SMTPUTF8,DSN,AUTH PLAIN,CHUNKING,BURL imap,ETRN,ATRN,XCLIENT NAME,XFORWARD NAME";
    let ready = client(offer);
    let mut mail = ready.clone();
    says(&mut mail, "MAIL FROM:<> SMTPUTF8");
    hears(&mut mail, "250 ok\r\n");
    let mut recipient = mail.clone();
    says(&mut recipient, "RCPT TO:<ann@mx.example>");
    hears(&mut recipient, "250 ok\r\n");
    let mut config = ClientConfig::default();
    config.unregistered = true;
    let mut private = Client::new(config);
    hears(&mut private, "220 hi\r\n");
    says(&mut private, "EHLO client.example");
    hears(&mut private, "250-mx.example\r\n250 PIPELINING\r\n");
    vec![ready, mail, recipient, private]
}

/// Sends a command from everywhere. Where it goes out, it is one line that reads back as the same command.
fn is_one_line(command: &Command<'_>) {
    for mut client in clients() {
        let mut out = b"before".to_vec();
        match client.send(command, &mut out) {
            Ok(()) => {
                let mut rest = &out[b"before".len()..];
                let line = LineDecoder::new().decode(&mut rest, usize::MAX).unwrap().unwrap();
                assert!(rest.is_empty(), "{command}");
                assert!(!line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)), "{command}");
                assert_eq!(Command::parse(line, Grammar::SMTPUTF8), Ok(*command));
            }
            Err(_) => assert_eq!(out, b"before", "{command}"),
        }
    }
}

/// Every slot that a caller fills with a text, by the constructor that it has to take.
#[test]
fn no_text_leaves_its_slot() {
    for evil in EVIL {
        let commands = [
            Host::new(evil).ok().map(Command::Ehlo),
            Host::new(evil).ok().map(Command::Helo),
            Host::new(evil).ok().map(Command::Lhlo),
            Mailbox::new(evil).ok().map(|mailbox| Command::mail(mailbox, Parameters::NONE)),
            Mailbox::new(evil).ok().map(|mailbox| Command::rcpt(mailbox, Parameters::NONE)),
            ReversePath::parse(evil.as_bytes(), Grammar::LENIENT)
                .ok()
                .map(|path| Command::mail(path, Parameters::NONE)),
            Parameters::new(evil).ok().map(|parameters| Command::mail(ReversePath::Null, parameters)),
            Text::new(evil).ok().map(|text| Command::Noop(Some(text))),
            Text::new(evil).ok().map(|text| Command::Help(Some(text))),
            Lookup::new(evil).ok().map(Command::Vrfy),
            Lookup::new_smtputf8(evil).ok().map(Command::Expn),
            Burl::new_last(evil).ok().map(Command::Burl),
            Mechanism::new(evil).ok().map(|mechanism| Command::auth(mechanism, None)),
            Base64::parse(evil.as_bytes()).ok().map(|response| Command::auth(Mechanism::PLAIN, Some(response))),
            Etrn::new(EtrnOption::Host, evil).ok().map(Command::Etrn),
            Etrn::new(EtrnOption::Queue, evil).ok().map(Command::Etrn),
            Domains::new(evil).ok().map(Command::Atrn),
            Unknown::new(evil, None).ok().map(Command::Unknown),
            Unknown::new("XYZZY", Some(evil)).ok().map(Command::Unknown),
            Unknown::new("XYZZY", Some(evil)).ok().map(Command::Obsolete),
        ];
        let control = evil.contains(['\r', '\n', '\0']);
        for command in commands.into_iter().flatten() {
            assert!(!control, "{evil:?} was taken for {command}");
            is_one_line(&command);
        }
    }
}

/// What is encoded may hold anything, and none of it shows.
#[test]
fn what_is_encoded_cannot_inject() {
    for evil in EVIL {
        let mut parameters = ParametersBuf::new();
        for keyword in [evil, "ENVID"] {
            _ = parameters.push_raw(keyword, Some(evil));
            _ = parameters.push_raw(keyword, None);
        }
        _ = parameters.push_xtext(smtp_core::syntax::ParameterName::Envid, evil.as_bytes());
        is_one_line(&Command::mail(ReversePath::Null, parameters.as_parameters()));
        let mut parameters = ParametersBuf::new();
        _ = parameters.push_orcpt("rfc822", evil);
        _ = parameters.push_orcpt("utf-8", evil);
        _ = parameters.push_orcpt(evil, "a@b");
        let rcpt = Mailbox::new("ann@mx.example").unwrap();
        is_one_line(&Command::rcpt(rcpt, parameters.as_parameters()));
        for mut attributes in [AttributesBuf::xclient(), AttributesBuf::xforward()] {
            _ = attributes.push("NAME", evil.as_bytes());
            _ = attributes.push(evil, evil.as_bytes());
            attributes.as_command().iter().for_each(is_one_line);
        }
        let response = Base64Buf::encode(evil.as_bytes());
        is_one_line(&Command::auth(Mechanism::PLAIN, Some(response.as_base64())));
        if let Ok(mailbox) = MailboxBuf::from_parts(evil, Host::new("mx.example").unwrap()) {
            is_one_line(&Command::mail(mailbox.as_mailbox(), Parameters::NONE));
        }
        let xtext = XtextBuf::encode(evil.as_bytes());
        assert!(!xtext.to_string().contains(['\r', '\n', '\0', ' ']));
        assert!(Xtext::new(evil).is_err() && Keyword::new(evil).is_err());
    }
}

/// A value that was read leniently, or put where it does not belong, is held against the strict grammar once more.
#[test]
fn a_value_in_the_wrong_slot_is_not_sent() {
    let lenient = Text::parse(b"a b> SIZE=1", Grammar::LENIENT).unwrap();
    let mut etrn = Etrn::new(EtrnOption::Host, "mx.example").unwrap();
    let mut burl = Burl::new("imap://a.example/").unwrap();
    let mut unknown = Unknown::new("XYZZY", None).unwrap();
    (etrn.node, burl.url, unknown.verb) = (lenient, lenient, lenient);
    let mut disguised = Unknown::new("XYZZY", None).unwrap();
    disguised.verb = Text::new("QUIT").unwrap();
    for command in [Command::Etrn(etrn), Command::Burl(burl), Command::Unknown(unknown), Command::Unknown(disguised)] {
        for mut client in clients() {
            let mut out = Vec::new();
            assert!(client.send(&command, &mut out).is_err(), "{command}");
            assert!(out.is_empty());
        }
    }
    assert_eq!(disguised.verb.to_string().parse::<String>().unwrap(), Verb::Quit.as_str());
}

/// A response, and content, are not lines of the caller's either.
#[test]
fn responses_and_content_cannot_inject() {
    for evil in EVIL {
        let (mut one, mut out) = (client("AUTH PLAIN"), Vec::new());
        says(&mut one, "AUTH PLAIN");
        hears(&mut one, "334 \r\n");
        one.respond(evil.as_bytes(), &mut out).unwrap();
        let line = out.strip_suffix(b"\r\n").unwrap();
        assert!(Base64::parse(line).unwrap().decode().eq(evil.bytes()));

        let (mut one, mut out) = (in_data(), Vec::new());
        match one.content(evil.as_bytes(), &mut out).and_then(|()| one.finish_content(&mut out)) {
            Ok(()) => {
                let end = out.windows(5).position(|octets| octets == b"\r\n.\r\n");
                assert_eq!(end, Some(out.len() - 5), "{evil:?}");
            }
            Err(misuse) => assert!(matches!(misuse, Misuse::Content(_))),
        }
    }
}

/// RFC 5321 section 4.2: what a server says is its own, too.
#[test]
fn no_reply_holds_another() {
    for evil in EVIL {
        let Ok(reply) = Reply::new(ReplyCode::OK, EnhancedCode::OK, evil) else { continue };
        let mut out = Vec::new();
        reply.encode(&mut out);
        let read = Reply::parse(&out, Grammar::SMTPUTF8).unwrap();
        assert_eq!(read.code(), ReplyCode::OK);
        for line in out.split_inclusive(|octet| *octet == b'\n') {
            assert!(line.starts_with(b"250") && line.ends_with(b"\r\n"), "{evil:?}: {}", out.escape_ascii());
        }
        assert!(!out.windows(2).any(|pair| pair[0] == b'\r' && pair[1] != b'\n') && !out.contains(&0), "{evil:?}");
    }
}
