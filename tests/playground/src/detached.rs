//! Ends a cluster that was kept, from the process ids written in its folder.
//! It never signals a process whose command line does not name that folder: process ids are reused.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::error::Error;

/// The file in a cluster's folder that lists its servers, `<process id> <name>` a line.
pub(crate) const PROCESSES: &str = "processes";

/// Ends every server of the cluster in `folder` and removes the folder.
pub fn stop(folder: &Path) -> Result<(), Error> {
    let list = fs::read_to_string(folder.join(PROCESSES)).map_err(|_| Error::NotAPlayground(folder.to_owned()))?;
    let folder = folder.canonicalize().map_err(Error::file("find", folder))?;
    let ids = || list.lines().filter_map(|line| line.split(' ').next()?.parse::<i32>().ok());
    for id in ids().filter(|id| is_ours(*id, &folder)) {
        if let Some(pid) = Pid::from_raw(id) {
            // It may have ended in between, which is what is wanted.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    // A killed process still writes for an instant; the folder goes after it.
    while ids().any(|id| is_ours(id, &folder)) {
        thread::sleep(Duration::from_millis(10));
    }
    fs::remove_dir_all(&folder).map_err(Error::file("remove", &folder))
}

/// Returns whether the process is alive and was started for this folder.
fn is_ours(id: i32, folder: &Path) -> bool {
    let line = fs::read(format!("/proc/{id}/cmdline"))
        .or_else(|_| Command::new("ps").args(["-o", "args=", "-p", &id.to_string()]).output().map(|out| out.stdout))
        .unwrap_or_default();
    String::from_utf8_lossy(&line).contains(&*folder.to_string_lossy())
}
