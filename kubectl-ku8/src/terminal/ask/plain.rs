//! Prompts for a terminal that only writes: numbered lines, an answer, and nothing that moves.
//! It never writes an escape sequence; a screen reader and an editor's shell read it line by line.

use unicode_width::UnicodeWidthStr as _;

use super::choice::is_numbered;
use super::mode::{Mode, Terminal, read_line};
use super::screen::wrap;
use super::{Answer, Ask, AskError, Asker, Item, Question};
use crate::object::printable;

const COLUMNS: usize = 76;

/// Asks for a line of text until the check agrees.
///
/// # Errors
/// Ctrl-C, or a broken terminal.
pub(super) fn text(asker: &Asker<'_>, ask: &Ask<'_>) -> Result<Answer<String>, AskError> {
    head(asker, &ask.question);
    // A line cannot be edited here, so what was typed before is what Enter takes.
    let default = if ask.typed.is_empty() { ask.default.clone().unwrap_or_default() } else { ask.typed.clone() };
    let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
    loop {
        let Some(line) = read(asker, &format!("{}{shown}{}", ask.question.title, back(&ask.question)))? else {
            return Err(AskError::Interrupted);
        };
        let line = line.trim();
        if line == "<" && ask.question.back {
            return Ok(Answer::Back);
        }
        let answer = if line.is_empty() { default.clone() } else { line.to_owned() };
        match (ask.check)(&answer) {
            Ok(note) => {
                if !note.is_empty() {
                    asker.ui.complain(&format!("  {}", printable(&note)));
                }
                return Ok(Answer::Given(answer));
            }
            Err(why) => asker.ui.complain(&format!("  {}", printable(&why))),
        }
    }
}

/// Asks for the number or the word of one of several.
///
/// # Errors
/// Ctrl-C, or a broken terminal.
pub(super) fn choice(
    asker: &Asker<'_>,
    question: &Question,
    items: &[Item],
    default: usize,
    refuse: &dyn Fn(usize) -> Option<String>,
) -> Result<Answer<usize>, AskError> {
    head(asker, question);
    let numbered = is_numbered(items);
    let preset = if numbered { (default + 1).to_string() } else { items[default].word.clone() };
    let width = items.iter().map(|item| item.word.width()).max().unwrap_or(0);
    for (index, item) in items.iter().enumerate() {
        let space = " ".repeat(width - item.word.width());
        let number = if numbered { format!("{}) ", index + 1) } else { String::new() };
        let line = format!("  {number}{}{space}   {}", item.word, item.note);
        asker.ui.complain(&printable(line.trim_end()));
    }
    loop {
        let Some(line) = read(asker, &format!("{} [{preset}]{}", asker.words.number, back(question)))? else {
            return Err(AskError::Interrupted);
        };
        let line = line.trim();
        let chosen = match line {
            "<" if question.back => return Ok(Answer::Back),
            "" => Some(default),
            _ => match line.parse::<usize>() {
                Ok(number) if numbered => number.checked_sub(1).filter(|index| *index < items.len()),
                _ => items.iter().position(|item| item.word.eq_ignore_ascii_case(line)),
            },
        };
        match chosen.map(|index| (index, refuse(index))) {
            Some((index, None)) => return Ok(Answer::Given(index)),
            Some((_, Some(why))) => asker.ui.complain(&format!("  {}", printable(&why))),
            None => asker.ui.complain(&format!("  {}", asker.words.no_such)),
        }
    }
}

fn head(asker: &Asker<'_>, question: &Question) {
    let place = if question.place.is_empty() { String::new() } else { format!(" ({})", question.place) };
    asker.ui.complain("");
    asker.ui.complain(&printable(&format!("{}{place}", question.title)));
    for line in wrap(&question.help, COLUMNS) {
        asker.ui.complain(&printable(&format!("  {line}")));
    }
}

fn back(question: &Question) -> &'static str {
    if question.back { " (<)" } else { "" }
}

/// A line after a prompt; `None` at Ctrl-C.
fn read(asker: &Asker<'_>, prompt: &str) -> Result<Option<String>, AskError> {
    let _mode = Terminal::enter(Mode::Lines)?;
    asker.ui.prompt(&printable(&format!("{prompt}: ")))?;
    let line = read_line()?;
    if line.is_none() {
        asker.ui.complain("");
    }
    Ok(line)
}
