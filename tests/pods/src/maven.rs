//! Fetches programs that come as jars from Maven into the user's cache, once.
//! It never downloads by itself: Maven does, from wherever it is configured to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::missing;

/// What ZooKeeper 3.9.4 runs with: its server loads jars it does not depend on by itself.
pub const ZOOKEEPER: [(&str, &str, &str); 10] = [
    ("org.apache.zookeeper", "zookeeper", "3.9.4"),
    ("org.apache.zookeeper", "zookeeper-prometheus-metrics", "3.9.4"),
    ("io.dropwizard.metrics", "metrics-core", "4.1.12.1"),
    ("org.xerial.snappy", "snappy-java", "1.1.10.5"),
    ("commons-cli", "commons-cli", "1.5.0"),
    ("org.eclipse.jetty", "jetty-server", "9.4.57.v20241219"),
    ("org.eclipse.jetty", "jetty-servlet", "9.4.57.v20241219"),
    ("com.fasterxml.jackson.core", "jackson-databind", "2.15.2"),
    ("jline", "jline", "2.14.6"),
    ("ch.qos.logback", "logback-classic", "1.3.15"),
];

/// Returns a folder with these jars (group, artifact, version) and all they need, or why it cannot be had.
pub fn jars(name: &str, wanted: &[(&str, &str, &str)]) -> Result<PathBuf, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(what) = missing(&["java", "mvn"]) {
        return Err(format!("{what}; apt-get install default-jre-headless maven"));
    }
    let folder = cache().join(name);
    let pom = pom(wanted);
    if fs::read_to_string(folder.join("pom.xml")).is_ok_and(|there| there == pom) {
        return Ok(folder.join("lib"));
    }
    // Fetched beside and renamed, so that a fetch that broke off, or another run's, is never half there.
    let beside = folder.with_extension(format!("{}.part", std::process::id()));
    let failed = |error: std::io::Error| format!("{}: {error}", beside.display());
    fs::create_dir_all(&beside).map_err(failed)?;
    fs::write(beside.join("pom.xml"), pom).map_err(failed)?;
    copy_jars(name, &beside)?;
    let _ = fs::remove_dir_all(&folder);
    if fs::rename(&beside, &folder).is_err() {
        // Another run was faster; its jars are the same.
        let _ = fs::remove_dir_all(&beside);
    }
    Ok(folder.join("lib"))
}

/// Where software for proofs is kept between runs.
pub fn cache() -> PathBuf {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or(home).unwrap_or_else(std::env::temp_dir);
    cache.join("ku8-real")
}

fn copy_jars(name: &str, folder: &Path) -> Result<(), String> {
    let output = Command::new("mvn")
        .args(["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"])
        .current_dir(folder)
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let reason = text.lines().find(|line| line.contains("ERROR")).unwrap_or("no reason given");
    if output.status.success() { Ok(()) } else { Err(format!("mvn could not fetch {name}: {reason}")) }
}

fn pom(wanted: &[(&str, &str, &str)]) -> String {
    let dependency = |(group, artifact, version): &(&str, &str, &str)| {
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
        )
    };
    let dependencies: String = wanted.iter().map(dependency).collect();
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
         <groupId>dev.ku8</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>\
         <dependencies>{dependencies}</dependencies></project>"
    )
}
