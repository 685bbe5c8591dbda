//! What a key means to a prompt.
//! It never acts on one.

use std::io;

use dialoguer::console::{Key, Term};

/// A key, by what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Press {
    Enter,
    /// Escape: the question before.
    Back,
    /// Ctrl-C, or Ctrl-D on an empty line.
    End,
    Up,
    Down,
    Left,
    Right,
    Home,
    Last,
    Delete,
    Backspace,
    /// Ctrl-U.
    Clear,
    /// Ctrl-W.
    Word,
    /// Ctrl-K.
    Rest,
    Letter(char),
    Nothing,
}

/// Waits for a key.
///
/// # Errors
/// A terminal that went away.
pub(super) fn press(term: &Term) -> io::Result<Press> {
    Ok(read(&term.read_key_raw()?))
}

fn read(key: &Key) -> Press {
    match key {
        Key::Enter | Key::Char('\n' | '\r') => Press::Enter,
        Key::Escape => Press::Back,
        Key::CtrlC | Key::Char('\u{3}' | '\u{4}') => Press::End,
        Key::ArrowUp | Key::BackTab | Key::Char('\u{10}') => Press::Up,
        Key::ArrowDown | Key::Tab | Key::Char('\u{e}') => Press::Down,
        Key::ArrowLeft | Key::Char('\u{2}') => Press::Left,
        Key::ArrowRight | Key::Char('\u{6}') => Press::Right,
        Key::Home => Press::Home,
        Key::End => Press::Last,
        Key::Del => Press::Delete,
        Key::Backspace => Press::Backspace,
        Key::Char('\u{15}') => Press::Clear,
        Key::Char('\u{17}') => Press::Word,
        Key::Char('\u{b}') => Press::Rest,
        Key::Char(letter) if !crate::object::steers(*letter) => Press::Letter(*letter),
        _ => Press::Nothing,
    }
}
