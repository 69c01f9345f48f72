//! Reads the scenarios of `scenarios.txt`, whose head describes the format.

/// A server that is a script, the message to deliver to it, and the expected outcomes.
#[derive(Default)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// The addresses.
    pub(crate) to: Vec<String>,
    pub(crate) options: Vec<String>,
    pub(crate) turns: Vec<Turn>,
    /// The expected outcomes: the recipient, the status, the scope and the text.
    pub(crate) outcomes: Vec<[String; 4]>,
}

/// The octets that the client writes, and then those of the server: pieces that arrive one after the other.
#[derive(Default)]
pub(crate) struct Turn {
    pub(crate) client: String,
    pub(crate) server: Vec<String>,
}

impl Scenario {
    pub(crate) fn has(&self, option: &str) -> bool {
        self.options.iter().any(|known| known == option)
    }

    /// Returns the value of an option.
    #[allow(dead_code, reason = "not every program has options with values")]
    pub(crate) fn value(&self, option: &str) -> Option<&str> {
        self.options.iter().find_map(|known| known.strip_prefix(option)?.strip_prefix('='))
    }

    fn client(&mut self, line: &str) {
        if self.turns.last().is_none_or(|turn| !turn.server.is_empty()) {
            self.turns.push(Turn::default());
        }
        let turn = self.turns.last_mut().unwrap();
        turn.client += line;
        turn.client += "\r\n";
    }

    fn server(&mut self, octets: &str) {
        if self.turns.is_empty() {
            self.turns.push(Turn::default());
        }
        let server = &mut self.turns.last_mut().unwrap().server;
        match server.last_mut() {
            Some(last) => last.push_str(octets),
            None => server.push(octets.to_owned()),
        }
    }

    fn short(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rcpt = |to: &str| format!("RCPT TO:<{}>", address(to));
        match word {
            "open" => {
                self.server("220 mx.example ESMTP\r\n");
                let hello = if self.has("lmtp") { "LHLO localhost" } else { "EHLO localhost" };
                self.client(hello);
                let mut keywords = rest.split(',').rev();
                let last = keywords.next().unwrap();
                self.server("250-mx.example\r\n");
                keywords.rev().for_each(|keyword| self.server(&format!("250-{keyword}\r\n")));
                self.server(&format!("250 {last}\r\n"));
            }
            "mail" => {
                self.client("MAIL FROM:<joe@client.example>");
                self.server("250 2.1.0 ok\r\n");
            }
            "rcpt" => {
                self.client(&rcpt(rest));
                self.server("250 2.1.5 ok\r\n");
            }
            "data" => {
                self.client("DATA");
                self.server("354 go\r\n");
            }
            "group" => {
                self.client("MAIL FROM:<joe@client.example>");
                rest.split(' ').for_each(|to| self.client(&rcpt(to)));
                self.client("DATA");
            }
            "accepted" => {
                self.server("250 2.1.0 ok\r\n");
                rest.split(' ').for_each(|_| self.server("250 2.1.5 ok\r\n"));
                self.server("354 go\r\n");
            }
            "message" => {
                self.client("Hello");
                self.client(".");
            }
            "quit" => {
                self.client("QUIT");
                self.server("221 2.0.0 bye\r\n");
            }
            _ => panic!("!{line}"),
        }
    }

    fn line(&mut self, line: &str) {
        match (line.chars().next().unwrap_or(' '), line.get(2..).unwrap_or_default()) {
            ('@', names) => self.to = names.split(' ').map(address).collect(),
            ('+', options) => self.options = options.split(' ').map(str::to_owned).collect(),
            ('>', line) => self.client(line),
            ('<', line) => self.server(&format!("{line}\r\n")),
            ('~', octets) => self.server(octets),
            ('.', _) => self.turns.last_mut().unwrap().server.push(String::new()),
            ('c', _) if line == "close" => {}
            ('!', _) => self.short(&line[1..]),
            ('=', outcome) => {
                let mut words = outcome.splitn(4, ' ');
                let mut word = || words.next().unwrap_or_else(|| panic!("{line}")).to_owned();
                let (to, status, scope, text) = (word(), word(), word(), word());
                let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
                self.outcomes.push([address(&to), status, scope, text.unwrap().to_owned()]);
            }
            _ => panic!("{line}"),
        }
    }
}

fn address(name: &str) -> String {
    if name.contains('@') { name.to_owned() } else { format!("{name}@mx.example") }
}

pub(crate) fn all() -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    for line in include_str!("scenarios.txt").lines() {
        if let Some(name) = line.strip_prefix("# ") {
            scenarios.push(Scenario { name: name.to_owned(), ..Scenario::default() });
        } else if !line.is_empty() && !line.starts_with('|') {
            scenarios.last_mut().unwrap().line(line);
        }
    }
    scenarios
}
