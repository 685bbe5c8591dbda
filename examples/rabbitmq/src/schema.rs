//! The parameters of this template, on top of the shared ones.
//! It never says what a rule must compute: bounds of single values only.

use template_sdk::prelude::*;

use crate::SPEC;

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let own = json!({ "properties": Property::all(properties()) });
    let own = Property::new(own, "RabbitMQ", "Message broker: one node, or a cluster of 3 or 5.")
        .zh("RabbitMQ", "消息中间件：单个节点，或由 3、5 个节点组成的集群。");
    block::schema(&SPEC, &own.value())
}

fn properties() -> Vec<(&'static str, Property)> {
    let replicas = "Nodes of the cluster. 3 survive the loss of one, 5 of two; 1 is for development.";
    let replicas = Property::integer("Nodes", replicas)
        .zh("节点数", "集群的节点数。3 个能承受失去 1 个，5 个能承受 2 个；1 个只用于开发。")
        .set("enum", json!([1, 3, 5]))
        .default(3)
        .transition("rabbitmq.scale.not-forgotten")
        .group(Group::Basic, 1);
    let username = "Name of the administrator that is made at the first start; it cannot change later.";
    let username = Property::text("User", username)
        .zh("用户", "首次启动时创建的管理员的名字；以后不能更改。")
        .pattern("^[a-z][a-z0-9_-]{0,31}$")
        .default("app")
        .immutable()
        .transition("rabbitmq.username.changed")
        .group(Group::Basic, 31);
    let percent = "Publishers are held back when a node uses this much of its memory limit.";
    let percent = Property::integer("Memory watermark", percent)
        .zh("内存水位", "节点使用的内存达到上限的这个比例时，会暂停接收发布者的消息。")
        .range(30, 75)
        .unit("percent")
        .default(60)
        .group(Group::Advanced, 40);
    let management = Property::boolean("Web interface", "Serves the management interface and its API on port 15672.")
        .zh("网页界面", "在端口 15672 上提供管理界面和管理 API。")
        .default(true)
        .group(Group::Advanced, 41);
    let forgotten = "Numbers of nodes that were reset and have left the cluster; a smaller cluster is accepted only \
                     when every node that goes is listed.";
    let items = json!({"type": "integer", "minimum": 1, "maximum": 4});
    let forgotten = Property::list(items, "Nodes that have left", forgotten)
        .zh("已退出的节点", "已经重置并退出集群的节点的序号；缩小集群时，要去掉的每个节点都必须列在这里。")
        .default(json!([]))
        .group(Group::Expert, 90);
    vec![
        ("replicas", replicas),
        ("username", username),
        ("memoryPercent", percent),
        ("management", management),
        ("forgotten", forgotten),
    ]
}
