//! Reading allocates nothing: `syntax` and the decoders of `codec` work in the caller's buffers.

use smtp_core::codec::{BareLineEnding, ChunkDecoder, Content, DotDecoder, LineDecoder, ReplyDecoder};
use smtp_core::syntax::{
    AddressLiteral, Base64, Body, Capability, Command, DateTime, Domain, EhloReply, EnhancedCode, Extension,
    Extensions, Grammar, Host, MailOrRcpt, Mailbox, Mechanism, ParameterName, ParameterValue, Parameters,
    ParametersBuf, Plain, Reply, ReplyCode, ReversePath, Text, Xtext,
};
use smtp_core::trace::{Clauses, Received, ReturnPath, TraceDate};
use std::hint::black_box;

/// Runs a function and asserts that it did not allocate.
fn without_allocation<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let mut result = None;
    let info = allocation_counter::measure(|| result = Some(run()));
    assert_eq!(info.count_total, 0, "{what} allocates");
    result.unwrap()
}

fn grammars() -> [Grammar; 4] {
    let all: Extensions = Extension::ALL.iter().copied().collect();
    [Grammar::STRICT, Grammar::SMTPUTF8, Grammar::LENIENT, Grammar::SMTPUTF8.with_extensions(all)]
}

/// The measurement detects allocations.
#[test]
fn an_allocation_is_seen() {
    assert_eq!(allocation_counter::measure(|| drop(black_box(vec![1u8]))).count_total, 1);
}

#[test]
fn commands() {
    for line in [
        "HELO client.example.com",
        "EHLO [IPv6:2001:db8::1]",
        "LHLO [192.0.2.1] and more",
        "MAIL FROM:<@a.example,@b.example:\"x \\\" y\"@c.example> SIZE=1000 BODY=8BITMIME SMTPUTF8 ENVID=a+2Bb AUTH=<>",
        "MAIL FROM:<ü@ü.example> MTRK=QUFB:60 HOLDUNTIL=2026-01-01T00:00:00Z BY=60;RT SUBMITTER=joe@example.com SOLICIT=a",
        "MAIL FROM:<joe@example.com> TRANSID=<1@b> RET=HDRS MT-PRIORITY=-3 REQUIRETLS CONPERM HOLDFOR=5",
        "RCPT TO:<joe@[192.0.2.1]> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;\\x{FC}@b RRVS=2014-04-03T23:01:00Z;C CONNEG",
        "RCPT TO:<Postmaster>",
        "RCPT TO: joe@example.com",
        "DATA",
        "BDAT 1000 LAST",
        "BURL imap://a.example/b LAST",
        "RSET",
        "VRFY \"joe smith\" SMTPUTF8",
        "EXPN list",
        "HELP a b",
        "NOOP \"x\"",
        "QUIT",
        "STARTTLS",
        "AUTH PLAIN AGpvZQBzZWNyZXQ=",
        "ETRN @example.com",
        "ATRN example.com,example.org",
        "XCLIENT NAME=a+20b",
        "XFORWARD ADDR=192.0.2.1",
        "SOML FROM:<x>",
        "XYZZY and so on",
        // Refused lines too.
        "",
        "MAIL FROM:<",
        "MAIL FROM:<> SIZE=1 SIZE=2",
        "MAIL FROM:<> X-NEW",
        "EHLO [1.2.3.4.5]",
        "AUTH PLAIN A",
    ] {
        for grammar in grammars() {
            without_allocation(line, || {
                let Ok(command) = Command::parse(line.as_bytes(), grammar) else { return };
                black_box(command.verb());
                match command {
                    Command::Mail(mail) => {
                        black_box(mail.reverse_path.mailbox().map(|mailbox| mailbox.equivalent(mailbox)));
                        walk(mail.parameters, grammar);
                    }
                    Command::Rcpt(rcpt) => {
                        black_box(rcpt.forward_path.mailbox().map(|mailbox| mailbox.local_part().content().count()));
                        walk(rcpt.parameters, grammar);
                    }
                    Command::Auth(auth) => {
                        black_box(auth.initial_response.map(|response| response.decode().count()));
                    }
                    Command::Xclient(attributes) | Command::Xforward(attributes) => {
                        black_box(attributes.iter().map(|(_, value)| value.decode().count()).sum::<usize>());
                    }
                    Command::Atrn(domains) => _ = black_box(domains.iter().count()),
                    _ => {}
                }
            });
        }
    }
}

fn walk(parameters: Parameters<'_>, grammar: Grammar) {
    for parameter in parameters.iter() {
        black_box(parameter.interpret(MailOrRcpt::Mail, grammar));
        black_box(parameter.interpret(MailOrRcpt::Rcpt, grammar));
    }
    for name in ParameterName::ALL {
        black_box(parameters.find(*name));
    }
    parameters.values().for_each(|value| _ = black_box(value));
}

/// The parameters of most messages are written with one allocation, and the line into a buffer with room without any.
#[test]
fn parameters_allocate_once() {
    let mut out = Vec::with_capacity(512);
    let info = allocation_counter::measure(|| {
        let mut parameters = ParametersBuf::new();
        parameters.push(ParameterValue::Size(10_000_000)).unwrap();
        parameters.push(ParameterValue::Body(Body::EightBitMime)).unwrap();
        parameters.push(ParameterValue::SmtpUtf8).unwrap();
        parameters.push_xtext(ParameterName::Envid, b"batch 7").unwrap();
        let mailbox = Mailbox::new("joe@example.com").unwrap();
        Command::mail(mailbox, parameters.as_parameters()).encode(&mut out);
    });
    assert_eq!(info.count_total, 1);
    assert_eq!(out, b"MAIL FROM:<joe@example.com> SIZE=10000000 BODY=8BITMIME SMTPUTF8 ENVID=batch+207\r\n");
}

