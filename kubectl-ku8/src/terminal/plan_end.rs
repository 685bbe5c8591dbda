//! The end of a plan: findings, counts, and what becomes of pods and data.
//! It counts and says; nothing here is about a single field.

use super::Styles;
use super::plan_view::WORKLOADS;
use crate::object::printable;
use crate::plan::{Action, Effect, Plan};
use crate::render::Severity;
use crate::schema::dotted;

/// What the template and the server say, and what keeps the plan from being applied.
pub(super) fn findings(plan: &Plan, styles: Styles, lines: &mut Vec<String>) {
    let before = lines.len();
    for found in &plan.diagnostics {
        let word = match found.severity {
            Severity::Info => styles.dim("note:"),
            Severity::Warning => styles.warn("warning:"),
            Severity::Error => styles.bad("error:"),
        };
        let at = if found.path.is_empty() { String::new() } else { format!("{}: ", dotted(&found.path)) };
        lines.push(format!("{word} {at}{} [{}]", printable(&found.message), found.code));
        lines.extend(found.hint.iter().map(|hint| format!("  {}", printable(hint))));
    }
    for warning in &plan.warnings {
        lines.push(format!("{} the server says: {}", styles.warn("warning:"), printable(warning)));
    }
    for problem in &plan.problems {
        let object = if problem.object.is_empty() { String::new() } else { format!("{}: ", problem.object) };
        lines.push(format!("{} {object}{}", styles.bad("blocked:"), printable(&problem.message)));
        lines.push(format!("  {}", printable(&problem.hint)));
    }
    if lines.len() > before {
        lines.push(String::new());
    }
}

/// The counts, and what happens to pods and data.
pub(super) fn footer(plan: &Plan, styles: Styles) -> Vec<String> {
    if !plan.has_changes() && plan.problems.is_empty() {
        let drifted = match plan.summary.drifted {
            0 => String::new(),
            1 => " 1 was changed by others to what is wanted now.".to_owned(),
            many => format!(" {many} were changed by others to what is wanted now."),
        };
        let sound = match plan.summary.unchanged {
            1 => "1 object is as it should be.".to_owned(),
            many => format!("{many} objects are as they should be."),
        };
        return vec![format!("{} {sound}{drifted}", styles.good("No changes."))];
    }
    let sum = &plan.summary;
    let adopt = if sum.adopt > 0 { format!(" {} to adopt,", sum.adopt) } else { String::new() };
    let replace = if sum.replace > 0 { format!(" {} to replace,", sum.replace) } else { String::new() };
    let kept = if sum.kept > 0 { format!(", {} kept", sum.kept) } else { String::new() };
    let drifted = if sum.drifted > 0 { format!(", {} drifted", sum.drifted) } else { String::new() };
    let mut lines = vec![format!(
        "Plan: {} to create, {} to update,{adopt}{replace} {} to delete, {} unchanged{kept}{drifted}.",
        sum.create, sum.update, sum.delete, sum.unchanged
    )];
    let lost = plan.changes.iter().filter(|change| change.effects.contains(&Effect::DataLoss)).count();
    let grown = plan.changes.iter().filter(|change| change.effects.contains(&Effect::VolumeGrows)).count();
    let data = match lost {
        0 if grown == 1 => "1 data volume grows and keeps its data.".to_owned(),
        0 if grown > 1 => format!("{grown} data volumes grow and keep their data."),
        0 => "Data volumes are not touched.".to_owned(),
        1 => styles.bad("1 data volume is deleted."),
        many => styles.bad(&format!("{many} data volumes are deleted.")),
    };
    let stops = plan.changes.iter().any(|change| change.action == Action::Delete && change.phase == WORKLOADS);
    let restarts = match sum.pods_restarted {
        0 if stops => "Pods of what is deleted stop.".to_owned(),
        0 => "No pod restarts.".to_owned(),
        1 => "1 pod restarts.".to_owned(),
        many => format!("{many} pods restart."),
    };
    lines.push(format!("      {restarts} {data}"));
    if sum.unverified > 0 {
        lines.push(format!("      {} could not be checked with the server.", sum.unverified));
    }
    if !plan.problems.is_empty() {
        lines.push(styles.bad("This plan cannot be applied as it is."));
    }
    lines
}
