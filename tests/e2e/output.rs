//! What commands print: every form of a list, documents that fit their schemas, warnings, streams, exit codes.
//! Where kubectl does the same, its own output is what ours is compared with.

use std::collections::BTreeSet;

use kubectl_ku8::terminal::JsonPath;
use serde_json::{Value, json};

use crate::locks::held_by_ada;
use crate::stage::{Space, config_map, service, stateful_set, text, yaml};

/// Templates people write.
const TEMPLATES: &[&str] = &[
    "{.items[*].metadata.name}",
    "{range .items[*]}{.metadata.name}{\"\\n\"}{end}",
    "{range .items[*]}{.metadata.name}{\"\\t\"}{.data.key}{\"\\n\"}{end}",
    "{.items[0].metadata.labels}",
    "{.items[0]['metadata.name','kind']}",
    "{.items[-1:].metadata.name}",
    "{.items[0:3:2].metadata.name}",
    "{.items[?(@.metadata.name==\"b\")].data.key}",
    "{.items[?(@.data.other)].metadata.name}",
    "{.items[?(@.data.key!='one')].metadata.name} and text",
    "{.items[*].metadata.labels.example\\.org/tier}",
    "{.items[*]['metadata.labels.example\\.org/tier']}",
    "{..tier}",
    "{.kind} {.apiVersion} {.nothing}",
    "{.items[0].data}",
    "{.items}",
    "[{range .items[*]}{.metadata.name}:{range .data.*}{@},{end};{end}]",
    "no braces at all",
    "{\"quoted \\\"text\\\"\"}{'single'}",
    "{range .items[?(@.data.none)]}never{end}after",
    "{@.kind}{$.kind}",
    "{.items[0].metadata..name}",
];

/// What kubectl refuses, we refuse.
const WRONG: &[&str] = &[
    "{.items[9].kind}",
    "{.items[",
    "{.items",
    "{range .items[*]}{.kind}{end}{end}",
    "{.items[a]}",
    "{nonsense}",
    "{.kind[0]}",
    "{.items[?(@.metadata.name==1)].kind}",
];

#[test]
fn templates_and_columns_give_what_kubectl_gives() {
    let Some(space) = Space::new("jsonpath") else { return };
    for (name, key, tier) in [("a", "one", "data"), ("b", "<two> & \"three\"", "web"), ("c", "订单", "web")] {
        let mut map = config_map(name, key);
        map["metadata"]["labels"] = json!({"example.org/tier": tier, "tier": tier, "mine": "yes"});
        if name != "a" {
            map["data"]["other"] = json!("x\ny");
        }
        let file = space.file("map.json", map.to_string());
        space.kubectl(&["apply", "--server-side", "-f", &file]);
    }
    let get = |form: &str| space.try_kubectl(&["get", "configmaps", "-l", "mine=yes", "-o", form]);
    let whole = space.kubectl(&["get", "configmaps", "-l", "mine=yes", "-o", "json", "--show-managed-fields"]);
    let document: Value = serde_json::from_str(&whole).unwrap();
    let ours = |template: &str| JsonPath::parse(template).and_then(|path| path.fill(&document));
    for template in TEMPLATES {
        let theirs = get(&format!("jsonpath={template}")).unwrap_or_else(|error| panic!("{template}: {error}"));
        assert_eq!(ours(template).unwrap(), theirs, "{template}");
    }
    for template in WRONG {
        assert!(get(&format!("jsonpath={template}")).is_err(), "kubectl reads {template}");
        assert!(ours(template).is_err(), "we read {template}");
    }
    // The same columns over the same definitions, as kubectl prints them of any list.
    for columns in ["NAME:.metadata.name,LABELS:.metadata.labels", "N:metadata.name,NONE:{.x},KIND:.kind", "A:.data"] {
        let theirs = get(&format!("custom-columns={columns}")).unwrap();
        let form = format!("custom-columns={columns}").parse().unwrap();
        let listing = kubectl_ku8::terminal::Listing::new(&[], &[]);
        let ours = listing.render(&document, &form, true).unwrap();
        let theirs: Vec<&str> = theirs.lines().map(str::trim_end).collect();
        // Go counts letters, we count what the eye sees: lines with Chinese text are padded otherwise.
        let same = |line: &&str| line.is_ascii();
        assert_eq!(
            ours.lines().filter(same).collect::<Vec<_>>(),
            theirs.into_iter().filter(|line| line.is_ascii()).collect::<Vec<_>>(),
            "{columns}"
        );
    }
}

