//! A plan as text: one line per object with its consequence, one line per changed field, and a summary.
//! Symbols carry the meaning without colour; nothing that will happen is left out.

use unicode_width::UnicodeWidthStr as _;

use super::Styles;
use super::plan_end::{findings, footer};
use super::plan_lines::{Line, fold};
use super::plan_words::{effect_words, highlights};
use super::value_view::{Numbers, one_line, short_path, show_around};
use crate::object::printable;
use crate::plan::{
    Action, Change, Confidence, FieldCause, FieldChange, FieldOp, Plan, SecretAction, SecretChange, Subject,
};

/// Phase of everything that runs pods.
pub(super) const WORKLOADS: u8 = 7;

/// How much to show.
#[derive(Clone, Copy, Debug)]
pub struct PlanView {
    /// Colours.
    pub styles: Styles,
    /// Every field of created objects, and unchanged objects by name.
    pub full: bool,
    /// Fields the server or a webhook sets, one by one.
    pub side_effects: bool,
    /// Lines around each change of a text.
    pub lines: usize,
}

impl PlanView {
    /// Lines around a change when nothing else is asked for.
    pub const LINES: usize = 2;

    /// The usual: changes alone.
    pub fn new(styles: Styles) -> Self {
        Self { styles, full: false, side_effects: false, lines: Self::LINES }
    }
}

/// Renders a plan.
pub fn render_plan(plan: &Plan, view: PlanView) -> String {
    let mut lines = vec![header(plan, view.styles)];
    lines.extend(
        template_line(&plan.definition).map(|(words, worth)| if worth { view.styles.warn(&words) } else { words }),
    );
    let local = plan.changes.iter().filter(|change| change.confidence == Confidence::Local).count();
    if local > 0 {
        lines.push(view.styles.warn(&format!(
            "confidence: local. You may not dry-run {local} of these objects, so they were compared here, without the server's word."
        )));
    }
    lines.push(String::new());
    let before = lines.len();
    let mut numbers = Numbers::default();
    for secret in &plan.secrets {
        if let Some(line) = secret_line(secret, view) {
            lines.push(line);
        }
    }
    for change in &plan.changes {
        if change.action != Action::NoOp || view.full || !change.drift.is_empty() || !change.yielded.is_empty() {
            object(change, view, &mut numbers, &mut lines);
        }
    }
    if lines.len() > before {
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
        let facts = [subject.source.as_str(), &subject.origin].map(printable);
        let facts: Vec<&str> = facts.iter().map(String::as_str).filter(|fact| !fact.is_empty()).collect();
        format!("template {} ({}, {})", subject.template, facts.join(", "), brief(&subject.digest))
    };
    let place = if subject.context.is_empty() { String::new() } else { format!("   context {}", subject.context) };
    format!(
        "Plan for {}   {revision}   {template}{place}",
        styles.bold(&format!("{}/{}", subject.namespace, subject.name))
    )
}

/// Another template than the published one, in words, and whether it is worth a warning: an older one, or another place.
pub(super) fn template_line(subject: &Subject) -> Option<(String, bool)> {
    let change = subject.template_change.as_ref()?;
    let (from, to) = (&change.from, &change.to);
    let arrow = |from: &str, to: &str| {
        if from == to { printable(to) } else { format!("{} → {}", printable(from), printable(to)) }
    };
    let mut words = format!("template {} {}", arrow(&from.name, &to.name), arrow(&from.version, &to.version));
    if change.downgrade {
        words.push_str(", a downgrade");
    }
    if from.digest != to.digest {
        let digests = arrow(&brief(&from.digest), &brief(&to.digest));
        words.extend([" (", &digests, ")"]);
    }
    words.extend([", ", &printable(&subject.origin)]);
    let moved = from.source != to.source;
    if moved {
        let place = |source: &str| if source.is_empty() { "built in".to_owned() } else { source.to_owned() };
        words.extend([", from ", &arrow(&place(&from.source), &place(&to.source))]);
    }
    Some((words, change.downgrade || moved))
}

