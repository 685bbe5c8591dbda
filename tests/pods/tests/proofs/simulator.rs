//! The simulator itself, with a small server in place of middleware: what the README promises is true.
//! It never needs more than perl.

use std::time::Duration;

use pods::{Stage, wait_for};
use serde_json::{Value, json};
use template_sdk::{Generate, Rendered, SecretIntent, SecretValue};

/// Answers each connection with a file's content, its pod's name and the number of starts; a file decides readiness.
const SERVER: &str = r#"#!/usr/bin/perl
use IO::Socket::INET;
open(my $starts, '>>', '/data/starts'); print $starts "x"; close $starts;
$SIG{TERM} = sub { open(my $f, '>', '/data/stopped'); print $f `cat /tmp/pre 2>/dev/null`; close $f; exit 0 };
my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 50, ReuseAddr => 1) or die;
while (my $c = $s->accept()) {
    my $l = <$c>;
    print $c "HTTP/1.0 200 OK\r\n\r\n$ENV{NAME} from " . $c->peerhost() . " " . -s '/data/starts';
    print $c "\n"; close $c;
}
"#;

const LIMIT: Duration = Duration::from_mins(1);

fn server(replicas: u32, version: &str) -> Value {
    let mount = |name: &str, path: &str| json!({"name": name, "mountPath": path});
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "app", "namespace": "prod"}, "spec": {
        "replicas": replicas, "serviceName": "app-headless", "podManagementPolicy": "Parallel",
        "template": {"metadata": {"labels": {"app": "app"}, "annotations": {"version": version}}, "spec": {
            "terminationGracePeriodSeconds": 20,
            "securityContext": {"runAsUser": 999, "runAsGroup": 998, "fsGroup": 997},
            "initContainers": [
                {"name": "init", "command": ["sh", "/conf/init.sh"],
                 "volumeMounts": [mount("data", "/data"), mount("conf", "/conf")],
                 "securityContext": {"readOnlyRootFilesystem": true}},
                {"name": "side", "restartPolicy": "Always", "command": ["sh", "-c", "trap 'echo last >>/data/order; exit 0' TERM; touch /tmp/up; while :; do sleep 0.1; done"],
                 "startupProbe": {"exec": {"command": ["test", "-e", "/tmp/up"]}},
                 "volumeMounts": [mount("data", "/data"), mount("tmp", "/tmp")]},
            ],
            "containers": [{"name": "app", "command": ["app-server"], "args": ["$(NAME)"],
                "env": [{"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                        {"name": "PASS", "valueFrom": {"secretKeyRef": {"name": "app-auth", "key": "password"}}},
                        {"name": "URL", "value": "x://$(PASS)@$(NAME)"}],
                "ports": [{"name": "http", "containerPort": 8080}],
                "readinessProbe": {"httpGet": {"port": "http", "path": "/"}, "periodSeconds": 1, "failureThreshold": 1},
                "livenessProbe": {"tcpSocket": {"port": 8080}},
                "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "echo pre >/tmp/pre"]}}},
                "securityContext": {"readOnlyRootFilesystem": true},
                "volumeMounts": [mount("data", "/data"), mount("tmp", "/tmp"), mount("conf", "/conf"), mount("auth", "/auth"),
                    {"name": "conf", "mountPath": "/etc/app/one.conf", "subPath": "one.conf"}]}],
            "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "conf", "configMap": {"name": "app-conf", "defaultMode": 0o444}},
                {"name": "auth", "secret": {"secretName": "app-auth", "defaultMode": 0o400, "items": [{"key": "password", "path": "password"}]}}]}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}})
}

fn service(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "prod"}, "spec": spec})
}

