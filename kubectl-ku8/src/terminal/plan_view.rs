//! A plan as text: one line per object with its consequence, one line per changed field, and a summary.
//! Symbols carry the meaning without colour; nothing that will happen is left out.

use super::Styles;
use super::value_view::{Numbers, one_line, short_path, show};
use crate::object::printable;
use crate::plan::{
    Action, Change, Confidence, Effect, FieldCause, FieldClass, FieldOp, Plan, SecretAction, SecretChange,
};
use crate::render::Severity;
use crate::schema::dotted;

/// How much to show.
#[derive(Clone, Copy, Debug)]
pub struct PlanView {
    /// Colours.
    pub styles: Styles,
    /// Every field of created objects, and unchanged objects by name.
    pub full: bool,
}

/// Renders a plan.
pub fn render_plan(plan: &Plan, view: PlanView) -> String {
    let mut lines = vec![header(plan, view.styles), String::new()];
    let mut numbers = Numbers::default();
    for secret in &plan.secrets {
        if let Some(line) = secret_line(secret, view) {
            lines.push(line);
        }
    }
    for change in &plan.changes {
        if change.action != Action::NoOp || view.full {
            object(change, view, &mut numbers, &mut lines);
        }
    }
    if lines.len() > 2 {
        lines.push(String::new());
    }
    findings(plan, view.styles, &mut lines);
    lines.extend(footer(plan, view.styles));
    lines.join("\n")
}

fn header(plan: &Plan, styles: Styles) -> String {
    let subject = &plan.definition;
    let revision = match (subject.from_revision, subject.to_revision) {
        _ if subject.deleting => "deletion".to_owned(),
        (0, 0) => "never published".to_owned(),
        (0, to) => format!("first revision {to}"),
        (from, to) if from == to => format!("revision {from}"),
        (from, to) => format!("revision {from} → {to}"),
    };
    let template = if subject.digest.is_empty() {
        subject.template.clone()
    } else {
        let digest: String = subject.digest.trim_start_matches("sha256:").chars().take(12).collect();
        format!("template {} ({}, sha256:{digest}…)", subject.template, subject.origin)
    };
    let place = if subject.context.is_empty() { String::new() } else { format!("   context {}", subject.context) };
    format!(
        "Plan for {}   {revision}   {template}{place}",
        styles.bold(&format!("{}/{}", subject.namespace, subject.name))
    )
}

fn secret_line(secret: &SecretChange, view: PlanView) -> Option<String> {
    let styles = view.styles;
    let keys = secret.generated.join(", ");
    let count = secret.generated.len();
    let plural = if count == 1 { "key" } else { "keys" };
    let (mark, note) = match secret.action {
        SecretAction::Create => {
            (styles.added("+ create "), format!("{count} generated {plural}, values hidden: {keys}"))
        }
        SecretAction::AddKeys => {
            (styles.changed("~ update "), format!("{count} {plural} added, others untouched: {keys}"))
        }
        SecretAction::Unreadable => {
            ("? unknown".to_owned(), "you may not read Secrets here, so it was not looked at".to_owned())
        }
        SecretAction::TakeBack => (styles.changed("~ update "), "kept with its values, taken back".to_owned()),
        SecretAction::Retain => {
            ("= kept   ".to_owned(), "kept: it holds passwords (--purge-secrets removes it)".to_owned())
        }
        SecretAction::Delete => (styles.removed("- delete "), styles.bad("passwords are lost (--purge-secrets)")),
        SecretAction::Keep if view.full => ("= kept   ".to_owned(), String::new()),
        SecretAction::Keep => return None,
    };
    Some(columns(&format!("  {mark} "), &format!("Secret/{}", secret.name), &note))
}

fn object(change: &Change, view: PlanView, numbers: &mut Numbers, lines: &mut Vec<String>) {
    let styles = view.styles;
    let mark = match change.action {
        Action::Create => styles.added("+ create "),
        Action::Update => styles.changed("~ update "),
        Action::Adopt => styles.changed("~ adopt  "),
        Action::Replace => styles.removed("± replace"),
        Action::Delete => styles.removed("- delete "),
        Action::Keep => "= kept   ".to_owned(),
        Action::NoOp => styles.dim("  same   "),
    };
    let mut notes: Vec<String> = change.effects.iter().map(|effect| effect_words(effect, styles)).collect();
    if change.action == Action::Create {
        notes.extend(highlights(change));
    }
    notes.extend((!change.reason.is_empty()).then(|| printable(&change.reason)));
    if change.confidence == Confidence::Local {
        notes.push("compared locally: you may not dry-run this".to_owned());
    }
    notes.retain(|note| !note.is_empty());
    // A note about reading a file later says nothing new when a reason says who reads it.
    notes.retain(|note| note != "running pods keep the old file" || change.reason.is_empty());
    lines.push(columns(&format!("  {mark} "), &change.key.to_string(), &notes.join("; ")));
    if change.action == Action::Create && !view.full {
        return;
    }
    fields(change, numbers, styles, lines);
}

