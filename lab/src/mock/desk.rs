//! What the mock server remembers: sessions, messages, faults. Sites write to it, the API reads it.

use super::fault::Faults;
use crate::output::{Failure, Folder, say};
use crate::record::Recorder;
use crate::watcher::Watcher;
use serde_json::{Value, json};
use smtp_core::session::reception::Envelope;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// The number of sessions that are remembered.
const MOST_SESSIONS: usize = 1000;
/// The number of octets of messages that are remembered.
const MOST_OCTETS: usize = 256 << 20;

pub(crate) struct Desk {
    pub(crate) faults: Faults,
    /// Whether sessions are not printed.
    pub(crate) quiet: bool,
    /// Whether sessions and messages are remembered for the API.
    pub(crate) remembers: bool,
    pub(crate) out: Option<Folder>,
    pub(crate) recorder: Recorder,
    pub(crate) sessions: Mutex<VecDeque<Arc<Visit>>>,
    pub(crate) messages: Mutex<Messages>,
    pub(crate) last_session: AtomicU64,
}

#[derive(Default)]
pub(crate) struct Messages {
    list: VecDeque<Arc<Message>>,
    octets: usize,
    last: u64,
}

/// A session.
pub(crate) struct Visit {
    pub(crate) id: u64,
    peer: SocketAddr,
    implicit_tls: bool,
    began: u64,
    open: AtomicBool,
    watcher: Mutex<Watcher>,
}

/// A message that was accepted.
#[derive(Debug)]
pub(crate) struct Message {
    id: u64,
    session: u64,
    envelope: Value,
    pub(crate) content: Vec<u8>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl Desk {
    /// Begins the session of a client that has connected.
    pub(crate) fn enter(&self, peer: SocketAddr, implicit_tls: bool) -> Arc<Visit> {
        let id = self.last_session.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let watcher = Mutex::new(self.recorder.watcher());
        let visit = Arc::new(Visit { id, peer, implicit_tls, began: now(), open: AtomicBool::new(true), watcher });
        if self.remembers {
            let mut sessions = lock(&self.sessions);
            if sessions.len() >= MOST_SESSIONS {
                sessions.pop_front();
            }
            sessions.push_back(Arc::clone(&visit));
        }
        visit
    }

    /// Records a session that is over.
    pub(crate) fn leave(&self, visit: &Visit) {
        visit.open.store(false, Ordering::Relaxed);
        if let Err(Failure::Told(why)) = self.recorder.keep(Some(visit.id), &mut visit.watcher()) {
            say(&format!("#{} {why}\n", visit.id));
        }
    }

    /// Keeps a message: in its directory, and for the API.
    pub(crate) fn keep(&self, mut message: Message) -> io::Result<()> {
        if let Some(folder) = &self.out {
            let (number, mut file) = folder.create("eml")?;
            file.write_all(&message.content)?;
            // The envelope comes last: where it is there, the message is complete.
            folder.create_named(&format!("{number}.json"))?.write_all(message.envelope.to_string().as_bytes())?;
        }
        if self.remembers {
            let mut messages = lock(&self.messages);
            messages.last = messages.last.saturating_add(1);
            message.id = messages.last;
            messages.octets = messages.octets.saturating_add(message.content.len());
            messages.list.push_back(Arc::new(message));
            while messages.octets > MOST_OCTETS && messages.list.len() > 1 {
                let gone = messages.list.pop_front().map_or(0, |gone| gone.content.len());
                messages.octets = messages.octets.saturating_sub(gone);
            }
        }
        Ok(())
    }

    pub(crate) fn sessions(&self) -> Vec<Arc<Visit>> {
        lock(&self.sessions).iter().cloned().collect()
    }

    pub(crate) fn session(&self, id: u64) -> Option<Arc<Visit>> {
        lock(&self.sessions).iter().find(|visit| visit.id == id).cloned()
    }

    pub(crate) fn messages(&self) -> Vec<Arc<Message>> {
        lock(&self.messages).list.iter().cloned().collect()
    }

    pub(crate) fn message(&self, id: u64) -> Option<Arc<Message>> {
        lock(&self.messages).list.iter().find(|message| message.id == id).cloned()
    }

    pub(crate) fn forget_messages(&self) {
        let mut messages = lock(&self.messages);
        messages.list.clear();
        messages.octets = 0;
    }
}

impl Visit {
    pub(crate) fn watcher(&self) -> MutexGuard<'_, Watcher> {
        lock(&self.watcher)
    }

