//! Addresses of every form: schemes, prefixes, families, names on certificates.

use serde_json::json;

use super::{Bench, Speaks, api, bearer, cluster, config, open, papers, paths, secure, token};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

#[test]
fn addresses_of_every_form() {
    let Some(bench) = Bench::new("addresses") else { return };
    let (server, url) = secure(bearer("good-token-1"));
    bench.try_config("a plain address", &config(cluster(&url), token("good-token-1")), true);
    server.take();
    // A reverse proxy such as Rancher's serves many clusters below one name.
    bench.try_config(
        "a path prefix",
        &config(cluster(&format!("{url}/k8s/clusters/c-1")), token("good-token-1")),
        true,
    );
    let asked = paths(&server.take());
    assert_eq!(asked, ["/k8s/clusters/c-1/version", "/k8s/clusters/c-1/api/v1/namespaces/team/configmaps"]);
    bench.try_config("a slash at the end", &config(cluster(&format!("{url}/")), token("good-token-1")), true);
    let name = format!("https://localhost:{}", server.address.port());
    bench.try_config("a name", &config(cluster(&name), token("good-token-1")), true);
    let bare = server.address.to_string();
    bench.try_config("no scheme: http, even with an authority", &config(cluster(&bare), token("good-token-1")), false);
    bench.try_config("another scheme", &config(cluster("ftp://127.0.0.1"), token("good-token-1")), false);
    bench.try_config("a port that is none", &config(cluster("https://127.0.0.1:port"), token("x")), false);
    bench.try_config("no scheme, but a path", &config(cluster(&format!("{bare}/prefix")), token("x")), false);
    bench.try_config("no server at all", &config(json!({}), token("x")), false);

    let v6 = api("[::1]:0", Speaks::Tls, bearer("good-token-1"));
    bench.try_config("IPv6", &config(cluster(&format!("https://{}", v6.address)), token("good-token-1")), true);
}

#[test]
fn plain_http_carries_no_credentials() {
    let Some(bench) = Bench::new("plain-http") else { return };
    let server = api("127.0.0.1:0", Speaks::Http, open());
    let (bare, url) = (server.address.to_string(), format!("http://{}", server.address));
    let nobody = json!({"server": bare});
    bench.try_config("no scheme: http", &config(nobody, json!({})), true);
    server.take();
    let plugin = bench.plugin("login", "exit 3");
    let exec = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": plugin, "interactiveMode": "Never"}});
    for user in [token("secret-token-1"), json!({"username": "ada", "password": "secret-password"}), exec] {
        bench.try_config("http", &config(json!({"server": url}), user), true);
    }
    let seen = server.take();
    assert_eq!(seen.len(), 6);
    assert!(seen.iter().all(|one| one.header("authorization").is_none()), "{seen:?}");
}

#[test]
fn certificates_are_checked_as_kubectl_checks_them() {
    let Some(bench) = Bench::new("certificates") else { return };
    let (server, url) = secure(open());
    let data = |pem: &str| STANDARD.encode(pem);
    bench.file("pki/ca.crt", &papers().authority);
    bench.file("notes.txt", "no certificate");
    let cases = [
        ("a relative certificate-authority", json!({"server": url, "certificate-authority": "pki/ca.crt"}), true),
        ("one that is not there", json!({"server": url, "certificate-authority": "pki/none.crt"}), false),
        ("one that is no certificate", json!({"server": url, "certificate-authority": "notes.txt"}), false),
        ("data that is not base64", json!({"server": url, "certificate-authority-data": "?"}), false),
        (
            "file and data",
            json!({"server": url, "certificate-authority": "pki/ca.crt", "certificate-authority-data": data(&papers().authority)}),
            false,
        ),
        (
            "an authority nobody knows",
            json!({"server": url, "certificate-authority-data": data(&papers().stranger)}),
            false,
        ),
        (
            "two authorities in one",
            json!({"server": url, "certificate-authority-data": data(&format!("{}{}", papers().stranger, papers().authority))}),
            true,
        ),
        ("no authority: the system's", json!({"server": url}), false),
        ("not checked", json!({"server": url, "insecure-skip-tls-verify": true}), true),
        (
            "not checked, with an authority",
            json!({"server": url, "insecure-skip-tls-verify": true, "certificate-authority": "pki/ca.crt"}),
            false,
        ),
    ];
    for (what, cluster, ok) in cases {
        bench.try_config(what, &config(cluster, token("any-token-1")), ok);
    }
    drop(server);

    let elsewhere = api("127.0.0.1:0", Speaks::TlsElsewhere, open());
    let url = format!("https://{}", elsewhere.address);
    let said = bench.try_config("a certificate for another name", &config(cluster(&url), token("any-token-1")), false);
    assert!(said.said.contains("cluster.example") && said.said.contains("tls-server-name"), "{}", said.said);
    let mut named = cluster(&url);
    named["tls-server-name"] = json!("cluster.example");
    elsewhere.take();
    bench.try_config("tls-server-name", &config(named, token("any-token-1")), true);
    let names: Vec<_> = elsewhere.take().into_iter().map(|one| one.server_name).collect();
    assert_eq!(names, [Some("cluster.example".to_owned()), Some("cluster.example".to_owned())]);
}
