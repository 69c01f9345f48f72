//! The checks are well formed, and their texts stand for what they say.

use super::script::{self, Step};
use super::words::Words;
use super::*;

const WORDS: Words<'_> = Words {
    from: "joe@client.example",
    rcpt: "ann@mx.example",
    hello: "client.example",
    plain: "AGEAYg==",
    marker: "conform-1",
    size: Some(1000),
};

fn octets(text: &str) -> String {
    String::from_utf8(WORDS.octets(text).unwrap()).unwrap()
}

#[test]
fn every_check_is_well_formed() {
    let scripts = script::all().unwrap();
    let questions: Vec<_> = questions(&scripts).map(|asked| asked.check).collect();
    let observed: Vec<_> = observed::checks().map(|(check, _)| check).collect();
    let mut ids = std::collections::BTreeSet::new();
    for check in scripts.iter().map(|script| &script.check).chain(&questions).chain(&observed) {
        assert!(ids.insert(check.id.clone()), "{} is there twice", check.id);
        let (rfc, section) = check.section();
        assert!(rfc.parse::<u32>().is_ok() && !section.is_empty() && !section.contains(' '), "{}", check.clause);
        assert!(check.sentence.len() > 10, "{}", check.id);
    }
    for script in &scripts {
        assert!(script.check.sentence.ends_with('.'), "{}", script.check.id);
        assert!(
            script.steps.iter().any(|step| !matches!(step, Step::Send(_) | Step::Expect(_))),
            "{}",
            script.check.id
        );
        for step in script::flat(&script.steps) {
            match step {
                Step::Send(text) => assert!(WORDS.octets(text).is_some(), "{}: {text}", script.check.id),
                Step::Expect(codes) | Step::Applies(codes) => assert_codes(codes),
                Step::Either { go_on, pass } => [go_on, pass].map(|codes| assert_codes(codes)).into_iter().collect(),
                Step::Judge { pass, fail } => {
                    assert!(!pass.is_empty(), "{}", script.check.id);
                    assert_codes(pass);
                    assert_codes(fail);
                }
                _ => {}
            }
        }
    }
    for script in &scripts {
        for id in &script.unless {
            assert!(ids.contains(*id) && script.check.id != *id, "{}: {id}", script.check.id);
        }
    }
    assert!(scripts.len() >= 120, "{}", scripts.len());
}

fn assert_codes(codes: &[&str]) {
    for code in codes {
        let code = code.split('/').next().unwrap();
        let digits =
            code.len() <= 3 && code.starts_with(['2', '3', '4', '5']) && code.bytes().all(|c| c.is_ascii_digit());
        assert!(["*", "closed"].contains(&code) || digits, "{code}");
    }
}

/// Mail goes to `--rcpt` alone: no content is sent after a RCPT for anybody else.
#[test]
fn content_goes_to_the_recipient_alone() {
    for script in script::all().unwrap() {
        let texts: Vec<&String> = script.sent().collect();
        if texts.iter().any(|text| text.contains("{head}")) {
            for text in texts.iter().flat_map(|text| text.split("\\r\\n")) {
                let is_rcpt = text.to_ascii_uppercase().starts_with("RCPT TO:<");
                let allowed = text.contains("{rcpt}") || text == "RCPT TO:<@>";
                assert!(!is_rcpt || allowed, "{}: {text}", script.check.id);
            }
        }
    }
}

#[test]
fn braces_and_escapes() {
    assert_eq!(octets("RCPT TO:<{rcpt}>\\r\\n"), "RCPT TO:<ann@mx.example>\r\n");
    assert_eq!(octets("\"{escaped}\"@{DOMAIN} {local}"), "\"\\a\\n\\n\"@MX.EXAMPLE ann");
    assert_eq!(octets("{a*3}\\x41\\\\{ab\\r\\n*2}"), "aaaA\\ab\r\nab\r\n");
    assert_eq!(octets("BDAT {#} LAST\\r\\nabc\\r\\n"), "BDAT 5 LAST\r\nabc\r\n");
    assert_eq!(octets("BDAT {#}\\r\\nab{.}BDAT {#}\\r\\nc"), "BDAT 2\r\nabBDAT 1\r\nc");
    assert_eq!(octets("SIZE={size+1}"), "SIZE=1001");
    assert_eq!(Words { size: None, ..WORDS }.octets("SIZE={size+1}"), None);
    assert_eq!(WORDS.octets("{lunch}"), None);
}

/// RFC 5321 section 4.5.3.1: these are the lengths that have to be taken, no more and no less.
#[test]
fn lengths() {
    let scripts = script::all().unwrap();
    let line = |id: &str| {
        let script = scripts.iter().find(|script| script.check.id == id).unwrap();
        let Some(Step::Send(text)) = script.steps.first() else { panic!("{id}") };
        octets(text)
    };
    assert_eq!(line("command-line-512").len(), 512);
    let path = line("path-256");
    assert_eq!(path.find('>').unwrap() - path.find('<').unwrap() + 1, 256, "{path}");
    let local = line("local-part-64");
    assert_eq!(local.find('@').unwrap() - local.find('<').unwrap() - 1, 64);
    let domain = line("domain-of-labels");
    assert_eq!(domain.find('>').unwrap() - domain.find('@').unwrap() - 1, 240, "{domain}");
}

#[test]
fn what_is_no_check_is_told() {
    for (text, told) in [
        ("lunch\n", "an id in brackets"),
        ("[a]\nmust\n", "level and clause"),
        ("[a]\nmight RFC 5321 1\nx.\n", "no level"),
        ("[a]\nmust RFC 5321 1\nx.\n", "no step"),
        ("[a]\nmust RFC 5321 1\nx.\nD: x\n", "no step: D: x"),
        ("[a]\nmust RFC 5321 1\nx.\neach MAILMAX\nC: RSET\n", "each without done"),
        ("[a]\nmust RFC 5321 1\nx.\nC: RSET\ndone\n", "no step: done"),
    ] {
        let error = script::read(text).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
}
