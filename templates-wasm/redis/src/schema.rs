//! The template's own parameters, as questions a person can answer.
//! It never repeats a shared parameter; those come from the block.

use template_sdk::block::{self, Group, Property};
use template_sdk::{Value, json};

use crate::sentinel;
use crate::sentinel::schema::Properties;
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
    let all = [basic(), memory(), connections(), expert(), sentinel::schema::properties()];
    let properties = all.into_iter().flatten().collect();
    let own = json!({"properties": Property::all(properties)});
    let text = "In-memory data store: a persistent database or a cache; one server, or a set watched by Sentinels.";
    let own = Property::new(own, "Redis or Valkey", text)
        .zh("Redis 或 Valkey", "内存数据存储：可持久化的数据库或缓存；单个服务器，或由哨兵看护的一组服务器。");
    block::schema(&Engine::Redis.spec(), &own.value())
}

fn basic() -> Properties {
    let topology = "standalone = one node; it restarts in place. sentinel = a master and replicas; Sentinels replace a \
                    lost master within seconds.";
    let topology = Property::choice(&["standalone", "sentinel"], "Topology", topology)
        .zh("拓扑", "standalone = 单个节点，原地重启。sentinel = 一主多从，由哨兵在数秒内替换失效的主节点。")
        .transition("redis.topology.sentinel-to-standalone");
    let engine =
        "redis, or valkey: the same protocol and configuration under a BSD licence. Data does not move between them.";
    let engine = Property::choice(&["redis", "valkey"], "Engine", engine)
        .zh("引擎", "redis，或 valkey：协议和配置相同，采用 BSD 许可证。数据不能在两者之间迁移。")
        .transition("redis.engine.changed");
    let replicas =
        "Servers in all. Left out: 1 standalone, 3 with sentinel, where 5 or 7 survive two or three missing.";
    let replicas = Property::integer("Replicas", replicas)
        .zh("副本数", "服务器总数。不填：单节点为 1；sentinel 为 3，也可以是 5 或 7，分别允许缺失两个或三个。")
        .set("enum", json!([1, 3, 5, 7]))
        .transition("redis.scale.shrink-jump");
    let mode = "aof = every write is logged (a second may be lost); rdb = snapshots (minutes may be lost); both; \
                none = a cache that starts empty and has no volume.";
    let mode = Property::choice(&["aof", "rdb", "both", "none"], "What is kept on disk", mode)
        .zh("落盘方式", "aof = 记录每次写入（最多丢一秒）；rdb = 定期快照（可能丢几分钟）；both = 两者都用；none = 缓存，启动时为空，没有数据卷。")
        .default("aof")
        .transition("redis.persistence.aof-to-rdb");
    let persistence = Property::object("Persistence", "What survives a restart.", vec![("mode", mode)])
        .zh("持久化", "重启后保留什么。");
    vec![
        ("topology", topology.default("standalone").group(Group::Basic, 1)),
        ("engine", engine.default("redis").group(Group::Basic, 2)),
        ("replicas", replicas.group(Group::Basic, 3)),
        ("persistence", persistence.group(Group::Basic, 15)),
    ]
}

fn memory() -> Properties {
    let policy = "noeviction refuses writes; allkeys-lfu drops what is used least, which is what a cache wants; \
                  volatile policies drop only keys with an expiry.";
    let policy = Property::choice(&POLICIES, "When memory is full", policy)
        .zh(
            "内存满时",
            "noeviction 拒绝写入；allkeys-lfu 淘汰最少使用的键，适合缓存；volatile 开头的只淘汰设置了过期时间的键。",
        )
        .default("noeviction");
    let percent = "How much of the memory limit data may take. Left out: 65 with persistence, 80 without; the rest \
                   is needed while a snapshot or a log is written.";
    let percent = Property::integer("Share for data", percent)
        .zh(
            "数据所占比例",
            "数据最多占内存上限的百分之几。不填时：有持久化为 65，没有为 80；其余内存留给写快照或日志时使用。",
        )
        .range(30, 90)
        .unit("percent");
    vec![("maxmemoryPolicy", policy.group(Group::Basic, 16)), ("maxmemoryPercent", percent.group(Group::Advanced, 40))]
}

fn connections() -> Properties {
    let fsync = "everysec loses at most a second; always is slow; no leaves it to the kernel.";
    let fsync = Property::choice(&["everysec", "always", "no"], "When the log is flushed", fsync)
        .zh("日志刷盘时机", "everysec 最多丢一秒；always 很慢；no 由内核决定。")
        .default("everysec");
    let seconds = Property::integer("Seconds", "The snapshot is taken after this time, if enough changed.");
    let changes = Property::integer("Changes", "So many writes are enough.");
    let point = json!({
        "type": "object", "additionalProperties": false, "required": ["seconds", "changes"],
        "properties": Property::all(vec![
            ("seconds", seconds.zh("秒数", "经过这段时间后，如果改动够多就做快照。").range(1, 4_294_967_295).unit("seconds")),
            ("changes", changes.zh("改动次数", "达到这么多次写入才算够多。").range(1, 4_294_967_295)),
        ]),
    });
    let points = json!([
        {"seconds": 3600, "changes": 1}, {"seconds": 300, "changes": 100}, {"seconds": 60, "changes": 10000},
    ]);
    let save = "With rdb or both: a snapshot is taken after this many seconds with at least this many changes.";
    let save = Property::list(point, "Snapshots", save)
        .zh("快照", "persistence.mode 为 rdb 或 both 时：经过 seconds 秒且至少有 changes 次改动，就做一次快照。")
        .set("minItems", 1)
        .set("maxItems", 8)
        .default(points);
    let databases = "How many numbered databases there are. It can grow, not shrink while data is kept.";
    let databases = Property::integer("Databases", databases)
        .zh("数据库数量", "编号数据库的个数。可以增加；有数据时不能减少。")
        .range(1, 256)
        .transition("redis.databases.fewer");
    let timeout = Property::integer("Idle timeout", "Idle clients are disconnected after this; 0 = never.")
        .zh("空闲超时", "空闲的客户端在这么久之后断开；0 = 从不。");
    let keepalive = Property::integer("TCP keepalive", "How often idle connections are probed; 0 = never.")
        .zh("TCP 保活间隔", "多久探测一次空闲连接；0 = 从不。");
    let clients = Property::integer("Clients", "Highest number of connections.")
        .zh("最大客户端数", "连接数的上限。")
        .range(32, 1_000_000);
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
    let commands = Property::list(command, "Disabled commands", commands)
        .zh("禁用的命令", "任何人都不能执行的命令，例如 flushall；通过访问规则实现，不改命令名。")
        .set("uniqueItems", true)
        .default(json!([]));
    let modules = "Loads the modules of the official Redis image (search, JSON, …); Redis 8 and newer only.";
    let modules = Property::boolean("Modules", modules)
        .zh("模块", "加载 Redis 官方镜像自带的模块（搜索、JSON 等）；仅限 Redis 8 及以上。")
        .default(false)
        .transition("redis.modules.switched-off");
    vec![("disableCommands", commands.group(Group::Expert, 93)), ("modules", modules.group(Group::Expert, 94))]
}