fn rendered(replicas: u32, version: &str) -> Rendered {
    let conf = json!({"kind": "ConfigMap", "metadata": {"name": "app-conf", "namespace": "prod"}, "data": {
        "one.conf": "one", "init.sh": "set -e\ntest -d /data/lost+found\necho begun >/data/begun\n[ ! -e /data/slow ] || sleep 60\n[ ! -e /data/fail ] || { echo refused >&2; exit 3; }\necho done >/data/done\n"}});
    let ports = json!([{"name": "http", "port": 80, "targetPort": "http"}]);
    let one = json!({"app": "app", "statefulset.kubernetes.io/pod-name": "app-0"});
    let job = json!({"kind": "Job", "metadata": {"name": "app-job-1", "namespace": "prod"}, "spec": {"backoffLimit": 1, "template": {"spec": {
        "securityContext": {"runAsUser": 5, "runAsGroup": 5},
        "containers": [{"name": "job", "command": ["bash", "-c", "id -u; exec 3<>/dev/tcp/app/80"]}]}}}});
    Rendered::new()
        .object("a", 0, conf)
        .object(
            "b",
            0,
            service("app-headless", &json!({"clusterIP": "None", "selector": {"app": "app"}, "ports": ports})),
        )
        .object("c", 0, service("app", &json!({"selector": {"app": "app"}, "ports": ports})))
        .object("d", 0, service("app-0", &json!({"selector": one, "publishNotReadyAddresses": true, "ports": ports})))
        .object("e", 0, server(replicas, version))
        .object("f", 0, job)
        .secret(SecretIntent::generate("app-auth", &[]).key("password", SecretValue::Generate(Generate::default())))
}

fn stage(name: &str, replicas: u32) -> Option<Stage> {
    let stage = Stage::new(name, &["perl"])?;
    stage.tool("app-server", SERVER);
    stage.deploy(&rendered(replicas, "1"));
    Some(stage)
}

fn sh(stage: &Stage, script: &str) -> String {
    stage.exec("app-0", "app", &["sh", "-c", script]).text()
}

#[test]
fn a_container_is_what_was_rendered() {
    let Some(stage) = stage("a simulated container", 1) else { return };
    stage.start("app-0");
    stage.ready("app-0");
    assert_eq!(sh(&stage, "id -u; id -g; id -G").lines().collect::<Vec<_>>(), ["999", "998", "998 997"]);
    assert_eq!(sh(&stage, "hostname; echo $HOME; pwd"), "app-0\n/\n/");
    assert!(sh(&stage, "tr '\\0' ' ' </proc/1/cmdline").ends_with("app-server app-0"));
    assert_eq!(
        sh(&stage, "grep ^Cap /proc/1/status | cut -f2 | sort -u; grep NoNewPrivs /proc/1/status | cut -f2"),
        "0000000000000000\n1"
    );
    let password = stage.secret("app-auth", "password");
    assert_eq!(password.len(), 24);
    assert_eq!(sh(&stage, "echo $URL; cat /auth/password"), format!("x://{password}@app-0\n{password}"));
    assert_eq!(
        sh(&stage, "stat -L -c '%a %g' /auth/password /conf/one.conf; cat /etc/app/one.conf"),
        "440 997\n444 997\none"
    );
    for path in ["/x", "/tmp/../run/x", "/conf/x", "/etc/app/one.conf", "/etc/hosts"] {
        assert!(sh(&stage, &format!(": >{path}")).contains("Read-only"), "{path}");
    }
    assert_eq!(sh(&stage, "ls /home /root; touch /tmp/x /data/x && echo ok"), "/home:\n\n/root:\nok");
    assert!(sh(&stage, "getent hosts nobody.prod.svc || echo unknown").ends_with("unknown"));
    assert!(stage.probe("app-0", "app", "livenessProbe"));
    let before = stage.address("app-0");
    stage.kill("app-0");
    stage.deploy(&rendered(1, "1"));
    stage.start("app-0");
    stage.ready("app-0");
    assert_ne!(stage.address("app-0"), before);
    assert_eq!(stage.secret("app-auth", "password"), password);
    assert_eq!(sh(&stage, "ls /tmp; ls /data/x"), "up\n/data/x");
}

