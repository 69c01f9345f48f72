//! Runs the laws over their corpus, over the cases of proptest, and over files that the caller names.

mod dictionary;
mod generate;

use invariants::cases::cases;
use invariants::{LAWS, Law};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the root of the repository. The tests of a package run in the folder of the package.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn corpus(law: &str) -> PathBuf {
    root().join("fuzz/corpus").join(law)
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Returns the inputs that fuzzing found, one per line: a backslash, and an octet that is not printable ASCII, is `\\x` and its
/// number.
fn found(law: &str) -> Vec<Vec<u8>> {
    let lines = fs::read_to_string(corpus("../found").join(law)).unwrap_or_default();
    lines.lines().map(unescape).collect()
}

fn unescape(line: &str) -> Vec<u8> {
    let mut pieces = line.split("\\x");
    let mut octets = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (number, rest) = piece.split_at(2);
        octets.push(u8::from_str_radix(number, 16).unwrap());
        octets.extend_from_slice(rest.as_bytes());
    }
    octets
}

#[test]
fn every_law_holds_for_the_inputs_that_fuzzing_found() {
    for (name, holds) in laws() {
        for octets in found(name) {
            eprintln!("{name}: {}", octets.escape_ascii());
            holds(&octets);
        }
    }
}

/// `FUZZ_LAW` selects one law, `FUZZ_INPUT` a file or folder instead of its corpus.
#[test]
fn every_law_holds_for_its_corpus() {
    let input = std::env::var_os("FUZZ_INPUT");
    for (name, holds) in laws() {
        let place = input.as_ref().map_or_else(|| corpus(name), |input| root().join(input));
        let files = if place.is_dir() { files(&place) } else { vec![place] };
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let octets = fs::read(&file).unwrap();
            // The test prints it only if it fails.
            eprintln!("{name}: {}", file.display());
            holds(&octets);
        }
    }
}

/// Each corpus has a law and a fuzz target, and each file has a descriptive name.
#[test]
fn every_corpus_has_its_law_and_its_target() {
    let names: Vec<&str> = LAWS.iter().map(|(name, _)| *name).collect();
    for directory in files(&corpus("")) {
        let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(names.contains(&name.as_str()), "{name}");
        for file in files(&directory) {
            let file = file.file_name().unwrap().to_str().unwrap().to_owned();
            let hash = file.len() == 40 && file.bytes().all(|octet| octet.is_ascii_hexdigit());
            assert!(!hash, "{name}/{file} needs a descriptive name");
        }
    }
    for file in files(&corpus("../found")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(names.contains(&name), "{name}");
        assert!(!found(name).is_empty(), "{name}");
    }
    for name in names {
        assert!(corpus("").join("../fuzz_targets").join(format!("{name}.rs")).is_file(), "{name} has no target");
    }
}

/// Returns a corpus file with a few changes, or with pieces of another file in it.
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

/// Runs a law over the cases of a strategy. A failing input is printed in the form of a corpus line.
fn holds_for(number: u32, strategy: impl Strategy<Value = Vec<u8>>, name: &str, holds: Law) {
    let mut runner = TestRunner::new(cases(number));
    let result = runner.run(&strategy, |octets| {
        holds(&octets);
        Ok(())
    });
    match result {
        Err(TestError::Fail(reason, octets)) => panic!("{name} of \"{}\": {reason}", octets.escape_ascii()),
        result => result.unwrap(),
    }
}

/// Returns the law that `FUZZ_LAW` selects, or all.
fn laws() -> impl Iterator<Item = &'static (&'static str, Law)> {
    let named = std::env::var("FUZZ_LAW").ok();
    LAWS.iter().filter(move |(name, _)| named.as_deref().is_none_or(|named| named == *name))
}

#[test]
fn every_law_holds_for_any_octets() {
    for (name, holds) in laws() {
        holds_for(150, prop::collection::vec(any::<u8>(), 0..200), name, *holds);
    }
}

#[test]
fn every_law_holds_near_its_corpus() {
    for (name, holds) in laws() {
        let inputs: Vec<Vec<u8>> = files(&corpus(name)).iter().map(|file| fs::read(file).unwrap()).collect();
        let changes = prop::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..4);
        let picked = prop::sample::select(inputs);
        let near = (picked.clone(), picked, changes).prop_map(|(one, other, changes)| changed(&one, &other, &changes));
        holds_for(150, near, name, *holds);
    }
}
