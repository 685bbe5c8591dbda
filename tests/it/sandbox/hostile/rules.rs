//! Components that render what a template may not: objects of others, rights, records of ours, fields of controllers.
//! Every one of them runs well; the host's rules on what comes back refuse it.

use serde_json::json;

use super::super::guest::service;
use super::{Case, with};

pub(super) fn cases() -> Vec<Case> {
    [kinds(), names(), metadata(), pods(), secrets()].into_iter().flatten().collect()
}

fn object(name: &'static str, manifest: &str, words: &'static str) -> Case {
    Case::new(name, &with(|g| g.objects = vec![("x".into(), 0, manifest.into())]), "Refused", words)
}

/// An object whose kind the template says it produces, so that the host's own list decides.
fn declared(name: &'static str, group: &str, version: &str, kind: &str, words: &'static str) -> Case {
    let api = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let guest = with(|g| {
        g.metadata = format!(
            r#"{{"name":"echo","version":"1.0.0","title":"Echo","description":"Renders","produces":[{{"group":"{group}","kind":"{kind}"}}]}}"#
        )
        .into_bytes();
        let manifest = format!(r#"{{"apiVersion":"{api}","kind":"{kind}","metadata":{{"name":"a"}}}}"#);
        g.objects = vec![("x".into(), 0, manifest.into_bytes())];
    });
    Case::new(name, &guest, "Refused", words)
}

fn kinds() -> Vec<Case> {
    let rights = "rbac.authorization.k8s.io";
    let admission = "admissionregistration.k8s.io";
    vec![
        declared("ClusterRole", rights, "v1", "ClusterRole", "ClusterRole is not a kind a template may render"),
        declared("ClusterRoleBinding", rights, "v1", "ClusterRoleBinding", "ClusterRoleBinding is not a kind"),
        declared("RoleBinding", rights, "v1", "RoleBinding", "RoleBinding is not a kind"),
        declared(
            "a webhook",
            admission,
            "v1",
            "ValidatingWebhookConfiguration",
            "ValidatingWebhookConfiguration is not a kind",
        ),
        declared(
            "CustomResourceDefinition",
            "apiextensions.k8s.io",
            "v1",
            "CustomResourceDefinition",
            "CustomResourceDefinition is not a kind",
        ),
        declared("Namespace", "", "v1", "Namespace", "Namespace is not a kind"),
        declared("Node", "", "v1", "Node", "Node is not a kind"),
        declared("DaemonSet", "apps", "v1", "DaemonSet", "DaemonSet is not a kind"),
        declared("a bare Pod", "", "v1", "Pod", "Pod is not a kind"),
        declared("our Lease", "coordination.k8s.io", "v1", "Lease", "Lease is not a kind"),
        declared("a kind nobody knows", "evil.example.com", "v1", "Widget", "Widget is not a kind"),
        declared("a Secret", "", "v1", "Secret", "a template may not render a Secret (return a secret intent"),
        object(
            "a token of a service account",
            r#"{"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/service-account-token","metadata":{"name":"a","annotations":{"kubernetes.io/service-account.name":"default"}}}"#,
            "a template may not render a Secret",
        ),
        object(
            "a kind the template does not declare",
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#,
            "ConfigMap is not among the kinds the template says it produces",
        ),
    ]
}

fn names() -> Vec<Case> {
    let named = |case, name: &str, words| {
        object(case, &format!(r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"{name}"}}}}"#), words)
    };
    let records = with(|g| {
        g.metadata = String::from_utf8(g.metadata.clone()).unwrap().replace("Service\"", "ConfigMap\"").into_bytes();
        g.objects =
            vec![("x".into(), 0, br#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"ku8.echo"}}"#.into())];
    });
    vec![
        named("a name with a slash", "../../secrets/x", "name"),
        named("a name of two dots", "..", "name"),
        named("a name that is percent-encoded", "a%2fb", "name"),
        named("a name of a million letters", &"a".repeat(1_000_000), "name"),
        Case::new("our own record", &records, "Refused", "in the prefix of ku8's own records"),
        Case::new(
            "two objects of one name",
            &with(|g| g.objects = vec![("a".into(), 0, service("a")), ("b".into(), 0, service("a"))]),
            "Refused",
            "Service/a is rendered twice",
        ),
        Case::new(
            "two objects of one id",
            &with(|g| g.objects = vec![("a".into(), 0, service("a")), ("a".into(), 0, service("b"))]),
            "Refused",
            "a: two objects have this id",
        ),
    ]
}

fn metadata() -> Vec<Case> {
    let set = |case, field: &str, words| {
        object(case, &format!(r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"a",{field}}}}}"#), words)
    };
    vec![
        set("another namespace", r#""namespace":"kube-system""#, "namespace `kube-system` is not the definition's own"),
        set("managedFields", r#""managedFields":[{}]"#, "metadata.managedFields is not a template's to set"),
        set("a uid", r#""uid":"1""#, "metadata.uid is not"),
        set("a resourceVersion", r#""resourceVersion":"1""#, "metadata.resourceVersion is not"),
        set("owners of its own", r#""ownerReferences":[{"uid":"1"}]"#, "metadata.ownerReferences is not"),
        set("finalizers", r#""finalizers":["a/b"]"#, "metadata.finalizers is not"),
        set("a deletion", r#""deletionTimestamp":"2026-01-01T00:00:00Z""#, "metadata.deletionTimestamp is not"),
        object(
            "a name the server makes",
            r#"{"apiVersion":"v1","kind":"Service","metadata":{"generateName":"a-"}}"#,
            "name",
        ),
        set(
            "what kubectl last applied",
            r#""annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"}"#,
            "annotation `kubectl.kubernetes.io/last-applied-configuration` is not",
        ),
        set("the owner label of another", r#""labels":{"ku8.dev/owner":"other"}"#, "label `ku8.dev/owner` is not"),
        set("an owner's id", r#""annotations":{"ku8.dev/owner-id":"1"}"#, "annotation `ku8.dev/owner-id` is not"),
    ]
}

fn pods() -> Vec<Case> {
    let pod = |case, spec: &str, words| {
        let guest = with(|g| {
            g.metadata = String::from_utf8(g.metadata.clone())
                .unwrap()
                .replace(r#""group":"","kind":"Service""#, r#""group":"apps","kind":"Deployment""#)
                .into_bytes();
            let manifest = format!(
                r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"a"}},"spec":{{"selector":{{"matchLabels":{{"a":"b"}}}},"template":{{"metadata":{{"labels":{{"a":"b"}}}},"spec":{spec}}}}}}}"#
            );
            g.objects = vec![("x".into(), 0, manifest.into_bytes())];
        });
        Case::new(case, &guest, "Refused", words)
    };
    vec![
        pod("the host's network", r#"{"hostNetwork":true,"containers":[]}"#, "hostNetwork must be false"),
        pod(
            "the host's files",
            r#"{"volumes":[{"name":"r","hostPath":{"path":"/"}}],"containers":[]}"#,
            "spec.template.spec.volumes[0].hostPath is not an allowed kind",
        ),
        pod(
            "a privileged container",
            r#"{"containers":[{"name":"a","image":"b","securityContext":{"privileged":true}}]}"#,
            "securityContext.privileged must be false",
        ),
    ]
}

fn secrets() -> Vec<Case> {
    let intents = |case, secrets: &str, words| {
        Case::new(case, &with(|g| g.secrets = secrets.as_bytes().to_vec()), "Refused", words)
    };
    vec![
        intents("a secret's value in an intent", r#"[{"name":"a","keys":{"k":"hunter2"}}]"#, "secrets: "),
        intents(
            "two intents of one name",
            r#"[{"name":"a","keys":{"k":{"generate":{"length":24}}}},{"name":"a","keys":{"k":{"generate":{"length":24}}}}]"#,
            "secrets: two are called `a`",
        ),
        intents(
            "a generated value of no length",
            r#"[{"name":"a","keys":{"k":{"generate":{"length":0}}}}]"#,
            "secrets: ",
        ),
        intents(
            "a generated value of a gigabyte",
            r#"[{"name":"a","keys":{"k":{"generate":{"length":1073741824}}}}]"#,
            "secrets: ",
        ),
    ]
}

/// What a template could smuggle into a ConfigMap it would have to be given first: a secret's value is refused where
/// values are judged, and what is left are names of Secrets.
#[test]
fn a_template_is_never_given_a_secret() {
    let children = super::Watched::new();
    let runtime = children.runtime(None);
    let guest = with(|g| {
        g.schema = br#"{"type":"object","properties":{"password":{"x-ku8-secret":true,"oneOf":[
            {"type":"object","required":["secretRef"],"properties":{"secretRef":{"type":"object"}}},
            {"type":"object","required":["generate"],"properties":{"generate":{"type":"object"}}}]}}}"#
            .to_vec();
    });
    let template = super::loaded(&runtime, &guest);
    for canary in [json!("hunter2-hunter2"), json!({"value": "hunter2-hunter2"}), json!(["hunter2-hunter2"])] {
        let error = runtime.check(&template, json!({"password": canary})).unwrap_err();
        assert_eq!(super::variant(&error), "Values", "{error:?}");
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
    }
    let named = json!({"password": {"secretRef": {"name": "db-auth", "key": "root"}}});
    assert_eq!(runtime.check(&template, named.clone()).unwrap().values, named);
}
