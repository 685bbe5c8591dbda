//! How the terminal hands over what is typed: key by key, line by line, or line by line unseen.
//! It never leaves a mode behind: what was set is put back when the guard goes, whatever happened.

use std::io;

/// What a prompt needs of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Every key at once, nothing echoed.
    Keys,
    /// Whole lines, edited by the system. Ctrl-C ends a line instead of raising a signal nobody could answer while
    /// this thread waits for input.
    Lines,
    /// The same, unseen.
    Hidden,
}

/// The terminal in a mode, until this goes.
pub(super) struct Terminal {
    #[cfg(unix)]
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Terminal {
    /// Sets the mode of standard input.
    ///
    /// # Errors
    /// When it is no terminal, or one that does not obey.
    pub(super) fn enter(mode: Mode) -> io::Result<Self> {
        use rustix::termios::{InputModes, LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin())?;
        let mut now = before.clone();
        match mode {
            Mode::Keys => {
                now.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN);
                now.input_modes.remove(InputModes::IXON);
                now.special_codes[SpecialCodeIndex::VMIN] = 1;
                now.special_codes[SpecialCodeIndex::VTIME] = 0;
            }
            Mode::Lines | Mode::Hidden => {
                now.special_codes[SpecialCodeIndex::VINTR] = 0;
                now.special_codes[SpecialCodeIndex::VEOL] = 3;
                now.local_modes.set(LocalModes::ECHO, mode == Mode::Lines);
            }
        }
        // Drain keeps what was typed ahead; flush would lose it.
        tcsetattr(io::stdin(), OptionalActions::Drain, &now)?;
        Ok(Self { before })
    }
}

#[cfg(unix)]
impl Drop for Terminal {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // A terminal that is gone needs no restoring.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

#[cfg(not(unix))]
impl Terminal {
    /// The console sets its own modes for each key and line.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
    pub(super) fn enter(_mode: Mode) -> io::Result<Self> {
        Ok(Self {})
    }
}

/// Reads one line in the mode the guard set, without its end; `None` at Ctrl-C or the end of input.
///
/// # Errors
/// A terminal that went away.
pub(super) fn read_line() -> io::Result<Option<String>> {
    use std::io::BufRead as _;
    let mut bytes = Vec::new();
    let mut input = io::stdin().lock();
    loop {
        let part = input.fill_buf()?;
        if part.is_empty() {
            return Ok(None);
        }
        let end = part.iter().position(|byte| matches!(byte, b'\n' | 3));
        let used = end.map_or(part.len(), |end| end + 1);
        bytes.extend_from_slice(&part[..used]);
        input.consume(used);
        match end.and_then(|_| bytes.pop()) {
            Some(3) => return Ok(None),
            Some(_) => break,
            None => {}
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end_matches('\r').to_owned()))
}
