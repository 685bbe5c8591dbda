//! Definitions of a registry's template: pinned once, planned, published, moved on and rolled back by their pins.

use super::Hub;
use crate::stage::{sha256, text};

#[test]
fn a_template_of_a_registry_is_defined_published_moved_on_and_rolled_back() {
    let Some(hub) = Hub::new("registry-path") else { return };
    let (space, host) = (&hub.space, hub.registry.host());
    let first = hub.push("1.0.0", &["echo"], &[]);
    space.ku8(&["define", "events", "-t", &hub.echo(":1.0.0")]).ok().says(&[&first, "pinned by digest"]);
    let template = hub.stored("events");
    assert_eq!((text(&template["name"]), text(&template["version"])), (first.as_str(), "1.0.0"));
    let bytes = std::fs::read(space.folder.join("echo-1.0.0.wasm")).expect("the component");
    assert_eq!(text(&template["digest"]), sha256(&bytes));

    let place = format!("{host}/team/echo:1.0.0");
    space.run("plan events").ok().says(&[&format!("template echo@1.0.0 ({place}, pinned by digest")]);
    let plan = space.run("plan events -o json").ok().json();
    assert_eq!(text(&plan["definition"]["source"]), place);
    assert!(text(&plan["definition"]["origin"]).starts_with("pinned by digest"), "{}", plan["definition"]);
    assert!(plan["definition"]["templateChange"].is_null(), "nothing was published yet");
    space.run("publish events --yes").ok();
    let copy = space.get(&format!("configmap/ku8.template.{}", &text(&template["digest"])[7..23]));
    assert!(copy["binaryData"]["manifest"].is_string(), "the manifest is kept beside the component");

    // The tag alone finds the newer one only when it is asked for.
    let second = hub.push("1.1.0", &["echo", "more"], &[]);
    space.run("define events --set replicas=5").ok();
    assert_eq!(text(&hub.stored("events")["name"]), first);
    space.ku8(&["define", "events", "-t", &hub.echo(":1.1.0")]).ok().says(&["template: echo 1.0.0 → 1.1.0", &second]);
    let words = ["template echo 1.0.0 → 1.1.0 (sha256:", "pinned by digest"];
    let shown = space.run("plan events").ok().says(&words);
    assert!(!shown.stdout.contains("downgrade"), "{}", shown.stdout);
    let change = space.run("plan events -o json").ok().json()["definition"]["templateChange"].clone();
    assert_eq!((text(&change["from"]["version"]), text(&change["to"]["version"])), ("1.0.0", "1.1.0"));
    assert_eq!(text(&change["from"]["source"]), format!("{host}/team/echo"));
    space.run("plan events -o markdown").ok().says(&["template echo 1.0.0 → 1.1.0"]);
    space.run("publish events --yes").ok();
    space.get("service/more");

    // Back goes by the digest that was stored.
    space.run("rollback events --to 1 --yes").ok().says(&["template echo 1.1.0 → 1.0.0, a downgrade"]);
    assert!(space.find("service/more").is_none());
    assert_eq!(text(&hub.stored("events")["name"]), first);
}

#[test]
fn a_file_with_a_tag_is_pinned_by_what_is_stored() {
    let Some(hub) = Hub::new("registry-file") else { return };
    let space = &hub.space;
    let first = hub.push("1.0.0", &["echo"], &[]);
    let document = format!(
        "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {{name: events}}\nspec:\n  template: {{name: '{}'}}\n",
        hub.echo(":1.0.0")
    );
    let file = space.file("events.yaml", &document);
    space.ku8(&["plan", "-f", &file]).ok().says(&["template echo@1.0.0"]);
    space.ku8(&["define", "-f", &file]).ok();
    assert_eq!(text(&hub.stored("events")["name"]), first);
    // Moved meanwhile: the file still means what is stored, and nothing asks what the tag names now.
    let file_of_other = hub.space.file("other.wasm", crate::components::versioned("echo", "1.0.0", &["other"]));
    let other = ["template", "push", &file_of_other, &hub.echo(":1.0.0"), "--force"];
    space.ku8(&other).ok();
    space.ku8(&["plan", "-f", &file]).ok().says(&["Service/echo"]);
    space.ku8(&["define", "-f", &file]).ok().says(&["unchanged"]);
    assert_eq!(text(&hub.stored("events")["name"]), first);
}

#[test]
fn a_definition_whose_two_digests_disagree_is_refused() {
    let Some(hub) = Hub::new("registry-disagree") else { return };
    let space = &hub.space;
    let first = hub.push("1.0.0", &["echo"], &[]);
    hub.push("1.1.0", &["other"], &[]);
    let bytes = std::fs::read(space.folder.join("echo-1.1.0.wasm")).expect("the component");
    let document = format!(
        "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {{name: events}}\nspec:\n  template: {{name: '{first}', digest: '{}'}}\n",
        sha256(&bytes)
    );
    let file = space.file("events.yaml", &document);
    for command in ["plan", "define"] {
        space.ku8(&[command, "-f", &file]).fails(1, &["KU8-O034", &sha256(&bytes)]).hints();
    }
    assert!(space.find("configmap/ku8.events").is_none());
}

#[test]
fn outdated_names_what_has_a_newer_version() {
    let Some(mut hub) = Hub::new("registry-outdated") else { return };
    hub.push("1.9.0", &["echo"], &[]);
    hub.push("1.10.0", &["echo"], &[]);
    hub.push("2.0.0-rc.1", &["echo"], &[]);
    let space = &hub.space;
    space.ku8(&["define", "old", "-t", &hub.echo(":1.9.0")]).ok();
    space.ku8(&["define", "new", "-t", &hub.echo(":1.10.0")]).ok();
    space.run("define built-in -t redis --set size=dev").ok();
    let next = "take it: kubectl ku8 template upgrade old --to 1.10.0";
    space.run("template outdated").ok().says(&["outdated", "current", next]);
    // Where flags say what the kubeconfig does not, what comes next says them too.
    let here = format!("{next} -n {}", space.namespace);
    space.ku8(&["template", "outdated", "-n", &space.namespace]).ok().says(&[&here]);
    let upgrade = ["template", "upgrade", "old", "-n", &space.namespace, "--to", "1.10.0", "--yes"];
    let after = format!("publish old -n {}", space.namespace);
    let done = space.ku8(&upgrade).ok().says(&["the values pass unchanged", &after]);
    assert!(!done.stdout.contains("template: echo"), "which template it is stands above: {}", done.stdout);
    space.ku8(&["define", "old", "-t", &hub.echo(":1.9.0")]).ok();
    let found = space.run("template outdated -o json").ok().json();
    let states: Vec<(&str, &str)> = found["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| (text(&item["name"]), text(&item["state"])))
        .collect();
    assert_eq!(states, [("built-in", "current"), ("new", "current"), ("old", "outdated")]);
    assert_eq!(text(&found["items"][2]["newest"]), "1.10.0");

    let tags = space.ku8(&["template", "list", "--remote", &hub.echo(""), "-o", "json"]).ok().json();
    let names: Vec<&str> = tags["items"].as_array().expect("items").iter().map(|item| text(&item["tag"])).collect();
    assert_eq!(names, ["2.0.0-rc.1", "1.10.0", "1.9.0"]);
    space.ku8(&["template", "list", "--remote", &hub.echo("")]).ok().says(&["TAG", "1.10.0", "sha256:"]);

    hub.registry.stop();
    // What could be told of the others is told.
    hub.space.run("template outdated").fails(1, &["built-in", "unknown", "KU8-O035"]).hints();
}