#[test]
fn lists_have_every_form_and_documents_fit_their_schemas() {
    let Some(space) = Space::new("forms") else { return };
    space.feed(&yaml(&[config_map("conf", "1"), service("web", 80)]), &["define", "web", "-f", "-"]).ok();
    let labelled = "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: db, labels: {team: orders}}\n\
                    spec: {template: {name: redis}, values: {size: dev}}\n";
    space.feed(labelled, &["define", "-f", "-"]).ok();
    space.run("publish web --yes -o json").ok().json();
    space.run("publish web db --yes --no-wait -o json").ok().json();
    let list = space.run("list -o json").ok().json();
    assert_eq!(list["items"][0]["metadata"], json!({"name": "db", "namespace": "forms", "labels": {"team": "orders"}}));
    assert_eq!(space.run("list -o name").ok().stdout, "definition/db\ndefinition/web\n");
    assert_eq!(space.run("list -l team=orders -o name").ok().stdout, "definition/db\n");
    assert_eq!(
        space.ku8(&["list", "-o", "jsonpath={range .items[*]}{.name}={.revision};{end}"]).ok().stdout,
        "db=1;web=1;"
    );
    assert!(space.run("list --show-labels").ok().stdout.contains("team=orders"));
    assert!(space.run("list -o wide").ok().stdout.lines().next().unwrap().ends_with("TEMPLATE DIGEST"));
    assert_eq!(space.run("list --no-headers").ok().stdout.lines().count(), 2);
    for command in [
        "history web",
        "status",
        "status web",
        "secret list db",
        "plan web",
        "plan web db",
        "show db --values",
        "doctor",
        "drift web",
        "drift --all",
        "show web",
        "version",
    ] {
        let json = space.run(&format!("{command} -o json")).json();
        let ran = space.run(&format!("{command} -o yaml"));
        let document = kubectl_ku8::definition::yaml::documents(&ran.stdout).unwrap();
        // Ages and counts may move on between the two.
        assert_eq!(document[0]["kind"], json["kind"], "{command}");
    }
    assert_eq!(space.run("history web -o name").ok().stdout, "revision/1\n");
    assert_eq!(space.run("status -o name").ok().stdout, "definition/db\ndefinition/web\n");
    assert!(space.run("secret list db -o name").ok().stdout.starts_with("secret/db-auth/"));
}

/// Things with wide letters in their names cannot be; by whom they were changed can.
#[test]
fn a_table_with_chinese_text_stays_aligned() {
    let Some(mut space) = Space::new("wide") else { return };
    space.set("USER", "王小明");
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.set("USER", "ada");
    space.feed(&yaml(&[config_map("conf2", "1")]), &["define", "another", "-f", "-"]).ok();
    let text = space.run("list -o wide").ok().stdout;
    let columns: BTreeSet<usize> = text
        .lines()
        .skip(1)
        .map(|line| {
            let (before, _) = line.split_once("@stage").expect("who");
            let rest = line.split_once("@stage").expect("who").1;
            let gap = rest.len() - rest.trim_start().len();
            unicode_width::UnicodeWidthStr::width(before) + gap
        })
        .collect();
    assert_eq!(columns.len(), 1, "{text}");
}

