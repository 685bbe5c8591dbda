//! The parameters of this template, on top of the shared block.
//! It never says what a rule must compute: bounds of single values only.

use template_sdk::block::{self, Group, Property};
use template_sdk::{Value, json};

use crate::SPEC;

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let all: Vec<(&str, Property)> = basic().into_iter().chain(expert()).collect();
    let own = json!({ "properties": Property::all(all) });
    let text = "In-memory cache: one node, or a pool of nodes among which the clients share out the keys.";
    let own = Property::new(own, "Memcached", text).zh("Memcached", "内存缓存：单个节点，或由客户端分配键的一组节点。");
    block::schema(&SPEC, &own.value())
}

fn basic() -> Vec<(&'static str, Property)> {
    let replicas =
        "Nodes of the pool. Each key lives on one of them; a change moves keys, so the cache is partly cold.";
    let replicas = Property::integer("Nodes", replicas)
        .zh("节点数", "缓存池的节点数。每个键只在其中一个节点上；更改会移动键，部分缓存会失效。")
        .range(1, 32)
        .default(1)
        .transition("memcached.scale.remaps")
        .group(Group::Basic, 1);
    let item = "The server refuses anything larger. A power of two, or a multiple of 512Ki; at most half of the cache; above 1Mi \
                memory is wasted.";
    let item = Property::quantity("Largest item", item)
        .zh("最大条目", "更大的条目会被拒绝。必须是 2 的幂或 512Ki 的倍数；最多为缓存的一半，超过 1Mi 会浪费内存。")
        .default("1Mi")
        .group(Group::Advanced, 40);
    let connections = "Connections one node accepts at a time; further ones wait.";
    let connections = Property::integer("Connections", connections)
        .zh("连接数", "一个节点同时接受的连接数；更多的连接要等待。")
        .range(10, 65_535)
        .default(1024)
        .group(Group::Advanced, 41);
    let idle = "Seconds after which a silent connection is closed; 0 never does.";
    let idle = Property::integer("Idle timeout", idle)
        .zh("空闲超时", "连接多少秒没有活动后关闭；0 表示从不关闭。")
        .range(0, 86_400)
        .unit("seconds")
        .default(0)
        .group(Group::Advanced, 42);
    let verbosity = "quiet = nothing, warnings = errors and warnings, commands = every command with its key, debug = \
                     what goes on inside as well.";
    let verbosity = Property::choice(&["quiet", "warnings", "commands", "debug"], "Log level", verbosity)
        .zh("日志级别", "quiet = 不记录，warnings = 错误和警告，commands = 每条命令及其键，debug = 还包括内部过程。")
        .default("warnings")
        .group(Group::Advanced, 43);
    vec![
        ("replicas", replicas),
        ("maxItemSize", item),
        ("maxConnections", connections),
        ("idleTimeout", idle),
        ("verbosity", verbosity),
    ]
}

fn expert() -> Vec<(&'static str, Property)> {
    let cache = "Memory for items; left out, 80 % of the memory limit and at least 64 MiB less than it.";
    let cache = Property::integer("Cache", cache)
        .zh("缓存", "存放条目的内存；不填为内存上限的 80 %，并且至少比上限少 64 MiB。")
        .range(16, 1_048_576)
        .unit("MiB")
        .group(Group::Expert, 50);
    let threads = "Threads that serve clients; left out, 4, or fewer where the CPU limit is lower.";
    let threads = Property::integer("Threads", threads)
        .zh("线程数", "为客户端服务的线程；不填为 4，CPU 上限更低时相应减少。")
        .range(1, 16)
        .group(Group::Expert, 51);
    let options = "Further entries of the -o option, separated by commas, such as hash_algorithm=murmur3.";
    let options = Property::text("Extended options", options)
        .zh("扩展选项", "-o 选项的其他条目，用逗号分隔，例如 hash_algorithm=murmur3。")
        .pattern("^([a-z][a-z0-9_]*(=[A-Za-z0-9_.:/-]+)?(,[a-z][a-z0-9_]*(=[A-Za-z0-9_.:/-]+)?)*)?$")
        .default("")
        .group(Group::Expert, 52);
    vec![("cacheMiB", cache), ("threads", threads), ("extendedOptions", options)]
}
