//! The parameters of this template, on top of the shared block.
//! It never says what a rule must compute: bounds of single values only.

use template_sdk::block::{self, Group, Property};
use template_sdk::{Map, Value, json};

use crate::SPEC;

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let own: Map<String, Value> = basic()
        .into_iter()
        .chain(crate::schema_members::properties())
        .chain(server())
        .chain(first_boot())
        .chain(expert())
        .map(|(name, property)| (name.to_owned(), property.value()))
        .collect();
    let own = json!({"properties": own, "required": ["database"]});
    let own = Property::new(own, "MySQL", "Relational database: one server, or a primary with replicas.")
        .zh("MySQL", "关系型数据库：一台服务器，或一个主库和若干副本。");
    block::schema(&SPEC, &own.value())
}

fn basic() -> Vec<(&'static str, Property)> {
    let topology = "standalone: one server with one volume; while its node is down, so is the database. replication: a \
                    primary and replicas that hold the same data and serve readers; standalone can become it later, in two steps.";
    let topology = Property::choice(&["standalone", "replication"], "Topology", topology)
        .zh(
            "拓扑",
            "standalone：一台服务器和一个数据卷；它所在的节点停机时，数据库也停机。replication：一个主库和若干保存相同数据、可供读取的副本；standalone 以后可以分两步改成它。",
        )
        .default("standalone")
        .transition("mysql.promotion.primary-leaves");
    let version = "Release series, both with long-term support. It can go up later, never down.";
    let version = Property::choice(&["8.4", "9.7"], "Version", version)
        .zh("版本", "发行系列，两个都是长期支持版。以后可以升级，不能降级。")
        .default("8.4")
        .transition("mysql.version.down");
    let database = "The database made at first boot: letters, digits and underscores, usually the application's name.";
    let database = Property::text("Database", database)
        .zh("数据库名", "首次启动时创建的数据库：字母、数字和下划线，通常用应用的名字。")
        .pattern("^[A-Za-z0-9_]{1,64}$")
        .immutable()
        .transition("mysql.names.database-immutable");
    let user = "The account that owns the database and nothing else; left out, it is called like the database.";
    let user = Property::text("User name", user)
        .zh("用户名", "只拥有这个数据库的账号；不填则与数据库同名。")
        .pattern("^[A-Za-z0-9_]{1,32}$")
        .immutable()
        .transition("mysql.names.user-immutable");
    vec![
        ("topology", topology.group(Group::Basic, 1)),
        ("version", version.group(Group::Basic, 2)),
        ("database", database.group(Group::Basic, 3)),
        ("username", user.group(Group::Basic, 4)),
    ]
}

fn server() -> Vec<(&'static str, Property)> {
    let connections = "Connections at one time; each may take 2 MiB beside the buffer pool.";
    let connections = Property::integer("Connections", connections)
        .zh("最大连接数", "同时连接的数量；除缓冲池外，每个连接最多占用 2 MiB 内存。")
        .range(10, 10_000)
        .default(151);
    let days = "Days the binary logs stay: how far back a point-in-time recovery can go.";
    let days = Property::new(json!({"type": "number", "minimum": (0.04), "maximum": 365}), "Binary log days", days)
        .zh("二进制日志天数", "二进制日志保留的天数，也就是时间点恢复最多能回到多久以前。");
    let durability = "full: nothing confirmed is ever lost. relaxed: a crash of the node may cost the last second, for \
                      much faster writes.";
    let durability = Property::choice(&["full", "relaxed"], "Durability", durability)
        .zh("持久性", "full：已确认的写入绝不丢失。relaxed：节点崩溃时可能丢失最后一秒，写入快得多。")
        .default("full");
    let mode = "SQL mode, such as STRICT_TRANS_TABLES,NO_ZERO_DATE; left out, the server's own.";
    let mode = Property::text("SQL mode", mode)
        .zh("SQL 模式", "例如 STRICT_TRANS_TABLES,NO_ZERO_DATE；不填为服务器自己的默认值。")
        .pattern("^[A-Z_]+(,[A-Z_]+)*$");
    let zone = Property::text("Time zone", "Offset from UTC that sessions begin with.")
        .zh("时区", "会话的初始时区，写成与 UTC 的时差，如 +08:00。")
        .pattern("^[+-](0[0-9]|1[0-4]):[0-5][0-9]$")
        .default("+00:00");
    let slow = "Queries that take longer are written to the container's log, where kubectl logs shows them; left out, \
                none are.";
    let slow = Property::new(json!({"type": "number", "minimum": 0, "maximum": 3600}), "Slow query seconds", slow)
        .zh("慢查询秒数", "超过这个时间的查询写入容器日志，可用 kubectl logs 查看；不填则不记录。");
    vec![
        ("maxConnections", connections.group(Group::Advanced, 40)),
        ("binlogExpireDays", days.default(7).unit("days").group(Group::Advanced, 41)),
        ("durability", durability.group(Group::Advanced, 42)),
        ("sqlMode", mode.group(Group::Advanced, 45)),
        ("timeZone", zone.group(Group::Advanced, 46)),
        ("slowQueryLogSeconds", slow.unit("seconds").group(Group::Advanced, 47)),
    ]
}

