//! The table of states, whole: against a second table that was written from the clauses, and against the one that is printed
//! in the documentation.

use smtp_core::session::{Action, State};
use smtp_core::syntax::ReplyCode;
use std::collections::HashMap;

/// One cell for every state and action: `+` where the action is permitted and `-` where it is not; then the states after
/// 2yz, 3yz, 4yz and 5yz, each by its letter, `.` for no change.
///
/// What is not permitted has cells as well, since a server may do otherwise: a refusal changes nothing, and an acceptance
/// has the effect it has elsewhere. After DATA there is content and after 334 a response, and neither is ever anything
/// else.
///
/// The letters: S start, R ready, M mail, P rcpt, D data, B bdat, F failed, A auth, T tls, C closed.
const CELLS: &str = "
             S      R      M      P      D      B      F      A      T      C
# RFC 5321 3.1: the greeting opens the session and is no answer to a hello.
Greeting     +....  -....  -....  -....  -....  -....  -....  -....  -....  -....
# RFC 5321 4.1.4: a hello is taken at any time, and one that is accepted drops the transaction; one that is refused does not.
Helo         +R...  +R...  +R...  +R...  -R...  +R...  +R...  -R...  -....  -....
Ehlo         +R...  +R...  +R...  +R...  -R...  +R...  +R...  -R...  -....  -....
# RFC 2033 4.1: the same.
Lhlo         +R...  +R...  +R...  +R...  -R...  +R...  +R...  -R...  -....  -....
# RFC 5321 4.1.4: no MAIL before a hello, none within a transaction. RFC 1845 4: 355, and the recipients are known.
Mail         -MP..  +MP..  -MP..  -MP..  -MP..  -MP..  -MP..  -MP..  -....  -....
# RFC 5321 3.3: RCPT belongs to a transaction; a recipient that is refused does not undo those before.
Rcpt         -P...  -P...  +P...  +P...  -P...  -P...  -P...  -P...  -....  -....
# RFC 5321 4.1.1.4: 354, or no content. RFC 3030 2: DATA after BDAT spoils the transaction.
Data         -.D..  -.D..  -.D..  +.D..  -.D..  -.DFF  -.D..  -.D..  -....  -....
# RFC 5321 4.1.1.4: the buffers are cleared, with success and without.
Content      -....  -....  -....  -....  +RRRR  -....  -....  -....  -....  -....
# RFC 3030 2: after recipients; a chunk that fails leaves nothing but RSET.
Bdat         -B...  -B...  -B...  +B.FF  -B...  +B.FF  -....  -B...  -....  -....
BdatLast     -R...  -R...  -R...  +R.RR  -R...  +R.RR  -R...  -R...  -....  -....
# RFC 4468 3: as BDAT.
Burl         -B...  -B...  -B...  +B.FF  -B...  +B.FF  -....  -B...  -....  -....
BurlLast     -R...  -R...  -R...  +R.RR  -R...  +R.RR  -R...  -R...  -....  -....
# RFC 5321 4.1.1.5: at any time; before a hello as good as NOOP.
Rset         +....  +....  +R...  +R...  -R...  +R...  +R...  -R...  -....  -....
# RFC 5321 4.1.4: these are processed normally at any time, and nothing changes.
Vrfy         +....  +....  +....  +....  -....  +....  +....  -....  -....  -....
Expn         +....  +....  +....  +....  -....  +....  +....  -....  -....  -....
Help         +....  +....  +....  +....  -....  +....  +....  -....  -....  -....
Noop         +....  +....  +....  +....  -....  +....  +....  -....  -....  -....
# RFC 5321 4.1.1.10: at any time.
Quit         +C...  +C...  +C...  +C...  -C...  +C...  +C...  -C...  -....  -....
# RFC 3207 4: after the EHLO that offered it.
StartTls     -T...  +T...  -T...  -T...  -T...  -T...  -T...  -T...  -....  -....
# RFC 4954 4: not within a transaction.
Auth         -.A..  +.A..  -.A..  -.A..  -.A..  -.A..  -.A..  -.A..  -....  -....
# RFC 4954 4: 334 goes on, anything else ends the exchange.
Response     -....  -....  -....  -....  -....  -....  -....  +RARR  -....  -....
# RFC 1985 5: not within a transaction.
Etrn         -....  +....  -....  -....  -....  -....  -....  -....  -....  -....
# RFC 2645 5.2: the roles are exchanged.
Atrn         -C...  +C...  -C...  -C...  -C...  -C...  -C...  -C...  -....  -....
# Postfix: 220, and the session is at its beginning.
Xclient      +S...  +S...  -S...  -S...  -S...  -S...  -S...  -S...  -....  -....
Xforward     +....  +....  -....  -....  -....  -....  -....  -....  -....  -....
# RFC 5321 4.1.4, 4.2.4: a command that is not known changes nothing.
Other        +....  +....  +....  +....  -....  +....  +....  -....  -....  -....
";

