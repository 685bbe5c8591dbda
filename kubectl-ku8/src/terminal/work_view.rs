//! Work of another program that takes a while: a line that turns on a terminal, one line elsewhere.
//! It clears what it drew, and never writes to stdout.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;
use crate::object::printable;

/// Shown as long as it lives.
pub struct Work(Option<ProgressBar>);

impl Work {
    /// Begins to show what is done: `building hello with go`. Nothing is said where a document was asked for.
    pub fn new(ui: &Ui, what: &str) -> Self {
        if ui.wants_document() {
            return Self(None);
        }
        let what = printable(what);
        if !ui.live {
            ui.say(&what);
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
            bar.set_style(style.tick_chars("-\\|/ "));
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(Some(bar))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}
