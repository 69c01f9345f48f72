//! Reception: questions, verdicts, and what of them reaches the client.

use smtp_core::sasl::Credentials;
use smtp_core::session::reception::{Question, Reception, Verdict};
use smtp_core::session::{Misuse, ServerConfig, State};
use smtp_core::syntax::{CapabilityValue, Command, Extension, Host, Mechanisms, Reply, ReplyBuf, ReplyCode};
use smtp_core::trace::WithProtocol;

fn config() -> ServerConfig {
    let mut config = ServerConfig::new(Host::new("mx.example").unwrap());
    config.capabilities = config
        .capabilities
        .with(Extension::StartTls)
        .with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN LOGIN XOAUTH2 OAUTHBEARER X-SPECIAL").unwrap()))
        .unwrap();
    config
}

fn no(code: u16, text: &str) -> ReplyBuf {
    ReplyBuf::lossy(ReplyCode::new(code).unwrap(), text)
}

/// A mail handler: what it was asked, and the messages that it stored.
#[derive(Default)]
struct Handler {
    asked: Vec<String>,
    content: Vec<u8>,
    stored: Vec<(Vec<String>, String)>,
}

impl Handler {
    /// Answers all questions, as usual but where `verdict` says something else.
    fn hear(
        &mut self,
        reception: &mut Reception,
        input: &str,
        verdict: impl Fn(&Question<'_>) -> Option<ReplyBuf>,
    ) -> String {
        let mut rest = input.as_bytes();
        while let Some(question) = reception.next(&mut rest).unwrap() {
            let name = format!("{question:?}");
            let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
            if name != "Content" || self.asked.last() != Some(&name) {
                self.asked.push(name);
            }
            match &question {
                Question::Content(octets) => {
                    self.content.extend_from_slice(octets);
                    continue;
                }
                Question::Abandoned => {
                    self.content.clear();
                    continue;
                }
                Question::Finish => {
                    let to = reception.envelope().recipients().map(|rcpt| rcpt.forward_path.to_string()).collect();
                    let content = String::from_utf8(std::mem::take(&mut self.content)).unwrap();
                    self.stored.push((to, content));
                }
                _ => {}
            }
            match verdict(&question) {
                Some(reply) => reception.answer(&reply).unwrap(),
                None if matches!(question, Question::Refused(_)) => {}
                None => reception.answer(Verdict::Usual).unwrap(),
            }
        }
        assert_eq!(rest, b"", "all is consumed");
        written(reception)
    }
}

fn written(reception: &mut Reception) -> String {
    let output = String::from_utf8(reception.to_write().to_vec()).unwrap();
    reception.written(output.len());
    assert!(reception.to_write().is_empty() && !reception.must_write());
    output
}

fn codes(output: &str) -> Vec<&str> {
    output.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| &line[..3]).collect()
}

fn greeted(config: ServerConfig) -> Reception {
    let mut reception = Reception::new(config);
    Handler::default().hear(&mut reception, "EHLO client.example\r\n", |_| None);
    reception
}

const ENVELOPE: &str = "MAIL FROM:<a@b.example> BODY=8BITMIME\r\nRCPT TO:<c@d.example>\r\n";

/// A message that is refused at its end leaves nothing to the next one.
#[test]
fn a_refused_message_is_no_part_of_the_next() {
    for first in ["DATA\r\nbad\nline\r\n.\r\n", "BDAT 10 LAST\r\nbad\nline\r\n"] {
        let (mut reception, mut handler) = (greeted(config()), Handler::default());
        let next = "MAIL FROM:<a@b.example>\r\nRCPT TO:<e@d.example>\r\nDATA\r\nclean\r\n.\r\n";
        let output = handler.hear(&mut reception, &format!("{ENVELOPE}{first}{next}"), |_| None);
        let bdat = first.starts_with("BDAT");
        let expected: &[&str] = if bdat {
            &["250", "250", "554", "250", "250", "354", "250"]
        } else {
            &["250", "250", "354", "554", "250", "250", "354", "250"]
        };
        assert_eq!(codes(&output), expected);
        assert_eq!(handler.stored, [(vec!["<e@d.example>".to_owned()], "clean\r\n".to_owned())]);
        let message = ["Mail", "Rcpt", "Begin", "Content"];
        let asked: Vec<&str> =
            message.into_iter().chain(["Refused", "Abandoned"]).chain(message).chain(["Finish"]).collect();
        assert_eq!(handler.asked, asked);
    }
}

