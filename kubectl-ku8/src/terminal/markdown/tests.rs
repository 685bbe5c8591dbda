//! The size is kept, what is dangerous comes first, and no value gets out of its place.

use serde_json::{Value, json};

use super::*;
use crate::object::ObjectKey;
use crate::plan::{Action, Change, Effect, Policy, Problem, ProblemKind, Summary, differences};

/// A plan of these changes.
fn plan(name: &str, changes: Vec<Change>) -> Plan {
    let mut plan = Plan {
        api_version: "ku8.dev/plan/v1",
        kind: "Plan",
        definition: Subject {
            name: name.to_owned(),
            namespace: "shop".to_owned(),
            context: "prod-eu".to_owned(),
            template: "mysql@1.0.0".to_owned(),
            from_revision: 3,
            to_revision: 4,
            ..Subject::default()
        },
        summary: Summary::default(),
        applyable: true,
        changes,
        secrets: Vec::new(),
        diagnostics: Vec::new(),
        problems: Vec::new(),
        warnings: Vec::new(),
        policy: Policy::default(),
    };
    plan.settle();
    plan
}

fn change(name: &str, action: Action, before: &Value, after: &Value) -> Change {
    let mut change = Change::new(ObjectKey::new("", "ConfigMap", "shop", name), "v1", action, None);
    change.fields = differences(before, after, after);
    change
}

fn data(value: &str) -> Value {
    json!({"data": {"key": value}})
}

fn many(count: usize) -> Plan {
    let mut changes: Vec<Change> = (0..count)
        .map(|number| change(&format!("settings-of-the-shop-{number:05}"), Action::Update, &data("old"), &data("new")))
        .collect();
    changes.push(change("the-last-one", Action::Delete, &data("old"), &json!({})));
    plan("big", changes)
}

fn cut(plan: &Plan, bytes: usize) -> String {
    render_markdown(
        &[plan],
        MarkdownView { max_bytes: Some(bytes), link: Some("https://ci.example/run/7"), all: false },
    )
}

/// What a parser would stumble over: a fence or a tag left open, a list glued to what follows it.
#[track_caller]
fn is_sound(text: &str) {
    let mut fence: Option<String> = None;
    let mut open = 0;
    let mut before = "";
    for line in text.lines() {
        match &fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => {
                assert_eq!(before, "", "a fence needs an empty line before it");
                fence = Some(line.trim_end_matches("diff").to_owned());
            }
            None => {
                let (opens, closes) = (line.matches("<details>").count(), line.matches("</details>").count());
                assert!(opens == 0 || line.ends_with("</summary>"), "{line}");
                assert!(opens == 0 || before.is_empty(), "details after `{before}`");
                open += opens;
                open -= closes;
                assert!(open <= 1);
            }
        }
        before = line;
    }
    assert_eq!((fence, open), (None, 0), "something is left open at the end of\n{text}");
}

#[test]
fn five_thousand_objects_fit_and_the_deletion_is_read_first() {
    let text = cut(&many(5000), 65_000);
    assert!(text.len() <= 65_000 && text.len() > 60_000, "{} bytes", text.len());
    is_sound(&text);
    assert!(
        text.starts_with("<!-- ku8:plan prod-eu/shop/big -->\n### Plan for `shop/big`: 5000 update, 1 delete\n"),
        "{}",
        &text[..200]
    );
    assert!(text.find("the-last-one").unwrap() < text.find("settings-of").unwrap());
    let tail = &text[text.len() - 200..];
    let shown = text.matches("`ConfigMap/settings-of").count();
    assert!(
        tail.contains(&format!(
            "_{} more lines are left out here: {} update.",
            grouped(5000 - shown),
            grouped(5000 - shown)
        )),
        "{tail}"
    );
    assert!(tail.ends_with("[The whole plan](https://ci.example/run/7)._"), "{tail}");
}

#[test]
fn it_shows_less_in_steps_and_never_more_than_it_may() {
    let plan = many(40);
    let whole = render_markdown(&[&plan], MarkdownView::default());
    is_sound(&whole);
    assert_eq!(whole.matches("<details>").count(), 41);
    assert!(!whole.contains("left out"));
    let mut before = usize::MAX;
    for bytes in (1000..whole.len() + 100).rev().step_by(97) {
        let text = cut(&plan, bytes);
        is_sound(&text);
        assert!(text.len() <= bytes, "{} for {bytes}", text.len());
        assert!(text.contains("`shop/big`: 40 update, 1 delete"), "the counts are always there\n{text}");
        let shown = text.matches("<details>").count() * 100 + text.matches("\n- ").count();
        assert!(shown <= before, "less room shows more");
        before = shown;
        assert_eq!(text.contains("left out here"), text.len() < whole.len(), "what is missing is said\n{text}");
    }
    assert!(before < 4100);
    // Every object is named before the fields of any are shown.
    let lines = cut(&plan, 4000);
    assert!(lines.contains("The fields of ") && !lines.contains("more lines"), "{lines}");
}

