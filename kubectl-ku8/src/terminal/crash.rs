//! A fault of our own ends politely: what, where, in which command, and what was changed before it.
//! It shows no value anybody typed, and no value of the cluster.

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{CommandError, id};
use crate::object::printable;
use crate::secrets::redact::redact;

use super::failure;

/// Words of the command that runs, without their values, and the last change it made.
static COMMAND: Mutex<String> = Mutex::new(String::new());
static CHANGED: Mutex<String> = Mutex::new(String::new());
static DOCUMENT: AtomicBool = AtomicBool::new(false);

/// Makes a fault of our own end in a few lines without secrets, instead of whatever it quotes.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |place| format!("{}:{}", place.file(), place.line()));
        let error = fault(panic.payload_as_str().unwrap_or("no words"), &place);
        let text = if DOCUMENT.load(Ordering::Relaxed) {
            failure::document(&error, &[])
        } else {
            failure::words(&error, super::Styles::new(false)).join("\n")
        };
        // Nobody is left to tell when this fails.
        let _ = writeln!(std::io::stderr().lock(), "{}", redact(&text));
    }));
}

/// Says which command runs: its words alone, such as `secret set`.
pub fn name_command(words: &str, wants_document: bool) {
    keep(&COMMAND, words);
    DOCUMENT.store(wants_document, Ordering::Relaxed);
}

/// Says that something was changed, for a fault that may follow.
pub(super) fn note_change(what: &str) {
    keep(&CHANGED, what);
}

fn keep(place: &Mutex<String>, text: &str) {
    if let Ok(mut kept) = place.lock() {
        text.clone_into(&mut kept);
    }
}

fn fault(message: &str, place: &str) -> CommandError {
    let read = |place: &Mutex<String>| place.try_lock().map(|kept| kept.clone()).unwrap_or_default();
    let (command, changed) = (read(&COMMAND), read(&CHANGED));
    let error = CommandError::new(format!(
        "a fault in kubectl ku8 itself: {}\nversion {}, command `kubectl ku8 {}`, at {place}",
        printable(&redact(message)),
        env!("CARGO_PKG_VERSION"),
        printable(&command)
    ))
    .id(id::FAULT);
    let error = if changed.is_empty() {
        error
    } else {
        error.hint(format!("its last change was: {}; nothing after it was changed", printable(&redact(&changed))))
    };
    error
        .hint("what was begun is recorded: run the same command again and it goes on from there")
        .hint(format!("please report this: {}/issues", env!("CARGO_PKG_REPOSITORY")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_where_and_what_was_changed_and_no_secret() {
        crate::secrets::redact::learn("canary-in-a-panic");
        name_command("publish", false);
        note_change("ConfigMap/a created");
        let error = fault("bad value: \"canary-in-a-panic\"\u{1b}[2J", "src/x.rs:1");
        assert!(error.message.contains("bad value: \"(redacted)\"\\u{1b}[2J\n"), "{error}");
        assert!(error.message.contains("command `kubectl ku8 publish`, at src/x.rs:1"), "{error}");
        assert!(error.hints[0].contains("ConfigMap/a created; nothing after it was changed"), "{:?}", error.hints);
    }
}
