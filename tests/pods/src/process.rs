//! Processes in namespaces: one child of ours, and the process inside that it stands for.
//! It never leaves one behind: whoever owns it ends it or ends the namespace it is in.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::answer;

/// A running process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// The process inside, as this machine numbers it.
    pub(crate) pid: i32,
}

impl Process {
    /// Starts a command that writes the number of the process inside to this file.
    pub(crate) fn start(command: &mut Command, file: &Path) -> Result<Self, String> {
        let _ = fs::remove_file(file);
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        for _ in 0..6000 {
            if let Some(pid) = fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()) {
                return Ok(Self { child, pid });
            }
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("{} ended with {}", command.get_program().display(), answer::code(status)));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        Err(format!("{} did not begin", command.get_program().display()))
    }

    /// The exit code, once it has ended.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.child.try_wait().ok().flatten().map(answer::code)
    }

    /// Sends a signal to the process inside.
    pub(crate) fn signal(&mut self, signal: Signal) {
        if self.ended().is_none()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            // Gone between the look and the signal is as good as gone.
            let _ = kill_process(pid, signal);
        }
    }

    /// Ends it and everything in its namespace, and waits for that.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }

    /// Ends it by closing its standard input, for those that wait for that.
    pub(crate) fn close(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
