//! The `forbear` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    forbear::cli::main()
}
