//! What the terminal, the environment and the flags say about output, and what follows from it.
//! It decides and prints nothing; the environment is read elsewhere.

use std::sync::{Arc, Mutex};

use crate::cli::{Color, Lang};

/// Everything output depends on, looked up once.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `--color`.
    pub color: Option<Color>,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set, not empty and not `0`.
    pub force_color: bool,
    /// `CLICOLOR=0`.
    pub clicolor_off: bool,
    /// `TERM=dumb`.
    pub dumb: bool,
    /// `--ascii`.
    pub ascii: bool,
    /// `--quiet`.
    pub quiet: bool,
    /// `--no-input`, or the environment says that nobody is there.
    pub no_input: bool,
    /// Command that shows long text page by page; `None` when none is wanted.
    pub pager: Option<String>,
    /// `LESS` is not set, so that the pager may be given its usual options.
    pub plain_less: bool,
    /// The command was asked for a document: errors are one too.
    pub document: bool,
    /// The time of day, for lines that tell how something goes on.
    pub time: Option<fn() -> String>,
    /// Warnings so far.
    pub warnings: Warnings,
    /// The language of questions and of what templates say.
    pub lang: Lang,
}

/// Warnings of this run, each once, in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    /// Keeps one; `false` when it was there.
    pub fn note(&self, text: &str) -> bool {
        let Ok(mut known) = self.0.lock() else { return false };
        let is_new = !known.iter().any(|one| one == text);
        if is_new {
            known.push(text.to_owned());
        }
        is_new
    }

    /// All of them.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().map(|known| known.clone()).unwrap_or_default()
    }
}

impl Surroundings {
    /// Whether to colour a stream: `--color`, then `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`, `TERM`, the stream itself.
    pub(super) fn colours(&self, is_terminal: bool) -> bool {
        match self.color {
            Some(Color::Always) => true,
            Some(Color::Never) => false,
            Some(Color::Auto) | None if self.no_color => false,
            Some(Color::Auto) | None if self.force_color => true,
            Some(Color::Auto) | None => is_terminal && !self.clicolor_off && !self.dumb,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_the_flag_then_the_environment_then_the_stream() {
        let plain = Surroundings::default();
        assert!(plain.colours(true) && !plain.colours(false));
        let case = |change: fn(&mut Surroundings)| {
            let mut around = Surroundings::default();
            change(&mut around);
            (around.colours(true), around.colours(false))
        };
        assert_eq!(case(|around| around.no_color = true), (false, false));
        assert_eq!(case(|around| around.dumb = true), (false, false));
        assert_eq!(case(|around| around.clicolor_off = true), (false, false));
        assert_eq!(case(|around| around.force_color = true), (true, true));
        assert_eq!(case(|around| (around.force_color, around.no_color) = (true, true)), (false, false));
        assert_eq!(case(|around| (around.color, around.no_color) = (Some(Color::Always), true)), (true, true));
        assert_eq!(case(|around| (around.color, around.force_color) = (Some(Color::Never), true)), (false, false));
        assert_eq!(case(|around| (around.color, around.dumb) = (Some(Color::Auto), true)), (false, false));
    }

    #[test]
    fn a_warning_is_kept_once() {
        let warnings = Warnings::default();
        assert!(warnings.note("old API") && !warnings.clone().note("old API"));
        assert_eq!(warnings.all(), ["old API"]);
    }
}
