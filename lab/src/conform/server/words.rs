//! What stands for the braces and escapes in the text of a step.

use smtp_core::syntax::Plain;

/// The values of the braces, for one session.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    /// `{from}`: the sender. `{rcpt}`: the recipient, which is empty where there is none; `{local}`, `{domain}`, `{DOMAIN}` in capitals,
    /// and `{escaped}`, the local-part with a backslash before each octet.
    pub(super) from: &'a str,
    pub(super) rcpt: &'a str,
    /// `{hello}`: the name in EHLO.
    pub(super) hello: &'a str,
    /// `{plain}`: the initial response of PLAIN, in base64. It is a credential.
    pub(super) plain: &'a str,
    /// `{marker}`: the subject of the message of this check. `{head}`: a header section with it. `{smuggled}`: a message whose subject is
    /// another.
    pub(super) marker: &'a str,
    /// `{size+1}`: one more than the maximum that SIZE declares. `{#}`: the length of the chunk that follows the line, up to `{.}` or to
    /// the end.
    pub(super) size: Option<u128>,
}

/// The subject of the message that is smuggled, given that of the message around it.
pub(super) fn smuggled(marker: &str) -> String {
    format!("{marker}-smuggled")
}

/// The initial response of PLAIN, in base64. `None` where user or password cannot be sent.
pub(super) fn plain(user: &str, password: &str) -> Option<String> {
    let plain = Plain { authorization: "", authentication: user, password };
    plain.encode().map(|encoded| encoded.as_base64().to_string())
}

impl Words<'_> {
    /// The octets that a text stands for. `None`: a brace has no value here.
    pub(super) fn octets(&self, text: &str) -> Option<Vec<u8>> {
        let mut octets = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '\\']) {
            let (before, from) = rest.split_at_checked(at)?;
            octets.extend_from_slice(before.as_bytes());
            rest = if let Some(brace) = from.strip_prefix('{') {
                let (name, after) = brace.split_once('}')?;
                match name {
                    // What follows the line, up to `{.}`, is the chunk.
                    "#" => {
                        let (_, chunk) = after.split_once("\\r\\n")?;
                        let chunk = chunk.split_once("{.}").map_or(chunk, |(chunk, _)| chunk);
                        octets.extend_from_slice(self.octets(chunk)?.len().to_string().as_bytes());
                    }
                    "." => {}
                    _ => octets.extend_from_slice(&self.brace(name)?),
                }
                after
            } else {
                let mut characters = from.chars();
                characters.next();
                let octet = match characters.next()? {
                    'r' => b'\r',
                    'n' => b'\n',
                    't' => b'\t',
                    'x' => {
                        let hex = characters.as_str().get(..2)?;
                        characters.nth(1);
                        u8::from_str_radix(hex, 16).ok()?
                    }
                    other => u8::try_from(other).ok()?,
                };
                octets.push(octet);
                characters.as_str()
            };
        }
        octets.extend_from_slice(rest.as_bytes());
        Some(octets)
    }

    fn brace(&self, name: &str) -> Option<Vec<u8>> {
        let (local, domain) = self.rcpt.rsplit_once('@').unwrap_or((self.rcpt, ""));
        let Self { from, rcpt, hello, marker, .. } = self;
        let text = match name {
            "from" => (*from).to_owned(),
            "rcpt" => (*rcpt).to_owned(),
            "local" => local.to_owned(),
            "domain" => domain.to_owned(),
            "DOMAIN" => domain.to_ascii_uppercase(),
            "escaped" => local.chars().flat_map(|letter| ['\\', letter]).collect(),
            "hello" => (*hello).to_owned(),
            "plain" => self.plain.to_owned(),
            "marker" => (*marker).to_owned(),
            "head" => head(rcpt, hello, marker),
            "smuggled" => head(rcpt, hello, &smuggled(marker)) + "Smuggled.",
            "size+1" => self.size?.checked_add(1)?.to_string(),
            _ => {
                let (unit, count) = name.rsplit_once('*')?;
                return Some(self.octets(unit)?.repeat(count.parse().ok()?));
            }
        };
        Some(text.into_bytes())
    }
}

fn head(rcpt: &str, hello: &str, subject: &str) -> String {
    format!(
        "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nFrom: <{rcpt}>\r\nTo: <{rcpt}>\r\nSubject: {subject}\r\n\
         Message-ID: <{subject}@{hello}>\r\n\r\n"
    )
}
