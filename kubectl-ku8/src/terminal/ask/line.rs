//! A line under edit: its letters and the place of the cursor.
//! It never draws; what does not fit is scrolled out of the view.

use unicode_width::UnicodeWidthChar as _;

/// Longest answer: no parameter a person types is longer.
const LONGEST: usize = 4096;

/// A line being typed.
#[derive(Debug, Default)]
pub(super) struct Line {
    letters: Vec<char>,
    at: usize,
}

impl Line {
    /// A line that holds this, with the cursor behind it.
    pub(super) fn new(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        Self { at: letters.len(), letters }
    }

    pub(super) fn text(&self) -> String {
        self.letters.iter().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    pub(super) fn insert(&mut self, letter: char) {
        if self.letters.len() < LONGEST {
            self.letters.insert(self.at, letter);
            self.at += 1;
        }
    }

    pub(super) fn backspace(&mut self) {
        if self.at > 0 {
            self.at -= 1;
            self.letters.remove(self.at);
        }
    }

    pub(super) fn delete(&mut self) {
        if self.at < self.letters.len() {
            self.letters.remove(self.at);
        }
    }

    pub(super) fn left(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    pub(super) fn right(&mut self) {
        self.at = (self.at + 1).min(self.letters.len());
    }

    pub(super) fn home(&mut self) {
        self.at = 0;
    }

    pub(super) fn last(&mut self) {
        self.at = self.letters.len();
    }

    pub(super) fn clear(&mut self) {
        self.letters.drain(..self.at);
        self.at = 0;
    }

    pub(super) fn cut_rest(&mut self) {
        self.letters.truncate(self.at);
    }

    pub(super) fn cut_word(&mut self) {
        let spaces = self.letters[..self.at].iter().rev().take_while(|letter| letter.is_whitespace()).count();
        let word = self.letters[..self.at - spaces].iter().rev().take_while(|letter| !letter.is_whitespace()).count();
        let from = self.at - spaces - word;
        self.letters.drain(from..self.at);
        self.at = from;
    }

    /// What is to be seen in so many columns, and the column of the cursor in it.
    pub(super) fn view(&self, columns: usize) -> (String, usize) {
        let width = |letter: &char| letter.width().unwrap_or(0);
        let mut before: usize = self.letters[..self.at].iter().map(width).sum();
        let mut from = 0;
        while before >= columns.max(2) && from < self.at {
            before -= width(&self.letters[from]);
            from += 1;
        }
        let mut used = 0;
        let seen = self.letters[from..].iter().take_while(|letter| {
            used += width(letter);
            used < columns.max(2)
        });
        (seen.collect(), before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_keeps_letters_whole() {
        let mut line = Line::new("订单 db");
        line.backspace();
        line.insert('x');
        line.home();
        line.delete();
        assert_eq!(line.text(), "单 dx");
        line.last();
        line.cut_word();
        assert_eq!(line.text(), "单 ");
        line.left();
        line.insert('好');
        line.cut_rest();
        assert_eq!(line.text(), "单好");
        line.clear();
        assert!(line.is_empty());
    }

    #[test]
    fn a_line_longer_than_the_screen_scrolls_and_shows_the_cursor() {
        let mut line = Line::new("0123456789中文字");
        let (seen, cursor) = line.view(8);
        assert!(seen.ends_with("中文字") && cursor <= 8, "{seen} {cursor}");
        line.home();
        assert_eq!(line.view(8), ("0123456".to_owned(), 0));
        assert_eq!(Line::new("ab").view(8), ("ab".to_owned(), 2));
    }
}
