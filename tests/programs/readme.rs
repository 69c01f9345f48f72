//! The tables of README.md agree with the code.

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
fn sources(folder: &Path) -> String {
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
fn every_attack_has_a_test_that_exists() {
    let tests = sources(&root().join("tests"));
    let rows = table("What it does not let happen");
    assert!(rows.len() >= 10);
    let guide = fs::read_to_string(root().join("src/guide/attacks.md")).unwrap();
    let of_guide = guide.lines().filter(|line| line.starts_with("| ") && line.ends_with("` |")).map(str::to_owned);
    for row in rows.into_iter().chain(of_guide) {
        let name = row.trim_end_matches(" |").rsplit("| `").next().unwrap().trim_end_matches('`');
        assert!(tests.contains(&format!("#[test]\nfn {name}()")), "{name}");
    }
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
