//! One object of a plan in Markdown, twice: with all its fields folded below it, and as one line.
//! It decides how dangerous a change is to whoever reads from the top, and leaves nothing of it out.

use super::text::{code, escaped, fenced, html, text};
use crate::plan::{
    Action, Change, Confidence, Effect, FieldCause, FieldChange, FieldOp, Plan, SecretAction, SecretChange,
};
use crate::terminal::Styles;
use crate::terminal::plan_lines::{Line, fold};
use crate::terminal::plan_words::{effect_words, highlights};
use crate::terminal::value_view::{Numbers, one_line, short_path, show};

/// How early something must be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Danger {
    /// It stands in the way.
    Problem,
    /// Data, passwords, objects or connections are lost.
    Loss,
    /// Something stops or changes hands for a while.
    Care,
    /// Everything else.
    None,
}

/// Something of a plan that is shown whole, as one line, or only counted.
pub(super) struct Block {
    /// How early it is read.
    pub(super) danger: Danger,
    /// What it counts as.
    pub(super) word: &'static str,
    /// With its fields.
    pub(super) whole: String,
    /// On one line.
    pub(super) line: String,
}

/// Everything of a plan, what is dangerous first and otherwise in the order it is applied.
pub(super) fn blocks(plan: &Plan) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    for problem in &plan.problems {
        let object = if problem.object.is_empty() { String::new() } else { format!("{}: ", code(&problem.object)) };
        let line = format!("- **blocked** {object}{} — {}", text(&problem.message), text(&problem.hint));
        found.push(Block { danger: Danger::Problem, word: "blocked", whole: line.clone(), line });
    }
    for finding in &plan.diagnostics {
        let line = format!("- {} {}", text(&finding.message), code(&finding.code));
        found.push(Block { danger: Danger::Care, word: "findings", whole: line.clone(), line });
    }
    for warning in &plan.warnings {
        let line = format!("- the server warns: {}", text(warning));
        found.push(Block { danger: Danger::Care, word: "warnings", whole: line.clone(), line });
    }
    found.extend(plan.secrets.iter().filter_map(secret));
    let mut numbers = Numbers::default();
    for change in &plan.changes {
        if change.action != Action::NoOp || !change.drift.is_empty() {
            found.push(object(change, &mut numbers));
        }
    }
    found.sort_by_key(|block| block.danger);
    found
}

fn secret(secret: &SecretChange) -> Option<Block> {
    let keys = secret.generated.join(", ");
    let (word, danger, note) = match secret.action {
        SecretAction::Create => ("create", Danger::None, format!("values generated, never shown: {keys}")),
        SecretAction::AddKeys => ("update", Danger::None, format!("keys added, others untouched: {keys}")),
        SecretAction::TakeBack => ("update", Danger::None, "kept with its values, taken back".to_owned()),
        SecretAction::Delete => ("delete", Danger::Loss, "passwords are lost".to_owned()),
        SecretAction::Unreadable => ("unknown", Danger::Care, "not looked at: no right to read Secrets".to_owned()),
        SecretAction::Retain => ("kept", Danger::None, "it holds passwords".to_owned()),
        SecretAction::Keep => return None,
    };
    let name = code(&format!("Secret/{}", secret.name));
    let line = format!("- {} {name}: {}", strong(word, danger), text(&note));
    Some(Block { danger, word, whole: line.clone(), line })
}

fn object(change: &Change, numbers: &mut Numbers) -> Block {
    let (word, danger) = (word(change), danger(change));
    let notes = notes(change);
    let name = change.key.to_string();
    let joined = |words: String| if words.is_empty() { words } else { format!(": {words}") };
    let line = format!("- {} {}{}", strong(word, danger), code(&name), joined(text(&notes)));
    let fields = fields(change, numbers);
    if fields.is_empty() {
        return Block { danger, word, whole: line.clone(), line };
    }
    let marked = if danger < Danger::None { format!("<b>{word}</b>") } else { word.to_owned() };
    let summary = format!("{marked} <code>{}</code>{}", escaped(&name), joined(html(&notes)));
    // Both empty lines are needed: inside an HTML block no Markdown is read, and none ends without one.
    let whole = format!("<details><summary>{summary}</summary>\n\n{}\n\n</details>\n", fenced(&fields));
    Block { danger, word, whole, line }
}

fn strong(word: &str, danger: Danger) -> String {
    if danger < Danger::None { format!("**{word}**") } else { word.to_owned() }
}

fn word(change: &Change) -> &'static str {
    match change.action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Adopt => "adopt",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Keep => "kept",
        Action::NoOp => "drift",
    }
}

fn danger(change: &Change) -> Danger {
    let lost = matches!(change.action, Action::Delete | Action::Replace)
        || change.effects.iter().any(|effect| matches!(effect, Effect::DataLoss | Effect::Downtime { .. }));
    let care = matches!(change.action, Action::Adopt | Action::NoOp)
        || !change.drift.is_empty()
        || change.fields.iter().any(|field| field.conflict.is_some())
        || change.effects.iter().any(|effect| {
            matches!(
                effect,
                Effect::RollingRestart { .. } | Effect::AddressChanges | Effect::OtherPods | Effect::Replaced { .. }
            ) || matches!(effect, Effect::Scale { from, to } if to < from)
        });
    match (lost, care) {
        (true, _) => Danger::Loss,
        (false, true) => Danger::Care,
        (false, false) => Danger::None,
    }
}

fn notes(change: &Change) -> String {
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
    notes.join("; ")
}

/// One line a field; what comes and goes is marked as a diff marks it.
fn fields(change: &Change, numbers: &mut Numbers) -> Vec<String> {
    let plain = Styles::new(false);
    let shown: Vec<&FieldChange> = change.fields.iter().filter(|field| field.cause != FieldCause::Server).collect();
    let mut lines = Vec::new();
    for line in fold(&shown) {
        let field = match line {
            Line::Field(field) => field,
            Line::Words(path, words) => {
                lines.push(format!("  {path}  {words}"));
                continue;
            }
        };
        let mark = match field.op {
            FieldOp::Add => '+',
            FieldOp::Remove => '-',
            _ => ' ',
        };
        let (beside, below) = show(field, numbers, plain);
        let holder = field.conflict.as_ref().map(|holder| format!("  ! {holder}")).unwrap_or_default();
        lines.push(format!("{mark} {}  {beside}{holder}", short_path(&field.path)).trim_end().to_owned());
        lines.extend(below);
    }
    for drift in &change.drift {
        let by = if drift.by.is_empty() { "somebody" } else { &drift.by };
        let (published, found) = (one_line(&drift.published), one_line(&drift.found));
        lines.push(format!("! drift {}  published {published}, {found} now, by {by}", drift.field));
    }
    lines
}
