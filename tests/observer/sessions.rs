//! Short sessions, clause by clause, with the violations that the observer reports in each.

use crate::divided;
use smtp_core::observer::ViolationKind as V;
use smtp_core::observer::{Observer, ObserverEvent, Side, Violation};
use smtp_testkit::recording::{Capture, Record, Report, play};
use std::collections::BTreeSet;

/// The violations found, each with its offset.
type Places = &'static [(V, u64)];

/// Plays a session in which each piece, with `C` or `S` in front, arrives by itself. A piece of the letter alone closes that side.
/// Checks that the findings are the same octet by octet.
pub(crate) fn session(pieces: &[&str]) -> Report {
    let record = |piece: &&str| {
        let (side, text) = piece.split_at(1);
        let side = if side == "C" { Side::Client } else { Side::Server };
        if text.is_empty() { Record::Eof(side) } else { Record::Data(side, text.as_bytes().to_vec()) }
    };
    let capture = Capture { records: pieces.iter().map(record).collect(), is_transcript: false, within_tls: false };
    let octets = divided(&capture, |_, octets| octets.iter().map(|&octet| vec![octet]).collect());
    let places = |report: &Report| {
        let place = |(_, found): &(usize, Violation)| (found.offset, found.line, found.kind.name());
        report.findings.iter().map(place).collect::<BTreeSet<_>>()
    };
    let report = play(&capture, |_| {});
    assert_eq!(places(&play(&octets, |_| {})), places(&report), "octet by octet: {pieces:?}");
    report
}

pub(crate) fn found(report: &Report) -> Vec<V> {
    report.findings.iter().map(|(_, violation)| violation.kind).collect()
}

/// Plays a session with these keywords, separated by spaces, in the reply to EHLO, and with QUIT at the end.
pub(crate) fn offered(keywords: &str, pieces: &[&str]) -> Report {
    let lines: String = keywords.split_whitespace().map(|word| format!("250-{}\r\n", word.replace('_', " "))).collect();
    let offer = format!("S250-mx.example\r\n{lines}250 X-LAST\r\n");
    let before = ["S220 mx.example\r\n", "CEHLO c.example\r\n", &offer];
    session(&[&before, pieces, &["CQUIT\r\n", "S221 Bye\r\n", "S", "C"]].concat())
}

pub(crate) const MAIL: &str = "CMAIL FROM:<a@c.example>\r\n";
const BINARY: &str = "CMAIL FROM:<a@c.example> BODY=BINARYMIME\r\n";
pub(crate) const RCPT: &str = "CRCPT TO:<b@mx.example>\r\n";
pub(crate) const DATA: &str = "CDATA\r\n";
const MAIL_RCPT_DATA: &str = "CMAIL FROM:<a@c.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n";
pub(crate) const OK: &str = "S250 OK\r\n";
pub(crate) const GO: &str = "S354 Go\r\n";

