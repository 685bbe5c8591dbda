//! A value nobody may see: from standard input when that is no terminal, else asked for twice without an echo.
//! It never shows what it reads, nor its length.

use std::io::{IsTerminal as _, Read as _};

use super::mode::{Mode, Terminal, read_line};
use super::{AskError, Ui};
use crate::secrets::redact;

/// A Secret holds 1 MiB in all.
const MAX_SECRET: u64 = 1024 * 1024;

impl Ui {
    /// A value nobody may see. One newline at its end is not part of it.
    ///
    /// # Errors
    /// Nothing was given, the two differ, or nobody can be asked.
    pub fn read_secret(&self, prompt: &str) -> Result<String, AskError> {
        if !std::io::stdin().is_terminal() {
            let mut text = String::new();
            let read = std::io::stdin().lock().take(MAX_SECRET + 1).read_to_string(&mut text);
            read.map_err(|_| AskError::Terminal("standard input is no UTF-8 text".into()))?;
            let value = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
            return checked(value);
        }
        if !self.can_ask {
            return Err(AskError::NoTerminal);
        }
        let first = self.ask_hidden(&format!("{prompt} (not shown): "))?;
        redact::learn(&first);
        if first != self.ask_hidden("Once more: ")? {
            return Err(AskError::Terminal("the two values differ; nothing was changed".into()));
        }
        checked(&first)
    }

    #[cfg(unix)]
    fn ask_hidden(&self, prompt: &str) -> Result<String, AskError> {
        let _mode = Terminal::enter(Mode::Hidden)?;
        self.prompt(prompt)?;
        let line = read_line()?;
        // The newline that was typed was not echoed.
        self.complain("");
        line.ok_or(AskError::Interrupted)
    }

    #[cfg(not(unix))]
    fn ask_hidden(&self, prompt: &str) -> Result<String, AskError> {
        self.prompt(prompt)?;
        Ok(dialoguer::console::Term::stderr().read_secure_line()?)
    }
}

fn checked(value: &str) -> Result<String, AskError> {
    redact::learn(value);
    if value.is_empty() {
        return Err(AskError::Empty);
    }
    if u64::try_from(value.len()).unwrap_or(u64::MAX) > MAX_SECRET {
        return Err(AskError::Terminal("the value is larger than 1 MiB".into()));
    }
    Ok(value.to_owned())
}