#[test]
fn data_stays_data_while_logs_and_warnings_go_to_standard_error() {
    let Some(space) = Space::new("streams") else { return };
    let mut web = stateful_set("web", &json!({}));
    web["spec"]["template"]["spec"]["nodeSelector"] = json!({"beta.kubernetes.io/os": "linux"});
    space.feed(&yaml(&[web, service("web", 80)]), &["define", "web", "-f", "-"]).ok();
    let plan = space.run("plan web -o json -v=8").ok();
    let warned = plan.json()["warnings"][0].clone();
    assert!(text(&warned).contains("beta.kubernetes.io/os"), "{warned}");
    assert!(plan.stderr.contains("warning: the server says: ") && plan.stderr.contains("GET /api"), "{}", plan.stderr);
    for command in ["list", "status", "history web", "plan web", "drift web", "doctor", "show web", "template list"] {
        let ran = space.run(&format!("{command} -o json -v 8"));
        ran.json();
        assert!(command == "template list" || ran.stderr.contains("GET /"), "{command}: {}", ran.stderr);
    }
    // Told once in a plan for people, not again at its end.
    let plan = space.run("plan web").ok();
    assert_eq!(format!("{}{}", plan.stdout, plan.stderr).matches("the server says").count(), 1, "{plan:?}");

    space.run("plan web --warnings-as-errors").fails(1, &["KU8-G011"]);
    space.run("publish web --yes --warnings-as-errors").fails(1, &["KU8-G011", "nothing was changed"]);
    assert!(space.find("statefulset/web").is_none());
    let error = space.run("publish web --yes --warnings-as-errors -o json").exits(1).error_json();
    assert_eq!(error["id"], "KU8-G011");
}

#[test]
fn a_dry_run_is_a_plan() {
    let Some(space) = Space::new("dry-run") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    let before = space.inventory();
    let plan = space.run("plan web").ok().stdout;
    for form in ["--dry-run", "--dry-run=server", "--dry-run=client"] {
        let ran = space.run(&format!("publish web {form}")).ok();
        assert_eq!(ran.stdout, plan, "{form}");
        assert!(ran.stderr.contains("this is what kubectl ku8 plan shows, and nothing is changed"), "{}", ran.stderr);
    }
    assert_eq!(space.run("publish web --yes --dry-run -o json").ok().json()["kind"], "Plan");
    assert_eq!(space.inventory(), before);
    space.run("publish web --yes --dry-run=none").ok();
    assert!(space.find("configmap/conf").is_some());
}

#[test]
fn each_exit_code_is_met() {
    let Some(space) = Space::new("codes") else { return };
    let stdin = yaml(&[config_map("conf", "1")]);
    space.feed(&stdin, &["define", "web", "-f", "-"]).ok();
    let mut met: BTreeSet<i32> = BTreeSet::new();
    let case = |met: &mut BTreeSet<i32>, line: &str, code: i32, reason: &str| {
        let ran = space.run(&format!("{line} -o json")).exits(code);
        if !reason.is_empty() {
            assert_eq!(ran.error_json()["reason"], reason, "{line}");
        }
        met.insert(code);
    };
    case(&mut met, "plan web", 0, "");
    case(&mut met, "plan web --detailed-exitcode", 2, "");
    case(&mut met, "plan web --bogus --detailed-exitcode", 1, "Usage");
    case(&mut met, "plan nothing --detailed-exitcode", 1, "Failed");
    case(&mut met, "publish web", 1, "Failed");
    case(&mut met, "publish web --yes", 0, "");
    space.feed(&stdin.replace("\"1\"", "\"2\""), &["define", "web", "-f", "-"]).ok();
    space.run("plan web --out web.plan").ok();
    space.patch("configmap/conf", &json!({"data": {"key": "3"}}));
    let ran = space.run("apply web.plan --yes -o json").exits(3);
    assert_eq!(ran.error_json()["reason"], "Stale");
    met.insert(3);
    space.feed(&yaml(&[config_map("fresh", "1")]), &["define", "fresh", "-f", "-"]).ok();
    held_by_ada(&space, "fresh");
    case(&mut met, "publish fresh --yes", 4, "Locked");
    let slow = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "600s"});
    space.feed(&yaml(&[stateful_set("slow", &slow)]), &["define", "slow", "-f", "-"]).ok();
    case(&mut met, "publish slow --yes --wait-timeout 1s", 5, "NotReady");
    let file = space.file("theirs.json", config_map("theirs", "1").to_string());
    space.kubectl(&["apply", "-f", &file]);
    space.feed(&yaml(&[config_map("theirs", "2")]), &["define", "other", "-f", "-"]).ok();
    case(&mut met, "plan other", 6, "Conflict");
    space.feed(&yaml(&[stateful_set("late", &slow)]), &["define", "late", "-f", "-"]).ok();
    let running = space.start(&["publish", "late", "--yes", "-o", "json"]);
    space.until("the object", || space.find("statefulset/late"));
    running.interrupt();
    let ran = running.end().exits(130);
    assert_eq!(ran.error_json()["reason"], "Interrupted");
    met.insert(130);
    let all: BTreeSet<i32> = kubectl_ku8::commands::help::CODES.iter().map(|(code, _)| i32::from(*code)).collect();
    assert_eq!(met, all);
}

