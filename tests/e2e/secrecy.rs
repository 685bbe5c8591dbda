//! No generated password is ever in what a command writes, in a record of ours, or in the marks of field managers.
//! The canary is the real password, read from the cluster.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::stage::{Space, text};

/// Every value of a Secret, plain and as the server encodes it.
fn canaries(secret: &Value) -> Vec<String> {
    let data = secret["data"].as_object().expect("data");
    let encoded: Vec<String> = data.values().map(|value| text(value).to_owned()).collect();
    let plain = encoded.iter().map(|value| String::from_utf8(STANDARD.decode(value).expect("base64")).expect("text"));
    plain.collect::<Vec<_>>().into_iter().chain(encoded.iter().cloned()).collect()
}

#[test]
fn a_generated_password_is_in_no_output_no_log_and_no_record() {
    let Some(space) = Space::new("canary") else { return };
    let mut found = Vec::new();
    for (name, define) in [("db", "-t mysql --set database=orders"), ("cache", "-t redis --set size=dev")] {
        space.run(&format!("-v 8 define {name} {define}")).ok();
        space.run(&format!("-v 8 publish {name} --yes")).ok();
        let secret = space.get(&format!("secret/{name}-auth"));
        found.extend(canaries(&secret));
        // Where a field manager or kubectl would leave a copy.
        let metadata = secret["metadata"].to_string();
        assert!(!canaries(&secret).iter().any(|canary| metadata.contains(canary)), "{name}: marks of the Secret");
    }
    assert!(found.len() == 6 && found.iter().all(|canary| canary.len() >= 8), "three passwords in two forms");

    for command in [
        "plan db",
        "plan db -o json",
        "plan db -o yaml --full",
        "plan --all --full",
        "show db",
        "show db --values",
        "show db --rendered",
        "show db --rendered -o json",
        "status db",
        "status db -o json",
        "history db -o json",
        "list -o json",
        "define db --set maxConnections=200",
        "plan db",
        "publish db --yes",
        "define cache --set databases=32",
        "publish cache --yes",
        "template render mysql --set database=orders",
    ] {
        space.run(&format!("-v 8 {command}")).ok();
    }
    // Errors too: a Secret in the way, one that is half there, and a deletion.
    space.kubectl(&["annotate", "secret", "cache-auth", "ku8.dev/owner-id-"]);
    space.run("-v 8 plan cache").exits(6);
    space.run("-v 8 publish cache --yes").exits(6);
    space.run("-v 8 delete db --yes").ok();
    space.run("-v 8 define db -t mysql --set database=orders").ok();
    space.run("-v 8 plan db --full").ok();

    let transcript = space.transcript();
    assert!(transcript.contains("PATCH") || transcript.contains("patch"), "-v 8 logs requests");
    let mut records = String::new();
    for record in space.list("configmap,lease,event", "") {
        records.push_str(&record.to_string());
        for part in record["binaryData"].as_object().into_iter().flatten() {
            let packed = STANDARD.decode(text(part.1)).expect("base64");
            let mut plain = Vec::new();
            // A component is no text, and no password is in it either way.
            let _ = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut plain);
            records.push_str(&String::from_utf8_lossy(&plain));
        }
    }
    for canary in &found {
        let place = transcript.find(canary.as_str()).map(|at| &transcript[at.saturating_sub(300)..at]);
        assert_eq!(place, None, "a password was written out");
        assert!(!records.contains(canary.as_str()), "a password is in a record");
    }
}

#[test]
fn a_secret_with_data_never_enters_a_definition() {
    let Some(space) = Space::new("secret-data") else { return };
    let secret = r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}, "stringData": {"key": "canary-4711"}}"#;
    for command in [&["define", "web", "-f", "-"][..], &["plan", "web", "-f", "-"]] {
        let refused = space.feed(secret, command).fails(1, &["Secret/token"]).hints();
        assert!(!refused.stderr.contains("canary-4711"), "{}", refused.stderr);
    }
    assert!(space.find("configmap/ku8.web").is_none());
}

#[test]
fn a_value_of_an_existing_secret_is_never_shown() {
    let Some(space) = Space::new("referenced") else { return };
    space.kubectl(&["create", "secret", "generic", "mine", "--from-literal=password=canary-0815"]);
    let define = "-v 8 define cache -t redis --set size=dev --set auth.existingSecret.name=mine --set auth.existingSecret.key=password";
    let defined = space.run(define);
    // The template says how a reference is written; whichever it is, the value stays where it is.
    if defined.code == 0 {
        space.run("-v 8 plan cache --full").ok();
        space.run("-v 8 publish cache --yes").ok();
        assert!(space.find("secret/cache-auth").is_none(), "nothing is generated");
    }
    assert!(!space.transcript().contains("canary-0815"));
}