#[test]
fn many_definitions_share_the_room() {
    let plans: Vec<Plan> = (0..60)
        .map(|number| {
            let mut one = many(3);
            one.definition.name = format!("db-{number}");
            one
        })
        .collect();
    let plans: Vec<&Plan> = plans.iter().collect();
    let all = |bytes| render_markdown(&plans, MarkdownView { max_bytes: Some(bytes), link: None, all: true });
    for bytes in [1000, 3000, 20_000, 65_000] {
        let text = all(bytes);
        is_sound(&text);
        assert!(text.len() <= bytes, "{} for {bytes}", text.len());
        assert!(text.starts_with("<!-- ku8:plan prod-eu/shop/* -->\n"));
        assert!(text.contains("`shop/db-0`: 3 update, 1 delete"), "{text}");
    }
    assert!(all(1000).contains("more definitions and all fields are left out here. The whole plan is in the log"));
}

#[test]
fn no_value_gets_out_of_its_place() {
    let hostile = "x\n```\n</details><script>alert(1)</script>\n@everyone fixes #1\n<!-- ku8:plan a/b/c -->\n``````";
    let mut bad = change("conf", Action::Update, &data("old\nlines"), &data(hostile));
    bad.reason = "held by @admin <img src=x> | **x** [a](http://b) `".to_owned();
    let mut plan = plan("web", vec![bad]);
    plan.definition.context = "evil-->@team".to_owned();
    plan.warnings = vec!["see https://phish.example and @ops".to_owned()];
    plan.problems.push(Problem {
        kind: ProblemKind::Invalid,
        object: "ConfigMap/`x`".to_owned(),
        message: "denied by <b>@sec</b>".to_owned(),
        hint: "ask @sec".to_owned(),
    });
    let text = render_markdown(&[&plan], MarkdownView::default());
    is_sound(&text);
    let (fenced, free): (Vec<&str>, Vec<&str>) = {
        let mut inside = false;
        text.lines().partition(|line| {
            let edge = line.starts_with("```");
            inside ^= edge && (line.ends_with("diff") || line.chars().all(|letter| letter == '`'));
            inside || edge
        })
    };
    assert!(fenced.iter().any(|line| line.contains("<script>")), "{text}");
    assert!(fenced.first().unwrap().starts_with("```````diff"), "longer than the run in the value: {text}");
    for line in free {
        // What is left without code spans, code elements and our own comment calls nobody and opens nothing.
        let mut rest = line.to_owned();
        for (open, close) in [("``` ", " ```"), ("``", "``"), ("`", "`"), ("<code>", "</code>"), ("<!--", "-->")] {
            while let Some((before, tail)) = rest.split_once(open)
                && let Some((_, after)) = tail.split_once(close)
            {
                rest = format!("{before}{after}");
            }
        }
        for sign in ["@", "#1", "<img", "<b>@", "<script", "http", "]("] {
            assert!(!rest.contains(sign), "`{sign}` in `{rest}`\nof\n{line}");
        }
    }
    assert_eq!(text.matches("<!--").count(), 2, "ours, and the one inside the fence");
}

#[test]
fn what_is_sensitive_and_what_is_nothing() {
    let before = json!({"data": {"password": "hunter2-hunter2"}});
    let after = json!({"data": {"password": "canary-canary"}});
    let secret = change("conf", Action::Update, &before, &after);
    let text = render_markdown(&[&plan("web", vec![secret])], MarkdownView::default());
    assert!(text.contains("(sensitive #1) → (sensitive #2)") && !text.contains("canary"), "{text}");
    let mut same = plan("web", vec![change("conf", Action::NoOp, &data("a"), &data("a"))]);
    same.definition.to_revision = 3;
    let text = render_markdown(&[&same], MarkdownView::default());
    assert_eq!(
        text,
        "<!-- ku8:plan prod-eu/shop/web -->\n### Plan for `shop/web`: no changes\n\ntemplate `mysql@1.0.0` · revision 3 · context `prod-eu`"
    );
    let mut stops = change("conf", Action::Update, &data("a"), &data("b"));
    stops.effects = vec![Effect::Downtime { pods: 3 }];
    let text = render_markdown(&[&plan("web", vec![stops])], MarkdownView::default());
    assert!(
        text.contains("<summary><b>update</b> <code>ConfigMap/conf</code>: downtime: all 3 pods stop first</summary>"),
        "{text}"
    );
    assert!(text.contains("**3 pods restart**"), "{text}");
}
