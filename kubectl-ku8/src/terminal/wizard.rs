//! Asking a person: text, choice, yes or no, with one wrapper that leaves the terminal as it was.
//! It never accepts an answer it was told to check without checking it.

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

/// dialoguer leaves the cursor hidden when it is interrupted (ecosystem.md, finding 12).
fn restore<T>(answer: dialoguer::Result<T>) -> Result<T, AskError> {
    let _ = dialoguer::console::Term::stderr().show_cursor();
    answer.map_err(|dialoguer::Error::IO(error)| match error.kind() {
        std::io::ErrorKind::Interrupted => AskError::Interrupted,
        _ => AskError::Terminal(error.to_string()),
    })
}