/// Codes that mean the same whatever the cell says: the code, the actions it concerns, the state after it.
const CODES: &str = "
# RFC 5321 3.8, 4.2.1: the server closes the channel, whatever it was asked.
421  all                       C
# RFC 5321 4.2.4: the server does not know the command, or does not have it. What is no command cannot be unknown.
500  all-but-Content-Response  .
502  all-but-Content-Response  .
# RFC 5321 4.3.2: DATA with an argument is no DATA.
501  Data                      .
";

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect())
}

fn state(letter: char) -> State {
    let at = "SRMPDBFATC".find(letter).unwrap_or_else(|| panic!("{letter} is no state"));
    State::ALL[at]
}

fn codes() -> impl Iterator<Item = ReplyCode> {
    (200..=599).map(|code| ReplyCode::new(code).unwrap())
}

/// What [`CODES`] says about it, if anything.
fn by_code(now: State, action: &str, code: ReplyCode) -> Option<State> {
    rows(CODES).find_map(|row| {
        let [of, actions, next] = row[..] else { panic!("{row:?}") };
        let concerned = match actions.strip_prefix("all") {
            Some(but) => !but.split('-').any(|name| name == action),
            None => actions == action,
        };
        let applies = concerned && of == code.to_string();
        applies.then(|| if next == "." || now == State::Closed { now } else { state(next.chars().next().unwrap()) })
    })
}

#[test]
fn the_letters_are_the_states() {
    assert_eq!(State::ALL.len(), 10);
    let letters = "start ready mail p-rcpt data bdat failed auth tls closed";
    for (name, now) in letters.split(' ').zip(State::ALL) {
        assert_eq!(name.trim_start_matches("p-"), now.to_string());
        assert_eq!(state(name.chars().next().unwrap().to_ascii_uppercase()), *now);
    }
}

#[test]
fn every_cell_is_that_of_the_clauses() {
    let mut rows = rows(CELLS);
    let header: Vec<State> = rows.next().unwrap().iter().map(|letter| state(letter.chars().next().unwrap())).collect();
    assert_eq!(header, State::ALL);
    let table: HashMap<&str, Vec<&str>> = rows.map(|row| (row[0], row[1..].to_vec())).collect();
    assert_eq!(table.len(), Action::ALL.len());
    let mut held = 0;
    for action in Action::ALL {
        let name = format!("{action:?}");
        let cells = table.get(name.as_str()).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(cells.len(), State::ALL.len(), "{name}");
        for (now, cell) in State::ALL.iter().zip(cells) {
            let (permitted, after) = cell.split_at(1);
            assert_eq!(now.permits(*action), permitted == "+", "{now}: {name}");
            let after: Vec<State> = after.chars().map(|next| if next == '.' { *now } else { state(next) }).collect();
            for code in codes() {
                let by_digit = after[usize::from(code.get() / 100 - 2)];
                let expected = by_code(*now, &name, code).unwrap_or(by_digit);
                assert_eq!(now.after(*action, code), expected, "{now}: {name}: {code}");
                held += 1;
            }
        }
    }
    assert_eq!(held, 10 * 26 * 400);
}

/// A cell of the printed table: the states after the digits that it names, or nothing where it is empty.
struct Printed {
    empty: bool,
    after: HashMap<char, State>,
}

impl Printed {
    fn read(cell: &str) -> Self {
        let effects = cell.split(',').map(str::trim).filter(|effect| !effect.is_empty() && *effect != "=");
        let after = effects.flat_map(|effect| {
            let (digits, name) = effect.split_once(' ').unwrap_or_else(|| panic!("{cell}"));
            let next = State::ALL.iter().find(|next| format!("{next:?}") == name);
            let next = *next.unwrap_or_else(|| panic!("{cell}"));
            digits.chars().map(move |digit| (digit, next))
        });
        Self { empty: cell.is_empty(), after: after.collect() }
    }

    /// A cell that speaks of a refusal only is one of something that is not permitted.
    fn permits(&self) -> bool {
        !self.empty && (self.after.is_empty() || self.after.keys().any(|digit| matches!(digit, '2' | '3')))
    }
}

