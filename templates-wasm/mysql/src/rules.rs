//! Rules about one set of values, each with a stable code and a way out.
//! It never looks at earlier values: that is `transition.rs`.

use template_sdk::block::Block;
use template_sdk::{Finding, Findings, Quantity};

use crate::memory::{buffer_pool, redo_log, reserve_mib};
use crate::values::{TlsMode, Values};

const RESERVED_DATABASES: [&str; 4] = ["mysql", "sys", "information_schema", "performance_schema"];
const RESERVED_USERS: [&str; 3] = ["root", "repl", "ku8monitor"];

/// Settings the template computes or relies on, dashes for underscores.
const OWNED: [&str; 22] = [
    "datadir",
    "enforce-gtid-consistency",
    "event-scheduler",
    "general-log-file",
    "gtid-mode",
    "init-file",
    "innodb-buffer-pool-size",
    "innodb-redo-log-capacity",
    "log-bin",
    "lower-case-table-names",
    "max-connections",
    "pid-file",
    "plugin-load",
    "plugin-load-add",
    "port",
    "relay-log",
    "secure-file-priv",
    "server-id",
    "skip-networking",
    "socket",
    "tmpdir",
    "user",
];

/// Judges the values against each other and against the memory limit.
pub(crate) fn judge(values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    findings.extend(names(values));
    findings.extend(memory(values, block.resources.memory_limit));
    findings.extend(disk(values, block));
    findings.extend(collation(values));
    findings.extend(init_scripts(values));
    findings.extend(volumes(block));
    findings.extend(tls(values));
    findings.extend(extra_config(&block.extra_config, values));
    findings
}

fn names(values: &Values) -> Vec<Finding> {
    let (database, user) = (values.database.as_str(), values.username());
    let mut findings = vec![];
    if RESERVED_DATABASES.contains(&database.to_ascii_lowercase().as_str()) {
        let message = format!("`{database}` is a database of the server itself");
        let finding = Finding::error("/database", "mysql.names.reserved-database", message);
        findings.push(finding.hint("choose another name, such as the application's"));
    }
    if RESERVED_USERS.contains(&user.to_ascii_lowercase().as_str()) || user.starts_with("mysql.") {
        let message = format!("`{user}` is an account of the server or of this template");
        let finding = Finding::error("/username", "mysql.names.reserved-user", message);
        findings.push(finding.hint("set username to another name, such as the application's"));
    }
    if user.len() > 32 {
        let message = format!("`{user}` has {} characters; account names have at most 32", user.len());
        let finding = Finding::error("/username", "mysql.names.user-too-long", message);
        findings.push(finding.hint("set username to a shorter name than the database's"));
    }
    findings
}

fn memory(values: &Values, limit: Quantity) -> Vec<Finding> {
    let mut findings = vec![];
    if limit < Quantity::from_mib(1024) {
        let message = format!("a server without data takes about 500 MiB, and the limit is {limit}");
        let finding = Finding::error("/resources/limits/memory", "mysql.memory.too-small", message);
        findings.push(finding.hint("use 1Gi or more; size: dev is 1Gi"));
        return findings;
    }
    let pool = values.buffer_pool.unwrap_or_else(|| buffer_pool(limit, values.max_connections));
    let reserve = reserve_mib(values.max_connections);
    if let Some(given) = values.buffer_pool.filter(|given| *given > limit.percent(80)) {
        let message = format!("a buffer pool of {given} is more than four fifths of the limit {limit}");
        let finding = Finding::error("/bufferPool", "mysql.memory.buffer-pool", message);
        findings.push(finding.hint(format!("use {}Mi or less, or leave bufferPool out", limit.percent(80).mib())));
    }
    if pool.plus(Quantity::from_mib(reserve)) > limit {
        let connections = values.max_connections;
        let message = format!(
            "{connections} connections can take {reserve} MiB beside a buffer pool of {pool}, together more than the \
             limit {limit}: the server would be killed under load"
        );
        let room = limit.minus(pool).mib().saturating_sub(reserve_mib(0)) / 2;
        let finding = Finding::error("/maxConnections", "mysql.memory.over-committed", message);
        findings.push(finding.hint(format!(
            "use maxConnections of {room} or less, or a memory limit of {}Mi or more",
            reserve + pool.mib()
        )));
    }
    findings
}

fn disk(values: &Values, block: &Block) -> Option<Finding> {
    let limit = block.resources.memory_limit;
    let pool = values.buffer_pool.unwrap_or_else(|| buffer_pool(limit, values.max_connections));
    let needed = redo_log(pool).times(4, 1).plus(Quantity::from_mib(2048));
    (block.storage_size < needed).then(|| {
        let message = format!(
            "a volume of {} is too small for a redo log of {} and the data: {needed} at least",
            block.storage_size,
            redo_log(pool)
        );
        let finding = Finding::error("/storage/size", "mysql.storage.too-small", message);
        finding.hint(format!("use {} or more", needed.ceil_gib()))
    })
}

