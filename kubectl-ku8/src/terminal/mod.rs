//! EDGE: the only room that prints, colours or asks.
//! stdout is data, stderr is talk; a reader that goes away ends the output and nothing else.

mod ask;
mod bars;
mod compile_view;
mod crash;
mod failure;
mod field_view;
mod jsonpath;
mod kyaml;
mod listing;
mod markdown;
mod pager;
mod plan_end;
mod plan_lines;
mod plan_view;
mod plan_words;
mod progress;
mod release_view;
mod style;
mod surroundings;
mod value_view;
mod wait_view;
mod work_view;

use std::cell::Cell;
use std::io::{IsTerminal, Write};

use style::{letters, only_text};

pub use ask::{Answer, Ask, AskError, Asker, Item, Question};
pub use compile_view::CompileView;
pub use crash::{name_command, report_panics};
pub use field_view::{field_lines, text_lines};
pub use jsonpath::{JsonPath, JsonPathError};
pub use listing::{FormatError, Listing, Row, document_text};
pub use markdown::{MarkdownView, SMALLEST_MARKDOWN, render_markdown};
pub use plan_view::{PlanView, render_plan};
pub use progress::{Progress, Transfer};
pub use release_view::{Table, age};
pub use style::Styles;
pub use surroundings::{Surroundings, Warnings};
pub(crate) use value_view::one_line;
pub use wait_view::{diagnosis_lines, wait_lines};
pub use work_view::Work;

use crate::cli::Lang;
use crate::error::CommandError;
use crate::object::printable;
use crate::secrets::redact::redact;

/// Where logs go: standard error, each line freed of secret values.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogLines;

impl Write for LogLines {
    /// The subscriber hands over whole lines.
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let text = printable(&redact(&String::from_utf8_lossy(line)));
        bars::make_room();
        std::io::stderr().lock().write_all(text.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().lock().flush()
    }
}

/// Prints help, or what is wrong with a command line, before there is a [`Ui`]. A person's own words come back in it.
pub fn print_usage(around: &Surroundings, styled: &str, plain: &str, is_help: bool) {
    let tty = if is_help { std::io::stdout().is_terminal() } else { std::io::stderr().is_terminal() };
    let clean = printable(plain);
    // Words that would steer a terminal are shown without colours, because those steer it too.
    let text = if around.colours(tty) && clean == plain { redact(styled) } else { redact(&clean) };
    // A reader that went away is no failure.
    let _ = if is_help {
        std::io::stdout().lock().write_all(text.as_bytes())
    } else {
        std::io::stderr().lock().write_all(text.as_bytes())
    };
}

/// Whether a person types what this program reads.
pub fn stdin_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// Passes on, as it comes, what a credential plugin writes for a person: prompts have no end of line.
pub fn pass_on(bytes: &[u8]) {
    let mut err = std::io::stderr().lock();
    // A reader that went away is no failure.
    let _ = err.write_all(bytes).and_then(|()| err.flush());
}

/// Where output goes and how it looks.
pub struct Ui {
    /// Styles for stdout.
    pub out: Styles,
    /// Styles for stderr.
    pub err: Styles,
    /// Whether a person can be asked.
    pub can_ask: bool,
    /// Whether progress may redraw lines.
    pub live: bool,
    around: Surroundings,
    out_tty: bool,
    closed: Cell<bool>,
}

impl Ui {
    /// Looks at both streams and decides.
    pub fn new(around: Surroundings) -> Self {
        let (out_tty, err_tty) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        Self {
            out: Styles::new(around.colours(out_tty)),
            err: Styles::new(around.colours(err_tty)),
            can_ask: std::io::stdin().is_terminal() && err_tty && !around.no_input,
            live: err_tty && !around.dumb && !around.quiet,
            around,
            out_tty,
            closed: Cell::new(false),
        }
    }

    /// Prints data to stdout, as it is. When the reader has gone, the rest is dropped in silence.
    pub fn print(&self, text: &str) {
        self.write_out(&only_text(&redact(text.trim_end_matches('\n')), self.out.is_on()));
    }

    /// Prints what is made for people to stdout: with `--ascii` in plain letters.
    pub fn show(&self, text: &str) {
        self.print(&letters(text, self.around.ascii));
    }

    /// What [`Ui::show`] would print, with its line end.
    pub fn shown(&self, text: &str) -> String {
        format!("{}\n", letters(text.trim_end_matches('\n'), self.around.ascii))
    }

    /// As [`Ui::show`], page by page when it is longer than the screen. Not for a text that a question follows.
    pub fn page(&self, text: &str) {
        let text = letters(text, self.around.ascii);
        let text = only_text(&redact(text.trim_end_matches('\n')), self.out.is_on());
        let pager = self.around.pager.as_ref().filter(|_| self.out_tty && !self.around.dumb);
        if let Some(pager) = pager.filter(|_| pager::is_longer_than_screen(&text)) {
            match pager::show(&text, pager, self.around.plain_less) {
                Ok(()) => return,
                Err(why) => self.complain(&format!(
                    "{} the pager `{}` did not show this: {why}; set KU8_PAGER, or pass --no-pager",
                    self.err.warn("warning:"),
                    printable(pager)
                )),
            }
        }
        self.write_out(&text);
    }

    /// Prints data without a line end of its own.
    pub fn print_exactly(&self, text: &str) {
        self.write_bytes(&only_text(&redact(text), self.out.is_on()));
    }

    fn write_out(&self, text: &str) {
        self.write_bytes(&format!("{text}\n"));
    }

    fn write_bytes(&self, text: &str) {
        if self.closed.get() {
            return;
        }
        bars::make_room();
        let mut out = std::io::stdout().lock();
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            self.closed.set(true);
        }
    }

    /// The time of day and a space; nothing where nobody tells the time.
    fn time(&self) -> String {
        self.around.time.map_or_else(String::new, |time| format!("{} ", time()))
    }

    /// Says whether the command was asked for a document.
    pub fn wants_document(&self) -> bool {
        self.around.document
    }

    /// Says whether whoever read stdout has gone.
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Says something on stderr, unless `--quiet`.
    pub fn say(&self, text: &str) {
        if !self.around.quiet {
            self.complain(text);
        }
    }

    /// Says something on stderr that even `--quiet` does not hide.
    pub fn complain(&self, text: &str) {
        bars::make_room();
        // A closed stderr leaves nobody to tell.
        let text = letters(text.trim_end_matches('\n'), self.around.ascii);
        let _ = writeln!(std::io::stderr().lock(), "{}", only_text(&redact(&text), self.err.is_on()));
    }

    /// The language of questions.
    pub fn lang(&self) -> Lang {
        self.around.lang
    }

    /// Says something on stderr and stays on the line.
    fn prompt(&self, text: &str) -> std::io::Result<()> {
        let mut err = std::io::stderr().lock();
        err.write_all(only_text(&redact(text), self.err.is_on()).as_bytes())?;
        err.flush()
    }

    /// Prints a warning, once; a document that follows carries it too.
    pub fn warn(&self, text: &str) {
        if self.around.warnings.note(text) {
            self.complain(&format!("{} {}", self.err.warn("warning:"), printable(text)));
        }
    }

    /// Warnings of this run.
    pub fn warnings(&self) -> &Warnings {
        &self.around.warnings
    }

    /// Prints an error with its next steps; as JSON when a document was asked for.
    pub fn fail(&self, error: &CommandError) {
        if self.around.document {
            self.complain(&failure::document(error, &self.around.warnings.all()));
            return;
        }
        for line in failure::words(error, self.err) {
            self.complain(&line);
        }
    }
}