/// The beginning of a digest.
fn brief(digest: &str) -> String {
    format!("sha256:{}…", digest.trim_start_matches("sha256:").chars().take(12).collect::<String>())
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
        Action::NoOp if !change.drift.is_empty() => styles.warn("! drift  "),
        Action::NoOp => styles.dim("  same   "),
    };
    let mut notes: Vec<String> = change.effects.iter().map(|effect| effect_words(effect, styles)).collect();
    if change.action == Action::Create {
        notes.extend(highlights(change));
    }
    let forced = change.action == Action::Replace;
    notes.extend((!change.reason.is_empty() && !forced).then(|| printable(&change.reason)));
    if change.confidence == Confidence::Local {
        notes.push("compared locally".to_owned());
    }
    notes.extend(
        change
            .yielded
            .iter()
            .map(|one| format!("{} {} is held by {} and left alone", one.field, one_line(&one.value), one.holder)),
    );
    notes.retain(|note| !note.is_empty());
    // A note about reading a file later says nothing new when a reason says who reads it.
    notes.retain(|note| note != "running pods keep the old file" || change.reason.is_empty());
    lines.push(columns(&format!("  {mark} "), &change.key.to_string(), &notes.join("; ")));
    if change.action == Action::Create && !view.full {
        return;
    }
    if forced {
        lines.push(styles.dim(&format!("      {}", printable(&change.reason))));
    }
    fields(change, view, numbers, lines);
    drifts(change, styles, lines);
}

fn fields(change: &Change, view: PlanView, numbers: &mut Numbers, lines: &mut Vec<String>) {
    let styles = view.styles;
    let is_shown = |field: &&FieldChange| view.side_effects || field.cause != FieldCause::Server;
    let folded = change.fields.iter().filter(|field| !is_shown(field)).count();
    let wanted: Vec<&FieldChange> = change.fields.iter().filter(is_shown).collect();
    let shown: Vec<(String, String, Vec<String>)> = fold(&wanted)
        .into_iter()
        .map(|line| {
            let field = match line {
                Line::Field(field) => field,
                Line::Words(path, words) => return (path, words, Vec::new()),
            };
            if let Some(words) = bookkeeping(&field.pointer) {
                return (short_path(&field.path), styles.dim(words), Vec::new());
            }
            let (mut beside, below) =
                show_around(field, numbers, styles, if view.full { usize::MAX } else { view.lines });
            match field.cause {
                FieldCause::Server => beside.push_str(&styles.dim("  (set by the server or a webhook)")),
                FieldCause::Removed if field.op != FieldOp::Remove => {
                    beside = styles.removed(&format!("{beside}  (default: no longer set here)"));
                }
                FieldCause::Adopted if field.owner.before.is_empty() => {
                    beside.push_str("  (a default that goes with it)");
                }
                FieldCause::Adopted => {
                    beside = format!("{beside}  (adopted from {})", field.owner.before);
                }
                _ => {}
            }
            if let Some(holder) = &field.conflict {
                beside = format!("{beside}  {}", styles.bad(&format!("! {holder}")));
            }
            (short_path(&field.path), beside, below)
        })
        .collect();
    let width = shown.iter().map(|(path, _, _)| path.width()).max().unwrap_or(0).min(58);
    for (path, beside, below) in shown {
        let pad = " ".repeat(width.saturating_sub(path.width()));
        lines.push(format!("      {path}{pad}  {beside}").trim_end().to_owned());
        lines.extend(below.into_iter().map(|line| format!("         {line}").trim_end().to_owned()));
    }
    if folded > 0 {
        let words = if folded == 1 { "1 field" } else { &format!("{folded} fields") };
        lines.push(styles.dim(&format!("      … {words} set by the server or a webhook (--show-side-effects)")));
    }
}

/// What others changed, whether this plan changes it back or not.
fn drifts(change: &Change, styles: Styles, lines: &mut Vec<String>) {
    for drift in &change.drift {
        let who = match (drift.by.is_empty(), drift.since.is_empty()) {
            (true, _) => "by somebody".to_owned(),
            (false, true) => format!("by {}", drift.by),
            (false, false) => format!("by {} at {}", drift.by, drift.since),
        };
        let found =
            if drift.found.is_null() { "removed".to_owned() } else { format!("{} now", one_line(&drift.found)) };
        lines.push(format!(
            "      {} {}  published {}, {found}, {who}",
            styles.warn("! drift"),
            printable(&drift.field),
            one_line(&drift.published)
        ));
    }
}

/// Fields whose values say nothing to a person, in words that do.
fn bookkeeping(pointer: &str) -> Option<&'static str> {
    if pointer.ends_with("/ku8.dev~1owner-id") {
        return Some("marks whose object this is");
    }
    pointer.contains("/annotations/checksum~1").then_some("follows the ConfigMap, so that pods restart with it")
}

/// Mark, name and note in columns; a long name pushes the note on.
fn columns(mark: &str, name: &str, note: &str) -> String {
    let pad = 38_usize.saturating_sub(name.width()).max(2);
    if note.is_empty() { format!("{mark}{name}") } else { format!("{mark}{name}{}{note}", " ".repeat(pad)) }
}
