//! The law of a reception: each message that begins has exactly one end.

use super::input::{Dice, Input, cuts};
use super::server;
use smtp_core::session::reception::{Question, Reception, Verdict};
use smtp_core::session::{Server, ServerConfig, ServerEvent, State};
use smtp_core::syntax::{Command, ReplyBuf, ReplyCode};

/// The state of a message, as its handler knows it.
#[derive(Debug, PartialEq)]
enum Message {
    None,
    Begun,
}

/// Takes all questions and answers them by the dice. Returns the output, and the contents of the finished messages.
fn ask(config: &ServerConfig, answers: u8, octets: &[u8], places: &[usize]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut reception = Reception::new(config.clone());
    let mut dice = Dice::new(answers);
    let (mut message, mut content, mut stored) = (Message::None, Vec::new(), Vec::new());
    let mut output = Vec::new();
    let mut consumed = 0;
    let refusals = [450, 550, 554, 421, 221].map(|code| ReplyBuf::lossy(ReplyCode::new(code).unwrap(), "by the dice"));
    let mut end = false;
    for shown in places.iter().copied().chain([octets.len(), octets.len()]) {
        let mut rest = &octets[consumed..shown.max(consumed)];
        if end {
            // An open message ends with the connection.
            if dice.roll(2) == 0 { reception.shutdown() } else { reception.connection_lost() }
        }
        end = shown == octets.len();
        while let Some(question) = reception.next(&mut rest).unwrap() {
            match &question {
                Question::Content(octets) => {
                    assert_eq!(message, Message::Begun);
                    content.extend_from_slice(octets);
                    continue;
                }
                Question::Abandoned => {
                    assert_eq!(message, Message::Begun, "abandoned without a beginning");
                    assert!(reception.envelope().recipients().next().is_some(), "abandoned without its envelope");
                    (message, content) = (Message::None, Vec::new());
                    continue;
                }
                Question::Begin => assert_eq!(message, Message::None, "begun twice"),
                Question::Finish => {
                    assert_eq!(message, Message::Begun, "finished without a beginning");
                    message = Message::None;
                    assert!(
                        reception.envelope().mail().is_some() && reception.envelope().recipients().next().is_some()
                    );
                    let envelope = reception.envelope().recipients().count();
                    assert_eq!(envelope, reception.server().recipients() as usize);
                }
                Question::Other(Command::Burl(burl)) if burl.last => {
                    // The message ends with its URL. This handler does not fetch it.
                    (message, content) = (Message::None, Vec::new());
                }
                _ => {}
            }
            let refused = dice.roll(8) == 1;
            let given = if refused {
                reception.answer(&refusals[dice.roll(refusals.len())])
            } else if matches!(question, Question::Response(_) | Question::Auth(_)) && dice.roll(2) == 1 {
                reception.answer(Verdict::Challenge(b"more"))
            } else {
                reception.answer(Verdict::Usual)
            };
            // Only a refusal of the wrong class fails, and it changes nothing.
            let usual = given.is_err() && reception.answer(Verdict::Usual) == Ok(());
            assert!(given.is_ok() || usual, "{question:?}");
            if reception.state() == State::Tls {
                // The rest of the input is used as the octets after the handshake.
                reception.start_tls(&[]).unwrap();
            }
            match question {
                Question::Begin if !refused || usual => message = Message::Begun,
                Question::Finish => {
                    let octets = std::mem::take(&mut content);
                    if !refused || usual {
                        stored.push(octets);
                    }
                }
                _ => {}
            }
        }
        assert_eq!(reception.envelope().mail().is_some(), reception.state().in_transaction());
        consumed = shown.max(consumed) - rest.len();
        output.extend_from_slice(reception.to_write());
        assert!(reception.to_write().is_empty() || reception.must_write());
        reception.written(usize::MAX);
    }
    assert_eq!(message, Message::None, "neither finished nor abandoned");
    (output, stored)
}

/// Returns the output of the server itself with its default answers, or `None` if an event has none.
fn serve(config: &ServerConfig, octets: &[u8]) -> Option<Vec<u8>> {
    let mut server = Server::new(config.clone());
    let (mut rest, mut out) = (octets, Vec::new());
    server.reply_default(&mut out).unwrap();
    while let Some(event) = server.next_event(&mut rest).unwrap() {
        if !matches!(event, ServerEvent::Content(_) | ServerEvent::Abandoned) {
            // An event without a default answer needs a decision.
            server.reply_default(&mut out).ok()?;
        }
    }
    (server.state() != State::Tls).then_some(out)
}

/// A client that sends any octets, any verdicts, and any end of the connection. Each message that begins is finished or
/// abandoned, once, and its content comes between. The envelope has as many recipients as were accepted, until the transaction and the
/// message have ended. However the input is cut, the output and the messages are the same. With the usual verdicts the output is that of
/// the server alone.
///
/// The first three octets choose the server, the verdicts and the cuts.
pub fn reception(octets: &[u8]) {
    let mut input = Input(octets);
    let config = server::config(input.octet());
    let (answers, seed) = (input.octet(), input.octet());
    let whole = ask(&config, answers, input.0, &[]);
    for places in [cuts(input.0.len(), seed), cuts(input.0.len(), b'1')] {
        assert_eq!(ask(&config, answers, input.0, &places), whole, "cut at {places:?}");
    }
    if let Some(out) = serve(&config, input.0) {
        assert!(ask(&config, 0, input.0, &[]).0.starts_with(&out));
    }
}
