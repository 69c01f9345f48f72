//! The tables of the crate against the registries, as the standards print them.

use smtp_core::syntax::{EnhancedCode, Extension, Extensions, MailOrRcpt, Mechanism, ParameterName, ReplyCode, Verb};
use smtp_core::trace::{HandlingState, WithProtocol};
use std::collections::BTreeSet;

/// The number of octets that an extension adds to the limit of a command line (RFC 5321 section 4.5.3.1.4): keyword, octets for
/// MAIL, octets for RCPT. The base is 512.
const LINE_LIMITS: &[(&str, usize, usize)] = &[
    ("SIZE", 26, 0),
    // RFC 3030 section 3 prints 16 for BODY, RFC 6152 nothing; the longest value is the same.
    ("8BITMIME", 16, 0),
    ("BINARYMIME", 16, 0),
    // " RET=FULL" is 9, RFC 3885 section 2 prints 107 for ENVID; " NOTIFY=SUCCESS,FAILURE,DELAY" is 29, ORCPT 507.
    ("DSN", 9 + 107, 29 + 507),
    ("AUTH", 500, 0),
    ("SMTPUTF8", 10, 0),
    ("REQUIRETLS", 11, 0),
    ("MT-PRIORITY", 15, 0),
    ("FUTURERELEASE", 34, 0),
    ("DELIVERBY", 17, 0),
    // RFC 3885 section 2: 40, and ENVID and ORCPT with it.
    ("MTRK", 40 + 107, 507),
    // RFC 3865 prints 1007, but one word of 1000 octets also needs " SOLICIT=".
    ("NO-SOLICITING", 9 + 1000, 0),
    ("CHECKPOINT", 88, 0),
    ("RRVS", 0, 33),
    // No RFC states it; this is the parameter with its space.
    ("CONPERM", 8, 0),
    ("CONNEG", 0, 7),
    ("SUBMITTER", " SUBMITTER=".len() + 64 + 1 + 255, 0),
    // These define no parameters of MAIL or RCPT.
    ("PIPELINING", 0, 0),
    ("CHUNKING", 0, 0),
    ("ENHANCEDSTATUSCODES", 0, 0),
    ("STARTTLS", 0, 0),
    ("LIMITS", 0, 0),
    ("BURL", 0, 0),
    ("ETRN", 0, 0),
    ("ATRN", 0, 0),
    ("EXPN", 0, 0),
    ("HELP", 0, 0),
    ("VRFY", 0, 0),
    ("XCLIENT", 0, 0),
    ("XFORWARD", 0, 0),
];

fn extension(keyword: &str) -> Extension {
    Extension::from_keyword(keyword.to_lowercase().as_bytes()).unwrap_or_else(|| panic!("{keyword} is missing"))
}

#[test]
fn extensions_and_line_limits() {
    for (keyword, mail, rcpt) in LINE_LIMITS {
        let offered = Extensions::NONE.with(extension(keyword));
        assert_eq!((offered.mail_line_limit(), offered.rcpt_line_limit()), (512 + mail, 512 + rcpt), "{keyword}");
    }
    let listed: BTreeSet<&str> = LINE_LIMITS.iter().map(|(keyword, ..)| *keyword).collect();
    let known: BTreeSet<&str> = Extension::ALL.iter().map(|extension| extension.keyword()).collect();
    assert_eq!(known, listed);
    // Registered, but obsolete or described by no RFC: unknown to the crate.
    for keyword in ["SEND", "SOML", "SAML", "TURN", "VERB", "ONEX", "UTF8SMTP"] {
        assert_eq!(Extension::from_keyword(keyword.as_bytes()), None, "{keyword}");
    }
    // A parameter that two extensions share counts once.
    let all: Extensions = Extension::ALL.iter().copied().collect();
    let mail = 26 + 16 + 9 + 107 + 500 + 10 + 11 + 15 + 34 + 17 + 40 + 1009 + 8 + 331 + 88;
    assert_eq!((all.mail_line_limit(), all.rcpt_line_limit()), (512 + mail, 512 + 29 + 507 + 33 + 7));
    assert!(Extensions::NONE.with(Extension::Dsn).rcpt_line_limit() >= 1036, "RFC 3461 section 5.4");
}

