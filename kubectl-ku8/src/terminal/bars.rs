//! Lines that are drawn while something goes on, all of them together, and what is printed between them.
//! None is ever left behind: what is printed takes their place, and each is drawn again when it has more to say.

use std::ops::Deref;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

static ALL: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// One line, as long as it lives.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Of `total` parts, or of work nobody can count.
    pub(super) fn new(total: Option<u64>, template: &str, letters: Letters) -> Self {
        LIVE.fetch_add(1, Ordering::SeqCst);
        let bar = ALL.add(ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden()));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(match letters {
                Letters::Arrow => style.progress_chars("=> "),
                Letters::Wheel => style.tick_chars("-\\|/ "),
            });
        }
        Self(bar)
    }
}

/// What moves in a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum Letters {
    /// `===>   `
    Arrow,
    /// `-`, `\`, `|`, `/`
    Wheel,
}

impl Deref for Bar {
    type Target = ProgressBar;

    fn deref(&self) -> &ProgressBar {
        &self.0
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
        ALL.remove(&self.0);
        LIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Makes room for what is printed next.
pub(super) fn make_room() {
    if LIVE.load(Ordering::SeqCst) > 0 {
        // A terminal that is gone shows no lines either.
        let _ = ALL.clear();
    }
}
