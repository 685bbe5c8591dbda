//! Each connection flag has its effect on a request.

use serde_json::json;

use super::server::http_proxy;
use super::{Bench, Speaks, api, bearer, cluster, config, open, papers, secure, token};

#[test]
fn every_connection_flag_has_its_effect() {
    let Some(bench) = Bench::new("connection-flags") else { return };
    let (server, url) = secure(bearer("good-token-1"));
    let ca = bench.file("ca.crt", &papers().authority);
    let stranger = bench.file("stranger.crt", &papers().stranger);
    let (crt, key) = (bench.file("ada.crt", &papers().client.0), bench.file("ada.key", &papers().client.1));
    bench.file("config", config(cluster("https://127.0.0.1:1"), token("other-token-1")).to_string());
    bench.both("--server and --token", &["--server", &url, "--token", "good-token-1"], true);
    bench.both("-s", &["-s", &url, "--token=good-token-1"], true);
    bench.both("--token alone", &["--token=good-token-1"], false);
    bench.file("config", config(json!({"server": url}), token("good-token-1")).to_string());
    bench.both("--certificate-authority", &["--certificate-authority", &ca], true);
    bench.both("another one", &["--certificate-authority", &stranger], false);
    bench.both("--insecure-skip-tls-verify", &["--insecure-skip-tls-verify"], true);
    bench.both("with its value", &["--insecure-skip-tls-verify=true"], true);
    bench.both("and the other one", &["--insecure-skip-tls-verify=false"], false);
    bench.file("config", config(cluster(&url), token("good-token-1")).to_string());
    bench.both("it clears the authority of the kubeconfig", &["--insecure-skip-tls-verify"], true);
    bench.both("both flags", &["--insecure-skip-tls-verify", "--certificate-authority", &ca], false);
    server.take();
    bench.both("--client-certificate and --client-key", &["--client-certificate", &crt, "--client-key", &key], true);
    assert!(server.take().iter().all(|one| one.certificate));
    bench.both("a certificate alone", &["--client-certificate", &crt], false);
    bench.both("--tls-server-name of nobody", &["--tls-server-name", "cluster.example"], false);
    bench.both("--request-timeout", &["--request-timeout", "20s"], true);
    bench.both("no limit", &["--request-timeout=0"], true);
    bench.both("no time", &["--request-timeout=soon"], false);
    server.take();
    bench.both("compressed", &[], true);
    bench.both("--disable-compression", &["--disable-compression"], true);
    let packed: Vec<bool> = server.take().iter().map(|one| one.header("accept-encoding") == Some("gzip")).collect();
    assert_eq!(packed, [true, true, false, false]);
    let listed = bench.ours(&["-n", "other"]);
    assert!(listed.ok && super::paths(&server.take()) == ["/api/v1/namespaces/other/configmaps"], "{}", listed.said);

    let elsewhere = api("127.0.0.1:0", Speaks::TlsElsewhere, bearer("good-token-1"));
    let there = format!("https://{}", elsewhere.address);
    bench.both("--tls-server-name", &["-s", &there, "--tls-server-name", "cluster.example"], true);
    let mut named = cluster(&there);
    named["tls-server-name"] = json!("cluster.example");
    bench.file("config", config(named, token("good-token-1")).to_string());
    bench.both("the kubeconfig's", &[], true);
    bench.both("--server drops it", &["--server", &there], false);
}

#[test]
fn flags_alone_are_enough() {
    let Some(bench) = Bench::new("flags-alone") else { return };
    let (_server, url) = secure(bearer("good-token-1"));
    let ca = bench.file("ca.crt", &papers().authority);
    let flags = ["--server", url.as_str(), "--certificate-authority", &ca, "--token", "good-token-1"];
    let bench = bench.set("KUBECONFIG", "/nowhere/config");
    bench.both("no kubeconfig at all", &flags, true);
}

#[test]
fn variables_stand_for_flags() {
    let Some(bench) = Bench::new("flag-variables") else { return };
    let (server, url) = secure(bearer("good-token-1"));
    bench.file("config", config(cluster("https://127.0.0.1:1"), token("other-token-1")).to_string());
    let bench = bench.set("KU8_SERVER", &url).set("KU8_TOKEN", "good-token-1").set("KU8_AS", "bob");
    let ended = bench.ours(&[]);
    assert!(ended.ok, "{}", ended.said);
    assert_eq!(server.take()[0].header("impersonate-user"), Some("bob"));
    let ended = bench.ours(&["--token", "a-flag-goes-first"]);
    assert!(!ended.ok && ended.said.contains("--token is not accepted"), "{}", ended.said);
}

#[test]
fn requests_are_told_without_what_proves_who_asks() {
    let Some(bench) = Bench::new("verbose") else { return };
    let (server, _) = secure(open());
    let proxy = http_proxy(server.address, None, false);
    let mut hidden = cluster("https://api.corp.invalid:6443");
    hidden["proxy-url"] = json!(format!("http://ada:proxy-canary-1@{}", proxy.address));
    let (certificate, key) = &papers().client;
    bench.file("ada.crt", certificate);
    bench.file("ada.key", key);
    let user = json!({"token": "token-canary-1", "client-certificate": "ada.crt", "client-key": "ada.key"});
    bench.file("config", config(hidden, user).to_string());
    let told = bench.ours(&["-v=6"]);
    let line = told.said.lines().find(|line| line.contains("GET ")).unwrap_or_default();
    assert!(
        line.contains("GET https://api.corp.invalid:6443/api/v1/namespaces/team/configmaps?")
            && line.contains(" 200 OK in ")
            && line.ends_with(" ms"),
        "{}",
        told.said
    );
    let more = bench.ours(&["-v=8"]);
    assert!(more.said.contains("PartialObjectMetadataList"), "{}", more.said);
    let pieces = key.lines().filter(|line| !line.starts_with('-')).chain(["token-canary-1", "proxy-canary-1"]);
    for piece in pieces {
        assert!(!told.said.contains(piece) && !more.said.contains(piece), "{piece}");
    }
    let stranger = bench.file("stranger.crt", &papers().stranger);
    let failed = bench.ours(&["-v=8", "--certificate-authority", &stranger]);
    assert!(!failed.ok && !failed.said.contains("canary"), "{}", failed.said);
}
