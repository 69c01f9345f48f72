//! The mail transaction of the twin, and its end.

use super::super::fault::Fault;
use super::{Reply, Talk};

impl Talk {
    /// The lines of MAIL and RCPT. `None`: the message cannot be sent with what is offered.
    fn lines(&self, from: &str, recipients: &[String], message: &[u8]) -> Option<Vec<String>> {
        let mut mail = format!("MAIL FROM:<{from}>");
        if self.has(Fault::PutsASpace) {
            mail = mail.replace(':', ": ");
        }
        if self.offers("SIZE") || self.has(Fault::UsesSizeUnasked) {
            mail.push_str(&format!(" SIZE={}", message.len()));
        }
        if !message.is_ascii() && !self.has(Fault::StripsTheEighthBit) {
            if self.offers("8BITMIME") {
                mail.push_str(if self.has(Fault::DeclaresNoBody) { "" } else { " BODY=8BITMIME" });
            } else if !self.has(Fault::SendsEightBitUnasked) {
                return None;
            }
        }
        if recipients.iter().any(|to| !to.is_ascii()) {
            if self.offers("SMTPUTF8") {
                mail.push_str(if self.has(Fault::RequestsNoUtf8) { "" } else { " SMTPUTF8" });
            } else if !self.has(Fault::SendsUtf8Unasked) {
                return None;
            }
        }
        let notify = if self.has(Fault::UsesNotifyUnasked) { " NOTIFY=NEVER" } else { "" };
        let rcpt = recipients.iter().map(|to| format!("RCPT TO:<{to}>{notify}"));
        Some([mail].into_iter().chain(rcpt).collect())
    }

    fn is_yes(&self, reply: &Reply) -> bool {
        if self.has(Fault::KnowsListedCodesOnly) { reply.code == 250 } else { reply.class() == 2 }
    }

    pub(super) async fn transaction(&mut self, from: &str, recipients: &[String], message: &[u8]) -> Option<bool> {
        let Some(lines) = self.lines(from, recipients, message) else {
            return self.leave(false).await;
        };
        let replies = if self.offers("PIPELINING") || self.has(Fault::GroupsUnasked) {
            self.group(&lines).await?
        } else {
            match self.one_by_one(&lines).await? {
                Some(replies) => replies,
                None => return self.leave(false).await,
            }
        };
        let (data, envelope) = replies.split_last()?;
        let accepted = envelope.iter().skip(1).filter(|reply| self.is_yes(reply)).count();
        let is_intermediate = match self.fault {
            Fault::KnowsListedCodesOnly => data.code == 354,
            Fault::SendsContentUnasked => data.class() != 2,
            Fault::SendsContentAfter250 => matches!(data.class(), 2 | 3),
            _ => data.class() == 3,
        };
        if !is_intermediate {
            return self.leave(false).await;
        }
        if accepted == 0 && !self.has(Fault::IgnoresRcpt) {
            self.write(b".\r\n").await?;
            self.reply().await?;
            return self.leave(false).await;
        }
        let content = self.content(message);
        let ahead = self.has(Fault::SendsContentAfterData);
        if !ahead {
            self.write(&content).await?;
        }
        let count = if self.lmtp && !self.has(Fault::ReadsOneReplyOfLmtp) { accepted } else { 1 };
        if !self.buffer.is_empty() && !self.has(Fault::TakesSurplus) && !self.rest && !self.skips && !ahead {
            return None;
        }
        self.sent_all = true;
        let mut delivered = 0;
        for _ in 0..count {
            if self.has(Fault::LeavesWithoutReply) {
                delivered += 1;
                continue;
            }
            let reply = self.reply().await?;
            let yes = match self.fault {
                Fault::ClaimsAfter4yz => matches!(reply.class(), 2 | 4),
                Fault::ClaimsAfter5yz => matches!(reply.class(), 2 | 5),
                Fault::ClaimsAfter1yz => matches!(reply.class(), 1 | 2),
                Fault::ReadsEnhancedCodes => self.is_yes(&reply) || reply.lines[0].starts_with("2."),
                _ => self.is_yes(&reply),
            };
            delivered += usize::from(yes);
        }
        let all = if self.lmtp && !self.has(Fault::ReadsOneReplyOfLmtp) { recipients.len() } else { 1 };
        let claimed = match self.fault {
            Fault::ClaimsForSome => delivered > 0,
            _ => delivered == all && accepted == recipients.len() || self.has(Fault::IgnoresRcpt) && delivered > 0,
        };
        self.leave(claimed).await
    }

