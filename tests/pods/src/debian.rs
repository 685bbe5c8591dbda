//! Makes root file systems of Debian unstable in the user's cache, once, for software Debian stable does not have.
//! It never touches the machine's own packages, and has its mounts in a namespace of their own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::{maven, missing};

/// Returns a root file system with these packages for [`crate::Stage::root`], or why it cannot be had.
///
/// The first time takes some minutes; a folder of this name that is there is taken as it is.
pub fn sid(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = maven::cache().join(name);
    if folder.is_dir() {
        return Ok(folder);
    }
    if !rustix::process::getuid().is_root() {
        return Err("a root file system is made by root alone".to_owned());
    }
    if let Some(what) = missing(&["debootstrap", "unshare", "apt-get", "timeout"]) {
        return Err(format!("{what}; apt-get install debootstrap"));
    }
    let mirror = mirror().ok_or("apt knows no archive of Debian; run apt-get update")?;
    // Made beside and renamed, so that one that broke off, or another run's, is never half there.
    let beside = folder.with_extension(format!("{}.part", std::process::id()));
    fs::create_dir_all(&beside).map_err(|error| format!("{}: {error}", beside.display()))?;
    let made = Command::new("timeout")
        .args(["900", "unshare", "--mount", "--propagation", "private", "sh", "-c", include_str!("debian.sh"), "sh"])
        .args([&beside, &PathBuf::from(mirror)])
        .args(packages)
        .output()
        .map_err(|error| error.to_string())?;
    if made.status.success() && fs::rename(&beside, &folder).is_ok() {
        return Ok(folder);
    }
    // Its mounts went with their namespace; what another run made meanwhile is as good.
    let _ = Command::new("rm").args(["-rf", "--one-file-system"]).arg(&beside).status();
    let text = [made.stdout, made.stderr].concat();
    let last = String::from_utf8_lossy(&text).lines().last().unwrap_or("no reason given").to_owned();
    if folder.is_dir() { Ok(folder) } else { Err(format!("debootstrap could not make {name}: {last}")) }
}

/// The archive this machine's packages come from.
fn mirror() -> Option<String> {
    let wanted = ["indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Label: Debian", "Created-By: Packages"];
    let output = Command::new("apt-get").args(wanted).output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}
