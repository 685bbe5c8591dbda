//! The parameters of this template, on top of the shared block.
//! It never says what a rule must compute: bounds of single values only.

use template_sdk::block::{self, Group, Property};
use template_sdk::{Value, json};

use crate::values::SPEC;

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let mut all = basic();
    all.extend(tuning());
    let mut own = json!({"properties": Property::all(all)});
    // The tag follows the series, which the shared block does not know.
    own["properties"]["image"]["properties"]["tag"] = json!({
        "description": "Version of the image; left out, the series chosen under version. Name a minor version, not latest.",
        "x-ku8-i18n": {"zh": {"title": "镜像标签", "description": "镜像的版本；不填则由 version 决定。请写到次版本号，不要用 latest。"}},
    });
    let text = "Document database: a replica set of 1, 3, 5 or 7 members.";
    let own = Property::new(own, "MongoDB", text).zh("MongoDB", "文档数据库：由 1、3、5 或 7 个成员组成的副本集。");
    block::schema(&SPEC, &own.value())
}

fn basic() -> Vec<(&'static str, Property)> {
    let members = "Members of the replica set. 3 survive the loss of one, 5 of two, 7 of three; 1 keeps a single copy.";
    let members = Property::integer("Members", members)
        .zh("成员数", "副本集的成员数。3 个能承受失去 1 个，5 个能承受 2 个，7 个能承受 3 个；1 个只有一份数据。")
        .set("enum", json!([1, 3, 5, 7]))
        .default(3)
        .transition("mongodb.members.majority")
        .group(Group::Basic, 1);
    let version = "Series of MongoDB. It goes up one major version at a time and never back.";
    let version = Property::choice(&["7.0", "8.0"], "Version", version)
        .zh("版本", "MongoDB 的系列。每次只能升一个主版本，不能回退。")
        .default("8.0")
        .transition("mongodb.version.fcv")
        .group(Group::Basic, 2);
    let database = "Database of the application, where its user may read, write and manage indexes.";
    let database = Property::text("Database", database)
        .zh("数据库", "应用的数据库，应用的用户可以在其中读写并管理索引。")
        .pattern("^[A-Za-z][A-Za-z0-9_-]{0,62}$")
        .default("app")
        .transition("mongodb.user.changed")
        .group(Group::Basic, 3);
    let username = Property::text("User", "User of the application; made once, with a generated password.")
        .zh("用户", "应用的用户；只创建一次，密码自动生成。")
        .pattern("^[A-Za-z][A-Za-z0-9_-]{0,62}$")
        .default("app")
        .transition("mongodb.user.changed")
        .group(Group::Basic, 4);
    let read = "Which members clients read from, as the connection string says it; others than primary may be behind.";
    let words = ["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"];
    let read = Property::choice(&words, "Read preference", read)
        .zh("读偏好", "客户端从哪些成员读取，写在连接字符串里；除 primary 外，读到的数据可能稍旧。")
        .default("primary")
        .group(Group::Advanced, 41);
    let set = "Name of the replica set. It is on the volumes and cannot change.";
    let set = Property::text("Replica set name", set)
        .zh("副本集名称", "副本集的名字。它写在数据卷上，不能更改。")
        .pattern("^[A-Za-z][A-Za-z0-9_-]{0,31}$")
        .default("rs0")
        .immutable()
        .transition("mongodb.set.name-immutable")
        .group(Group::Expert, 50);
    vec![
        ("members", members),
        ("version", version),
        ("database", database),
        ("username", username),
        ("readPreference", read),
        ("replicaSetName", set),
    ]
}

fn tuning() -> Vec<(&'static str, Property)> {
    let cache = "Memory of the WiredTiger cache; left out, half of what the memory limit has above 1Gi, at least 256.";
    let cache = Property::integer("Cache size", cache)
        .zh("缓存大小", "WiredTiger 缓存的内存；不填为内存上限超出 1Gi 部分的一半，至少 256。")
        .range(256, 1_048_576)
        .unit("MiB")
        .group(Group::Expert, 51);
    let oplog = "How much history members keep for one that was away; left out, 5 % of the free disk, at least 990. It \
                 counts for members made from then on.";
    let oplog = Property::integer("Oplog size", oplog)
        .zh("Oplog 大小", "为离开过的成员保留多少历史；不填为空闲磁盘的 5 %，至少 990。只对此后新建的成员生效。")
        .range(990, 1_048_576)
        .unit("MiB")
        .transition("mongodb.oplog.only-new")
        .group(Group::Advanced, 42);
    let slow = Property::integer("Slow operations", "Operations that take longer are written to the log.")
        .zh("慢操作阈值", "超过此时间的操作会写入日志。")
        .range(1, 3_600_000)
        .unit("milliseconds")
        .default(100)
        .group(Group::Advanced, 43);
    let connections = "Connections a member accepts; each costs up to 1 MiB of memory beside the cache.";
    let connections = Property::integer("Connections", connections)
        .zh("连接数", "一个成员接受的连接数；每个连接在缓存之外最多占用 1 MiB 内存。")
        .range(100, 65_536)
        .default(5000)
        .group(Group::Advanced, 44);
    let journal = "Time between writes of the journal; left out, the server's own 100.";
    let journal = Property::integer("Journal interval", journal)
        .zh("日志刷盘间隔", "两次写入日志（journal）之间的时间；不填为服务器默认的 100。")
        .range(1, 500)
        .unit("milliseconds")
        .group(Group::Expert, 52);
    vec![
        ("cacheSizeMiB", cache),
        ("oplogSizeMiB", oplog),
        ("slowOpThresholdMs", slow),
        ("maxIncomingConnections", connections),
        ("journalCommitIntervalMs", journal),
    ]
}
