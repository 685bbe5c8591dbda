//! The values of this template as types.
//! It never judges them: that is `rules.rs`, and `transition.rs` for changes.

use serde::Deserialize;
use template_sdk::{Finding, Quantity, Request, State};

/// What a person can say about an ensemble, beyond the block every template shares.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values {
    /// Members the ensemble is meant to have; odd.
    pub(crate) replicas: u32,
    /// How the size changes.
    #[serde(default)]
    pub(crate) scaling: Scaling,
    /// Who may connect.
    #[serde(default)]
    pub(crate) auth: Auth,
    /// Id of the member with ordinal 0.
    pub(crate) first_server_id: u32,
    /// Milliseconds of one tick.
    pub(crate) tick_time: u32,
    /// Ticks a member may take to connect and sync.
    pub(crate) init_limit: u32,
    /// Ticks a member may lag behind.
    pub(crate) sync_limit: u32,
    /// Shortest session a client may ask for, in milliseconds; two ticks when absent.
    pub(crate) min_session_timeout: Option<u32>,
    /// Longest session a client may ask for, in milliseconds; twenty ticks when absent.
    pub(crate) max_session_timeout: Option<u32>,
    /// Connections from one address; 0 is no limit.
    pub(crate) max_client_cnxns: u32,
    /// When old snapshots go.
    pub(crate) autopurge: Autopurge,
    /// Transactions between snapshots; the software's own when absent.
    pub(crate) snap_count: Option<u32>,
    /// Size in KiB by which the log file grows; the software's own when absent.
    pub(crate) pre_alloc_size_ki_b: Option<u32>,
    /// Four-letter words the server answers.
    pub(crate) four_letter_words: Vec<String>,
    /// The HTTP admin server.
    pub(crate) admin_server: Switch,
    /// Largest request in bytes; the software's own when absent.
    #[serde(default)]
    pub(crate) jute: Jute,
    /// Heap in MiB; computed when absent.
    pub(crate) heap_mi_b: Option<u64>,
    /// Where data lives, as far as this template adds to it.
    pub(crate) storage: Storage,
    /// Prefix clients put before every path.
    #[serde(default)]
    pub(crate) chroot: String,
    /// Level of the server's own log.
    pub(crate) log_level: String,
}

/// How the size of an ensemble changes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Scaling {
    /// Where the member list lives.
    pub(crate) mode: Mode,
    /// The even size to stand at on the way to `replicas`; `static` only.
    pub(crate) via: Option<u32>,
    /// Members the ensemble began with; `reconfig` only.
    pub(crate) initial_replicas: u32,
}

/// Where the member list lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// In the configuration: it changes with a rolling restart.
    #[default]
    Static,
    /// On the volumes of the members: Jobs change it while they run.
    Reconfig,
}

/// Who may connect, by SASL digest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Auth {
    /// Clients give a name and a password.
    pub(crate) client: bool,
    /// Members give each other a password.
    pub(crate) quorum: bool,
    /// The clients' name.
    pub(crate) username: String,
}

/// When old snapshots go.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Autopurge {
    /// Snapshots that stay.
    pub(crate) snap_retain_count: u32,
    /// Hours between purges; 0 never purges.
    pub(crate) purge_interval_hours: u32,
}

/// Something that is on or off.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Switch {
    /// On.
    pub(crate) enabled: bool,
}

/// Limits of the wire protocol.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Jute {
    /// Largest request in bytes.
    pub(crate) maxbuffer_bytes: Option<u64>,
}

/// Where data lives, as far as this template adds to it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Storage {
    /// A volume for the transaction log alone.
    pub(crate) data_log: DataLog,
}

/// A volume for the transaction log alone.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct DataLog {
    /// Whether there is one.
    pub(crate) enabled: bool,
    /// Its size.
    pub(crate) size: Quantity,
}

impl Values {
    /// Reads the values of a request.
    pub(crate) fn read(request: &Request) -> Result<Self, Finding> {
        request.at("")
    }

    /// Members that are to exist now: the step on the way, or the aim.
    pub(crate) fn members(&self) -> u32 {
        self.scaling.via.unwrap_or(self.replicas)
    }

    /// True when Jobs change the member list while the members run.
    pub(crate) fn reconfigures(&self) -> bool {
        self.scaling.mode == Mode::Reconfig
    }

    /// Keys of the Secret that these values need.
    pub(crate) fn passwords(&self) -> Vec<&'static str> {
        let wanted = [
            (self.auth.client, "client-password"),
            (self.auth.quorum, "quorum-password"),
            (self.reconfigures(), "super-password"),
        ];
        wanted.into_iter().filter_map(|(wanted, key)| wanted.then_some(key)).collect()
    }

    /// Size of the transaction log's own volume, where it has one.
    pub(crate) fn data_log(&self) -> Option<Quantity> {
        self.storage.data_log.enabled.then_some(self.storage.data_log.size)
    }
}

/// Members an earlier state had.
pub(crate) fn members_of(state: &State) -> Option<u32> {
    state.at::<Option<u32>>("/scaling/via").flatten().or_else(|| state.at("/replicas"))
}

/// Memory the JVM's heap may take: three fifths of the limit, because the rest of the process needs the others.
pub(crate) fn heap_mib(limit: Quantity) -> u64 {
    (limit.mib() * 3 / 5).clamp(128, 31_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_follows_the_limit_and_stays_where_pointers_are_short() {
        assert_eq!(heap_mib(Quantity::from_mib(512)), 307);
        assert_eq!(heap_mib(Quantity::from_mib(1024)), 614);
        assert_eq!(heap_mib(Quantity::from_mib(100)), 128);
        assert_eq!(heap_mib(Quantity::from_mib(128 * 1024)), 31_000);
    }
}
