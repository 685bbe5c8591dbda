//! How a publication ended, in words and an exit code, with what to do next.
//! It only says; everything was written before.

use super::Context;
use super::pipeline::Prepared;
use crate::apply::ApplyReport;
use crate::error::{CommandError, exit};
use crate::release::Head;
use crate::terminal::wait_lines;
use crate::wait::WaitReport;

/// Says how it ended.
///
/// # Errors
/// When a write failed, or not everything is ready.
pub(super) fn conclude(
    context: &Context,
    head: &Head,
    prepared: &Prepared,
    report: &ApplyReport,
    wait: Option<&WaitReport>,
) -> Result<(), CommandError> {
    let ui = &context.ui;
    let name = head.definition.name();
    if report.failed() {
        for one in &report.outcomes {
            ui.complain(&format!("  {:<12} {}", one.outcome, one.object));
        }
        let first = report.first_error();
        let stale = matches!(first.and_then(|one| one.error.as_ref()), Some(crate::apply::WriteError::Stale { .. }));
        return Err(CommandError::new(head.state.reason.clone().unwrap_or_default())
            .code(if stale { exit::STALE } else { exit::ERROR })
            .hint(format!("correct it and publish again, which goes on from here: kubectl ku8 publish {name}")));
    }
    if let Some(wait) = wait.filter(|wait| !wait.all_current()) {
        for line in wait_lines(wait, ui.err, &|time| context.seconds_since(time)) {
            ui.complain(&line);
        }
        let why = match &wait.timed_out {
            Some(limit) => format!("not everything became ready in time: {limit}"),
            None => "not everything can become ready".to_owned(),
        };
        return Err(CommandError::new(format!("{name} was applied, but {why}"))
            .code(exit::NOT_READY)
            .hint(format!("look: kubectl ku8 status {name}"))
            .hint(format!("go on waiting, or publish a correction: kubectl ku8 publish {name}")));
    }
    ui.print(&format!(
        "{} {}/{name} revision {}: {}",
        ui.out.good("Published"),
        prepared.plan.definition.namespace,
        head.state.current,
        prepared.plan.summary_words()
    ));
    let notes = prepared.notes.trim();
    if !notes.is_empty() && head.state.current == 1 {
        ui.say(&format!("\n{notes}"));
    }
    Ok(())
}
