//! The parameters of this template, on top of the shared block.
//! It never says what a rule must compute: bounds of single values only.

use template_sdk::block::{self, Group, Property};
use template_sdk::{Value, json};

use crate::SPEC;

/// Four-letter words the server knows.
const WORDS: [&str; 17] = [
    "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok", "srst", "srvr", "stat",
    "wchc", "wchp", "wchs",
];

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let own: template_sdk::Map<String, Value> = basic()
        .into_iter()
        .chain(timing())
        .chain(server())
        .chain(expert())
        .map(|(name, property)| (name.to_owned(), property.value()))
        .collect();
    let mut own = json!({ "properties": own });
    // Metrics are built into the server and cost nothing; the transaction log joins the shared storage.
    own["properties"]["metrics"] = json!({"properties": {"enabled": {"default": true}}});
    own["properties"]["auth"] = json!({"properties": Property::all(auth())});
    own["properties"]["storage"] = json!({"properties": {"dataLog": data_log().value()}});
    let own = Property::new(own, "Apache ZooKeeper", "Coordination service: one member, or an ensemble of 3, 5 or 7.")
        .zh("Apache ZooKeeper", "协调服务：单个成员，或由 3、5、7 个成员组成的集群。");
    block::schema(&SPEC, &own.value())
}

fn basic() -> Vec<(&'static str, Property)> {
    let replicas = "Members of the ensemble. 3 survive the loss of one, 5 of two, 7 of three; 1 is for development \
                    and grows later only with scaling.mode reconfig.";
    let replicas = Property::integer("Members", replicas)
        .zh(
            "成员数",
            "集群的成员数。3 个能承受失去 1 个，5 个能承受 2 个，7 个能承受 3 个；1 个只用于开发，只有 scaling.mode 为 reconfig 时以后才能扩大。",
        )
        .set("enum", json!([1, 3, 5, 7]))
        .default(3)
        .transition("zookeeper.scale.odd-jump")
        .group(Group::Basic, 1);
    let chroot = "Path put behind the addresses that clients get, such as /shop; the application creates it.";
    let chroot = Property::text("Client root", chroot)
        .zh("客户端根路径", "加在客户端得到的地址后面的路径，例如 /shop；由应用创建。")
        .pattern("^(/[A-Za-z0-9._-]+)*$")
        .default("");
    vec![("replicas", replicas), ("chroot", chroot.group(Group::Advanced, 48))]
}

fn timing() -> Vec<(&'static str, Property)> {
    let tick = Property::integer("Tick", "The unit of the other times.")
        .zh("时钟周期", "其他时间参数的单位。")
        .range(500, 10_000)
        .default(2000);
    let init = "Ticks a member may take to connect to the leader and copy its data; raise it for large data sets.";
    let init = Property::integer("First sync", init)
        .zh("首次同步", "成员连接领导者并复制数据最多可用多少个周期；数据量大时调高。")
        .range(2, 100)
        .default(10);
    let sync = Property::integer("Keeping up", "Ticks a member may lag behind the leader.")
        .zh("同步落后", "成员最多可以比领导者落后多少个周期。")
        .range(2, 100)
        .default(5);
    let shortest = "Shortest session a client may ask for; left out, two ticks.";
    let shortest = Property::integer("Shortest session", shortest)
        .zh("最短会话", "客户端可以要求的最短会话；不填为两个周期。")
        .range(1000, 3_600_000);
    let longest = "Longest session a client may ask for; left out, twenty ticks.";
    let longest = Property::integer("Longest session", longest)
        .zh("最长会话", "客户端可以要求的最长会话；不填为二十个周期。")
        .range(1000, 86_400_000);
    let clients = "Connections from one address; 0 is no limit.";
    let clients = Property::integer("Connections per client", clients)
        .zh("每个客户端的连接数", "来自同一地址的连接数；0 表示不限。")
        .range(0, 10_000)
        .default(60);
    vec![
        ("tickTime", tick.unit("milliseconds").group(Group::Advanced, 41)),
        ("initLimit", init.unit("ticks").group(Group::Advanced, 42)),
        ("syncLimit", sync.unit("ticks").group(Group::Advanced, 43)),
        ("minSessionTimeout", shortest.unit("milliseconds").group(Group::Advanced, 44)),
        ("maxSessionTimeout", longest.unit("milliseconds").group(Group::Advanced, 45)),
        ("maxClientCnxns", clients.group(Group::Advanced, 40)),
    ]
}