fn fields(change: &Change, numbers: &mut Numbers, styles: Styles, lines: &mut Vec<String>) {
    let shown: Vec<(String, String, Vec<String>)> = change
        .fields
        .iter()
        .map(|field| {
            if let Some(words) = bookkeeping(&field.pointer) {
                return (short_path(&field.path), styles.dim(words), Vec::new());
            }
            let (mut beside, below) = show(field, numbers, styles);
            match field.cause {
                FieldCause::Server => beside.push_str(&styles.dim("  (set by the server)")),
                FieldCause::Removed if field.op != FieldOp::Remove => beside.push_str("  (default)"),
                _ => {}
            }
            (short_path(&field.path), beside, below)
        })
        .collect();
    let width = shown.iter().map(|(path, _, _)| path.chars().count()).max().unwrap_or(0).min(58);
    for (path, beside, below) in shown {
        let pad = " ".repeat(width.saturating_sub(path.chars().count()));
        lines.push(format!("      {path}{pad}  {beside}").trim_end().to_owned());
        lines.extend(below.into_iter().map(|line| format!("         {line}").trim_end().to_owned()));
    }
}

/// Fields whose values say nothing to a person, in words that do.
fn bookkeeping(pointer: &str) -> Option<&'static str> {
    if pointer.ends_with("/ku8.dev~1owner-id") {
        return Some("marks whose object this is");
    }
    pointer.contains("/annotations/checksum~1").then_some("follows the ConfigMap, so that pods restart with it")
}

/// What a person wants to know of a new object: image, replicas, sizes, ports.
fn highlights(change: &Change) -> Vec<String> {
    let find = |class: FieldClass, end: &'static str| {
        change
            .fields
            .iter()
            .filter(move |field| field.class == class && field.pointer.ends_with(end))
            .map(|field| one_line(&field.after))
    };
    let mut words = Vec::new();
    if let Some(replicas) = find(FieldClass::Replicas, "/spec/replicas").next() {
        words.push(format!("{replicas} {}", if replicas == "1" { "pod" } else { "pods" }));
    }
    let mut images: Vec<String> = find(FieldClass::Image, "/image").collect();
    images.dedup();
    words.extend(images);
    let memory = change.fields.iter().find(|field| field.pointer.ends_with("/containers/0/resources/limits/memory"));
    words.extend(memory.map(|field| format!("memory {}", one_line(&field.after))));
    let disk = change.fields.iter().find(|field| field.pointer.ends_with("/resources/requests/storage"));
    words.extend(disk.map(|field| format!("disk {}", one_line(&field.after))));
    if change.key.is_core("Service") {
        let ports: Vec<String> = change
            .fields
            .iter()
            .filter(|field| field.pointer.ends_with("/port"))
            .map(|field| one_line(&field.after))
            .collect();
        if !ports.is_empty() {
            words.push(format!("port {}", ports.join(", ")));
        }
    }
    words
}

fn effect_words(effect: &Effect, styles: Styles) -> String {
    let pods = |count: u64| if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") };
    match effect {
        Effect::RollingRestart { pods: 1 } => styles.warn("restart of its only pod: down meanwhile"),
        Effect::RollingRestart { pods: count } => styles.warn(&format!("rolling restart of {}", pods(*count))),
        Effect::Downtime { pods: count } => styles.bad(&format!("downtime: all {} stop first", pods(*count))),
        Effect::OnDelete { pods: count } => format!("{} keep the old version until deleted", pods(*count)),
        Effect::Scale { from, to } if to > from => format!("{} more", pods(to - from)),
        Effect::Scale { from, to } => styles.warn(&format!("{} fewer", pods(from - to))),
        Effect::ReadAfterRestart => "running pods keep the old file".to_owned(),
        Effect::Retained | Effect::TakenBack => String::new(),
        Effect::DataLoss => styles.bad("its data is lost"),
    }
}

fn findings(plan: &Plan, styles: Styles, lines: &mut Vec<String>) {
    let before = lines.len();
    for found in &plan.diagnostics {
        let word = match found.severity {
            Severity::Info => styles.dim("note:"),
            Severity::Warning => styles.warn("warning:"),
            Severity::Error => styles.bad("error:"),
        };
        let path = dotted(&found.path);
        let at = if path.is_empty() { String::new() } else { format!("{path}: ") };
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

fn footer(plan: &Plan, styles: Styles) -> Vec<String> {
    if !plan.has_changes() && plan.problems.is_empty() {
        return vec![format!(
            "{} {} objects are as they should be.",
            styles.good("No changes."),
            plan.summary.unchanged
        )];
    }
    let sum = &plan.summary;
    let adopt = if sum.adopt > 0 { format!(" {} to adopt,", sum.adopt) } else { String::new() };
    let replace = if sum.replace > 0 { format!(" {} to replace,", sum.replace) } else { String::new() };
    let kept = if sum.kept > 0 { format!(", {} kept", sum.kept) } else { String::new() };
    let mut lines = vec![format!(
        "Plan: {} to create, {} to update,{adopt}{replace} {} to delete, {} unchanged{kept}.",
        sum.create, sum.update, sum.delete, sum.unchanged
    )];
    let lost = plan.changes.iter().filter(|change| change.effects.contains(&Effect::DataLoss)).count();
    let data = match lost {
        0 => "Data volumes are not touched.".to_owned(),
        1 => styles.bad("1 data volume is deleted."),
        many => styles.bad(&format!("{many} data volumes are deleted.")),
    };
    let restarts = match sum.pods_restarted {
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

/// Mark, name and note in columns; a long name pushes the note on.
fn columns(mark: &str, name: &str, note: &str) -> String {
    let pad = 38_usize.saturating_sub(name.chars().count()).max(2);
    if note.is_empty() { format!("{mark}{name}") } else { format!("{mark}{name}{}{note}", " ".repeat(pad)) }
}
