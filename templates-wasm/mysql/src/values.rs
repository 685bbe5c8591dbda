//! The values of this template as types.
//! It never judges them: that is `rules.rs`, and `transition.rs` for changes.

use std::collections::BTreeMap;

use serde::Deserialize;
use template_sdk::{Finding, Quantity, Request, State};

/// What a person can say about a server, beyond the block every template shares.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values {
    /// One server, or a primary with replicas.
    pub(crate) topology: Topology,
    /// How many replicas there are, and which member is the primary.
    pub(crate) replication: Replication,
    /// When a replica takes readers.
    pub(crate) readiness: Readiness,
    /// Whether connections are encrypted.
    pub(crate) tls: Tls,
    /// The release series.
    pub(crate) version: Version,
    /// The database made at first boot.
    pub(crate) database: String,
    /// Its owner; the database's name when absent.
    pub(crate) username: Option<String>,
    /// Character set of the server and the database.
    pub(crate) charset: String,
    /// Collation of the server and the database.
    pub(crate) collation: String,
    /// Connections at one time.
    pub(crate) max_connections: u64,
    /// InnoDB's cache; computed when absent.
    pub(crate) buffer_pool: Option<Quantity>,
    /// Days binary logs stay.
    pub(crate) binlog_expire_days: f64,
    /// What a crash may cost.
    pub(crate) durability: Durability,
    /// The server's SQL mode; its own when absent.
    pub(crate) sql_mode: Option<String>,
    /// Time zone of sessions.
    pub(crate) time_zone: String,
    /// How table names are stored and compared; decided at first boot.
    pub(crate) lower_case_table_names: u8,
    /// Seconds after which a query is logged as slow; none are when absent.
    pub(crate) slow_query_log_seconds: Option<f64>,
    /// SQL run once at first boot.
    pub(crate) init_scripts: InitScripts,
    /// Server id of ordinal 0.
    pub(crate) server_id_base: u32,
}

/// One server, or a primary with replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Topology {
    /// One server.
    Standalone,
    /// One primary, which takes writes, and replicas.
    Replication,
}

/// How many replicas there are, and which member is the primary; without effect for one server.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replication {
    /// Members beside the primary.
    pub(crate) replicas: u32,
    /// Whether a commit waits for a replica.
    pub(crate) semi_sync: bool,
    /// Milliseconds it waits at most.
    pub(crate) semi_sync_timeout_ms: u64,
    /// Ordinal of the member that takes writes.
    pub(crate) primary_ordinal: u32,
    /// What a new primary does when the old one does not answer.
    pub(crate) promotion: Promotion,
}

/// What a new primary does when the old one does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Promotion {
    /// It waits: nothing confirmed is lost.
    Wait,
    /// It goes on without what only the old one has.
    Force,
}

/// When a replica takes readers.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Readiness {
    /// Only while it replicates.
    pub(crate) require_replication: bool,
}

/// Whether connections are encrypted, and with whose certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tls {
    /// Who decides.
    pub(crate) mode: TlsMode,
    /// The Secret with the certificate.
    pub(crate) secret_name: Option<String>,
}

/// Who decides whether a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TlsMode {
    /// The client; the certificate is the server's own.
    Auto,
    /// The server, with a certificate of its own.
    Require,
    /// The server, with a certificate from a Secret.
    SecretRef,
}

/// A release series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Version {
    /// 8.4 LTS.
    #[serde(rename = "8.4")]
    V8_4,
    /// 9.7 LTS.
    #[serde(rename = "9.7")]
    V9_7,
}

impl Version {
    /// The image tag of the series.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::V8_4 => "8.4",
            Self::V9_7 => "9.7",
        }
    }
}

/// What a crash of the node may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Durability {
    /// Nothing that was confirmed.
    Full,
    /// About a second of confirmed writes.
    Relaxed,
}

/// SQL run once at first boot, by file name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InitScripts {
    /// Files given here.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// A ConfigMap somebody else made.
    pub(crate) config_map: Option<String>,
}

impl Values {
    /// Reads the values of a request.
    pub(crate) fn read(request: &Request) -> Result<Self, Finding> {
        request.at("")
    }

    /// Whether there are replicas.
    pub(crate) fn replicated(&self) -> bool {
        self.topology == Topology::Replication
    }

    /// Whether a commit waits for a replica.
    pub(crate) fn semi_sync(&self) -> bool {
        self.replicated() && self.replication.semi_sync
    }

    /// All members: the primary and its replicas.
    pub(crate) fn members(&self) -> u32 {
        if self.replicated() { self.replication.replicas + 1 } else { 1 }
    }

    /// Ordinal of the member that takes writes.
    pub(crate) fn primary(&self) -> u32 {
        if self.replicated() { self.replication.primary_ordinal } else { 0 }
    }

    /// The database's owner.
    pub(crate) fn username(&self) -> &str {
        self.username.as_deref().unwrap_or(&self.database)
    }

    /// Seconds binary logs stay.
    pub(crate) fn binlog_seconds(&self) -> u64 {
        // The schema allows 0.04 to 365 days; rounding to minutes keeps the number the same everywhere.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by the schema")]
        let minutes = (self.binlog_expire_days * 24.0 * 60.0).round().max(1.0) as u64;
        minutes * 60
    }
}

/// What an earlier state had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Before {
    /// Whether members had the account they replicate with.
    pub(crate) replicated: bool,
    /// All members.
    pub(crate) members: u32,
    /// Ordinal of the one that took writes.
    pub(crate) primary: u32,
}

/// Reads the members of an earlier state.
pub(crate) fn members_of(state: &State) -> Before {
    let replicated = state.at("/topology") == Some(Topology::Replication);
    let number = |pointer: &str| state.at::<u32>(pointer).filter(|_| replicated).unwrap_or(0);
    Before { replicated, members: number("/replication/replicas") + 1, primary: number("/replication/primaryOrdinal") }
}