fn server() -> Vec<(&'static str, Property)> {
    let keep = Property::integer("Snapshots kept", "Newest snapshots that stay.")
        .zh("保留的快照数", "保留最新的多少个快照。")
        .range(3, 1000)
        .default(3);
    let hours = "How often older ones are deleted; 0 never does, and the disk fills.";
    let hours = Property::integer("Hours between purges", hours)
        .zh("清理间隔小时数", "多久删除一次更旧的快照；0 表示从不，磁盘会被写满。")
        .range(0, 168)
        .unit("hours")
        .default(1);
    let purge = vec![("snapRetainCount", keep), ("purgeIntervalHours", hours)];
    let purge = Property::object("Clean-up", "What becomes of old snapshots and logs.", purge)
        .zh("清理", "如何处理旧的快照和日志。");

    let words = "Short commands the server answers on its client port; srvr and ruok serve the probes.";
    let words = Property::list(json!({"enum": WORDS}), "Four-letter words", words)
        .zh("四字命令", "服务器在客户端端口上回应的短命令；srvr 和 ruok 供探针使用。")
        .set("uniqueItems", true)
        .default(json!(["srvr", "mntr", "ruok", "conf", "isro"]));
    let admin = Property::boolean(
        "Serve HTTP",
        "On port 8080 of the pod's own loopback address: kubectl port-forward reaches it, others do not.",
    )
    .zh("提供 HTTP", "监听 Pod 回环地址的 8080 端口：kubectl port-forward 可以访问，其他人不能。")
    .default(true);
    let admin = Property::object("Admin server", "Figures and commands over HTTP.", vec![("enabled", admin)])
        .zh("管理服务", "通过 HTTP 查看数据、执行命令。");
    let level = Property::choice(&["ERROR", "WARN", "INFO", "DEBUG"], "Log level", "How much the server logs.")
        .zh("日志级别", "服务器记录多少日志。");
    vec![
        ("autopurge", purge.group(Group::Advanced, 46)),
        ("fourLetterWords", words.group(Group::Advanced, 49)),
        ("adminServer", admin.group(Group::Advanced, 50)),
        ("logLevel", level.default("INFO").group(Group::Advanced, 51)),
    ]
}