#[test]
fn violations_of_commands_and_replies() {
    let all = "PIPELINING SIZE 8BITMIME CHUNKING BINARYMIME AUTH_LOGIN_PLAIN DSN X-TAG";
    let utf8 = "8BITMIME SMTPUTF8";
    let (long, response) = (format!("CNOOP {}", "x".repeat(520)), format!("C{}", "A".repeat(600)));
    let cases: &[(&str, &[&str], &[V])] = &[
        // RFC 6531 section 3.7.4.2: replies in UTF-8 to VRFY with SMTPUTF8; section 3.7.4.1: 251 or 551 in a transaction with it.
        (utf8, &["CVRFY jö SMTPUTF8\r\n", "S252 jö\r\n"], &[]),
        (utf8, &["CVRFY jo\r\n", "S252 jö\r\n"], &[V::ReplyUtf8]),
        (utf8, &["CMAIL FROM:<> SMTPUTF8\r\n", OK, RCPT, "S251 <ö@d.example>\r\n"], &[]),
        (utf8, &["CMAIL FROM:<> SMTPUTF8\r\n", OK, RCPT, "S250 <ö@d.example>\r\n"], &[V::MailReplyUtf8]),
        (utf8, &["CMAIL FROM:<> SMTPUTF8\r\n", "S250 ö\r\n"], &[V::MailReplyUtf8]),
        (utf8, &["CMAIL FROM:<> SMTPUTF8\r\n", OK, "CNOOP\r\n", "S250 ö\r\n"], &[V::ReplyUtf8]),
        // RFC 5321 section 4.2: replies answer commands.
        (all, &[MAIL, "Swha-t\r\n250 OK\r\n", RCPT, OK], &[V::ReplySyntax]),
        (all, &["CNOOP\r\n", "S250-a\r\n550-b\r\n550 c\r\n"], &[V::ReplyCodesDiffer]),
        (
            all,
            &["CRSET\r\nAUTH LOGIN\r\n", "S334 \r\n", "C=\r\n", "S501 No\r\n"],
            &[V::ReplyMissing, V::ResponseNotBase64],
        ),
        (all, &[MAIL, OK, RCPT, OK, DATA, GO, "CHi\r\n", OK, "C.\r\n", OK], &[V::EndOfDataMisread]),
        (
            all,
            &[MAIL, OK, RCPT, OK, DATA, GO, "CHi\n.\n\r\n.\r\n", OK, "CNOOP\r\n", OK, OK],
            &[V::EndOfDataLookalike, V::UnsolicitedReply],
        ),
        (
            all,
            &[MAIL, OK, RCPT, OK, DATA, GO, "CHi\n.\nNOOP\r\n.\r\n", OK, OK],
            &[V::EndOfDataLookalike, V::EndOfDataMisread],
        ),
        (all, &[MAIL, OK, RCPT, OK, DATA, GO, "Cä\r\n.\r\n", OK, OK], &[V::EightBitContent, V::UnsolicitedReply]),
        // RFC 3030 section 3: no DATA for BINARYMIME, and RSET after it; unless no recipient was accepted.
        (all, &[&format!("{BINARY}{}{}", &RCPT[1..], &DATA[1..]), OK, OK, "S503 No\r\n"], &[V::DataWithBinaryMime]),
        (all, &[&format!("{BINARY}{}{}", &RCPT[1..], &DATA[1..]), OK, "S550 No\r\n", "S503 No\r\n"], &[]),
        (all, &[&format!("{BINARY}{}{}", &RCPT[1..], &MAIL[1..]), OK, OK, "S503 No\r\n"], &[V::NestedMail]),
        (
            all,
            &[BINARY, OK, RCPT, OK, DATA, "S503 No\r\n", "CNOOP\r\n", "S250 OK\r\n"],
            &[V::DataWithBinaryMime, V::TransactionNotReset],
        ),
        (
            all,
            &[BINARY, OK, RCPT, OK, DATA, "S502 No\r\n", "CNOOP\r\n", OK],
            &[V::DataWithBinaryMime, V::RequiredCommandRefused],
        ),
        (
            all,
            &[BINARY, OK, RCPT, OK, DATA, "S503 No\r\n", "CHi\r\n.\r\n", "S500 What?\r\n", "S500 What?\r\n"],
            &[V::DataWithBinaryMime, V::ContentWithout354],
        ),
        (all, &[MAIL, OK, RCPT, OK, DATA, "S450 No\r\n", DATA, GO, "C.\r\n", OK], &[]),
        // RFC 5321 section 3.3: no content without a 354. That is one fault, however many lines the content has.
        (
            "SIZE",
            &[MAIL, OK, RCPT, OK, DATA, "S554 No\r\n", "CHi\r\nHo\r\n", "S500 What?\r\n", "S500 What?\r\n"],
            &[V::ContentWithout354],
        ),
        (all, &[BINARY, OK, RCPT, OK, "CBDAT 5 LAST\r\na\rb\r\n", OK], &[]),
        // A refused command does not change the transaction (RFC 5321 sections 4.1.1.2 and 4.1.1.5).
        (all, &[MAIL, OK, RCPT, OK, MAIL, "S503 No\r\n", DATA, GO, "CHi\r\n.\r\n", OK], &[V::NestedMail]),
        (all, &[MAIL, OK, RCPT, OK, "CRSET\r\n", "S500 What?\r\n", DATA, GO, "CHi\r\n.\r\n", OK], &[V::RsetRefused]),
        (
            all,
            &[MAIL, OK, RCPT, OK, "CMAIL FROM:<> SIZE=1\r\n", "S503 No\r\n", DATA, GO, "CHi\r\n.\r\n", OK],
            &[V::NestedMail],
        ),
        // RFC 1870 section 6.3: a client may declare less than it sends. No RFC says which of two sizes counts; the observer
        // takes the first, as `Parameters::find` does.
        (all, &["CMAIL FROM:<> SIZE=1\r\n", OK, RCPT, OK, DATA, GO, "CHi\r\n.\r\n", OK], &[]),
        (
            all,
            &["CMAIL FROM:<> SIZE=9 SIZE=1\r\n", OK, RCPT, OK, DATA, GO, "CHi\r\n.\r\n", "S552 Big\r\n"],
            &[V::SizeRepeated, V::SizeRefusedLate],
        ),
        (
            all,
            &["CMAIL FROM:<> SIZE=1 SIZE=9\r\n", OK, RCPT, OK, DATA, GO, "CHi\r\n.\r\n", "S552 Big\r\n"],
            &[V::SizeRepeated],
        ),
        // RFC 2920 section 3.1: a command that was sent together with a failed one is not a fault; one sent after it is.
        (
            all,
            &["CMAIL FROM:<>\r\nNOOP\r\n", "S550 No\r\n", RCPT, OK, "S503 No\r\n"],
            &[V::PipeliningPastGroupEnd, V::CommandOutOfOrder],
        ),
        // A server may refuse a line that is too long before it has ended (RFC 5321 section 4.5.3.1.4).
        (all, &[&long, "S500 No\r\n", "Cxx\r\n", "CNOOP\r\n", OK], &[V::CommandLineTooLong]),
        (all, &[&long, "S500 No\r\n", "Cxx\r\nNOOP\r\n", OK], &[V::CommandLineTooLong]),
        (all, &["CAUTH LOGIN\r\n", "S334 \r\n", &response, "S500 No\r\n", "CAA\r\n", "CNOOP\r\n", OK], &[]),
        // RFC 3030 section 2: octets follow a BDAT of wrong syntax, and a server may read them as a chunk or as lines.
        (all, &[MAIL, OK, RCPT, OK, "CBDAT 6 X\r\nRSET\r\n", "S501 No\r\n", "CRSET\r\n", OK], &[V::BdatSyntax]),
        (all, &[MAIL, OK, RCPT, OK, "CBDAT 6 X\r\nRSET\r\n", "S501 No\r\n", OK, "CNOOP\r\n", OK], &[V::BdatSyntax]),
        (all, &[MAIL, OK, RCPT, OK, "CBDAT 0 X\r\n", "S501 No\r\n", "CRSET\r\n", OK], &[V::BdatSyntax]),
        // Only in LMTP may a last chunk have no reply.
        (all, &[MAIL, OK, RCPT, OK, "CBDAT 0 LAST\r\n"], &[V::ReplyMissing]),
        // RFC 5321 section 4.2.4: a BURL that the server does not know does not change the transaction.
        (
            all,
            &[MAIL, OK, RCPT, OK, "CBURL imap://a.example/b\r\n", "S502 No\r\n", DATA, GO, "C.\r\n", OK],
            &[V::ExtensionNotOffered],
        ),
        // RFC 5321 section 4.1.1.1: the last EHLO determines the offer.
        ("ENHANCEDSTATUSCODES", &["CEHLO c.example\r\n", "S250 mx.example\r\n", "CNOOP\r\n", OK], &[]),
        // RFC 2920 section 3.1: SEND, SOML and SAML anywhere in a group, TURN at its end.
        (all, &["CSEND FROM:<>\r\nRSET\r\n", "S502 No\r\n", OK], &[]),
        (all, &["CTURN\r\nRSET\r\n", "S502 No\r\n", OK], &[V::PipeliningPastGroupEnd]),
        (all, &[MAIL_RCPT_DATA, "S550 No\r\n", "S503 No\r\n", "S503 No\r\n"], &[]),
        // A command that had begun before a refusal could be seen is not a fault, although it ends after it (RFC 2920 section 3.2(7)).
        (all, &["CMAIL FROM:<>\r\nRCPT TO:<b", "S451 No\r\n", "C@mx.example>\r\n", "S503 No\r\n"], &[]),
        (
            all,
            &["CMAIL FROM:<>\r\nRCPT TO:<b@mx.example>\r\nDA", "S451 No\r\n", "S503 No\r\n", "CTA\r\n", "S503 No\r\n"],
            &[],
        ),
        (
            all,
            &[
                MAIL,
                OK,
                RCPT,
                OK,
                "CBDAT 1\r\naBDAT 2 LA",
                "S452 No\r\n",
                "CST\r\n\r\n",
                "S503 No\r\n",
                "CRSET\r\n",
                OK,
            ],
            &[],
        ),
        (all, &[MAIL, OK, RCPT, OK, "CBDAT 1\r\naBDAT 1\r\nbRS", "S452 No\r\n", "S503 No\r\n", "CET\r\n", OK], &[]),
        (
            all,
            &[
                MAIL,
                OK,
                RCPT,
                OK,
                "CBDAT 1\r\na",
                "S452 No\r\n",
                "CBDAT 2 LAST\r\n\r\n",
                "S503 No\r\n",
                "CRSET\r\n",
                OK,
            ],
            &[V::BdatAfterFailure],
        ),
        // A refusal that the client could not know excuses the command.
        (all, &["CMAIL FROM:<>\r\nMAI", "S550 No\r\n", "CL FROM:<>\r\n", OK], &[]),
        (all, &["CMAIL FROM:<>\r\nAUTH PL", "S550 No\r\n", "CAIN AGEAYg==\r\n", "S235 OK\r\n"], &[]),
        (
            all,
            &[
                "CMAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<b@mx.example>\r\nDA",
                OK,
                "S550 No\r\n",
                "CTA\r\n",
                "S503 No\r\n",
            ],
            &[],
        ),
        (
            all,
            &[
                "CMAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n",
                "S550 No\r\n",
                "S503 No\r\n",
                "S503 No\r\n",
            ],
            &[],
        ),
        // A chunk may also be refused with 500 if CHUNKING is offered (RFC 3030 section 2). The 500 may be for a line in the
        // chunk (RFC 5321 section 4.2.2), or for one in an earlier chunk.
        (all, &[MAIL, OK, RCPT, OK, "CBDAT 1\r\na", "S500 No\r\n", "CNOOP\r\n", OK], &[V::TransactionNotReset]),
        (all, &[MAIL, OK, RCPT, OK, "CBDAT 2\r\n\r\n", OK, "CBDAT 0 LAST\r\n", "S500 No\r\n"], &[]),
        (all, &[MAIL, OK, RCPT, OK, "CBDAT 2 LAST\r\n\r\n", "S502 No\r\n"], &[V::OfferedNotImplemented]),
        (all, &[MAIL, OK, RCPT, OK, "CBDAT 0 LAST\r\n", "S500 No\r\n"], &[V::OfferedNotImplemented]),
        // A QUIT that is refused for its argument does not end the session (RFC 5321 section 4.1.1.10).
        (all, &["CQUIT now\r\n", "S501 No\r\n", "CNOOP\r\n", OK], &[V::ArgumentNotAllowed]),
        // RFC 4954 section 4: a challenge is base64 and nothing else.
        (all, &["CAUTH LOGIN\r\n", "S334-\r\n334 VXNlcg==\r\n", "C*\r\n", "S501 No\r\n"], &[V::ChallengeNotBase64]),
        // RFC 1845 section 3: a resumed message has the recipients that it had.
        (
            "PIPELINING CHECKPOINT",
            &["CMAIL FROM:<> TRANSID=<1@c.example>\r\n", "S355 6\r\n", DATA, GO, "CHi\r\n.\r\n", OK],
            &[],
        ),
        // RFC 3030 section 2: no chunk after the last one, unless a transaction has begun or was reset since.
        (
            all,
            &[MAIL, OK, RCPT, OK, "CBDAT 2 LAST\r\n\r\nBDAT 2 LAST\r\n\r\n", OK, "S554 No\r\n"],
            &[V::BdatAfterLast, V::BdatAfterLastNotRefused],
        ),
        (
            all,
            &[MAIL, OK, RCPT, OK, "CBDAT 2 LAST\r\n\r\n", OK, "CRSET\r\n", OK, "CBDAT 2 LAST\r\n\r\n", "S503 No\r\n"],
            &[V::CommandOutOfOrder],
        ),
        (all, &["CBDAT 2 LAST\r\n\r\n", "S503 No\r\n"], &[V::CommandOutOfOrder]),
        (all, &[MAIL, OK, DATA, "S503 No\r\n"], &[V::CommandOutOfOrder]),
        (
            all,
            &[MAIL, OK, RCPT, OK, DATA, GO, "CHi\r\n.\r\n", OK, "CBDAT 2 LAST\r\n\r\n", "S503 No\r\n"],
            &[V::CommandOutOfOrder],
        ),
        // RFC 2920 section 3.1: two commands at once are one fault, and each has its reply.
        ("SIZE", &["CNOOP\r\nRSET\r\n", OK, OK], &[V::PipeliningNotOffered]),
        (all, &["CMAIL FROM:<>\r\nRCPT TO:<a@mx.example>\r\n", OK, RCPT, OK, OK], &[]),
        // Section 3.2: the replies come in the order of the commands. A code that none of them can have does not skip a command.
        (all, &["CRSET\r\nNOOP\r\n", "S354 Go\r\n", OK], &[V::ReplyOutOfSequence]),
        (all, &["CRSET\r\nNOOP\r\n", "S334 \r\n", OK], &[V::ReplyOutOfSequence]),
        // One fault of content does not hide another one.
        (all, &[MAIL, OK, RCPT, OK, DATA, GO, "Cä\u{1}\r\n.\r\n", OK], &[V::EightBitContent, V::ControlCharacter]),
        // RFC 1845 section 3: 355 if CHECKPOINT was offered.
        ("CHECKPOINT", &["CMAIL FROM:<> TRANSID=<a@c.example>\r\n", "S355 5 octets\r\n", "CRSET\r\n", OK], &[]),
        ("SIZE", &[MAIL, "S355 5 octets\r\n", "CRSET\r\n", OK], &[V::ReplyNotListed]),
        // A refused XCLIENT does not change the offer.
        ("XCLIENT_NAME SIZE", &["CXCLIENT NAME=a\r\n", "S550 No\r\n", "CMAIL FROM:<> SIZE=1\r\n", OK], &[]),
        // RFC 4954 section 4: commands that may follow AUTH in a group.
        (all, &["CAUTH PLAIN AGEAYg==\r\nNOOP\r\n", "S235 In\r\n", OK], &[]),
        (all, &["CAUTH PLAIN\r\nNOOP no\r\n", "S334 \r\n", "S501 No\r\n"], &[V::AuthNotLastInGroup]),
        (all, &["CAUTH LOGIN YQ==\r\nNOOP\r\n", "S235 In\r\n", OK], &[V::AuthNotLastInGroup]),
        // RFC 5321 section 4.1.1: white space at the end of a line is not an argument; VRFY requires one.
        (all, &["CRSET \r\n", OK], &[V::TrailingWhiteSpace]),
        (all, &["CVRFY\r\n", "S501 What?\r\n"], &[V::CommandSyntax]),
        (all, &["CMAIL FROM:a@c.example\r\n", "S501 What?\r\n"], &[V::PathSyntax]),
        (all, &["CNOOP a\u{0}b\r\n", "S501 What?\r\n"], &[V::CommandSyntax]),
        // Section 4.1.2: a character of the local-part is not one of the domain.
        (all, &["CMAIL FROM:<a(b@c.example>\r\n", "S501 What?\r\n"], &[V::PathSyntax]),
        (all, &["CMAIL FROM:<a@b_c.example>\r\n", "S501 What?\r\n"], &[V::DomainCharacter]),
        (all, &["CMAIL FROM:<a@_c.example>\r\n", "S501 What?\r\n"], &[V::PathSyntax]),
        // RFC 4954 section 4: 501 to an initial response that is not base64, and only to that part of AUTH.
        (all, &["CAUTH PLAIN a\r\n", "S501 What?\r\n"], &[V::AuthSyntax]),
        (all, &["CAUTH PLAIN a\r\n", "S235 In\r\n"], &[V::AuthSyntax, V::ResponseNotRefused]),
        (all, &["CAUTH PL@IN AA==\r\n", "S235 In\r\n"], &[V::AuthSyntax]),
        // A value that was not offered, and a parameter that no private keyword offers.
        ("8BITMIME", &[BINARY, "S501 No\r\n"], &[V::MailParameterNotOffered]),
        ("X-TAG", &["CMAIL FROM:<> FOO=1\r\n", "S555 No\r\n"], &[V::MailParameterNotOffered]),
        // RFC 5321 section 4.5.3.1.10: 503 to DATA after too many recipients, and no other 503.
        (all, &[MAIL, OK, RCPT, "S452 Many\r\n", RCPT, OK, DATA, "S503 No\r\n"], &[]),
        (all, &[MAIL, OK, RCPT, OK, DATA, "S503 No\r\n"], &[V::OutOfSequenceWrongly]),
        // RFC 4954 section 4: no AUTH after a successful one; and section 6: 530, or 503, to commands that require AUTH.
        (all, &["CAUTH PLAIN AGEAYg==\r\n", "S535 No\r\n", "CAUTH PLAIN AGEAYg==\r\n", "S235 In\r\n"], &[]),
        (all, &[MAIL, "S503 No\r\n"], &[]),
        (all, &["CAUTH PLAIN AGEAYg==\r\n", "S235 In\r\n", MAIL, "S503 No\r\n"], &[V::OutOfSequenceWrongly]),
        ("SIZE", &[MAIL, OK, "CAUTH LOGIN\r\n", "S502 No\r\n"], &[V::AuthNotOffered]),
        // RFC 5321 section 4.5.3.1.4: 512 octets, and what the offered extensions add.
        (all, &[&format!("CNOOP {}\r\n", "x".repeat(505)), OK], &[]),
        (all, &[&format!("CNOOP {}\r\n", "x".repeat(506)), "S500 Long\r\n"], &[V::CommandLineTooLong]),
        ("SIZE X-TAG", &[&format!("CMAIL FROM:<> X-TAG={}\r\n", "x".repeat(538 - 21)), OK], &[]),
        ("SIZE X-TAG", &[&format!("CMAIL FROM:<> X-TAG={}\r\n", "x".repeat(539 - 21)), OK], &[V::CommandLineTooLong]),
        ("DSN X-TAG", &[MAIL, OK, &format!("{} X-TAG={}\r\n", RCPT.trim_end(), "x".repeat(900)), OK], &[]),
        // RFC 1870: the size is that of this message; a message within its declared size must not be refused later as too large.
        (
            all,
            &[MAIL, OK, RCPT, OK, "CBDAT 4\r\nHi\r\n", OK, "CRSET\r\n", OK]
                .into_iter()
                .chain(["CMAIL FROM:<> SIZE=6\r\n", OK, RCPT, OK, "CBDAT 6 LAST\r\nHi\r\n\r\n", OK])
                .collect::<Vec<_>>(),
            &[],
        ),
        (
            all,
            &["CMAIL FROM:<> SIZE=9\r\n", OK, RCPT, OK, "CBDAT 4 LAST\r\nHi\r\n", "S552 Big\r\n"],
            &[V::SizeRefusedLate],
        ),
        // RFC 6152 and RFC 6531: either extension allows octets above 127.
        (all, &["CMAIL FROM:<> BODY=8BITMIME\r\n", OK, RCPT, OK, DATA, GO, "Cä\r\n.\r\n", OK], &[]),
        (utf8, &["CMAIL FROM:<> SMTPUTF8\r\n", OK, RCPT, OK, DATA, GO, "Cä\r\n.\r\n", OK], &[]),
        // RFC 5321 section 4.1.1.11: an extension that was not offered. No other violation is reported for it.
        (all, &["CATRN\r\n", "S502 No\r\n"], &[V::ExtensionNotOffered]),
        (all, &["CBURL imap://a.example/b LAST\r\n", "S502 No\r\n"], &[V::ExtensionNotOffered]),
        ("SIZE", &["CBDAT 0 LAST\r\n", "S502 No\r\n"], &[V::BdatNotOffered]),
        // A BDAT that was not offered: lines, because of the second reply; and a chunk, because no unknown line has such a reply.
        ("PIPELINING", &[MAIL, OK, RCPT, OK, "CBDAT 6\r\nNOOP\r\n", "S500 What?\r\n", OK], &[V::BdatNotOffered]),
        (
            "PIPELINING",
            &[MAIL, OK, RCPT, OK, "CBDAT 6\r\nNOOP\r\nRSET\r\n", "S500 What?\r\n", "S500 What?\r\n", OK],
            &[V::BdatNotOffered],
        ),
        ("PIPELINING", &[MAIL, OK, RCPT, OK, "CBDAT 6\r\nNOOP\r\nRSET\r\n", "S503 No\r\n", OK], &[V::BdatNotOffered]),
        // A client that is still sending its chunk has not taken the line for the reply.
        (
            "CHUNKING",
            &[MAIL, OK, RCPT, OK, "CBDAT 8 LAST\r\nHi", "S250 O\n", "C\r\nHo\r\n", "SK\r\n"],
            &[V::BareLineEndingInReply],
        ),
        // The reading of one BDAT also holds for the next.
        (
            "SIZE",
            &[MAIL, OK, RCPT, OK, "CBDAT 4\r\nHi\r\n", OK, "CBDAT 6\r\nNOOP\r\n", OK, "CRSET\r\n", "S500 No\r\n"],
            &[V::BdatNotOffered, V::BdatNotOffered, V::RsetRefused],
        ),
        (
            "SIZE",
            &[MAIL, OK, RCPT, OK, "CBDAT 4\r\nHi\r\n", OK, "CBDAT 6\r\nNOOP\r\n", "S554 No\r\n"]
                .into_iter()
                .chain(["CRSET\r\n", "S500 No\r\n"])
                .collect::<Vec<_>>(),
            &[V::BdatNotOffered, V::BdatNotOffered, V::RsetRefused],
        ),
        ("SIZE", &[MAIL, OK, RCPT, OK, "CBDAT 4\r\nHi\r\n", OK, "CRSET\r\n", OK], &[V::BdatNotOffered]),
        (
            "SIZE",
            &[MAIL, OK, RCPT, OK, "CBDAT 4\r\nHi\r\nRSET\r\n", OK, OK],
            &[V::BdatNotOffered, V::PipeliningNotOffered],
        ),
        // Octets after the lines of a chunk that were sent before the reply to BDAT were sent too early.
        (
            "SIZE",
            &[MAIL, OK, RCPT, OK, "CBDAT 6\r\nDATA\r\nNO", "S500 What?\r\n", "S503 No\r\n", "COP\r\n", OK],
            &[V::BdatNotOffered, V::PipeliningNotOffered],
        ),
        // RFC 5321 section 4.1.1.1 and 4.2.4: 502 to a command that is offered or required.
        ("AUTH_LOGIN", &["CAUTH LOGIN\r\n", "S502 No\r\n"], &[V::OfferedNotImplemented]),
        ("CHUNKING", &[MAIL, OK, RCPT, OK, "CBDAT 0 LAST\r\n", "S502 No\r\n"], &[V::OfferedNotImplemented]),
        (
            "CHUNKING BURL_imap",
            &[MAIL, OK, RCPT, OK, "CBURL imap://a.example/b LAST\r\n", "S502 No\r\n"],
            &[V::OfferedNotImplemented],
        ),
        ("ETRN", &["CETRN c.example\r\n", "S502 No\r\n"], &[V::OfferedNotImplemented]),
        // RFC 1870 section 6.1: more than the declared maximum; AUTH may have raised it.
        ("SIZE_10", &["CMAIL FROM:<a@c.example> SIZE=11\r\n", OK], &[V::SizeAccepted]),
        ("SIZE_10", &["CMAIL FROM:<a@c.example> SIZE=11\r\n", "S552 No\r\n"], &[]),
        (
            "SIZE_10 AUTH_PLAIN",
            &["CAUTH PLAIN AGEAYQ==\r\n", "S235 OK\r\n", "CMAIL FROM:<a@c.example> SIZE=11\r\n", OK],
            &[],
        ),
        // RFC 9422 leaves it to client and server what they do beyond MAILMAX and RCPTMAX.
        ("LIMITS_MAILMAX=1_RCPTMAX=1", &[MAIL, OK, RCPT, OK, RCPT, OK, "CRSET\r\n", OK, MAIL, OK], &[]),
        ("ATRN", &["CATRN\r\n", "S502 No\r\n"], &[V::OfferedNotImplemented]),
        ("VRFY", &["CVRFY a\r\n", "S502 No\r\n"], &[V::OfferedNotImplemented]),
        ("EXPN", &["CEXPN a\r\n", "S502 No\r\n"], &[V::OfferedNotImplemented]),
        ("HELP", &["CHELP\r\n", "S502 No\r\n"], &[V::OfferedNotImplemented]),
        ("SIZE", &["CEXPN a\r\n", "S502 No\r\n"], &[]),
        ("SIZE", &["CHELO c.example\r\n", "S502 No\r\n"], &[V::RequiredCommandRefused]),
    ];
    for (offer, pieces, expected) in cases {
        assert_eq!(found(&offered(offer, pieces)), *expected, "{offer}: {pieces:?}");
    }
}

