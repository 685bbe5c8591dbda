//! Looking at a template of a registry by its reference alone: every command that takes one fetches it, or says what to do.
//! Nothing is defined here and nothing is published.

use super::Hub;

#[test]
fn every_command_that_looks_at_a_template_takes_a_reference() {
    let Some(hub) = Hub::new("registry-looks") else { return };
    let pinned = hub.push("1.0.0", &["echo"], &[]);
    let (tag, untagged) = (hub.echo(":1.0.0"), pinned.replace(":1.0.0@", "@"));
    for (number, reference) in [&tag, &pinned, &untagged].into_iter().enumerate() {
        // Nothing is on this machine yet.
        let mut space = hub.space.with_kubeconfig(hub.space.kubeconfig.clone(), &hub.space.user);
        for (step, command, says) in [
            (0, &["template", "lint", reference][..], &["echo 1.0.0", "errors"][..]),
            (1, &["explain", reference], &["echo 1.0.0", "replicas", &format!("explain {reference} replicas")]),
            (2, &["explain", reference, "replicas"], &["integer", "--set replicas=3"]),
            (3, &["template", "show", reference], &["echo 1.0.0", &format!("define NAME -t {reference}")]),
            (4, &["template", "schema", reference], &["replicas"]),
            (5, &["template", "render", reference], &["kind: Service"]),
            (6, &["template", "render", reference, "--explain"], &["kind: Service"]),
            (7, &["schema", "definition", "--template", reference], &["replicas"]),
        ] {
            space.set("XDG_CACHE_HOME", hub.space.folder.join(format!("{number}-{step}")).display().to_string());
            let ran = space.ku8(command).says(says);
            // A component that is only there to be fetched breaks rules; that is lint's to say.
            assert!(ran.code == 0 || command.contains(&"lint"), "{}{}", ran.stdout, ran.stderr);
        }
        space.ku8(&["explain", reference, "replica"]).fails(1, &["KU8-V002", &format!("`{reference} replicas`")]);
        let fetch = format!("kubectl ku8 template pull {reference} -o FILE.wasm");
        space.ku8(&["template", "test", reference]).fails(1, &["KU8-G009", &fetch]);
        space.ku8(&["template", "test", "--component", reference]).fails(1, &["KU8-G009", &fetch]);
    }
    // A sound one, judged by its reference alone.
    let sound = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates-wasm/dist/redis.wasm");
    let redis = format!("oci://{}/team/redis", hub.registry.host());
    let pushed = hub.space.ku8(&["template", "push", sound, &redis, "-o", "json"]).ok().json();
    hub.space.ku8(&["template", "lint", crate::stage::text(&pushed["reference"])]).ok().says(&["redis", "0 errors"]);
}

#[test]
fn what_is_missing_or_misspelt_is_told_with_what_there_is() {
    let Some(hub) = Hub::new("registry-missing") else { return };
    let space = &hub.space;
    let pinned = hub.push("1.0.0", &["echo"], &[]);
    let list = format!("template list --remote {}", hub.echo(""));
    space.ku8(&["template", "pull", &hub.echo(":1.0.1")]).fails(1, &["KU8-O008", "no manifest 1.0.1", &list]);
    let bare = hub.echo(":1.0.0").replace("oci://", "");
    for command in [&["define", "events", "-t", &bare][..], &["template", "pull", &bare], &["template", "show", &bare]]
    {
        space.ku8(command).fails(1, &[&format!("oci://{bare}")]).hints();
    }
    // The registry's own cleaning took the component and left what names it.
    let show = space.ku8(&["template", "show", &pinned, "-o", "json"]).ok().json();
    let digest = crate::stage::text(&show["digest"]).trim_start_matches("sha256:").to_owned();
    let (blob, mut fresh) = (hub.registry.blob(&digest), space.with_kubeconfig(space.kubeconfig.clone(), &space.user));
    fresh.set("XDG_CACHE_HOME", space.folder.join("fresh").display().to_string());
    let whole = std::fs::read(&blob).expect("the component");
    std::fs::remove_file(&blob).expect("the component");
    let words = ["KU8-O008", &format!("has the manifest of {pinned}, and its component no more")];
    fresh.ku8(&["template", "show", &pinned]).fails(1, &words).hints();
    std::fs::write(&blob, whole).expect("the component");
    fresh.ku8(&["template", "show", &pinned]).ok();
}
