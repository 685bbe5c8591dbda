//! Starts the command line and turns its outcome into an exit code.
//! It never does anything else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(kubectl_ku8::commands::main(std::env::args_os()))
}
