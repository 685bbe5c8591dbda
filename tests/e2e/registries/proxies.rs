//! A registry that only a proxy reaches, as in most companies: push, define and plan go through it, with its login.
//! The registry is the real one, under a name no resolver knows; the proxy writes down what it was asked.

use playground::{BEHIND_PROXY, RegistryOptions};

use super::Hub;
use crate::components::versioned;
use crate::connection::server::{http_proxy, socks};

/// `ada:p@ss-word`
const LOGIN: &str = "Basic YWRhOnBAc3Mtd29yZA==";

#[test]
fn a_registry_behind_a_proxy_is_reached_through_it() {
    let options = RegistryOptions { tls: true, ..RegistryOptions::default() };
    let Some(mut hub) = Hub::with("registry-proxy", options) else { return };
    let to = hub.registry.host().parse().expect("an address");
    let echo = format!("oci://{BEHIND_PROXY}/team/echo");
    let file = hub.space.file("echo.wasm", versioned("echo", "1.0.0", &["echo"]));
    let name = format!("{BEHIND_PROXY}:443");

    let proxy = http_proxy(to, Some(LOGIN), false);
    hub.space.set("HTTPS_PROXY", format!("http://ada:p%40ss-word@{}", proxy.address));
    hub.space.ku8(&["template", "push", &file, &echo]).ok().says(&[&format!("{echo}:1.0.0@sha256:")]);
    hub.space.ku8(&["define", "events", "-t", &format!("{echo}:1.0.0")]).ok();
    hub.space.run("plan events").ok().says(&[&format!("{BEHIND_PROXY}/team/echo:1.0.0, pinned by digest")]);
    let asked = proxy.take();
    let connect = format!("CONNECT {name} HTTP/1.1\r\n");
    assert!(!asked.is_empty() && asked.iter().all(|head| head.starts_with(&connect)), "{asked:?}");

    // Without its login, or with another; what was typed is never repeated.
    let listed = ["template", "list", "--remote", &echo];
    hub.space.set("HTTPS_PROXY", format!("http://ada:wrong-canary-1@{}", proxy.address));
    let refused = hub
        .space
        .ku8(&listed)
        .fails(
            1,
            &[
                BEHIND_PROXY,
                &format!("through the proxy http://{} of HTTPS_PROXY: proxy authorization required", proxy.address),
                "NO_PROXY",
            ],
        )
        .hints();
    assert!(!refused.stderr.contains("canary"), "{}", refused.stderr);

    // SOCKS resolves names there.
    let other = socks(to, true);
    hub.space.set("HTTPS_PROXY", format!("socks5h://ada:p%40ss-word@{}", other.address));
    hub.space.ku8(&listed).ok().says(&["1.0.0"]);
    assert_eq!(other.take()[0], format!("name {name} as ada:p@ss-word"));

    // Not through it where NO_PROXY says so, and never to loopback.
    hub.space.set("HTTPS_PROXY", "http://127.0.0.1:1");
    hub.space.ku8(&["template", "list", "--remote", &hub.echo("")]).ok().says(&["1.0.0"]);
    hub.space.ku8(&listed).fails(1, &[BEHIND_PROXY, "through the proxy", "onnection refused"]).hints();
    hub.space.set("NO_PROXY", "corp.invalid");
    let around = hub.space.ku8(&listed).fails(1, &[BEHIND_PROXY]);
    assert!(!around.stderr.contains("proxy"), "{}", around.stderr);
}
