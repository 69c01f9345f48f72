//! Generates whole sessions: the client's side of `client.rs`, and the replies of a server to it.

use super::{ClientSide, Source};
use smtp_core::observer::Side;
use smtp_core::session::{Action, State};
use smtp_core::syntax::{EnhancedCode, Extension, Extensions, ReplyCode};

/// The octets that one side of a dialogue sends before the other side sends some.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Turn {
    /// The side that sends them.
    pub side: Side,
    /// The octets: commands, content, chunks and responses, or replies.
    pub octets: Vec<u8>,
}

impl Source<'_> {
    /// Generates an SMTP or LMTP session from the greeting to its end, in which both sides keep to the RFCs. Commands are in
    /// sequence as far as the client can know, parameters and verbs are offered, and replies, refusals among them, have codes
    /// that the command can have. TLS is not used.
    ///
    /// Use it to test observers and proxies, which see both sides. What the client sends depends on the replies in the
    /// dialogue, so a server that answers otherwise rightly refuses some of it; for a server, use
    /// [`smtp_client`](Self::smtp_client).
    ///
    /// ```
    /// use smtp_testkit::generate::Source;
    ///
    /// let turns = Source::new(b"").dialogue();
    /// let octets: Vec<u8> = turns.into_iter().flat_map(|turn| turn.octets).collect();
    /// let text = "220 mx.example ready\r\nHELO example\r\n250 mx.example\r\nQUIT\r\n221 OK\r\n";
    /// assert_eq!(String::from_utf8(octets).unwrap(), text);
    /// ```
    #[must_use]
    pub fn dialogue(&mut self) -> Vec<Turn> {
        let extended = self.is_extended();
        let lmtp = extended && self.below(4) == 3;
        let mut client = ClientSide::new(*self, extended, lmtp);
        // The offer is the same at every hello.
        let mut offers = None;
        let mut turns = Vec::new();
        loop {
            turns.push(Turn { side: Side::Server, octets: answers(&mut client, &mut offers) });
            if client.is_over() {
                break;
            }
            turns.push(Turn { side: Side::Client, octets: client.turn() });
        }
        *self = client.source;
        turns
    }
}

/// The extensions that may be offered, each with the one that must be offered with it.
const OFFERS: &[(Extension, Option<Extension>)] = &[
    (Extension::Pipelining, None),
    (Extension::EnhancedStatusCodes, None),
    (Extension::EightBitMime, None),
    (Extension::Size, None),
    (Extension::Chunking, None),
    (Extension::BinaryMime, Some(Extension::Chunking)),
    (Extension::SmtpUtf8, Some(Extension::EightBitMime)),
    (Extension::Dsn, None),
    (Extension::Auth, None),
    (Extension::DeliverBy, None),
    (Extension::MtPriority, None),
    (Extension::Etrn, None),
    (Extension::Expn, None),
];

/// The extensions that LMTP must offer (RFC 2033 section 5).
const OF_LMTP: &[Extension] = &[Extension::Pipelining, Extension::EnhancedStatusCodes, Extension::EightBitMime];

/// Writes the replies to all that the client has sent.
fn answers(client: &mut ClientSide<'_>, offers: &mut Option<String>) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(action) = client.owed.front().copied() {
        let start = out.len();
        match action {
            Action::Greeting => out.extend_from_slice(b"220 mx.example ready\r\n"),
            Action::Helo => out.extend_from_slice(b"250 mx.example\r\n"),
            Action::Ehlo | Action::Lhlo => {
                let text = offers.get_or_insert_with(|| offer(client));
                client.source.write(ReplyCode::OK, None, text, &mut out);
            }
            action => answer(client, action, &mut out),
        }
        // The next commands and replies depend on it.
        client.read(out.get(start..).unwrap_or_default());
    }
    out
}

fn answer(client: &mut ClientSide<'_>, action: Action, out: &mut Vec<u8>) {
    // Few replies end the session, and some have a second line.
    let choice = client.source.below(0x100);
    let codes = codes(client, action);
    let code = choice.checked_rem(codes.len()).and_then(|at| codes.get(at)).copied();
    let code = if choice == 0xFF { Some(421) } else { code };
    let code = code.and_then(|code| ReplyCode::new(code).ok()).unwrap_or(ReplyCode::OK);
    let text = match (action, code) {
        // RFC 5321 section 3.5.2: 250 contains the mailbox.
        (Action::Vrfy, ReplyCode::OK) => client.source.pick(&["joe@mx.example", "Joe <joe@mx.example>"]),
        (Action::Expn, ReplyCode::OK) => {
            client.source.pick(&["joe@mx.example", "<joe@mx.example>\nAnn <ann@a.example>"])
        }
        (_, ReplyCode::CHALLENGE) => "",
        _ if (0xF0..0xFF).contains(&choice) => "OK\nmore",
        _ => "OK",
    };
    let enhanced = client.offer.extensions.contains(Extension::EnhancedStatusCodes);
    let enhanced = if enhanced { EnhancedCode::usual(code) } else { None };
    client.source.write(code, enhanced, text, out);
}

/// Generates the text of the reply to EHLO or LHLO.
fn offer(client: &mut ClientSide<'_>) -> String {
    let mut offered = Extensions::NONE;
    let mut text = String::from("mx.example");
    for (extension, with) in OFFERS {
        let due = client.lmtp && OF_LMTP.contains(extension);
        let may = with.is_none_or(|with| offered.contains(with));
        if due || (may && client.source.below(4) > 0) {
            offered = offered.with(*extension);
            let parameter = match extension {
                Extension::Size => " 20000000000000000000",
                Extension::Auth => " PLAIN",
                _ => "",
            };
            text.push_str(&format!("\n{}{parameter}", extension.keyword()));
        }
    }
    text
}

/// Returns the codes that this action can have here.
fn codes(client: &ClientSide<'_>, action: Action) -> &'static [u16] {
    match action {
        // These follow a refusal in their group (RFC 2920 section 3.1, RFC 5321 section 3.3): RCPT has 503, content one of two
        // codes, and in LMTP 503 (RFC 2033 section 4.2), as after a refused chunk.
        Action::Rcpt if !client.state().permits(action) => &[503],
        Action::Data | Action::Bdat | Action::BdatLast if !client.state().permits(action) => {
            if client.lmtp || client.state() == State::Failed { &[503] } else { &[554, 503] }
        }
        Action::Mail => &[250, 250, 250, 250, 250, 250, 250, 250, 451, 550],
        Action::Rcpt => &[250, 250, 250, 450, 250, 250, 550, 250, 250, 553],
        Action::Data => &[354, 354, 354, 354, 354, 354, 354, 354, 354, 451],
        Action::Content | Action::BdatLast => &[250, 250, 250, 250, 250, 250, 250, 250, 451, 554],
        Action::Bdat => &[250, 250, 250, 250, 250, 250, 451],
        Action::Vrfy | Action::Expn => &[252, 250, 550],
        Action::Help => &[214, 502],
        Action::Etrn => &[250, 458],
        Action::Auth if client.at_once => &[235, 535],
        Action::Auth => &[334],
        Action::Response if client.cancelled => &[501],
        Action::Response => &[235, 535, 454],
        Action::Quit => &[221],
        _ => &[250],
    }
}
