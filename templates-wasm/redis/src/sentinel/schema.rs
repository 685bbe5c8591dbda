//! The questions about a watched set: how its master is noticed to be gone, and the address that leads to it.
//! It never repeats what a single server is asked.

use template_sdk::block::{Group, Property};

/// Properties by name.
pub(crate) type Properties = Vec<(&'static str, Property)>;

/// Returns the questions.
pub(crate) fn properties() -> Properties {
    let proxy = "With topology sentinel: two HAProxy pods make the definition's name lead to the present master, for \
                 clients that do not speak Sentinel. They take up to 4000 connections each.";
    let enabled = Property::boolean("Proxy to the master", proxy)
        .zh(
            "指向主节点的代理",
            "用于 sentinel 拓扑：两个 HAProxy Pod 让定义的名字始终指向当前主节点，供不支持 Sentinel 的客户端使用。每个 Pod 最多 4000 个连接。",
        )
        .default(false)
        .transition("redis.service.address-changes");
    let proxy = Property::object("Proxy", "One plain address for a watched set.", vec![("enabled", enabled)])
        .zh("代理", "为有哨兵的集合提供一个普通地址。");
    let sentinel = Property::object("Sentinel", "How a lost master is noticed and replaced.", watching())
        .zh("哨兵", "如何发现主节点失效并替换它。");
    let name = "The name clients ask Sentinels for.";
    let name = Property::text("Master name", name)
        .zh("主节点名称", "客户端向 Sentinel 查询时使用的名称。")
        .pattern("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
        .default("mymaster")
        .immutable()
        .transition("redis.master-name.changed");
    vec![
        ("proxy", proxy.group(Group::Basic, 4)),
        ("sentinel", sentinel.group(Group::Advanced, 47)),
        ("masterName", name.group(Group::Expert, 96)),
    ]
}

fn watching() -> Properties {
    let quorum = "Sentinels that must agree that the master is gone. Left out, it is computed: more than half of the \
                  replicas.";
    let quorum = Property::integer("Quorum", quorum)
        .zh("法定人数", "需要多少个 Sentinel 一致认为主节点已失效。不填则自动计算：超过副本数的一半。")
        .range(2, 7);
    let down = "Silence after which a server counts as gone. Shorter values replace a master that is merely busy.";
    let down = Property::integer("Down after", down)
        .zh("判定失效时间", "多久没有应答就算失效。过短会替换掉只是繁忙的主节点。")
        .range(1000, 60_000)
        .unit("milliseconds");
    let timeout = "How long one failover may take; after a failed one the next is tried after twice this. Left out, it \
                   is computed: 30000, or twice downAfterMs if that is more.";
    let timeout = Property::integer("Failover timeout", timeout)
        .zh(
            "故障转移超时",
            "一次故障转移最多用多久；失败后要等两倍的时间再试。不填则自动计算：30000，或 downAfterMs 的两倍（取较大者）。",
        )
        .range(2000, 120_000)
        .unit("milliseconds");
    let least = "The master refuses writes unless this many replicas kept up within 10 seconds. 0 = it always writes; \
                 1 = a master that was cut off loses at most 10 seconds of writes.";
    let least = Property::integer("Replicas needed to write", least)
        .zh(
            "写入所需副本数",
            "只有这么多副本在 10 秒内跟上时，主节点才接受写入。0 = 总是写入；1 = 被隔离的主节点最多丢失 10 秒的写入。",
        )
        .range(0, 6);
    vec![
        ("quorum", quorum),
        ("downAfterMs", down.default(5000)),
        ("failoverTimeoutMs", timeout),
        ("minReplicasToWrite", least.default(0)),
    ]
}
