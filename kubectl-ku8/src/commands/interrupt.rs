//! Ctrl-C, and SIGTERM like it: ends a command at once, except while it changes a cluster; then it stops before the next write.
//! It never cuts a request in two, and a second Ctrl-C is never ignored.

use std::cell::Cell;

use tokio::sync::Notify;

/// Whether Ctrl-C was pressed, and whether it may end the program at once.
#[derive(Debug, Default)]
pub struct Interrupt {
    pressed: Cell<bool>,
    guards: Cell<u32>,
    watching: Cell<bool>,
    notify: Notify,
}

/// While one of these lives, the first Ctrl-C only asks to stop.
pub(super) struct Guard<'a>(&'a Interrupt);

impl Interrupt {
    /// Ctrl-C was pressed. Says whether the program ends now; otherwise whoever holds a guard will see to it.
    pub(super) fn press(&self) -> bool {
        let at_once = self.pressed.replace(true) || self.guards.get() == 0;
        self.notify.notify_one();
        at_once
    }

    /// Says whether somebody holds a guard: something is begun, and its end is not recorded yet.
    pub(super) fn is_guarded(&self) -> bool {
        self.guards.get() > 0
    }

    /// From here on Ctrl-C is how the command is meant to end.
    pub(super) fn watch(&self) {
        self.watching.set(true);
    }

    /// Says whether it is.
    pub(super) fn is_watching(&self) -> bool {
        self.watching.get()
    }

    /// Says whether it was pressed.
    pub(super) fn pressed(&self) -> bool {
        self.pressed.get()
    }

    /// Comes back when it is pressed.
    pub(super) async fn wait(&self) {
        while !self.pressed.get() {
            self.notify.notified().await;
        }
    }

    /// Asks for time to come to a safe end.
    pub(super) fn guard(&self) -> Guard<'_> {
        self.guards.set(self.guards.get() + 1);
        Guard(self)
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.guards.set(self.0.guards.get() - 1);
    }
}

/// Comes back at Ctrl-C, or when somebody asks this process to end, as a CI system does before it kills.
pub(super) async fn asked_to_end() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // Without signals there is nobody to wait for but Ctrl-C.
    let _ = tokio::signal::ctrl_c().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_press_under_a_guard_waits() {
        let idle = Interrupt::default();
        assert!(idle.press() && idle.pressed());

        let busy = Interrupt::default();
        let guard = busy.guard();
        assert!(!busy.press() && busy.pressed());
        assert!(busy.press(), "the second one");
        drop(guard);

        let done = Interrupt::default();
        drop(done.guard());
        assert!(done.press());
    }
}
