//! The pages of the guide are short, are listed, and show the code that they name.

use crate::readme::sources;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn every_page_is_listed_and_short() {
    let index = fs::read_to_string(root().join("src/guide.rs")).unwrap();
    let mut pages = 0;
    for entry in fs::read_dir(root().join("src/guide")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            index.contains(&format!("//! | [`{name}`] | ")) && index.contains(&format!("\n    {name},\n")),
            "{name}"
        );
        assert!(fs::read_to_string(&path).unwrap().lines().count() <= 150, "{name}");
        pages += 1;
    }
    assert_eq!(pages, index.matches("//! | [`").count());
}

#[test]
fn every_attack_has_a_test_that_exists() {
    let tests = sources(&root().join("tests"));
    let page = fs::read_to_string(root().join("src/guide/attacks.md")).unwrap();
    let mut attacks = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| test |")) {
        let name = row.trim_end_matches(" |").rsplit("| `").next().unwrap().trim_end_matches('`');
        assert!(tests.contains(&format!("#[test]\nfn {name}()")), "{row}");
        attacks += 1;
    }
    assert!(attacks >= 20, "{attacks}");
}

/// The page cannot compile it, because `smtp-core` does not depend on tokio.
#[test]
fn the_async_page_shows_the_example() {
    let example = fs::read_to_string(root().join("lab/examples/async_server.rs")).unwrap();
    let page = fs::read_to_string(root().join("src/guide/async_server.md")).unwrap();
    let (_, shown) = page.split_once("```rust,ignore\n").unwrap();
    let (shown, _) = shown.split_once("```\n").unwrap();
    assert!(shown.lines().count() > 50);
    assert!(example.contains(&format!("\n\n{shown}\n#[cfg(test)]\n")));
}
