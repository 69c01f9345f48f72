//! README.md agrees with the code.

use smtp_core::syntax::{Extension, ParameterName};
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The rows of the table under this heading, without its head.
fn table(heading: &str) -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, section) = readme.split_once(&format!("\n## {heading}\n")).expect(heading);
    let section = section.split("\n## ").next().unwrap();
    section.lines().filter(|line| line.starts_with("| ")).skip(1).map(str::to_owned).collect()
}

/// The text of every source file beneath a folder.
pub(crate) fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

#[test]
fn every_extension_and_parameter_has_its_document() {
    let rows = table("Standards");
    let keywords = Extension::ALL.iter().map(|extension| (extension.keyword(), extension.reference()));
    for (keyword, reference) in keywords {
        let named = |row: &&String| row.split(['|', ' ', ',', ';', ':']).any(|word| word == keyword);
        let row = rows.iter().find(named);
        assert!(row.is_some_and(|row| row.contains(&format!("[{reference}]("))), "{keyword}, {reference}");
    }
    for name in ParameterName::ALL {
        let document = name.reference().split(" section").next().unwrap();
        assert!(rows.iter().any(|row| row.contains(&format!("[{document}]("))), "{}, {document}", name.keyword());
    }
}

#[test]
fn every_example_is_in_the_table() {
    let rows = table("Examples");
    for folder in ["examples", "testkit/examples"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_example =
                path.extension().is_some_and(|extension| extension == "rs") || path.join("main.rs").exists();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(!is_example || rows.iter().any(|row| row.starts_with(&format!("| `{name}` |"))), "{name}");
        }
    }
}

/// The last column names public types and modules, and each document is linked by its number.
#[test]
fn standards_are_linked_and_name_what_exists() {
    let text = sources(&root().join("src"));
    for row in table("Standards") {
        let documents = row.split(" | ").next().unwrap();
        let names = row.trim_end_matches(" |").rsplit("| ").next().unwrap();
        for name in names.split(", ").map(|name| name.trim_matches('`')) {
            let kinds = ["struct", "enum", "trait", "mod"];
            let ends = [" ", "<", "(", ";", " {"];
            let is_there =
                kinds.iter().any(|kind| ends.iter().any(|end| text.contains(&format!("pub {kind} {name}{end}"))));
            assert!(is_there, "{name}");
        }
        for link in documents.split("[RFC ").skip(1) {
            let (number, address) = link.split_once("](").unwrap();
            let address = address.split(')').next().unwrap();
            assert_eq!(address, format!("https://www.rfc-editor.org/rfc/rfc{number}"));
        }
    }
}

#[test]
fn samples_are_short_and_hide_nothing() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let samples: Vec<&str> = readme.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(samples.len(), 4);
    for sample in samples {
        assert!(sample.lines().count() <= 15, "{sample}");
        assert!(!sample.lines().any(|line| line.starts_with("# ")), "{sample}");
    }
}