#[test]
fn a_reader_that_leaves_a_long_list_is_no_error() {
    let Some(space) = Space::new("pipes") else { return };
    let many: Vec<Value> = (0..60).map(|number| config_map(&format!("c{number}"), &"x\n".repeat(200))).collect();
    space.feed(&yaml(&many), &["define", "web", "-f", "-"]).ok();
    let plan = space.run("plan web --full -o yaml").ok().stdout;
    assert!(plan.lines().count() > 2_000, "{} lines are not long", plan.lines().count());
    for command in ["plan web --full -o yaml", "plan web --full", "list -o yaml", "show web", "show web -o json"] {
        for _ in 0..10 {
            let ran = space.shell(&format!("{{ kubectl ku8 {command}; echo $? >status; }} | head -1 >/dev/null"));
            assert_eq!(ran.stderr, "", "{command}");
            let status = std::fs::read_to_string(space.folder.join("status")).expect("a status");
            assert!(matches!(status.trim(), "0" | "141"), "{command}: {status}");
        }
    }
}

#[test]
fn a_watched_list_tells_what_changes_and_ends_with_its_reader() {
    let Some(space) = Space::new("watch") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    let watching = space.start(&["list", "--watch"]);
    space.until("the list", || watching.said().contains("web").then_some(()));
    space.run("publish web --yes").ok();
    space.until("the publish", || watching.said().contains("Published").then_some(()));
    space.feed(&yaml(&[config_map("more", "1")]), &["define", "another", "-f", "-"]).ok();
    space.until("another", || watching.said().contains("another").then_some(()));
    space.run("delete another --yes").ok();
    space.until("its end", || watching.said().contains("Deleted").then_some(()));
    let said = watching.said();
    let heads = said.lines().filter(|line| line.starts_with("NAME ")).count();
    assert_eq!(heads, 1, "{said}");
    watching.interrupt();
    assert_eq!(watching.wait(), 130);

    let names = space.start(&["list", "--watch", "-o", "jsonpath={range .items[*]}{.name} {.status}{\"\\n\"}{end}"]);
    space.until("the list", || names.said().contains("web Published").then_some(()));
    space.run("delete web --yes").ok();
    space.until("its end", || names.said().contains("web Deleted").then_some(()));
    names.interrupt();
    names.wait();
}

#[test]
fn a_long_text_shows_its_changed_lines_and_as_many_around_them_as_asked_for() {
    let Some(space) = Space::new("context-lines") else { return };
    let text = |changed: &str| {
        let lines: Vec<String> = (0..10_000)
            .map(|number| if number == 5_000 { changed.to_owned() } else { format!("line {number}") })
            .collect();
        yaml(&[config_map("conf", &lines.join("\n"))])
    };
    space.feed(&text("before"), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.feed(&text("after"), &["define", "web", "-f", "-"]).ok();
    let lines = |flags: &str| space.run(&format!("plan web{flags}")).ok().stdout;
    assert!(lines("").lines().count() <= 15, "{}", lines(""));
    assert!(lines(" -C 5").contains("line 4995\n") && !lines(" -C 5").contains("line 4994\n"));
    assert!(lines(" --context-lines=0").contains("+ after") && !lines(" -C0").contains("line 4999"));
    assert!(lines(" --full").lines().count() > 10_000);
}

#[test]
fn what_is_piped_has_no_escapes_and_a_line_for_each_change_of_state() {
    let Some(space) = Space::new("progress") else { return };
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "2s"});
    space.feed(&yaml(&[stateful_set("web", &life)]), &["define", "web", "-f", "-"]).ok();
    let ran = space.run("publish web --yes").ok();
    let all = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!all.contains('\r') && !all.contains('\u{1b}'), "{all}");
    let waiting: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("StatefulSet/web: ")).collect();
    let states: BTreeSet<&str> =
        waiting.iter().filter_map(|line| line.split_once("StatefulSet/web: ")).map(|(_, state)| state).collect();
    assert!(!waiting.is_empty() && waiting.len() == states.len(), "{waiting:?}");
    for line in waiting {
        let time = line.trim_start().split(' ').next().unwrap_or_default();
        assert!(time.len() == 8 && time.matches(':').count() == 2, "a time of day: {line}");
    }
    // In plain letters the same is said; in a document what a person wrote stays.
    space.feed(&yaml(&[config_map("web", "1→2")]), &["define", "web", "--replace", "-f", "-"]).ok();
    let plan = space.run("plan web --full --ascii").ok().stdout;
    assert!(plan.is_ascii() && plan.contains("revision 1 -> 2"), "{plan}");
    assert!(space.run("plan web --ascii -o json").ok().stdout.contains("1→2"));
}