/// All mechanisms whose exchange is known end in one question.
#[test]
fn auth_ends_in_one_question() {
    let right = |question: &Question<'_>| match question {
        Question::Authenticate(Credentials::Password { user, password, .. }) => {
            (user == "joe" && password == "secret").then(|| ReplyBuf::from(&Reply::AUTHENTICATED))
        }
        Question::Authenticate(Credentials::Bearer { token, .. }) => {
            (token == "t").then(|| ReplyBuf::from(&Reply::AUTHENTICATED))
        }
        _ => None,
    };
    for (lines, expected, user) in [
        ("AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n", &["235"][..], Some("joe")),
        ("AUTH PLAIN\r\nAGpvZQBzZWNyZXQ=\r\n", &["334", "235"], Some("joe")),
        ("AUTH LOGIN\r\nam9l\r\nc2VjcmV0\r\n", &["334", "334", "235"], Some("joe")),
        ("AUTH LOGIN am9l\r\nc2VjcmV0\r\n", &["334", "235"], Some("joe")),
        ("AUTH XOAUTH2 dXNlcj1qb2UBYXV0aD1CZWFyZXIgdAEB\r\n", &["235"], Some("joe")),
        ("AUTH PLAIN AGpvZQB4\r\n", &["535"], None),
        // RFC 4954 section 4: what the mechanism does not have, and what is cancelled, is 501.
        ("AUTH PLAIN am9l\r\n", &["501"], None),
        ("AUTH LOGIN\r\n*\r\n", &["334", "501"], None),
        // A mechanism that only the caller may know.
        ("AUTH X-SPECIAL\r\n", &["504"], None),
    ] {
        let (mut reception, mut handler) = (greeted(config()), Handler::default());
        let output = handler.hear(&mut reception, lines, right);
        assert_eq!((codes(&output).as_slice(), reception.envelope().user()), (expected, user), "{lines}");
        assert_eq!(reception.server().is_authenticated(), user.is_some());
        assert!(handler.asked.iter().filter(|asked| *asked == "Authenticate").count() <= 1);
    }
}

#[test]
fn a_mechanism_of_ones_own_is_a_question_for_each_response() {
    let mut reception = greeted(config());
    let mut input = &b"AUTH X-SPECIAL Zmlyc3Q=\r\n"[..];
    let Some(Question::Auth(auth)) = reception.next(&mut input).unwrap() else { panic!() };
    assert!(auth.initial_response.unwrap().decode().eq(*b"first"));
    reception.answer(Verdict::Challenge(b"go on")).unwrap();
    assert_eq!(written(&mut reception), "334 Z28gb24=\r\n");
    let Some(Question::Response(response)) = reception.next(&mut &b"c2Vjb25k\r\n"[..]).unwrap() else { panic!() };
    assert!(response.decode().eq(*b"second"));
    reception.answer(Reply::AUTHENTICATED).unwrap();
    assert_eq!(written(&mut reception), "235 2.7.0 Authentication succeeded\r\n");
    assert!(reception.server().is_authenticated());
}

/// RFC 5321 section 4.3.2: a code that the command cannot have is refused, and a wording of what EHLO offers is the session's.
#[test]
fn a_verdict_cannot_contradict_the_session() {
    let mut reception = greeted(config());
    for (line, code) in
        [("EHLO a.example\r\n", 250), ("MAIL FROM:<a@b.example>\r\n", 220), ("MAIL FROM:<a@b.example>\r\n", 235)]
    {
        assert!(reception.next(&mut line.as_bytes()).unwrap().is_some());
        assert!(matches!(reception.answer(&no(code, "ok")), Err(Misuse::WrongCode { .. })), "{line}{code}");
        assert_eq!(reception.to_write(), b"");
        reception.answer(&no(550, "no")).unwrap();
        written(&mut reception);
    }
    assert_eq!(reception.answer(Verdict::Usual), Err(Misuse::NoAnswerOwed));
    assert!(reception.next(&mut &b"NOOP\r\n"[..]).unwrap().is_some());
    assert_eq!(reception.next(&mut &b"NOOP\r\n"[..]), Err(Misuse::EventUnanswered));
    let misuse = reception.answer(Verdict::Challenge(b"")).unwrap_err();
    assert_eq!(misuse.to_string(), "334 is not a valid code for NOOP here", "RFC 4954 section 4: it is of AUTH");
}