/// A collation's name begins with its character set's.
fn collation(values: &Values) -> Option<Finding> {
    let (charset, collation) = (&values.charset, &values.collation);
    let fits = collation == "binary" && charset == "binary" || collation.starts_with(&format!("{charset}_"));
    (!fits).then(|| {
        let message = format!("`{collation}` is not a collation of `{charset}`");
        let finding = Finding::error("/collation", "mysql.charset.pair", message);
        finding.hint(format!("choose a collation whose name begins with {charset}_"))
    })
}

fn init_scripts(values: &Values) -> Option<Finding> {
    let scripts = &values.init_scripts;
    (!scripts.files.is_empty() && scripts.config_map.is_some()).then(|| {
        let message = "both files and a ConfigMap are given, and their order would be a guess";
        let finding = Finding::error("/initScripts", "mysql.init-scripts.two-sources", message);
        finding.hint("put all files into one of them")
    })
}

/// Pausing scales to zero, and a claim that goes with its pod takes the data along.
fn volumes(block: &Block) -> Option<Finding> {
    (block.storage.on_scale_down.as_deref() == Some("delete")).then(|| {
        let message = "pausing scales to zero, and the volume would be deleted with the pod";
        let finding = Finding::error("/storage/onScaleDown", "mysql.storage.scale-down-delete", message);
        finding.hint("keep retain; delete --purge-data removes the volume when it is really meant")
    })
}

fn tls(values: &Values) -> Option<Finding> {
    let named = values.tls.secret_name.is_some();
    if values.tls.mode == TlsMode::SecretRef && !named {
        let finding = Finding::error("/tls/secretName", "mysql.tls.no-secret", "no Secret with a certificate is named");
        return Some(finding.hint("name a Secret with tls.crt and tls.key, or use mode: require"));
    }
    (named && values.tls.mode != TlsMode::SecretRef).then(|| {
        let message = "a Secret is named, and the mode does not use it";
        let finding = Finding::error("/tls/secretName", "mysql.tls.unused-secret", message);
        finding.hint("set tls.mode: secretRef, or leave secretName out")
    })
}

/// Settings that belong to a parameter in use, dashes for underscores; an asterisk stands for any rest.
fn owned_by_parameters(values: &Values) -> Vec<&'static str> {
    let mut owned = vec![];
    if values.replicated() {
        owned.extend([
            "binlog-do-db",
            "binlog-ignore-db",
            "log-replica-updates",
            "log-slave-updates",
            "persisted-globals-load",
            "plugin-dir",
            "read-only",
            "relay-log-recovery",
            "replica-net-timeout",
            "replica-parallel-workers",
            "replica-preserve-commit-order",
            "replica-start",
            "replicate-*",
            "report-host",
            "rpl-semi-sync-*",
            "slave-start",
            "super-read-only",
        ]);
    }
    if values.tls.mode != TlsMode::Auto {
        owned.extend(["require-secure-transport", "ssl-cert", "ssl-key", "ssl"]);
    }
    if values.slow_query_log_seconds.is_some() {
        owned.extend(["log-output", "long-query-time", "slow-query-log*"]);
    }
    owned
}

/// The server reads dashes and underscores alike, accepts `loose-` before a name, and reads files it is pointed at.
fn extra_config(extra: &str, values: &Values) -> Vec<Finding> {
    let parameters = owned_by_parameters(values);
    let refuse = |setting: String| {
        let message = format!("`{setting}` is set by the template");
        let finding = Finding::error("/extraConfig", "mysql.extra-config.owned", message);
        finding.hint("use the template's own parameter for it, where there is one")
    };
    let setting = |line: &str| {
        let name = line.split(['=', ' ', '\t']).next().unwrap_or(line);
        name.to_ascii_lowercase().replace('_', "-")
    };
    let owned = |name: &String| {
        let plain = name.trim_start_matches("loose-").trim_start_matches("skip-");
        let direct = OWNED.contains(&name.trim_start_matches("loose-")) || OWNED.contains(&plain);
        let by_parameter = parameters.iter().any(|owned| match owned.strip_suffix('*') {
            Some(start) => plain.starts_with(start),
            None => plain == *owned,
        });
        direct || by_parameter || name.starts_with(['[', '!']) || plain.starts_with("gtid")
    };
    let lines = extra.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    lines.map(setting).filter(owned).map(refuse).collect()
}
