//! Ways to prove who one is, but for plugins: tokens, files, passwords, certificates, acting as somebody else.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::server::{Door, Seen};
use super::{Bench, bearer, cluster, config, open, papers, secure, token};

#[test]
fn tokens_and_passwords() {
    let Some(bench) = Bench::new("tokens") else { return };
    let (server, url) = secure(bearer("good-token-1"));
    let of = |user: Value| config(cluster(&url), user);
    bench.file("secrets/token", "good-token-1\n");
    bench.file("secrets/old", "expired-token-1\n");
    bench.file("secrets/empty", "");
    bench.try_config("a token", &of(token("good-token-1")), true);
    bench.try_config("a token file, relative, with a line break", &of(json!({"tokenFile": "secrets/token"})), true);
    bench.try_config(
        "the file before the token",
        &of(json!({"token": "old-token-12", "tokenFile": "secrets/token"})),
        true,
    );
    bench.try_config(
        "the token when the file is gone",
        &of(json!({"token": "good-token-1", "tokenFile": "none"})),
        true,
    );
    bench.try_config("a token file that is not there", &of(json!({"tokenFile": "secrets/none"})), false);
    bench.try_config("an empty token file", &of(json!({"tokenFile": "secrets/empty"})), false);
    bench.try_config("a token with a line break", &of(token("good-token-1\n")), false);
    bench.try_config("a token and a name", &of(json!({"token": "good-token-1", "username": "ada"})), false);
    bench.try_config("nobody", &of(json!({})), false);
    let old = bench.try_config("an expired token", &of(token("expired-token-1")), false);
    assert!(
        old.said.contains(
            "you must be logged in (401): the token of the kubeconfig is not accepted (user `ada`, context `here`)"
        ),
        "{}",
        old.said
    );
    let old = bench.try_config("an expired token file", &of(json!({"tokenFile": "secrets/old"})), false);
    assert!(old.said.contains("the token file") && old.said.contains("write a fresh token to"), "{}", old.said);
    assert!(!old.said.contains("expired-token-1"), "{}", old.said);
    server.take();

    let basic = format!("Basic {}", STANDARD.encode("ada:p:w ä"));
    let door: Door = Arc::new(move |seen: &Seen| seen.header("authorization") == Some(&basic));
    let (_server, url) = secure(door);
    let of = |user: Value| config(cluster(&url), user);
    bench.try_config("name and password", &of(json!({"username": "ada", "password": "p:w ä"})), true);
    bench.try_config("a wrong password", &of(json!({"username": "ada", "password": "wrong"})), false);
}

/// kubectl reads it anew at the next command; we do at the refusal.
#[test]
fn a_token_file_is_read_again_when_its_token_is_refused() {
    let Some(bench) = Bench::new("token-rotation") else { return };
    let file = bench.file("token", "stale-token-1");
    let rotated = file.clone();
    let (server, url) = secure(Arc::new(move |seen: &Seen| {
        let good = seen.header("authorization") == Some("Bearer fresh-token-1");
        if !good {
            std::fs::write(&rotated, "fresh-token-1\n").expect("a file");
        }
        good
    }));
    bench.file("config", config(cluster(&url), json!({"tokenFile": file})).to_string());
    let ended = bench.ours(&[]);
    assert!(ended.ok, "{}", ended.said);
    assert_eq!(server.take().len(), 2);
}