    /// Returns what the list of sessions shows.
    pub(crate) fn to_json(&self) -> Value {
        let mut value = self.watcher().summary();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("id".to_owned(), json!(self.id));
            fields.insert("peer".to_owned(), json!(self.peer.to_string()));
            fields.insert("implicit_tls".to_owned(), json!(self.implicit_tls));
            fields.insert("began".to_owned(), json!(self.began));
            fields.insert("open".to_owned(), json!(self.open.load(Ordering::Relaxed)));
        }
        value
    }

    /// Returns the same with the dialogue.
    pub(crate) fn with_records(&self) -> Value {
        let mut value = self.to_json();
        let watcher = self.watcher();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("records".to_owned(), watcher.records());
            fields.insert("left_out".to_owned(), json!(watcher.left_out()));
        }
        value
    }
}

impl Message {
    pub(crate) fn new(session: u64, envelope: &Envelope, content: Vec<u8>) -> Self {
        let mail = envelope.mail();
        let from = mail.and_then(|mail| mail.reverse_path.mailbox().map(|from| from.to_string()));
        let path = |to: Option<String>| to.unwrap_or_else(|| "Postmaster".to_owned());
        let to = envelope.recipients().map(|rcpt| path(rcpt.forward_path.mailbox().map(|to| to.to_string())));
        let parameters = envelope.recipients().map(|rcpt| rcpt.parameters.to_string());
        let envelope = json!({
            "from": from.unwrap_or_default(),
            "to": to.collect::<Vec<_>>(),
            "hello": envelope.client_name().map(|name| name.to_string()),
            "user": envelope.user(),
            "tls": envelope.is_tls(),
            "mail_parameters": mail.map(|mail| mail.parameters.to_string()),
            "rcpt_parameters": parameters.collect::<Vec<_>>(),
        });
        Self { id: 0, session, envelope, content }
    }

    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    /// Returns what the list of messages shows.
    pub(crate) fn to_json(&self) -> Value {
        let subject = self.header().find(|(name, _)| name.eq_ignore_ascii_case("subject")).map(|(_, value)| value);
        json!({
            "id": self.id, "session": self.session, "from": self.envelope.get("from"), "to": self.envelope.get("to"),
            "size": self.content.len(), "subject": subject,
        })
    }

    /// Returns the message with its whole envelope and its header.
    pub(crate) fn with_envelope(&self) -> Value {
        let header: Vec<Value> = self.header().map(|(name, value)| json!([name, value])).collect();
        json!({
            "id": self.id, "session": self.session, "size": self.content.len(), "envelope": self.envelope,
            "header": header,
        })
    }

    /// Returns the fields of the header, unfolded and not decoded (RFC 5322 section 2.2).
    fn header(&self) -> impl Iterator<Item = (String, String)> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in self.content.split(|octet| *octet == b'\n') {
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
            match (line.strip_prefix([' ', '\t']), line.split_once(':'), fields.last_mut()) {
                (Some(more), _, Some((_, value))) => {
                    value.push(' ');
                    value.push_str(more.trim());
                }
                (None, Some((name, value)), _) => fields.push((name.to_owned(), value.trim().to_owned())),
                // The empty line, or one that is none of a header.
                _ => break,
            }
        }
        fields.into_iter()
    }
}
