//! The template's own parameters, as questions a person can answer.
//! It never repeats a shared parameter; those come from the block.

use template_sdk::block::{self, Group, Property};
use template_sdk::{Value, json};

use crate::values::Engine;

const POLICIES: [&str; 8] = [
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
];

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let properties = [basic(), memory(), connections(), expert()].into_iter().flatten().collect();
    let own = json!({
        "title": "Redis or Valkey",
        "description": "A standalone in-memory data store.",
        "properties": Property::all(properties),
    });
    block::schema(&Engine::Redis.spec(), &own)
}

type Properties = Vec<(&'static str, Property)>;

fn basic() -> Properties {
    let topology = Property::choice(&["standalone"], "Topology", "standalone = one node; it restarts in place.");
    let engine =
        "redis, or valkey: the same protocol and configuration under a BSD licence. Data does not move between them.";
    let engine = Property::choice(&["redis", "valkey"], "Engine", engine).transition("redis.engine.changed");
    let replicas = Property::integer("Replicas", "A standalone node is exactly one.").range(1, 1);
    let mode = "aof = every write is logged (a second may be lost); rdb = snapshots (minutes may be lost); both; \
                none = a cache that starts empty and has no volume.";
    let mode = Property::choice(&["aof", "rdb", "both", "none"], "What is kept on disk", mode)
        .default("aof")
        .transition("redis.persistence.aof-to-rdb");
    let persistence = Property::object("Persistence", "What survives a restart.", vec![("mode", mode)]);
    vec![
        ("topology", topology.default("standalone").group(Group::Basic, 1)),
        ("engine", engine.default("redis").group(Group::Basic, 2)),
        ("replicas", replicas.default(1).group(Group::Basic, 3)),
        ("persistence", persistence.group(Group::Basic, 15)),
    ]
}

fn memory() -> Properties {
    let policy = "noeviction refuses writes; allkeys-lfu drops what is used least, which is what a cache wants; \
                  volatile policies drop only keys with an expiry.";
    let policy = Property::choice(&POLICIES, "When memory is full", policy).default("noeviction");
    let percent = "How much of the memory limit data may take. Left out: 65 with persistence, 80 without; the rest \
                   is needed while a snapshot or a log is written.";
    let percent = Property::integer("Share for data", percent).range(30, 90).unit("percent");
    vec![("maxmemoryPolicy", policy.group(Group::Basic, 16)), ("maxmemoryPercent", percent.group(Group::Advanced, 40))]
}

fn connections() -> Properties {
    let fsync = "everysec loses at most a second; always is slow; no leaves it to the kernel.";
    let fsync = Property::choice(&["everysec", "always", "no"], "When the log is flushed", fsync).default("everysec");
    let number = |least: u32| json!({"type": "integer", "minimum": least, "maximum": 4_294_967_295_u32});
    let point = json!({
        "type": "object", "additionalProperties": false, "required": ["seconds", "changes"],
        "properties": {"seconds": number(1), "changes": number(1)},
    });
    let points = json!([
        {"seconds": 3600, "changes": 1}, {"seconds": 300, "changes": 100}, {"seconds": 60, "changes": 10000},
    ]);
    let save = "With rdb or both: a snapshot is taken after this many seconds with at least this many changes.";
    let save = Property::list(point, "Snapshots", save).set("minItems", 1).set("maxItems", 8).default(points);
    let databases = "How many numbered databases there are. It can grow, not shrink while data is kept.";
    let databases = Property::integer("Databases", databases).range(1, 256).transition("redis.databases.fewer");
    let timeout = Property::integer("Idle timeout", "Idle clients are disconnected after this; 0 = never.");
    let keepalive = Property::integer("TCP keepalive", "How often idle connections are probed; 0 = never.");
    let clients = Property::integer("Clients", "Highest number of connections.").range(32, 1_000_000);
    vec![
        ("appendfsync", fsync.group(Group::Advanced, 41)),
        ("save", save.group(Group::Advanced, 42)),
        ("databases", databases.default(16).group(Group::Advanced, 43)),
        ("timeoutSeconds", timeout.range(0, 86_400).default(0).unit("seconds").group(Group::Advanced, 44)),
        ("tcpKeepalive", keepalive.range(0, 86_400).default(60).unit("seconds").group(Group::Advanced, 45)),
        ("maxclients", clients.default(10_000).group(Group::Advanced, 46)),
    ]
}

fn expert() -> Properties {
    let command = json!({"type": "string", "pattern": "^[a-z][a-z0-9|-]*$"});
    let commands = "Commands nobody may run, such as flushall; by access rule, so that nothing is renamed.";
    let commands = Property::list(command, "Disabled commands", commands).set("uniqueItems", true).default(json!([]));
    let modules = "Loads the modules of the official Redis image (search, JSON, …); Redis 8 and newer only.";
    let modules = Property::boolean("Modules", modules).default(false).transition("redis.modules.switched-off");
    vec![("disableCommands", commands.group(Group::Expert, 93)), ("modules", modules.group(Group::Expert, 94))]
}
