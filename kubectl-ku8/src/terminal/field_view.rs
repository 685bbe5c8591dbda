//! The fields that differ between two documents, as a plan shows them, for those who compare without a cluster.
//! It says nothing of who holds a field or what a change does: nothing of that is known there.

use unicode_width::UnicodeWidthStr as _;

use super::Styles;
use super::plan_lines::{Line, fold};
use super::value_view::{Numbers, short_path, show, text_diff};
use crate::plan::FieldChange;

/// Widest column of paths.
const PATHS: usize = 58;
/// Unchanged lines around each change of a text.
const AROUND: usize = 2;

/// One line a field, with the lines of a text below it.
pub fn field_lines(fields: &[FieldChange], styles: Styles) -> Vec<String> {
    let all: Vec<&FieldChange> = fields.iter().collect();
    let mut numbers = Numbers::default();
    let shown: Vec<(String, String, Vec<String>)> = fold(&all)
        .into_iter()
        .map(|line| match line {
            Line::Words(path, words) => (path, words, Vec::new()),
            Line::Field(field) => {
                let (beside, below) = show(field, &mut numbers, styles);
                let beside = match field.op {
                    crate::plan::FieldOp::Add => format!("(unset) → {beside}"),
                    _ => beside,
                };
                (short_path(&field.path), beside, below)
            }
        })
        .collect();
    let width = shown.iter().map(|(path, _, _)| path.width()).max().unwrap_or_default().min(PATHS);
    let mut lines = Vec::new();
    for (path, beside, below) in shown {
        let pad = " ".repeat(width.saturating_sub(path.width()));
        lines.push(format!("{path}{pad}  {beside}").trim_end().to_owned());
        lines.extend(below.into_iter().map(|line| format!("   {line}").trim_end().to_owned()));
    }
    lines
}

/// Lines of two texts that differ, with a few around them.
pub fn text_lines(before: &str, after: &str, styles: Styles) -> Vec<String> {
    text_diff(before, after, styles, AROUND)
}
