//! A line of text, edited in place, with what is wrong with it below.
//! A wrong answer stays on the line to be changed; it is never thrown away.

use super::keys::{Press, press};
use super::line::Line;
use super::mode::{Mode, Terminal};
use super::screen::{Look, Screen, head, wrap};
use super::{Answer, Ask, AskError, Asker};

/// Asks until the check agrees.
///
/// # Errors
/// Ctrl-C, or a broken terminal.
pub(super) fn ask(asker: &Asker<'_>, ask: &Ask<'_>) -> Result<Answer<String>, AskError> {
    let mut screen = Screen::new(asker.ui);
    let _mode = Terminal::enter(Mode::Keys)?;
    let mut line = Line::new(&ask.typed);
    // What the last Enter was refused with; shown until the text changes.
    let mut refused: Option<String> = None;
    loop {
        let rows = draw(asker, ask, &mut screen, &line, refused.as_deref())?;
        let key = press(&screen.term)?;
        match key {
            Press::Enter => {
                let typed = line.text().trim().to_owned();
                let answer = match &ask.default {
                    Some(default) if typed.is_empty() => default.clone(),
                    _ => typed,
                };
                match (ask.check)(&answer) {
                    Ok(note) => {
                        let shown = if answer.is_empty() { "-" } else { &answer };
                        screen.settle(&ask.question.title, shown, &note)?;
                        return Ok(Answer::Given(answer));
                    }
                    Err(why) => refused = Some(why),
                }
                continue;
            }
            Press::Back | Press::Letter('<') if ask.question.back && (key == Press::Back || line.is_empty()) => {
                screen.wipe()?;
                return Ok(Answer::Back);
            }
            Press::End => {
                screen.leave(rows)?;
                return Err(AskError::Interrupted);
            }
            Press::Letter(letter) => line.insert(letter),
            Press::Backspace => line.backspace(),
            Press::Delete => line.delete(),
            Press::Left => line.left(),
            Press::Right => line.right(),
            Press::Home => line.home(),
            Press::Last => line.last(),
            Press::Clear => line.clear(),
            Press::Word => line.cut_word(),
            Press::Rest => line.cut_rest(),
            Press::Back | Press::Up | Press::Down | Press::Nothing => continue,
        }
        refused = None;
    }
}

/// Draws the question and returns how many rows it has.
fn draw(
    asker: &Asker<'_>,
    ask: &Ask<'_>,
    screen: &mut Screen,
    line: &Line,
    refused: Option<&str>,
) -> Result<usize, AskError> {
    const PROMPT: &str = "> ";
    let columns = screen.columns();
    let keys = if ask.question.back { asker.words.back } else { "" };
    let mut lines = head(&ask.question, keys, columns);
    let row = lines.len();
    let default = ask.default.as_deref().unwrap_or_default();
    let (seen, column) = line.view(columns - PROMPT.len());
    if line.is_empty() && !default.is_empty() {
        lines.push((Look::Plain, format!("{PROMPT} [{default}]")));
    } else {
        lines.push((Look::Plain, format!("{PROMPT}{seen}")));
    }
    let (look, why) = match refused {
        Some(why) => (Look::Bad, why.to_owned()),
        None if line.is_empty() => (Look::Dim, String::new()),
        // What is half typed may well be wrong: it is said quietly.
        None => (Look::Dim, (ask.live)(line.text().trim()).err().unwrap_or_default()),
    };
    lines.extend(wrap(&why, columns - 2).into_iter().map(|line| (look, format!("  {line}"))));
    screen.draw(&lines, row, PROMPT.len() + column)?;
    Ok(lines.len())
}
