//! A slow reader of ABNF (RFC 5234) for the grammar as the standards print it. The laws compare the parsers with it; it knows
//! nothing of the crate.
//!
//! A rule matches at an offset with a set of ends. All of them are followed, so alternatives have no order and no repetition is
//! greedy.

use std::sync::LazyLock;

/// RFC 5321 and extensions.
pub(crate) static STRICT: LazyLock<Abnf> = LazyLock::new(|| Abnf::new(include_str!("strict.abnf")));
/// The same with RFC 6531.
pub(crate) static SMTPUTF8: LazyLock<Abnf> =
    LazyLock::new(|| Abnf::new(concat!(include_str!("strict.abnf"), include_str!("smtputf8.abnf"))));

/// RFC 5321 and extensions, extended by every kind of `Dialect`.
pub(crate) static LENIENT: LazyLock<Abnf> =
    LazyLock::new(|| Abnf::new(concat!(include_str!("strict.abnf"), include_str!("lenient.abnf"))));
/// The same with RFC 6531.
pub(crate) static LENIENT_SMTPUTF8: LazyLock<Abnf> = LazyLock::new(|| {
    Abnf::new(concat!(include_str!("strict.abnf"), include_str!("lenient.abnf"), include_str!("smtputf8.abnf")))
});

/// A grammar.
pub(crate) struct Abnf {
    names: Vec<String>,
    rules: Vec<Node>,
}

#[derive(Clone)]
enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Repeat(usize, usize, Box<Node>),
    Within(usize, Box<Node>),
    Rule(usize),
    Octet(Box<[bool; 256]>),
}

/// The ends of each rule at each offset that has been searched.
type Known = [Option<Box<[usize]>>];

impl Abnf {
    fn new(text: &str) -> Self {
        let mut abnf = Self { names: Vec::new(), rules: Vec::new() };
        let mut rules: Vec<String> = Vec::new();
        for line in text.lines() {
            let line = without_comment(line);
            if line.trim().is_empty() {
                continue;
            }
            match rules.last_mut() {
                Some(rule) if line.starts_with(' ') => rule.push_str(line),
                _ => rules.push(line.to_owned()),
            }
        }
        for rule in rules {
            let (name, definition) = rule.split_once('=').unwrap();
            let mut reader = Reader { abnf: &mut abnf, rest: definition.trim_start_matches('/').trim_start() };
            let node = reader.alternatives();
            assert_eq!(reader.rest, "", "in {name}");
            let number = abnf.number(name.trim());
            let more = definition.starts_with('/');
            match &mut abnf.rules[number] {
                Node::Any(nodes) if more || nodes.is_empty() => nodes.push(node),
                other => panic!("{name} twice: {}", matches!(other, Node::Any(_))),
            }
        }
        for (name, rule) in abnf.names.iter().zip(&abnf.rules) {
            assert!(!matches!(rule, Node::Any(nodes) if nodes.is_empty()), "{name} is not defined");
        }
        for number in 0..abnf.rules.len() {
            if let Some(class) = abnf.class(&abnf.rules[number], 0) {
                abnf.rules[number] = Node::Octet(Box::new(class));
            }
        }
        abnf.rules = abnf.rules.iter().map(|rule| abnf.folded(rule)).collect();
        abnf
    }

    fn number(&mut self, name: &str) -> usize {
        let name = name.to_ascii_lowercase();
        self.names.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.names.push(name);
            self.rules.push(Node::Any(Vec::new()));
            self.rules.len() - 1
        })
    }

    /// Returns the octets that a rule matches, if it always matches exactly one.
    fn class(&self, node: &Node, depth: usize) -> Option<[bool; 256]> {
        match node {
            Node::Octet(class) => Some(**class),
            Node::Rule(number) if depth < 16 => self.class(&self.rules[*number], depth + 1),
            Node::All(nodes) if nodes.len() == 1 => self.class(&nodes[0], depth),
            Node::Any(nodes) => nodes.iter().try_fold([false; 256], |mut all, node| {
                let class = self.class(node, depth)?;
                (0..256).for_each(|octet| all[octet] |= class[octet]);
                Some(all)
            }),
            _ => None,
        }
    }

    /// Returns the same node, with classes in place of nodes that match one octet.
    fn folded(&self, node: &Node) -> Node {
        if let Some(class) = self.class(node, 0) {
            return Node::Octet(Box::new(class));
        }
        match node {
            Node::Any(nodes) => Node::Any(nodes.iter().map(|node| self.folded(node)).collect()),
            Node::All(nodes) => Node::All(nodes.iter().map(|node| self.folded(node)).collect()),
            Node::Repeat(least, most, node) => Node::Repeat(*least, *most, Box::new(self.folded(node))),
            Node::Within(most, node) => Node::Within(*most, Box::new(self.folded(node))),
            Node::Rule(_) | Node::Octet(_) => node.clone(),
        }
    }

    /// Returns `true` if the whole text matches the rule.
    pub(crate) fn matches(&self, rule: &str, text: &[u8]) -> bool {
        self.ends(rule, text).contains(&text.len())
    }

    /// Returns the ends of the matches at the start of the text, in ascending order.
    pub(crate) fn ends(&self, rule: &str, text: &[u8]) -> Vec<usize> {
        let name = rule.to_ascii_lowercase();
        let number = self.names.iter().position(|known| *known == name).unwrap();
        let mut known = vec![None; self.rules.len() * (text.len() + 1)];
        let mut ends = Vec::new();
        self.follow(&Node::Rule(number), text, 0, &mut known, &mut ends);
        ends
    }

    /// Adds the ends, in any order. One may be added twice.
    fn follow(&self, node: &Node, text: &[u8], at: usize, known: &mut Known, ends: &mut Vec<usize>) {
        match node {
            Node::Octet(class) => ends.extend(text.get(at).filter(|octet| class[usize::from(**octet)]).map(|_| at + 1)),
            Node::Rule(number) => {
                let place = number * (text.len() + 1) + at;
                if known[place].is_none() {
                    let found = self.set(&self.rules[*number], text, &[at], known);
                    known[place] = Some(found.into());
                }
                ends.extend(known[place].iter().flat_map(|ends| ends.iter()));
            }
            Node::Any(nodes) => nodes.iter().for_each(|node| self.follow(node, text, at, known, ends)),
            Node::All(nodes) => {
                let mut from = vec![at];
                for node in nodes {
                    from = self.set(node, text, &from, known);
                }
                ends.extend(from);
            }
            Node::Within(most, node) => {
                ends.extend(self.set(node, text, &[at], known).into_iter().filter(|end| end - at <= *most));
            }
            Node::Repeat(least, most, node) => {
                if let Node::Octet(class) = &**node {
                    let run = text[at..].iter().take_while(|octet| class[usize::from(**octet)]).count();
                    return ends.extend((*least..=run.min(*most)).map(|count| at + count));
                }
                let mut all = if *least == 0 { vec![at] } else { Vec::new() };
                let mut from = vec![at];
                for count in 1..=*most {
                    from = self.set(node, text, &from, known);
                    if count >= *least {
                        // Beyond the least count, only new ends can lead to further ones.
                        from.retain(|end| count == *least || !all.contains(end));
                        all.extend(&from);
                    }
                    if from.is_empty() {
                        break;
                    }
                }
                ends.extend(all);
            }
        }
    }

    /// Returns the ends from any of these offsets, in ascending order, each once.
    fn set(&self, node: &Node, text: &[u8], from: &[usize], known: &mut Known) -> Vec<usize> {
        let mut ends = Vec::new();
        from.iter().for_each(|at| self.follow(node, text, *at, known, &mut ends));
        ends.sort_unstable();
        ends.dedup();
        ends
    }
}

fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let comment = line.find(|character| {
        quoted ^= character == '"';
        character == ';' && !quoted
    });
    &line[..comment.unwrap_or(line.len())]
}

struct Reader<'a> {
    abnf: &'a mut Abnf,
    rest: &'a str,
}

impl Reader<'_> {
    fn alternatives(&mut self) -> Node {
        let mut nodes = vec![self.concatenation()];
        while self.skip('/') {
            nodes.push(self.concatenation());
        }
        Node::Any(nodes)
    }

    fn concatenation(&mut self) -> Node {
        let mut nodes = Vec::new();
        while !matches!(self.rest.chars().next(), None | Some('/' | ')' | ']' | '}')) {
            nodes.push(self.repetition());
            self.rest = self.rest.trim_start();
        }
        Node::All(nodes)
    }

    fn repetition(&mut self) -> Node {
        let least = self.decimal();
        let star = self.rest.starts_with('*');
        if star {
            self.rest = &self.rest[1..];
        }
        let most = if star { self.decimal() } else { least };
        let element = self.element();
        match (least, star, most) {
            (None, false, _) => element,
            _ => Node::Repeat(least.unwrap_or(0), most.unwrap_or(usize::MAX), Box::new(element)),
        }
    }

    fn element(&mut self) -> Node {
        let first = self.rest.chars().next().unwrap();
        match first {
            '(' | '[' | '{' => {
                self.rest = self.rest[1..].trim_start();
                let most = if first == '{' { self.decimal() } else { None };
                self.rest = self.rest.trim_start();
                let node = self.alternatives();
                assert!(self.skip(match first {
                    '(' => ')',
                    '[' => ']',
                    _ => '}',
                }));
                match (first, most) {
                    ('[', _) => Node::Repeat(0, 1, Box::new(node)),
                    (_, Some(most)) => Node::Within(most, Box::new(node)),
                    _ => node,
                }
            }
            '"' => {
                let (text, rest) = self.rest[1..].split_once('"').unwrap();
                self.rest = rest;
                // RFC 5234 section 2.3: literal text ignores case.
                Node::All(text.bytes().map(|octet| one_of(|other| other.eq_ignore_ascii_case(&octet))).collect())
            }
            '%' => {
                let radix = if self.rest[1..].starts_with('x') { 16 } else { 10 };
                let length = self.rest[2..].find(|c: char| !c.is_ascii_hexdigit() && c != '-').map(|end| end + 2);
                let (value, rest) = self.rest.split_at(length.unwrap_or(self.rest.len()));
                self.rest = rest;
                let (low, high) = value[2..].split_once('-').unwrap_or((&value[2..], &value[2..]));
                let number = |text| u8::from_str_radix(text, radix).unwrap();
                let (low, high) = (number(low), number(high));
                one_of(|octet| (low..=high).contains(octet))
            }
            _ => {
                let length = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
                let (name, rest) = self.rest.split_at(length.unwrap_or(self.rest.len()));
                assert!(!name.is_empty(), "before {rest}");
                self.rest = rest;
                Node::Rule(self.abnf.number(name))
            }
        }
    }

    fn decimal(&mut self) -> Option<usize> {
        let length = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        digits.parse().ok()
    }

    fn skip(&mut self, wanted: char) -> bool {
        self.rest = self.rest.trim_start();
        let found = self.rest.starts_with(wanted);
        if found {
            self.rest = self.rest[1..].trim_start();
        }
        found
    }
}

fn one_of(wanted: impl Fn(&u8) -> bool) -> Node {
    let mut class = [false; 256];
    (0..=u8::MAX).filter(|octet| wanted(octet)).for_each(|octet| class[usize::from(octet)] = true);
    Node::Octet(Box::new(class))
}