#[test]
fn services_follow_their_pods() {
    let Some(stage) = stage("simulated Services", 3) else { return };
    assert_eq!(stage.ask("app", 80, "GET\n"), "", "nobody is there");
    assert_eq!(stage.run_job("app-job").code, 1, "the Job is refused");
    stage.start_all(&["app-0", "app-1", "app-2"]);
    stage.ready_all(&["app-0", "app-1", "app-2"]);
    let mut seen: Vec<String> = (0..6).map(|_| stage.ask("app.prod.svc", 80, "GET\n")).collect();
    seen.sort();
    for pod in ["app-0", "app-1", "app-2"] {
        assert_eq!(seen.iter().filter(|text| text.contains(&format!("{pod} from 10.244"))).count(), 2, "{seen:?}");
    }
    assert_eq!(stage.run_job("app-job").ok(), "5");
    assert!(stage.ask("app-1.app-headless.prod.svc.cluster.local", 8080, "GET\n").contains("app-1"));
    assert!(
        sh(&stage, "exec 2>&1; bash -c 'exec 3<>/dev/tcp/app-0/80; echo >&3; cat <&3'").contains("app-0"),
        "to itself"
    );
    assert_eq!(sh(&stage, "getent ahostsv4 app-headless | grep -c STREAM"), "3");

    stage.kill("app-0");
    assert_eq!(stage.ask("app-0.prod.svc", 80, "GET\n"), "");
    assert!(stage.client(&["bash", "-c", "exec 3<>/dev/tcp/app-0/80"]).stderr.contains("Connection refused"));
    assert!(!stage.client(&["getent", "hosts", "app-0.app-headless"]).succeeded());
    let rest: Vec<String> = (0..4).map(|_| stage.ask("app", 80, "GET\n")).collect();
    assert!(rest.iter().all(|text| text.contains("app-1") || text.contains("app-2")), "{rest:?}");

    stage.cut("app-1");
    wait_for("app-1 not ready", LIMIT, || (!stage.is_ready("app-1")).then_some(()));
    stage.mend("app-1");
    stage.ready("app-1");
    stage.power_off("app-2");
    assert!(stage.ask("app", 80, "GET\n").contains("app-1"));
}

#[test]
fn pods_end_in_every_way() {
    let Some(stage) = stage("a simulated pod's end", 1) else { return };
    stage.start("app-0");
    let data = stage.volume("app-0", "data");
    stage.ready("app-0");
    stage.crash("app-0", "app");
    wait_for("another start", LIMIT, || (stage.restarts("app-0", "app") == 1).then_some(()));
    stage.ready("app-0");
    assert!(stage.ask("app", 80, "GET\n").trim().ends_with(" 2"));
    assert!(stage.stop("app-0") < Duration::from_secs(15));
    let read = |file: &str| std::fs::read_to_string(data.join(file)).unwrap_or_default();
    assert_eq!((read("stopped").trim(), read("order").trim()), ("pre", "last"));

    std::fs::remove_file(data.join("done")).expect("done by init");
    std::fs::write(data.join("slow"), "").expect("a file");
    std::fs::remove_file(data.join("begun")).expect("begun by init");
    stage.start_until("app-0", "init begun", || data.join("begun").exists());
    assert!(!data.join("done").exists() && stage.pods().is_empty());
    // What holds before the pod is there does not end it before.
    stage.start_until("app-0", "nothing", || true);
    assert!(!data.join("done").exists() && stage.pods().is_empty());
    std::fs::remove_file(data.join("slow")).expect("a file");
    std::fs::write(data.join("fail"), "").expect("a file");
    let why = stage.try_start("app-0").unwrap_err();
    // The one that was killed while its root was made may have said so before.
    assert!(why.contains("ended with 3: ") && why.ends_with("refused"), "{why}");
    stage.lose_volume("app-0", "data");
    stage.start("app-0");
    stage.ready("app-0");
    assert!(stage.ask("app", 80, "GET\n").trim().ends_with(" 1"));
}

#[test]
fn controllers_follow_a_render() {
    let Some(stage) = stage("simulated controllers", 2) else { return };
    stage.settle();
    assert_eq!(stage.pods(), ["app-0", "app-1"]);
    let (first, second) = (stage.address("app-0"), stage.address("app-1"));
    stage.deploy(&rendered(3, "1"));
    stage.settle();
    assert_eq!(stage.pods(), ["app-0", "app-1", "app-2"]);
    assert_eq!((stage.address("app-0"), stage.address("app-1")), (first.clone(), second.clone()));
    stage.deploy(&rendered(1, "2"));
    stage.settle();
    assert_eq!(stage.pods(), ["app-0"]);
    assert_ne!(stage.address("app-0"), first);
}
