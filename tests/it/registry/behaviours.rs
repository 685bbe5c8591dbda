//! The lies a registry can tell, each with what must come of it.
//! Where a behaviour says nothing of a request, an honest registry with one template answers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::stub::{Heard, Say};

pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const SIMPLE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
pub(super) const COMPONENT: &[u8] = b"\0asm not really a component";
/// What a realm gives out.
pub(super) const TOKEN: &str = "canary-token-0815";

/// Who is who.
pub(super) struct World {
    /// The registry.
    pub(super) host: String,
    /// Another host, spoken to without TLS as the registry is.
    pub(super) other: String,
    /// A third one, for which nobody allowed that.
    pub(super) third: String,
}

/// What the client is asked for.
#[derive(Clone, Copy)]
pub(super) enum Action {
    Pull,
    Pinned,
    Push,
    Tags,
    Signatures,
}

/// What must come of it, and words that must be in what is told.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Error(&'static str),
    Done(&'static str),
}

type Act = Arc<dyn Fn(&World, &Heard) -> Say + Send + Sync>;

/// Its name, words of what is told, and what it does where it does not behave.
type Lie = (&'static str, &'static str, fn(&World, &Heard) -> Option<Say>);
/// Its name, words of what is told, which answer is spoilt, and the answer.
type Spoilt = (&'static str, &'static str, fn(&Heard) -> bool, Say);

/// One lie.
pub(super) struct Behaviour {
    pub(super) name: &'static str,
    pub(super) action: Action,
    pub(super) act: Act,
    pub(super) wanted: Wanted,
    /// Whether the bystanders may not even be asked.
    pub(super) silent: bool,
}

/// The honest template.
pub(super) struct Good {
    config: Vec<u8>,
    manifest: Vec<u8>,
    pub(super) digest: String,
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

pub(super) fn good() -> Good {
    with(|_| {})
}

/// The honest template with its manifest changed.
fn with(change: impl Fn(&mut Value)) -> Good {
    let config = json!({"architecture": "wasm", "os": "wasip2", "layerDigests": [digest(COMPONENT)]});
    let config = config.to_string().into_bytes();
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": digest(&config), "size": config.len()},
        "layers": [{"mediaType": "application/wasm", "digest": digest(COMPONENT), "size": COMPONENT.len()}],
    });
    change(&mut manifest);
    let manifest = manifest.to_string().into_bytes();
    Good { digest: digest(&manifest), config, manifest }
}

