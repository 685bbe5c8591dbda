//! What `-v` makes the program tell of its requests, on standard error.
//! It never lets a library speak, which may quote what is secret.

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::terminal::LogLines;

/// Begins to tell, from level 6 on.
pub(super) fn to_stderr(verbosity: u8) {
    let level = match verbosity {
        0..=5 => return,
        6 | 7 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    // Only our own words: the libraries below log headers and frames, where a token may stand.
    let ours = Targets::new().with_target("kubectl_ku8", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(|| LogLines)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .with_filter(ours);
    // A second subscriber in one process would only be a test's doing.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}
