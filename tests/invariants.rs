//! The laws over their corpus, over what proptest makes, and over files of one's own.

// What the lints guard against in the library fails a test, as it should.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "invariants/dictionary.rs"]
mod dictionary;
#[path = "invariants/mod.rs"]
mod invariants;

use invariants::LAWS;
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn corpus(law: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(law)
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// `FUZZ_LAW` names one law instead of all, `FUZZ_INPUT` a file or directory instead of its corpus.
#[test]
fn every_law_holds_for_its_corpus() {
    let (law, input) = (std::env::var("FUZZ_LAW").ok(), std::env::var_os("FUZZ_INPUT"));
    for (name, holds) in LAWS.iter().filter(|(name, _)| law.as_deref().is_none_or(|law| law == *name)) {
        let place = input.as_ref().map_or_else(|| corpus(name), PathBuf::from);
        let files = if place.is_dir() { files(&place) } else { vec![place] };
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let octets = fs::read(&file).unwrap();
            // The name is shown with the failure, and only then.
            eprintln!("{name}: {}", file.display());
            holds(&octets);
        }
    }
}

/// Each corpus belongs to a law and to a fuzz target, and each name says what the file is.
#[test]
fn every_corpus_has_its_law_and_its_target() {
    let names: Vec<&str> = LAWS.iter().map(|(name, _)| *name).collect();
    for directory in files(&corpus("")) {
        let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(names.contains(&name.as_str()), "{name}");
        for file in files(&directory) {
            let file = file.file_name().unwrap().to_str().unwrap().to_owned();
            let hash = file.len() == 40 && file.bytes().all(|octet| octet.is_ascii_hexdigit());
            assert!(!hash, "{name}/{file} is not named");
        }
    }
    for name in names {
        assert!(corpus("").join("../fuzz_targets").join(format!("{name}.rs")).is_file(), "{name} has no target");
    }
}

/// A corpus file, changed in a few places, or with pieces of another in it.
fn changed(octets: &[u8], other: &[u8], changes: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    for (place, kind, octet) in changes {
        let at = place.index(octets.len() + 1);
        match kind % 5 {
            0 if at < octets.len() => octets[at] = *octet,
            1 if at < octets.len() => drop(octets.remove(at)),
            2 => octets.insert(at, *octet),
            3 => octets.truncate(at.max(4)),
            _ => {
                let from = usize::from(*octet).min(other.len());
                octets.splice(at..at, other[from..].iter().take(40).copied());
            }
        }
    }
    octets
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_law_holds_for_any_octets(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        LAWS.iter().for_each(|(_, holds)| holds(&octets));
    }

    #[test]
    fn every_law_holds_near_its_corpus(
        picked: prop::sample::Index,
        second: prop::sample::Index,
        changes in prop::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..4),
    ) {
        for (name, holds) in LAWS {
            let files = files(&corpus(name));
            let [one, two] = [picked, second].map(|index| fs::read(&files[index.index(files.len())]).unwrap());
            holds(&changed(&one, &two, &changes));
        }
    }
}