/// RFC 5321 section 3.8: 421 is what any command can have from a server that closes.
#[test]
fn a_handler_closes_with_221() {
    for (line, reply) in [
        ("MAIL FROM:<a@b.example>\r\n", "421 4.0.0 go away\r\n"),
        ("EHLO a.example\r\n", "421 go away\r\n"),
        ("NOPE\r\n", "421 4.0.0 go away\r\n"),
    ] {
        let (mut reception, mut handler) = (greeted(config()), Handler::default());
        assert_eq!(handler.hear(&mut reception, line, |_| Some(no(221, "go away"))), reply);
        assert!(!reception.is_open());
    }
}

/// RFC 2920 section 3.2: items (5) to (7).
#[test]
fn the_reception_says_when_output_may_not_wait() {
    let mut reception = Reception::new(config());
    let mut input =
        &b"EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nNOOP\r\nRCPT TO:<e@d.example>\r\n"[..];
    let mut due = Vec::new();
    while let Some(question) = reception.next(&mut input).unwrap() {
        reception.answer(Verdict::Usual).unwrap();
        due.push((format!("{question:?}").split(['(', ' ']).next().unwrap().to_owned(), reception.must_write()));
        if reception.must_write() {
            written(&mut reception);
        }
    }
    let due: Vec<(&str, bool)> = due.iter().map(|(name, due)| (name.as_str(), *due)).collect();
    assert_eq!(
        due,
        [("Connected", true), ("Hello", true), ("Mail", false), ("Rcpt", false), ("Other", true), ("Rcpt", false)]
    );
    // The input is used up.
    assert!(reception.must_write());
}

#[test]
fn each_recipient_of_lmtp_has_its_verdict() {
    let mut config = config();
    config.lmtp = true;
    let mut reception = Reception::new(config);
    let mut handler = Handler::default();
    handler.hear(
        &mut reception,
        "LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@d>\r\nRCPT TO:<f@d>\r\n",
        |_| None,
    );
    let mut rest = &b"BDAT 2 LAST\r\n\r\n"[..];
    while let Some(question) = reception.next(&mut rest).unwrap() {
        match question {
            Question::Finish => {
                let full = no(452, "4.2.2 full");
                reception.answer_each([Verdict::Usual, Verdict::from(&full), Verdict::Usual]).unwrap();
            }
            Question::Content(_) => {}
            _ => reception.answer(Verdict::Usual).unwrap(),
        }
    }
    assert_eq!(codes(&written(&mut reception)), ["250", "452", "250"]);
    assert_eq!(reception.with_protocol(), WithProtocol::Lmtp);
}

