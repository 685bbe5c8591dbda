//! Policies as careless operators write them: what is misspelt, doubled or left empty is refused, and said where.
//! A policy that was not understood must never become a weaker one.

use kubectl_ku8::trust::{Policy, PublicKey};

use super::signer::{Signer, of_der};
use super::wanted;

fn parse(text: &str) -> Result<Policy, String> {
    Policy::parse("policy.yaml", text).map_err(|error| error.to_string())
}

const HEAD: &str = "apiVersion: ku8.dev/v1\nkind: TrustPolicy\n";

#[test]
fn the_smallest_policies_read() {
    for text in [
        format!("{HEAD}default: pinned\n"),
        format!("{HEAD}default: refuse\nrules: []\n"),
        format!("{HEAD}default: require-signature\nallOf:\n{}", wanted(2, &[("acme", &Signer::p256().pem)])),
        format!("# comment\n---\n{HEAD}default: pinned\n"),
    ] {
        assert!(parse(&text).is_ok(), "{:?}\n{text}", parse(&text));
    }
}

#[test]
fn what_is_wrong_is_said_and_where() {
    let acme = Signer::p256();
    let key = wanted(6, &[("acme", &acme.pem)]);
    let any = wanted(8, &[("acme", &acme.pem), ("again", &acme.pem)]);
    let rule = |text: &str| format!("{HEAD}default: refuse\nrules:\n  - match: r.example/acme/\n{text}");
    for (text, words) in [
        (String::new(), "the policy is empty"),
        (format!("{HEAD}rules: []\n"), "missing field `default`"),
        (format!("{HEAD}default: allow\n"), "policy.yaml:3:"),
        (format!("{HEAD}default: require-signature\n"), "needs allOf or anyOf"),
        (format!("{HEAD}default: pinned\ndefault: refuse\n"), "duplicate"),
        (format!("{HEAD}default: pinned\nrule: []\n"), "policy.yaml:4:"),
        (format!("{HEAD}default: pinned\nrules:\n"), "rules is empty"),
        (format!("{HEAD}default: pinned\n---\n{HEAD}default: refuse\n"), "more than one document"),
        ("apiVersion: v1\nkind: TrustPolicy\ndefault: pinned\n".into(), "not a policy"),
        ("apiVersion: ku8.dev/v1\nkind: Definition\ndefault: pinned\n".into(), "not a policy"),
        ("[]".into(), "policy.yaml"),
        (rule(""), "say whose signatures are required"),
        (rule("    action: pinned\n    allof: []\n"), "unknown field `allof`"),
        (rule(&format!("    action: pinned\n    allOf:\n{key}")), "go with require-signature alone"),
        (rule("    allOf: []\n"), "names no key"),
        (rule(&format!("    allOf:\n    anyOf:\n      signatures:\n{any}")), "rules[0].allOf is empty"),
        (rule(&format!("    anyOf:\n      minimumMatches: 0\n      signatures:\n{any}")), "at least 1"),
        (rule(&format!("    anyOf:\n      minimumMatches: 2\n      signatures:\n{any}")), "of 1 different keys"),
        (rule("    anyOf: {signatures: []}\n"), "names no key"),
        (
            rule(&format!("    allOf:\n{}", key.replace("pubKey", "githubAction"))),
            "kind `githubAction` is not supported",
        ),
        (rule(&format!("    allOf:\n{}", key.replace("acme", "\"\""))), "owner is a name"),
        (rule(&format!("    allOf:\n{key}        annotation: {{a: b}}\n")), "unknown field `annotation`"),
        (rule(&format!("    minimumVersion: \"1.4\"\n    allOf:\n{key}")), "a whole version"),
        (rule("    action: refuse\n    minimumVersion: 1.4.0\n"), "no meaning"),
        (rule(&format!("    signedFor: r.example/other\n    allOf:\n{key}")), "ends with `/` where match does"),
        (rule("    action: pinned\n    signedFor: r.example/other/\n"), "none is required"),
        (rule("    action: pinned\n    requireRepository: true\n"), "none is required"),
        (
            rule("    action: pinned\n  - match: r.example:443/acme/\n    action: refuse\n"),
            "two rules are about the same",
        ),
        (rule(&format!("    allOf:\n{}", wanted(6, &[("a", acme.pem.as_str()); 33]))), "at most 32"),
        (format!("{HEAD}default: pinned\n{}", " ".repeat(1 << 20)), "larger than 1 MiB"),
    ] {
        let told = parse(&text).expect_err(&text);
        assert!(told.contains(words) && told.contains("policy.yaml"), "«{words}» in\n{told}\n{text}");
    }
    for (pattern, words) in [
        ("r.example", "all of a registry"),
        ("r.example/*", "no wildcards"),
        ("'*'", "no wildcards"),
        ("R.example/", "lower case"),
        ("r.example/a/../b/", "cannot be part of"),
        ("r.example/a:1.0.0", "cannot be part of"),
        ("oci://r.example/a/", "not a host"),
        ("/", "not a host"),
        ("''", "all of a registry"),
    ] {
        let told = parse(&format!("{HEAD}default: refuse\nrules:\n  - match: {pattern}\n    action: pinned\n"));
        let told = told.expect_err(pattern);
        assert!(told.contains(words), "{pattern}: {told}");
    }
}

