//! Files that hold what was expected: compared, or rewritten with `BLESS=1`.
//! It never rewrites anything else, and never without being asked.

use std::path::Path;

/// Whether expectations are to be rewritten.
pub(crate) fn blessing() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| value == "1")
}

/// Compares `text` with a file, or writes it there.
///
/// # Errors
/// The first line that differs, and how to accept it.
pub(crate) fn agrees(file: &Path, text: &str) -> Result<(), String> {
    if blessing() {
        return std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()));
    }
    let expected =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}; BLESS=1 writes it", file.display()))?;
    if expected == text {
        return Ok(());
    }
    let (mut old, mut new) = (expected.lines(), text.lines());
    let mut number = 1;
    loop {
        match (old.next(), new.next()) {
            (Some(left), Some(right)) if left == right => number += 1,
            (left, right) => {
                let show = |line: Option<&str>| line.unwrap_or("(the end)").to_owned();
                return Err(format!(
                    "{}:{number}:\n  expected: {}\n  got:      {}\n  to accept: BLESS=1, then read the diff",
                    file.display(),
                    show(left),
                    show(right)
                ));
            }
        }
    }
}
