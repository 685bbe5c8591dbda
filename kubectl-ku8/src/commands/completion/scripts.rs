//! The scripts that let a shell complete `kubectl-ku8` itself: each asks this program, and shows what it answers.
//! None of them holds a command or a flag, so none grows old; none hands the terminal to the program.

/// A shell there is a script for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    pub(super) fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("shells/bash.sh"),
            Self::Zsh => include_str!("shells/zsh.zsh"),
            Self::Fish => include_str!("shells/fish.fish"),
            Self::Powershell => include_str!("shells/powershell.ps1"),
            Self::Elvish => include_str!("shells/elvish.elv"),
        }
    }
}