/// RFC 2033 section 4.2: one reply for each accepted recipient. A caller's slip must not accept a message for a recipient.
#[test]
fn verdicts_that_do_not_fit_are_misuse_and_write_nothing() {
    let finishing = |lmtp: bool| {
        let mut config = config();
        config.lmtp = lmtp;
        let mut reception = Reception::new(config);
        let hello = if lmtp { "LHLO a" } else { "EHLO a" };
        let input =
            format!("{hello}\r\nMAIL FROM:<>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@d>\r\nRCPT TO:<f@d>\r\nDATA\r\n.\r\n");
        let mut rest = input.as_bytes();
        while reception.next(&mut rest).unwrap() != Some(Question::Finish) {
            reception.answer(Verdict::Usual).unwrap();
        }
        written(&mut reception);
        reception
    };
    let (full, wrong, closing) = (no(452, "4.2.2 full"), no(354, "go"), no(421, "4.3.0 late"));
    let (usual, full, wrong) = (Verdict::Usual, Verdict::from(&full), Verdict::from(&wrong));
    let mut reception = finishing(true);
    for verdicts in [&[][..], &[full], &[full; 2], &[full; 4]] {
        assert_eq!(reception.answer_each(verdicts.iter().copied()), Err(Misuse::WrongCount { owed: 3 }));
        assert_eq!(reception.to_write(), b"");
    }
    assert_eq!(reception.answer_each(std::iter::repeat(usual)), Err(Misuse::WrongCount { owed: 3 }));
    for misfit in [wrong, Verdict::Challenge(b"")] {
        assert!(reception.answer_each([full, misfit, usual]).is_err());
        assert_eq!(reception.to_write(), b"");
    }
    reception.answer_each([full, usual, full]).unwrap();
    assert_eq!(codes(&written(&mut reception)), ["452", "250", "452"]);

    // RFC 5321 section 3.8: nothing follows the 421.
    let mut reception = finishing(true);
    reception.answer_each([full, Verdict::from(&closing), usual]).unwrap();
    assert_eq!(codes(&written(&mut reception)), ["452", "421"]);
    assert!(!reception.is_open());

    let mut reception = finishing(false);
    assert_eq!(reception.answer_each([usual, full, full]), Err(Misuse::WrongCount { owed: 1 }));
    assert_eq!(reception.answer_each([]), Err(Misuse::WrongCount { owed: 1 }));
    assert_eq!(reception.to_write(), b"");
    reception.answer_each([full]).unwrap();
    assert_eq!(codes(&written(&mut reception)), ["452"]);
    assert_eq!(reception.answer_each([usual]), Err(Misuse::NoAnswerOwed));
}

/// The envelope has what was accepted, from its acceptance to the end of the transaction.
#[test]
fn the_envelope_has_what_was_accepted() {
    let mut reception = greeted(config());
    let refuse = |question: &Question<'_>| match question {
        Question::Rcpt(rcpt) if rcpt.forward_path.to_string().starts_with("<no") => Some(no(550, "no")),
        _ => None,
    };
    let to = |reception: &Reception| -> Vec<String> {
        reception.envelope().recipients().map(|rcpt| rcpt.forward_path.to_string()).collect()
    };
    let envelope =
        "MAIL FROM:<a@b.example> BODY=8BITMIME\r\nRCPT TO:<c@d>\r\nRCPT TO:<no@d>\r\nRCPT TO:<\"e f\"@d>\r\n";
    Handler::default().hear(&mut reception, envelope, refuse);
    assert_eq!(to(&reception), ["<c@d>", "<\"e f\"@d>"]);
    assert_eq!(
        Command::Mail(reception.envelope().mail().unwrap()).to_string(),
        "MAIL FROM:<a@b.example> BODY=8BITMIME"
    );
    assert_eq!(reception.envelope().client_name().unwrap().to_string(), "client.example");
    assert!(!reception.envelope().is_tls() && reception.envelope().user().is_none());
    assert_eq!(reception.with_protocol(), WithProtocol::Esmtp);

    // RFC 5321 section 4.1.1.5: RSET clears all but the hello.
    Handler::default().hear(&mut reception, "RSET\r\n", |_| None);
    assert_eq!((to(&reception), reception.envelope().mail()), (vec![], None));
    assert!(reception.envelope().client_name().is_some());
    Handler::default().hear(&mut reception, "MAIL FROM:<>\r\nRCPT TO:<g@d>\r\n", |_| None);
    assert_eq!(to(&reception), ["<g@d>"]);
}

/// RFC 3207 section 4.2: everything is forgotten, and octets in the clear are no part of the session within.
#[test]
fn tls_begins_anew() {
    let mut reception = greeted(config());
    let output = Handler::default().hear(&mut reception, "STARTTLS\r\n", |_| None);
    assert_eq!((codes(&output), reception.state()), (vec!["220"], State::Tls));
    assert!(reception.clone().start_tls(b"NOOP\r\n").is_err());
    reception.start_tls(b"").unwrap();
    assert_eq!(reception.envelope().client_name(), None);
    let mut handler = Handler::default();
    handler.hear(&mut reception, "EHLO a.example\r\n", |_| None);
    assert_eq!(handler.asked, ["Hello"], "no second greeting");
    assert!(reception.envelope().is_tls());
}

