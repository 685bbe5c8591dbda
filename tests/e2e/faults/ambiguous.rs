//! P3: a lost answer is taken neither for a failure nor for a success, whatever was between the command and the server.
//! A publish comes through it by itself or says clearly that it did not, and the next one ends where no fault would.

use serde_json::Value;

use super::full;
use super::proxy::{Aim, Fault};
use super::stack::{MYSQL, PLAIN, Stack, difference, numberless, state};
use super::table::{Desk, each};
use crate::stage::Space;

/// What happens to one writing request.
const FAULTS: [(&str, Fault); 8] = [
    ("reset before it is sent", Fault::Reset),
    ("done, answer lost", Fault::DropReply),
    ("done, 504", Fault::GatewayTimeout),
    ("done, answer cut short", Fault::Truncate),
    ("done twice", Fault::Twice),
    ("429", Fault::Answer(429, Some(1))),
    ("500", Fault::Answer(500, None)),
    ("503", Fault::Answer(503, None)),
];

/// Those a publish comes through by itself: nothing was refused, or it is safe to try again.
const HEALED: &[&str] = &["reset before it is sent", "done, answer lost", "done, 504", "done, answer cut short", "429"];

#[derive(Clone, Copy, Debug)]
struct Point {
    update: bool,
    write: usize,
    fault: usize,
}

#[test]
fn p3_a_lost_answer_is_neither_a_failure_nor_a_success() {
    let Some(space) = Space::new("ambiguous-plain") else { return };
    fault_everywhere(&space, &PLAIN, if full() { 1 } else { 9 });
}

#[test]
fn p3_a_generated_secret_is_made_once_whatever_answer_is_lost() {
    let Some(space) = Space::new("ambiguous-mysql") else { return };
    fault_everywhere(&space, &MYSQL, if full() { 1 } else { 9 });
}

fn fault_everywhere(space: &Space, stack: &Stack, step: usize) {
    let desk = Desk::new(space, "reference");
    let mut points = Vec::new();
    let mut expected = Vec::new();
    for update in [false, true] {
        let name = format!("ref{}", u8::from(update));
        stack.prepare(space, &name, update);
        desk.proxy.clear();
        desk.through.run(&format!("publish {name} --yes")).ok();
        let writes = desk.proxy.clear().iter().filter(|seen| seen.writes()).count();
        expected.push(state(&desk.api, space, &name));
        let each = |write| (0..FAULTS.len()).map(move |fault| Point { update, write, fault });
        points.extend((1..=writes).flat_map(each));
    }
    let points: Vec<Point> = points.into_iter().step_by(step).collect();
    each(space, &points, |desk, name, point| hit(desk, stack, name, point, &expected)).conclude("P3", stack.title);
}

/// The values of the generated Secret, if there is one.
fn secret(desk: &Desk<'_>, name: &str) -> Option<Value> {
    let path = format!("/api/v1/namespaces/{}/secrets/{name}-auth", desk.space.namespace);
    let (status, value) = desk.api.call("GET", &path, None);
    (status == 200).then(|| value["data"].clone())
}

/// Whether every value that was there is there still.
fn keeps(before: Option<&Value>, after: Option<&Value>) -> bool {
    let values = before.and_then(Value::as_object).into_iter().flatten();
    values.into_iter().all(|(key, value)| after.is_some_and(|after| after[key] == *value))
}

fn hit(
    desk: &Desk<'_>,
    stack: &Stack,
    name: &str,
    point: Point,
    expected: &[Vec<Value>],
) -> Result<&'static str, String> {
    let space = desk.space;
    stack.prepare(space, name, point.update);
    let before = secret(desk, name);
    let (title, fault) = &FAULTS[point.fault];
    desk.proxy.set(Aim::write(point.write), fault.clone());
    let first = desk.through.run(&format!("publish {name} --yes"));
    let trace = desk.proxy.clear();
    let between = secret(desk, name);
    let hit = trace.iter().filter(|seen| seen.writes()).nth(point.write - 1);
    let at = hit.map(|seen| format!("{title}: {} {}", seen.method, seen.path)).unwrap_or_default();
    let words = format!("{}{}", first.stdout, first.stderr);
    let expected = &expected[usize::from(point.update)];
    let wrong = |why: String| Err(format!("{at}: {why}\nthe first publish ended with {}:\n{words}", first.code));
    let mut outcome = "at once";
    if first.code == 0 {
        let found = state(&desk.api, space, name);
        if found != *expected {
            return wrong(format!("it says it is done, and it is not:\n{}", difference(expected, &found)));
        }
    } else {
        if !words.lines().any(|line| line.starts_with("error:")) {
            return wrong("it failed without an error".to_owned());
        }
        if HEALED.contains(title) {
            return wrong("this is to be come through".to_owned());
        }
        outcome = "by the next publish";
    }
    let again = space.run(&format!("publish {name} --yes"));
    let (found, after) = (state(&desk.api, space, name), secret(desk, name));
    Stack::remove(space, name);
    if again.code != 0 {
        return wrong(format!("the next publish ended with {}:\n{}{}", again.code, again.stdout, again.stderr));
    }
    // A publish that ended with an error is part of the history: the next one has the next number.
    let (expected, found) =
        if first.code == 0 { (expected.clone(), found) } else { (numberless(expected), numberless(&found)) };
    if found != expected {
        return wrong(format!("another state after the next publish:\n{}", difference(&expected, &found)));
    }
    if !keeps(before.as_ref(), between.as_ref()) || !keeps(between.as_ref(), after.as_ref()) {
        return wrong("a value of the generated Secret was made again".to_owned());
    }
    Ok(outcome)
}
