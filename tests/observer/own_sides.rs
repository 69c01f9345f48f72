//! A dialogue of the crate's own client and server has no violation.

use super::cases::cases;
use proptest::prelude::*;
use smtp_core::observer::Side;
use smtp_core::session::{ServerConfig, State};
use smtp_core::syntax::{Capabilities, CapabilityValue, Extension, Host, Mechanisms};
use smtp_testkit::pair::{DOTS, Pair, Step};
use smtp_testkit::recording::{Capture, Record, play};

const COMMANDS: &[&str] = &[
    "EHLO client.example",
    "HELO client.example",
    "LHLO [192.0.2.1]",
    "MAIL FROM:<joe@client.example>",
    "MAIL FROM:<joe@client.example>",
    "MAIL FROM:<> BODY=8BITMIME SIZE=100",
    "MAIL FROM:<> BODY=BINARYMIME",
    "MAIL FROM:<jôe@client.example> SMTPUTF8 BODY=8BITMIME",
    "RCPT TO:<ann@mx.example>",
    "RCPT TO:<ann@mx.example>",
    "RCPT TO:<no@mx.example>",
    "RCPT TO:<ånn@mx.example>",
    "RCPT TO:<Postmaster> NOTIFY=NEVER",
    "DATA",
    "DATA",
    "BDAT 9",
    "BDAT 9 LAST",
    "BDAT 0 LAST",
    "RSET",
    "NOOP",
    "VRFY joe",
    "EXPN list",
    "HELP",
    "AUTH PLAIN",
    "STARTTLS",
];

/// Creates a pair after the hello.
fn pair(lmtp: bool, pipelining: bool) -> Pair {
    let mut config = ServerConfig::new(Host::new("mx.example").unwrap());
    if !pipelining && !lmtp {
        config.capabilities =
            [Extension::EightBitMime, Extension::EnhancedStatusCodes, Extension::Chunking, Extension::SmtpUtf8]
                .into_iter()
                .fold(Capabilities::new(), Capabilities::with);
    } else {
        let plain = CapabilityValue::Auth(Mechanisms::new("PLAIN").unwrap());
        config.capabilities = config.capabilities.with_value(plain).unwrap();
        config.capabilities = config.capabilities.with(Extension::Dsn).with(Extension::StartTls);
        config.capabilities = config.capabilities.with_value(CapabilityValue::Size(Some(1000))).unwrap();
    }
    config.capabilities = config.capabilities.with(Extension::BinaryMime);
    config.lmtp = lmtp;
    let mut pair = Pair::recorded(config, usize::MAX);
    Step::Line(if lmtp { "LHLO client.example" } else { "EHLO client.example" }).take(&mut pair).unwrap();
    pair.exchange();
    pair
}

/// Does a step. A step that the client refuses has no effect.
fn take(step: Step, pair: &mut Pair) {
    // RFC 2920 section 3.1: if DATA was accepted without recipients, the client sends only a dot.
    let step = match step {
        Step::Content(_) if pair.client.recipients() == 0 => Step::Content(b""),
        step => step,
    };
    _ = step.take(pair);
}

fn step() -> impl Strategy<Value = Step> {
    let of_auth = [Step::Auth(true), Step::Auth(false), Step::Respond(true), Step::Respond(false), Step::Cancel];
    prop_oneof![
        5 => prop::sample::select(COMMANDS).prop_map(Step::Line),
        2 => prop::sample::select(vec![Step::Content(DOTS), Step::Content(b"x"), Step::Content(b"")]),
        1 => prop::sample::select(of_auth.to_vec()),
        4 => Just(Step::Exchange),
    ]
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn commit_no_violation(steps in prop::collection::vec(step(), 0..60), lmtp: bool, pipelining: bool) {
        let mut pair = pair(lmtp, pipelining);
        let end = [Step::Exchange, Step::Cancel, Step::Content(b"x"), Step::Exchange, Step::Line("QUIT"), Step::Exchange];
        for step in steps.into_iter().chain(end) {
            take(step, &mut pair);
        }
        let arrived = pair.log.take().unwrap();
        let mut records: Vec<Record> = arrived.into_iter().map(|turn| Record::Data(turn.side, turn.octets)).collect();
        records.extend([Record::Eof(Side::Server), Record::Eof(Side::Client)]);
        let report = play(&Capture { records, is_transcript: false, within_tls: false }, |_| {});
        prop_assert_eq!(report.findings.iter().map(|(_, violation)| violation.to_string()).collect::<Vec<_>>(), [""; 0]);
        prop_assert!(report.complete || report.encrypted);
        prop_assert!(pair.client.state() == State::Closed || report.encrypted, "{}", pair.server.state());
    }
}
