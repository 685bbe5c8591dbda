//! Colours with a meaning, empty when colour is off.
//! Colour never carries meaning alone: every line reads the same without it.

use owo_colors::{OwoColorize, Style};

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
