//! A few lines at the foot of the terminal, drawn again as the answer changes and reduced to one line at the end.
//! It never writes a line wider than the terminal, so that lines are rows and can be counted.

use std::io;

use dialoguer::console::Term;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Question;
use crate::object::printable;
use crate::secrets::redact::redact;
use crate::terminal::{Styles, Ui};

/// Rows of a description; the rest is for `template show`.
const HELP_ROWS: usize = 4;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Bold,
    Dim,
    Bad,
    Chosen,
}

/// The prompt's part of the terminal.
pub(super) struct Screen {
    pub(super) term: Term,
    styles: Styles,
    /// Rows above the cursor that are ours.
    above: usize,
}

impl Screen {
    pub(super) fn new(ui: &Ui) -> Self {
        Self { term: Term::stderr(), styles: ui.err, above: 0 }
    }

    /// Columns a line may have.
    pub(super) fn columns(&self) -> usize {
        // The last column is left empty: some terminals wrap there.
        usize::from(self.term.size().1).saturating_sub(1).max(20)
    }

    /// Rows of the terminal.
    pub(super) fn rows(&self) -> usize {
        usize::from(self.term.size().0)
    }

    /// Draws lines in place of those drawn before, and puts the cursor into one of them.
    pub(super) fn draw(&mut self, lines: &[(Look, String)], row: usize, column: usize) -> io::Result<()> {
        self.wipe()?;
        let text: Vec<String> =
            lines.iter().map(|(look, line)| self.paint(*look, &fit(line, self.columns()))).collect();
        self.term.write_str(&text.join("\n"))?;
        let up = lines.len().saturating_sub(row + 1);
        if up > 0 {
            self.term.move_cursor_up(up)?;
        }
        self.term.write_str("\r")?;
        if column > 0 {
            self.term.move_cursor_right(column.min(self.columns()))?;
        }
        self.above = row;
        self.term.flush()
    }

    /// Takes away what was drawn.
    pub(super) fn wipe(&mut self) -> io::Result<()> {
        if self.above > 0 {
            self.term.move_cursor_up(self.above)?;
        }
        self.above = 0;
        self.term.write_str("\r")?;
        self.term.clear_to_end_of_screen()
    }

    /// Leaves one line for what was asked and answered.
    pub(super) fn settle(&mut self, title: &str, answer: &str, note: &str) -> io::Result<()> {
        self.wipe()?;
        let note = if note.is_empty() { String::new() } else { format!("   {note}") };
        let stop = if title.ends_with(['?', '？', ':', '：']) { "" } else { ":" };
        let (head, tail) = (format!("{title}{stop} "), format!("{answer}{note}"));
        let line = fit(&format!("{head}{tail}"), self.columns());
        let (head, tail) = line.split_at(head.len().min(line.len()));
        let (answer, note) = tail.split_at(answer.len().min(tail.len()));
        let painted = format!(
            "{}{}{}",
            self.paint(Look::Dim, head),
            self.paint(Look::Chosen, answer),
            self.paint(Look::Dim, note)
        );
        self.term.write_line(&painted)
    }

    /// Moves below what was drawn, so that it stays and what follows begins on a line of its own.
    pub(super) fn leave(&mut self, lines: usize) -> io::Result<()> {
        let down = lines.saturating_sub(self.above + 1);
        if down > 0 {
            self.term.move_cursor_down(down)?;
        }
        self.above = 0;
        self.term.write_line("")
    }

    /// Takes the line above away.
    pub(super) fn take_back(&self) -> io::Result<()> {
        self.term.clear_last_lines(1)
    }

    fn paint(&self, look: Look, text: &str) -> String {
        // Nobody else's words may steer the terminal, and no secret is shown.
        let text = printable(&redact(text));
        match look {
            Look::Plain => text,
            Look::Bold => self.styles.bold(&text),
            Look::Dim => self.styles.dim(&text),
            Look::Bad => self.styles.bad(&text),
            Look::Chosen => self.styles.added(&text),
        }
    }
}

/// Title, place and help of a question, as lines.
pub(super) fn head(question: &Question, keys: &str, columns: usize) -> Vec<(Look, String)> {
    let place = if question.place.is_empty() { String::new() } else { format!(" ({})", question.place) };
    let title = format!("{}{place}", question.title);
    let keys = if keys.is_empty() { String::new() } else { format!("   [{keys}]") };
    let title = if title.width() + keys.width() > columns { title } else { format!("{title}{keys}") };
    let mut lines = vec![(Look::Bold, title)];
    let help = wrap(&question.help, columns.saturating_sub(2));
    let cut = help.len() > HELP_ROWS;
    for (index, line) in help.into_iter().take(HELP_ROWS).enumerate() {
        let end = if cut && index + 1 == HELP_ROWS { " …" } else { "" };
        lines.push((Look::Dim, format!("  {line}{end}")));
    }
    lines
}

/// The beginning of a text that is so wide at most; what is cut off is shown by a mark.
pub(super) fn fit(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut used = 0;
    let cut: String = text
        .chars()
        .take_while(|letter| {
            used += letter.width().unwrap_or(0);
            used < columns
        })
        .collect();
    format!("{cut}…")
}

/// Breaks a text into lines: between words, and between any two wide letters, which have no spaces.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for part in parts(paragraph) {
            if !line.is_empty() && line.width() + part.trim_end().width() > columns {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
            line.push_str(if line.is_empty() { part.trim_start() } else { part });
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// Words with the space behind them, and wide letters one by one; what may not begin a line stays with its letter.
fn parts(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut begin = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let Some(&(next_at, next)) = letters.peek() else { continue };
        let closes = matches!(next, '，' | '。' | '；' | '：' | '、' | '）' | '！' | '？' | '”' | ' ');
        let wide = letter.width() == Some(2) || next.width() == Some(2);
        if (letter == ' ' && next != ' ') || (wide && !closes && !matches!(letter, '（' | '“') && at >= begin) {
            found.push(&text[begin..next_at]);
            begin = next_at;
        }
    }
    found.push(&text[begin..]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_asked() {
        let english = "How much each pod gets: dev = 100m CPU, 256Mi memory; custom = what you set.";
        let chinese = "每个实例获得的资源：dev 适合试用，large 适合生产环境；custom 由您在 resources 中指定。";
        for text in [english, chinese] {
            for columns in [12, 20, 40] {
                let lines = wrap(text, columns);
                assert!(lines.iter().all(|line| line.width() <= columns + 2), "{columns}: {lines:?}");
                let joined: String = lines.concat().chars().filter(|letter| *letter != ' ').collect();
                assert_eq!(joined, text.replace(' ', ""), "nothing is lost");
                assert!(!lines.iter().any(|line| line.starts_with(['，', '；', '。'])), "{lines:?}");
            }
        }
        assert_eq!(fit("中文字", 4), "中…");
        assert_eq!(fit("abc", 3), "abc");
    }
}
