//! The message that a client is asked to send, and what has become of its parts on the way.

/// The parts whose lines have to arrive as they are. Each begins with the line `== NAME ==` and ends with the next such line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Dots,
    LongLine,
    WhiteSpace,
    EightBit,
}

impl Part {
    const ALL: [Self; 4] = [Self::Dots, Self::LongLine, Self::WhiteSpace, Self::EightBit];

    /// The name, as it stands in the message.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Dots => "dots",
            Self::LongLine => "long line",
            Self::WhiteSpace => "white space",
            Self::EightBit => "8-bit",
        }
    }

    fn lines(self) -> Vec<String> {
        let lines: &[&str] = match self {
            Self::Dots => &[".", "..", ".one", "..two", "...", ". ", "a.", "."],
            // 998 octets and CRLF (RFC 5321 section 4.5.3.1.6).
            Self::LongLine => return vec!["0123456789".repeat(99) + "01234567"],
            Self::WhiteSpace => &["spaces after  ", "", "", "\ttab\t", "  ", "end"],
            Self::EightBit => &["Gr\u{fc}\u{df}e", "\u{4f60}\u{597d}"],
        };
        lines.iter().map(|line| (*line).to_owned()).collect()
    }
}

/// The line in front of a part, without its CRLF.
fn mark(name: &str) -> String {
    format!("== {name} ==")
}

const END: &str = "== end ==";

/// The message, with CRLF at the end of each line.
pub(super) fn message(eight_bit: bool) -> Vec<u8> {
    let (charset, encoding) = if eight_bit { ("utf-8", "8bit") } else { ("us-ascii", "7bit") };
    let mut text = format!(
        "From: <{}>\r\nTo: <{}>\r\nSubject: smtp-lab conform client\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n\
         Message-ID: <1@client.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\n\
         Content-Transfer-Encoding: {encoding}\r\n\r\n",
        super::FROM,
        super::TO
    );
    for part in Part::ALL.into_iter().filter(|part| eight_bit || *part != Part::EightBit) {
        for line in [mark(part.name())].into_iter().chain(part.lines()) {
            text.push_str(&line);
            text.push_str("\r\n");
        }
    }
    text.push_str(END);
    text.push_str("\r\n");
    text.into_bytes()
}

/// The same with LF at the end of each line, as files here have it.
pub(super) fn native(message: &[u8]) -> Vec<u8> {
    message.iter().copied().filter(|octet| *octet != b'\r').collect()
}

/// What came of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    Intact,
    /// The message is another one, or has its body encoded.
    Absent,
    /// A line that is not what was there, counted from 1 in the part.
    Changed {
        line: usize,
        expected: Vec<u8>,
        found: Vec<u8>,
    },
}

fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Compares a part of a content, without its transparency, with what it has to be.
pub(super) fn arrived(content: &[u8], part: Part) -> Arrived {
    let mut rest = lines(content).skip_while(|line| *line != mark(part.name()).as_bytes());
    if rest.next().is_none() {
        return Arrived::Absent;
    }
    let found: Vec<&[u8]> = rest.take_while(|line| !(line.starts_with(b"== ") && line.ends_with(b" =="))).collect();
    let expected = part.lines();
    for line in 0..expected.len().max(found.len()) {
        let expected = expected.get(line).map(|line| line.as_bytes());
        let found = found.get(line).copied();
        if expected != found {
            return Arrived::Changed {
                line: line.saturating_add(1),
                expected: expected.unwrap_or_default().to_vec(),
                found: found.unwrap_or_default().to_vec(),
            };
        }
    }
    Arrived::Intact
}

/// What follows the last line of the message: nothing, if the message arrived as it is. `None`: it is another message.
pub(super) fn after_the_end(content: &[u8]) -> Option<&[u8]> {
    let at = content.windows(END.len()).rposition(|window| window == END.as_bytes())?;
    let rest = content.get(at.checked_add(END.len())?..)?;
    Some(rest.strip_prefix(b"\r\n").unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_arrives() {
        for eight_bit in [false, true] {
            let message = message(eight_bit);
            assert_eq!(message.is_ascii(), !eight_bit);
            assert_eq!(after_the_end(&message), Some(&b""[..]));
            for part in Part::ALL {
                let expected = if part == Part::EightBit && !eight_bit { Arrived::Absent } else { Arrived::Intact };
                assert_eq!(arrived(&message, part), expected);
            }
        }
        assert!(!native(&message(true)).contains(&b'\r'));
    }

    #[test]
    fn what_is_changed_is_told() {
        let mut changed = message(false);
        changed.extend_from_slice(b"\r\n");
        assert_eq!(after_the_end(&changed), Some(&b"\r\n"[..]));
        let text = String::from_utf8(message(false)).unwrap().replace("\r\n.one\r\n", "\r\none\r\n");
        let expected = Arrived::Changed { line: 3, expected: b".one".to_vec(), found: b"one".to_vec() };
        assert_eq!(arrived(text.as_bytes(), Part::Dots), expected);
        assert_eq!(arrived(b"Subject: x\r\n\r\n", Part::Dots), Arrived::Absent);
        assert_eq!(after_the_end(b"x"), None);
    }
}
