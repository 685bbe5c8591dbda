//! Walks a document along the steps of a template, as client-go does: ranges, slices, filters, unions.
//! It finds values and never formats them.

use serde_json::Value;

use super::go::{float as plain_float, plain as plain_text};
use super::parse::{Node, Slice};

/// Something a step found.
#[derive(Clone, Debug)]
pub(in crate::terminal) enum Found<'a> {
    Text(&'a str),
    Number(i64),
    Float(f64),
    Bool(bool),
    Value(&'a Value),
}

impl Found<'_> {
    /// As it stands in a column; in a filled template a list or an object is JSON instead.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Text(words) => (*words).to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Float(number) => plain_float(*number),
            Self::Bool(truth) => truth.to_string(),
            Self::Value(value) => plain_text(value),
        }
    }
}

/// How many blocks a range opened and how many ends were met.
#[derive(Default)]
struct Ranges {
    open: usize,
    ended: bool,
    /// Place of the `{end}` that was met last.
    last: usize,
}

/// What every action finds.
pub(super) fn find<'a>(nodes: &'a [Node], document: &'a Value) -> Result<Vec<Vec<Found<'a>>>, String> {
    block(nodes, 0, Some(Found::Value(document)), &mut Ranges::default())
}

/// From `start` to the `{end}` of this block, or of all.
fn block<'a>(
    nodes: &'a [Node],
    start: usize,
    current: Option<Found<'a>>,
    ranges: &mut Ranges,
) -> Result<Vec<Vec<Found<'a>>>, String> {
    let mut all = Vec::new();
    let here: Vec<Found<'a>> = current.into_iter().collect();
    let mut at = start;
    while let Some(node) = nodes.get(at) {
        let Some(word) = first_word(node) else {
            all.push(walk(here.clone(), node)?);
            at += 1;
            continue;
        };
        match word {
            "end" => {
                if ranges.open > 0 {
                    ranges.last = at;
                    ranges.ended = true;
                    return Ok(all);
                }
                return Err("not in range, nothing to end".into());
            }
            "range" => {
                let Node::Action(steps) = node else { return Err("range is no action".into()) };
                let each = steps[1..].iter().try_fold(here.clone(), walk)?;
                ranges.open += 1;
                // A range over nothing is read all the same, to find its end.
                let rounds: Vec<Option<Found<'a>>> =
                    if each.is_empty() { vec![None] } else { each.into_iter().map(Some).collect() };
                for round in rounds {
                    let empty = round.is_none();
                    ranges.ended = false;
                    let found = block(nodes, at + 1, round, ranges)?;
                    if !empty {
                        all.extend(found);
                    }
                }
                ranges.open -= 1;
                if !ranges.ended {
                    return Ok(all);
                }
                at = ranges.last + 1;
                ranges.ended = false;
            }
            other => return Err(format!("unrecognized identifier {other}")),
        }
    }
    Ok(all)
}

fn first_word(node: &Node) -> Option<&str> {
    match node {
        Node::Action(steps) => match steps.first() {
            Some(Node::Word(word)) => Some(word),
            _ => None,
        },
        _ => None,
    }
}

fn walk<'a>(input: Vec<Found<'a>>, node: &'a Node) -> Result<Vec<Found<'a>>, String> {
    match node {
        Node::Action(steps) => steps.iter().try_fold(input, walk),
        Node::Text(text) => Ok(vec![Found::Text(text)]),
        Node::Number(number) => Ok(vec![Found::Number(*number)]),
        Node::Bool(truth) => Ok(vec![Found::Bool(*truth)]),
        Node::Float(number) => Ok(vec![Found::Float(*number)]),
        Node::Word(word) => Err(format!("unrecognized identifier {word}")),
        Node::Field(name) => Ok(each(&input, |value| value.get(name).into_iter().collect())),
        Node::Wildcard => Ok(each(&input, children)),
        Node::Recursive => Ok(each(&input, |value| {
            let mut found = Vec::new();
            descend(value, &mut found);
            found
        })),
        Node::Slice(bounds) => slice(&input, *bounds),
        Node::Filter(left, operator, right) => filter(&input, left, operator, right),
        Node::Union(parts) => {
            let mut found = Vec::new();
            for part in parts {
                found.extend(part.iter().try_fold(input.clone(), walk)?);
            }
            Ok(found)
        }
    }
}

