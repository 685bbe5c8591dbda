//! What a command answered.
//! It never judges: `ok` is for those who expect success.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;

/// What a command answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Exit code; 128 and the signal where one ended it.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Answer {
    /// Standard output without white space around it; panics when the command failed.
    #[track_caller]
    pub fn ok(&self) -> String {
        assert!(self.succeeded(), "exit code {}: {}", self.code, self.text());
        self.stdout.trim().to_owned()
    }

    /// True for exit code 0.
    pub fn succeeded(&self) -> bool {
        self.code == 0
    }

    /// Standard output and standard error, without white space around them.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr).trim().to_owned()
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: code(output.status), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// The exit code as a shell has it.
pub(crate) fn code(status: std::process::ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}
