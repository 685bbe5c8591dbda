//! What the template must render and refuse, run natively.
//! It never starts the software: tests/e2e/real does.

use template_sdk::testing::{Case, render};
use template_sdk::{Findings, Rendered, Request, Template, Value, json};

use crate::MySql;

/// Values with the one that has no default.
pub(crate) fn with(mut values: Value) -> Value {
    if values.get("database").is_none() {
        values["database"] = json!("orders");
    }
    values
}

pub(crate) fn rendered(values: Value) -> Rendered {
    render::<MySql>(with(values)).unwrap()
}

pub(crate) fn refused(values: Value) -> Findings {
    render::<MySql>(with(values)).unwrap_err()
}

pub(crate) fn change(from: Value, to: Value) -> Result<Rendered, Findings> {
    Case::new(with(to)).previous(with(from)).render::<MySql>()
}

/// Code of every refusal must come with a way out.
pub(crate) fn assert_refused(findings: &Findings, code: &str) {
    assert!(findings.has(code), "{findings:?}");
    assert!(findings.iter().all(|finding| finding.hint.is_some()), "{findings:?}");
}

pub(crate) fn my_cnf(values: Value) -> String {
    rendered(values).find("ConfigMap", "demo-config").unwrap()["data"]["my.cnf"].as_str().unwrap().to_owned()
}

pub(crate) fn pod(rendered: &Rendered) -> Value {
    rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"]["spec"].clone()
}

pub(crate) fn has_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found == *line), "{line} is missing in:\n{text}");
    }
}

#[test]
fn my_cnf_has_what_a_server_in_a_pod_needs() {
    let text = my_cnf(json!({}));
    has_lines(
        &text,
        &[
            "secure-file-priv=NULL",
            "datadir=/var/lib/mysql/data",
            "socket=/var/run/mysqld/mysqld.sock",
            "tmpdir=/tmp",
            "log-bin=binlog",
            "relay-log=relay",
            "skip-name-resolve=ON",
            "mysqlx=OFF",
            "gtid-mode=ON",
            "plugin-load-add=mysql_clone.so",
            "!includedir /etc/mysql/ku8.d/",
            "binlog-expire-logs-seconds=604800",
            "innodb-flush-log-at-trx-commit=1",
        ],
    );
    assert!(!text.contains('@') && !text.contains("default-authentication-plugin"), "{text}");
}

#[test]
fn memory_settings_follow_the_limit() {
    let small = ["innodb-buffer-pool-size=1073741824", "innodb-redo-log-capacity=536870912", "performance-schema=ON"];
    has_lines(&my_cnf(json!({})), &small);
    let dev = ["innodb-buffer-pool-size=134217728", "innodb-redo-log-capacity=104857600", "performance-schema=OFF"];
    has_lines(&my_cnf(json!({"size": "dev"})), &dev);
    has_lines(&my_cnf(json!({"size": "dev", "metrics": {"enabled": true}})), &["performance-schema=ON"]);
    has_lines(&my_cnf(json!({"bufferPool": "256Mi"})), &["innodb-buffer-pool-size=268435456"]);
}

#[test]
fn optional_settings_appear_only_when_given() {
    let quiet = my_cnf(json!({}));
    assert!(!quiet.contains("sql-mode") && !quiet.contains("slow-query"));
    let text = my_cnf(json!({
        "sqlMode": "ANSI", "slowQueryLogSeconds": (0.5), "durability": "relaxed", "binlogExpireDays": (0.5),
        "extraConfig": "innodb-print-all-deadlocks=ON",
    }));
    let lines = ["sql-mode=ANSI", "long-query-time=0.5", "sync-binlog=1000", "binlog-expire-logs-seconds=43200"];
    has_lines(&text, &lines);
    has_lines(&text, &["innodb-print-all-deadlocks=ON"]);
}

#[test]
fn passwords_are_files_of_the_init_container_only() {
    let rendered = rendered(json!({"metrics": {"enabled": true}}));
    let pod = pod(&rendered);
    let text = pod.to_string();
    assert!(!text.contains("secretKeyRef"));
    let mounts = |container: &Value| container["volumeMounts"].to_string().contains("\"auth\"");
    assert!(mounts(&pod["initContainers"][0]));
    assert!(!mounts(&pod["initContainers"][1]) && !mounts(&pod["containers"][0]));
    assert!(pod["volumes"].to_string().contains("monitor-password"));
    assert_eq!(rendered.secrets[0].name, "demo-auth");
    assert_eq!(rendered.secrets[0].keys.len(), 3);
}

