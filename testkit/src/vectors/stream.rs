//! The kinds that are read from a stream: line, reply, ehlo, data. Each decoder is given the input as it "arrives", cut at the
//! offsets that the caller of [`run`] chooses.

use super::vector::{Outcome, Refusal, Report, Vector, shown, strings};
use serde_json::{Value, json};
use smtp_core::codec::{COMMAND_LINE_LIMIT, Content, DotDecoder, LineDecoder, ReplyDecoder};
use smtp_core::session::Rejected;
use smtp_core::syntax::{
    EhloReply, EnhancedCode, Extension, Extensions, Grammar, Host, Reply, ReplyClass, ReplyCode, SyntaxError,
};

/// The limit for a line of a SASL exchange (RFC 4954 section 4).
pub(crate) const AUTH_LINE_LIMIT: usize = 12_288;

/// Gives the decoder the input up to each offset of `cuts`, which are in ascending order, and then the whole input.
pub(crate) fn run(vector: &Vector, cuts: &[usize]) -> Report {
    match vector.kind() {
        "line" => drive(vector, cuts, Lines::new(vector)),
        "data" => drive(vector, cuts, Data::default()),
        _ => drive(vector, cuts, Replies::new(vector)),
    }
}

/// A decoder that reads from a stream until it has a result.
trait Stream {
    /// Takes what it can from the octets that have arrived. Returns `None` if it needs more.
    fn read(&mut self, input: &mut &[u8]) -> Option<Outcome>;
}

fn drive(vector: &Vector, cuts: &[usize], mut stream: impl Stream) -> Report {
    let octets = vector.input();
    let mut consumed = 0;
    for end in cuts.iter().copied().chain([octets.len()]) {
        let mut input = &octets[consumed..end];
        let outcome = stream.read(&mut input);
        consumed = end - input.len();
        if let Some(mut outcome) = outcome {
            if let Outcome::Accept(Value::Object(value)) = &mut outcome {
                // The value of an EHLO reply does not have this field; its input is exactly one reply.
                if vector.kind() != "ehlo" {
                    value.insert("consumed".to_owned(), json!(consumed));
                }
            }
            return Report { outcome, consumed: Some(consumed) };
        }
    }
    Outcome::Incomplete.into()
}

struct Lines {
    decoder: LineDecoder,
    limit: usize,
    is_auth: bool,
}

impl Lines {
    fn new(vector: &Vector) -> Self {
        let lines = vector.field("offered").and_then(strings).unwrap_or_default();
        let keywords = lines.into_iter().filter_map(|line| line.split(' ').next());
        let offered: Extensions = keywords.filter_map(|keyword| Extension::from_keyword(keyword.as_bytes())).collect();
        let context = vector.text("context");
        let limit = match context {
            Some("auth") => AUTH_LINE_LIMIT,
            Some("mail") => offered.mail_line_limit(),
            Some("rcpt") => offered.rcpt_line_limit(),
            _ => COMMAND_LINE_LIMIT,
        };
        Self { decoder: LineDecoder::new(), limit, is_auth: context == Some("auth") }
    }
}

impl Stream for Lines {
    fn read(&mut self, input: &mut &[u8]) -> Option<Outcome> {
        match self.decoder.decode(input, self.limit) {
            Ok(line) => line.map(|line| Outcome::Accept(json!({ "line": shown(line) }))),
            Err(error) => {
                // RFC 4954 section 6 has a separate code for a response that is too long.
                let enhanced = if self.is_auth { EnhancedCode::AUTH_LINE_TOO_LONG } else { EnhancedCode::SYNTAX_ERROR };
                Some(Outcome::Reject(Refusal::because(error).with_reply(ReplyCode::SYNTAX_ERROR, enhanced)))
            }
        }
    }
}

#[derive(Default)]
struct Data {
    decoder: DotDecoder,
    content: Vec<u8>,
}

impl Stream for Data {
    fn read(&mut self, input: &mut &[u8]) -> Option<Outcome> {
        loop {
            match self.decoder.decode(input)? {
                Content::Octets(octets) => self.content.extend_from_slice(octets),
                Content::End(Ok(())) => {
                    return Some(Outcome::Accept(json!({ "content": shown(std::mem::take(&mut self.content)) })));
                }
                Content::End(Err(fault)) => {
                    let reply = Rejected::Content(fault).reply();
                    let enhanced = reply.enhanced_code().unwrap_or(EnhancedCode::OTHER_MEDIA);
                    return Some(Outcome::Reject(Refusal::because(fault).with_reply(reply.code(), enhanced)));
                }
                _ => {}
            }
        }
    }
}

/// The kinds reply and ehlo.
struct Replies {
    decoder: ReplyDecoder,
    grammar: Grammar,
    context: Context,
}

