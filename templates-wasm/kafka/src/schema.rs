//! The parameters of this template, on top of the shared block.
//! It never says what a rule must compute: bounds of single values only.

use template_sdk::block::{self, Group, Property};
use template_sdk::{Value, json};

use crate::SPEC;

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let mut all = size();
    all.extend(data());
    all.push(("topics", topics()));
    all.push(("externalAccess", external()));
    all.extend(expert());
    let mut own = json!({ "properties": Property::all(all) });
    own["properties"]["auth"] = json!({"properties": {"username": username().value()}});
    let own = Property::new(own, "Apache Kafka", "Event streaming: one broker, or three and as many more as you like.")
        .zh("Apache Kafka", "事件流平台：一个 broker，或者三个以及任意多个更多的 broker。");
    block::schema(&SPEC, &own.value())
}

fn size() -> Vec<(&'static str, Property)> {
    let controllers = "Brokers that also keep the metadata and elect a leader for it. 3 survive the loss of one; 1 is \
                       for development. It can never change.";
    let controllers = Property::integer("Controllers", controllers)
        .zh("控制器数", "同时保存元数据并选举其领导者的 broker。3 个能承受失去 1 个；1 个只用于开发。以后不能更改。")
        .set("enum", json!([1, 3]))
        .default(3)
        .immutable()
        .transition("kafka.controllers.immutable");
    let brokers = "All brokers, the controllers among them; left out, as many as controllers. It can grow at any time; \
                   it shrinks only after partitions were moved away.";
    let brokers = Property::integer("Brokers", brokers)
        .zh("Broker 数", "全部 broker，包括控制器；不填则与控制器数相同。随时可以增加；移走分区之后才能减少。")
        .range(1, 100)
        .transition("kafka.brokers.shrink");
    vec![("controllers", controllers.group(Group::Basic, 1)), ("brokers", brokers.group(Group::Basic, 2))]
}

fn data() -> Vec<(&'static str, Property)> {
    let partitions = Property::integer("Default partitions", "Partitions of a topic that does not say how many.")
        .zh("默认分区数", "没有写明分区数的主题有多少个分区。")
        .range(1, 10_000)
        .default(3);
    let copies = "Copies of every partition, each on another broker. Left out, 3, or as many as there are brokers.";
    let copies = Property::integer("Replication factor", copies)
        .zh("副本数", "每个分区保存几份，各在不同的 broker 上。不填为 3，broker 不足 3 个时为 broker 数。")
        .range(1, 7);
    let confirmed = "Replicas that must have a record before it counts as written. Left out, one less than the \
                     replication factor, so that one broker may be missing.";
    let confirmed = Property::integer("Replicas to confirm a write", confirmed)
        .zh("最少同步副本", "记录写到几个副本才算写入成功。不填则比副本数少一，允许缺少一个 broker。")
        .range(1, 6);
    let hours = "After this time records are deleted; -1 keeps them for ever. A topic's config can say otherwise.";
    let hours = Property::integer("Retention time", hours)
        .zh("保留时间", "超过这个时间的记录会被删除；-1 表示永久保留。主题自己的 config 优先。")
        .range(-1, 876_000)
        .unit("hours")
        .default(168);
    let bytes = "Size of one partition beyond which its oldest records are deleted; -1 is no limit.";
    let bytes = Property::integer("Retention size", bytes)
        .zh("保留大小", "单个分区超过这个大小时，最旧的记录会被删除；-1 表示不限。")
        .set("minimum", -1)
        .unit("bytes")
        .default(-1);
    let auto = "Makes a topic when somebody first uses its name, misspelt or not.";
    let auto = Property::boolean("Create topics on first use", auto)
        .zh("自动创建主题", "有人第一次使用某个名字时就创建主题，即使名字写错了。")
        .default(false);
    let largest = "Largest batch of records a broker takes, after compression.";
    let largest = Property::integer("Largest message", largest)
        .zh("最大消息", "broker 接受的最大一批记录（压缩之后）。")
        .range(1024, 104_857_600)
        .unit("bytes")
        .default(1_048_588);
    vec![
        ("replicationFactor", copies.group(Group::Advanced, 40)),
        ("minInsyncReplicas", confirmed.group(Group::Advanced, 41)),
        ("retentionHours", hours.group(Group::Basic, 25)),
        ("retentionBytes", bytes.group(Group::Advanced, 42)),
        ("defaultPartitions", partitions.group(Group::Advanced, 43)),
        ("autoCreateTopics", auto.group(Group::Advanced, 44)),
        ("messageMaxBytes", largest.group(Group::Advanced, 45)),
    ]
}

