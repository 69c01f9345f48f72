//! The dictionary of the fuzzer, generated from the tables of the crate.

use smtp_core::syntax::{EnhancedCode, Extension, Mechanism, ParameterName, ReplyCode, Verb};
use smtp_core::trace::WithProtocol;
use std::fmt::Write;

/// Terminals that are in no table, by their grammar.
const TERMINALS: &[(&str, &[&str])] = &[
    (
        "lines",
        &[
            "\r\n",
            "\r\n.\r\n",
            "\n.\n",
            "\r.\r",
            "\r\n.\r",
            "\n.\r\n",
            "\r\n.\n",
            ".",
            "..",
            "\r",
            "\n",
            "\0",
            "\t",
            "  ",
        ],
    ),
    ("commands", &["FROM:", "TO:", "FROM:<>", "TO:<Postmaster>", " LAST", " SMTPUTF8", "=", "*", "imap://a/b"]),
    (
        "paths",
        &["<a@b>", "<@a,@b:c@d>", "\"", "\\\"", "\\ ", "@", "\u{FC}", "\u{1F600}", "[1.2.3.4]", "[IPv6:::1]", "::"],
    ),
    (
        "values",
        &[
            "7BIT",
            "8BITMIME",
            "BINARYMIME",
            "FULL",
            "HDRS",
            "NEVER",
            "SUCCESS",
            "FAILURE",
            "DELAY",
            "rfc822;",
            "utf-8;",
            "\\x{FC}",
            "+2B",
            "<>",
            ";R",
            ";NT",
            ";C",
            "2026-01-01T00:00:00Z",
            "18446744073709551615",
            "18446744073709551616",
            "-9",
            ":60",
        ],
    ),
    (
        "capabilities",
        &[
            "RCPTMAX=",
            "MAILMAX=",
            "RCPTDOMAINMAX=",
            "AUTH=",
            "NAME",
            "ADDR",
            "PORT",
            "PROTO",
            "HELO",
            "LOGIN",
            "DESTADDR",
            "DESTPORT",
            "REVERSE_NAME",
            "IDENT",
            "SOURCE",
        ],
    ),
    ("base64", &["AAAA", "AA==", "AAA=", "AGpvZQBzZWNyZXQ=", "VXNlcm5hbWU6"]),
    (
        "trace",
        &[
            "Received: from a by b; 1 Jan 2000 00:00 +0000",
            "Return-Path:",
            " from ",
            " by ",
            " via ",
            " with ",
            " id ",
            " for ",
            " tls ",
            " state ",
            " group ",
            "(",
            ")",
            "\r\n ",
            ";",
            "TCP",
            "Fri, ",
            " (PST)",
        ],
    ),
    ("scripts of client and dialogue", &[" e ", "mrd ", "c. ", "bB ", " t T", " a ", " A ", "p ", "* "]),
];

fn dictionary() -> String {
    let mut text =
        "# Generated from the tables of the crate by `tests/invariants/dictionary.rs`, which has the command.\n"
            .to_owned();
    let mut section = |name: &str, entries: &mut dyn Iterator<Item = String>| {
        writeln!(text, "\n# {name}").unwrap();
        for entry in entries {
            text.push('"');
            for octet in entry.bytes() {
                match octet {
                    b'"' | b'\\' => write!(text, "\\{}", char::from(octet)),
                    b' '..=b'~' => write!(text, "{}", char::from(octet)),
                    _ => write!(text, "\\x{octet:02X}"),
                }
                .unwrap();
            }
            text.push_str("\"\n");
        }
    };
    section("verbs", &mut Verb::ALL.iter().map(ToString::to_string));
    section("extensions", &mut Extension::ALL.iter().map(|extension| extension.keyword().to_owned()));
    let parameters = ParameterName::ALL.iter().map(|name| format!(" {}=", name.keyword()));
    section("parameters", &mut parameters.chain(ParameterName::ALL.iter().map(|name| format!(" {}", name.keyword()))));
    section("mechanisms", &mut Mechanism::COMMON.iter().map(ToString::to_string));
    section(
        "reply codes",
        &mut ReplyCode::REGISTRY.iter().flat_map(|(code, _)| [format!("{} ", code.get()), format!("{}-", code.get())]),
    );
    section("enhanced codes", &mut EnhancedCode::REGISTRY.iter().map(|status| format!("{} ", status.code)));
    section("protocols", &mut WithProtocol::ALL.iter().map(|protocol| protocol.keyword().to_owned()));
    for (name, terminals) in TERMINALS {
        section(name, &mut terminals.iter().map(ToString::to_string));
    }
    text
}

/// `SMTP_CORE_WRITE=1 cargo test --test invariants dictionary` writes the file again.
#[test]
fn the_dictionary_has_every_word_of_the_tables() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/smtp.dict");
    if std::env::var_os("SMTP_CORE_WRITE").is_some() {
        std::fs::write(path, dictionary()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), dictionary());
}