/// RFC 5321 section 4.5.3.1.4: a long line is a command like any other, also directly after another long line.
#[test]
fn long_lines_begin_where_they_begin() {
    let two = format!("NOOP {}\r\nNOOP {}\r\n", "a".repeat(70_000), "a".repeat(66_000));
    let mut client = two.as_bytes();
    let mut observer = Observer::within_tls();
    for start in [&b"NOOP aaa"[..]; 2] {
        let Some(ObserverEvent::Command { line, .. }) = observer.next_event(&mut client, &mut &b""[..]) else {
            panic!()
        };
        assert!(line.starts_with(start), "{:?}", line.get(..20));
        // The client speaks too early and too much.
        while observer.next_event(&mut &b""[..], &mut &b""[..]).is_some() {}
    }
}

/// The same without a successful EHLO first, or without QUIT at the end.
#[test]
fn violations_at_the_beginning_and_the_end() {
    let greeting = "S220 mx.example\r\n";
    let ehlo = "CEHLO c.example\r\n";
    let helo = "CHELO c.example\r\n";
    let quit = &["CQUIT\r\n", "S221 Bye\r\n"][..];
    let cases: &[(&[&str], &[V])] = &[
        // RFC 5321 section 4.1.1.1: EHLO is required; 550 refuses the client, and only this EHLO.
        (&[greeting, ehlo, "S502 No\r\n", helo, "S250 mx.example\r\n"], &[V::RequiredCommandRefused]),
        (&[greeting, ehlo, "S550 No\r\n", helo, "S250 mx.example\r\n"], &[]),
        (&[greeting, ehlo, "S500 No\r\n", ehlo, "S250 mx.example\r\n"], &[]),
        (&[greeting, "CEHLO c_c.example\r\n", "S500 No\r\n", helo, "S250 mx.example\r\n"], &[V::DomainCharacter]),
        // The reply to HELO lists nothing, so no extension can be missing from the list.
        (&[greeting, helo, "S250 mx.example\r\n", "CETRN c.example\r\n", OK], &[V::ExtensionNotOffered]),
        // Section 4.3.1: the client waits for the greeting.
        (&["CNOOP\r\n", greeting, OK], &[V::TalkBeforeGreeting]),
        // Section 3.1: QUIT after a greeting that refuses.
        (&["S554 No\r\n"], &[]),
        // Section 4.2: only a 220 greeting must name the host.
        (&["S554 (no mail)\r\n"], &[]),
        (&["S220 (mx)\r\n", ehlo, "S250 mx.example\r\n"], &[V::GreetingSyntax]),
        (&["S521 No\r\n", "S500 What?\r\n"], &[]),
    ];
    for (pieces, expected) in cases {
        assert_eq!(found(&session(&[*pieces, quit].concat())), *expected, "{pieces:?}");
    }
    // Section 4.1.1.10: the client closes after QUIT, unless there is no session (and RFC 7504 section 3).
    let cases: &[(&[&str], &[V])] = &[
        (&["C"], &[]),
        (&["S521 No\r\n", "C"], &[]),
        (&["S421 No\r\n", "C"], &[]),
        (&["S554 No\r\n", "C"], &[V::ClosedWithoutQuit]),
        (&[greeting, "C"], &[V::ClosedWithoutQuit]),
        (&["CNOOP\r\n", "C"], &[V::TalkBeforeGreeting, V::ClosedWithoutQuit]),
        (&[greeting, MAIL, "C"], &[V::MailBeforeHello, V::ClosedWithoutQuit]),
        (&[greeting, "S", "C"], &[V::ServerClosed]),
    ];
    for (pieces, expected) in cases {
        assert_eq!(found(&session(pieces)), *expected, "{pieces:?}");
    }
    let hello = &[greeting, ehlo, "S250 mx.example\r\n"][..];
    let more = "S250-mx.example\r\n250-PIPELINING\r\n250-AUTH LOGIN\r\n250 ETRN\r\n";
    let cases: &[(&[&str], &[V])] = &[
        (&["CQUIT\r\nNOOP\r\n", "S221 Bye\r\n"], &[V::CommandAfterQuit]),
        // An unfinished line does not wait for a reply, so 421 does not answer it (section 3.8).
        (&["CNOOP\n", "S421 Bye\r\n"], &[]),
        // Section 3.8: after 421 there is no session, so commands cannot be out of sequence.
        (&[ehlo, more, "CMAIL FROM:<>\r\nMAIL FROM:<>\r\n", "S421 Bye\r\n", "S503 No\r\n"], &[]),
        (&[ehlo, more, "CMAIL FROM:<>\r\nAUTH LOGIN\r\n", "S421 Bye\r\n", "S503 No\r\n"], &[]),
        (&[ehlo, more, "CMAIL FROM:<>\r\nETRN c.example\r\n", "S421 Bye\r\n", "S503 No\r\n"], &[]),
        // Section 2.3.8: a server line that ends with LF is not a line; a client that continues has taken it for one.
        (&["CNOOP\r\n", "S250 OK\n", "S"], &[V::BareLineEndingInReply, V::ServerClosed]),
        // Octets after such a line do not answer what the client sends then, however much of that has arrived.
        (
            &["CNOOP\r\n", "S250-a\n250 b\n250 c\r\n", "CNO\nOP\r\n", "S500 What?\r\n"],
            &[V::BareLineEndingInReply, V::UnsolicitedReply, V::BareLineEndingInCommand],
        ),
        (
            &[ehlo, more, "CRSET\r\nNOOP\r\n", "S250-a\n250 b\n250 c\r\n", "CNO\nOP\r\n", "S500 What?\r\n"],
            &[V::BareLineEndingInReply, V::BareLineEndingInCommand],
        ),
        (&["CNOOP\r\n", "S250 OK\n250 OK\n", "S"], &[V::BareLineEndingInReply, V::ServerClosed]),
        (
            &[ehlo, more, "CRSET\r\nNOOP\r\n", "S250 OK\n250 OK\n", "S"],
            &[V::BareLineEndingInReply, V::BareLineEndingInReply, V::ServerClosed],
        ),
        (
            &[ehlo, more, "CMAIL FROM:<>\r\nRCPT TO:<a@mx.example>\r\nDATA\r\nHi\r\n.\r\n", OK, OK]
                .into_iter()
                .chain(["S354 Go\n250 OK\r\n", "CQUIT\r\n", "S221 Bye\r\n"])
                .collect::<Vec<_>>(),
            &[V::PipeliningPastGroupEnd, V::BareLineEndingInReply, V::ReplyMissing],
        ),
        // RFC 3207 section 4: nothing after STARTTLS before the handshake.
        (
            &[ehlo, "S250-mx.example\r\n250 STARTTLS\r\n", "CSTARTTLS\r\nNOOP\r\n", "S220 Go\r\n"],
            &[V::OctetsAfterStartTls],
        ),
        (&[ehlo, "S250-mx.example\r\n250 STARTTLS\r\n", "CSTARTTLS\r\n", "S220 (go)\r\n", "C\u{16}\u{3}"], &[]),
        // RFC 2645 section 5.3: the roles are exchanged if ATRN succeeds.
        (&[ehlo, "S250-mx.example\r\n250 ATRN\r\n", "CATRN\r\n", OK, "C220 c.example\r\n", "SEHLO d.example\r\n"], &[]),
        (&[ehlo, "S250-mx.example\r\n250 ATRN\r\n", "CATRN\r\n", OK, "SEHLO d.example\r\n"], &[]),
        (&[ehlo, "S250-mx.example\r\n250 ATRN\r\n", "CATRN\r\n", "S453 None\r\n", "CFOO\r\n"], &[V::UnknownVerb]),
        // Octets that are sent after the other side has closed are not judged.
        (&["S", "CFOO\r\n"], &[V::ServerClosed]),
        (&["C", OK], &[V::ClosedWithoutQuit]),
        (&["CQUIT\r\n", "S500 What?\r\n", "C"], &[V::QuitRefused]),
    ];
    for (pieces, expected) in cases {
        assert_eq!(found(&session(&[hello, pieces].concat())), *expected, "{pieces:?}");
    }
}

