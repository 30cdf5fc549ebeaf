//! The program. Everything it can do is in the library beside it, so that tests and benchmarks use the same code.

use std::process::ExitCode;

fn main() -> ExitCode {
    yakuba::run()
}
