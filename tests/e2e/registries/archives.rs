//! Archives: saved where there is a network, loaded where there is none, or into a mirror.

use playground::{Registry, RegistryOptions};

use super::Hub;
use crate::stage::{say, text};

#[test]
fn what_is_saved_here_renders_there_without_a_network() {
    let Some(mut hub) = Hub::new("registry-archive") else { return };
    let first = hub.push("1.0.0", &["echo"], &[]);
    let second = hub.push("1.1.0", &["echo", "more"], &[]);
    let space = &hub.space;
    let rendered = space.ku8(&["template", "render", &second]).ok().stdout;
    let save = ["template", "save", &hub.echo(":1.0.0"), &second, "-o", "all.tar"];
    space.ku8(&save).ok().says(&["2 templates", &first, &second]);
    let mut mirror = Registry::start(RegistryOptions::default(), &mut |line| say(line)).expect("a registry");
    let target = format!("oci://{}/hub", mirror.host());
    let both = format!("{},{}", hub.registry.host(), mirror.host());
    hub.space.set("KU8_PLAIN_HTTP", both);
    hub.registry.stop();

    let mut there = hub.space.with_kubeconfig(hub.space.kubeconfig.clone(), &hub.space.user);
    there.set("XDG_CACHE_HOME", hub.space.folder.join("there").display().to_string());
    there.ku8(&["template", "render", &second]).fails(1, &["cannot be reached"]);
    there.ku8(&["template", "load", "all.tar"]).ok().says(&[&first, &second, "pinned by digest"]);
    assert_eq!(there.ku8(&["template", "render", &second]).ok().stdout, rendered);
    there.ku8(&["define", "events", "-t", &first]).ok();
    there.run("publish events --yes").ok();
    assert_eq!(text(&hub.stored("events")["name"]), first);

    // Into a mirror, which is then asked in the registry's place: the digests are the same.
    there.ku8(&["template", "load", "all.tar", "--to", &target]).ok().says(&["pushed to"]);
    let mut mirrored = there.with_kubeconfig(there.kubeconfig.clone(), &there.user);
    mirrored.set("XDG_CACHE_HOME", hub.space.folder.join("mirrored").display().to_string());
    let from_to = format!("{}={}/hub", hub.registry.host(), mirror.host());
    let line = ["--registry-mirror", &from_to, "define", "mirrored", "-t", &hub.echo(":1.1.0")];
    mirrored.ku8(&line).ok().says(&[&second]);
    mirror.stop();
}

#[test]
fn a_damaged_archive_loads_nothing() {
    let Some(hub) = Hub::new("registry-archive-bad") else { return };
    let space = &hub.space;
    hub.push("1.0.0", &["echo"], &[]);
    space.ku8(&["template", "save", &hub.echo(":1.0.0"), "-o", "all.tar"]).ok();
    let sound = std::fs::read(space.folder.join("all.tar")).expect("the archive");
    let mut there = space.with_kubeconfig(space.kubeconfig.clone(), &space.user);
    there.set("XDG_CACHE_HOME", space.folder.join("there").display().to_string());
    let mut flipped = sound.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for (name, bytes) in
        [("cut.tar", &sound[..sound.len() / 2]), ("flipped.tar", &flipped), ("none.tar", b"no archive")]
    {
        let file = space.file(name, bytes);
        there.ku8(&["template", "load", &file]).fails(1, &[name]);
    }
    assert!(!space.folder.join("there/ku8/components/sha256").exists(), "something was kept");
}
