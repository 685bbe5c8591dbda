//! Plans for a pull request: counts first, dangers next, the fields of each object folded below it.
//! It never goes over the size it is given: it shows less, in steps, and says what it left out.

mod objects;
mod text;

use std::fmt::Write as _;

use objects::{Block, blocks};
use sha2::{Digest, Sha256};
use text::{code, comment};

use crate::plan::{Confidence, Plan, Subject};
use crate::terminal::plan_view::template_line;

/// Smallest size that can be asked for: the line a bot finds its comment by, a title and the counts.
pub const SMALLEST_MARKDOWN: usize = 1000;

/// Longest name of a context that is shown as it is.
const LONGEST: usize = 100;

/// What one sentence about what was left out takes at most, beside its link.
const NOTE: usize = 300;

/// How much is shown, and where the rest is.
#[derive(Clone, Copy, Debug, Default)]
pub struct MarkdownView<'a> {
    /// Most bytes; none for everything.
    pub max_bytes: Option<usize>,
    /// Address of the whole plan.
    pub link: Option<&'a str>,
    /// The plans are those of every definition of the namespace.
    pub all: bool,
}

/// The title of one plan, and what is shown of each of its blocks.
struct Part {
    head: String,
    blocks: Vec<(Block, Shown)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Whole,
    Line,
    Left,
}

/// Renders plans as Markdown (GitHub, GitLab and Gitee flavours).
pub fn render_markdown(plans: &[&Plan], view: MarkdownView<'_>) -> String {
    let marker = marker(plans, view.all);
    let mut parts: Vec<Part> = plans
        .iter()
        .map(|plan| {
            let blocks = blocks(plan).into_iter().map(|block| (block, Shown::Whole)).collect();
            Part { head: head(plan), blocks }
        })
        .collect();
    let room = view.max_bytes.unwrap_or(usize::MAX).max(SMALLEST_MARKDOWN).saturating_sub(marker.len() + 1);
    let whole = join(&marker, &parts, view.link);
    if whole.len() <= room {
        return whole;
    }
    let heads: usize = parts.iter().map(|part| part.head.len() + 2).sum();
    let notes = parts.len().saturating_mul(NOTE + view.link.map_or(0, str::len));
    match room.checked_sub(heads + notes) {
        Some(room) => {
            choose(&mut parts, room);
            join(&marker, &parts, view.link)
        }
        None => counts(&marker, plans, room, view.link),
    }
}

/// Shows as much as there is room for: a line for each before the fields of any, what is dangerous before the rest.
fn choose(parts: &mut [Part], mut room: usize) {
    let mut order: Vec<(usize, usize)> =
        (0..parts.len()).flat_map(|part| (0..parts[part].blocks.len()).map(move |block| (part, block))).collect();
    order.sort_by_key(|(part, block)| parts[*part].blocks[*block].0.danger);
    for (part, block) in &order {
        let (block, shown) = &mut parts[*part].blocks[*block];
        let cost = block.line.len() + 2;
        *shown = if cost <= room { Shown::Line } else { Shown::Left };
        room -= if cost <= room { cost } else { 0 };
    }
    for (part, block) in &order {
        let (block, shown) = &mut parts[*part].blocks[*block];
        let more = (block.whole.len() + 2).saturating_sub(block.line.len());
        if *shown == Shown::Line && more <= room {
            *shown = Shown::Whole;
            room -= more;
        }
    }
}