fn expert() -> Vec<(&'static str, Property)> {
    let heap = "Memory of the JVM; left out, 60 % of the memory limit.";
    let heap = Property::integer("Heap", heap)
        .zh("堆内存", "JVM 的内存；不填为内存上限的 60 %。")
        .range(128, 31_000)
        .unit("MiB");
    let snap = "Transactions between snapshots; left out, the server's own.";
    let snap = Property::integer("Snapshot interval", snap)
        .zh("快照间隔", "两次快照之间的事务数；不填为服务器自己的默认值。")
        .range(1000, 10_000_000);
    let pre = "By how much the log file grows at a time; left out, the server's own.";
    let pre = Property::integer("Log growth", pre)
        .zh("日志增长量", "日志文件每次增大多少；不填为服务器自己的默认值。")
        .range(1024, 1_048_576)
        .unit("KiB");
    let buffer = "Largest request; clients must be given the same. Left out, 1 MiB.";
    let buffer = Property::integer("Largest request", buffer)
        .zh("最大请求", "单个请求的大小上限；客户端要设置相同的值。不填为 1 MiB。")
        .range(1_048_576, 67_108_864)
        .unit("bytes");
    let jute = Property::object("Protocol", "Limits of the wire protocol.", vec![("maxbufferBytes", buffer)])
        .zh("协议", "网络协议的限制。");
    let first = "Id of the member with ordinal 0. Only for taking over volumes that count from another number.";
    let first = Property::integer("First server id", first)
        .zh("首个成员编号", "序号为 0 的成员的编号。仅在接管从其他数字开始编号的数据卷时使用。")
        .range(0, 200)
        .default(1)
        .immutable()
        .transition("zookeeper.ids.immutable");
    let mode = "static = the member list is part of the configuration, changes with a rolling restart, and grows by \
                one at a time. reconfig = the list is on the volumes, Jobs change it while the members run, and any \
                growth is safe.";
    let mode = Property::choice(&["static", "reconfig"], "How members change", mode)
        .zh(
            "成员变更方式",
            "static = 成员列表是配置的一部分，通过滚动重启变更，每次只能增加一个。reconfig = 成员列表保存在数据卷上，由 Job 在运行中变更，任何扩大都是安全的。",
        )
        .default("static")
        .immutable()
        .transition("zookeeper.scale.mode");
    let via = "The even size to stand at while growing by one in mode static: 4 on the way from 3 to 5, 6 from 5 to 7.";
    let via = Property::integer("Step in between", via)
        .zh("中间步骤", "static 方式下逐个扩大时停留的偶数规模：从 3 到 5 经过 4，从 5 到 7 经过 6。")
        .set("enum", json!([4, 6]))
        .transition("zookeeper.scale.odd-jump");
    let begun = "How many members the ensemble begins with in mode reconfig; the same number as replicas at the first \
                 publish. Only they may start without asking the others.";
    let begun = Property::integer("Members at the beginning", begun)
        .zh(
            "初始成员数",
            "reconfig 方式下集群开始时的成员数；首次发布时必须等于成员数。只有它们可以不询问其他成员就启动。",
        )
        .set("enum", json!([1, 3, 5, 7]))
        .default(3)
        .immutable()
        .transition("zookeeper.scale.initial");
    let all = vec![("mode", mode), ("via", via), ("initialReplicas", begun)];
    let scaling = Property::object("Scaling", "How the size changes.", all).zh("扩缩容", "规模如何变化。");
    vec![
        ("heapMiB", heap.group(Group::Expert, 52)),
        ("snapCount", snap.group(Group::Expert, 53)),
        ("preAllocSizeKiB", pre.group(Group::Expert, 54)),
        ("jute", jute.group(Group::Expert, 55)),
        ("firstServerId", first.group(Group::Expert, 56)),
        ("scaling", scaling.group(Group::Expert, 57)),
    ]
}

fn auth() -> Vec<(&'static str, Property)> {
    let client = "Clients must log in by SASL digest; those that cannot are refused. The key is client-password.";
    let client = Property::boolean("Clients log in", client)
        .zh("客户端登录", "客户端必须用 SASL digest 登录，否则会被拒绝。密钥名为 client-password。")
        .default(false)
        .group(Group::Advanced, 32);
    let username = "The name clients log in with.";
    let username = Property::text("Client name", username)
        .zh("客户端用户名", "客户端登录使用的名字。")
        .pattern("^[A-Za-z0-9_-]{1,32}$")
        .default("client")
        .group(Group::Advanced, 33);
    let quorum = "Members log in at each other by SASL digest, with the key quorum-password. It changes only while the \
                  ensemble is paused.";
    let quorum = Property::boolean("Members log in", quorum)
        .zh("成员登录", "成员之间用 SASL digest 登录，密钥名为 quorum-password。只能在集群暂停时更改。")
        .default(false)
        .transition("zookeeper.auth.quorum-running")
        .group(Group::Advanced, 34);
    vec![("client", client), ("username", username), ("quorum", quorum)]
}

fn data_log() -> Property {
    let enabled = "Keeps the transaction log on a volume of its own, for disks that are busy. It cannot change later.";
    let enabled = Property::boolean("Separate log volume", enabled)
        .zh("单独的日志卷", "把事务日志放在自己的数据卷上，适合繁忙的磁盘。以后不能更改。")
        .default(false)
        .immutable();
    let size = Property::quantity("Log volume size", "Size of that volume.")
        .zh("日志卷大小", "该数据卷的大小。")
        .default("8Gi");
    let all = vec![("enabled", enabled), ("size", size)];
    Property::object("Transaction log", "Where the transaction log lives.", all)
        .zh("事务日志", "事务日志放在哪里。")
        .group(Group::Advanced, 22)
}
