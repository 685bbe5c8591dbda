//! The files members run with: zoo.cfg, logging, the scripts.
//! It never holds a secret; everything here goes into a ConfigMap.

use std::fmt::Write as _;

use template_sdk::block::Block;

use crate::values::Values;

/// Port of the metrics provider.
pub(crate) const METRICS_PORT: u16 = 7000;
/// Port clients connect to.
pub(crate) const CLIENT_PORT: u16 = 2181;
/// Port followers connect to.
pub(crate) const QUORUM_PORT: u16 = 2888;
/// Port of the leader election.
pub(crate) const ELECTION_PORT: u16 = 3888;

const ZOO_CFG: &str = include_str!("files/zoo.cfg");
const LOGBACK: &str = include_str!("files/logback.xml");

/// Every file, by name.
pub(crate) fn files(block: &Block, values: &Values) -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("zoo.cfg", zoo_cfg(block, values)),
        ("logback.xml", LOGBACK.replace("@LEVEL@", &values.log_level)),
        ("init.sh", include_str!("files/init.sh").to_owned()),
        ("ready.sh", include_str!("files/ready.sh").to_owned()),
        ("live.sh", include_str!("files/live.sh").to_owned()),
    ];
    if !values.passwords().is_empty() {
        files.push(("secrets.sh", include_str!("files/secrets.sh").to_owned()));
    }
    if values.reconfigures() {
        files.push(("ensemble.sh", include_str!("files/ensemble.sh").to_owned()));
        files.push(("start.sh", include_str!("files/start.sh").to_owned()));
        files.push(("members.sh", include_str!("files/members.sh").to_owned()));
    }
    files
}

/// The part of a member's name that all members share, as a suffix.
pub(crate) fn member_domain(block: &Block) -> String {
    block.fqdn(&format!("{}-headless", block.name))
}

/// The name a member is known by inside the ensemble.
pub(crate) fn member_host(block: &Block, ordinal: u32) -> String {
    block.fqdn(&format!("{name}-{ordinal}.{name}-headless", name = block.name))
}

fn zoo_cfg(block: &Block, values: &Values) -> String {
    let note = if values.reconfigures() {
        "# The member list is in the file named last, on the data volume; the server writes a new one with every change."
    } else {
        "# The member list below is the whole truth: members are neither added nor removed while running."
    };
    let settings = [
        ("@MEMBERS_NOTE@", note.to_owned()),
        ("@RECONFIG@", values.reconfigures().to_string()),
        ("@TICK_TIME@", values.tick_time.to_string()),
        ("@INIT_LIMIT@", values.init_limit.to_string()),
        ("@SYNC_LIMIT@", values.sync_limit.to_string()),
        ("@MAX_CLIENT_CNXNS@", values.max_client_cnxns.to_string()),
        ("@SNAP_RETAIN_COUNT@", values.autopurge.snap_retain_count.to_string()),
        ("@PURGE_INTERVAL@", values.autopurge.purge_interval_hours.to_string()),
        ("@WORDS@", values.four_letter_words.join(",")),
        ("@ADMIN_ENABLED@", values.admin_server.enabled.to_string()),
    ];
    let mut text = settings.iter().fold(ZOO_CFG.to_owned(), |text, (mark, value)| text.replace(mark, value));
    for (key, value) in optional(block, values) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{key}={value}");
    }
    text.push_str(&sasl(values));
    if !block.extra_config.is_empty() {
        let _ = writeln!(text, "\n# From extraConfig.\n{}", block.extra_config.trim_end());
    }
    text.push('\n');
    if values.reconfigures() {
        return text;
    }
    for ordinal in 0..values.members() {
        let (id, host) = (values.first_server_id + ordinal, member_host(block, ordinal));
        let _ = writeln!(text, "server.{id}={host}:{QUORUM_PORT}:{ELECTION_PORT}:participant;{CLIENT_PORT}");
    }
    text
}

/// Who must say who they are; passwords are in a file the pod writes.
fn sasl(values: &Values) -> String {
    let mut text = String::new();
    if values.auth.client {
        text.push_str(
            "\n# Whoever cannot tell the password has no session.\n\
             authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider\n\
             sessionRequireClientSASLAuth=true\n",
        );
    }
    if values.auth.quorum {
        text.push_str(
            "\nquorum.auth.enableSasl=true\nquorum.auth.learnerRequireSasl=true\nquorum.auth.serverRequireSasl=true\n\
             quorum.auth.learner.saslLoginContext=QuorumLearner\nquorum.auth.server.saslLoginContext=QuorumServer\n",
        );
    }
    text
}

fn optional(block: &Block, values: &Values) -> Vec<(&'static str, String)> {
    let mut lines = vec![];
    if values.data_log().is_some() {
        lines.push(("dataLogDir", "/datalog".to_owned()));
    }
    lines.extend(values.min_session_timeout.map(|time| ("minSessionTimeout", time.to_string())));
    lines.extend(values.max_session_timeout.map(|time| ("maxSessionTimeout", time.to_string())));
    lines.extend(values.snap_count.map(|count| ("snapCount", count.to_string())));
    lines.extend(values.pre_alloc_size_ki_b.map(|size| ("preAllocSize", size.to_string())));
    if block.metrics_port().is_some() {
        let provider = "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider";
        lines.push(("metricsProvider.className", provider.to_owned()));
        lines.push(("metricsProvider.httpPort", METRICS_PORT.to_string()));
        lines.push(("metricsProvider.exportJvmInfo", "true".to_owned()));
    }
    lines
}
