//! Runs conformance vectors: one JSON object a line in, one out.
//!
//! ```text
//! cargo run --example vectors -- FILE...           # what the crate makes of each vector
//! cargo run --example vectors -- --check FILE...   # only where it differs from what the vector expects
//! ```
//!
//! Without a file it reads standard input. `tests/conformance/README.md` says what a vector is. The exit code is 1 where
//! `--check` found a difference, 2 where a line was no vector or a file could not be read.

#![allow(clippy::arithmetic_side_effects, reason = "counts of lines")]

use serde_json::json;
use smtp_testkit::vectors::{self, Outcome, Vector};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

fn main() -> io::Result<ExitCode> {
    // A file may have any name, and not only one in UTF-8.
    let arguments = env::args_os().skip(1).map(PathBuf::from);
    let is_flag = |argument: &PathBuf| argument.as_os_str().as_encoded_bytes().starts_with(b"--");
    let (flags, files): (Vec<_>, Vec<_>) = arguments.partition(is_flag);
    if let Some(flag) = flags.iter().find(|flag| flag.as_os_str() != "--check") {
        eprintln!("unknown option {}; usage: vectors [--check] [FILE...]", flag.display());
        return Ok(ExitCode::from(2));
    }
    let mut runner =
        Runner { out: BufWriter::new(io::stdout().lock()), check: !flags.is_empty(), tally: Tally::default() };
    if files.is_empty() {
        runner.read("standard input", io::stdin().lock())?;
    }
    for file in files {
        let name = file.display().to_string();
        match fs::File::open(&file) {
            Ok(opened) => runner.read(&name, BufReader::new(opened))?,
            Err(error) => runner.no_vector(&format!("{name}: {error}"))?,
        }
    }
    runner.finish()
}

struct Runner<W> {
    out: W,
    check: bool,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    vectors: usize,
    differences: usize,
    /// Lines that are no vectors.
    errors: usize,
}

impl<W: Write> Runner<W> {
    fn read(&mut self, name: &str, input: impl BufRead) -> io::Result<()> {
        for line in input.split(b'\n') {
            // A directory can be opened, and fails here.
            let line = match line {
                Ok(line) => line,
                Err(error) => return self.no_vector(&format!("{name}: {error}")),
            };
            if line.trim_ascii().is_empty() {
                continue;
            }
            match Vector::read(&line) {
                Ok(vector) => self.run(&vector)?,
                Err(error) => self.no_vector(&error)?,
            }
        }
        Ok(())
    }

    fn run(&mut self, vector: &Vector) -> io::Result<()> {
        let report = vectors::run(vector);
        if let Outcome::Error(_) = report.outcome {
            self.tally.errors += 1;
            return writeln!(self.out, "{}", report.to_json(vector.id()));
        }
        self.tally.vectors += 1;
        if !self.check {
            return writeln!(self.out, "{}", report.to_json(vector.id()));
        }
        for difference in
            [vectors::check(vector, &report), vectors::check_cuts(vector)].into_iter().filter_map(Result::err)
        {
            self.tally.differences += 1;
            let clause = vector.text("clause").unwrap_or_default();
            writeln!(self.out, "{}: {difference} ({clause})", vector.id())?;
        }
        Ok(())
    }

    fn no_vector(&mut self, error: &str) -> io::Result<()> {
        self.tally.errors += 1;
        writeln!(self.out, "{}", json!({ "id": null, "error": error }))
    }

    fn finish(mut self) -> io::Result<ExitCode> {
        let Tally { vectors, differences, errors } = self.tally;
        if self.check {
            writeln!(self.out, "{vectors} vectors, {differences} differences")?;
        }
        self.out.flush()?;
        Ok(match (errors, differences) {
            (1.., _) => ExitCode::from(2),
            (0, 1..) => ExitCode::from(1),
            (0, 0) => ExitCode::SUCCESS,
        })
    }
}
