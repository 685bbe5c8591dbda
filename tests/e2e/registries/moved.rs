//! Tags that were moved: refused in every command that asks what a tag names, until that is accepted.

use super::Hub;
use crate::stage::{text, writes};

#[test]
fn a_moved_tag_is_refused_and_then_accepted() {
    let Some(hub) = Hub::new("registry-moved") else { return };
    let space = &hub.space;
    let tag = hub.echo(":1.0.0");
    let before = hub.push("1.0.0", &["echo"], &[]);
    space.ku8(&["define", "events", "-t", &tag]).ok();
    space.run("publish events --yes").ok();
    let moved = space.file("moved.wasm", crate::components::versioned("echo", "1.0.0", &["elsewhere"]));
    space.ku8(&["template", "push", &moved, &tag]).fails(1, &["KU8-O033"]).hints();
    // Somebody else pushes, from another machine.
    let mut other = space.with_kubeconfig(space.kubeconfig.clone(), &space.user);
    other.set("XDG_CACHE_HOME", space.folder.join("other-cache").display().to_string());
    let pushed = other.ku8(&["template", "push", &moved, &tag, "--force", "-o", "json"]).ok().json();
    let after = text(&pushed["reference"]).to_owned();
    assert_ne!(before, after);

    let digest = |reference: &str| reference.rsplit('@').next().expect("a digest").to_owned();
    let both = ["KU8-O030", &digest(&before), &digest(&after), "--accept-moved-tag"];
    let count = space.requests().len();
    for command in [
        &["define", "events", "-t", &tag][..],
        &["define", "another", "-t", &tag],
        &["template", "show", &tag],
        &["template", "render", &tag],
        &["template", "schema", &tag],
        &["template", "lint", &tag],
        &["explain", &tag],
        &["schema", "definition", "--template", &tag],
        &["template", "upgrade", "events", "--to", &tag],
        &["new", "another", "-t", &tag, "--save"],
        &["template", "pull", &tag],
        &["template", "save", &tag, "-o", "never.tar"],
    ] {
        space.ku8(command).fails(1, &both).hints();
    }
    assert_eq!(writes(&space.requests_since(count)), Vec::<String>::new());
    assert!(!space.folder.join("never.tar").exists());
    assert_eq!(text(&hub.stored("events")["name"]), before);
    // The pin is not the tag: everything goes on as before.
    space.run("plan events --detailed-exitcode").ok().says(&["No changes"]);

    // On a machine that never saw the tag, the definition still knows.
    other.ku8(&["define", "events", "-t", &tag]).fails(1, &both);

    // Whatever the hint names is taken by the command that shows it.
    let definition = format!(
        "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {{name: filed}}\nspec: {{template: {{name: '{tag}'}}}}\n"
    );
    let file = space.file("filed.yaml", definition);
    let accept = "--accept-moved-tag";
    for (number, command) in [
        &["template", "show", &tag][..],
        &["template", "render", &tag],
        &["template", "render", "-f", &file],
        &["template", "schema", &tag],
        &["template", "lint", &tag],
        &["template", "upgrade", "events", "--to", &tag, "--dry-run"],
        &["plan", "-f", &file],
        &["import", &file],
        &["define", "-f", &file],
        &["template", "pull", &tag],
    ]
    .into_iter()
    .enumerate()
    {
        // Each on a machine of its own, which used the tag before it was moved.
        let mut machine = space.with_kubeconfig(space.kubeconfig.clone(), &space.user);
        let cache = space.folder.join(format!("machine-{number}"));
        let tags = std::process::Command::new("cp").arg("-r").arg(space.folder.join("cache")).arg(&cache).status();
        assert!(tags.expect("cp").success());
        machine.set("XDG_CACHE_HOME", cache.display().to_string());
        space.run("forget filed --yes");
        machine.ku8(command).fails(1, &["KU8-O030", "take the new one: add --accept-moved-tag"]);
        let taken = machine.ku8(&[command, &[accept]].concat());
        // It breaks rules, which is lint's to say.
        let judged = command.contains(&"lint") && taken.stdout.contains("echo 1.0.0");
        assert!(taken.code == 0 || judged, "{}{}", taken.stdout, taken.stderr);
    }
    let explained = other.ku8(&["explain", &tag]).ok();
    assert!(explained.stdout.contains("replicas"), "{}", explained.stdout);
    let pull = format!("kubectl ku8 template pull {tag} --accept-moved-tag");
    space.ku8(&["explain", &tag]).fails(1, &["KU8-O030", &pull]);
    space.ku8(&["define", "events", "-t", &tag, "--accept-moved-tag"]).ok().says(&[&after]);
    assert_eq!(text(&hub.stored("events")["name"]), after);
    let plan = space.run("plan events").ok().says(&["template echo 1.0.0 (sha256:"]);
    assert!(plan.stdout.contains("Service/elsewhere") && plan.stdout.contains("delete"), "{}", plan.stdout);
    // It was accepted for this machine; nobody is asked twice.
    space.ku8(&["define", "another", "-t", &tag]).ok();
}
