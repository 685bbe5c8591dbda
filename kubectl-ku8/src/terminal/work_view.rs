//! Work of another program that takes a while: a line that turns on a terminal, one line elsewhere.
//! It clears what it drew, and never writes to stdout.

use std::time::Duration;

use super::Ui;
use super::bars::{Bar, Letters};
use crate::object::printable;

/// Shown as long as it lives.
pub struct Work {
    _bar: Option<Bar>,
}

impl Work {
    /// Begins to show what is done: `building hello with go`. Nothing is said where a document was asked for.
    pub fn new(ui: &Ui, what: &str) -> Self {
        if ui.wants_document() {
            return Self { _bar: None };
        }
        let what = printable(what);
        if !ui.live {
            ui.say(&what);
            return Self { _bar: None };
        }
        let bar = Bar::new(None, "{spinner} {msg}  {elapsed}", Letters::Wheel);
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { _bar: Some(bar) }
    }
}