#[derive(Clone, Copy, PartialEq)]
enum Context {
    Plain,
    Greeting,
    EnhancedCodes,
    Ehlo,
}

impl Replies {
    fn new(vector: &Vector) -> Self {
        let context = match (vector.kind(), vector.text("context")) {
            ("ehlo", _) => Context::Ehlo,
            (_, Some("greeting")) => Context::Greeting,
            (_, Some("esc")) => Context::EnhancedCodes,
            _ => Context::Plain,
        };
        Self { decoder: ReplyDecoder::new(), grammar: vector.grammar(), context }
    }
}

impl Stream for Replies {
    fn read(&mut self, input: &mut &[u8]) -> Option<Outcome> {
        let arrived = *input;
        // The first line of an EHLO reply may contain more than other replies, so their grammar cannot be applied here yet.
        let mut framing = self.grammar;
        framing.dialect.any_reply_text |= self.context == Context::Ehlo;
        let reply = match self.decoder.decode(input, framing) {
            Ok(reply) => reply?,
            Err(error) => return Some(Outcome::Reject(unanswered(error))),
        };
        let octets = &arrived[..arrived.len() - input.len()];
        if !framing.dialect.any_reply_text && lacks_text(reply, octets) {
            return Some(Outcome::Reject(Refusal::because("there is no text after the space").at(octets.len() - 2)));
        }
        let value = match self.context {
            Context::Plain => Ok(reply_value(reply)),
            Context::Greeting => greeting(reply, self.grammar),
            Context::EnhancedCodes => with_enhanced_code(reply, octets, self.grammar).map_err(unanswered),
            Context::Ehlo => EhloReply::parse(octets, self.grammar).map(ehlo_value).map_err(unanswered),
        };
        Some(value.into())
    }
}

fn reply_value(reply: Reply<'_>) -> Value {
    let lines = reply.lines().map(shown);
    json!({ "code": reply.code().get(), "lines": lines.collect::<Vec<_>>() })
}

/// Returns the refusal of a reply. Replies are not answered, so it has no code.
fn unanswered(error: SyntaxError) -> Refusal {
    Refusal::because(error).at(error.offset())
}

/// Returns `true` if the reply ends in a code and a space. RFC 5321 section 4.2.1 allows the text to be missing, and the crate
/// accepts that in every dialect; the ABNF allows it only after 334 (RFC 4954 section 4).
fn lacks_text(reply: Reply<'_>, octets: &[u8]) -> bool {
    reply.code() != ReplyCode::CHALLENGE && octets.ends_with(b" \r\n") && reply.lines().last() == Some(b"")
}

/// Reads a `Greeting`, or a refusal to serve, whose text is free (RFC 5321 sections 4.2 and 4.3.2). A lenient client accepts
/// any code.
fn greeting(reply: Reply<'_>, grammar: Grammar) -> Result<Value, Refusal> {
    let first = reply.lines().next().unwrap_or_default();
    let name = first.split(|octet| *octet == b' ').next().unwrap_or_default();
    match reply.code() {
        _ if grammar.dialect.any_reply_text => {}
        ReplyCode::SERVICE_READY => {
            Host::parse(name, grammar).map_err(unanswered)?;
            if first.len() == name.len() + 1 {
                return Err(Refusal::because("there is no text after the space"));
            }
        }
        code if matches!(code.class(), ReplyClass::TransientFailure | ReplyClass::PermanentFailure) => {}
        _ => return Err(Refusal::because("the code is not that of a greeting").at(0)),
    }
    Ok(reply_value(reply))
}

/// Returns the value of a reply with its enhanced code. The text keeps the code, which ENHANCEDSTATUSCODES would remove.
fn with_enhanced_code(reply: Reply<'_>, octets: &[u8], grammar: Grammar) -> Result<Value, SyntaxError> {
    let offered = Extensions::NONE.with(Extension::EnhancedStatusCodes);
    let enhanced = Reply::parse(octets, grammar.with_extensions(offered))?.enhanced_code();
    let mut value = reply_value(reply);
    value["enhanced"] = json!(enhanced.map(|enhanced| enhanced.to_string()));
    Ok(value)
}

fn ehlo_value(ehlo: EhloReply<'_>) -> Value {
    let keywords = ehlo.capabilities().map(|capability| {
        let keyword = json!(capability.keyword.as_str().to_ascii_uppercase());
        let words = capability.words().map(shown);
        [keyword].into_iter().chain(words).collect::<Value>()
    });
    json!({
        "domain": shown(ehlo.name()),
        "greet": ehlo.greet().map(shown),
        "keywords": keywords.collect::<Vec<_>>(),
    })
}
