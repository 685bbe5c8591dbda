//! Fetches ZooKeeper and what it needs from Maven into the user's cache, once.
//! It never downloads by itself: Maven does, from wherever it is configured to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::missing;

const ZOOKEEPER: &str = "3.9.4";
/// Jars the server loads although it does not depend on them by itself.
const BESIDE: [(&str, &str, &str); 9] = [
    ("org.apache.zookeeper", "zookeeper-prometheus-metrics", ZOOKEEPER),
    ("io.dropwizard.metrics", "metrics-core", "4.1.12.1"),
    ("org.xerial.snappy", "snappy-java", "1.1.10.5"),
    ("commons-cli", "commons-cli", "1.5.0"),
    ("org.eclipse.jetty", "jetty-server", "9.4.57.v20241219"),
    ("org.eclipse.jetty", "jetty-servlet", "9.4.57.v20241219"),
    ("com.fasterxml.jackson.core", "jackson-databind", "2.15.2"),
    ("jline", "jline", "2.14.6"),
    ("ch.qos.logback", "logback-classic", "1.3.15"),
];

/// Returns the folder of jars, or the one line that says what is missing.
pub(super) fn zookeeper() -> Result<PathBuf, String> {
    static ONCE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    ONCE.get_or_init(fetch).clone()
}

fn fetch() -> Result<PathBuf, String> {
    if let Some(what) = missing(&["java", "mvn"]) {
        return Err(format!("{what}; apt-get install default-jre-headless maven"));
    }
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or(home).unwrap_or_else(std::env::temp_dir);
    let folder = cache.join("ku8-real").join(format!("zookeeper-{ZOOKEEPER}"));
    if !folder.is_dir() {
        // Fetched beside and renamed, so that a fetch that broke off, or another run's, is never half there.
        let beside = folder.with_extension(format!("{}.part", std::process::id()));
        let failed = |error: std::io::Error| format!("{}: {error}", beside.display());
        fs::create_dir_all(&beside).map_err(failed)?;
        fs::write(beside.join("pom.xml"), pom()).map_err(failed)?;
        copy_jars(&beside)?;
        if fs::rename(&beside, &folder).is_err() {
            // Another run was faster; its jars are the same.
            let _ = fs::remove_dir_all(&beside);
        }
    }
    Ok(folder.join("lib"))
}

fn copy_jars(folder: &Path) -> Result<(), String> {
    let output = Command::new("mvn")
        .args(["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"])
        .current_dir(folder)
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let reason = text.lines().find(|line| line.contains("ERROR")).unwrap_or("no reason given");
    if output.status.success() { Ok(()) } else { Err(format!("mvn could not fetch ZooKeeper: {reason}")) }
}

fn pom() -> String {
    let dependency = |(group, artifact, version): &(&str, &str, &str)| {
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
        )
    };
    let mut all = vec![("org.apache.zookeeper", "zookeeper", ZOOKEEPER)];
    all.extend(BESIDE);
    let dependencies: String = all.iter().map(dependency).collect();
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
         <groupId>dev.ku8</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>\
         <dependencies>{dependencies}</dependencies></project>"
    )
}
