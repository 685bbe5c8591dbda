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
    space.ku8(&["define", "events", "-t", &tag, "--accept-moved-tag"]).ok().says(&[&after]);
    assert_eq!(text(&hub.stored("events")["name"]), after);
    let plan = space.run("plan events").ok().says(&["template echo 1.0.0 (sha256:"]);
    assert!(plan.stdout.contains("Service/elsewhere") && plan.stdout.contains("delete"), "{}", plan.stdout);
    // It was accepted for this machine; nobody is asked twice.
    space.ku8(&["define", "another", "-t", &tag]).ok();
}
