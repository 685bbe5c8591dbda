//! The terminal shows text, only text (security.md, P20): hostile bytes in every free field, through every command with
//! colours on; what leaves is printable, a newline, a tab, or one of our own colours.

use serde_json::{Value, json};

use crate::stage::{Space, config_map, stateful_set, yaml};

/// Escape sequences and characters that steer a terminal or turn text around, and every control character there is.
fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "\u{1b}]0;title\u{7}",
        "\u{1b}]52;c;Y2FuYXJ5\u{7}",
        "\u{1b}]8;;http://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\",
        "\u{1b}[2J\u{1b}[H",
        "\u{1b}[38;5;201mpink",
        "\u{1b}[7mreverse",
        "\u{1b}P+q544e\u{1b}\\",
        "\u{1b}_payload\u{1b}\\",
        "\u{1b}^private\u{1b}\\",
        "\u{1b}c",
        "\u{1b}(0",
        "\u{1b}[6n",
        "\u{1b}[?1049h",
        "\u{9b}31m",
        "\u{9d}0;c1 title\u{9c}",
        "\u{90}dcs\u{9c}",
        "left\u{202e}right",
        "\u{2066}isolate\u{2069}",
        "\u{200b}zero\u{200d}width\u{feff}",
        "over\rwritten",
        "back\u{8}\u{8}space",
        "\u{7f}delete",
        "\u{b}\u{c}\u{e}\u{f}",
        "\u{85}next\u{2028}line\u{2029}",
        "\u{e0041}tag",
        "\u{61c}mark",
    ]
    .map(str::to_owned)
    .to_vec();
    all.extend(
        (0_u32..=0x1f)
            .chain(0x7f..=0x9f)
            .filter(|code| *code != 0)
            .map(|code| format!("code {code:02x} {}.", char::from_u32(code).expect("a character"))),
    );
    all
}

/// What may leave: text, newline, tab, and the colours of our own palette. Anything else is returned.
fn foreign(output: &str) -> Vec<String> {
    const OURS: &[&str] =
        &["0", "1", "2", "22", "31", "32", "33", "36", "39", "31;1", "33;1", "1;31", "1;33", "1;32", "4", "1;4"];
    let mut found = Vec::new();
    let mut rest = output;
    while let Some(letter) = rest.chars().next() {
        if let Some(code) = rest.strip_prefix("\u{1b}[").and_then(|rest| rest.split_once('m')).map(|(code, _)| code)
            && OURS.contains(&code)
        {
            rest = &rest[code.len() + 3..];
            continue;
        }
        let bad = (letter.is_control() && letter != '\n' && letter != '\t')
            || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        if bad {
            let at = output.len() - rest.len();
            let before: String = output[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
            found.push(format!("{} after {before:?}", letter.escape_unicode()));
        }
        rest = &rest[letter.len_utf8()..];
    }
    found
}

/// JSON with everything outside of ASCII escaped.
fn ascii(json: &str) -> String {
    let mut text = String::new();
    for letter in json.chars() {
        if letter.is_ascii() && letter != '\u{7f}' {
            text.push(letter);
        } else {
            let mut units = [0; 2];
            text.extend(letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

#[test]
fn p20_only_text_and_our_own_colours_leave() {
    let Some(space) = Space::new("p20") else { return };
    let sequences = hostile();
    let all = sequences.join(" ");

    // Values, annotations, environment and data of the user's own objects; the Job's refusal echoes them.
    let mut set = stateful_set("web", &json!({"playground.ku8.dev/stage": "crash-loop"}));
    set["metadata"]["annotations"] = json!({"note": all});
    set["spec"]["template"]["spec"]["containers"][0]["env"] = json!([{"name": "NOTE", "value": all}]);
    let mut conf = config_map("conf", &all);
    conf["data"]["file.conf"] = json!(sequences.join("\n"));
    // The reader of YAML refuses such characters as they are; escaped they come through.
    let objects = |objects: &[Value]| ascii(&yaml(objects));
    space.feed(&objects(&[set.clone(), conf.clone()]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").exits(5);
    // Somebody changed them by hand, and wrote into our records.
    space.patch(
        "configmap/conf",
        &json!({"data": {"key": format!("drift {all}")}, "metadata": {"annotations": {"by": all}}}),
    );
    let mut state: Value =
        serde_json::from_str(crate::stage::text(&space.get("configmap/ku8.web")["data"]["state"])).unwrap();
    state["reason"] = json!(all);
    let result = json!([{"object": format!("ConfigMap/{all}"), "outcome": all, "message": all}]).to_string();
    space.patch(
        "configmap/ku8.web",
        &json!({"data": {"state": state.to_string(), "result": result},
        "metadata": {"annotations": {"ku8.dev/updated-by": all}}}),
    );
    let pod = space.get("pod/web-0");
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "hostile"}, "type": "Warning", "reason": "Hostile",
        "message": all, "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": "web-0", "namespace": space.namespace,
            "uid": pod["metadata"]["uid"]}, "lastTimestamp": "2030-01-01T00:00:00Z"});
    let file = space.file("event.json", event.to_string());
    space.kubectl(&["create", "-f", &file]);

    let mut commands = 0_usize;
    let mut wrong = Vec::new();
    let mut check = |ran: crate::stage::Ran| {
        commands += 1;
        for (stream, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            wrong.extend(foreign(text).into_iter().map(|one| format!("{} {stream}: {one}", ran.line.escape_debug())));
        }
    };
    conf["data"]["key"] = json!(format!("changed {all}"));
    check(space.feed(&objects(&[set, conf]), &["--color", "always", "define", "web", "-f", "-"]));
    for line in [
        "plan web",
        "plan web --full",
        "plan web -o json",
        "plan web -o yaml",
        "plan web -o markdown",
        "show web",
        "show web --rendered",
        "show web --rendered -o json",
        "show web -o json",
        "status",
        "status web",
        "status web -o json",
        "status web -o yaml",
        "list",
        "list -A",
        "list -o json",
        "list -o yaml",
        "history web",
        "history web -o json",
        "history web -o yaml",
        "rbac web",
        "secret list web",
        "doctor",
        "doctor -o json",
        "-v 8 plan web",
        "publish web --yes --wait-timeout 20s",
        "publish web --yes -o json",
        "rollback web --yes",
        "delete web --yes",
    ] {
        let words: Vec<&str> = ["--color", "always"].into_iter().chain(line.split(' ')).collect();
        check(space.ku8(&words));
    }
    // Names, flags and files come from a command line, which may be somebody else's too.
    for sequence in &sequences {
        let texts = [format!("na{sequence}me"), format!("--flag={sequence}")];
        check(space.ku8(&["--color", "always", "plan", &texts[0]]));
        check(space.ku8(&["--color", "always", &texts[1]]));
        check(space.ku8(&["--color", "always", "--context", sequence, "list"]));
        check(space.ku8(&["--color", "always", "define", "x", "-t", sequence]));
        let set = format!("database={sequence}");
        check(space.ku8(&["--color", "always", "define", "x", "-t", "mysql", "--set", &set]));
        check(space.feed(&format!("a: [{sequence}\n"), &["--color", "always", "define", "x", "-f", "-"]));
    }
    let figure = format!(
        "P20: {} sequences in 9 fields, {commands} commands, {} characters that steer\n",
        sequences.len(),
        wrong.len()
    );
    let _ = std::io::Write::write_all(&mut std::io::stderr(), figure.as_bytes());
    wrong.sort_unstable();
    wrong.dedup();
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
