//! Shows text page by page when it is longer than the screen and somebody looks.
//! It never hides anything: a pager that fails leaves the text on the screen.

use std::io::Write as _;
use std::process::{Command, Stdio};

use unicode_width::UnicodeWidthStr as _;

/// Exit codes of a shell that could not run a program.
const NOT_RUN: [i32; 2] = [126, 127];

/// Says whether text has more lines than the screen, long ones counted as often as they wrap.
pub(super) fn is_longer_than_screen(text: &str) -> bool {
    let Some((width, height)) = terminal_size::terminal_size_of(std::io::stdout()) else { return false };
    let (width, height) = (usize::from(width.0.max(1)), usize::from(height.0));
    text.lines().map(|line| line.width().div_ceil(width).max(1)).sum::<usize>() >= height
}

/// Gives text to a pager and waits for it.
///
/// # Errors
/// Why it was not shown.
pub(super) fn show(text: &str, pager: &str, plain_less: bool) -> Result<(), String> {
    let mut command = shell(pager);
    if plain_less {
        // As git does: leave when all fits on the screen, keep colours, leave the text there.
        command.env("LESS", "FRX");
    }
    let mut child = command.stdin(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        // Whoever leaves a pager early has read enough.
        let _ = input.write_all(text.as_bytes()).and_then(|()| input.write_all(b"\n"));
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    match status.code() {
        Some(code) if NOT_RUN.contains(&code) => Err("it cannot be run".to_owned()),
        Some(0) | None => Ok(()),
        Some(code) => Err(format!("it ended with {code}")),
    }
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]);
    command
}

#[cfg(not(unix))]
fn shell(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}