/// What a line shows in a terminal of its own.
fn in_terminal(space: &Space, line: &str, variables: &[(&str, &str)]) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let set: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
    let line = format!("env TERM=xterm-256color {} script -qec {} /dev/null </dev/null", set.join(" "), quoted(line));
    space.shell(&line).stdout.replace("\r\n", "\n")
}

#[test]
fn a_long_plan_goes_to_the_pager_on_a_terminal_alone() {
    let Some(space) = Space::new("pager") else { return };
    let many: Vec<Value> = (0..60).map(|number| config_map(&format!("c{number}"), "1")).collect();
    space.feed(&yaml(&many), &["define", "web", "-f", "-"]).ok();
    space.feed(&yaml(&many[..1]), &["define", "small", "-f", "-"]).ok();
    let plan = "stty rows 24 cols 80; kubectl-ku8 plan web";
    let pager = ("KU8_PAGER", "sed 's/^/PAGED /'");
    let paged = in_terminal(&space, plan, &[pager]);
    assert!(paged.lines().filter(|line| line.starts_with("PAGED")).count() > 60, "{paged}");
    // KU8_PAGER before PAGER; nothing for what fits on the screen, a pipe, --no-pager, none at all, TERM=dumb.
    assert!(in_terminal(&space, plan, &[("PAGER", "false"), pager]).contains("PAGED"));
    assert!(in_terminal(&space, plan, &[("PAGER", pager.1)]).contains("PAGED"));
    for (line, more) in [
        ("stty rows 24 cols 80; kubectl-ku8 plan small", pager),
        ("stty rows 24 cols 80; kubectl-ku8 plan web | cat", pager),
        ("stty rows 24 cols 80; kubectl-ku8 plan web --no-pager", pager),
        ("stty rows 24 cols 80; kubectl-ku8 plan web -o json", pager),
        ("stty rows 24 cols 80; kubectl-ku8 publish web --dry-run=none --no-input", pager),
        (plan, ("KU8_PAGER", "")),
        (plan, ("KU8_PAGER", "cat")),
        (plan, ("KU8_NO_PAGER", "true")),
    ] {
        let text = in_terminal(&space, line, &[pager, more]);
        assert!(!text.contains("PAGED") && !text.contains("did not show this"), "{line} {more:?}: {text}");
        assert!(text.contains("c59") || text.contains("small"), "{line} {more:?}: {text}");
    }
    assert!(!in_terminal(&space, plan, &[pager, ("TERM", "dumb")]).contains("PAGED"));
    // A broken one leaves the plan on the screen, with one warning.
    for broken in ["/no/such/pager", "false"] {
        let text = in_terminal(&space, plan, &[("KU8_PAGER", broken)]);
        assert!(text.contains("ConfigMap/c59"), "{text}");
        assert_eq!(text.matches("did not show this").count(), 1, "{text}");
    }
    // Colours on a terminal, and without them the same text.
    let coloured = in_terminal(&space, "kubectl-ku8 plan small", &[]);
    let plain = in_terminal(&space, "kubectl-ku8 plan small", &[("NO_COLOR", "1")]);
    assert!(coloured.contains('\u{1b}') && !plain.contains('\u{1b}'), "{coloured}{plain}");
    assert!(!in_terminal(&space, "kubectl-ku8 plan small", &[("TERM", "dumb")]).contains('\u{1b}'));
    assert!(!in_terminal(&space, "kubectl-ku8 plan small", &[("CLICOLOR", "0")]).contains('\u{1b}'));
}
