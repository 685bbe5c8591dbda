//! A registry that is down, or wants a login: what is pinned goes on, what is not says one clear thing.

use playground::{REGISTRY_PASSWORD, RegistryOptions};

use super::Hub;
use crate::stage::text;

#[test]
fn a_pin_survives_a_registry_that_is_down() {
    let Some(mut hub) = Hub::new("registry-down") else { return };
    let pinned = hub.push("1.0.0", &["echo"], &[]);
    hub.space.ku8(&["define", "events", "-t", &hub.echo(":1.0.0")]).ok();
    hub.space.run("publish events --yes").ok();
    hub.space.ku8(&["define", "unpublished", "-t", &hub.echo(":1.0.0")]).ok();
    hub.registry.stop();
    let host = hub.registry.host();

    // From this machine.
    hub.space.run("plan events --detailed-exitcode").ok();
    hub.space.run("show unpublished").ok();
    hub.space.ku8(&["template", "show", &pinned]).ok();
    let tag = hub.echo(":1.0.0");
    hub.space.ku8(&["define", "more", "-t", &tag]).fails(1, &[&host, "cannot be reached", &pinned]).hints();
    hub.space.ku8(&["define", "more", "-t", &pinned]).ok();

    // A colleague has an empty cache: the cluster's copy proves itself, and the header says the same.
    let mut colleague = hub.space.with_kubeconfig(hub.space.kubeconfig.clone(), &hub.space.user);
    colleague.set("XDG_CACHE_HOME", hub.space.folder.join("empty").display().to_string());
    let place = format!("({host}/team/echo:1.0.0, pinned by digest");
    colleague.run("plan events --detailed-exitcode").ok().says(&[&place]);
    colleague.run("define events --set replicas=4").ok();
    colleague.run("publish events --yes").ok();
    colleague.run("rollback events --yes").ok();

    // Without a copy anywhere there is one error, and a way out.
    let mut alone = hub.space.with_kubeconfig(hub.space.kubeconfig.clone(), &hub.space.user);
    alone.set("XDG_CACHE_HOME", hub.space.folder.join("nothing").display().to_string());
    alone.ku8(&["template", "render", &pinned]).fails(1, &[&host, "cannot be reached", "template save"]).hints();
    let before = alone.get("configmap/ku8.events")["metadata"]["resourceVersion"].clone();
    alone.ku8(&["define", "events", "-t", &hub.echo(":1.1.0")]).fails(1, &["cannot be reached"]).hints();
    assert_eq!(alone.get("configmap/ku8.events")["metadata"]["resourceVersion"], before);
    alone.ku8(&["explain", &pinned]).fails(1, &["echo:1.0.0 is not on this machine, and", "cannot be reached"]).hints();
    // Words are completed without a network, and in no time.
    let took = alone.ku8(&["__complete", "define", "more", "-t", &tag, "--set", ""]).took;
    assert!(took.as_secs() < 5, "{took:?}");
}

#[test]
fn a_damaged_copy_on_this_machine_is_fetched_again() {
    let Some(hub) = Hub::new("registry-damaged") else { return };
    let space = &hub.space;
    let pinned = hub.push("1.0.0", &["echo"], &[]);
    let before = space.ku8(&["template", "render", &pinned]).ok().stdout;
    let folder = space.folder.join("cache/ku8/components/sha256");
    let files: Vec<_> = std::fs::read_dir(&folder).expect("the cache").flatten().map(|entry| entry.path()).collect();
    assert!(files.len() >= 2, "manifest and component: {files:?}");
    for file in &files {
        let mut bytes = std::fs::read(file).expect("a blob");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(file, bytes).expect("a blob");
    }
    assert_eq!(space.ku8(&["template", "render", &pinned]).ok().stdout, before);
    std::fs::remove_dir_all(&folder).expect("the cache");
    assert_eq!(space.ku8(&["template", "render", &pinned]).ok().stdout, before);
}

#[test]
fn the_password_of_a_registry_is_in_no_output() {
    let options = RegistryOptions { login: true, ..RegistryOptions::default() };
    let Some(mut hub) = Hub::with("registry-login", options) else { return };
    let docker = hub.space.folder.join("docker");
    std::fs::create_dir_all(&docker).expect("a folder");
    hub.space.set("DOCKER_CONFIG", docker.display().to_string());
    let file = hub.space.file("echo.wasm", crate::components::versioned("echo", "1.0.0", &["echo"]));
    let target = hub.echo("");
    hub.space.ku8(&["template", "push", &file, &target]).fails(1, &["team/echo"]).hints();
    let wrong = "canary-Wrong-0815";
    hub.registry.logins(&docker.join("config.json"), wrong).expect("a file");
    hub.space.ku8(&["template", "push", &file, &target]).fails(1, &["team/echo"]).hints();
    hub.registry.logins(&docker.join("config.json"), REGISTRY_PASSWORD).expect("a file");
    let space = &hub.space;
    space.ku8(&["-v=8", "template", "push", &file, &target]).ok();
    space.ku8(&["-v=8", "define", "events", "-t", &hub.echo(":1.0.0")]).ok();
    space.run("-v=8 publish events --yes").ok();
    space.run("plan events -o json").ok();
    space.ku8(&["template", "list", "--remote", &target]).ok();
    space.ku8(&["template", "save", &hub.echo(":1.0.0"), "-o", "all.tar"]).ok();
    space.run("template outdated").ok();
    hub.registry.stop();
    hub.space.ku8(&["template", "list", "--remote", &target]).fails(1, &["cannot be reached"]);

    let mut all = hub.space.transcript();
    all.push_str(&hub.space.kubectl(&["get", "configmaps,secrets", "-o", "json"]));
    all.push_str(&String::from_utf8_lossy(&std::fs::read(hub.space.folder.join("all.tar")).expect("the archive")));
    for secret in [REGISTRY_PASSWORD, wrong] {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("ku8:{secret}"));
        for form in [secret, &encoded, text(&serde_json::json!(secret))] {
            assert!(!all.contains(form), "{secret} was written somewhere");
        }
    }
}