#[test]
fn the_monitor_account_exists_only_for_metrics() {
    let plain = rendered(json!({}));
    assert_eq!(plain.secrets[0].keys.keys().collect::<Vec<_>>(), ["password", "root-password"]);
    assert_eq!(pod(&plain)["initContainers"].as_array().unwrap().len(), 1);
    let watched = rendered(json!({"metrics": {"enabled": true}}));
    let exporter = &pod(&watched)["initContainers"][1];
    assert_eq!(exporter["restartPolicy"], "Always");
    assert_eq!(exporter["args"][0], "--config.my-cnf=/ku8/run/monitor.cnf");
}

#[test]
fn an_existing_secret_is_used_as_it_is() {
    let rendered = rendered(json!({"auth": {"existingSecret": "vault"}}));
    assert_eq!(rendered.secrets[0].name, "vault");
    assert_eq!(rendered.outputs[0].value()["password"], json!({"secret": "vault", "key": "password"}));
    assert!(pod(&rendered)["volumes"].to_string().contains("\"secretName\":\"vault\""));
}

#[test]
fn the_server_has_time_to_recover_and_to_stop() {
    let rendered = rendered(json!({}));
    let pod = pod(&rendered);
    assert_eq!(pod["terminationGracePeriodSeconds"], 120);
    assert_eq!(pod["containers"][0]["startupProbe"]["failureThreshold"], 360);
    assert!(rendered.find("PodDisruptionBudget", "demo").is_none());
    assert!(rendered.find("NetworkPolicy", "demo").is_some());
    let service = rendered.find("Service", "demo").unwrap();
    assert_eq!(service["spec"]["selector"]["statefulset.kubernetes.io/pod-name"], "demo-0");
}

#[test]
fn the_version_is_the_image_and_the_label() {
    let rendered = rendered(json!({"version": "9.7"}));
    assert_eq!(pod(&rendered)["containers"][0]["image"], "docker.io/library/mysql:9.7");
    let set = rendered.find("StatefulSet", "demo").unwrap();
    assert_eq!(set["metadata"]["labels"]["app.kubernetes.io/version"], "9.7");
}

#[test]
fn clients_get_an_address_and_references_only() {
    let rendered = rendered(json!({"username": "app"}));
    let output = rendered.outputs[0].value();
    assert_eq!(output["uri"], "mysql://{username}:{password}@demo.prod.svc:3306/orders");
    assert_eq!(output["jdbc"], "jdbc:mysql://demo.prod.svc:3306/orders?sslMode=PREFERRED");
    assert_eq!(output["username"], "app");
}

#[test]
fn the_account_is_called_like_the_database_unless_named() {
    assert_eq!(rendered(json!({})).outputs[0].value()["username"], "orders");
    let long = "a".repeat(33);
    assert_refused(&refused(json!({"database": long.clone()})), "mysql.names.user-too-long");
    rendered(json!({"database": long, "username": "app"}));
}

#[test]
fn init_scripts_come_from_one_place() {
    let own = rendered(json!({"initScripts": {"files": {"01-schema.sql": "CREATE TABLE t (id INT);"}}}));
    assert!(own.find("ConfigMap", "demo-init-scripts").is_some());
    assert!(pod(&own)["initContainers"][0].to_string().contains("/ku8/init"));
    // Without the check that every ConfigMap is rendered: this one is somebody else's.
    let case = Case::new(with(json!({"initScripts": {"configMap": "seed"}})));
    let request = Request::parse(&case.request(&MySql::schema()).to_string()).unwrap();
    let named = MySql::render(&request).unwrap();
    assert!(pod(&named)["volumes"].to_string().contains("\"seed\""));
    let both = json!({"initScripts": {"configMap": "seed", "files": {"a.sql": "SELECT 1;"}}});
    assert_refused(&refused(both), "mysql.init-scripts.two-sources");
}