/// RFC 2033 section 4.2: each accepted recipient has its reply to the content. RFC 5321 section 4.3.1: without PIPELINING the
/// client waits for all of them. If the server sends too few and the client continues, both are at fault.
#[test]
fn violations_of_lmtp_without_pipelining() {
    let before = ["S220 mx.example\r\n", "CLHLO c.example\r\n", "S250-mx.example\r\n250 8BITMIME\r\n"];
    let message = [MAIL, OK, RCPT, OK, RCPT, OK, DATA, GO, "CHi\r\n.\r\n"];
    let cases: &[(&[&str], &[V])] = &[
        (&[OK, OK, "CQUIT\r\n", "S221 Bye\r\n", "S", "C"], &[]),
        (&[OK, "S452 Full\r\n", "CQUIT\r\n", "S221 Bye\r\n", "S", "C"], &[]),
        (
            &[OK, "CRSET\r\n", OK, MAIL, OK, "CQUIT\r\n", "S221 Bye\r\n", "S", "C"],
            &[V::PipeliningNotOffered, V::LmtpReplyMissing],
        ),
        (&[OK, "CQUIT\r\n", "S221 Bye\r\n", "S", "C"], &[V::PipeliningNotOffered, V::LmtpReplyMissing]),
        (&[OK, "C", "S"], &[V::ClosedWithoutQuit, V::LmtpReplyMissing]),
        // Whether a reply is missing is known only when the client continues once more.
        (&[OK, "CRSET\r\n", OK, OK, "CQUIT\r\n", "S221 Bye\r\n", "S", "C"], &[V::PipeliningNotOffered]),
        (&[OK, "CRSET\r\n", OK, "C", OK, "S"], &[V::PipeliningNotOffered, V::ClosedWithoutQuit]),
        (&[OK, "CRSET\r\n", OK, OK, OK, "S", "C"], &[V::PipeliningNotOffered, V::UnsolicitedReply, V::ServerClosed]),
        (&[OK, "CRSET\r\n", "S421 Bye\r\n", "S", "C"], &[V::PipeliningNotOffered]),
        (&[OK, "CRSET\r\n", OK, "S421 Bye\r\n", "S", "C"], &[V::PipeliningNotOffered]),
    ];
    for (pieces, expected) in cases {
        let found = found(&session(&[&before[..], &message, pieces].concat()));
        assert_eq!(found, [&[V::LmtpWithoutExtensions], *expected].concat(), "{pieces:?}");
    }
    // RFC 2033 section 4.3: no reply to BDAT LAST if no recipient was accepted.
    let before = [before[0], before[1], "S250-mx.example\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n"];
    let end = [MAIL, OK, RCPT, OK, "CBDAT 2 LAST\r\n\r\n", OK, "CQUIT\r\n", "S221 Bye\r\n", "S", "C"];
    for (rest, replies) in [("RSET", &[OK][..]), ("RSET", &["S503 No\r\n", OK]), ("MAIL FROM:<>", &["S451 No\r\n"])] {
        let flight = format!("CMAIL FROM:<>\r\nRCPT TO:<b@mx.example>\r\nBDAT 2 LAST\r\n\r\n{rest}\r\n");
        let replies = [&[OK, "S550 No\r\n"], replies].concat();
        let end: &[&str] = if rest == "RSET" { &end } else { &["CQUIT\r\n", "S221 Bye\r\n", "S", "C"] };
        let report = session(&[&before[..], &[flight.as_str()], &replies, end].concat());
        let messages = u64::from(rest == "RSET");
        assert_eq!((found(&report), report.messages), (vec![V::LmtpWithoutExtensions], messages), "{replies:?}");
    }
    // RFC 2033 section 4.2: one for each recipient, also if the syntax is refused.
    let flight = [MAIL, OK, RCPT, OK, RCPT, OK, "CBDAT 2 LAST x\r\nab", "S501 No\r\n", "S501 No\r\n"];
    let end = ["CRSET\r\n", OK, "CQUIT\r\n", "S221 Bye\r\n", "S", "C"];
    let report = session(&[&before[..], &flight, &end].concat());
    assert_eq!(found(&report), [V::LmtpWithoutExtensions, V::BdatSyntax, V::UnterminatedFinalLine]);
    // A reply that comes nevertheless, with nothing else in flight, answers it.
    let flight = [MAIL, OK, "CBDAT 2 LAST\r\n\r\n", "S250 OK\r\n", "CQUIT\r\n", "S221 Bye\r\n", "S", "C"];
    let report = session(&[&before[..], &flight].concat());
    assert_eq!(found(&report), [V::LmtpWithoutExtensions, V::CommandOutOfOrder]);
    let before = ["S220 mx.example\r\n", "CLHLO c.example\r\n", "S250-mx.example\r\n250 8BITMIME\r\n"];
    // The message is accepted if any of its replies accepts it.
    for (replies, messages) in
        [([OK, OK], 1), ([OK, "S554 No\r\n"], 1), (["S554 No\r\n", OK], 1), (["S554 No\r\n"; 2], 0)]
    {
        assert_eq!(session(&[&before[..], &message, &replies].concat()).messages, messages, "{replies:?}");
    }
}

