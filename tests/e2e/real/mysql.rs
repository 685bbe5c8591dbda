//! MySQL's rendered my.cnf and init script: by a small parser everywhere, by the real server where there is one.
//! It never takes MariaDB for MySQL.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::pod::Pod;
use super::{files, missing, read, rendered, skip, wait_for};

const CONTAINER: &str = "mysql";
const MINUTES: Duration = Duration::from_mins(3);
/// Passwords with everything that could end a literal early.
const SECRETS: [(&str, &str); 3] =
    [("root-password", "R'o\"o\\t#1"), ("password", "A'p\"p\\1 x"), ("monitor-password", "Monitor12345")];

fn values() -> Value {
    json!({
        "database": "or_ders", "username": "orders", "size": "dev", "metrics": {"enabled": true}, "slowQueryLogSeconds": 1,
        "initScripts": {"files": {"01-seed.sql": "CREATE TABLE seeded (id INT PRIMARY KEY);\nINSERT INTO seeded VALUES (42);\n"}},
    })
}

/// Settings of the `[mysqld]` section; the last of a name wins, as in the server.
fn settings(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';', '[', '!']));
    lines
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.replace('_', "-"), value.to_owned()))
        .collect()
}

#[test]
fn my_cnf_holds_what_the_server_must_be_told() {
    let objects = rendered("mysql", &json!({"database": "orders"}));
    let text = files(&objects).into_iter().find(|(_, file, _)| file == "my.cnf").expect("my.cnf").2;
    let settings = settings(&text);
    for (key, value) in [
        ("secure-file-priv", "NULL"),
        ("datadir", "/var/lib/mysql/data"),
        ("tmpdir", "/tmp"),
        ("skip-name-resolve", "ON"),
        ("mysqlx", "OFF"),
        ("innodb-buffer-pool-size", "1073741824"),
        ("innodb-redo-log-capacity", "536870912"),
        ("performance-schema", "ON"),
        ("gtid-mode", "ON"),
    ] {
        assert_eq!(settings.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert!(text.lines().any(|line| line == "!includedir /etc/mysql/ku8.d/"));
    assert!(text.lines().find(|line| line.starts_with('[')).is_some_and(|line| line == "[mysqld]"));
}

#[test]
fn a_secret_without_a_password_stops_before_anything_is_made() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let pod = Pod::new(&rendered("mysql", &values()), 0, root.path(), &[("root-password", "R")], Vec::new());
    let output = pod.init("init");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no value for the key 'password'"));
    assert_eq!(pod.folder("/var/lib/mysql").read_dir().expect("the volume").count(), 0);
}

/// Why the server cannot be run here, if it cannot.
fn no_server() -> Option<String> {
    if let Some(what) = missing(&["mysqld", "mysql", "mysqladmin"]) {
        return Some(format!("{what}; MySQL 8.4 or 9 is needed"));
    }
    let output = Command::new("mysqld").arg("--version").output().expect("mysqld");
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let fits = [" 8.4.", " 9."].iter().any(|series| version.contains(series)) && !version.contains("MariaDB");
    (!fits).then(|| format!("MySQL 8.4 or 9 is needed, found {}", version.trim()))
}

/// A pod whose server listens on a free port of loopback.
fn pod(root: &Path) -> Pod {
    let objects = rendered("mysql", &values());
    // As root the server wants to be told that this is meant; in a pod it is never root.
    let user = if rustix::process::getuid().is_root() { "\nuser=root" } else { "" };
    let port = super::free_port("127.0.0.1");
    let rewrites = vec![("port=3306".to_owned(), format!("port={port}\nbind-address=127.0.0.1{user}"))];
    Pod::new(&objects, 0, root, &SECRETS, rewrites)
}

fn init(pod: &Pod) -> String {
    let output = pod.init("init");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// Asks the server as the account a file of the run folder names.
fn ask(pod: &Pod, file: &str, sql: &str) -> String {
    let file = format!("--defaults-extra-file=/ku8/run/{file}");
    let output = pod.exec(CONTAINER, &["mysql", &file, "-Nse", sql]);
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}

#[test]
fn the_server_accepts_the_configuration_and_the_data_directory_is_made_once() {
    if let Some(why) = no_server() {
        return skip("MySQL on real software", &why);
    }
    let root = tempfile::tempdir_in("/tmp").expect("a short path: sockets have at most 107 characters");
    let mut pod = pod(root.path());
    let checked = pod.exec(CONTAINER, &["mysqld", "--defaults-file=/ku8/conf/my.cnf", "--validate-config"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    assert!(init(&pod).contains("making a new data directory"));
    assert!(init(&pod).contains("nothing to do"));
    serves(&pod);

    // A rotation: the host changes the Secret and counts up.
    std::fs::write(pod.folder("/ku8/auth").join("password"), "Rotated123").expect("a new password");
    pod.annotate("ku8.dev/secret-revision", "1");
    assert!(init(&pod).contains("applying the accounts again"));
    assert!(read(&pod.folder("/ku8/run").join("probe.cnf")).contains("Rotated123"));
    serves(&pod);
}

/// Starts the server, asks it everything, stops it.
fn serves(pod: &Pod) {
    let server = pod.start(CONTAINER);
    let ready = || pod.probe(CONTAINER, "readinessProbe").then_some(());
    wait_for(&format!("ready; {}", pod.log(CONTAINER)), MINUTES, ready);
    assert!(pod.probe(CONTAINER, "livenessProbe"));
    assert_eq!(ask(pod, "probe.cnf", "SELECT CURRENT_USER(), id FROM or_ders.seeded"), "orders@%\t42");
    assert_eq!(ask(pod, "probe.cnf", "SELECT @@gtid_executed"), "", "what init did is in no replica's way");
    assert!(ask(pod, "probe.cnf", "CREATE DATABASE orxders").contains("ERROR 1044"), "an underscore is no wildcard");
    assert_eq!(ask(pod, "probe.cnf", "SELECT @@server_id, @@innodb_buffer_pool_size"), "100\t134217728");
    assert_eq!(ask(pod, "monitor.cnf", "SELECT CURRENT_USER()"), "ku8monitor@localhost");
    assert!(ask(pod, "monitor.cnf", "SELECT id FROM or_ders.seeded").contains("ERROR 1142"));
    ask(pod, "probe.cnf", "SELECT SLEEP(1.1)");
    let slow = read(&pod.folder("/tmp").join("slow.log"));
    assert!(slow.contains("SELECT SLEEP"), "{slow}");
    assert!(server.stop().success());
    assert!(!pod.probe(CONTAINER, "livenessProbe"));
}

#[test]
fn a_crash_while_the_data_directory_is_made_is_survived() {
    if let Some(why) = no_server() {
        return skip("MySQL crash during init", &why);
    }
    let root = tempfile::tempdir_in("/tmp").expect("a short path");
    let pod = pod(root.path());
    let volume = pod.folder("/var/lib/mysql");
    for sign in [volume.join("data/mysql.ibd"), pod.folder("/ku8/run").join("accounts.sql")] {
        let running = pod.start_init("init");
        wait_for(&format!("{}", sign.display()), MINUTES, || sign.exists().then_some(()));
        running.kill();
        assert!(volume.join(".initialising").exists() && !volume.join(".ready").exists());
        // A new pod has a new memory volume.
        let _ = std::fs::remove_file(pod.folder("/ku8/run").join("accounts.sql"));
    }
    assert!(init(&pod).contains("making a new data directory"));
    serves(&pod);

    std::fs::remove_file(volume.join(".ready")).expect("the mark");
    let refused = pod.init("init");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("did not make"));
    assert!(volume.join("data/mysql.ibd").exists(), "data of others is left alone");
}