#[test]
fn a_lost_connection_abandons_the_message() {
    for end in [Reception::shutdown, Reception::connection_lost] {
        let (mut reception, mut handler) = (greeted(config()), Handler::default());
        handler.hear(&mut reception, &format!("{ENVELOPE}DATA\r\nhalf"), |_| None);
        end(&mut reception);
        handler.hear(&mut reception, "", |_| None);
        assert_eq!(handler.asked.last().map(String::as_str), Some("Abandoned"));
        assert!(handler.content.is_empty() && handler.stored.is_empty() && !reception.is_open());
    }
}

/// A log of what was abandoned needs the envelope, however the transaction ended (RFC 5321 sections 3.8, 4.1.1.5 and 4.1.4).
#[test]
fn the_envelope_stays_until_abandoned_was_returned() {
    let chunk = "BDAT 2\r\n\r\n";
    for (begin, end) in [
        ("DATA\r\nhalf", "a loss"),
        ("BDAT 9\r\nhalf", "a loss"),
        ("DATA\r\nhalf", "a shutdown"),
        ("DATA\r\n", "bad\nline\r\n.\r\n"),
        (chunk, "RSET\r\n"),
        (chunk, "EHLO other.example\r\n"),
        (chunk, "QUIT\r\n"),
        (chunk, "BDAT 1 LAST x\r\n1"),
    ] {
        let mut reception = greeted(config());
        Handler::default().hear(&mut reception, &format!("{ENVELOPE}{begin}"), |_| None);
        match end {
            "a loss" => reception.connection_lost(),
            "a shutdown" => reception.shutdown(),
            line => {
                let mut rest = line.as_bytes();
                while let Some(Question::Content(_)) = reception.next(&mut rest).unwrap() {}
                reception.answer(Verdict::Usual).unwrap();
            }
        }
        assert_eq!(reception.next(&mut &b""[..]).unwrap(), Some(Question::Abandoned), "{end:?}");
        assert!(reception.envelope().mail().is_some(), "{end:?}");
        let to: Vec<String> = reception.envelope().recipients().map(|rcpt| rcpt.forward_path.to_string()).collect();
        assert_eq!(to, ["<c@d.example>"], "{end:?}");
        assert_eq!(reception.next(&mut &b""[..]).unwrap(), None, "{end:?}");
        assert_eq!((reception.envelope().mail(), reception.envelope().recipients().count()), (None, 0), "{end:?}");
        let client = if end.starts_with("EHLO") { "other.example" } else { "client.example" };
        assert_eq!(reception.envelope().client_name().unwrap().to_string(), client, "{end:?}");
    }
}

/// RFC 5321 section 3.8: a 421 has the last word. The decision that comes too late is no error, so that the 421 is sent.
#[test]
fn the_answer_to_a_question_that_a_shutdown_has_dropped_is_ignored() {
    let late = |reception: &mut Reception| reception.shutdown_with(&no(421, "4.3.0 late").as_reply()).unwrap();
    for (end, expected) in [Reception::shutdown, late, Reception::connection_lost].into_iter().zip(["421", "421", ""]) {
        for line in ["RCPT TO:<e@d.example>\r\n", "DATA\r\n", "FROBNICATE\r\n", "AUTH X-SPECIAL\r\n"] {
            for verdict in [Verdict::Usual, Verdict::Reply(Reply::OK), Verdict::Challenge(b"")] {
                for each in [false, true] {
                    let mut reception = greeted(config());
                    Handler::default().hear(
                        &mut reception,
                        if line.starts_with("AUTH") { "" } else { ENVELOPE },
                        |_| None,
                    );
                    assert!(reception.next(&mut line.as_bytes()).unwrap().is_some());
                    end(&mut reception);
                    let answer = if each { reception.answer_each([verdict; 2]) } else { reception.answer(verdict) };
                    assert_eq!(answer, Ok(()), "{line}");
                    assert_eq!(codes(&written(&mut reception)).concat(), expected, "{line}");
                    assert!(!reception.is_open());
                    // Only one question was open.
                    assert_eq!(reception.answer(verdict), Err(Misuse::NoAnswerOwed));
                    assert_eq!(reception.next(&mut &b"NOOP\r\n"[..]), Ok(None));
                }
            }
        }
        let mut reception = greeted(config());
        end(&mut reception);
        assert_eq!(reception.answer(Verdict::Usual), Err(Misuse::NoAnswerOwed), "no question was open");
    }
    // The driver may ask for what was abandoned first.
    let mut reception = greeted(config());
    Handler::default().hear(&mut reception, &format!("{ENVELOPE}BDAT 2\r\n\r\n"), |_| None);
    assert!(reception.next(&mut &b"RSET\r\n"[..]).unwrap().is_some());
    reception.shutdown();
    assert_eq!(reception.next(&mut &b""[..]), Ok(Some(Question::Abandoned)));
    assert_eq!(reception.answer(Verdict::Usual), Ok(()));
}