fn topics() -> Property {
    let name = Property::text("Topic name", "Letters, digits, dots, underscores and dashes.")
        .zh("主题名", "字母、数字、点、下划线和连字符。")
        .pattern("^[A-Za-z0-9._][A-Za-z0-9._-]{0,199}$");
    let partitions = "How many there are; left out, the default. It can grow, never shrink.";
    let partitions = Property::integer("Topic partitions", partitions)
        .zh("主题分区数", "有多少个分区；不填为默认值。可以增加，不能减少。")
        .range(1, 10_000)
        .transition("kafka.topics.partitions-shrink");
    let copies = Property::integer("Topic replication factor", "Copies of each partition; left out, the default.")
        .zh("主题副本数", "每个分区保存几份；不填为默认值。")
        .range(1, 7);
    let config = "Settings of the topic by Kafka's names, such as retention.ms or cleanup.policy.";
    let config = Property::new(
        json!({"type": "object", "propertyNames": {"pattern": "^[a-z][a-z0-9.]*$"},
            "additionalProperties": {"type": "string", "pattern": "^[^\\\\\\n\\r]*$"}}),
        "Topic settings",
        config,
    )
    .zh("主题设置", "主题的设置，用 Kafka 的名字，例如 retention.ms 或 cleanup.policy。")
    .default(json!({}));
    let all = vec![("name", name), ("partitions", partitions), ("replicationFactor", copies), ("config", config)];
    let topic = Property::object("Topic", "A topic that must exist.", all).zh("主题项", "必须存在的一个主题。");
    let mut topic = topic.set("required", json!(["name"])).value();
    if let Some(topic) = topic.as_object_mut() {
        topic.remove("default");
    }
    let text =
        "Topics that must exist. They are created, get more partitions and their settings; they are never deleted.";
    Property::list(topic, "Topics", text)
        .zh("主题", "必须存在的主题。会被创建、增加分区、更新设置；永远不会被删除。")
        .set("maxItems", 200)
        .default(json!([]))
        .group(Group::Basic, 26)
}

fn username() -> Property {
    Property::text("User", "Name the application connects as, with SCRAM-SHA-512.")
        .zh("用户", "应用连接时使用的用户名，采用 SCRAM-SHA-512。")
        .pattern("^[A-Za-z0-9_-]{1,64}$")
        .default("app")
}

fn external() -> Property {
    let mode = "nodePort opens a port of the nodes for each broker, loadBalancer asks for one load balancer each.";
    let mode = Property::choice(&["none", "nodePort", "loadBalancer"], "Way in", mode)
        .zh("外部入口", "nodePort 为每个 broker 打开一个节点端口，loadBalancer 为每个 broker 申请一个负载均衡器。")
        .default("none");
    let hosts = "Name or address of each broker as clients outside see it, in the order of the ordinals.";
    let hosts = Property::list(
        json!({"type": "string", "pattern": "^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$"}),
        "Addresses",
        hosts,
    )
    .zh("地址", "外部客户端看到的每个 broker 的名字或地址，按序号排列。")
    .default(json!([]));
    let port = "Node port of the first broker; the others follow it one by one.";
    let port = Property::integer("First node port", port)
        .zh("首个节点端口", "第一个 broker 的节点端口；其余的依次加一。")
        .range(30_000, 32_767)
        .default(30_092);
    let all = vec![("mode", mode), ("hosts", hosts), ("firstNodePort", port)];
    Property::object("Access from outside", "How clients outside the cluster reach every single broker.", all)
        .zh("外部访问", "集群外的客户端如何连接到每一个 broker。")
        .group(Group::Advanced, 85)
}

fn expert() -> Vec<(&'static str, Property)> {
    let level = Property::choice(&["ERROR", "WARN", "INFO", "DEBUG"], "Log level", "How much the brokers log.")
        .zh("日志级别", "broker 记录多少日志。")
        .default("INFO");
    let heap = "Memory of the JVM; left out, half of the memory limit and at most 8192.";
    let heap = Property::integer("Heap", heap)
        .zh("堆内存", "JVM 的内存；不填为内存上限的一半，最多 8192。")
        .range(256, 31_000)
        .unit("MiB");
    let base = "Id of the broker with ordinal 0. Only for taking over volumes that count from another number.";
    let base = Property::integer("First node id", base)
        .zh("首个节点编号", "序号为 0 的 broker 的编号。仅在接管从其他数字开始编号的数据卷时使用。")
        .range(0, 100_000)
        .default(0)
        .immutable()
        .transition("kafka.ids.immutable");
    let secret = "Name of a Secret with the key cluster-id (and internal-password with auth.enabled); left out, both are \
                  generated once and kept. Only for taking over volumes of another cluster.";
    let secret = Property::text("Existing cluster Secret", secret)
        .zh("已有的集群 Secret", "含有键 cluster-id（启用 auth 时还有 internal-password）的 Secret 的名字；不填则生成一次并一直保留。仅在接管其他集群的数据卷时使用。")
        .pattern("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$");
    let drained = "From this ordinal on brokers hold no partitions any more, so that they may leave; the number brokers \
                   shrinks to. Left out again when brokers grow.";
    let drained = Property::integer("First emptied broker", drained)
        .zh("首个已清空的 broker", "从这个序号起，broker 不再保存任何分区，可以移除；与 broker 数将要缩到的数目相同。再次增加 broker 时去掉它。")
        .range(1, 100)
        .transition("kafka.brokers.shrink");
    let scaling =
        Property::object("Scaling", "What must be said before brokers leave.", vec![("drainedFrom", drained)])
            .zh("扩缩容", "移除 broker 之前必须说明的事。");
    vec![
        ("logLevel", level.group(Group::Advanced, 50)),
        ("heapMiB", heap.group(Group::Expert, 52)),
        ("nodeIdBase", base.group(Group::Expert, 53)),
        ("clusterSecret", secret.group(Group::Expert, 54)),
        ("scaling", scaling.group(Group::Expert, 55)),
    ]
}
