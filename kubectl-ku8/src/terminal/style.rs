//! Colours with a meaning, empty when colour is off.
//! Colour never carries meaning alone: every line reads the same without it.

use std::borrow::Cow;

use crate::object::{printable, steers};
use owo_colors::{OwoColorize, Style};

/// Codes of [`Styles`], the only ones that leave; other text cannot bring its own.
const CODES: &[&str] = &["0", "1", "2", "31", "32", "33", "31;1", "33;1"];

/// The last wall before a terminal: text, newline, tab, and our own colours where they are on. Whoever forgot to escape
/// somebody else's words is caught here.
pub(super) fn only_text(text: &str, colours: bool) -> String {
    if !text.contains(steers) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(steers) {
        let (before, from) = rest.split_at(at);
        safe.push_str(before);
        let code = from.strip_prefix("\u{1b}[").and_then(|tail| tail.split_once('m')).map(|(code, _)| code);
        let length = match code {
            Some(code) if colours && CODES.contains(&code) => code.len() + 3,
            _ => 0,
        };
        let (ours, tail) = from.split_at(length);
        safe.push_str(ours);
        rest = tail;
        if length == 0 {
            let width = rest.chars().next().map_or(0, char::len_utf8);
            safe.push_str(&printable(&rest[..width]));
            rest = &rest[width..];
        }
    }
    safe.push_str(rest);
    safe
}

/// Signs of ours and what stands for them in plain letters.
const SIGNS: &[(char, &str)] =
    &[('→', "->"), ('×', "x"), ('÷', "/"), ('±', "-+"), ('…', "..."), ('—', "-"), ('·', "-")];

/// With `--ascii`: our own signs in plain letters. Other people's letters stay what they are.
pub(super) fn letters(text: &str, ascii: bool) -> Cow<'_, str> {
    if !ascii || text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match SIGNS.iter().find(|(sign, _)| *sign == letter) {
            Some((_, words)) => plain.push_str(words),
            None => plain.push(letter),
        }
    }
    Cow::Owned(plain)
}

/// The palette of one stream.
#[derive(Clone, Copy, Debug)]
pub struct Styles {
    on: bool,
}

impl Styles {
    /// Colours on or off.
    pub fn new(on: bool) -> Self {
        Self { on }
    }

    /// Says whether colours are on.
    pub fn is_on(self) -> bool {
        self.on
    }

    fn paint(self, text: &str, style: Style) -> String {
        if self.on { text.style(style).to_string() } else { text.to_owned() }
    }

    /// Something new.
    pub fn added(self, text: &str) -> String {
        self.paint(text, Style::new().green())
    }

    /// Something that changes.
    pub fn changed(self, text: &str) -> String {
        self.paint(text, Style::new().yellow())
    }

    /// Something that goes.
    pub fn removed(self, text: &str) -> String {
        self.paint(text, Style::new().red())
    }

    /// An error.
    pub fn bad(self, text: &str) -> String {
        self.paint(text, Style::new().red().bold())
    }

    /// A warning.
    pub fn warn(self, text: &str) -> String {
        self.paint(text, Style::new().yellow().bold())
    }

    /// All is well.
    pub fn good(self, text: &str) -> String {
        self.paint(text, Style::new().green())
    }

    /// A name.
    pub fn bold(self, text: &str) -> String {
        self.paint(text, Style::new().bold())
    }

    /// Beside the point.
    pub fn dim(self, text: &str) -> String {
        self.paint(text, Style::new().dimmed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_colours_leave_and_nothing_else_that_steers() {
        let styles = Styles::new(true);
        for painted in [
            styles.added("x"),
            styles.changed("x"),
            styles.removed("x"),
            styles.bad("x"),
            styles.warn("x"),
            styles.good("x"),
            styles.bold("x"),
            styles.dim("x"),
        ] {
            assert_eq!(only_text(&painted, true), painted);
            assert!(!only_text(&painted, false).contains('\u{1b}'));
        }
        assert_eq!(only_text("a\u{1b}[7mb\u{1b}]0;t\u{7}\u{9b}", true), "a\\u{1b}[7mb\\u{1b}]0;t\\u{7}\\u{9b}");
        assert_eq!(only_text("two\nlines\t中文", false), "two\nlines\t中文");
    }
}
