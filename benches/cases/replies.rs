//! The cases of replies: framed and parsed; for EHLO also everything that is offered.

use super::{Case, Goal, Limit, Random};
use smtp_core::codec::ReplyDecoder;
use smtp_core::syntax::{EhloReply, Extension, Extensions, Grammar};
use std::hint::black_box;

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut random = Random::new();
    let offers: Vec<String> = (0..64).map(|_| offer(&mut random)).collect();
    cases.push(case("EHLO, 12 lines", &offers, |rest| {
        let reply = ReplyDecoder::new().decode(rest, Grammar::STRICT).unwrap().unwrap();
        black_box(&EhloReply::from_reply(reply).unwrap().offer());
    }));
    let replies: Vec<String> = (0..512).map(|_| one_line(&mut random)).collect();
    cases.push(case("one line", &replies, |rest| {
        assert!(matches!(black_box(&ReplyDecoder::new().decode(rest, Grammar::STRICT)), Ok(Some(_))));
    }));
    cases.push(case("one line, enhanced code", &replies, |rest| {
        let offered = Extensions::NONE.with(Extension::EnhancedStatusCodes);
        let grammar = Grammar::STRICT.with_extensions(offered);
        assert!(matches!(black_box(&ReplyDecoder::new().decode(rest, grammar)), Ok(Some(_))));
    }));
    // Each octet arrives by itself.
    let mut octets = case("octet by octet", &replies, |rest| {
        let (mut decoder, mut shown) = (ReplyDecoder::new(), 0);
        loop {
            shown += 1;
            if black_box(&decoder.decode(&mut &rest[..shown], Grammar::STRICT)).as_ref().unwrap().is_some() {
                break;
            }
        }
        *rest = &rest[shown..];
    });
    octets.goal = Goal::PerOctet(6.0);
    cases.push(octets);
}

fn offer(random: &mut Random) -> String {
    let name = super::domain(random);
    let size = 10_000_000 + random.below(90_000_000);
    format!(
        "250-{name} at your service\r\n250-PIPELINING\r\n250-SIZE {size}\r\n250-VRFY\r\n250-ETRN\r\n250-STARTTLS\r\n\
         250-AUTH PLAIN LOGIN SCRAM-SHA-256\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n\
         250 CHUNKING\r\n"
    )
}

fn one_line(random: &mut Random) -> String {
    match random.below(5) {
        0 => "250 2.1.0 Ok\r\n".into(),
        1 => "250 2.1.5 Ok\r\n".into(),
        2 => "354 End data with <CR><LF>.<CR><LF>\r\n".into(),
        3 => format!("250 2.0.0 Ok: queued as {}\r\n", random.text(b"0123456789ABCDEF", 12)),
        _ => format!("550 5.1.1 <{}>: Recipient address rejected: User unknown\r\n", super::mailbox(random)),
    }
}

fn case(name: &str, replies: &[String], decode: impl Fn(&mut &[u8]) + 'static) -> Case {
    let stream = replies.concat().into_bytes();
    let again = stream.clone();
    Case {
        group: "reply",
        name: name.into(),
        octets: stream.len(),
        items: replies.len(),
        goal: Goal::Within {
            times: 2.5,
            nanoseconds: 0.0,
            limit: Limit::new("memchr", move || {
                let mut rest = black_box(&again[..]);
                while let Some(at) = memchr::memchr(b'\n', rest) {
                    black_box(&rest[..at]);
                    rest = &rest[at + 1..];
                }
            }),
        },
        work: Box::new(move || {
            let mut rest = black_box(&stream[..]);
            while !rest.is_empty() {
                decode(&mut rest);
            }
        }),
    }
}