    /// All in one group, with DATA as its last command.
    async fn group(&mut self, lines: &[String]) -> Option<Vec<Reply>> {
        let after = if self.has(Fault::SendsContentAfterData) { "" } else { "DATA\n" };
        self.send(&format!("{}\n{after}", lines.join("\n"))).await?;
        let mut replies = Vec::new();
        for _ in 0..=lines.len() {
            if replies.len() == lines.len() && after.is_empty() {
                self.write(b"DATA\r\n").await?;
                self.write(&self.content(b"Subject: x\r\n")).await?;
            }
            replies.push(self.reply().await?);
        }
        Some(replies)
    }

    /// Each after the reply to the one before. `Some(None)`: DATA would have no sense.
    async fn one_by_one(&mut self, lines: &[String]) -> Option<Option<Vec<Reply>>> {
        let mut replies = Vec::new();
        for line in lines {
            let reply = self.ask(line).await?;
            if replies.is_empty() && !self.is_yes(&reply) && !self.has(Fault::IgnoresMail) {
                return Some(None);
            }
            replies.push(reply);
        }
        if !replies.iter().skip(1).any(|reply| self.is_yes(reply)) && !self.has(Fault::IgnoresRcpt) {
            return Some(None);
        }
        if self.has(Fault::SendsContentAfterData) {
            let content = self.content(b"Subject: x\r\n");
            self.send("DATA\n").await?;
            self.write(&content).await?;
            replies.push(self.reply().await?);
        } else {
            replies.push(self.ask("DATA").await?);
        }
        Some(Some(replies))
    }

    /// The content with its dots doubled, and its end.
    fn content(&self, message: &[u8]) -> Vec<u8> {
        let mut content = Vec::new();
        for (number, line) in message.split_inclusive(|octet| *octet == b'\n').enumerate() {
            let mut line = line.strip_suffix(b"\r\n").unwrap_or(line).to_vec();
            let stuffs = match self.fault {
                Fault::StuffsLoneDotsOnly => line == b".",
                _ => line.starts_with(b"."),
            };
            if stuffs {
                line.insert(0, b'.');
            }
            match self.fault {
                Fault::StuffsTwice if line.starts_with(b"..") && line.len() > 2 => line.insert(0, b'.'),
                Fault::TrimsLines if !line.starts_with(b".") => line.truncate(line.trim_ascii_end().len()),
                Fault::TabsToSpaces => line.iter_mut().filter(|octet| **octet == b'\t').for_each(|octet| *octet = b' '),
                Fault::StripsTheEighthBit => {
                    line.iter_mut().filter(|octet| **octet > 127).for_each(|octet| *octet = b'?')
                }
                Fault::FoldsLongLines if line.len() > 512 => drop(line.splice(512..512, *b"\r\n")),
                Fault::SendsBareCr if number == 2 => line.push(b'\r'),
                _ => {}
            }
            content.extend_from_slice(&line);
            content.extend_from_slice(if self.has(Fault::SendsBareLf) && number == 2 { b"\n" } else { b"\r\n" });
        }
        content.extend_from_slice(if self.has(Fault::AddsAnEmptyLine) { b"\r\n.\r\n" } else { b".\r\n" });
        content
    }

    /// Says QUIT, whatever comes of it.
    pub(super) async fn leave(&mut self, claimed: bool) -> Option<bool> {
        if self.has(Fault::SaysNoQuit) {
            return Some(claimed);
        }
        if self.has(Fault::WaitsForNoQuit) {
            self.write(b"QUIT\r\n").await?;
            return Some(claimed);
        }
        if self.has(Fault::LeavesWithoutReply) || self.has(Fault::ReadsOneReplyOfLmtp) {
            self.write(b"QUIT\r\n").await?;
            while self.reply().await.is_some() {}
            return Some(claimed);
        }
        let reply = self.ask("QUIT").await;
        let good = reply.is_some_and(|reply| reply.code == 221) || !self.has(Fault::FailsWithQuit);
        Some(claimed && good)
    }
}
