//! Where a process runs, so that one that has ended is told from one that lives elsewhere.
//! It never guesses: what the system does not tell leaves a lock to its time.

/// Tells one process of one boot of one machine from all others, as far as the system says: boot, process namespace
/// (containers of one machine count their processes each for itself), and when the process began.
pub(super) fn place(process: u32) -> String {
    let began = began(process).unwrap_or_default();
    match (boot(), process_namespace()) {
        (boot, Some(namespace)) if !boot.is_empty() => format!("{boot}.{namespace}.{began}"),
        _ => String::new(),
    }
}

fn boot() -> String {
    let id = crate::files::read_text(std::path::Path::new("/proc/sys/kernel/random/boot_id")).unwrap_or_default();
    id.trim().chars().take(8).collect()
}

/// The number of the namespace our process numbers belong to.
fn process_namespace() -> Option<String> {
    let link = std::path::Path::new("/proc/self/ns/pid").read_link().ok()?;
    Some(link.to_str()?.chars().filter(char::is_ascii_digit).collect())
}

/// Ticks from boot to the start of a process; `None` when there is none, or it may not be seen.
fn began(process: u32) -> Option<String> {
    let stat = crate::files::read_text(std::path::Path::new(&format!("/proc/{process}/stat"))).ok()?;
    // The second field is the program's name in brackets, which may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    // One that ended and was not yet buried by its parent is still listed.
    let ended = matches!(fields.next(), Some("Z" | "X"));
    fields.nth(18).map(|began| if ended { "ended".to_owned() } else { began.to_owned() })
}

/// A holder of this boot and namespace whose process has ended can no longer write (decisions.md, 25). A process of
/// that number that began at another time is another process; one that may not be seen is alive.
pub(super) fn is_gone(holder: &str) -> bool {
    let mut parts = holder.rsplit('/');
    let (Some(theirs), Some(process)) = (parts.next(), parts.next()) else { return false };
    let Ok(process) = process.parse::<u32>() else { return false };
    let here = place(std::process::id());
    let (Some((theirs, start)), Some((here, _))) = (theirs.rsplit_once('.'), here.rsplit_once('.')) else {
        return false;
    };
    theirs == here && began(process).map_or_else(|| has_ended(process), |began| began != start)
}

/// A system that does not tell of other processes leaves the lock to its time.
#[cfg(not(unix))]
fn has_ended(_: u32) -> bool {
    false
}

/// A process that is somebody else's answers with another error than one that is not there.
#[cfg(unix)]
fn has_ended(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    process.is_none_or(|process| rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_ended_process_of_this_place_is_gone() {
        let here = place(std::process::id());
        assert!(!here.is_empty(), "this test needs /proc");
        let holder = |process: u32, place: &str| format!("ada@laptop/{process}/{place}");
        assert!(!is_gone(&holder(std::process::id(), &here)));
        // Of another user, whom we may not signal: it lives all the same.
        assert!(!is_gone(&holder(1, &place(1))));
        let other_start = format!("{}.1", here.rsplit_once('.').unwrap().0);
        assert!(is_gone(&holder(std::process::id(), &other_start)), "our number, but begun at another time");
        assert!(is_gone(&holder(4_194_305, &other_start)), "no process has that number");
        // A container beside ours numbers its processes itself, another machine has another boot.
        assert!(!is_gone(&holder(4_194_305, "deadbeef.4026531836.1")));
        assert!(!is_gone("ada@laptop/4194305") && !is_gone("") && !is_gone("ada@laptop/x/y"));
    }
}
