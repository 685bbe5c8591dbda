//! Proxies of every kind, and who goes around them. 0.0.0.0 leads to loopback and is not loopback to Go's rules.

use serde_json::{Value, json};

use super::server::{http_proxy, socks};
use super::{Bench, Speaks, api, bearer, cluster, config, open, secure, token};

const TOKEN: &str = "good-token-1";

fn with_proxy(server: &str, proxy: &str) -> Value {
    let mut cluster = cluster(server);
    cluster["proxy-url"] = json!(proxy);
    config(cluster, token(TOKEN))
}

#[test]
fn proxies_of_the_kubeconfig() {
    let Some(bench) = Bench::new("proxy-url") else { return };
    let (server, url) = secure(bearer(TOKEN));
    // What only the proxy finds.
    let hidden = "https://api.corp.invalid:6443";
    let proxy = http_proxy(server.address, None, false);
    bench.try_config("http", &with_proxy(hidden, &format!("http://{}", proxy.address)), true);
    let asked = proxy.take();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|head| head.starts_with("CONNECT api.corp.invalid:6443 HTTP/1.1\r\n")), "{asked:?}");
    bench.try_config(
        "loopback too, when the kubeconfig says so",
        &with_proxy(&url, &format!("http://{}", proxy.address)),
        true,
    );
    assert_eq!(proxy.take().len(), 2);

    let guarded = http_proxy(server.address, Some("Basic YWRhOnBAc3Mtd29yZA=="), false);
    let address = guarded.address;
    bench.try_config("with a login", &with_proxy(hidden, &format!("http://ada:p%40ss-word@{address}")), true);
    let none = bench.try_config("without its login", &with_proxy(hidden, &format!("http://{address}")), false);
    assert!(
        none.said.contains("407 Proxy Authentication Required") && none.said.contains(&address.to_string()),
        "{}",
        none.said
    );
    let wrong =
        bench.try_config("with another", &with_proxy(hidden, &format!("http://ada:wrong-canary-1@{address}")), false);
    assert!(!wrong.said.contains("canary"), "{}", wrong.said);

    let over_tls = http_proxy(server.address, None, true);
    let port = over_tls.address.port();
    bench.try_config("https", &with_proxy(hidden, &format!("https://localhost:{port}")), true);
    assert_eq!(over_tls.take().len(), 2);

    let plain = socks(server.address, false);
    bench.try_config("socks5, names resolved there", &with_proxy(hidden, &format!("socks5://{}", plain.address)), true);
    bench.try_config(
        "socks5, an address",
        &with_proxy("https://127.0.0.1:6443", &format!("socks5://{}", plain.address)),
        true,
    );
    bench.try_config("socks5, IPv6", &with_proxy("https://[::1]:6443", &format!("socks5://{}", plain.address)), true);
    let name = "name api.corp.invalid:6443";
    let (v4, v6) = ("address 127.0.0.1:6443", "address ::1:6443");
    assert_eq!(plain.take(), [name, name, v4, v4, v6, v6]);
    let login = socks(server.address, true);
    bench.try_config(
        "socks5 with a login",
        &with_proxy(hidden, &format!("socks5://ada:p%40ss-word@{}", login.address)),
        true,
    );
    assert_eq!(login.take(), [format!("{name} as ada:p@ss-word"), format!("{name} as ada:p@ss-word")]);
    bench.try_config("socks5 without its login", &with_proxy(hidden, &format!("socks5://{}", login.address)), false);

    let dead = bench.try_config("a proxy that is not there", &with_proxy(hidden, "http://127.0.0.1:1"), false);
    assert!(dead.said.contains("http://127.0.0.1:1") && dead.said.contains("Connection refused"), "{}", dead.said);
    bench.try_config("a proxy of no kind", &with_proxy(hidden, "ftp://127.0.0.1:1"), false);
    bench.try_config("a proxy without a scheme", &with_proxy(hidden, "127.0.0.1:3128"), false);

    let open_server = api("127.0.0.1:0", Speaks::Http, open());
    let forward = http_proxy(open_server.address, Some("Basic YWRhOnBAc3Mtd29yZA=="), false);
    let way = format!("http://ada:p%40ss-word@{}", forward.address);
    bench.try_config("plain http is forwarded", &with_proxy("http://api.corp.invalid:8080", &way), true);
    let asked = forward.take();
    assert!(asked[0].starts_with("GET http://api.corp.invalid:8080/version HTTP/1.1\r\n"), "{asked:?}");
    assert!(asked[1].starts_with("GET http://api.corp.invalid:8080/api/v1/namespaces/team/configmaps?"), "{asked:?}");
}