/// Keyword, command, and the extensions that offer it.
const PARAMETERS: &[(&str, &str, &[&str])] = &[
    ("SIZE", "MAIL", &["SIZE"]),
    ("BODY", "MAIL", &["8BITMIME", "BINARYMIME"]),
    ("RET", "MAIL", &["DSN"]),
    ("ENVID", "MAIL", &["DSN", "MTRK"]),
    ("NOTIFY", "RCPT", &["DSN"]),
    ("ORCPT", "RCPT", &["DSN", "MTRK"]),
    ("AUTH", "MAIL", &["AUTH"]),
    ("SMTPUTF8", "MAIL", &["SMTPUTF8"]),
    ("REQUIRETLS", "MAIL", &["REQUIRETLS"]),
    ("MT-PRIORITY", "MAIL", &["MT-PRIORITY"]),
    ("RRVS", "RCPT", &["RRVS"]),
    ("BY", "MAIL", &["DELIVERBY"]),
    ("HOLDFOR", "MAIL", &["FUTURERELEASE"]),
    ("HOLDUNTIL", "MAIL", &["FUTURERELEASE"]),
    ("SOLICIT", "MAIL", &["NO-SOLICITING"]),
    ("MTRK", "MAIL", &["MTRK"]),
    ("CONPERM", "MAIL", &["CONPERM"]),
    ("CONNEG", "RCPT", &["CONNEG"]),
    ("SUBMITTER", "MAIL", &["SUBMITTER"]),
    ("TRANSID", "MAIL", &["CHECKPOINT"]),
];

#[test]
fn parameters() {
    for (keyword, verb, offered_by) in PARAMETERS {
        let (of, other) = (MailOrRcpt::Mail, MailOrRcpt::Rcpt);
        let (of, other) = if *verb == "MAIL" { (of, other) } else { (other, of) };
        let name = ParameterName::from_keyword(keyword.to_lowercase().as_bytes(), of);
        let name = name.unwrap_or_else(|| panic!("{keyword} is missing"));
        assert_eq!((name.keyword(), name.command()), (*keyword, of));
        assert_eq!(name.is_for_mail(), of == MailOrRcpt::Mail);
        assert_eq!(ParameterName::from_keyword(keyword.as_bytes(), other), None, "{keyword} belongs only to {verb}");
        let found: BTreeSet<&str> = name.offered_by().iter().map(|extension| extension.keyword()).collect();
        assert_eq!(found, offered_by.iter().copied().collect(), "{keyword}");
        for extension in Extension::ALL {
            let offered = name.is_offered(Extensions::NONE.with(*extension));
            assert_eq!(offered, offered_by.contains(&extension.keyword()), "{keyword} by {}", extension.keyword());
        }
    }
    assert_eq!(ParameterName::ALL.len(), PARAMETERS.len());
    // A parameter of the obsolete UTF8SMTP (RFC 5336).
    assert_eq!(ParameterName::from_keyword(b"ALT-ADDRESS", MailOrRcpt::Mail), None);
}

#[test]
fn verbs() {
    let verbs = [
        "EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "VRFY", "EXPN", "HELP", "NOOP", "QUIT", "LHLO", "BDAT", "BURL",
        "STARTTLS", "AUTH", "ETRN", "ATRN", "XCLIENT", "XFORWARD", "SEND", "SOML", "SAML", "TURN",
    ];
    for text in verbs {
        let verb = Verb::from_bytes(text.to_lowercase().as_bytes());
        assert_eq!(verb.as_str(), text);
        assert_eq!(Verb::from_bytes(&text.as_bytes()[1..]), Verb::Unknown);
        assert_eq!(Verb::from_bytes(format!("{text}X").as_bytes()), Verb::Unknown);
    }
    assert_eq!(Verb::ALL.len(), verbs.len());
    // Verbs without a specification.
    assert!([&b"VERB"[..], b"ONEX", b""].iter().all(|text| Verb::from_bytes(text) == Verb::Unknown));
}

/// RFC 5321 section 4.2.3 and the extensions.
const REPLY_CODES: &[u16] = &[
    211, 214, 220, 221, 235, 250, 251, 252, 253, 334, 354, 355, 421, 432, 450, 451, 452, 453, 454, 455, 458, 459, 500,
    501, 502, 503, 504, 521, 530, 534, 535, 538, 550, 551, 552, 553, 554, 555, 556,
];

