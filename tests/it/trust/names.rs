//! Names of repositories: a rule is about those it names and about no others that look like them.
//! Whatever a name is, it is compared in one form.

use kubectl_ku8::trust::{Policy, Tier, TrustError};

use super::{DIGEST, policy};

/// Names that are not `registry.example/acme/web`.
pub(super) const LOOK_ALIKES: [&str; 24] = [
    "registry.example/acme-evil/web",
    "registry.example/acmeevil/web",
    "registry.example/acme.evil/web",
    "registry.example/acme",
    "registry.example/acme/",
    "registry.example/acme/web/",
    "registry.example/acme//web",
    "registry.example/acme/../evil/web",
    "registry.example/acme/./web",
    "registry.example/evil/../acme/web",
    "registry.example/ACME/web",
    "REGISTRY.example/acme/web",
    "registry.example.evil.example/acme/web",
    "registry.example:5000/acme/web",
    "registry.example:0443/acme/web",
    "registry.example@evil.example/acme/web",
    "registry.example./acme/web",
    "registry.ex\u{430}mple/acme/web",
    "registry.example/acm\u{435}/web",
    "registry.example\u{2044}acme/web",
    "registry.example/acme/web\u{200b}",
    "registry.example/acme%2fweb",
    "https://registry.example/acme/web",
    "evil.example/registry.example/acme/web",
];

fn pins(policy: &Policy, repository: &str) -> bool {
    policy.judge(repository, DIGEST, &[]).is_ok_and(|verdict| verdict.admit("1.0.0") == Ok(Tier::Pinned))
}

#[test]
fn a_rule_is_about_what_stands_below_it() {
    let policy = policy("  - match: registry.example/acme/\n    action: pinned\n");
    for repository in ["registry.example/acme/web", "registry.example/acme/a/b", "registry.example:443/acme/web"] {
        assert!(pins(&policy, repository), "{repository}");
    }
    let of_registry = super::policy("  - match: registry.example/\n    action: pinned\n");
    assert!(pins(&of_registry, "registry.example/acme/web"));
    for repository in LOOK_ALIKES {
        assert!(!pins(&policy, repository), "{repository}");
    }
}

#[test]
fn a_rule_without_a_slash_is_about_one_repository() {
    let policy = policy("  - match: registry.example/acme\n    action: pinned\n");
    assert!(pins(&policy, "registry.example/acme"));
    for repository in ["registry.example/acme/web", "registry.example/acme-evil", "registry.example/acmeevil"] {
        assert!(!pins(&policy, repository), "{repository}");
    }
}

#[test]
fn the_nearest_rule_holds_wherever_it_stands() {
    let rules = [
        "  - match: r.example/\n    action: refuse\n",
        "  - match: r.example/acme/\n    action: pinned\n",
        "  - match: r.example/acme/labs/\n    action: refuse\n",
        "  - match: r.example/acme/labs/ok\n    action: pinned\n",
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let policy = policy(&order.map(|at| rules[at]).concat());
        for (repository, allowed) in [
            ("r.example/x", false),
            ("r.example/acme/x", true),
            ("r.example/acme/labs/x", false),
            ("r.example/acme/labs/ok", true),
            ("r.example/acme/labs/ok/x", false),
            ("r.example/acme/labs/ok2", false),
        ] {
            assert_eq!(pins(&policy, repository), allowed, "{repository} {order:?}");
            assert_eq!(policy.needs_signatures(repository).is_ok(), allowed, "{repository}");
        }
    }
}

#[test]
fn names_that_no_registry_has_are_told() {
    let policy = Policy::none();
    for (repository, words) in [
        ("web", "not a repository"),
        ("", "not a repository"),
        ("/web", "not a host"),
        ("Registry.example/web", "lower case"),
        ("r.example/Web", "cannot be part of"),
        ("r.example/a..b", "cannot be part of"),
        ("r.example/a___b", "cannot be part of"),
        ("r.example/-a", "cannot be part of"),
        ("r.example:/a", "not a host"),
        ("r.example:99999/a", "not a host"),
        ("[::1:5000/a", "not a host"),
        ("[::g]/a", "not a host"),
    ] {
        let error = policy.judge(repository, DIGEST, &[]).unwrap_err();
        assert!(matches!(error, TrustError::Unclear { .. }), "{repository}: {error}");
        assert!(error.to_string().contains(words), "{repository}: {error}");
    }
    for repository in ["r.example/a__b/c-d/e--f.g_h", "[::1]:5000/a", "[0:0::1]/a", "localhost:5000/a", "10.0.0.1/a"] {
        assert!(policy.judge(repository, DIGEST, &[]).is_ok(), "{repository}");
    }
}
