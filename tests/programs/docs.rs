//! The examples in the documentation fit on a page, and its RFCs are links. `.ci/traits` demands that there are examples.

use std::fs;
use std::path::{Path, PathBuf};

const SRC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../src");

/// Every file of `src`, or of a folder in it, with this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// A public item: its place, and its documentation.
struct Item {
    place: String,
    docs: String,
}

/// Every item that is `pub` in `src`, with the doc comment and the attributes before it.
fn public_items() -> Vec<Item> {
    let mut items = Vec::new();
    for path in files(Path::new(SRC), "rs") {
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
                items.push(Item { place, docs: docs.clone() });
            }
            docs.clear();
        }
    }
    items
}

/// The first mention of an RFC in the documentation of an item is a link, to its section if one is named:
/// `[RFC 5321 section 4.5.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.2)`.
#[test]
fn the_first_mention_of_an_rfc_is_a_link() {
    let mut links = 0;
    for Item { place, docs } in public_items() {
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

/// The widest line of an example that a page of rustdoc, or of the README on a screen, shows whole, in columns.
const WIDTH: usize = 95;

/// The lines of Markdown that stand between fences and are shown, with their numbers.
fn shown(text: impl Iterator<Item = (usize, String)>) -> Vec<(usize, String)> {
    let mut is_code = false;
    text.filter(|(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        is_code && !is_fence && line.trim() != "#" && !line.trim_start().starts_with("# ")
    })
    .collect()
}

/// The examples in the docs of a source file, except those of private functions, which no page shows.
fn examples(text: &str) -> Vec<(usize, String)> {
    let (mut found, mut docs) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        if let Some(doc) = doc {
            docs.push((number + 1, doc.strip_prefix(' ').unwrap_or(doc).to_owned()));
        } else if !line.starts_with("#[") {
            let is_private = ["fn ", "const fn ", "pub("].iter().any(|start| line.starts_with(start));
            let docs = std::mem::take(&mut docs);
            if !is_private {
                found.extend(shown(docs.into_iter()));
            }
        }
    }
    found
}

#[test]
fn every_example_fits_on_a_page() {
    let src = Path::new(SRC);
    let sources = files(src, "rs").into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path, examples(&text))
    });
    let pages = files(&src.join("guide"), "md").into_iter().chain([src.join("../README.md")]).map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.to_owned()));
        (path, shown(lines))
    });
    let (mut lines, mut wide) = (0, Vec::new());
    for (path, example) in sources.chain(pages) {
        let name = path.strip_prefix(src).unwrap().to_str().unwrap().to_owned();
        lines += example.len();
        let too_wide = example.iter().filter(|(_, line)| line.chars().count() > WIDTH);
        wide.extend(too_wide.map(|(number, line)| format!("{name}:{number}: {line}")));
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
    assert!(lines > 2000, "{lines}");
}
