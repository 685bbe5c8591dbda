//! Calling a language's tool: what it says is shown when it fails, and a missing one is named with how to get it.
//! It never hides a failure behind the next step.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use crate::error::{CommandError, id};
use crate::files::{FilesError, run_tool};
use crate::object::printable;

/// Lines of a tool's own words that are shown when it fails; what matters stands first or last.
const FIRST: usize = 40;
const LAST: usize = 20;

/// One call of a tool.
pub(super) struct Call<'a> {
    /// Program, by name or path.
    pub(super) program: OsString,
    /// What it is told.
    pub(super) arguments: Vec<OsString>,
    /// Where it runs.
    pub(super) folder: &'a Path,
    /// Variables beside those of this process.
    pub(super) variables: Vec<(&'static str, OsString)>,
    /// How to get it, one way each.
    pub(super) install: &'static [&'static str],
}

impl Call<'_> {
    /// Runs it and returns what it wrote to standard output.
    ///
    /// # Errors
    /// When there is no such program, or it fails: then with its own words.
    pub(super) async fn run(&self) -> Result<Vec<u8>, CommandError> {
        let ran = match run_tool(&self.program, &self.arguments, self.folder, &self.variables).await {
            Ok(ran) => ran,
            Err(error) => return Err(self.not_run(error)),
        };
        if ran.success {
            return Ok(ran.output);
        }
        let silent = ran.errors.trim().is_empty();
        let said = if silent { String::from_utf8_lossy(&ran.output).into_owned() } else { ran.errors };
        Err(self.failed(&said))
    }

    /// As [`Call::run`], for cargo: what it says of a failure stands among its messages.
    ///
    /// # Errors
    /// As [`Call::run`].
    pub(super) async fn run_reading_messages(&self) -> Result<Vec<u8>, CommandError> {
        let ran = match run_tool(&self.program, &self.arguments, self.folder, &self.variables).await {
            Ok(ran) => ran,
            Err(error) => return Err(self.not_run(error)),
        };
        if ran.success {
            return Ok(ran.output);
        }
        let text = String::from_utf8_lossy(&ran.output);
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let rendered = messages.filter_map(|message| message["message"]["rendered"].as_str().map(str::to_owned));
        let said: String = rendered.chain([ran.errors.clone()]).collect();
        Err(self.failed(&said))
    }

    /// The first number with a dot in what `program --version` says: `1.26`. Nothing where it says none.
    pub(super) async fn version(&self) -> Result<Option<(u32, u32)>, CommandError> {
        Ok(version(&String::from_utf8_lossy(&self.run().await?)))
    }

    fn not_run(&self, error: FilesError) -> CommandError {
        match error {
            FilesError::NoProgram(_) => missing(&format!("`{}` is not installed", self.name()), self.install),
            other => other.into(),
        }
    }

    fn failed(&self, said: &str) -> CommandError {
        CommandError::new(format!("{} failed:\n{}", self.name(), shortened(said))).id(id::TOOL_FAILED)
    }

    fn name(&self) -> String {
        let path = Path::new(&self.program);
        printable(&path.file_name().unwrap_or(&self.program).to_string_lossy())
    }
}

/// A tool that is not there, or not as it must be.
pub(super) fn missing(what: &str, install: &[&str]) -> CommandError {
    let failed = CommandError::new(what).id(id::NO_TOOL);
    install.iter().fold(failed, |failed, way| failed.hint(*way))
}

/// Words as they are passed to a program.
pub(super) fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

/// `go version go1.26.8 linux/amd64` → `(1, 26)`, `v20.20.2` → `(20, 20)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers =
        text.split(|letter: char| !letter.is_ascii_digit() && letter != '.').filter(|word| word.contains('.'));
    numbers.find_map(|word| {
        let mut parts = word.split('.').map(str::parse::<u32>);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    })
}

/// What a tool said, without what steers a terminal, and not longer than somebody reads.
fn shortened(said: &str) -> String {
    let lines: Vec<String> = said.lines().map(|line| printable(&without_colours(line))).collect();
    if lines.len() <= FIRST + LAST {
        return lines.join("\n");
    }
    let left_out = lines.len() - FIRST - LAST;
    let (first, last) = (&lines[..FIRST], &lines[lines.len() - LAST..]);
    format!("{}\n… {left_out} lines …\n{}", first.join("\n"), last.join("\n"))
}

/// A line without its colours: `ESC [ … m`.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_digit() && letter != ';');
        match end.map(|end| part.split_at(end)) {
            Some((_, rest)) if rest.starts_with('m') => text.push_str(&rest[1..]),
            _ => text.push_str(part),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_tools_say_them() {
        for (said, wanted) in [
            ("go version go1.26.8 linux/amd64", Some((1, 26))),
            ("v20.20.2", Some((20, 20))),
            ("Python 3.11.7\n", Some((3, 11))),
            ("rustc 1.95.0 (59807616e 2026-04-14)", Some((1, 95))),
            ("go version devel", None),
        ] {
            assert_eq!(version(said), wanted, "{said}");
        }
    }

    #[test]
    fn a_tools_words_are_shown_as_text_and_not_without_end() {
        assert_eq!(shortened("\u{1b}[1m\u{1b}[31merror\u{1b}[0m: no\n\u{1b}]0;x\u{7}"), "error: no\n\\u{1b}]0;x\\u{7}");
        let long: Vec<String> = (0..500).map(|number| format!("line {number}")).collect();
        let short = shortened(&long.join("\n"));
        assert_eq!(short.lines().count(), FIRST + LAST + 1);
        assert!(short.starts_with("line 0\n") && short.ends_with("line 499") && short.contains("… 440 lines …"));
    }
}
