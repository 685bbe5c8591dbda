//! `edit`: what is typed is checked, opened again with what is wrong, and never lost.
//! Editors here are scripts that do one thing each time they are opened.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::stage::{Ran, Space, text, version};

/// Makes an editor of the lines of a shell script; `$1` is the file, `$N` how often it was opened before.
fn editor(space: &mut Space, script: &str) {
    let count = space.file("opened", "0");
    let path = space.file(
        "editor.sh",
        format!("#!/bin/sh\nN=$(cat {count})\necho $((N + 1)) > {count}\ncp \"$1\" {count}.$N\n{script}\n"),
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a script");
    space.set("KUBE_EDITOR", path);
}

/// The text an editor was shown, by number.
fn shown(space: &Space, number: usize) -> String {
    fs::read_to_string(space.folder.join(format!("opened.{number}"))).expect("the editor was opened so often")
}

fn opened(space: &Space) -> usize {
    fs::read_to_string(space.folder.join("opened")).expect("a count").trim().parse().expect("a number")
}

/// The file a failed edit left behind.
fn kept(ran: &Ran) -> String {
    let path = ran.stderr.split_once("your text is kept in ").expect("the place of the text").1;
    fs::read_to_string(path.lines().next().expect("a line").trim()).expect("the text")
}

fn place(name: &str) -> Option<Space> {
    let space = Space::new(name)?;
    space.run("define db -t mysql --set database=orders").ok();
    Some(space)
}

#[test]
fn an_edit_is_stored_and_one_that_changes_nothing_writes_nothing() {
    let Some(mut space) = place("edit-plain") else { return };
    let stored = version(&space.get("configmap/ku8.db"));
    editor(&mut space, ":");
    space.run("edit db").ok().says(&["nothing changed"]);
    editor(&mut space, ": > \"$1\"");
    space.run("edit db").ok().says(&["nothing changed"]);
    editor(&mut space, "echo '# a thought' >> \"$1\"; sed -i 's/^# further/# Further/' \"$1\"");
    space.run("edit db").ok().says(&["unchanged"]);
    assert_eq!(version(&space.get("configmap/ku8.db")), stored);

    editor(&mut space, "sed -i 's/database: orders/database: orders\\n    maxConnections: 300/' \"$1\"");
    space.run("edit db").ok().says(&["updated", "maxConnections"]);
    let first = shown(&space, 0);
    assert!(first.starts_with("# yaml-language-server: $schema=schema.json\n"), "{first}");
    assert!(first.contains("#   maxConnections: 151   Connections\n"), "{first}");
    assert!(first.contains("#   size: \"small\""), "{first}");
}

#[test]
fn a_wrong_edit_is_opened_again_with_the_error_and_the_text() {
    let Some(mut space) = place("edit-wrong") else { return };
    editor(
        &mut space,
        "case $N in\n0) sed -i 's/database: orders/database: orders\\n    storage: {size: 10GB}  # mine/' \"$1\";;\n\
         1) sed -i 's/10GB/20GB/' \"$1\";;\n2) sed -i 's/20GB/20Gi/' \"$1\";;\nesac",
    );
    space.run("edit db").ok().says(&["updated", "storage"]);
    assert_eq!(opened(&space), 3);
    for (number, size) in [(1, "10GB"), (2, "20GB")] {
        let again = shown(&space, number);
        assert!(again.contains(&format!("storage: {{size: {size}}}  # mine")), "{again}");
        assert!(again.contains(&format!("the string \"{size}\", which is not a quantity [KU8-V006]")), "{again}");
        // The line it names is the line it is on.
        let line = again.lines().position(|line| !line.starts_with('#') && line.contains(size)).expect("the line") + 1;
        assert!(again.contains(&format!("# error: db.yaml:{line}:")), "{line}: {again}");
        assert!(again.contains("^^^^") && again.contains("# hint:  write"), "{again}");
        assert_eq!(again.matches("# error:").count(), 1, "{again}");
    }
    let head = space.get("configmap/ku8.db");
    assert!(text(&head["data"]["definition"]).contains("20Gi"));
}

#[test]
fn an_edit_that_stays_wrong_is_kept_and_nothing_is_written() {
    let Some(mut space) = place("edit-kept") else { return };
    let stored = version(&space.get("configmap/ku8.db"));
    let mistakes: &[(&str, &str)] = &[
        ("sed -i 's/database: orders/database: [orders # typed/' \"$1\"", "[KU8-D001]"),
        ("sed -i 's/database: orders/databse: orders # typed/' \"$1\"", "did you mean `database`"),
        ("sed -i 's/values:/valuess: # typed/' \"$1\"", "did you mean `values`"),
        ("sed -i 's/name: db/name: other # typed/' \"$1\"", "the name cannot be edited"),
        ("sed -i 's/^metadata:/metadata: # typed\\n  namespace: elsewhere/' \"$1\"", "another namespace"),
        ("sed -i 's/name: mysql/name: mysqk # typed/; /digest/d' \"$1\"", "did you mean `mysql`"),
        ("echo 'kind: Definition # typed' >> \"$1\"", "stands twice"),
        ("printf 'just words # typed' > \"$1\"", "[KU8-D003]"),
    ];
    for (script, words) in mistakes {
        // The first time it is made; the second time it is left as it is.
        editor(&mut space, &format!("[ $N = 0 ] || exit 0\n{script}"));
        let ran = space.run("edit db").fails(1, &[words]).hints();
        assert_eq!(opened(&space), 2, "{script}");
        assert!(kept(&ran).contains("# typed"), "{script}: {}", kept(&ran));
    }
    // An editor that fails after something was typed.
    editor(&mut space, "echo '# typed' >> \"$1\"; exit 3");
    assert!(kept(&space.run("edit db").fails(1, &["editor", "nothing was changed"])).contains("# typed"));
    editor(&mut space, "exit 1");
    let ran = space.run("edit db").fails(1, &["nothing was changed"]);
    assert!(!ran.stderr.contains("your text"), "{}", ran.stderr);
    space.set("KUBE_EDITOR", "no-such-editor --wait");
    space.run("edit db").fails(1, &["editor `no-such-editor`", "EDITOR"]);
    assert_eq!(version(&space.get("configmap/ku8.db")), stored);
}

#[test]
fn an_edit_beside_somebody_elses_is_kept() {
    let Some(mut space) = place("edit-beside") else { return };
    let kubectl = space.kubectl_program().display().to_string();
    let other = format!(
        "{kubectl} --kubeconfig {} -n {} label configmap ku8.db touched=yes > /dev/null",
        space.kubeconfig.display(),
        space.namespace
    );
    editor(&mut space, &format!("sed -i 's/database: orders/database: sales/' \"$1\"\n{other}"));
    let ran = space.run("edit db").fails(3, &["since you read it", "[KU8-R004]"]);
    assert!(kept(&ran).contains("database: sales"));
    assert!(text(&space.get("configmap/ku8.db")["data"]["definition"]).contains("orders"));
}

#[test]
fn an_editor_may_have_arguments_and_editor_comes_second() {
    let Some(mut space) = place("edit-which") else { return };
    let script = space.file("ed it.sh", "#!/bin/sh\n[ \"$1\" = --wait ] && sed -i 's/orders/sales/' \"$2\"\n");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a script");
    space.set("EDITOR", format!("'{script}' --wait"));
    space.run("edit db").ok().says(&["updated"]);
    space.set("KUBE_EDITOR", "true");
    space.run("edit db").ok().says(&["nothing changed"]);
}
