//! Asking a person: text, choice, yes or no, with one wrapper that leaves the terminal as it was.
//! It never accepts an answer it was told to check without checking it.

use std::io::{IsTerminal as _, Read as _};

use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, Select};
use thiserror::Error;

use super::Ui;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum AskError {
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// No terminal, or `--no-input`.
    #[error("nobody can be asked here")]
    NoTerminal,
    /// No value.
    #[error("the value is empty; nothing was changed")]
    Empty,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Terminal(String),
}

/// A question with its bounds.
pub struct Ask<'a> {
    /// What is asked.
    pub prompt: &'a str,
    /// Shown in brackets and taken on Enter.
    pub default: Option<String>,
    /// Says why an answer is no good.
    pub check: &'a dyn Fn(&str) -> Result<(), String>,
}

/// Asks on the terminal.
pub struct Asker<'a> {
    ui: &'a Ui,
}

impl<'a> Asker<'a> {
    /// Somebody must be there to answer.
    ///
    /// # Errors
    /// [`AskError::NoTerminal`].
    pub fn new(ui: &'a Ui) -> Result<Self, AskError> {
        if ui.can_ask { Ok(Self { ui }) } else { Err(AskError::NoTerminal) }
    }

    /// A line of text; asks again until the check agrees.
    ///
    /// # Errors
    /// Ctrl-C, or a broken terminal.
    pub fn text(&self, ask: &Ask<'_>) -> Result<String, AskError> {
        let theme = self.theme();
        let check = ask.check;
        let mut input = Input::<String>::with_theme(&*theme).with_prompt(ask.prompt).allow_empty(true);
        if let Some(default) = &ask.default {
            input = input.default(default.clone());
        }
        restore(input.validate_with(|answer: &String| check(answer.trim())).interact_text())
            .map(|text| text.trim().to_owned())
    }

    /// One of several.
    ///
    /// # Errors
    /// Ctrl-C, or a broken terminal.
    pub fn choice(&self, prompt: &str, items: &[String], default: usize) -> Result<usize, AskError> {
        let theme = self.theme();
        restore(Select::with_theme(&*theme).with_prompt(prompt).items(items).default(default).interact())
    }

    /// Yes or no.
    ///
    /// # Errors
    /// Ctrl-C, or a broken terminal.
    pub fn confirm(&self, prompt: &str, default: bool) -> Result<bool, AskError> {
        let theme = self.theme();
        restore(Confirm::with_theme(&*theme).with_prompt(prompt).default(default).interact())
    }

    fn theme(&self) -> Box<dyn Theme> {
        if self.ui.err.is_on() { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) }
    }
}

impl Ui {
    /// A value nobody may see: from standard input when that is no terminal, else asked for twice without an echo. One
    /// newline at its end is not part of it.
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
        let term = dialoguer::console::Term::stderr();
        let ask = |prompt: String| {
            let hidden = term.write_str(&prompt).and_then(|()| term.read_secure_line());
            restore(hidden.map_err(dialoguer::Error::IO))
        };
        let first = ask(format!("{prompt} (not shown): "))?;
        crate::secrets::redact::learn(&first);
        if first != ask("Once more: ".to_owned())? {
            return Err(AskError::Terminal("the two values differ; nothing was changed".into()));
        }
        checked(&first)
    }
}

/// A Secret holds 1 MiB in all.
const MAX_SECRET: u64 = 1024 * 1024;

fn checked(value: &str) -> Result<String, AskError> {
    crate::secrets::redact::learn(value);
    if value.is_empty() {
        return Err(AskError::Empty);
    }
    if u64::try_from(value.len()).unwrap_or(u64::MAX) > MAX_SECRET {
        return Err(AskError::Terminal("the value is larger than 1 MiB".into()));
    }
    Ok(value.to_owned())
}

/// dialoguer leaves the cursor hidden when it is interrupted (ecosystem.md, finding 12).
fn restore<T>(answer: dialoguer::Result<T>) -> Result<T, AskError> {
    let _ = dialoguer::console::Term::stderr().show_cursor();
    answer.map_err(|dialoguer::Error::IO(error)| match error.kind() {
        std::io::ErrorKind::Interrupted => AskError::Interrupted,
        _ => AskError::Terminal(error.to_string()),
    })
}
