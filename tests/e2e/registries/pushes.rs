//! Pushing: only templates, under their version, and no tag twice with another content.

use super::Hub;
use crate::components::{importing, versioned};
use crate::stage::text;

#[test]
fn only_a_template_is_pushed_and_no_tag_twice() {
    let Some(hub) = Hub::new("registry-push") else { return };
    let space = &hub.space;
    let target = hub.echo("");
    let not_one = space.file("importing.wasm", importing());
    space.ku8(&["template", "push", &not_one, &target]).fails(1, &["KU8-T002"]);
    let text_file = space.file("notes.wasm", "hello");
    space.ku8(&["template", "push", &text_file, &target]).fails(1, &["KU8-T002"]);
    space.ku8(&["template", "list", "--remote", &target]).exits(1);

    let file = space.file("echo.wasm", versioned("echo", "1.0.0-rc.7", &["echo"]));
    let line = [
        "template",
        "push",
        &file,
        &target,
        "--annotation",
        "org.opencontainers.image.source=https://git.example.com/echo",
    ];
    let pushed = space.ku8(&line).ok().says(&[
        "1.0.0-rc.7@sha256:",
        "cosign sign --key cosign.key",
        "kubectl ku8 define NAME -t",
    ]);
    // The same again is no change, from any machine.
    let again = space.ku8(&line).ok().says(&["is there already"]);
    let reference = |stdout: &str| stdout.rsplit(": ").next().unwrap_or_default().trim().to_owned();
    assert_eq!(reference(&pushed.stdout), reference(&again.stdout));
    space.ku8(&["template", "push", &file, &target]).fails(1, &["KU8-O033", "1.0.0-rc.7"]).hints();
    let forced = space.ku8(&["template", "push", &file, &target, "--force", "-o", "json"]).ok().json();
    assert_eq!((text(&forced["version"]), forced["pushed"].as_bool()), ("1.0.0-rc.7", Some(true)));

    // What is pulled is what was pushed.
    space.ku8(&["template", "pull", text(&forced["reference"]), "-o", "back.wasm"]).ok();
    let read = |name: &str| std::fs::read(space.folder.join(name)).expect("a file");
    assert_eq!(read("echo.wasm"), read("back.wasm"));
    let odd = space.ku8(&["template", "push", &file, &hub.echo(":9.9.9")]).ok();
    assert!(odd.stderr.contains("not what its tag says"), "{}", odd.stderr);
    for wrong in ["registry.example.com/team/echo", "oci://Registry/Echo", "oci://registry"] {
        space.ku8(&["template", "push", &file, wrong]).fails(1, &[wrong]);
    }
    space.ku8(&["define", "events", "-t", &target]).fails(1, &["KU8-O031"]).hints();
}

#[test]
fn plain_http_is_refused_without_the_flag_and_warned_of_with_it() {
    let Some(mut hub) = Hub::new("registry-plain") else { return };
    hub.push("1.0.0", &["echo"], &[]);
    let tag = hub.echo(":1.0.0");
    let host = hub.registry.host();
    let warned = hub.space.ku8(&["template", "pull", &tag]).ok();
    assert!(warned.stderr.contains("plain HTTP"), "{}", warned.stderr);
    hub.space.set("KU8_PLAIN_HTTP", "");
    hub.space.set("XDG_CACHE_HOME", hub.space.folder.join("other").display().to_string());
    hub.space.ku8(&["template", "pull", &tag]).fails(1, &[&host]).hints();
    hub.space.ku8(&["--plain-http", &host, "template", "pull", &tag]).ok();
}