#[test]
fn a_refusal_can_have_other_words() {
    let mut reception = greeted(config());
    let words =
        |question: &Question<'_>| matches!(question, Question::Refused(_)).then(|| no(503, "5.5.1 RCPT before DATA"));
    let output = Handler::default().hear(&mut reception, "DATA\r\nVRFY\r\n", words);
    assert_eq!(output, "503 5.5.1 RCPT before DATA\r\n503 5.5.1 RCPT before DATA\r\n");
}

/// What depends on the client is known before it is greeted, and after a hello within TLS.
#[test]
fn the_configuration_can_be_set_when_it_is_known() {
    let mut reception = Reception::new(config());
    assert_eq!(reception.next(&mut &b""[..]), Ok(Some(Question::Connected)));
    let mut other = config();
    other.max_recipients = 1;
    reception.set_config(other).unwrap();
    reception.answer(Verdict::Usual).unwrap();
    written(&mut reception);
    let output = Handler::default().hear(
        &mut reception,
        "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\n",
        |_| None,
    );
    assert_eq!(codes(&output), ["250", "250", "250", "452"]);
}

#[test]
fn recipients_can_be_looked_at_before_their_turn() {
    let reception = greeted(config());
    let unread = b"RCPT TO:<a@b>\r\nRCPT TO:<c@d> NOTIFY=NEVER\r\nDATA\r\nRCPT TO:<e@f>\r\n";
    let ahead: Vec<String> = reception.recipients_ahead(unread).map(|rcpt| rcpt.forward_path.to_string()).collect();
    assert_eq!(ahead, ["<a@b>", "<c@d>"]);
    assert_eq!(reception.recipients_ahead(b"RCPT TO:<a@b>").count(), 0);
}

/// RFC 3030 section 2: the reply to a chunk that is refused comes after its octets.
#[test]
fn a_chunk_is_refused_when_it_begins() {
    let (mut reception, mut handler) = (greeted(config()), Handler::default());
    let full = |question: &Question<'_>| matches!(question, Question::Begin).then(|| no(452, "4.3.1 disk full"));
    let output = handler.hear(&mut reception, &format!("{ENVELOPE}BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"), full);
    assert!(output.ends_with("452 4.3.1 disk full\r\n250 2.0.0 OK\r\n"), "{output}");
    assert_eq!(handler.asked, ["Mail", "Rcpt", "Begin", "Refused", "Other"]);
}

/// RFC 5321 section 3.8: a server that must end a session says so with 421, whatever is under way.
#[test]
fn a_shutdown_can_have_other_words() {
    for input in
        ["", "EHLO a.example\r\n", "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<ann@mx.example>\r\nDATA\r\nhalf"]
    {
        let (mut reception, mut handler) = (greeted(config()), Handler::default());
        handler.hear(&mut reception, input, |_| None);
        let misuse = reception.shutdown_with(&no(450, "4.3.0 late").as_reply());
        assert!(matches!(misuse, Err(Misuse::NotClosing(code)) if code.get() == 450) && reception.is_open());
        reception.shutdown_with(&no(421, "4.3.0 late").as_reply()).unwrap();
        assert_eq!(written(&mut reception), "421 4.3.0 late\r\n");
        assert!(!reception.is_open());
        handler.hear(&mut reception, "", |_| None);
        assert_eq!(handler.asked.last().is_some_and(|asked| asked == "Abandoned"), input.ends_with("half"));
        // It has ended already.
        reception.shutdown_with(&no(421, "4.3.0 late").as_reply()).unwrap();
        assert_eq!(written(&mut reception), "");
    }
}
