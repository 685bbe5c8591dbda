//! A plan for a pull request: a summary, a table of objects, the fields of each folded below.
//! Nothing in a value can end a fence, open a tag or mention a person.

use super::Styles;
use super::plan_words::{effect_words, highlights};
use super::value_view::{Numbers, show};
use crate::object::printable;
use crate::plan::{Action, Change, Confidence, FieldCause, Plan, SecretAction, display_path};

/// Renders a plan as Markdown (GitHub and GitLab flavours).
pub fn render_markdown(plan: &Plan) -> String {
    let subject = &plan.definition;
    let mut lines = vec![format!("### Plan for `{}/{}`", code(&subject.namespace), code(&subject.name)), String::new()];
    lines.push(format!("{} · template `{}`", verdict(plan), code(&subject.template)));
    lines.push(String::new());
    for problem in &plan.problems {
        let object = if problem.object.is_empty() { String::new() } else { format!("`{}`: ", code(&problem.object)) };
        lines.push(format!("> **blocked** {object}{} — {}", text(&problem.message), text(&problem.hint)));
    }
    for found in &plan.diagnostics {
        lines.push(format!("> {} [{}]", text(&found.message), text(&found.code)));
    }
    if !(plan.problems.is_empty() && plan.diagnostics.is_empty()) {
        lines.push(String::new());
    }
    let rows = rows(plan);
    if !rows.is_empty() {
        lines.extend(["| | object | what happens |".to_owned(), "|---|---|---|".to_owned()]);
        lines.extend(rows);
        lines.push(String::new());
    }
    let mut numbers = Numbers::default();
    for change in plan.changes.iter().filter(|change| change.action != Action::NoOp || !change.drift.is_empty()) {
        details(change, &mut numbers, &mut lines);
    }
    lines.join("\n").trim_end().to_owned()
}

fn verdict(plan: &Plan) -> String {
    if !plan.problems.is_empty() {
        return format!("**Cannot be applied**: {} in the way", plan.problems.len());
    }
    if !plan.has_changes() {
        return "**No changes**".to_owned();
    }
    let restarts = match plan.summary.pods_restarted {
        0 => "no pod restarts".to_owned(),
        1 => "1 pod restarts".to_owned(),
        many => format!("{many} pods restart"),
    };
    format!("**{}**, {restarts}", plan.summary_words())
}

fn rows(plan: &Plan) -> Vec<String> {
    let mut rows = Vec::new();
    for secret in plan.secrets.iter().filter(|secret| secret.action != SecretAction::Keep) {
        let what = match secret.action {
            SecretAction::Create => "values generated, never shown",
            SecretAction::AddKeys => "keys added, others untouched",
            SecretAction::Delete => "passwords are lost",
            SecretAction::Unreadable => "not looked at: no right to read Secrets",
            _ => "kept with its values",
        };
        rows.push(format!("| {} | `Secret/{}` | {what} |", secret_mark(secret.action), code(&secret.name)));
    }
    for change in plan.changes.iter().filter(|change| change.action != Action::NoOp || !change.drift.is_empty()) {
        let plain = Styles::new(false);
        let mut notes: Vec<String> = change.effects.iter().map(|effect| effect_words(effect, plain)).collect();
        if change.action == Action::Create {
            notes.extend(highlights(change));
        }
        notes.push(change.reason.clone());
        if change.confidence != Confidence::Server {
            notes.push("not checked with the server".to_owned());
        }
        notes.retain(|note| !note.is_empty());
        rows.push(format!("| {} | `{}` | {} |", mark(change), code(&change.key.to_string()), text(&notes.join("; "))));
    }
    rows
}

fn secret_mark(action: SecretAction) -> &'static str {
    match action {
        SecretAction::Create => "create",
        SecretAction::AddKeys | SecretAction::TakeBack => "update",
        SecretAction::Delete => "**delete**",
        SecretAction::Unreadable => "unknown",
        SecretAction::Keep | SecretAction::Retain => "keep",
    }
}

fn mark(change: &Change) -> &'static str {
    match change.action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Adopt => "adopt",
        Action::Replace => "**replace**",
        Action::Delete => "**delete**",
        Action::Keep => "keep",
        Action::NoOp => "drift",
    }
}

fn details(change: &Change, numbers: &mut Numbers, lines: &mut Vec<String>) {
    let mut body = Vec::new();
    let created = change.action == Action::Create;
    for field in change.fields.iter().filter(|field| field.cause != FieldCause::Server && !created) {
        let (beside, below) = show(field, numbers, Styles::new(false));
        let holder = field.conflict.as_ref().map(|holder| format!("  ! {holder}")).unwrap_or_default();
        body.push(format!("{}  {beside}{holder}", display_path(&field.path)));
        body.extend(below.into_iter().map(|line| format!("  {line}")));
    }
    for drift in &change.drift {
        body.push(format!("! drift {}  by {}", drift.field, if drift.by.is_empty() { "somebody" } else { &drift.by }));
    }
    if body.is_empty() {
        return;
    }
    // A fence is longer than any run of backticks in it, so no value can end it.
    let body: Vec<String> = body.iter().map(|line| printable(line)).collect();
    let fence = "`".repeat(longest_run(&body).max(2) + 1);
    lines.push(format!("<details><summary><code>{}</code></summary>\n", escaped(&change.key.to_string())));
    lines.push(format!("{fence}diff"));
    lines.extend(body);
    lines.push(fence);
    lines.push("\n</details>\n".to_owned());
}

fn longest_run(lines: &[String]) -> usize {
    lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0)
}

/// For inside single backticks.
fn code(value: &str) -> String {
    printable(value).replace(['`', '|', '\n'], " ")
}

/// For running text and table cells.
fn text(value: &str) -> String {
    let mut safe = String::new();
    for character in printable(value).replace('\n', " ").chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            // A zero-width joiner would be invisible; an entity keeps mentions and references from being made.
            '@' => safe.push_str("&#64;"),
            '#' => safe.push_str("&#35;"),
            '|' | '*' | '_' | '[' | ']' | '`' | '!' | '\\' => {
                safe.push('\\');
                safe.push(character);
            }
            other => safe.push(other),
        }
    }
    safe
}

fn escaped(value: &str) -> String {
    printable(value).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_fence_opens_a_tag_or_mentions_anybody() {
        assert_eq!(longest_run(&["a ```` b".to_owned(), "``".to_owned()]), 4);
        assert_eq!(text("@team <b>|x|\n#12"), "&#64;team &lt;b&gt;\\|x\\| &#35;12");
        assert_eq!(code("a`b\nc"), "a b c");
    }
}