/// RFC 5321 section 4.5.3.1.6 and RFC 5322 section 2.3 for the lines of content, and octets that a receiver may take for its end.
/// Each case has the content after DATA, or a chunk, and each violation with its offset in these octets.
#[test]
fn violations_in_content_with_their_offsets() {
    let long = |first: &str, length: usize| format!("{first}{}\r\n", "a".repeat(length - first.len() - 2));
    let too_long = long("\u{1}", 1001);
    let cases: &[(&str, Places)] = &[
        ("a\r\n..\r\n.a\r\n.\r\n", &[(V::DotNotStuffed, 7)]),
        ("a\rb\r\n.\r\n", &[(V::BareCrInContent, 1)]),
        ("a\r\r\n.\r\n", &[(V::BareCrInContent, 1)]),
        ("\ra\r\n.\r\n", &[(V::BareCrInContent, 0)]),
        ("a\nb\r\n.\r\n", &[(V::BareLfInContent, 1)]),
        ("a\n\r\n.\r\n", &[(V::BareLfInContent, 1)]),
        ("a\rb\nc\r\n.\r\n", &[(V::BareCrInContent, 1), (V::BareLfInContent, 3)]),
        ("a\nb\rc\r\n.\r\n", &[(V::BareLfInContent, 1), (V::BareCrInContent, 3)]),
        // A dot after a bare line ending is text, unless a line ending of any kind follows.
        ("a\n.b\r\n.\r\n", &[(V::BareLfInContent, 1)]),
        ("a\r.b\r\n.\r\n", &[(V::BareCrInContent, 1)]),
        ("a\n.\nb\r\n.\r\n", &[(V::EndOfDataLookalike, 3)]),
        ("a\n.\r\nb\r\n.\r\n", &[(V::EndOfDataLookalike, 4)]),
        ("a\n.\rb\r\n.\r\n", &[(V::EndOfDataLookalike, 4)]),
        ("a\r.\nb\r\n.\r\n", &[(V::EndOfDataLookalike, 3)]),
        ("a\r.\r\nb\r\n.\r\n", &[(V::EndOfDataLookalike, 4)]),
        ("a\r\n.\nb\r\n.\r\n", &[(V::EndOfDataLookalike, 4)]),
        ("a\r\n.\rb\r\n.\r\n", &[(V::EndOfDataLookalike, 5)]),
        ("a\r\n.\r\r\nb\r\n.\r\n", &[(V::EndOfDataLookalike, 5)]),
        // RFC 5321 section 4.5.3.1.6: 1000 octets, without the stuffed dot.
        (&[&long("..", 1001), ".\r\n"].concat(), &[]),
        (&[&long("..", 1002), ".\r\n"].concat(), &[(V::TextLineTooLong, 1001)]),
        (&[&long(".a", 1001), ".\r\n"].concat(), &[(V::DotNotStuffed, 0)]),
        (&[&long("\u{1}", 1000), ".\r\n"].concat(), &[(V::ControlCharacter, 0)]),
        (&[&too_long, ".\r\n"].concat(), &[(V::ControlCharacter, 0), (V::TextLineTooLong, 1000)]),
    ];
    let before =
        ["S220 mx.example\r\n", "CEHLO c.example\r\n", "S250-mx.example\r\n250 CHUNKING\r\n", MAIL, OK, RCPT, OK];
    let start = |pieces: &[&str]| {
        pieces.iter().filter(|piece| piece.starts_with('C')).map(|piece| piece.len() as u64 - 1).sum()
    };
    let places = |pieces: &[&str], start: u64| -> Vec<(V, u64)> {
        session(pieces).findings.iter().map(|(_, found)| (found.kind, found.offset.wrapping_sub(start))).collect()
    };
    let end_of_session = [OK, "CQUIT\r\n", "S221 Bye\r\n", "S", "C"];
    for (content, expected) in cases {
        let before = [&before[..], &[DATA, GO]].concat();
        let content = format!("C{content}");
        let pieces = [&before[..], &[&content], &end_of_session].concat();
        assert_eq!(places(&pieces, start(&before)), *expected, "{content:?}");
    }
    // Dots in a chunk are not stuffed (RFC 3030 section 2).
    let cases: &[(&str, Places)] = &[
        (".a\r\n", &[]),
        ("a\r\n.\r\nb\r\n", &[]),
        ("a\r.\r\n", &[(V::BareLineEndingInChunk, 1)]),
        ("a\n.\r\n", &[(V::BareLineEndingInChunk, 1)]),
        ("a\r\nb\r", &[(V::BareLineEndingInChunk, 4), (V::UnterminatedFinalLine, 4)]),
        ("a\r\nb", &[(V::UnterminatedFinalLine, 3)]),
    ];
    for (content, expected) in cases {
        let command = format!("CBDAT {} LAST\r\n", content.len());
        let before_chunk = [&before[..], &[&command]].concat();
        let chunk = [&command, *content].concat();
        let pieces = [&before[..], &[&chunk], &end_of_session].concat();
        assert_eq!(places(&pieces, start(&before_chunk)), *expected, "{content:?}");
    }
}

