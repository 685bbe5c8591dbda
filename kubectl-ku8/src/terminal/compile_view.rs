//! A foreign template being compiled: a line that lives on a terminal, one line elsewhere when it takes long.
//! It says nothing where a document was asked for, and clears what it drew.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::bars::{Bar, Letters};
use super::{Surroundings, Ui};
use crate::object::printable;
use crate::render::child::Compiling;

/// A small template is compiled before anybody has read a word about it.
const SOON: Duration = Duration::from_millis(300);
/// Where lines stay, only what a person would wonder about is worth one.
const LONG: Duration = Duration::from_secs(2);

/// Shows what is told while templates compile.
pub struct CompileView {
    around: Surroundings,
    now: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    bar: Option<Bar>,
    said: bool,
}

impl CompileView {
    /// Shows nothing yet.
    pub fn new(around: Surroundings) -> Self {
        Self { around, now: Mutex::default() }
    }

    /// Shows how it goes on, or clears it at the end.
    pub fn show(&self, compiling: &Compiling<'_>) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if compiling.done {
            now.bar = None;
            now.said = false;
            return;
        }
        let ui = Ui::new(self.around.clone());
        if ui.wants_document() {
            return;
        }
        if !ui.live {
            if compiling.since >= LONG && !now.said {
                ui.say(&words(compiling));
                now.said = true;
            }
        } else if compiling.since >= SOON {
            let bar = now.bar.get_or_insert_with(|| spinner(&words(compiling)));
            bar.tick();
        }
    }
}

fn spinner(words: &str) -> Bar {
    let bar = Bar::new(None, "{spinner} {msg}  {elapsed}", Letters::Wheel);
    bar.set_message(words.to_owned());
    bar
}

fn words(compiling: &Compiling<'_>) -> String {
    let once = if compiling.kept { ", once" } else { "" };
    format!("compiling {} ({}){once}", printable(compiling.name), size(compiling.bytes))
}

/// Bytes as files are offered for download: `12 MB`, `3.3 MB`, `91 KB`.
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        1_000_000..10_000_000 => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_is_told_with_its_size() {
        let compiling = Compiling { name: "mine\u{1b}[2J", bytes: 12_034_567, kept: true, since: SOON, done: false };
        assert_eq!(words(&compiling), "compiling mine\\u{1b}[2J (12 MB), once");
        assert_eq!(words(&Compiling { kept: false, bytes: 3_380_000, name: "a", ..compiling }), "compiling a (3.3 MB)");
        assert_eq!((size(91_234), size(1)), ("92 KB".to_owned(), "1 KB".to_owned()));
    }
}
