//! What cannot work says why, in words, and what to do next.

use serde_json::json;

use super::{Bench, Speaks, api, cluster, config, open, papers, secure, token};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

#[test]
fn every_failure_says_its_real_reason() {
    let Some(bench) = Bench::new("connection-failures") else { return };
    let (server, url) = secure(open());
    let plain = api("127.0.0.1:0", Speaks::Http, open());
    let stranger = json!({"server": url, "certificate-authority-data": STANDARD.encode(&papers().stranger)});
    let port = server.address.port();
    let cases = [
        (config(cluster("https://127.0.0.1:1"), token("t")), "cannot reach https://127.0.0.1:1: Connection refused"),
        (config(cluster("https://nowhere.invalid"), token("t")), "failed to lookup address information"),
        (config(stranger, token("t")), "its certificate is signed by an authority that is not trusted here"),
        (config(cluster(&format!("https://{}", plain.address)), token("t")), "what answers there does not speak TLS"),
        (config(json!({"server": format!("http://127.0.0.1:{port}")}), json!({})), "cannot reach"),
        (config(cluster("https://127.0.0.1:1"), json!({"token": "a\nb"})), "cannot be sent"),
        (config(json!({"server": url, "certificate-authority": "gone.crt"}), token("t")), "gone.crt"),
        (config(json!({"server": url, "proxy-url": "ftp://x"}), token("t")), "proxy-url: a proxy of kind ftp://"),
    ];
    for (config, words) in cases {
        let ended = bench.try_config(words, &config, false);
        assert!(ended.said.contains(words), "{words}: {}", ended.said);
        assert!(!ended.said.contains("client error (Connect)"), "{}", ended.said);
    }
}