/// RFC 5321 section 4.5.3.1.5: 512 octets; RFC 6531 section 3.7.4: the characters of replies. The offset of a violation is that of
/// its octet, or of its line. Each reply has one.
#[test]
fn violations_in_replies_with_their_offsets() {
    let line = |start: &str, length: usize| format!("{start}{}\r\n", "a".repeat(length - start.len() - 2));
    let cases: &[(&[&str], Places)] = &[
        (&["CNOOP\r\n", &line("S250 ", 513)], &[]),
        (&["CNOOP\r\n", &line("S250 ", 514)], &[(V::ReplyLineTooLong, 0)]),
        (&["CNOOP\r\n", &[line("S250-", 513), line("250 ", 513)].concat()], &[(V::ReplyLineTooLong, 512)]),
        (&["CNOOP\r\n", &[line("S250-", 514), line("250 ", 513)].concat()], &[(V::ReplyLineTooLong, 0)]),
        (&["CNOOP\r\n", "S250-\r\n250\r\n"], &[(V::BareReplyCode, 6)]),
        (&["CNOOP\r\n", "S250-a\n250 b\r\n"], &[(V::BareLineEndingInReply, 5)]),
        (&["CNOOP\r\n", "S250-a\r\n250-b\n250 c\r\n"], &[(V::BareLineEndingInReply, 12)]),
        (&["CVRFY jo SMTPUTF8\r\n", "S252 \u{FC}\tb\r\n"], &[]),
        (&["CVRFY jo SMTPUTF8\r\n", "S252 \u{FC}\u{1}\r\n"], &[(V::ReplyText, 0)]),
        (&["CVRFY jo SMTPUTF8\r\n", "S252 b\u{1}\r\n"], &[(V::ReplyText, 0)]),
    ];
    let before = ["S220 mx.example\r\n", "CEHLO c.example\r\n", "S250-mx.example\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"];
    let start: u64 = before.iter().filter(|piece| piece.starts_with('S')).map(|piece| piece.len() as u64 - 1).sum();
    for (pieces, expected) in cases {
        let found = session(&[&before[..], pieces].concat()).findings;
        let places: Vec<_> = found.iter().map(|(_, found)| (found.kind, found.offset.wrapping_sub(start))).collect();
        assert_eq!(places, *expected, "{pieces:?}");
    }
}

