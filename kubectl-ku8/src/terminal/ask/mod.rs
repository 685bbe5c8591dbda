//! Asking a person: text, one of several, yes or no, a value nobody may see, with one way out that restores the terminal.
//! It never accepts an answer it was told to check without checking it, and never hides the cursor.

mod choice;
mod hidden;
mod keys;
mod line;
mod mode;
mod plain;
mod screen;
mod text;
mod words;

use thiserror::Error;

use super::Ui;
use screen::Screen;
use words::Words;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum AskError {
    /// Ctrl-C, or the end of input.
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

impl From<std::io::Error> for AskError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            // A terminal that was closed answers no more.
            std::io::ErrorKind::Interrupted | std::io::ErrorKind::UnexpectedEof => Self::Interrupted,
            _ => Self::Terminal(error.to_string()),
        }
    }
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// An answer that passed its check.
    Given(T),
    /// To the question before this one.
    Back,
}

/// Looks at an answer: what to say beside it, or why it is no good.
pub(super) type Check<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// What every question has.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// What is asked, a few words.
    pub title: String,
    /// Where in the order it stands: `3/7`; may be empty.
    pub place: String,
    /// What the answer does; may be empty, and is wrapped.
    pub help: String,
    /// Whether there is a question before this one.
    pub back: bool,
}

/// A question answered with text.
pub struct Ask<'a> {
    /// What is asked.
    pub question: Question,
    /// Shown in brackets and taken on Enter.
    pub default: Option<String>,
    /// Text that stands there already, to be changed.
    pub typed: String,
    /// Quick check while typing; the words are the schema's.
    pub live: Check<'a>,
    /// Check on Enter.
    pub check: Check<'a>,
}

/// One of several answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// What is chosen.
    pub word: String,
    /// What it means, or costs; may be empty.
    pub note: String,
}

/// Asks on the terminal.
pub struct Asker<'a> {
    ui: &'a Ui,
    words: &'static Words,
}

impl<'a> Asker<'a> {
    /// Somebody must be there to answer.
    ///
    /// # Errors
    /// [`AskError::NoTerminal`].
    pub fn new(ui: &'a Ui) -> Result<Self, AskError> {
        if ui.can_ask { Ok(Self { ui, words: Words::of(ui.lang()) }) } else { Err(AskError::NoTerminal) }
    }

    /// A line of text; asks again until the check agrees, and keeps what was typed.
    ///
    /// # Errors
    /// Ctrl-C, or a broken terminal.
    pub fn text(&self, ask: &Ask<'_>) -> Result<Answer<String>, AskError> {
        if self.ui.around.dumb { plain::text(self, ask) } else { text::ask(self, ask) }
    }

    /// One of several, by its number. `refuse` looks at the choice before it is taken.
    ///
    /// # Errors
    /// Ctrl-C, or a broken terminal.
    pub fn choice(
        &self,
        question: &Question,
        items: &[Item],
        default: usize,
        refuse: &dyn Fn(usize) -> Option<String>,
    ) -> Result<Answer<usize>, AskError> {
        let default = default.min(items.len().saturating_sub(1));
        if self.ui.around.dumb {
            plain::choice(self, question, items, default, refuse)
        } else {
            choice::ask(self, question, items, default, refuse)
        }
    }

    /// Yes or no; Enter alone is no. The word must be typed out and confirmed, so that a stray key does nothing.
    ///
    /// # Errors
    /// Ctrl-C, or a broken terminal.
    pub fn confirm(&self, title: &str, help: &str) -> Result<bool, AskError> {
        let words = self.words;
        let read = |answer: &str| match answer.trim().to_lowercase().as_str() {
            "y" | "yes" | "n" | "no" | "" => Ok(String::new()),
            other if other == words.yes || other == words.no => Ok(String::new()),
            _ => Err(words.yes_or_no.to_owned()),
        };
        let ask = Ask {
            question: Question { title: title.to_owned(), help: help.to_owned(), ..Question::default() },
            default: Some("y/N".to_owned()),
            typed: String::new(),
            live: &|_| Ok(String::new()),
            check: &|answer| if answer == "y/N" { Ok(String::new()) } else { read(answer) },
        };
        match self.text(&ask)? {
            Answer::Given(answer) => {
                let answer = answer.to_lowercase();
                Ok(matches!(answer.as_str(), "y" | "yes") || answer == words.yes)
            }
            Answer::Back => Ok(false),
        }
    }

    /// Takes the line of the last answer off the screen, because the question is asked again.
    ///
    /// # Errors
    /// A broken terminal.
    pub fn take_back(&self) -> Result<(), AskError> {
        if self.ui.around.dumb {
            return Ok(());
        }
        Ok(Screen::new(self.ui).take_back()?)
    }
}
