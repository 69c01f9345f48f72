//! The cases of replies: framed and parsed; for EHLO also everything that is offered.

use super::traffic::{self, MANY, Random, SESSIONS};
use super::{Case, Limit, peer};
use smtp_core::codec::ReplyDecoder;
use smtp_core::syntax::{EhloReply, Extension, Extensions, Grammar};
use std::hint::black_box;

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut random = Random::new();
    let offers: Vec<String> = (0..SESSIONS).map(|_| traffic::offer(&mut random)).collect();
    let limit = |replies: &[String], goal, work: fn(&[u8])| {
        let stream = replies.concat().into_bytes();
        Limit { name: peer::NAME, goal, work: Box::new(move || work(&stream)) }
    };
    cases.push(case("EHLO, 12 lines, with the offer", &offers, limit(&offers, Some(0.5), peer::offers), |rest| {
        let reply = ReplyDecoder::new().decode(rest, Grammar::STRICT).unwrap().unwrap();
        black_box(&EhloReply::from_reply(reply).unwrap().offer());
    }));
    let replies: Vec<String> = (0..MANY).map(|_| traffic::reply(&mut random)).collect();
    let offered = Extensions::NONE.with(Extension::EnhancedStatusCodes);
    let grammar = Grammar::STRICT.with_extensions(offered);
    cases.push(case("one line", &replies, limit(&replies, None, peer::replies), move |rest| {
        assert!(matches!(black_box(&ReplyDecoder::new().decode(rest, grammar)), Ok(Some(_))));
    }));
    cases.push(octet_by_octet(&replies));
}

/// Measures replies of which each octet arrives by itself.
fn octet_by_octet(replies: &[String]) -> Case {
    let stream = replies.concat().into_bytes();
    let limit = Limit::octet_by_octet(stream);
    let case = case("octet by octet", replies, limit, |rest| {
        let (mut decoder, mut shown) = (ReplyDecoder::new(), 0);
        loop {
            shown += 1;
            if black_box(&decoder.decode(&mut &rest[..shown], Grammar::STRICT)).as_ref().unwrap().is_some() {
                break;
            }
        }
        *rest = &rest[shown..];
    });
    Case { item: "octet", items: case.octets, ..case }
}

fn case(name: &str, replies: &[String], limit: Limit, decode: impl Fn(&mut &[u8]) + 'static) -> Case {
    let stream = replies.concat().into_bytes();
    Case {
        group: "reply",
        name: name.into(),
        octets: stream.len(),
        item: "reply",
        items: replies.len(),
        limit,
        work: Box::new(move || {
            let mut rest = black_box(&stream[..]);
            while !rest.is_empty() {
                decode(&mut rest);
            }
        }),
    }
}