/// RFC 3463 section 2: a class of 2, 4 or 5, and two numbers of up to three digits without leading zeros. RFC 2034 section
/// 4: the class is the first digit of the reply, and all lines have one code.
#[test]
fn enhanced_codes() {
    for (reply, expected) in [
        ("S250 2.1.0 OK\r\n", &[][..]),
        ("S250 2.10.100 OK\r\n", &[]),
        ("S250-2.10.100 O\r\n250 2.10.100 K\r\n", &[]),
        ("S250 2.1.0000 OK\r\n", &[V::EnhancedCodeMissing]),
        ("S250 2.01.0 OK\r\n", &[V::EnhancedCodeMissing]),
        ("S250 2.10.x OK\r\n", &[V::EnhancedCodeMissing]),
        ("S250 2.x.10 OK\r\n", &[V::EnhancedCodeMissing]),
        ("S250 3.10.0 OK\r\n", &[V::EnhancedCodeMissing]),
        ("S250 2.10 OK\r\n", &[V::EnhancedCodeMissing]),
        ("S250 2.10.0.0 OK\r\n", &[V::EnhancedCodeMissing]),
        ("S250 2.10. OK\r\n", &[V::EnhancedCodeMissing]),
        ("S250 4.10.0 OK\r\n", &[V::EnhancedCodeClass]),
        ("S250-2.1.0 O\r\n250 2.1.10 K\r\n", &[V::EnhancedCodesDiffer]),
    ] {
        let offer = "S250-mx.example\r\n250 ENHANCEDSTATUSCODES\r\n";
        let before = ["S220 mx.example\r\n", "CEHLO c.example\r\n", offer, "CNOOP\r\n"];
        assert_eq!(found(&session(&[&before, &[reply][..]].concat())), expected, "{reply}");
    }
}

