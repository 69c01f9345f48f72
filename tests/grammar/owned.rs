//! Values that own their octets: equal to the borrowed values, and as careful with secrets.

use smtp_core::syntax::{
    AttributesBuf, Command, CommandBuf, DateTime, Grammar, MessageTracking, ParameterValue, Parameters, ParametersBuf,
    Reply, ReplyCode, Xtext, XtextBuf,
};

fn command(line: &str) -> Command<'_> {
    Command::parse(line.as_bytes(), Grammar::STRICT).unwrap()
}

#[test]
fn commands() {
    let lines = ["MAIL FROM:<a@b> SIZE=1", "MAIL FROM:<a@b> SIZE=2", "MAIL FROM:<@c:a@b>", "RCPT TO:<a@b>", "QUIT"];
    for one in lines {
        let kept = CommandBuf::from(command(one));
        assert_eq!(kept.to_string(), one);
        assert_eq!(format!("{kept:?}"), format!("{:?}", command(one)));
        assert!(format!("{kept:?}").contains("Mail(") || !one.starts_with("MAIL"), "{kept:?}");
        for other in lines {
            let other_kept = CommandBuf::from(&command(other));
            assert_eq!(kept == other_kept, one == other, "{one} {other}");
        }
    }
}

/// `Debug` names the type and shows the text on the wire.
#[test]
fn lists() {
    let text = XtextBuf::encode(b"a b+c");
    assert_eq!((text.to_string(), format!("{text:?}")), ("a+20b+2Bc".to_owned(), "Xtext(a+20b+2Bc)".to_owned()));
    assert_eq!(text.as_xtext(), Xtext::new("a+20b+2Bc").unwrap());

    let mut attributes = AttributesBuf::xforward();
    assert_eq!((attributes.as_attributes(), attributes.as_command()), (None, None), "neither may be empty");
    attributes.push("NAME", b"a b").unwrap();
    attributes.push("SOURCE", b"LOCAL").unwrap();
    assert_eq!(attributes.as_command(), Some(command("XFORWARD NAME=a+20b SOURCE=LOCAL")));
    assert!(format!("{attributes:?}").contains("NAME=a+20b SOURCE=LOCAL"), "{attributes:?}");

    let mut parameters = ParametersBuf::new();
    parameters.push(ParameterValue::Size(1)).unwrap();
    parameters.push_raw("X", None).unwrap();
    assert_eq!(format!("{parameters:?}"), "Parameters(SIZE=1 X)");
    assert_eq!(parameters.as_parameters(), Parameters::new("SIZE=1 X").unwrap());
}

/// The caller can fill the fields of these with any text, so the written line is parsed again.
#[test]
fn a_value_that_would_be_read_as_another_is_refused() {
    let pushed = |value| ParametersBuf::new().push(value);
    let mut time = DateTime::parse(b"2026-01-01T00:00:00Z", Grammar::STRICT).unwrap();
    assert!(pushed(ParameterValue::HoldUntil(time)).is_ok());
    time.year = 12026;
    assert!(pushed(ParameterValue::HoldUntil(time)).is_err(), "{time}");
    let mut tracking = MessageTracking::new("QUFB").unwrap();
    tracking.timeout = Some(999_999_999);
    assert_eq!(ParameterValue::Mtrk(tracking).to_string(), "MTRK=QUFB:999999999");
    assert_eq!(tracking.certifier(), b"QUFB");
    assert!(pushed(ParameterValue::Mtrk(tracking)).is_ok());
    tracking.timeout = Some(1_000_000_000);
    assert!(pushed(ParameterValue::Mtrk(tracking)).is_err(), "of nine digits");
    for wrong in ["QUFB:60", "", "QUFBQ", "QQ==", "x\r\nDATA"] {
        assert!(MessageTracking::new(wrong).is_err(), "{wrong}");
    }
}

/// `Debug` of the lines of a reply shows those that have not been taken yet.
#[test]
fn lines_of_replies() {
    let own = Reply::new(ReplyCode::OK, None, "one\ntwo").unwrap();
    let read = Reply::parse(b"250-one\r\n250 two\r\n", Grammar::STRICT).unwrap();
    let single = Reply::new(ReplyCode::OK, None, "two").unwrap();
    for mut lines in [own.lines(), read.lines(), single.lines()] {
        if single.lines().next() != lines.clone().next() {
            assert_eq!(lines.next(), Some(&b"one"[..]));
        }
        let shown = format!("{lines:?}");
        assert!(shown.contains("two") && !shown.contains("one"), "{shown}");
        assert_eq!((lines.next(), lines.next()), (Some(&b"two"[..]), None));
    }
}
