//! A real terminal: tmux with a server of its own, a shell in it, keys sent and the screen read.
//! It never sleeps for a fixed time: it waits for what is to be seen.

#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]

use std::fmt::Write as _;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::stage::{Space, say};

/// How long a screen may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(40);

/// A terminal of 80 columns with a shell of a test's place in it.
pub(super) struct Screen {
    socket: String,
    /// Raw bytes of everything that was written to it.
    record: std::path::PathBuf,
}

impl Screen {
    /// Opens it, or says that the test is skipped. `more` is set in the shell.
    pub(super) fn open(space: &Space, more: &[(&str, &str)]) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            say(&format!("SKIPPED {}: tmux is not installed", space.namespace));
            return None;
        }
        let screen = Self {
            socket: format!("ku8-{}-{}", space.namespace, std::process::id()),
            record: space.folder.join("terminal.raw"),
        };
        let mut script = format!("unset LC_ALL TMUX\ncd '{}'\n", space.folder.display());
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        for (name, value) in space.variables().into_iter().chain(more) {
            writeln!(script, "export {name}='{}'", value.replace('\'', "'\\''")).expect("memory");
        }
        script.push_str("PS1='$ '\nexport PS1\nexec sh -i\n");
        let script = space.file("shell.sh", script);
        screen.tmux(&["-u", "-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", "80", "-y", "40", "sh", &script]);
        screen.tmux(&["pipe-pane", "-t", "t", &format!("cat >> '{}'", screen.record.display())]);
        screen.shows("$ ");
        Some(screen)
    }

    /// Types a line into the shell.
    pub(super) fn line(&self, text: &str) {
        self.letters(text);
        self.keys(&["Enter"]);
    }

    /// Types letters as they are.
    pub(super) fn letters(&self, text: &str) {
        self.tmux(&["send-keys", "-t", "t", "-l", "--", text]);
    }

    /// Presses keys by their names: `Enter`, `Down`, `C-c`.
    pub(super) fn keys(&self, names: &[&str]) {
        let words: Vec<&str> = ["send-keys", "-t", "t"].iter().chain(names).copied().collect();
        self.tmux(&words);
    }

    /// What is on the screen now, lines that were wrapped joined again, with what scrolled away.
    pub(super) fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-200", "-t", "t"])
    }

    /// The rows on the screen now, as they are.
    pub(super) fn rows(&self) -> Vec<String> {
        self.tmux(&["capture-pane", "-p", "-t", "t"]).lines().map(str::to_owned).collect()
    }

    /// Waits until these words are on the screen.
    #[track_caller]
    pub(super) fn shows(&self, words: &str) -> String {
        self.until(&format!("`{words}`"), |text| text.contains(words))
    }

    /// Waits until one of these is on the screen, and says which.
    #[track_caller]
    pub(super) fn shows_one_of(&self, words: &[&str]) -> usize {
        let text = self.until(&format!("one of {words:?}"), |text| words.iter().any(|word| text.contains(word)));
        words.iter().position(|word| text.contains(word)).unwrap_or_default()
    }

    /// Waits until these words are gone from the screen.
    #[track_caller]
    pub(super) fn loses(&self, words: &str) -> String {
        self.until(&format!("`{words}` to go"), |text| !text.contains(words))
    }

    /// Waits until these words are there so many times.
    #[track_caller]
    pub(super) fn until_count(&self, words: &str, count: usize) -> String {
        self.until(&format!("`{words}` {count} times"), |text| text.matches(words).count() >= count)
    }

    #[track_caller]
    fn until(&self, what: &str, good: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if good(&text) {
                return text;
            }
            assert!(Instant::now() < end, "waited for {what}; the screen shows\n{}", text.trim_end());
            std::thread::sleep(POLL);
        }
    }

    /// Waits for the command to end and says how it did.
    #[track_caller]
    pub(super) fn code(&self) -> String {
        self.until("the shell", |text| text.trim_end().lines().last().is_some_and(|line| line.trim_end() == "$"));
        // Put together, so that the typed line itself is not what is waited for.
        self.line("echo \"ended with $?.\"");
        let text = self.until("the end", |text| ended(text).is_some());
        // The next one is waited for afresh; not every terminal obeys `clear`.
        self.tmux(&["send-keys", "-R", "-t", "t"]);
        self.tmux(&["clear-history", "-t", "t"]);
        self.loses("ended with");
        self.keys(&["Enter"]);
        self.shows("$");
        ended(&text).unwrap_or_default().to_owned()
    }

    /// Whether the cursor is to be seen.
    pub(super) fn has_cursor(&self) -> bool {
        self.tmux(&["display-message", "-p", "-t", "t", "#{cursor_flag}"]).trim() == "1"
    }

    /// How the terminal is set, as `stty -a` says it.
    #[track_caller]
    pub(super) fn settings(&self, space: &Space) -> String {
        let file = space.folder.join("stty");
        let _ = std::fs::remove_file(&file);
        self.line(&format!("stty -a > '{0}.part'; mv '{0}.part' '{0}'", file.display()));
        space.until("stty", || std::fs::read_to_string(&file).ok())
    }

    /// Everything that was written to the terminal so far, byte by byte.
    pub(super) fn raw(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.record).unwrap_or_default()).into_owned()
    }

    #[track_caller]
    fn tmux(&self, words: &[&str]) -> String {
        let out = self.call(words);
        let err = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "tmux {words:?}: {err}");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    fn call(&self, words: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        // The shell gets what the server has: nothing of the caller's, such as the CI of a build that would stop all questions.
        command.args(["-L", &self.socket]).args(words).env_clear().env("LC_ALL", "C.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.output().unwrap_or_else(|error| panic!("tmux: {error}"))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The server ends with its only session, whatever runs in it.
        let _ = self.call(&["kill-server"]);
    }
}

fn ended(text: &str) -> Option<&str> {
    let line = text.lines().rev().find(|line| line.starts_with("ended with "))?;
    line.strip_prefix("ended with ")?.strip_suffix('.')
}