/// A message is counted once, when it is accepted. A session is complete after 221 or 421.
#[test]
fn counts_of_messages_and_commands() {
    let message = [MAIL, OK, RCPT, OK, DATA, GO, "CHi\r\n.\r\n"];
    let with = |replies: &[&'static str]| [&message, replies].concat();
    for (pieces, messages) in [(with(&[OK]), 1), (with(&["S554 No\r\n"]), 0), ([with(&[OK]), with(&[OK])].concat(), 2)]
    {
        let report = offered("PIPELINING", &pieces);
        assert_eq!((report.messages, report.complete), (messages, true), "{pieces:?}");
    }
    // RFC 1845: a resumed transaction has the recipients that it had.
    let resumed =
        ["CMAIL FROM:<a@c.example> TRANSID=<1@c.example>\r\n", "S355 0 is where\r\n", DATA, GO, "Ci\r\n.\r\n", OK];
    let report = offered("CHECKPOINT", &resumed);
    assert_eq!((report.messages, found(&report)), (1, Vec::new()));
    // A missing reply (RFC 2033 section 4.2) does not take that of the next message.
    let auth =
        ["S220 mx.example\r\n", "CLHLO c.example\r\n", "S250-mx.example\r\n250-PIPELINING\r\n250 AUTH LOGIN\r\n"];
    let first =
        [MAIL, OK, RCPT, OK, RCPT, OK, DATA, GO, "C.\r\nAUTH LOGIN\r\n", OK, "S334 \r\n", "C*\r\n", "S501 No\r\n"];
    let second = [MAIL, OK, RCPT, OK, DATA, GO, "C.\r\n", OK];
    assert_eq!(session(&[&auth[..], &first, &second].concat()).messages, 2);
    // RFC 2033 section 4.2: a message without recipients is not accepted, whatever the server replies.
    let before = ["S220 mx.example\r\n", "CLHLO c.example\r\n", "S250-mx.example\r\n250 PIPELINING\r\n"];
    let report = session(&[&before[..], &[MAIL, OK, DATA, GO, "C.\r\n", OK]].concat());
    assert_eq!(report.messages, 0);
    let report = session(&["S220 mx.example\r\n", "CNOOP\r\n"]);
    let kind = V::CommandBeforeHello;
    let texts: Vec<String> = report.findings.iter().map(|(_, violation)| violation.to_string()).collect();
    assert_eq!(texts, [format!("{}, client line 1: {}", kind.clause(), kind.text())]);
    // Commands that are sent after the other side has closed are counted.
    let report = session(&["S220 mx.example\r\n", "S", "CEHLO c.example\r\n", "CMAIL FROM:<>\r\n", "CQUIT\r\n", "C"]);
    assert_eq!((report.commands, found(&report)), (3, vec![V::ServerClosed]));
    let before = ["S220 mx.example\r\n", "CQUIT\r\n"];
    for (reply, complete) in [("S221 Bye\r\n", true), ("S500 What?\r\n", false), ("S421 Bye\r\n", true)] {
        assert_eq!(session(&[&before, &[reply, "S", "C"][..]].concat()).complete, complete, "{reply}");
    }
}

/// RFC 3207 section 4.2: within TLS the client sends first, a hello.
#[test]
fn violations_within_tls() {
    let within = |client: &'static [u8], server: &'static [u8], closes: Option<Side>| {
        let (mut observer, mut found) = (Observer::within_tls(), Vec::new());
        let (mut client, mut server) = (client, server);
        for closes in [None, closes] {
            closes.into_iter().for_each(|side| observer.close(side));
            while let Some(event) = observer.next_event(&mut client, &mut server) {
                if let ObserverEvent::Violation(violation) = event {
                    found.push(violation.kind);
                }
            }
        }
        found
    };
    assert_eq!(within(b"EHLO c.example\r\n", b"250 mx.example\r\n", None), []);
    assert_eq!(within(b"", b"220 mx.example\r\n", None), [V::UnsolicitedReply]);
    assert_eq!(within(b"MAIL FROM:<>\r\n", b"503 No\r\n", None), [V::MailBeforeHello]);
    assert_eq!(within(b"EHLO c.example\r\n", b"250 mx.example\r\n", Some(Side::Client)), [V::ClosedWithoutQuit]);
    assert_eq!(within(b"EHLO c.example\r\n", b"250 mx.example\r\n", Some(Side::Server)), [V::ServerClosed]);
}