/// The rows of the table in the documentation, each with its actions and its cells by state.
fn printed() -> Vec<(Vec<String>, HashMap<String, Printed>)> {
    let lines = include_str!("../../src/session/state.rs").lines();
    let mut rows = lines.filter_map(|line| line.strip_prefix("/// |")).map(|line| {
        let cells: Vec<String> = line.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        cells
    });
    let header = rows.next().unwrap();
    assert_eq!(rows.next().unwrap().len(), header.len());
    rows.map(|row| {
        assert_eq!(row.len(), header.len(), "{row:?}");
        assert_ne!(row.last().unwrap(), "", "a clause");
        let actions = row[0].split(", ").map(str::to_owned).collect();
        let states = header.iter().zip(&row).skip(1).take(header.len() - 2);
        (actions, states.map(|(name, cell)| (name.clone(), Printed::read(cell))).collect())
    })
    .collect()
}

/// What the text around the printed table says about a code, if anything.
fn by_text(now: State, action: Action, code: ReplyCode) -> Option<State> {
    let of_a_command = !matches!(action, Action::Content | Action::Response);
    match code.get() {
        421 => Some(State::Closed),
        500 | 502 if of_a_command => Some(now),
        501 if action == Action::Data => Some(now),
        200..=299 if matches!(action, Action::Bdat | Action::Burl) && now == State::Failed => Some(now),
        _ => None,
    }
}

#[test]
fn the_printed_table_is_the_one_in_force() {
    let rows = printed();
    let mut named = Vec::new();
    for (actions, cells) in &rows {
        for name in actions {
            let action = *Action::ALL.iter().find(|action| format!("{action:?}") == *name).unwrap();
            named.push(action);
            for now in State::ALL {
                let cell = cells.get(&format!("{now:?}"));
                assert_eq!(cell.is_some(), now.takes_commands(), "{now} has a column if it takes commands");
                assert_eq!(now.permits(action), cell.is_some_and(Printed::permits), "{now}: {name}");
                for code in codes() {
                    let digit = code.to_string().chars().next().unwrap();
                    let elsewhere = || cells.values().find_map(|cell| cell.after.get(&digit)).copied();
                    let expected = match cell {
                        _ if matches!(now, State::Tls | State::Closed) && code.get() != 421 => *now,
                        Some(cell) if cell.permits() => cell.after.get(&digit).copied().unwrap_or(*now),
                        // An acceptance of what is not permitted has the effect it has elsewhere.
                        _ if matches!(digit, '2' | '3') => elsewhere().unwrap_or(*now),
                        Some(cell) => cell.after.get(&digit).copied().unwrap_or(*now),
                        None => *now,
                    };
                    let expected = by_text(*now, action, code).unwrap_or(expected);
                    assert_eq!(now.after(action, code), expected, "{now}: {name}: {code}");
                }
            }
        }
    }
    // The three states that the text below the table tells of.
    for (action, at) in
        [(Action::Content, State::Data), (Action::Response, State::Auth), (Action::Greeting, State::Start)]
    {
        named.push(action);
        for now in State::ALL {
            assert_eq!(now.permits(action), *now == at, "{now}: {action:?}");
            for code in codes() {
                let ends = match action {
                    Action::Content => *now == at,
                    Action::Response => *now == at && code.get() / 100 != 3,
                    _ => false,
                };
                let expected = by_text(*now, action, code).unwrap_or(if ends { State::Ready } else { *now });
                assert_eq!(now.after(action, code), expected, "{now}: {action:?}: {code}");
            }
        }
    }
    for action in Action::ALL {
        assert_eq!(named.iter().filter(|one| *one == action).count(), 1, "{action:?}");
    }
    for state in [State::Data, State::Auth, State::Tls, State::Closed] {
        let permitted: Vec<_> = Action::ALL.iter().filter(|action| state.permits(**action)).collect();
        assert!(permitted.len() == usize::from(matches!(state, State::Data | State::Auth)), "{state}: {permitted:?}");
    }
}

/// RFC 2920 section 3.1: these stand anywhere in a group; the others end it. RFC 3030 section 4.2 adds BDAT, RFC 4468
/// section 3 BURL.
#[test]
fn what_ends_a_group_of_commands() {
    let anywhere = "Mail Rcpt Rset Content Bdat BdatLast Burl BurlLast Xforward";
    for action in Action::ALL {
        let ends = !anywhere.split(' ').any(|name| name == format!("{action:?}"));
        assert_eq!(action.ends_group(), ends, "{action:?}");
    }
}
