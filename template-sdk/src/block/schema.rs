//! Composes a template's own properties with the shared ones into one JSON Schema.
//! It never accepts a name it does not know: a misspelt parameter is an error, not a default.

use crate::json;
use serde_json::Value;

use super::annotate::{Group, Property};
use super::compose::add;
use super::spec::{AuthMode, Spec};

/// Composes the whole schema: the shared block for this software, with the template's own properties on top.
///
/// `own` may hold `properties` (by name; an object of a shared name is merged into it, so that `auth.username`
/// can join the shared `auth`), `$defs`, `required`, `allOf` and any other keyword of the top level.
///
/// ```
/// use template_sdk::{block::{self, Group, Property}, json};
/// # use template_sdk::block::{AuthMode, Preset, Spec};
/// # const P: Preset = Preset::new("100m", "256Mi", "1Gi");
/// # const SPEC: Spec = Spec { template: "redis", repository: "docker.io/library/redis", tag: "8.2", user: 999, group: 999,
/// #     presets: [P, P, P, P], storage_per_memory: 3, stateful: true, auth: AuthMode::Required, exporter: None,
/// #     extra_config: None, major_downgrade: false };
/// let databases = Property::integer("Databases", "How many there are.").default(16).group(Group::Advanced, 40);
/// let schema = block::schema(&SPEC, &json!({"properties": {"databases": databases.value()}}));
/// assert_eq!(schema["properties"]["databases"]["default"], 16);
/// assert_eq!(schema["properties"]["storage"]["properties"]["onDelete"]["default"], "retain");
/// ```
pub fn schema(spec: &Spec, own: &Value) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": properties(spec),
        "$defs": definitions(),
        "allOf": [custom_needs_memory()],
    });
    add(&mut schema, own);
    schema
}

