//! Runs conformance vectors: reads one JSON object per line and writes one per line.
//!
//! ```text
//! cargo run --example vectors -- FILE...           # the result of each vector
//! cargo run --example vectors -- --check FILE...   # only results that are not as expected
//! ```
//!
//! Without a file it reads standard input. `tests/conformance/README.md` describes the vectors. The exit code is 1 if
//! `--check` found a difference, and 2 if a line was not a vector or a file could not be read.

use smtp_testkit::vectors::Runner;
use std::io::{self, BufReader, BufWriter};
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

fn main() -> io::Result<ExitCode> {
    // A file name need not be UTF-8.
    let arguments = env::args_os().skip(1).map(PathBuf::from);
    let is_flag = |argument: &PathBuf| argument.as_os_str().as_encoded_bytes().starts_with(b"--");
    let (flags, files): (Vec<_>, Vec<_>) = arguments.partition(is_flag);
    if let Some(flag) = flags.iter().find(|flag| flag.as_os_str() != "--check") {
        eprintln!("unknown option {}; usage: vectors [--check] [FILE...]", flag.display());
        return Ok(ExitCode::from(2));
    }
    let mut runner = Runner::new(BufWriter::new(io::stdout().lock()), !flags.is_empty());
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
    Ok(ExitCode::from(runner.finish()?))
}
