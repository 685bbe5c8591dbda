//! The policy as the program finds it: where it lies, who could have written it, and what it refuses without asking anybody.
//! No registry is spoken to: everything here is decided before.

use super::{Home, Ran};

const REFERENCE: &str = "oci://registry.example/acme/web:1.0.0";
const REFUSE: &str = "apiVersion: ku8.dev/v1\nkind: TrustPolicy\ndefault: refuse\n";

/// A home with a policy where it is looked for.
fn with_policy(text: &str) -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join(".config/ku8")).unwrap();
    home.file(".config/ku8/policy.yaml", text.as_bytes());
    home
}

fn verify(home: &Home, more: &[&str]) -> Ran {
    home.run(&[&["template", "verify", REFERENCE], more].concat())
}

#[track_caller]
fn fails(ran: &Ran, words: &[&str]) {
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "`{word}` is not in\n{}", ran.stderr);
    }
    assert!(ran.stderr.contains("hint:"), "{}", ran.stderr);
}

#[test]
fn a_policy_in_its_place_holds() {
    let home = with_policy(REFUSE);
    fails(&verify(&home, &[]), &["KU8-U005", "registry.example/acme/web", ".config/ku8/policy.yaml"]);
    // What is not of a registry is none of its business.
    let built_in = home.run(&["template", "verify", "mysql"]);
    assert_eq!(built_in.code, Some(0), "{built_in:?}");
    assert!(built_in.stdout.contains("built in"), "{built_in:?}");
}

#[test]
fn a_policy_that_is_named_wins() {
    let home = with_policy(REFUSE);
    home.file("other.yaml", b"apiVersion: ku8.dev/v1\nkind: TrustPolicy\ndefault: pinned\nrules:\n  - match: registry.example/acme/\n    action: refuse\n");
    fails(&verify(&home, &["--policy", "other.yaml"]), &["KU8-U005", "other.yaml, rule registry.example/acme/"]);
    fails(&verify(&home, &["--policy", "missing.yaml"]), &["KU8-U001", "missing.yaml"]);
}

#[test]
fn a_policy_that_does_not_read_refuses_everything_of_registries() {
    for (text, words) in [
        ("", "the policy is empty"),
        ("apiVersion: ku8.dev/v1\nkind: TrustPolicy\ndefault: pinned\nruls: []\n", "ruls"),
        ("default: [", "policy.yaml:"),
    ] {
        fails(&verify(&with_policy(text), &[]), &["KU8-U002", words]);
    }
}

#[cfg(unix)]
#[test]
fn a_policy_that_others_could_have_written_is_none() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let home = with_policy(REFUSE);
    let file = home.path().join(".config/ku8/policy.yaml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    fails(&verify(&home, &[]), &["KU8-U001", "everybody on this machine can write it"]);
    std::fs::remove_file(&file).unwrap();
    symlink(home.path().join("gone.yaml"), &file).unwrap();
    fails(&verify(&home, &[]), &["KU8-U001"]);
    fails(&verify(&home, &["--policy", "/dev/null"]), &["KU8-U001", "not a plain file"]);
}

#[test]
fn a_private_key_is_refused_and_not_repeated() {
    let home = Home::new();
    let secret = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";
    home.file("cosign.key", format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n").as_bytes());
    let ran = verify(&home, &["--key", "cosign.key"]);
    fails(&ran, &["KU8-U006", "cosign.key", "private key"]);
    assert!(!ran.stderr.contains(secret), "{}", ran.stderr);
}

#[test]
fn what_carries_no_signatures_is_said() {
    let home = Home::new();
    home.file("web.wasm", b"\0asm\x0d\0\x01\0");
    fails(&home.run(&["template", "verify", "./web.wasm"]), &["carries no signatures", "template save"]);
    fails(&home.run(&["template", "verify", "mysql", "--key", "web.wasm"]), &["part of this program"]);
}
