//! What the scripted server says, as data. The checks are made of it, and [`super::session`] plays it.
//!
//! A script has an answer for some places of a session. At every other place the server answers as a plain server does.

/// Where in a session the server says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Greeting,
    /// EHLO, and LHLO of LMTP, before TLS.
    Hello,
    Helo,
    HelloInTls,
    StartTls,
    /// The end of an AUTH exchange.
    Auth,
    Mail,
    Rcpt,
    Data,
    /// A chunk that is not the last.
    Chunk,
    /// The end of the content: the final dot, or the last chunk. In LMTP once for each recipient that was accepted.
    End,
    Rset,
    Noop,
    Quit,
    /// Any other command.
    Other,
}

impl Place {
    /// The place in words, after "the reply to".
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Greeting => "the connection",
            Self::Hello => "EHLO",
            Self::Helo => "HELO",
            Self::HelloInTls => "EHLO within TLS",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Chunk => "BDAT",
            Self::End => "the end of the content",
            Self::Rset => "RSET",
            Self::Noop => "NOOP",
            Self::Quit => "QUIT",
            Self::Other => "another command",
        }
    }
}

/// How an answer is cut into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Whole,
    /// Each octet is written for itself.
    Octets,
    /// So many octets are written, and the rest when the client has sent something or the patience of the server has ended. With 0
    /// the whole answer is withheld.
    HeldAt(usize),
}

/// What the server does after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    GoOn,
    /// It closes its direction of the connection, and reads what still comes.
    Close,
    /// It leaves the connection, whatever the client is sending.
    Drop,
}

/// One answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) text: &'static str,
    pub(super) cut: Cut,
    pub(super) then: Then,
}

/// An answer that is written whole.
pub(super) const fn say(text: &'static str) -> Answer {
    Answer { text, cut: Cut::Whole, then: Then::GoOn }
}

impl Answer {
    pub(super) const fn in_octets(mut self) -> Self {
        self.cut = Cut::Octets;
        self
    }

    /// The answer is held back after so many octets.
    pub(super) const fn held_at(mut self, octets: usize) -> Self {
        self.cut = Cut::HeldAt(octets);
        self
    }

    pub(super) const fn and_close(mut self) -> Self {
        self.then = Then::Close;
        self
    }

    pub(super) const fn and_drop(mut self) -> Self {
        self.then = Then::Drop;
        self
    }

    /// The first digit of the code of its first reply.
    pub(super) fn first_digit(&self) -> u8 {
        self.text.bytes().next().unwrap_or_default()
    }
}

/// The answers of one check: the first of a place is used first, and the last of it for every further time.
pub(super) type Answers = &'static [(Place, &'static [Answer])];

/// What the server says in one check.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    /// The extensions that it offers, before TLS.
    pub(super) keywords: &'static [&'static str],
    /// The extensions that it offers within TLS.
    pub(super) keywords_in_tls: &'static [&'static str],
    pub(super) answers: Answers,
    /// The plain answers are written octet by octet.
    pub(super) in_octets: bool,
}

impl Script {
    /// 8BITMIME is there so that the message of a test may have octets above 127.
    pub(super) const PLAIN: Self =
        Self { keywords: &["8BITMIME"], keywords_in_tls: &["8BITMIME"], answers: &[], in_octets: false };

    /// The answer of the script at this place, the `count`th time.
    pub(super) fn answer(&self, place: Place, count: usize) -> Option<Answer> {
        let (_, answers) = self.answers.iter().find(|(at, _)| *at == place)?;
        answers.get(count).or(answers.last()).copied()
    }

    /// The place that the check is about.
    pub(super) fn first(&self) -> Option<Place> {
        self.answers.first().map(|(place, _)| *place)
    }
}