fn each<'a>(input: &[Found<'a>], step: impl Fn(&'a Value) -> Vec<&'a Value>) -> Vec<Found<'a>> {
    let values = input.iter().filter_map(|found| match found {
        Found::Value(value) => Some(*value),
        _ => None,
    });
    values.flat_map(step).map(Found::Value).collect()
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(elements) => elements.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

/// Everything that has something in it, from the outside in.
fn descend<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    let inner = children(value);
    if !inner.is_empty() {
        found.push(value);
        for child in inner {
            descend(child, found);
        }
    }
}

fn slice<'a>(input: &[Found<'a>], bounds: Slice) -> Result<Vec<Found<'a>>, String> {
    let mut found = Vec::new();
    for one in input {
        let elements = match one {
            Found::Value(Value::Null) => continue,
            Found::Value(Value::Array(elements)) => elements,
            _ => return Err("this is not array or slice".into()),
        };
        let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
        let mut from = bounds.from.unwrap_or(0);
        let mut to = bounds.to.unwrap_or(length);
        if from < 0 {
            from += length;
        }
        if to < 0 || to == 0 && bounds.single {
            to += length;
        }
        if from == to {
            continue;
        }
        if from >= length || from < 0 {
            return Err(format!("array index out of bounds: index {from}, length {length}"));
        }
        if to > length || to < 0 {
            return Err(format!("array index out of bounds: index {}, length {length}", to - 1));
        }
        if from > to {
            return Err(format!("starting index {from} is greater than ending index {to}"));
        }
        let step = bounds.step.unwrap_or(1);
        if step <= 0 {
            return Err("step must be > 0".into());
        }
        let place = |number: i64| usize::try_from(number).unwrap_or(0);
        found.extend(elements[place(from)..place(to)].iter().step_by(place(step)).map(Found::Value));
    }
    Ok(found)
}

fn filter<'a>(
    input: &[Found<'a>],
    left: &'a [Node],
    operator: &str,
    right: &'a [Node],
) -> Result<Vec<Found<'a>>, String> {
    let mut found = Vec::new();
    for one in input {
        let Found::Value(Value::Array(elements)) = one else {
            return Err("this is not array or slice and cannot be filtered".into());
        };
        for element in elements {
            let side = |steps: &'a [Node]| steps.iter().try_fold(vec![Found::Value(element)], walk);
            let lefts = side(left)?;
            if operator == "exists" {
                if !lefts.is_empty() {
                    found.push(Found::Value(element));
                }
                continue;
            }
            match (lefts.as_slice(), side(right)?.as_slice()) {
                ([], _) | (_, []) => {}
                ([left], [right]) => {
                    if judge(plain(left), plain(right), operator)? {
                        found.push(Found::Value(element));
                    }
                }
                _ => return Err("can only compare one element at a time".into()),
            }
        }
    }
    Ok(found)
}

#[derive(PartialEq, PartialOrd)]
enum Plain<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
}

fn plain<'a>(found: &Found<'a>) -> Option<Plain<'a>> {
    match found {
        Found::Text(text) => Some(Plain::Text(text)),
        Found::Number(number) => Some(Plain::Int(*number)),
        Found::Float(number) => Some(Plain::Float(*number)),
        Found::Value(Value::String(text)) => Some(Plain::Text(text)),
        Found::Bool(truth) | Found::Value(Value::Bool(truth)) => Some(Plain::Bool(*truth)),
        Found::Value(Value::Number(number)) => {
            number.as_i64().map(Plain::Int).or_else(|| number.as_f64().map(Plain::Float))
        }
        Found::Value(_) => None,
    }
}

/// Values of one kind only, as Go compares them; truths have no order.
fn judge(left: Option<Plain<'_>>, right: Option<Plain<'_>>, operator: &str) -> Result<bool, String> {
    let (Some(left), Some(right)) = (left, right) else { return Err("invalid type for comparison".into()) };
    if std::mem::discriminant(&left) != std::mem::discriminant(&right) {
        return Err("incompatible types for comparison".into());
    }
    let ordered = !matches!(left, Plain::Bool(_));
    match operator {
        "==" => Ok(left == right),
        "!=" => Ok(left != right),
        "<" | "<=" | ">" | ">=" if !ordered => Err("invalid type for comparison".into()),
        "<" => Ok(left < right),
        "<=" => Ok(left <= right),
        ">" => Ok(left > right),
        ">=" => Ok(left >= right),
        other => Err(format!("unrecognized filter operator {other}")),
    }
}