fn join(marker: &str, parts: &[Part], link: Option<&str>) -> String {
    let mut text = format!("{marker}\n");
    for part in parts {
        text.push_str(&part.head);
        text.push('\n');
        let mut after_line = false;
        for (block, shown) in &part.blocks {
            let (words, is_line) = match shown {
                Shown::Whole => (&block.whole, block.whole == block.line),
                Shown::Line => (&block.line, true),
                Shown::Left => continue,
            };
            // A list needs an empty line before what is no part of it.
            if after_line && !is_line {
                text.push('\n');
            }
            text.push_str(words);
            text.push('\n');
            after_line = is_line;
        }
        if let Some(note) = left_out(&part.blocks, link) {
            text.push_str(if after_line { "\n" } else { "" });
            text.push_str(&note);
            text.push('\n');
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// What is missing, by number and word.
fn left_out(blocks: &[(Block, Shown)], link: Option<&str>) -> Option<String> {
    let left: Vec<&Block> = blocks.iter().filter(|(_, shown)| *shown == Shown::Left).map(|(block, _)| block).collect();
    let folded = blocks.iter().filter(|(block, shown)| *shown == Shown::Line && block.whole != block.line).count();
    let mut sentences = Vec::new();
    if !left.is_empty() {
        let mut words: Vec<(&str, usize)> = Vec::new();
        for block in &left {
            match words.iter_mut().find(|(word, _)| *word == block.word) {
                Some((_, count)) => *count += 1,
                None => words.push((block.word, 1)),
            }
        }
        let words: Vec<String> = words.iter().map(|(word, count)| format!("{} {word}", grouped(*count))).collect();
        let things = if left.len() == 1 {
            "1 more line is".to_owned()
        } else {
            format!("{} more lines are", grouped(left.len()))
        };
        sentences.push(format!("{things} left out here: {}.", words.join(", ")));
    }
    if folded > 0 {
        let whose = if folded == 1 { "1 object".to_owned() } else { format!("{} objects", grouped(folded)) };
        sentences.push(format!("The fields of {whose} are left out here."));
    }
    if sentences.is_empty() {
        return None;
    }
    sentences.push(whole_plan(link));
    Some(format!("_{}_", sentences.join(" ")))
}

fn whole_plan(link: Option<&str>) -> String {
    link.map_or_else(
        || "The whole plan is in the log of the job.".to_owned(),
        |link| format!("[The whole plan]({link})."),
    )
}

/// Only the counts, when there is not even room for the titles.
fn counts(marker: &str, plans: &[&Plan], room: usize, link: Option<&str>) -> String {
    let mut text = format!("{marker}\n### Plans of {} definitions\n\n", grouped(plans.len()));
    let end = NOTE + link.map_or(0, str::len);
    let mut shown = 0;
    for plan in plans {
        let line = format!("- {}: {}\n", code(&place(&plan.definition)), verdict(plan));
        if text.len() + line.len() + end > room {
            break;
        }
        text.push_str(&line);
        shown += 1;
    }
    let left = plans.len() - shown;
    let more =
        if left > 0 { format!("{} more definitions and all fields", grouped(left)) } else { "All fields".to_owned() };
    let _ = write!(text, "\n_{more} are left out here. {}_", whole_plan(link));
    text
}

/// The line a bot finds its comment by.
fn marker(plans: &[&Plan], all: bool) -> String {
    let Some(first) = plans.first().map(|plan| &plan.definition) else { return String::new() };
    let names: Vec<&str> = plans.iter().map(|plan| plan.definition.name.as_str()).collect();
    let names = if all { "*".to_owned() } else { short(&names.join(",")) };
    format!("<!-- ku8:plan {}/{}/{} -->", comment(&short(&first.context)), comment(&first.namespace), comment(&names))
}

/// Long names by their beginning and a digest, so that two stay two.
fn short(name: &str) -> String {
    if name.len() <= LONGEST && comment(name).len() <= 2 * LONGEST {
        return name.to_owned();
    }
    let head: String = name.chars().filter(char::is_ascii_alphanumeric).take(LONGEST / 2).collect();
    let digest = Sha256::digest(name).iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    format!("{head}.{digest}")
}

fn place(subject: &Subject) -> String {
    format!("{}/{}", subject.namespace, subject.name)
}

fn head(plan: &Plan) -> String {
    let subject = &plan.definition;
    let revision = match (subject.from_revision, subject.to_revision) {
        _ if subject.deleting => "deletion".to_owned(),
        (0, _) => "first publish".to_owned(),
        (from, to) if from == to => format!("revision {from}"),
        (from, to) => format!("revision {from} → {to}"),
    };
    let template: String = subject.template.chars().take(LONGEST).collect();
    let mut facts = vec![format!("template {}", code(&template)), revision];
    if !subject.context.is_empty() {
        facts.push(format!("context {}", code(&short(&subject.context))));
    }
    match plan.summary.pods_restarted {
        0 => {}
        1 => facts.push("**1 pod restarts**".to_owned()),
        many => facts.push(format!("**{} pods restart**", grouped_u64(many))),
    }
    let mut lines = vec![format!("### Plan for {}: {}", code(&place(subject)), verdict(plan)), String::new()];
    lines.push(facts.join(" · "));
    lines.push(String::new());
    if let Some((words, worth)) = template_line(subject) {
        lines.push(format!("{}{}\n", if worth { "⚠ " } else { "" }, code(&words)));
    }
    let local = plan.changes.iter().filter(|change| change.confidence == Confidence::Local).count();
    if local > 0 {
        lines.push(format!(
            "_Lower confidence: {} of these objects could not be dry-run and were compared without the server's word._\n",
            grouped(local)
        ));
    }
    lines.join("\n")
}

fn verdict(plan: &Plan) -> String {
    match plan.problems.len() {
        0 if !plan.has_changes() && plan.summary.drifted == 0 => "no changes".to_owned(),
        0 if !plan.has_changes() => "no changes, but drift".to_owned(),
        0 => plan.summary_words(),
        1 => "**cannot be applied**, 1 problem".to_owned(),
        many => format!("**cannot be applied**, {} problems", grouped(many)),
    }
}

fn grouped(number: usize) -> String {
    grouped_u64(u64::try_from(number).unwrap_or(u64::MAX))
}

/// `4,812`.
fn grouped_u64(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
