//! A small client that does everything right, with one switch for each fault. The tests run it through every check.

mod transaction;

use super::super::command::{Claim, Client, Values};
use super::fault::Fault;
use crate::output::Result;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

trait Pipe: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Pipe for S {}

pub(super) struct Twin {
    pub(super) fault: Fault,
    pub(super) lmtp: bool,
    /// It uses STARTTLS and AUTH where they are offered.
    pub(super) tls: Arc<rustls::ClientConfig>,
}

impl Client for Twin {
    async fn run(&mut self, values: &Values<'_>) -> Result<Claim> {
        let value = |name: &str| values.0.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        let stream = TcpStream::connect((value("host"), value("port").parse().unwrap())).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut talk = Talk {
            fault: self.fault,
            lmtp: self.lmtp,
            connector: Arc::clone(&self.tls).into(),
            stream: Some(Box::new(stream)),
            buffer: Vec::new(),
            keywords: Vec::new(),
            in_tls: false,
            rest: false,
            skips: false,
            sent_all: false,
        };
        let message = std::fs::read(value("message")).unwrap();
        let from = value("from");
        let recipients = [value("to"), value("to2")];
        let delivering = async {
            let delivered = talk.deliver(&from, &recipients, &message).await;
            if delivered.is_none() && self.fault != Fault::SaysNoQuit {
                // It says so where it can.
                _ = talk.write(b"QUIT\r\n").await;
                while talk.more().await.is_some() {}
            }
            delivered
        };
        let Ok(delivered) = tokio::time::timeout(PATIENCE, delivering).await else {
            return Ok(Claim::Killed);
        };
        let lost = self.fault == Fault::ClaimsWhenLost && talk.sent_all;
        Ok(if delivered.unwrap_or(lost) { Claim::Delivered } else { Claim::NotDelivered("exit status 1".to_owned()) })
    }
}

#[derive(Clone, Debug)]
struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    const fn class(&self) -> u16 {
        self.code / 100
    }
}

/// Longer than the server ever holds an answer back.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection. `None` of its functions: the connection is lost, or of no use any more.
struct Talk {
    fault: Fault,
    lmtp: bool,
    connector: TlsConnector,
    stream: Option<Box<dyn Pipe>>,
    buffer: Vec<u8>,
    /// In capitals.
    keywords: Vec<String>,
    in_tls: bool,
    /// Lines of the last reply are still to come, or octets of its last line.
    rest: bool,
    skips: bool,
    /// The end of the content was sent.
    sent_all: bool,
}