fn first_boot() -> Vec<(&'static str, Property)> {
    let charset = Property::text("Character set", "Of the server and the database; utf8mb4 holds all of Unicode.")
        .zh("字符集", "服务器和数据库的字符集；utf8mb4 能保存全部 Unicode 字符。")
        .pattern("^[a-z0-9]{1,32}$")
        .default("utf8mb4")
        .transition("mysql.charset.changed");
    let collation = "How text is compared and sorted; its name begins with the character set's.";
    let collation = Property::text("Collation", collation)
        .zh("排序规则", "文本如何比较和排序；名字以字符集的名字开头。")
        .pattern("^[a-z0-9_]{1,64}$")
        .default("utf8mb4_0900_ai_ci")
        .transition("mysql.charset.changed");
    let case = "0: table names are case-sensitive, as on Linux. 1: stored in lower case. Decided at first boot.";
    let case = Property::integer("Case of table names", case)
        .zh("表名大小写", "0：表名区分大小写，与 Linux 上相同。1：一律存成小写。首次启动时决定，以后不能更改。")
        .set("enum", json!([0, 1]))
        .default(0)
        .immutable()
        .transition("mysql.names.case-immutable");
    let files = "File name to SQL, run in the order of the names, in the database, as root.";
    let files = Property::texts("SQL files", files)
        .zh("SQL 文件", "文件名对应 SQL 内容，按文件名顺序以 root 身份在该数据库中执行。")
        .set("propertyNames", json!({"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,200}[.]sql$"}))
        .default(json!({}));
    let map = "Name of a ConfigMap in the same namespace whose *.sql files are run instead.";
    let map = Property::text("SQL from a ConfigMap", map)
        .zh("来自 ConfigMap 的 SQL", "同一命名空间中一个 ConfigMap 的名字，改为执行其中的 *.sql 文件。")
        .pattern("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$");
    let scripts = "SQL run once, when the volume is new. If a file fails, the volume is made afresh on the next try.";
    let scripts = Property::object("Init scripts", scripts, vec![("files", files), ("configMap", map)])
        .zh("初始化脚本", "数据卷为新建时执行一次的 SQL。某个文件失败时，下次会重新创建数据卷的内容。");
    vec![
        ("charset", charset.group(Group::Advanced, 43)),
        ("collation", collation.group(Group::Advanced, 44)),
        ("lowerCaseTableNames", case.group(Group::Advanced, 48)),
        ("initScripts", scripts.group(Group::Advanced, 49)),
    ]
}

fn expert() -> Vec<(&'static str, Property)> {
    let pool = "InnoDB's cache; left out, most of what the connections leave of the memory limit.";
    let pool = Property::quantity("Buffer pool", pool)
        .zh("缓冲池", "InnoDB 的缓存；不填则取内存上限减去连接所需之后的大部分。");
    let base = "Server id of the first pod. It only matters where servers of several definitions replicate.";
    let base = Property::integer("Server id", base)
        .zh("服务器编号", "第一个 Pod 的 server id。只有多个定义的服务器之间做复制时才有意义。")
        .range(1, 4_294_967_000)
        .default(100)
        .immutable()
        .transition("mysql.server-id.immutable");
    vec![("bufferPool", pool.group(Group::Expert, 50)), ("serverIdBase", base.group(Group::Expert, 51))]
}
