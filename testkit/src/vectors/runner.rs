//! Runs files of vectors, for the programs that check an implementation with them.

#![allow(clippy::arithmetic_side_effects, reason = "counts of lines")]

use super::{Outcome, Vector, check, check_cuts, run};
use serde_json::json;
use std::io::{self, BufRead, Write};

/// Runs vectors, one JSON object per line, and writes the result of each.
#[derive(Debug)]
pub struct Runner<W> {
    out: W,
    check: bool,
    tally: Tally,
}

#[derive(Debug, Default)]
struct Tally {
    vectors: usize,
    differences: usize,
    /// The number of lines that are not vectors.
    errors: usize,
}

impl<W: Write> Runner<W> {
    /// Creates a runner. `check`: write only results that differ from what the vector expects.
    pub fn new(out: W, check: bool) -> Self {
        Self { out, check, tally: Tally::default() }
    }

    /// Runs the vectors of one file.
    pub fn read(&mut self, name: &str, input: impl BufRead) -> io::Result<()> {
        for line in input.split(b'\n') {
            // A directory can be opened, but fails here.
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
        let report = run(vector);
        if let Outcome::Error(_) = report.outcome {
            self.tally.errors += 1;
            return writeln!(self.out, "{}", report.to_json(vector.id()));
        }
        self.tally.vectors += 1;
        if !self.check {
            return writeln!(self.out, "{}", report.to_json(vector.id()));
        }
        for difference in [check(vector, &report), check_cuts(vector)].into_iter().filter_map(Result::err) {
            self.tally.differences += 1;
            let clause = vector.text("clause").unwrap_or_default();
            writeln!(self.out, "{}: {difference} ({clause})", vector.id())?;
        }
        Ok(())
    }

    /// Writes that a line is not a vector.
    pub fn no_vector(&mut self, error: &str) -> io::Result<()> {
        self.tally.errors += 1;
        writeln!(self.out, "{}", json!({ "id": null, "error": error }))
    }

    /// Writes the count. Returns the exit status: 0, 1 if there was a difference, 2 if a line was not a vector.
    pub fn finish(mut self) -> io::Result<u8> {
        let Tally { vectors, differences, errors } = self.tally;
        if self.check {
            writeln!(self.out, "{vectors} vectors, {differences} differences")?;
        }
        self.out.flush()?;
        Ok(match (errors, differences) {
            (1.., _) => 2,
            (0, 1..) => 1,
            (0, 0) => 0,
        })
    }
}
