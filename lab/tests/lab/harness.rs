//! Starts the program, and talks to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn lab() -> Command {
    Command::new(env!("CARGO_BIN_EXE_smtp-lab"))
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = lab();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    output
}

pub(crate) fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

/// An empty directory for one test.
pub(crate) fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = std::fs::remove_dir_all(&path); // of an earlier run
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    /// In the order in which they were told.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Server {
    /// Starts it, and waits until it listens on so many addresses.
    pub(crate) fn start(arguments: &[&str], listening: usize) -> Self {
        let mut child = lab().args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut addresses = Vec::new();
        while addresses.len() < listening {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "it ended");
            let address = line.trim_end().rsplit(' ').next().unwrap();
            addresses.push(address.trim_start_matches("http://").trim_end_matches('/').parse().unwrap());
        }
        Self { child, output, addresses }
    }

    pub(crate) fn mock(arguments: &[&str]) -> Self {
        Self::start(&[&["mock", "--listen", "127.0.0.1:0"], arguments].concat(), 1)
    }

    pub(crate) fn mock_with_api(arguments: &[&str]) -> Self {
        Self::start(&[&["mock", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"], arguments].concat(), 2)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.addresses[0])
    }

    /// Sends it all, and reads until the server closes.
    pub(crate) fn dialogue(&self, input: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(input.as_bytes()).unwrap();
        read_all(&mut stream)
    }

    /// SIGTERM, and all that was printed after the first lines.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let mut printed = String::new();
        self.output.read_to_string(&mut printed).unwrap();
        (self.child.wait().unwrap(), printed)
    }

    /// Reads printed lines until one has this in it.
    pub(crate) fn wait_for(&mut self, part: &str) -> String {
        let mut printed = String::new();
        while !printed.lines().last().is_some_and(|line| line.contains(part)) {
            assert!(self.output.read_line(&mut printed).unwrap() > 0, "no {part} in {printed}");
        }
        printed
    }

    /// A request to the API: the status, the headers in lower case, and the body.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str, headers: &str) -> (u16, String, Vec<u8>) {
        self.request_as(&self.addresses[1].to_string(), method, path, body, headers)
    }

    /// Asks by a name for the server.
    pub(crate) fn request_as(
        &self,
        host: &str,
        method: &str,
        path: &str,
        body: &str,
        headers: &str,
    ) -> (u16, String, Vec<u8>) {
        let mut stream = connect(self.addresses[1]);
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = text(&answer[..end]).to_ascii_lowercase();
        (head[9..12].parse().unwrap(), head, answer[end + 4..].to_vec())
    }

    pub(crate) fn get(&self, path: &str) -> serde_json::Value {
        let (status, _, body) = self.request("GET", path, "", "");
        assert_eq!(status, 200, "{path}");
        serde_json::from_slice(&body).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

pub(crate) fn read_all(stream: &mut impl Read) -> String {
    let mut output = Vec::new();
    stream.read_to_end(&mut output).unwrap();
    text(&output)
}

/// Reads until this is the end of what came.
pub(crate) fn read_until(stream: &mut impl Read, end: &str) -> String {
    let mut output = Vec::new();
    while !output.ends_with(end.as_bytes()) {
        let mut octet = [0];
        assert_eq!(stream.read(&mut octet).unwrap(), 1, "closed after {}", String::from_utf8_lossy(&output));
        output.push(octet[0]);
    }
    text(&output)
}

/// The codes of the replies.
pub(crate) fn codes(heard: &str) -> Vec<&str> {
    heard.lines().filter(|line| line.as_bytes().get(3) == Some(&b' ')).map(|line| &line[..3]).collect()
}

pub(crate) const MESSAGE: &str = "EHLO client.example\r\nMAIL FROM:<joe@client.example>\r\nRCPT TO:<ann@mx.example>\r\n\
    DATA\r\nSubject: hello\r\n\r\n..dot\r\n.\r\nQUIT\r\n";