fn full(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Say {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Say::Full(status, headers, body.into())
}

fn see(address: &str) -> Say {
    full(307, &[("Location", address)], "")
}

fn head(headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n").into_bytes()
}

/// What an honest registry says.
fn honest(good: &Good, heard: &Heard) -> Say {
    let path = heard.target.split('?').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    match (heard.method.as_str(), path) {
        ("GET", _) if path.ends_with("/manifests/1.0.0") || path.ends_with(&format!("/manifests/{}", good.digest)) => {
            full(200, &[("Content-Type", MANIFEST), ("Docker-Content-Digest", &good.digest)], good.manifest.clone())
        }
        ("GET", _) if last == digest(COMPONENT) => full(200, &[], COMPONENT),
        ("GET", _) if last == digest(&good.config) => full(200, &[], good.config.clone()),
        ("GET", _) if path.ends_with("/tags/list") => full(200, &[], r#"{"name":"acme/x","tags":["1.0.0"]}"#),
        ("POST", _) => full(202, &[("Location", "/v2/acme/x/blobs/uploads/1?state=a")], ""),
        ("PUT", _) => full(201, &[], ""),
        _ => full(404, &[], r#"{"errors":[{"code":"NOT_FOUND","message":"nothing here"}]}"#),
    }
}

/// Wants a login first, and answers as `then` when there is one.
fn basic(heard: &Heard, then: impl FnOnce() -> Say) -> Say {
    if heard.header("authorization").is_some() {
        then()
    } else {
        full(401, &[("WWW-Authenticate", "Basic realm=\"r\"")], "")
    }
}

fn bearer(realm: &str) -> Say {
    let value = format!("Bearer realm=\"{realm}\",service=\"r\",scope=\"repository:other/one:*\"");
    full(401, &[("WWW-Authenticate", &value)], "")
}

fn token() -> Say {
    full(200, &[], json!({"token": TOKEN}).to_string())
}

/// Collects behaviours with as few words as possible.
struct Collection(Vec<Behaviour>);

impl Collection {
    fn add(
        &mut self,
        (name, action, wanted): (&'static str, Action, Wanted),
        act: impl Fn(&World, &Heard) -> Option<Say> + Send + Sync + 'static,
    ) -> &mut Behaviour {
        self.of(good(), (name, action, wanted), act)
    }

    /// The same around another template.
    fn of(
        &mut self,
        good: Good,
        (name, action, wanted): (&'static str, Action, Wanted),
        act: impl Fn(&World, &Heard) -> Option<Say> + Send + Sync + 'static,
    ) -> &mut Behaviour {
        let act: Act = Arc::new(move |world, heard| act(world, heard).unwrap_or_else(|| honest(&good, heard)));
        self.0.push(Behaviour { name, action, act, wanted, silent: false });
        self.0.last_mut().unwrap()
    }

    /// A template whose manifest is not one.
    fn manifest(&mut self, name: &'static str, words: &'static str, change: impl Fn(&mut Value)) {
        self.of(with(change), (name, Action::Pull, Wanted::Error(words)), |_, _| None);
    }

    /// A manifest's bytes, whatever they are.
    fn bytes(&mut self, name: &'static str, words: &'static str, bytes: Vec<u8>) {
        let kind = MANIFEST;
        self.add((name, Action::Pull, Wanted::Error(words)), move |_, heard| {
            is_manifest(heard).then(|| full(200, &[("Content-Type", kind)], bytes.clone()))
        });
    }
}

fn is_manifest(heard: &Heard) -> bool {
    heard.method == "GET" && heard.target.contains("/manifests/")
}

fn is_layer(heard: &Heard) -> bool {
    heard.method == "GET" && heard.target.contains(&digest(COMPONENT))
}

pub(super) fn all() -> Vec<Behaviour> {
    let mut all = Collection(Vec::new());
    honesty(&mut all);
    realms(&mut all);
    redirects(&mut all);
    pushes(&mut all);
    bodies(&mut all);
    manifests(&mut all);
    lists(&mut all);
    words(&mut all);
    all.0
}

/// Honest registries are taken, or nothing of what follows means anything.
fn honesty(all: &mut Collection) {
    use Wanted::Done;
    all.add(("honest", Action::Pull, Done("pulled")), |_, _| None);
    all.add(("honest, pinned", Action::Pinned, Done("pulled")), |_, _| None);
    all.add(("honest, with a password", Action::Pull, Done("pulled")), |_, heard| {
        heard.header("authorization").is_none().then(|| basic(heard, || full(200, &[], "")))
    });
    all.add(("honest, with a token of its own realm", Action::Pull, Done("pulled")), |world, heard| {
        if heard.target.starts_with("/token") {
            let right =
                heard.target.contains("scope=repository%3Aacme%2Fx%3Apull&") || heard.target.ends_with("%3Apull");
            return Some(if right && heard.has_credential(&[]) { token() } else { full(400, &[], "") });
        }
        let bearing = heard.header("authorization") == Some(&format!("Bearer {TOKEN}"));
        (!bearing).then(|| bearer(&format!("http://{}/token", world.host)))
    });
    all.add(("honest push", Action::Push, Done("pushed")), |_, _| None);
    all.add(("honest tags", Action::Tags, Done("1 tags")), |_, _| None);
    all.add(("honest, no signatures", Action::Signatures, Done("0 signatures")), |_, _| None);
}

fn realms(all: &mut Collection) {
    use Wanted::Error;
    let elsewhere = [
        ("realm of another host", "http://{other}/login/token", "another host"),
        ("realm of a host without leave for plain HTTP", "http://{third}/login/token", "plain HTTP"),
        ("realm of another host, over TLS", "https://{other}/login/token", "another host"),
        ("realm with the registry as its user", "http://{host}@{other}/login/token", "no address"),
        ("realm on another port", "http://127.0.0.1/login/token", "plain HTTP"),
        ("realm without a host", "/login/token", "no address"),
        ("realm that is a file", "file:///etc/passwd", "no address"),
        ("realm with escapes", "http://{other}/\u{1b}[2J", ""),
        ("two realms", "http://{host}/token\",realm=\"http://{other}/login/token", "no address"),
    ];
    for (name, realm, words) in elsewhere {
        all.add((name, Action::Pull, Error(words)), move |world, heard| {
            let realm = realm.replace("{host}", &world.host).replace("{other}", &world.other);
            heard.header("authorization").is_none().then(|| bearer(&realm.replace("{third}", &world.third)))
        })
        .silent = true;
    }
    let home = |name: &'static str, words: &'static str, answer: fn(&World) -> Say| {
        let act = move |world: &World, heard: &Heard| {
            if heard.target.starts_with("/token") {
                return Some(answer(world));
            }
            Some(bearer(&format!("http://{}/token", world.host)))
        };
        (name, words, act)
    };
    for (name, words, act) in [
        home("realm that redirects", "redirects the request for a token", |world| {
            see(&format!("http://{}/login/token", world.other))
        }),
        home("token without an end", "larger than 65536 bytes", |_| {
            Say::Endless(head("Content-Type: application/json\r\n"), vec![b' '; 65536])
        }),
        home("token with a line break", "cannot be sent", |_| full(200, &[], r#"{"token":"a\r\nX-Evil: 1"}"#)),
        home("no token in the answer", "has none", |_| full(200, &[], "{}")),
        home("two tokens in the answer", "duplicate key", |_| full(200, &[], r#"{"token":"a","token":"b"}"#)),
        home("token that is never taken", "not let in", |_| token()),
        home("token refused", "gets no token: 401", |_| full(401, &[], "")),
        home("realm that says nothing", "did not finish in time", |_| Say::Hang(Vec::new())),
    ] {
        all.add((name, Action::Pull, Error(words)), act).silent = true;
    }
    all.add(("password that is never taken", Action::Pull, Error("user `ku8` is not let in")), |_, _| {
        Some(full(401, &[("WWW-Authenticate", "Basic realm=\"r\"")], r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#))
    });
    all.add(("login of an unknown kind", Action::Pull, Error("does not say how to log in")), |_, _| {
        Some(full(401, &[("WWW-Authenticate", "Negotiate")], ""))
    });
}

fn redirects(all: &mut Collection) {
    use Wanted::{Done, Error};
    all.add(("layer on another host, honestly", Action::Pull, Done("pulled")), |world, heard| {
        Some(basic(heard, || {
            if is_layer(heard) { see(&format!("http://{}/storage", world.other)) } else { honest(&good(), heard) }
        }))
    });
    all.add(
        ("layer on another host that wants a login", Action::Pull, Error("which wants a login")),
        |world, heard| {
            Some(basic(heard, || {
                if is_layer(heard) { see(&format!("http://{}/login", world.other)) } else { honest(&good(), heard) }
            }))
        },
    );
    all.add(("manifest on another host", Action::Pull, Error("JSON")), |world, heard| {
        Some(basic(heard, || see(&format!("http://{}/manifest", world.other))))
    });
    let to = [
        ("redirect in a circle", "http://{host}/v2/acme/x/manifests/1.0.0", "more than 5 redirects"),
        ("redirect to a host without leave for plain HTTP", "http://{third}/x", "plain HTTP"),
        ("redirect to a file", "file:///etc/passwd", "an address that cannot be read"),
        ("redirect with a login", "http://me:pw@{other}/x", "a login in it"),
        ("redirect to nowhere", "http:///x", "address"),
        ("redirect to a port that is closed, over TLS", "https://127.0.0.1:1/x", "cannot be reached"),
    ];
    for (name, address, words) in to {
        all.add((name, Action::Pull, Error(words)), move |world, heard| {
            let address = address.replace("{host}", &world.host).replace("{other}", &world.other);
            is_manifest(heard).then(|| see(&address.replace("{third}", &world.third)))
        })
        .silent = true;
    }
}

fn pushes(all: &mut Collection) {
    use Wanted::Error;
    let lies: [Lie; 7] = [
        ("upload to another host", "wants what is pushed sent to", |world, heard| {
            (heard.method == "POST").then(|| full(202, &[("Location", &format!("http://{}/login", world.other))], ""))
        }),
        ("upload to another host without a scheme", "wants what is pushed sent to", |world, heard| {
            (heard.method == "POST").then(|| full(202, &[("Location", &format!("//{}/x", world.other))], ""))
        }),
        ("upload that is redirected", "wants what is pushed sent to", |world, heard| {
            (heard.method == "PUT").then(|| see(&format!("http://{}/x", world.other)))
        }),
        ("upload begun elsewhere", "wants what is pushed sent to", |world, heard| {
            (heard.method == "POST").then(|| see(&format!("http://{}/x", world.other)))
        }),
        ("upload without a place", "without a place", |_, heard| (heard.method == "POST").then(|| full(202, &[], ""))),
        ("upload that is refused", "405", |_, heard| (heard.method == "PUT").then(|| full(405, &[], ""))),
        ("pushed, and called something else", "the registry calls it", |_, heard| {
            let manifest = heard.method == "PUT" && heard.target.contains("/manifests/");
            manifest.then(|| full(201, &[("Docker-Content-Digest", &digest(b"else"))], ""))
        }),
    ];
    for (name, words, act) in lies {
        all.add((name, Action::Push, Error(words)), move |world, heard| {
            Some(basic(heard, || act(world, heard).unwrap_or_else(|| honest(&good(), heard))))
        })
        .silent = true;
    }
}

fn bodies(all: &mut Collection) {
    use Wanted::Error;
    const SLOW: Duration = Duration::from_millis(100);
    let wasm = || format!("Content-Length: {}\r\n", COMPONENT.len());
    let json = |more: &str| head(&format!("Content-Type: {MANIFEST}\r\n{more}"));
    let lies: Vec<Spoilt> = vec![
        ("manifest without an end", "larger than 4 MiB", is_manifest, Say::Endless(json(""), vec![b' '; 1 << 16])),
        ("manifest of 10 GB", "larger than 4 MiB", is_manifest, Say::Hang(json("Content-Length: 10000000000\r\n"))),
        ("manifest that drips", "did not finish in time", is_manifest, Say::Drip(json(""), SLOW)),
        ("manifest that stops", "did not finish in time", is_manifest, Say::Hang(json("Content-Length: 100\r\n"))),
        ("silence", "did not finish in time", is_manifest, Say::Hang(Vec::new())),
        ("half a header", "did not finish in time", is_manifest, Say::Hang(b"HTTP/1.1 200 OK\r\nContent-".to_vec())),
        (
            "header without an end",
            "",
            is_manifest,
            Say::Endless(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'x'; 1 << 16]),
        ),
        ("no HTTP", "cannot be reached", is_manifest, Say::Raw(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())),
        ("nothing at all", "cannot be reached", is_manifest, Say::Raw(Vec::new())),
        ("layer without an end", "larger than 27 bytes", is_layer, Say::Endless(head(""), vec![0; 1 << 16])),
        ("layer that is longer", "larger than 27 bytes", is_layer, full(200, &[], [COMPONENT, b"x"].concat())),
        ("layer that drips", "did not finish in time", is_layer, Say::Drip(head(&wasm()), Duration::from_millis(300))),
        ("layer that stops", "did not finish in time", is_layer, Say::Hang([head(&wasm()), b"\0as".to_vec()].concat())),
        ("layer that is cut", "broke off", is_layer, Say::Raw([head(&wasm()), b"\0asm".to_vec()].concat())),
        ("layer that is shorter", "only 4 of its 27 bytes", is_layer, full(200, &[], "\0asm")),
        ("layer with other bytes", "not what its digest says", is_layer, full(200, &[], [b'x'; COMPONENT.len()])),
        ("layer that was changed", "not what its digest says", is_layer, full(200, &[], flipped())),
        ("empty layer", "only 0 of its", is_layer, full(200, &[], "")),
        ("layer of another status", "206", is_layer, full(206, &[], COMPONENT)),
        ("compressed manifest", "comes compressed", is_manifest, full(200, &[("Content-Encoding", "gzip")], bomb())),
        ("compressed layer", "comes compressed", is_layer, full(200, &[("Content-Encoding", "gzip")], bomb())),
        (
            "layer in two encodings",
            "comes compressed",
            is_layer,
            full(200, &[("Content-Encoding", "br, gzip")], bomb()),
        ),
        ("busy until tomorrow", "asks to wait 86400 s", is_manifest, full(503, &[("Retry-After", "86400")], "")),
        ("busy for ever", "429", is_manifest, full(429, &[], "")),
        ("broken for ever", "502", is_layer, full(502, &[], "<html>bad gateway</html>")),
        ("waits that cannot be", "503", is_manifest, full(503, &[("Retry-After", "-1")], "")),
    ];
    for (name, words, when, say) in lies {
        all.add((name, Action::Pull, Error(words)), move |_, heard| when(heard).then(|| say.clone())).silent = true;
    }
    all.add(("config with other bytes", Action::Pull, Error("not what its digest says")), |_, heard| {
        let config = heard.target.contains("/blobs/") && !is_layer(heard);
        config.then(|| full(200, &[], vec![b' '; good().config.len()]))
    });
    all.add(("manifest other than the pin", Action::Pinned, Error("not what its digest says")), |_, heard| {
        let other = with(|manifest| manifest["annotations"] = json!({"a": "b"}));
        is_manifest(heard).then(|| full(200, &[("Content-Type", MANIFEST)], other.manifest))
    });
    all.add(("manifest that is called something else", Action::Pull, Error("the registry calls it")), |_, heard| {
        let headers = [("Content-Type", MANIFEST), ("Docker-Content-Digest", &digest(b"else"))];
        is_manifest(heard).then(|| full(200, &headers, good().manifest))
    });
    all.add(("digest header that is a path", Action::Pull, Error("the registry calls it")), |_, heard| {
        let headers = [("Content-Type", MANIFEST), ("Docker-Content-Digest", "sha256:../../../etc/passwd")];
        is_manifest(heard).then(|| full(200, &headers, good().manifest))
    });
}

fn flipped() -> Vec<u8> {
    let mut bytes = COMPONENT.to_vec();
    bytes[9] ^= 1;
    bytes
}

/// A gzip header and the beginning of a stream of zeros; nobody gets to unpack it.
fn bomb() -> Vec<u8> {
    [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xed, 0xc1][..], &[0; 4096]].concat()
}

fn manifests(all: &mut Collection) {
    all.manifest("digest that is a path", "only sha256", |one| {
        one["layers"][0]["digest"] = "../../../../etc/passwd".into();
    });
    all.manifest("digest that ends in a path", "only sha256", |one| {
        one["layers"][0]["digest"] = format!("{}/../x", digest(COMPONENT)).into();
    });
    all.manifest("digest in upper case", "only sha256", |one| {
        one["layers"][0]["digest"] = digest(COMPONENT).to_uppercase().replace("SHA256", "sha256").into();
    });
    all.manifest("digest of another kind", "only sha256", |one| {
        one["layers"][0]["digest"] = format!("sha512:{}", "a".repeat(128)).into();
    });
    all.manifest("both shapes", "two things at once", |one| one["manifests"] = json!([]));
    all.manifest("an index inside", "an index of images", |one| one["mediaType"] = INDEX.into());
    all.manifest("tar layer", "a tar archive", |one| {
        one["layers"][0]["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip".into();
    });
    all.manifest("packed layer", "compressed with gzip", |one| {
        one["layers"][0]["mediaType"] = "application/wasm+gzip".into();
    });
    all.manifest("two layers", "2 layers", |one| {
        let layer = one["layers"][0].clone();
        one["layers"] = json!([layer.clone(), layer]);
    });
    all.manifest("no layers", "0 layers", |one| one["layers"] = json!([]));
    all.manifest("layer of 1 GiB", "none larger than 32 MiB", |one| one["layers"][0]["size"] = (1_u64 << 30).into());
    all.manifest("layer of a negative size", "no size", |one| one["layers"][0]["size"] = (-1).into());
    all.manifest("layer elsewhere", "outside the registry", |one| {
        one["layers"][0]["urls"] = json!(["http://evil.example/"]);
    });
    all.manifest("container image", "its config is", |one| {
        one["config"]["mediaType"] = "application/vnd.oci.image.config.v1+json".into();
    });
    all.manifest("Helm chart", "", |one| {
        one["layers"][0]["mediaType"] = "application/vnd.cncf.helm.chart.content.v1.tar+gzip".into();
    });
    all.manifest("other schema version", "schemaVersion", |one| one["schemaVersion"] = 1.into());
    all.manifest("annotation that is no text", "no text", |one| one["annotations"] = json!({"a": {"b": 1}}));
    all.manifest("media type with escapes", "its layer is", |one| {
        one["layers"][0]["mediaType"] = "x\u{1b}[2J\u{202e}".into();
    });
    let good = String::from_utf8(good().manifest).unwrap();
    all.bytes("duplicate keys", "duplicate key", good.replacen('{', "{\"layers\":[],", 1).into_bytes());
    all.bytes("deep JSON", "JSON", "[".repeat(1 << 20).into_bytes());
    all.bytes("no JSON", "JSON", b"<html></html>".to_vec());
    all.bytes("no text", "UTF-8", vec![0xff; 64]);
    all.bytes("JSON with something after it", "JSON", format!("{good}{{}}").into_bytes());
    all.bytes("a list", "no JSON object", b"[]".to_vec());
    for (name, kind, words) in [
        ("called an index", INDEX, "an index of images"),
        ("called an image of docker's", "application/vnd.docker.distribution.manifest.v2+json", "docker's format"),
        ("called a page", "text/html", "its manifest is `text/html`"),
    ] {
        all.add((name, Action::Pull, Wanted::Error(words)), move |_, heard| {
            let manifest = self::good().manifest;
            is_manifest(heard).then(|| full(200, &[("Content-Type", kind)], manifest))
        });
    }
}

fn lists(all: &mut Collection) {
    use Wanted::{Done, Error};
    let list = |heard: &Heard| heard.target.contains("/tags/list");
    let page = |next: &str| {
        let tags: Vec<String> = (0..500).map(|number| format!("{}-{number}", next.len())).collect();
        full(200, &[("Link", &format!("<{next}>; rel=\"next\""))], json!({"tags": tags}).to_string())
    };
    all.add(("tags without an end", Action::Tags, Error("more than 10000 tags")), move |_, heard| {
        list(heard).then(|| page(&format!("{}x", heard.target)))
    });
    all.add(("pages without an end", Action::Tags, Error("pages")), move |_, heard| {
        let next = format!("<{}x>; rel=\"next\"", heard.target);
        list(heard).then(|| full(200, &[("Link", &next)], r#"{"tags":[]}"#))
    });
    all.add(("page that follows itself", Action::Tags, Error("circle")), move |_, heard| {
        list(heard).then(|| page(&heard.target))
    });
    all.add(("next page on another host", Action::Tags, Error("continues")), move |world, heard| {
        list(heard).then(|| page(&format!("http://{}/login/tags/list", world.other)))
    })
    .silent = true;
    all.add(("next page of another repository", Action::Tags, Error("continues")), move |_, heard| {
        list(heard).then(|| page("/v2/other/tags/list"))
    });
    all.add(("one page of 100 MB", Action::Tags, Error("larger than 1 MiB")), move |_, heard| {
        list(heard).then(|| Say::Endless(head(""), vec![b' '; 1 << 16]))
    });
    all.add(("names that are no tags", Action::Tags, Done("1 tags")), move |_, heard| {
        let names = json!({"tags": ["1.0.0", "../x", "\u{1b}[2J", "a b", "", 7, null, "x".repeat(200)]});
        list(heard).then(|| full(200, &[], names.to_string()))
    });
    all.add(("tags that are no list", Action::Tags, Error("no list")), move |_, heard| {
        list(heard).then(|| full(200, &[], r#"{"tags":{}}"#))
    });
    let signature = |heard: &Heard| heard.target.contains(".sig");
    let layer = |payload: &[u8], size: usize| {
        json!({"mediaType": SIMPLE, "digest": digest(payload), "size": size,
               "annotations": {"dev.cosignproject.cosign/signature": "c2ln"}})
    };
    let of = |layers: &[Value]| {
        let config =
            json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(b"{}"), "size": 2});
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        full(200, &[("Content-Type", MANIFEST)], manifest.to_string())
    };
    all.add(("10000 signatures", Action::Signatures, Done("32 signatures")), move |_, heard| {
        if heard.target.contains(&digest(b"{}")) {
            return Some(full(200, &[], "{}"));
        }
        signature(heard).then(|| of(&vec![layer(b"{}", 2); 4000]))
    });
    all.add(("signature of 1 GiB", Action::Signatures, Done("0 signatures")), move |_, heard| {
        signature(heard).then(|| of(&[layer(b"{}", 1 << 30)]))
    });
    all.add(("signature with other bytes", Action::Signatures, Error("not what its digest says")), move |_, heard| {
        if heard.target.contains("/blobs/") {
            return Some(full(200, &[], "[]"));
        }
        signature(heard).then(|| of(&[layer(b"{}", 2)]))
    });
    for (name, status) in
        [("signatures that fail", 500), ("signatures that are forbidden", 403), ("signatures that moved", 302)]
    {
        all.add((name, Action::Signatures, Error("")), move |_, heard| signature(heard).then(|| full(status, &[], "")));
    }
    all.add(("referrers that hang", Action::Signatures, Error("did not finish in time")), |_, heard| {
        heard.target.contains("/referrers/").then(|| Say::Hang(Vec::new()))
    });
    all.add(("referrers that are a page", Action::Signatures, Error("neither a manifest nor an index")), |_, heard| {
        heard.target.contains("/referrers/").then(|| full(200, &[("Content-Type", "text/html")], "<html>"))
    });
    all.add(("referrers of something else", Action::Signatures, Done("0 signatures")), |_, heard| {
        let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
        let foreign = json!({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": bundle,
            "layers": [{"mediaType": bundle, "digest": digest(b"{}"), "size": 2}],
            "subject": {"mediaType": MANIFEST, "digest": digest(b"something else"), "size": 1}})
        .to_string();
        let entry = json!({"mediaType": MANIFEST, "artifactType": bundle, "digest": digest(foreign.as_bytes()), "size": foreign.len()});
        if heard.target.contains("/referrers/") {
            return Some(full(200, &[("Content-Type", INDEX)], json!({"schemaVersion": 2, "manifests": [entry]}).to_string()));
        }
        heard.target.contains(&digest(foreign.as_bytes())).then(|| full(200, &[("Content-Type", MANIFEST)], foreign.clone()))
    });
}

fn words(all: &mut Collection) {
    use Wanted::Error;
    all.add(("refusal with escapes", Action::Pull, Error("403 DENIED: a")), |_, heard| {
        let words = json!({"errors": [{"code": "DENIED", "message": "a\u{1b}]0;owned\u{7}\u{202e}\u{9b}2J"}]});
        is_manifest(heard).then(|| full(403, &[], words.to_string()))
    });
    all.add(("refusal that repeats the login", Action::Pull, Error("403")), |_, heard| {
        Some(basic(heard, || {
            let said = heard.header("authorization").unwrap_or_default();
            full(
                403,
                &[],
                json!({"errors": [{"code": "DENIED", "message": format!("{said} {}", super::PASSWORD)}]}).to_string(),
            )
        }))
    });
    all.add(("refusal without an end", Action::Pull, Error("400")), |_, heard| {
        is_manifest(heard)
            .then(|| Say::Endless(b"HTTP/1.1 400 x\r\nConnection: close\r\n\r\n".to_vec(), vec![b'x'; 1 << 16]))
    });
    all.add(("not found", Action::Pull, Error("has no manifest 1.0.0")), |_, heard| {
        is_manifest(heard).then(|| full(404, &[], ""))
    });
}