#[test]
fn replies() {
    let octets = b"250-mx.example hello\r\n250-SIZE 1000\r\n250-AUTH PLAIN LOGIN\r\n250-LIMITS RCPTMAX=5\r\n250-\r\n\
                   250-FUTURERELEASE 5 2026-01-01T00:00:00Z\r\n250-NO-SOLICITING a:b,c\r\n250 DELIVERBY 5\r\n";
    for grammar in grammars() {
        without_allocation("an EHLO reply", || {
            if let Ok(ehlo) = EhloReply::parse(octets, grammar) {
                black_box((ehlo.host(), ehlo.greet(), ehlo.offer()));
                ehlo.capabilities().for_each(|capability| _ = black_box(capability.interpret()));
            }
            let reply = Reply::parse(octets, grammar).unwrap();
            black_box((reply.code(), reply.enhanced_code(), reply.lines().count()));
        });
        // Lenient grammars accept it.
        without_allocation("a flaw", || black_box(Reply::parse(b"250-a\r\nb\r\n251 c\r\n", grammar)).is_ok());
        without_allocation("a refusal", || Reply::parse(b"250-a\r\n251b\r\n", grammar).unwrap_err());
    }
    let long = "many words ".repeat(100);
    without_allocation("a reply of the caller", || {
        let reply = Reply::new(ReplyCode::OK, EnhancedCode::OK, &long).unwrap();
        black_box(reply.lines().count())
    });
}

#[test]
fn values() {
    let grammar = Grammar::SMTPUTF8;
    without_allocation("values", || {
        black_box(Domain::parse(b"a.example", grammar)).unwrap();
        black_box(Host::parse(b"[IPv6:::1]", grammar)).unwrap();
        _ = black_box(AddressLiteral::parse(b"[192.0.2.1]", grammar)).unwrap().ip();
        black_box(Mailbox::new("\"a b\"@ü.example")).unwrap();
        black_box(ReversePath::parse(b"<@a:b@c>", grammar)).unwrap();
        _ = black_box(Xtext::parse(b"a+2Bb", grammar)).unwrap().decode().count();
        _ = black_box(DateTime::parse(b"2026-01-01T00:00:00.5+01:00", grammar)).unwrap().unix_seconds();
        _ = black_box(Base64::parse(b"AGpvZQBzZWNyZXQ=")).unwrap().decode().count();
        black_box(Plain::parse(b"\0joe\0secret")).unwrap();
        black_box(Mechanism::new("plain")).unwrap();
        black_box(Text::new("\"a b\"")).unwrap();
        black_box(Parameters::new("A B=c")).unwrap();
        _ = black_box(Capability::parse(b"AUTH PLAIN LOGIN")).unwrap().interpret();
        black_box(Clauses::new("tls x group y")).unwrap().iter().for_each(|clause| _ = black_box(clause.interpret()));
        _ = black_box(TraceDate::new("1 Jan 2000 00:00 +0000")).unwrap().date_time();
        black_box(ReturnPath::parse(b"Return-Path: <a@b>", grammar)).unwrap();
        black_box(Received::parse(
            b"Received: from a (b [192.0.2.1])\r\n by c (x (y)) with ESMTP id <1@c> for <d@e> PRIORITY 3; 1 Jan 2000 00:00 +0000",
            grammar,
        ))
        .unwrap();
    });
}

#[test]
fn decoders() {
    let content = b"Subject: x\r\n\r\n..\r\n.dot\r\nlong enough for more than one block of the search\r\n.\r\nQUIT\r\n";
    for cut in 0..content.len() {
        without_allocation("content", || {
            let mut decoder = DotDecoder::new(BareLineEnding::Refuse);
            let (first, _) = content.split_at(cut);
            let mut input = first;
            let mut ended = false;
            while let Some(piece) = decoder.decode(&mut input) {
                ended |= matches!(black_box(piece), Content::End(_));
                if ended {
                    break;
                }
            }
            let mut input = &content[cut - input.len()..];
            while !ended {
                match black_box(decoder.decode(&mut input)) {
                    Some(Content::End(_)) => ended = true,
                    Some(_) => {}
                    None => break,
                }
            }
        });
    }
    without_allocation("a chunk", || {
        let mut decoder = ChunkDecoder::new(20);
        let mut input = &content[..];
        while black_box(decoder.decode(&mut input)).is_some() {}
    });
    without_allocation("lines", || {
        let mut decoder = LineDecoder::new();
        let mut input = &content[..];
        while let Ok(Some(line)) = decoder.decode(&mut input, 512) {
            black_box(line);
        }
    });
    without_allocation("replies", || {
        let mut decoder = ReplyDecoder::new();
        let mut input = &b"250-a\r\n250 b\r\n220 c\r\n250-"[..];
        while let Ok(Some(reply)) = decoder.decode(&mut input, Grammar::STRICT) {
            black_box(reply.lines().count());
        }
    });
}
