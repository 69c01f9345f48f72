//! `smtp-lab vectors`: the conformance vectors, on the runner of smtp-testkit.

use crate::output::Result;
use smtp_testkit::vectors::Runner;
use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::PathBuf;

/// Run conformance vectors: one JSON object a line in, one out
///
/// Exit status: 0; 1 if --check found a difference; 2 if a line was not a vector or a file could not be read.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "Example:\n  smtp-lab vectors --check tests/conformance/*.jsonl")]
pub(crate) struct Options {
    /// Write only the vectors whose result differs from what they expect
    #[arg(long)]
    check: bool,
    /// Files of vectors; without one, or with `-`, standard input
    files: Vec<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<u8> {
    let mut runner = Runner::new(BufWriter::new(io::stdout().lock()), options.check);
    if options.files.is_empty() {
        runner.read("standard input", io::stdin().lock())?;
    }
    for file in &options.files {
        let name = file.display().to_string();
        match File::open(file) {
            _ if name == "-" => runner.read("standard input", io::stdin().lock())?,
            Ok(opened) => runner.read(&name, BufReader::new(opened))?,
            Err(error) => runner.no_vector(&format!("{name}: {error}"))?,
        }
    }
    Ok(runner.finish()?)
}