#[test]
fn keys_that_cannot_be_used_are_not_repeated() {
    let good = Signer::p256().pem;
    assert!(PublicKey::from_pem("acme", &good).is_ok());
    assert!(PublicKey::from_pem("acme", &format!("\n  {good}\n")).is_ok());
    let body: String = good.lines().filter(|line| !line.starts_with('-')).collect();
    let secret = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";
    for (pem, words) in [
        (format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----"), "private key"),
        (format!("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n{secret}\n-----END"), "private key"),
        (format!("-----BEGIN EC PRIVATE KEY-----\n{secret}"), "private key"),
        (format!("{good}-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----"), "private key"),
        (format!("-----BEGIN CERTIFICATE-----\n{secret}\n-----END CERTIFICATE-----"), "certificate"),
        (format!("{good}{good}"), "not Base64"),
        (good.replace("PUBLIC KEY", "RSA PUBLIC KEY"), "not one PEM block"),
        (body.clone(), "not one PEM block"),
        (format!("ssh-ed25519 {secret}"), "not one PEM block"),
        (String::new(), "not one PEM block"),
        (good.replacen("-----\n", "-----\nComment: x\n", 1), "not Base64"),
        (of_der(&[]), "not Base64"),
        (of_der(&[0x30; 91]), "not a key that can be used"),
        (of_der(&vec![0; 4096]), "not Base64"),
    ] {
        let told = PublicKey::from_pem("acme", &pem).unwrap_err().to_string();
        assert!(told.contains(words), "«{words}»: {told}");
        assert!(!told.contains(secret) && !told.contains(&body[..40]), "{told}");
    }
}

#[test]
fn a_key_is_read_in_one_form() {
    use base64::Engine as _;
    let der = |pem: &str| {
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        base64::engine::general_purpose::STANDARD.decode(text).unwrap()
    };
    for signer in [Signer::p256(), Signer::p384(), Signer::ed25519()] {
        let good = der(&signer.pem);
        assert!(PublicKey::from_pem("acme", &of_der(&good)).is_ok());
        for bytes in [
            [&good[..], &[0]].concat(),
            good[..good.len() - 1].to_vec(),
            [&[0x30, 0x81, good[1]][..], &good[2..]].concat(),
        ] {
            assert!(PublicKey::from_pem("acme", &of_der(&bytes)).is_err());
        }
        // Every bit of the head means something.
        for at in 0..12 {
            let mut changed = good.clone();
            changed[at] ^= 1;
            assert!(PublicKey::from_pem("acme", &of_der(&changed)).is_err(), "byte {at}");
        }
    }
}

#[test]
fn rsa_keys_that_are_too_short_or_odd() {
    let long = |tag: u8, inner: &[u8]| {
        let length = u16::try_from(inner.len()).unwrap().to_be_bytes();
        let head = match length {
            [0, length @ 0..=0x7f] => vec![tag, length],
            [0, length] => vec![tag, 0x81, length],
            [high, low] => vec![tag, 0x82, high, low],
        };
        [&head[..], inner].concat()
    };
    let key = |modulus: &[u8]| {
        let numbers = [long(0x02, modulus), long(0x02, &[1, 0, 1])].concat();
        let bits = [&[0][..], &long(0x30, &numbers)].concat();
        let head = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
        of_der(&long(0x30, &[&head[..], &long(0x03, &bits)].concat()))
    };
    let modulus = |bytes: usize, first: u8| [vec![0, first], vec![0xff; bytes - 1]].concat();
    let read =
        |pem: &str| PublicKey::from_pem("acme", pem).map(|key| key.algorithm()).map_err(|error| error.to_string());
    assert_eq!(read(&key(&modulus(256, 0x80))), Ok("RSA"));
    assert_eq!(read(&key(&modulus(1024, 0xff))), Ok("RSA"));
    for (pem, words) in [
        (key(&modulus(255, 0xff)), "fewer than 2048 bits"),
        (key(&modulus(128, 0xff)), "fewer than 2048 bits"),
        (key(&modulus(1025, 0xff)), "more than 8192 bits"),
        (key(&modulus(256, 0x7f)), "not a key that can be used"),
        (key(&[0xff; 256]), "not a key that can be used"),
        (key(&[0; 257]), "not a key that can be used"),
    ] {
        let told = read(&pem).unwrap_err();
        assert!(told.contains(words), "«{words}»: {told}");
    }
}
