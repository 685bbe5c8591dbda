//! Generated Secrets: made once, never made again, completed without touching what is there.
//! A lost password is an error with a choice, never a new password in silence.

use serde_json::{Value, json};

use crate::stage::{Space, text, version, writes};

#[test]
fn a_generated_secret_is_made_once_and_never_written_again() {
    let Some(space) = Space::new("made-once") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    space.run("plan db").ok().says(&["Secret/db-auth", "generated"]);
    let planned = space.run("plan db -o json").ok().json();
    assert_eq!(planned["secrets"][0]["action"], "create");
    assert!(space.find("secret/db-auth").is_none());
    space.run("publish db --yes").ok();
    let secret = space.get("secret/db-auth");
    let data = secret["data"].as_object().unwrap();
    assert_eq!(data.keys().map(String::as_str).collect::<Vec<_>>(), ["password", "root-password"]);
    assert_ne!(data["password"], data["root-password"]);
    for number in 1..=5 {
        space.run(&format!("define db --set maxConnections={}", 200 + number)).ok();
        space.run("publish db --yes").ok();
        assert_eq!(version(&space.get("secret/db-auth")), version(&secret), "publish {number}");
    }
}

#[test]
fn missing_keys_are_added_and_others_left_alone() {
    let Some(space) = Space::new("missing-keys") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    space.run("publish db --yes").ok();
    let before = space.get("secret/db-auth");
    space.patch("secret/db-auth", &json!({"data": {"password": null, "extra": "bWluZQ=="}}));
    let planned = space.run("plan db --detailed-exitcode").exits(2).says(&["Secret/db-auth", "password"]);
    assert!(!planned.stdout.contains("root-password"), "only what is added: {}", planned.stdout);
    space.run("publish db --yes").ok();
    let after = space.get("secret/db-auth");
    assert_eq!(after["data"]["root-password"], before["data"]["root-password"]);
    assert_eq!(after["data"]["extra"], "bWluZQ==");
    let new = text(&after["data"]["password"]);
    assert!(new.len() >= 16 && new != text(&before["data"]["password"]));
    space.run("plan db --detailed-exitcode").exits(0);
}

#[test]
fn a_lost_secret_beside_its_data_is_an_error_with_a_choice() {
    let Some(space) = Space::new("lost-secret") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    space.run("publish db --yes").ok();
    space.kubectl(&["delete", "secret", "db-auth"]);
    let marked = space.requests().len();
    for command in ["plan db", "publish db --yes"] {
        space.run(command).exits(1).says(&["Secret/db-auth", "volume", "--new-credentials"]);
    }
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    space.run("publish db --yes --new-credentials").ok();
    assert!(space.find("secret/db-auth").is_some());
}

#[test]
fn a_secret_of_somebody_else_in_the_way_is_refused() {
    let Some(space) = Space::new("secret-in-the-way") else { return };
    space.kubectl(&["create", "secret", "generic", "db-auth", "--from-literal=password=theirs-and-long"]);
    let theirs: Value = space.get("secret/db-auth");
    space.run("define db -t mysql --set database=orders").ok();
    space.run("plan db").fails(6, &["Secret/db-auth", "not ours"]);
    space.run("publish db --yes").exits(6);
    assert_eq!(space.get("secret/db-auth"), theirs);
    assert!(space.find("statefulset/db").is_none());
}