fn definitions() -> Value {
    let key = json!({"type": "string", "minLength": 1});
    json!({
        "quantity": {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"},
        "cpu": {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?m?$"},
        "secret": {"oneOf": [
            {"type": "object", "required": ["secretRef"], "additionalProperties": false, "properties": {
                "secretRef": {"type": "object", "required": ["name", "key"], "additionalProperties": false,
                    "properties": {"name": key, "key": key}}}},
            {"type": "object", "required": ["generate"], "additionalProperties": false, "properties": {
                "generate": {"type": "object", "required": ["length"], "additionalProperties": false, "properties": {
                    "length": {"type": "integer", "minimum": 16, "maximum": 1024},
                    "alphabet": {"enum": ["alphanumeric", "hex", "base64"]}}}}},
        ]},
    })
}

fn custom_needs_memory() -> Value {
    json!({
        "if": {"properties": {"size": {"const": "custom"}}, "required": ["size"]},
        "then": {"required": ["resources"], "properties": {"resources": {
            "required": ["limits"], "properties": {"limits": {"required": ["memory"]}}}}},
    })
}

fn properties(spec: &Spec) -> Value {
    let mut all = vec![("size", size(spec)), ("resources", resources())];
    if !spec.repository.is_empty() {
        all.push(("image", image(spec)));
    }
    if spec.stateful {
        all.push(("storage", storage(spec)));
    }
    if let Some(auth) = auth(spec.auth) {
        all.push(("auth", auth));
    }
    if spec.exporter.is_some() {
        all.push(("metrics", metrics()));
    }
    if let Some(syntax) = spec.extra_config {
        all.push(("extraConfig", extra_config(syntax)));
    }
    all.extend([("scheduling", scheduling()), ("networkPolicy", network_policy()), ("service", service())]);
    all.extend(pods());
    Property::all(all)
}

fn size(spec: &Spec) -> Property {
    let words = ["dev", "small", "medium", "large"];
    let line = |(word, preset): (&&str, &super::Preset)| {
        let disk = if spec.stateful { format!(", {} disk", preset.storage) } else { String::new() };
        format!("{word} = {} CPU, {} memory{disk}", preset.cpu, preset.memory)
    };
    let lines: Vec<String> = words.iter().zip(&spec.presets).map(line).collect();
    let text = format!("How much each pod gets: {}. custom = what you set under resources.", lines.join("; "));
    let line = |(word, preset): (&&str, &super::Preset)| {
        let disk = if spec.stateful { format!("，磁盘 {}", preset.storage) } else { String::new() };
        format!("{word} = CPU {}，内存 {}{disk}", preset.cpu, preset.memory)
    };
    let lines: Vec<String> = words.iter().zip(&spec.presets).map(line).collect();
    let zh = format!("每个 Pod 得到多少资源：{}。custom = 由 resources 逐项指定。", lines.join("；"));
    Property::choice(&["dev", "small", "medium", "large", "custom"], "Size", &text)
        .zh("规格", &zh)
        .default("small")
        .group(Group::Basic, 10)
}

fn resources() -> Property {
    let cpu = |title: &str, zh: &str| {
        Property::cpu(title, "Cores: 500m is half of one.").zh(zh, "以核为单位：500m 是半个核。")
    };
    let memory =
        |title: &str, zh: &str| Property::quantity(title, "With a unit: 512Mi, 2Gi.").zh(zh, "要带单位：512Mi、2Gi。");
    let requests = "What the node must have free. Memory follows the limit unless set.";
    let all = vec![("cpu", cpu("Reserved CPU", "预留 CPU")), ("memory", memory("Reserved memory", "预留内存"))];
    let requests = Property::object("Reserved resources", requests, all)
        .zh("预留资源", "节点上必须空闲的资源。不填内存时与内存上限相同。");
    let limits = "Settings are derived from the memory limit. CPU is not capped unless set.";
    let all = vec![("cpu", cpu("CPU limit", "CPU 上限")), ("memory", memory("Memory limit", "内存上限"))];
    let limits = Property::object("Resource limits", limits, all)
        .zh("资源上限", "软件的内存参数由内存上限推算。不填 CPU 时不限制 CPU。");
    let text = "Overrides single figures of the size; with size custom the memory limit is required.";
    Property::object("Resources", text, vec![("requests", requests), ("limits", limits)])
        .zh("资源", "覆盖规格里的个别数值；规格为 custom 时必须填写内存上限。")
        .group(Group::Basic, 11)
}

fn image(spec: &Spec) -> Property {
    let repository = format!("Full image name; left out, {}.", spec.repository);
    let repository = Property::text("Image repository", &repository)
        .zh("镜像地址", &format!("完整的镜像名，不含标签；不填为 {}。", spec.repository))
        .pattern("^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+$");
    let tag = format!("Version of the image; left out, {}. Name a minor version, not latest.", spec.tag);
    let tag = Property::text("Image tag", &tag)
        .zh("镜像标签", &format!("镜像的版本；不填为 {}。请写到次版本号，不要用 latest。", spec.tag))
        .pattern("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")
        .transition(&format!("{}.image.major-down", spec.template));
    let digest = Property::text("Image digest", "Pins the exact image; wins over the tag.")
        .zh("镜像摘要", "固定到唯一的镜像；优先于标签。")
        .pattern("^sha256:[0-9a-f]{64}$");
    let policy = Property::choice(&["IfNotPresent", "Always", "Never"], "Pull policy", "When nodes fetch the image.")
        .zh("镜像拉取策略", "节点何时拉取镜像。")
        .default("IfNotPresent");
    let all = vec![("repository", repository), ("tag", tag), ("digest", digest), ("pullPolicy", policy)];
    Property::object("Image", "Which image the pods run.", all)
        .zh("镜像", "Pod 运行哪个镜像。")
        .group(Group::Advanced, 60)
}

fn storage(spec: &Spec) -> Property {
    let size = Property::quantity("Volume size", "Left out, the size decides. It can grow later, never shrink.")
        .zh("数据卷大小", "不填则由规格决定。以后可以扩大，不能缩小。")
        .transition(&format!("{}.storage.shrink", spec.template));
    let class = "StorageClass of the volumes; left out, the cluster's default. It cannot change later.";
    let class = Property::text("Storage class", class)
        .zh("存储类", "数据卷的 StorageClass；不填为集群的默认存储类。以后不能更改。")
        .immutable()
        .transition(&format!("{}.storage.class-changed", spec.template));
    let keep = |title: &str, text: &str| Property::choice(&["retain", "delete"], title, text).default("retain");
    let delete = keep("Volumes on delete", "What becomes of the volumes when the workload is deleted.")
        .zh("删除时的数据卷", "工作负载被删除时，数据卷保留（retain）还是删除（delete）。")
        .group(Group::Advanced, 23);
    let scale = keep("Volumes on scale-down", "What becomes of the volumes of pods that are scaled away.")
        .zh("缩容时的数据卷", "缩容后，被移除的 Pod 的数据卷保留（retain）还是删除（delete）。")
        .group(Group::Advanced, 24);
    let all = vec![("size", size), ("className", class), ("onDelete", delete), ("onScaleDown", scale)];
    Property::object("Storage", "Where the data lives.", all).zh("存储", "数据放在哪里。").group(Group::Basic, 20)
}

fn auth(mode: AuthMode) -> Option<Property> {
    let existing = "Name of a Secret that already holds the passwords; left out, they are generated once and kept.";
    let existing = Property::text("Existing Secret", existing)
        .zh("已有的 Secret", "已经保存了密码的 Secret 的名字；不填则生成一次密码并一直保留。")
        .pattern("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")
        .group(Group::Advanced, 31);
    let mut all = vec![("existingSecret", existing)];
    match mode {
        AuthMode::None => return None,
        AuthMode::Required => {}
        AuthMode::Optional(default) => {
            let enabled =
                Property::boolean("Ask for a password", "Without it, everybody who can connect may do anything.")
                    .zh("需要密码", "关闭后，任何能连上的人都可以做任何操作。");
            all.push(("enabled", enabled.default(default)));
        }
    }
    let auth = Property::object("Authentication", "Who may connect.", all).zh("身份验证", "谁可以连接。");
    Some(auth.group(Group::Basic, 30))
}

fn metrics() -> Property {
    let enabled = Property::boolean("Export metrics", "Serves metrics for Prometheus beside the software.")
        .zh("导出指标", "在软件旁边为 Prometheus 提供指标。")
        .default(false);
    let text =
        "How Prometheus finds them: podMonitor needs the Prometheus operator, annotations a scraper that reads them.";
    let monitor = Property::choice(&["none", "podMonitor", "annotations"], "Metrics discovery", text)
        .zh(
            "指标发现方式",
            "Prometheus 如何找到指标：podMonitor 需要 Prometheus Operator，annotations 需要读取注解的采集端。",
        )
        .default("none");
    Property::object("Metrics", "Figures for monitoring.", vec![("enabled", enabled), ("monitor", monitor)])
        .zh("监控指标", "供监控系统使用的数据。")
        .group(Group::Advanced, 70)
}

fn extra_config(syntax: &str) -> Property {
    let text = format!("Further {syntax}, appended as they are; settings the template owns are refused.");
    Property::text("Extra configuration", &text)
        .zh("额外配置", "原样追加到配置文件末尾的行；由模板管理的设置会被拒绝。")
        .default("")
        .group(Group::Expert, 95)
}

fn scheduling() -> Property {
    let words = ["none", "preferNodes", "requireNodes", "preferZones", "requireZones"];
    let text =
        "How replicas are kept apart; the require forms leave pods pending when there are too few nodes or zones.";
    let spread = Property::choice(&words, "Spread of replicas", text)
        .zh("副本打散", "如何把副本分开；require 开头的选项在节点或可用区不够时会让 Pod 一直等待。")
        .default("preferNodes");
    let selector = Property::texts("Node labels", "Only nodes with these labels are used.")
        .zh("节点标签", "只使用带有这些标签的节点。")
        .default(json!({}));
    let items = json!({"type": "object"});
    let tolerations = Property::list(items, "Tolerations", "Taints the pods accept, as Kubernetes writes them.")
        .zh("容忍", "Pod 可以容忍的污点，写法与 Kubernetes 相同。")
        .default(json!([]));
    let priority =
        Property::text("Priority class", "Name of a PriorityClass.").zh("优先级类", "一个 PriorityClass 的名字。");
    let all = vec![
        ("spread", spread),
        ("nodeSelector", selector),
        ("tolerations", tolerations),
        ("priorityClassName", priority),
    ];
    Property::object("Scheduling", "Where the pods may run.", all)
        .zh("调度", "Pod 可以运行在哪里。")
        .group(Group::Advanced, 80)
}

fn network_policy() -> Property {
    let text = "off = everybody, sameNamespace = pods of this namespace, labelled = pods of this namespace with the \
                label <name>-client: \"true\".";
    let zh = "off = 任何人，sameNamespace = 本命名空间的 Pod，labelled = 本命名空间中带有标签 <名字>-client: \"true\" 的 Pod。";
    let mode = Property::choice(&["off", "sameNamespace", "labelled"], "Allowed clients", text)
        .zh("允许的客户端", zh)
        .default("sameNamespace");
    Property::object("Network policy", "Who may connect over the network.", vec![("mode", mode)])
        .zh("网络策略", "谁可以通过网络连接。")
        .group(Group::Advanced, 82)
}

fn service() -> Property {
    let text = "From where it can be reached: inside the cluster, on every node, or through a load balancer.";
    let exposure = Property::choice(&["cluster", "nodePort", "loadBalancer"], "Exposure", text)
        .zh("访问范围", "从哪里可以访问：集群内部、每个节点上的端口，或负载均衡器。")
        .default("cluster");
    Property::object("Service", "How it is reached.", vec![("exposure", exposure)])
        .zh("服务", "怎样访问它。")
        .group(Group::Advanced, 84)
}

fn pods() -> Vec<(&'static str, Property)> {
    let labels = Property::texts("Pod labels", "Further labels of the pods.").zh("Pod 标签", "Pod 的其他标签。");
    let annotations =
        Property::texts("Pod annotations", "Further annotations of the pods.").zh("Pod 注解", "Pod 的其他注解。");
    let domain = Property::text("Cluster domain", "The DNS domain of the cluster.")
        .zh("集群域名", "集群的 DNS 域名。")
        .pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
        .default("cluster.local");
    vec![
        ("podLabels", labels.default(json!({})).group(Group::Expert, 90)),
        ("podAnnotations", annotations.default(json!({})).group(Group::Expert, 91)),
        ("clusterDomain", domain.group(Group::Expert, 92)),
    ]
}