#[test]
fn client_certificates() {
    let Some(bench) = Bench::new("client-certificates") else { return };
    let (_server, url) = secure(Arc::new(|seen: &Seen| seen.certificate));
    let of = |user: Value| config(cluster(&url), user);
    let (certificate, key) = &papers().client;
    bench.file("pki/ada.crt", certificate);
    bench.file("pki/ada.key", key);
    bench.file("pki/other.key", &papers().server.1);
    let (certificate, key) = (STANDARD.encode(certificate), STANDARD.encode(key));
    let data = json!({"client-certificate-data": certificate, "client-key-data": key});
    bench.try_config("data", &of(data), true);
    bench.try_config(
        "relative files",
        &of(json!({"client-certificate": "pki/ada.crt", "client-key": "pki/ada.key"})),
        true,
    );
    bench.try_config(
        "a file and data",
        &of(json!({"client-certificate": "pki/ada.crt", "client-key-data": key})),
        true,
    );
    bench.try_config("no key", &of(json!({"client-certificate": "pki/ada.crt"})), false);
    bench.try_config(
        "a key that is not there",
        &of(json!({"client-certificate": "pki/ada.crt", "client-key": "pki/none.key"})),
        false,
    );
    bench.try_config(
        "somebody else's key",
        &of(json!({"client-certificate": "pki/ada.crt", "client-key": "pki/other.key"})),
        false,
    );
    bench.try_config(
        "a key that is none",
        &of(json!({"client-certificate": "pki/ada.crt", "client-key": "pki/ada.crt"})),
        false,
    );
    bench.try_config("a file twice", &of(json!({"client-certificate": "pki/ada.crt", "client-certificate-data": certificate, "client-key": "pki/ada.key"})), false);
}

#[test]
fn acting_as_somebody_else() {
    let Some(bench) = Bench::new("impersonation") else { return };
    let (server, url) = secure(open());
    let of = |user: Value| config(cluster(&url), user);
    let acting = json!({"token": "any-token-1", "as": "bob", "as-uid": "7", "as-groups": ["devs", "ops"],
        "as-user-extra": {"Example.com/scopes": ["a", "b"], "reason": ["on call"]}});
    bench.try_config("everything of the kubeconfig", &of(acting), true);
    bench.file("config", of(token("any-token-1")).to_string());
    let flags = ["--as", "bob", "--as-uid", "7", "--as-group", "devs", "--as-group=ops"];
    let extra = [
        "--as-user-extra",
        "Example.com/scopes=a",
        "--as-user-extra=Example.com/scopes=b",
        "--as-user-extra=reason=on call",
    ];
    bench.both("the same by flags", &[&flags[..], &extra].concat(), true);
    let seen = server.take();
    assert_eq!(seen.len(), 4);
    for one in &seen {
        assert_eq!(one.header("impersonate-user"), Some("bob"));
        assert_eq!(one.header("impersonate-uid"), Some("7"));
        assert_eq!(one.headers("impersonate-group"), ["devs", "ops"], "{one:?}");
        assert_eq!(one.headers("impersonate-extra-example.com%2fscopes"), ["a", "b"], "{one:?}");
        assert_eq!(one.header("impersonate-extra-reason"), Some("on call"));
    }
    bench.both("a name in Chinese", &["--as", "张三"], true);
    let names: Vec<String> =
        server.take().iter().filter_map(|one| one.header("impersonate-user").map(str::to_owned)).collect();
    assert_eq!(names, ["张三", "张三"]);
    bench.both("groups of nobody", &["--as-group", "devs"], false);
    bench.try_config("a uid of nobody", &of(json!({"token": "any-token-1", "as-uid": "7"})), false);
}

#[test]
fn legacy_ways_to_log_in_are_named_with_what_replaced_them() {
    let Some(bench) = Bench::new("legacy") else { return };
    let (_server, url) = secure(open());
    for (name, next) in [("gcp", "gke-gcloud-auth-plugin"), ("azure", "kubelogin"), ("acme", "exec credential plugin")]
    {
        let user = json!({"auth-provider": {"name": name, "config": {"cmd-path": "/bin/false"}}});
        let said = bench.try_config(name, &config(cluster(&url), user), false);
        assert!(said.said.contains(next), "{}", said.said);
    }
}

#[test]
fn an_oidc_token_of_the_kubeconfig_is_sent() {
    let Some(bench) = Bench::new("oidc") else { return };
    // Good until 2100.
    let part = |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let id = format!("{}.{}.c2ln", part(json!({"alg": "none"})), part(json!({"exp": 4_102_444_800_u64})));
    let (_server, url) = secure(bearer(&id));
    let provider =
        json!({"name": "oidc", "config": {"id-token": id, "idp-issuer-url": "https://127.0.0.1:1", "client-id": "k"}});
    bench.try_config("oidc", &config(cluster(&url), json!({"auth-provider": provider})), true);
}
