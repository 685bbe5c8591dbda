//! EDGE: the only room that prints, colours or asks.
//! stdout is data, stderr is talk; a reader that goes away ends the output and nothing else.

mod ask;
mod markdown;
mod plan_lines;
mod plan_view;
mod plan_words;
mod progress;
mod release_view;
mod style;
mod value_view;
mod wait_view;

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use style::only_text;

pub use ask::{Answer, Ask, AskError, Asker, Item, Question};
pub use markdown::render_markdown;
pub use plan_view::{PlanView, render_plan};
pub use progress::Progress;
pub use release_view::{Table, age};
pub use style::Styles;
pub(crate) use value_view::one_line;
pub use wait_view::{diagnosis_lines, wait_lines};

use crate::cli::{Color, Lang};
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
        std::io::stderr().lock().write_all(text.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().lock().flush()
    }
}

/// Makes a fault of our own end in one line without secrets, instead of whatever it quotes.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        let thread = std::thread::current().name().unwrap_or("?").to_owned();
        let words = fault(panic.payload_as_str().unwrap_or("no words"), &thread, &place);
        // Nobody is left to tell when this fails.
        let _ = writeln!(std::io::stderr().lock(), "{words}");
    }));
}

fn fault(message: &str, thread: &str, place: &str) -> String {
    format!(
        "error: a fault in kubectl-ku8 itself: {} (thread '{thread}'{place})\nhint:  what was begun is recorded: run the same command again; please report this",
        printable(&redact(message))
    )
}

/// Prints help, or what is wrong with a command line, before there is a [`Ui`]. A person's own words come back in it.
pub fn print_usage(styled: &str, plain: &str, is_help: bool) {
    let tty = if is_help { std::io::stdout().is_terminal() } else { std::io::stderr().is_terminal() };
    let clean = printable(plain);
    // Words that would steer a terminal are shown without colours, because those steer it too.
    let text = if tty && clean == plain { redact(styled) } else { redact(&clean) };
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
    /// Whether the terminal only writes, line by line.
    dumb: bool,
    lang: Lang,
    quiet: bool,
    closed: Cell<bool>,
}

/// What the environment says about output.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// `--color`.
    pub color: Color,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `TERM=dumb`.
    pub dumb: bool,
    /// `--quiet`.
    pub quiet: bool,
    /// `--no-input`.
    pub no_input: bool,
    /// The language of questions and of what templates say.
    pub lang: Lang,
}

impl Ui {
    /// Looks at both streams and decides.
    pub fn new(around: Surroundings) -> Self {
        let (out_tty, err_tty) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let on = |tty: bool| match around.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => tty && !around.no_color && !around.dumb,
        };
        Self {
            out: Styles::new(on(out_tty)),
            err: Styles::new(on(err_tty)),
            can_ask: std::io::stdin().is_terminal() && err_tty && !around.no_input,
            live: err_tty && !around.dumb && !around.quiet,
            dumb: around.dumb,
            lang: around.lang,
            quiet: around.quiet,
            closed: Cell::new(false),
        }
    }

    /// Prints data to stdout. When the reader has gone, the rest is dropped in silence.
    pub fn print(&self, text: &str) {
        if self.closed.get() {
            return;
        }
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{}", only_text(&redact(text.trim_end_matches('\n')), self.out.is_on()))
            .and_then(|()| out.flush())
            .is_err()
        {
            self.closed.set(true);
        }
    }

    /// Says something on stderr, unless `--quiet`.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// Says something on stderr that even `--quiet` does not hide.
    pub fn complain(&self, text: &str) {
        // A closed stderr leaves nobody to tell.
        let text = only_text(&redact(text.trim_end_matches('\n')), self.err.is_on());
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// The language of questions.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// Says something on stderr and stays on the line.
    fn prompt(&self, text: &str) -> std::io::Result<()> {
        let mut err = std::io::stderr().lock();
        err.write_all(only_text(&redact(text), self.err.is_on()).as_bytes())?;
        err.flush()
    }

    /// Prints a warning.
    pub fn warn(&self, text: &str) {
        self.complain(&format!("{} {}", self.err.warn("warning:"), printable(text)));
    }

    /// Prints an error with its next steps.
    pub fn fail(&self, error: &CommandError) {
        let mut lines = error.message.lines();
        let first = printable(lines.next().unwrap_or_default());
        let id = self.err.dim(&format!("[{}]", error.id));
        self.complain(&format!("{} {first} {id}", self.err.bad("error:")));
        for line in lines {
            self.complain(&format!("       {}", printable(line)));
        }
        for hint in &error.hints {
            self.complain(&format!("{} {}", self.err.dim("hint: "), printable(hint)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_where_and_no_secret() {
        crate::secrets::redact::learn("canary-in-a-panic");
        let words = fault("bad value: \"canary-in-a-panic\"\u{1b}[2J", "main", " at src/x.rs:1");
        assert!(words.contains("bad value: \"(redacted)\"\\u{1b}[2J (thread 'main' at src/x.rs:1)"), "{words}");
    }
}