#[test]
fn reply_codes() {
    let known: Vec<u16> = ReplyCode::REGISTRY.iter().map(|(code, _)| code.get()).collect();
    assert_eq!(known, REPLY_CODES);
    // The texts of RFC 5321 section 4.2.3 and RFC 7504.
    for (code, text) in [
        (211, "System status, or system help reply"),
        (250, "Requested mail action okay, completed"),
        (252, "Cannot VRFY user, but will accept message and attempt delivery"),
        (354, "Start mail input; end with <CRLF>.<CRLF>"),
        (451, "Requested action aborted: local error in processing"),
        (455, "Server unable to accommodate parameters"),
        (500, "Syntax error, command unrecognized"),
        (501, "Syntax error in parameters or arguments"),
        (503, "Bad sequence of commands"),
        (551, "User not local; please try <forward-path>"),
        (555, "MAIL FROM/RCPT TO parameters not recognized or not implemented"),
    ] {
        assert_eq!(ReplyCode::new(code).unwrap().text(), Some(text));
    }
}

/// IANA registry "Enumerated Status Codes": subject, detail, sample text, associated basic codes. The codes are absent where the
/// registry has "Not given", "Any" or "5XX". X.6.10 has no text.
const STATUS_CODES: &[(u16, u16, &str, &[u16])] = &[
    (0, 0, "Other undefined Status", &[]),
    (1, 0, "Other address status", &[]),
    (1, 1, "Bad destination mailbox address", &[451, 550]),
    (1, 2, "Bad destination system address", &[]),
    (1, 3, "Bad destination mailbox address syntax", &[501]),
    (1, 4, "Destination mailbox address ambiguous", &[]),
    (1, 5, "Destination address valid", &[250]),
    (1, 6, "Destination mailbox has moved, No forwarding address", &[]),
    (1, 7, "Bad sender's mailbox address syntax", &[]),
    (1, 8, "Bad sender's system address", &[451, 501]),
    (1, 9, "Message relayed to non-compliant mailer", &[]),
    (1, 10, "Recipient address has null MX", &[556]),
    (2, 0, "Other or undefined mailbox status", &[]),
    (2, 1, "Mailbox disabled, not accepting messages", &[]),
    (2, 2, "Mailbox full", &[552]),
    (2, 3, "Message length exceeds administrative limit", &[552]),
    (2, 4, "Mailing list expansion problem", &[450, 452]),
    (3, 0, "Other or undefined mail system status", &[221, 250, 421, 451, 550, 554]),
    (3, 1, "Mail system full", &[452]),
    (3, 2, "System not accepting network messages", &[453, 521]),
    (3, 3, "System not capable of selected features", &[]),
    (3, 4, "Message too big for system", &[552, 554]),
    (3, 5, "System incorrectly configured", &[]),
    (3, 6, "Requested priority was changed", &[250, 251]),
    (4, 0, "Other or undefined network or routing status", &[]),
    (4, 1, "No answer from host", &[451]),
    (4, 2, "Bad connection", &[421]),
    (4, 3, "Directory server failure", &[451, 550]),
    (4, 4, "Unable to route", &[]),
    (4, 5, "Mail system congestion", &[451]),
    (4, 6, "Routing loop detected", &[]),
    (4, 7, "Delivery time expired", &[]),
    (
        5,
        0,
        "Other or undefined protocol status",
        &[220, 250, 251, 252, 253, 451, 452, 454, 458, 459, 501, 502, 503, 554],
    ),
    (5, 1, "Invalid command", &[430, 500, 501, 503, 530, 550, 554, 555]),
    (5, 2, "Syntax error", &[500, 501, 502, 550, 555]),
    (5, 3, "Too many recipients", &[451]),
    (5, 4, "Invalid command arguments", &[451, 501, 502, 503, 504, 550, 555]),
    (5, 5, "Wrong protocol version", &[]),
    (5, 6, "Authentication Exchange line is too long", &[500]),
    (6, 0, "Other or undefined media error", &[]),
    (6, 1, "Media not supported", &[]),
    (6, 2, "Conversion required and prohibited", &[]),
    (6, 3, "Conversion required but not supported", &[554]),
    (6, 4, "Conversion with loss performed", &[250]),
    (6, 5, "Conversion Failed", &[]),
    (6, 6, "Message content not available", &[554]),
    (6, 7, "Non-ASCII addresses not permitted for that sender/recipient", &[553, 550]),
    (6, 8, "UTF-8 string reply is required, but not permitted by the SMTP client", &[252, 553, 550]),
    (
        6,
        9,
        "UTF-8 header message cannot be transferred to one or more recipients, so the message must be rejected",
        &[550],
    ),
    (6, 10, "", &[]),
    (7, 0, "Other or undefined security status", &[220, 235, 450, 454, 500, 501, 503, 504, 530, 535, 550]),
    (7, 1, "Delivery not authorized, message refused", &[451, 454, 502, 503, 533, 550, 551]),
    (7, 2, "Mailing list expansion prohibited", &[550]),
    (7, 3, "Security conversion required but not possible", &[]),
    (7, 4, "Security features not supported", &[504]),
    (7, 5, "Cryptographic failure", &[]),
    (7, 6, "Cryptographic algorithm not supported", &[]),
    (7, 7, "Message integrity failure", &[]),
    (7, 8, "Authentication credentials invalid", &[535, 554]),
    (7, 9, "Authentication mechanism is too weak", &[534]),
    (7, 10, "Encryption Needed", &[523]),
    (7, 11, "Encryption required for requested authentication mechanism", &[524, 538]),
    (7, 12, "A password transition is needed", &[422, 432]),
    (7, 13, "User Account Disabled", &[525]),
    (7, 14, "Trust relationship required", &[535, 554]),
    (7, 15, "Priority Level is too low", &[450, 550]),
    (7, 16, "Message is too big for the specified priority", &[552]),
    (7, 17, "Mailbox owner has changed", &[]),
    (7, 18, "Domain owner has changed", &[]),
    (7, 19, "RRVS test cannot be completed", &[]),
    (7, 20, "No passing DKIM signature found", &[550]),
    (7, 21, "No acceptable DKIM signature found", &[550]),
    (7, 22, "No valid author-matched DKIM signature found", &[550]),
    (7, 23, "SPF validation failed", &[550]),
    (7, 24, "SPF validation error", &[451, 550]),
    (7, 25, "Reverse DNS validation failed", &[550]),
    (7, 26, "Multiple authentication checks failed", &[550]),
    (7, 27, "Sender address has null MX", &[550]),
    (7, 28, "Mail flood detected", &[]),
    (7, 29, "ARC validation failure", &[550]),
    (7, 30, "REQUIRETLS support required", &[550]),
];

