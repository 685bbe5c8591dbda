//! One of several, by arrows, by number, or by typing the beginning of a word.
//! The cursor stands on the chosen line, where a screen reader reads it.

use unicode_width::UnicodeWidthStr as _;

use super::keys::{Press, press};
use super::mode::{Mode, Terminal};
use super::screen::{Look, Screen, head, wrap};
use super::{Answer, AskError, Asker, Item, Question};

/// Asks until something is chosen that is not refused.
///
/// # Errors
/// Ctrl-C, or a broken terminal.
pub(super) fn ask(
    asker: &Asker<'_>,
    question: &Question,
    items: &[Item],
    default: usize,
    refuse: &dyn Fn(usize) -> Option<String>,
) -> Result<Answer<usize>, AskError> {
    let mut screen = Screen::new(asker.ui);
    let _mode = Terminal::enter(Mode::Keys)?;
    let mut at = default;
    let mut refused: Option<String> = None;
    loop {
        let rows = draw(asker, question, items, at, refused.as_deref(), &mut screen)?;
        match press(&screen.term)? {
            Press::Enter => match refuse(at) {
                None => {
                    let item = &items[at];
                    screen.settle(&question.title, &item.word, &item.note)?;
                    return Ok(Answer::Given(at));
                }
                why => {
                    refused = why;
                    continue;
                }
            },
            Press::Back | Press::Left | Press::Letter('<') if question.back => {
                screen.wipe()?;
                return Ok(Answer::Back);
            }
            Press::End => {
                screen.leave(rows)?;
                return Err(AskError::Interrupted);
            }
            Press::Up => at = if at == 0 { items.len() - 1 } else { at - 1 },
            Press::Down => at = (at + 1) % items.len(),
            Press::Home => at = 0,
            Press::Last => at = items.len() - 1,
            Press::Letter(letter) => at = named(items, at, letter).unwrap_or(at),
            _ => continue,
        }
        refused = None;
    }
}

/// The item of a digit, or the next one that begins with a letter.
fn named(items: &[Item], at: usize, letter: char) -> Option<usize> {
    let begins = |index: &usize| items[*index].word.to_lowercase().starts_with(letter.to_ascii_lowercase());
    let by_word = || (1..=items.len()).map(|step| (at + step) % items.len()).find(begins);
    if let Some(digit) = letter.to_digit(10).filter(|_| is_numbered(items)) {
        let wanted = usize::try_from(digit).ok()?.checked_sub(1)?;
        return (wanted < items.len()).then_some(wanted);
    }
    by_word()
}

/// Choices that are numbers themselves have no numbers beside them: 3 must mean 3.
pub(super) fn is_numbered(items: &[Item]) -> bool {
    !items.iter().any(|item| item.word.starts_with(|letter: char| letter.is_ascii_digit()))
}

fn draw(
    asker: &Asker<'_>,
    question: &Question,
    items: &[Item],
    at: usize,
    refused: Option<&str>,
    screen: &mut Screen,
) -> Result<usize, AskError> {
    let columns = screen.columns();
    let keys = if question.back {
        format!("{}; {}", asker.words.move_keys, asker.words.back)
    } else {
        asker.words.move_keys.to_owned()
    };
    let mut lines = head(question, &keys, columns);
    let why = wrap(refused.unwrap_or_default(), columns - 2);
    // What does not fit is scrolled, so that the question itself stays to be seen.
    let room = screen.rows().saturating_sub(lines.len() + why.len() + 2).max(3);
    let from = if items.len() <= room { 0 } else { at.saturating_sub(room / 2).min(items.len() - room) };
    let row = lines.len() + at - from;
    let width = items.iter().map(|item| item.word.width()).max().unwrap_or(0);
    for (index, item) in items.iter().enumerate().skip(from).take(room) {
        let mark = if index == at { ">" } else { " " };
        let space = " ".repeat(width - item.word.width());
        let number = if is_numbered(items) { format!("{} ", index + 1) } else { String::new() };
        let line = format!("{mark} {number}{}{space}   {}", item.word, item.note);
        lines.push((if index == at { Look::Chosen } else { Look::Plain }, line.trim_end().to_owned()));
    }
    if items.len() > room {
        lines.push((Look::Dim, format!("  … {} {}", items.len() - room, asker.words.more)));
    }
    lines.extend(why.into_iter().map(|line| (Look::Bad, format!("  {line}"))));
    screen.draw(&lines, row, 0)?;
    Ok(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_first_letters_choose() {
        let items: Vec<Item> = ["dev", "small", "medium", "large", "Small-2"]
            .map(|word| Item { word: word.into(), ..Item::default() })
            .into();
        assert_eq!(named(&items, 0, '3'), Some(2));
        assert_eq!(named(&items, 0, '9'), None);
        assert_eq!(named(&items, 0, '0'), None);
        assert_eq!(named(&items, 0, 's'), Some(1));
        assert_eq!(named(&items, 1, 's'), Some(4));
        assert_eq!(named(&items, 0, 'x'), None);
        let members: Vec<Item> = ["1", "3", "5"].map(|word| Item { word: word.into(), ..Item::default() }).into();
        assert_eq!((named(&members, 0, '3'), named(&members, 0, '2')), (Some(1), None));
    }
}
