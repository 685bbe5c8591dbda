//! What is not ready and why, for people: pod, container, image, exit code, last log lines, Warning events.
//! It only arranges what the wait room read; every word of it is somebody else's and is escaped.

use super::Styles;
use super::release_view::age;

use crate::object::{ObjectKey, printable};
use crate::wait::{ContainerDetail, Diagnosis, Health, Status, WaitReport, Warning};

/// One block for each object that is not ready, worst first. `since` gives seconds since a time in RFC 3339.
pub fn wait_lines(report: &WaitReport, styles: Styles, since: &dyn Fn(&str) -> Option<i64>) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, health) in report.laggards() {
        lines.push(headline(key, health, styles));
        if let Some(found) = report.diagnoses.get(key) {
            lines.extend(diagnosis_lines(found, styles, since));
        }
    }
    lines
}

fn headline(key: &ObjectKey, health: &Health, styles: Styles) -> String {
    let word = format!("{:<11}", health.status);
    let word = if health.status == Status::Failed { styles.bad(&word) } else { styles.warn(&word) };
    let name = styles.bold(&printable(&key.to_string()));
    format!("  {word} {name}  {}", printable(&health.message)).trim_end().to_owned()
}

/// What there is to read about one object, indented.
pub fn diagnosis_lines(found: &Diagnosis, styles: Styles, since: &dyn Fn(&str) -> Option<i64>) -> Vec<String> {
    let mut lines = Vec::new();
    for one in &found.containers {
        container_lines(one, styles, &mut lines);
    }
    if !found.events.is_empty() {
        lines.push(format!("      {}", styles.dim("events:")));
        lines.extend(found.events.iter().map(|event| format!("        {}", event_line(event, since))));
    }
    lines
}

fn container_lines(one: &ContainerDetail, styles: Styles, lines: &mut Vec<String>) {
    let trouble = &one.trouble;
    let mut head = format!("      pod {}", printable(&trouble.pod));
    if !trouble.container.is_empty() {
        let kind = if trouble.init { "init container" } else { "container" };
        let (name, image) = (printable(&trouble.container), printable(&trouble.image));
        head = format!("{head}, {kind} {name}, image {image}");
    }
    lines.push(head);
    let mut what = printable(&trouble.reason);
    match trouble.restarts {
        0 => {}
        1 => what.push_str(", 1 restart"),
        many => what = format!("{what}, {many} restarts"),
    }
    if let Some(exit) = &trouble.exit {
        what = format!("{what}, last exit code {} ({})", exit.code, printable(&exit.reason));
    }
    if !trouble.message.is_empty() {
        what = format!("{what}: {}", printable(&trouble.message));
    }
    lines.push(format!("        {what}"));
    if !one.log.is_empty() {
        let run = if one.previous { "last log lines of the run before:" } else { "last log lines:" };
        lines.push(format!("        {}", styles.dim(run)));
        lines.extend(one.log.iter().map(|line| format!("        {} {}", styles.dim("|"), printable(line))));
    }
}

fn event_line(event: &Warning, since: &dyn Fn(&str) -> Option<i64>) -> String {
    let when = since(&event.at).map_or_else(String::new, |seconds| format!("{} ago, ", age(seconds)));
    let times = if event.count > 1 { format!(" ({} times)", event.count) } else { String::new() };
    format!("{when}{} {}{times}: {}", printable(&event.object), printable(&event.reason), printable(&event.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::pods::{Exit, Trouble, Verdict};

    #[test]
    fn a_crash_loop_reads_as_a_person_needs_it() {
        let mut report = WaitReport::default();
        let key = ObjectKey::new("apps", "StatefulSet", "n", "web");
        let trouble = Trouble {
            pod: "web-0".into(),
            container: "main".into(),
            init: false,
            image: "busybox:1".into(),
            reason: "CrashLoopBackOff".into(),
            message: "back-off".into(),
            exit: Some(Exit { code: 137, reason: "OOMKilled".into() }),
            restarts: 4,
            verdict: Verdict::Final,
        };
        report.objects.insert(key.clone(), Health { status: Status::Failed, message: trouble.to_string() });
        let event = Warning {
            object: "Pod/web-0".into(),
            reason: "BackOff".into(),
            message: "restarting\u{1b}[2J".into(),
            count: 7,
            at: "t".into(),
        };
        let log = vec!["out of memory\u{7}".to_owned()];
        let detail = ContainerDetail { trouble, log, previous: true };
        report.diagnoses.insert(key, Diagnosis { containers: vec![detail], events: vec![event] });
        let text = wait_lines(&report, Styles::new(false), &|_| Some(120)).join("\n");
        assert_eq!(
            text,
            "  Failed      StatefulSet/web  pod web-0, container main: CrashLoopBackOff, last exit code 137 (OOMKilled): back-off
      pod web-0, container main, image busybox:1
        CrashLoopBackOff, 4 restarts, last exit code 137 (OOMKilled): back-off
        last log lines of the run before:
        | out of memory\\u{7}
      events:
        2m ago, Pod/web-0 BackOff (7 times): restarting\\u{1b}[2J"
        );
    }
}