#[test]
fn enhanced_codes() {
    assert_eq!(EnhancedCode::REGISTRY.len(), STATUS_CODES.len());
    for (entry, (subject, detail, text, basic)) in EnhancedCode::REGISTRY.iter().zip(STATUS_CODES) {
        assert_eq!((entry.code.subject(), entry.code.detail()), (*subject, *detail));
        assert!(text.is_empty() || entry.text == *text, "X.{subject}.{detail}: {}", entry.text);
        let found: BTreeSet<u16> = entry.basic.iter().copied().collect();
        assert_eq!(found, basic.iter().copied().collect(), "X.{subject}.{detail}");
        // The class that the constant has is that of an associated code, if there is one.
        let classes: Vec<bool> =
            basic.iter().map(|code| entry.code.fits(ReplyCode::new(*code).expect("three digits"))).collect();
        assert!(classes.is_empty() || classes.contains(&true), "X.{subject}.{detail}");
    }
}

#[test]
fn trace_keywords() {
    let with = [
        "SMTP",
        "ESMTP",
        "ESMTPA",
        "ESMTPS",
        "ESMTPSA",
        "LMTP",
        "LMTPA",
        "LMTPS",
        "LMTPSA",
        "MMS",
        "UTF8SMTP",
        "UTF8SMTPA",
        "UTF8SMTPS",
        "UTF8SMTPSA",
        "UTF8LMTP",
        "UTF8LMTPA",
        "UTF8LMTPS",
        "UTF8LMTPSA",
    ];
    assert!(WithProtocol::ALL.iter().map(|protocol| protocol.keyword()).eq(with));
    let states = ["auth", "content", "convert", "moderation", "normal", "other", "outbound", "quarantine", "timed"];
    assert!(HandlingState::ALL.iter().map(|state| state.keyword()).eq(states));
    for mechanism in Mechanism::COMMON {
        assert_eq!(std::str::from_utf8(mechanism.as_bytes()).map(Mechanism::new), Ok(Ok(*mechanism)));
    }
}