impl Talk {
    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    async fn more(&mut self) -> Option<()> {
        let mut octets = vec![0; 65536];
        let count = self.stream.as_mut()?.read(&mut octets).await.ok().filter(|count| *count > 0)?;
        self.buffer.extend_from_slice(&octets[..count]);
        Some(())
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            let text = String::from_utf8_lossy(&self.buffer).into_owned();
            if self.skips {
                match text.find('\n') {
                    Some(end) => {
                        self.buffer.drain(..=end);
                        self.skips = false;
                    }
                    None => self.more().await?,
                }
                continue;
            }
            if self.has(Fault::TakesHalfALine) && text.len() >= 4 && !text.contains('\n') {
                self.skips = true;
                return Some(text);
            }
            let end = if self.has(Fault::EndsLinesAtCr) { text.find('\r') } else { text.find("\r\n") };
            if let Some(end) = end {
                let after = if text[end..].starts_with("\r\n") { 2 } else { 1 };
                self.buffer.drain(..end + after);
                return Some(text[..end].trim_start_matches('\n').to_owned());
            }
            self.more().await?;
        }
    }

    async fn reply(&mut self) -> Option<Reply> {
        while self.rest {
            self.rest = self.line().await?.as_bytes().get(3) == Some(&b'-');
        }
        if self.has(Fault::TakesOneLine) {
            let line = self.line().await?;
            self.rest = line.as_bytes().get(3) == Some(&b'-');
            return Some(Reply {
                code: line.get(..3)?.parse().ok()?,
                lines: vec![line.get(4..).unwrap_or_default().to_owned()],
            });
        }
        self.whole_reply().await
    }

    async fn whole_reply(&mut self) -> Option<Reply> {
        let mut lines = Vec::new();
        loop {
            let line = self.line().await?;
            if self.has(Fault::GivesUpOnLongLines) && line.len() > 255
                || self.has(Fault::GivesUpOnEmptyText) && line.len() == 4 && !line.ends_with('-')
                || self.has(Fault::GivesUpOnBareCodes) && line.len() == 3
                || self.has(Fault::GivesUpOnManyLines) && lines.len() > 30
            {
                return None;
            }
            let mut code = line.get(..3)?.parse().ok()?;
            if self.has(Fault::ReadsTheText) && line.contains("250") {
                code = 250;
            }
            let is_last = line.as_bytes().get(3) != Some(&b'-');
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if is_last {
                return Some(Reply { code, lines });
            }
        }
    }

    async fn write(&mut self, octets: &[u8]) -> Option<()> {
        let stream = self.stream.as_mut()?;
        stream.write_all(octets).await.ok()?;
        stream.flush().await.ok()
    }

    /// Sends lines. A reply that is there already answers none of them.
    async fn send(&mut self, lines: &str) -> Option<()> {
        let surplus = match self.fault {
            Fault::TakesSurplus => false,
            Fault::KeepsOctetsOverTls if self.in_tls => false,
            Fault::EndsLinesAtCr if self.buffer == b"\n" => false,
            _ => !self.buffer.is_empty() && !self.rest && !self.skips,
        };
        if surplus {
            return None;
        }
        let end = if self.has(Fault::EndsCommandsWithLf) { "\n" } else { "\r\n" };
        self.write(lines.replace('\n', end).as_bytes()).await
    }

    async fn ask(&mut self, line: &str) -> Option<Reply> {
        self.send(&format!("{line}\n")).await?;
        // Without its lines EHLO would offer nothing.
        if line.contains("HLO ") && !self.rest { self.whole_reply().await } else { self.reply().await }
    }

    fn offers(&self, keyword: &str) -> bool {
        self.keywords.iter().any(|known| known.split(' ').next() == Some(keyword))
    }

    async fn deliver(&mut self, from: &str, recipients: &[String], message: &[u8]) -> Option<bool> {
        if self.has(Fault::TalksBeforeGreeting) {
            self.write(b"EHLO client.example\r\n").await?;
        }
        let greeting = self.reply().await?;
        let early = if self.has(Fault::TalksBeforeGreeting) { Some(self.reply().await?) } else { None };
        if self.has(Fault::WantsEsmtp) && greeting.code == 220 && !greeting.lines[0].contains("ESMTP") {
            return self.leave(false).await;
        }
        if greeting.class() != 2 && !(self.has(Fault::IgnoresGreeting) && greeting.class() == 5) {
            return self.leave(false).await;
        }
        if !(self.hello(early).await? || self.has(Fault::IgnoresGreeting) && greeting.class() == 5) {
            return self.leave(false).await;
        }
        let tls = self.offers("STARTTLS") || self.has(Fault::StartsTlsUnasked);
        if tls && !self.lmtp && (!self.in_tls || self.has(Fault::StartsTlsAgain)) {
            self.start_tls().await?;
            if self.has(Fault::StartsTlsAgain) && self.offers("STARTTLS") {
                self.ask("STARTTLS").await?;
            }
        }
        if self.offers("AUTH") {
            let response = if self.has(Fault::SendsNoBase64) { "joe:secret" } else { "AGpvZQBzZWNyZXQ=" };
            let group = self.has(Fault::GroupsAfterAuth) && self.offers("PIPELINING");
            let more = if group { "\nNOOP" } else { "" };
            let reply = self.ask(&format!("AUTH PLAIN {response}{more}")).await?;
            if group {
                self.reply().await?;
            }
            if reply.class() != 2 {
                return self.leave(false).await;
            }
        }
        self.transaction(from, recipients, message).await
    }

    /// Says EHLO, or HELO where that is not known. `false`: neither is accepted.
    async fn hello(&mut self, early: Option<Reply>) -> Option<bool> {
        let name = if self.has(Fault::BadName) { "client..example" } else { "client.example" };
        let verb = if self.lmtp && !self.has(Fault::EhloInLmtp) { "LHLO" } else { "EHLO" };
        let mut reply = match self.fault {
            _ if early.is_some() => early?,
            Fault::DoesNotWaitForEhlo if !self.in_tls => {
                self.send(&format!("{verb} {name}\nNOOP\n")).await?;
                let reply = self.reply().await?;
                self.reply().await?;
                reply
            }
            _ => self.ask(&format!("{verb} {name}")).await?,
        };
        if verb == "EHLO" && self.lmtp {
            reply = self.ask(&format!("LHLO {name}")).await?;
        }
        let mut extended = true;
        if matches!(reply.code, 500 | 502) && !self.lmtp && !self.has(Fault::KnowsNoHelo) {
            reply = self.ask(&format!("HELO {name}")).await?;
            extended = false;
        }
        let first = usize::from(!self.has(Fault::TakesFirstLineForKeyword));
        let found = reply.lines.iter().skip(first).filter(|_| extended && reply.class() == 2);
        let upper =
            found.map(|line| if self.has(Fault::KnowsCapitalsOnly) { line.clone() } else { line.to_ascii_uppercase() });
        let mut keywords: Vec<String> = upper.collect();
        if self.has(Fault::TakesFirstLineForKeyword) {
            let words: Vec<String> =
                keywords.iter().flat_map(|line| line.split([' ', '.'])).map(str::to_owned).collect();
            keywords.extend(words);
            // AUTH and STARTTLS of a line of text are enough for the test.
            keywords.retain(|keyword| keyword != "CHUNKING");
        }
        if !(self.in_tls && self.has(Fault::RemembersOverTls)) {
            self.keywords = keywords;
        }
        Some(reply.class() == 2)
    }

    async fn start_tls(&mut self) -> Option<()> {
        let group = self.has(Fault::GroupsAfterStartTls) && self.offers("PIPELINING");
        let reply = self.ask(if group { "STARTTLS\nNOOP" } else { "STARTTLS" }).await?;
        if self.has(Fault::GoesOnInTheClear) {
            return Some(());
        }
        if reply.class() != 2 && !(self.has(Fault::StartsTlsAfter454) && reply.code == 454) {
            return Some(());
        }
        if !self.has(Fault::KeepsOctetsOverTls) {
            self.buffer.clear();
            self.rest = false;
        }
        if reply.class() != 2 {
            // The beginning of a handshake; nobody answers it.
            self.write(&[22, 3, 1, 0, 0]).await?;
            return None;
        }
        let name = ServerName::try_from("127.0.0.1").unwrap();
        self.stream = Some(Box::new(self.connector.connect(name, self.stream.take()?).await.ok()?));
        self.in_tls = true;
        if self.has(Fault::SaysNoHelloWithinTls) {
            return Some(());
        }
        self.hello(None).await?.then_some(())
    }
}
