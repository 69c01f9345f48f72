//! The documentation of public items has examples, and its RFCs are links.

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// A public item: its place, its first line, and its documentation.
struct Item {
    place: String,
    line: String,
    docs: String,
}

/// Every item that is `pub` in `src`, with the doc comment and the attributes before it.
fn public_items() -> Vec<Item> {
    let mut paths = Vec::new();
    files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../src")), &mut paths);
    let mut items = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let mut docs = String::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let is_before = line.starts_with(['/', '#', '$', ')', '"']);
            if is_before {
                docs += &format!("{line}\n");
                continue;
            }
            if line.starts_with("pub ") {
                let place = format!("{}:{}", path.display(), number + 1);
                items.push(Item { place, line: line.to_owned(), docs: docs.clone() });
            }
            docs.clear();
        }
    }
    items
}

#[test]
fn every_public_type_has_an_example() {
    let mut types = 0;
    for Item { place, line, docs } in public_items() {
        // The docs of a type that a macro makes are where the macro is called; `.ci/traits` looks at what came of it.
        if ["pub struct ", "pub enum ", "pub trait "].iter().any(|kind| line.starts_with(kind)) && !line.contains('$') {
            types += 1;
            assert!(docs.contains("```"), "{place}: {line}");
        }
    }
    assert!(types > 150, "{types}");
}

/// The first mention of an RFC in the documentation of an item is a link, to its section if one is named:
/// `[RFC 5321 section 4.5.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.2)`.
#[test]
fn the_first_mention_of_an_rfc_is_a_link() {
    let mut links = 0;
    for Item { place, docs, .. } in public_items() {
        let lines: String =
            docs.lines().filter_map(|line| line.strip_prefix("///")).flat_map(|line| [line.trim(), " "]).collect();
        // Outside the examples.
        let text: String = lines.split("```").step_by(2).collect();
        let mut seen = Vec::new();
        for (at, _) in text.match_indices("RFC ") {
            let number: String = text[at + 4..].chars().take_while(char::is_ascii_digit).collect();
            if number.is_empty() || seen.contains(&number) {
                continue;
            }
            let is_link = text[..at].ends_with('[')
                && text[at..].split_once("](").is_some_and(|(_, address)| {
                    address.starts_with(&format!("https://www.rfc-editor.org/rfc/rfc{number}"))
                });
            assert!(is_link, "{place}: RFC {number}");
            links += 1;
            seen.push(number);
        }
    }
    assert!(links > 150, "{links}");
}
