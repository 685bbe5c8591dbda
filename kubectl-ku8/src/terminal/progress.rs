//! Progress of writing and waiting: a bar on a terminal, a line per event elsewhere, with the time while it waits.
//! It clears what it drew, and never writes to stdout.

use super::Ui;
use super::bars::{Bar, Letters};
use crate::object::printable;
use crate::secrets::redact::redact;

/// Progress over a known number of steps.
pub struct Progress<'a> {
    ui: &'a Ui,
    bar: Option<Bar>,
    last: String,
}

impl<'a> Progress<'a> {
    /// Starts showing `what` over `steps`.
    pub fn new(ui: &'a Ui, what: &str, steps: usize) -> Self {
        let bar = ui.live.then(|| {
            let steps = u64::try_from(steps).unwrap_or(u64::MAX);
            let bar = Bar::new(Some(steps), "{prefix} [{bar:24}] {pos}/{len}  {wide_msg}", Letters::Arrow);
            bar.set_prefix(what.to_owned());
            bar.tick();
            bar
        });
        Self { ui, bar, last: String::new() }
    }

    /// One step is done.
    pub fn step(&mut self, line: &str) {
        super::crash::note_change(line);
        match &self.bar {
            Some(bar) => {
                bar.inc(1);
                bar.set_message(redact(line));
            }
            None => self.ui.say(&format!("  {line}")),
        }
    }

    /// So many steps are done; `line` says what is awaited. Repeats are not printed.
    pub fn at(&mut self, done: usize, line: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
                bar.set_message(redact(&printable(line)));
                bar.tick();
            }
            None if self.last != line && !line.is_empty() => {
                self.ui.say(&format!("  {}{line}", self.ui.time()));
                line.clone_into(&mut self.last);
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub fn finish(self) {
        drop(self.bar);
    }
}

/// Bytes on their way, on a terminal; elsewhere a line says that they come when there are many.
pub struct Transfer {
    bar: Option<Bar>,
}

impl Transfer {
    /// From how many bytes on it is worth a line.
    const MANY: u64 = 1024 * 1024;

    /// Starts showing `what` over `total` bytes.
    pub fn new(ui: &Ui, what: &str, total: u64) -> Self {
        if total < Self::MANY {
            return Self { bar: None };
        }
        let what = redact(&printable(what));
        if !ui.live {
            ui.say(&format!("{what} ({} MiB)", total.div_ceil(Self::MANY)));
            return Self { bar: None };
        }
        let bar = Bar::new(Some(total), "{prefix} [{bar:24}] {bytes}/{total_bytes}", Letters::Arrow);
        bar.set_prefix(what);
        bar.tick();
        Self { bar: Some(bar) }
    }

    /// So many bytes have come.
    pub fn at(&self, bytes: u64) {
        self.bar.iter().for_each(|bar| bar.set_position(bytes));
    }
}