#[test]
fn memory_is_enough_for_the_server_and_its_connections() {
    let limit = |limit: &str, more: Value| {
        let mut values =
            json!({"size": "custom", "resources": {"limits": {"memory": limit}}, "storage": {"size": "20Gi"}});
        values.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        values
    };
    rendered(limit("1Gi", json!({})));
    assert_refused(&refused(limit("1023Mi", json!({}))), "mysql.memory.too-small");
    rendered(limit("1Gi", json!({"maxConnections": 192})));
    let findings = refused(limit("1Gi", json!({"maxConnections": 193})));
    assert_refused(&findings, "mysql.memory.over-committed");
    assert!(findings.iter().next().unwrap().hint.as_deref().unwrap().contains("192 or less"));
    rendered(limit("8Gi", json!({"bufferPool": "6Gi"})));
    assert_refused(&refused(limit("8Gi", json!({"bufferPool": "6600Mi"}))), "mysql.memory.buffer-pool");
}

#[test]
fn the_volume_holds_the_redo_log_and_some_data() {
    rendered(json!({"storage": {"size": "4Gi"}}));
    assert_refused(&refused(json!({"storage": {"size": "3Gi"}})), "mysql.storage.too-small");
    for size in ["dev", "small", "medium", "large"] {
        rendered(json!({"size": size}));
    }
}

#[test]
fn names_of_the_server_are_not_taken() {
    assert_refused(&refused(json!({"database": "MySQL", "username": "a"})), "mysql.names.reserved-database");
    for user in ["root", "repl", "ku8monitor"] {
        assert_refused(&refused(json!({"username": user})), "mysql.names.reserved-user");
    }
    assert_refused(&refused(json!({"database": "repl"})), "mysql.names.reserved-user");
}

#[test]
fn a_collation_belongs_to_its_character_set() {
    rendered(json!({"charset": "latin1", "collation": "latin1_swedish_ci"}));
    assert_refused(&refused(json!({"charset": "latin1"})), "mysql.charset.pair");
}

#[test]
fn volumes_do_not_go_with_a_pause() {
    assert_refused(&refused(json!({"storage": {"onScaleDown": "delete"}})), "mysql.storage.scale-down-delete");
}

#[test]
fn settings_of_the_template_are_not_set_twice() {
    let lines = [
        "datadir=/x",
        "server_id = 3",
        "loose-log_bin=x",
        "skip-log-bin",
        "gtid_purged=x",
        "!include /etc/x",
        "[client]",
    ];
    for line in lines {
        assert_refused(&refused(json!({"extraConfig": line})), "mysql.extra-config.owned");
    }
    rendered(json!({"extraConfig": "# datadir stays\nwait_timeout=600"}));
}

#[test]
fn versions_go_up_only() {
    let up = change(json!({}), json!({"version": "9.7"})).unwrap();
    assert!(up.warnings.has("mysql.version.up"));
    assert_refused(&change(json!({"version": "9.7"}), json!({})).unwrap_err(), "mysql.version.down");
    let tagged = json!({"version": "9.7", "image": {"tag": "9.7.2"}});
    change(tagged.clone(), json!({"version": "9.7"})).unwrap();
    assert_refused(&change(tagged, json!({})).unwrap_err(), "mysql.version.down");
    let innovation = json!({"version": "9.7", "image": {"tag": "26.7"}});
    assert!(change(json!({"version": "9.7"}), innovation).unwrap().warnings.has("mysql.version.innovation"));
}

#[test]
fn what_the_data_directory_remembers_does_not_change() {
    let code = |to: Value| change(json!({}), to).unwrap_err();
    assert_refused(&code(json!({"lowerCaseTableNames": 1})), "mysql.names.case-immutable");
    assert_refused(&code(json!({"database": "shop", "username": "orders"})), "mysql.names.database-immutable");
    assert_refused(&code(json!({"username": "app"})), "mysql.names.user-immutable");
    assert_refused(&code(json!({"serverIdBase": 7})), "mysql.server-id.immutable");
    assert_refused(&code(json!({"size": "dev"})), "mysql.storage.shrink");
    // Saying the default aloud is no change.
    change(json!({}), json!({"username": "orders"})).unwrap();
    let charset = change(json!({}), json!({"collation": "utf8mb4_bin"})).unwrap();
    assert!(charset.warnings.has("mysql.charset.changed"));
    let scripts = change(json!({}), json!({"initScripts": {"files": {"a.sql": "SELECT 1;"}}})).unwrap();
    assert!(scripts.warnings.has("mysql.init-scripts.spent"));
}