#[test]
fn proxies_of_the_environment_never_stand_before_loopback() {
    let Some(bench) = Bench::new("proxy-loopback") else { return };
    let bench = bench.set("HTTPS_PROXY", "http://127.0.0.1:1").set("HTTP_PROXY", "http://127.0.0.1:1");
    let (server, url) = secure(bearer(TOKEN));
    let port = server.address.port();
    bench.try_config("127.0.0.1", &config(cluster(&url), token(TOKEN)), true);
    bench.try_config("localhost", &config(cluster(&format!("https://localhost:{port}")), token(TOKEN)), true);
    let v6 = api("[::1]:0", Speaks::Tls, bearer(TOKEN));
    bench.try_config("::1", &config(cluster(&format!("https://{}", v6.address)), token(TOKEN)), true);
    let proxy = http_proxy(server.address, None, false);
    let own = format!("http://{}", proxy.address);
    bench.try_config("proxy-url before HTTPS_PROXY", &with_proxy("https://api.corp.invalid", &own), true);
}

#[test]
fn no_proxy_is_read_as_go_reads_it() {
    let (server, _) = secure(bearer(TOKEN));
    let port = server.address.port();
    let proxy = http_proxy(server.address, None, false);
    let way = format!("http://{}", proxy.address);
    // Reached around the proxy and through it alike; what it was asked tells which.
    let everywhere = format!("https://0.0.0.0:{port}");
    let through = |variables: &[(&str, &str)]| {
        let mut bench = Bench::new("no-proxy")?;
        for (name, value) in variables {
            bench = bench.set(name, *value);
        }
        bench.try_config(&format!("{variables:?}"), &config(cluster(&everywhere), token(TOKEN)), true);
        Some(proxy.take().len())
    };
    let rules = [
        ("", 2),
        ("0.0.0.0", 0),
        ("0.0.0.0/8,", 0),
        ("10.0.0.0/8, ,0.0.0.0/0,,", 0),
        ("10.0.0.0/8", 2),
        ("*", 0),
        ("0.0.0.0:1", 2),
        (".0.0", 2),
        ("localhost,127.0.0.1,.svc,.cluster.local", 2),
    ];
    for (rule, expected) in rules {
        let Some(seen) = through(&[("HTTPS_PROXY", &way), ("NO_PROXY", rule)]) else { return };
        assert_eq!(seen, expected, "NO_PROXY={rule}");
    }
    let port_rule = format!("0.0.0.0:{port}");
    assert_eq!(through(&[("HTTPS_PROXY", &way), ("NO_PROXY", &port_rule)]), Some(0), "its port");
    assert_eq!(through(&[("https_proxy", &way), ("no_proxy", "0.0.0.0")]), Some(0), "lower case");
    assert_eq!(through(&[("https_proxy", &way)]), Some(2), "lower case");
    assert_eq!(through(&[("HTTPS_PROXY", way.trim_start_matches("http://"))]), Some(2), "no scheme");
    assert_eq!(through(&[("HTTP_PROXY", "http://127.0.0.1:1")]), Some(0), "that of another scheme");
    assert_eq!(through(&[("ALL_PROXY", "http://127.0.0.1:1")]), Some(0), "curl's, not Go's");
    let plain = socks(server.address, false);
    let socks_way = format!("socks5://{}", plain.address);
    assert_eq!(through(&[("HTTPS_PROXY", &socks_way)]), Some(0));
    assert_eq!(plain.take().len(), 2, "socks5 of the environment");
}

#[test]
fn a_proxy_that_cannot_be_read_is_named() {
    let Some(bench) = Bench::new("proxy-unreadable") else { return };
    let bench = bench.set("HTTPS_PROXY", "http://ada:hidden-canary-1@proxy:port");
    let said = bench.try_config("unreadable", &config(cluster("https://api.corp.invalid"), token(TOKEN)), false).said;
    assert!(said.contains("the variable HTTPS_PROXY: `proxy:port` is not the address of a proxy"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}

#[test]
fn names_and_suffixes_that_go_around_the_proxy() {
    let (server, _) = secure(bearer(TOKEN));
    let proxy = http_proxy(server.address, None, false);
    let way = format!("http://{}", proxy.address);
    // This name exists only behind the proxy: going around it fails.
    for (rule, ok) in [
        ("api.corp.invalid", false),
        (".invalid", false),
        ("*.corp.invalid", false),
        ("corp.invalid,", false),
        ("orp.invalid", true),
        (".api.corp.invalid", true),
        ("api.corp.invalid:443", true),
        ("API.CORP.INVALID:6443", false),
    ] {
        let Some(bench) = Bench::new("no-proxy-names") else { return };
        let bench = bench.set("HTTPS_PROXY", &way).set("NO_PROXY", rule);
        let of = config(cluster("https://api.corp.invalid:6443"), token(TOKEN));
        bench.try_config(&format!("NO_PROXY={rule}"), &of, ok);
        // The kubeconfig's own proxy is asked whatever NO_PROXY says.
        if rule == ".invalid" {
            bench.try_config("proxy-url", &with_proxy("https://api.corp.invalid:6443", &way), true);
        }
    }
}
