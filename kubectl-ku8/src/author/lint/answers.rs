//! Rules about answers as such: that there is one, the same one twice, within half of the limits, with reasons people
//! understand; and that a project keeps some of them.
//! It never looks into the objects.

use super::{Report, Run, Subject};
use crate::render::{Diagnostic, OBJECTS, Problem, RenderError, Severity, Usage};

/// Part of a limit above which there is too little room.
const HALF: f64 = 0.5;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    for run in subject.runs {
        if run.trial.answer != run.again {
            report.say("determinism.render", &run.label, "two processes gave different bytes");
        }
        match &run.trial.rendered {
            Ok(rendered) => findings(subject, run, &rendered.warnings, report),
            Err(RenderError::Diagnostics(reasons)) => {
                if !reasons.iter().any(|one| one.severity == Severity::Error) {
                    report.say("findings.reasons", &run.label, "refuses without a reason");
                }
                findings(subject, run, reasons, report);
            }
            Err(RenderError::Refused(problems)) => refused(run, problems, report),
            Err(RenderError::Values(_)) => {}
            Err(other) => report.say("render.crash", &run.label, other.to_string()),
        }
    }
    if let Some(first) = subject.runs.first() {
        let reason = match &first.trial.rendered {
            Err(error @ (RenderError::Values(_) | RenderError::Diagnostics(_))) => Some(error.to_string()),
            _ => None,
        };
        if let Some(reason) = reason {
            let message = format!("nothing renders with what must be given and the examples: {reason}");
            report.say("render.nothing", "values", message);
        }
    }
    limits(subject, report);
    cases(subject, report);
}

/// What the host refuses, by the check that found it.
fn refused(run: &Run, problems: &[Problem], report: &mut Report) {
    for problem in problems {
        let code = match problem.check.as_str() {
            "kind" => "objects.kind",
            "identity" => "objects.identity",
            "pod-security" => "pods.security",
            "fields" => "objects.fields",
            _ => "render.answer",
        };
        // The longest name has a rule of its own.
        if code == "objects.identity" && run.label == super::objects::LONGEST {
            continue;
        }
        let message = problem.message.clone();
        match &problem.hint {
            Some(hint) => report.say_and_fix(code, &problem.subject, message, hint.clone()),
            None => report.say(code, &problem.subject, message),
        }
    }
}

fn findings(subject: &Subject<'_>, run: &Run, found: &[Diagnostic], report: &mut Report) {
    let document = subject.schema.document();
    for one in found {
        let place = if one.code.is_empty() { run.label.as_str() } else { one.code.as_str() };
        let known = one.code.starts_with("sdk.") || subject.metadata.rules.iter().any(|rule| rule.code == one.code);
        if !known {
            report.say("findings.code", place, format!("is not among the rules (values: {})", run.label));
        }
        let shaped = one.code.split('.').count() >= 2
            && one.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte));
        if !shaped {
            report.say("findings.form", place, "the code has another form than name.topic.rule");
        }
        if one.message.trim().is_empty() {
            report.say("findings.form", place, "has no message");
        }
        let names: Vec<String> =
            one.path.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let pointer = one.path.is_empty() || one.path.starts_with('/');
        let there = run.trial.values.pointer(&one.path).is_some() || crate::schema::explain(document, &names).is_ok();
        if !pointer || !there {
            report.say("findings.form", place, format!("the path `{}` leads to no value", one.path));
        }
    }
}

fn limits(subject: &Subject<'_>, report: &mut Report) {
    let limits = subject.limits;
    let worst = |of: fn(&Usage) -> f64| {
        subject.runs.iter().map(|run| (of(&run.trial.usage), run)).max_by(|(left, _), (right, _)| left.total_cmp(right))
    };
    let mut judge = |code: &str, found: Option<(f64, &Run)>, limit: f64| {
        if let Some((used, run)) = found.filter(|(used, _)| *used > limit * HALF) {
            report.say(code, &run.label, format!("{:.0} % of the limit", used / limit * 100.0));
        }
    };
    judge("limits.fuel", worst(|usage| float(usage.fuel)), float(limits.render_fuel));
    judge("limits.memory", worst(|usage| float(usage.memory as u64)), float(limits.memory as u64));
    judge("limits.output", worst(|usage| float(usage.output as u64)), float(limits.output as u64));
    let count = |run: &Run| run.trial.rendered.as_ref().map_or(0, |rendered| rendered.objects.len());
    let most = subject.runs.iter().max_by_key(|run| count(run));
    judge("limits.objects", most.map(|run| (float(count(run) as u64), run)), float(OBJECTS as u64));
    let described = subject.described[0].usage.fuel;
    if float(described) > float(limits.describe_fuel) * HALF {
        let part = float(described) / float(limits.describe_fuel) * 100.0;
        report.say("limits.describe", "metadata or schema", format!("{part:.0} % of the limit"));
    }
}

/// Limits are far below what a float cannot hold exactly.
#[expect(clippy::cast_precision_loss, reason = "percentages of limits, shown without decimals")]
fn float(number: u64) -> f64 {
    number as f64
}

fn cases(subject: &Subject<'_>, report: &mut Report) {
    let Some(cases) = subject.cases else { return };
    if cases.names.is_empty() {
        report.say("cases.none", "tests", "there are no golden cases");
        return;
    }
    if !cases.names.iter().any(|name| name == "defaults") {
        report.say("cases.defaults", "tests", "no case is called `defaults`");
    }
    if cases.refused.is_empty() {
        report.say("cases.refused", "tests", "no case is a refusal");
    }
    for (name, why) in &cases.broken {
        report.say("cases.broken", &format!("tests/{name}"), why.clone());
    }
}
