//! The template's own parameters, as questions a person can answer.
//! It never repeats a shared parameter; those come from the block.

mod container;
mod reach;

use template_sdk::block::{self, Group, Property, add, leave_out};
use template_sdk::{Value, json};

use crate::spec;

pub(crate) type Properties = Vec<(&'static str, Property)>;

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let properties = [basic(), container::properties(), reach::properties(), lifecycle()];
    let own = json!({
        "properties": Property::all(properties.into_iter().flatten().collect()),
        "required": ["image"],
    });
    let text = "Any stateless service of your own, behind a Service, with rollouts and shutdowns that lose no request.";
    let own = Property::new(own, "Web service", text)
        .zh("Web 服务", "您自己的任意无状态服务：通过 Service 访问，发布和停止时不丢失任何请求。");
    let mut schema = block::schema(&spec(1), &own.value());
    // The block's own words are for what is inside; nothing here compares whole host names.
    leave_out(&mut schema, &["clusterDomain"]);
    add(&mut schema, &json!({"properties": reach::joined()}));
    schema
}

fn basic() -> Properties {
    let image = "What runs, with registry and version: ghcr.io/acme/shop:1.4.2; a digest may follow.";
    let name = "[a-z0-9]+([._-]+[a-z0-9]+)*";
    let pattern = format!(
        "^([A-Za-z0-9.-]+(:[0-9]+)?/)?{name}(/{name})*(:[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(@sha256:[0-9a-f]{{64}})?$"
    );
    let image = Property::text("Image", image)
        .zh("镜像", "要运行的镜像，包含仓库和版本：ghcr.io/acme/shop:1.4.2；后面可以加摘要。")
        .pattern(&pattern)
        .set("maxLength", 500);
    let port = Property::integer("Port", "Where the program listens for requests; 1024 or higher.")
        .zh("端口", "程序接收请求的端口；不小于 1024。")
        .range(1, 65_535);
    let replicas = "How many pods there are; 0 stops it. Left out: 2, or what the autoscaler chooses.";
    let replicas = Property::integer("Replicas", replicas)
        .zh("副本数", "Pod 的个数；0 表示停止。不填时为 2，或由自动伸缩决定。")
        .range(0, 100);
    vec![
        ("image", image.group(Group::Basic, 1)),
        ("port", port.default(8080).group(Group::Basic, 2)),
        ("replicas", replicas.group(Group::Basic, 3)),
        ("health", health()),
        ("autoscale", autoscale()),
    ]
}

fn autoscale() -> Property {
    let min = Property::integer("Fewest pods", "The autoscaler never goes below.")
        .zh("最少 Pod 数", "自动伸缩不会低于这个数。")
        .range(1, 100)
        .default(2);
    let max = Property::integer("Most pods", "The autoscaler never goes above.")
        .zh("最多 Pod 数", "自动伸缩不会高于这个数。")
        .range(1, 1000);
    let text = "The average the autoscaler aims at, in per cent of the CPU each pod reserves.";
    let percent = Property::integer("CPU target", text)
        .zh("CPU 目标", "自动伸缩追求的平均值，以每个 Pod 预留的 CPU 的百分比计。")
        .range(1, 500)
        .unit("percent")
        .default(70);
    let text = "Lets the number of pods follow the load, in place of replicas; needs the metrics server.";
    let properties = vec![("min", min), ("max", max), ("cpuPercent", percent)];
    optional(properties, &["max"], "Autoscaler", text)
        .zh("自动伸缩", "让 Pod 数量随负载变化，代替 replicas；需要 metrics-server。")
        .group(Group::Advanced, 5)
}

/// An object that is absent unless it is written: it has no default of its own.
pub(crate) fn optional(properties: Vec<(&str, Property)>, required: &[&str], title: &str, text: &str) -> Property {
    let shape = json!({
        "type": "object", "additionalProperties": false, "required": required,
        "properties": Property::all(properties),
    });
    Property::new(shape, title, text)
}

/// A path of HTTP; whether it begins with a slash is judged with the other values.
pub(crate) fn path(title: &str, text: &str) -> Property {
    Property::text(title, text).set("minLength", 1).set("maxLength", 1000)
}

fn health() -> Property {
    let text = "What decides whether a pod gets requests: http = the path answers 200 to 399, tcp = the port is open, \
                grpc = the gRPC health service answers, none = nothing is asked.";
    let zh = "由什么决定 Pod 是否接收请求：http = 路径返回 200 到 399，tcp = 端口已打开，grpc = gRPC 健康检查服务有应答，none = 不检查。";
    let kind = Property::choice(&["http", "tcp", "grpc", "none"], "Health check", text)
        .zh("健康检查方式", zh)
        .default("http")
        .group(Group::Basic, 6);
    let ready = path("Health path", "Asked every five seconds; it should answer 200 only when requests can be served.")
        .zh("健康检查路径", "每五秒请求一次；只有能处理请求时才应返回 200。")
        .default("/healthz")
        .group(Group::Basic, 7);
    let text = "A pod whose answer to this path fails for a minute is restarted. Left out: never. It must not depend on \
                other services, nor be the health path.";
    let alive = path("Liveness path", text)
        .zh(
            "存活检查路径",
            "这个路径连续一分钟检查失败时重启 Pod。不填则从不重启。它不能依赖其他服务，也不能与健康检查路径相同。",
        )
        .group(Group::Advanced, 51);
    let port = Property::integer("Health port", "Where it is asked. Left out: the port.")
        .zh("健康检查端口", "在哪个端口检查。不填则为 port。")
        .range(1, 65_535)
        .group(Group::Advanced, 52);
    let start =
        Property::integer("Time to start", "A program that takes longer to answer for the first time is restarted.")
            .zh("启动时间", "首次应答超过这个时间的程序会被重启。")
            .range(2, 3600)
            .unit("seconds")
            .default(60)
            .group(Group::Advanced, 50);
    let all = vec![("type", kind), ("path", ready), ("livenessPath", alive), ("port", port), ("startupSeconds", start)];
    Property::object("Health", "How Kubernetes finds out whether a pod can serve.", all)
        .zh("健康检查", "Kubernetes 如何判断一个 Pod 能否提供服务。")
        .group(Group::Basic, 6)
}

fn lifecycle() -> Properties {
    let text = "How long a pod that stops still takes requests, while others learn that it is gone. Behind a slow load \
                balancer 30 may be needed.";
    let drain = Property::integer("Time to drain", text)
        .zh("排空时间", "停止中的 Pod 在别处得知它离开之前继续处理请求的时间。在较慢的负载均衡器后面可能需要 30。")
        .range(0, 3600)
        .unit("seconds")
        .default(10);
    let text = "From the beginning of the drain until the program is killed; at least five more than the drain.";
    let grace = Property::integer("Time to stop", text)
        .zh("停止时间", "从开始排空到强制结束程序的时间；至少比排空时间多 5 秒。")
        .range(1, 7200)
        .unit("seconds")
        .default(45);
    let shutdown = vec![("drainSeconds", drain), ("graceSeconds", grace)];
    let shutdown = Property::object("Shutdown", "How a pod stops without losing a request.", shutdown)
        .zh("停止", "Pod 如何停止而不丢失请求。");
    let amount = |title: &str, text: &str| {
        let shape = json!({"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]{1,3}%$"});
        Property::new(shape, title, text)
    };
    let surge = amount("Extra pods", "How many pods a rollout may add: a number, or a share such as 25%.")
        .zh("额外 Pod", "发布时可以多出几个 Pod：数字，或 25% 这样的比例。")
        .default("25%");
    let missing = amount("Missing pods", "How many pods may be missing while it rolls: a number, or a share.")
        .zh("可缺 Pod", "发布时可以缺少几个 Pod：数字或比例。")
        .default(0);
    let rollout = vec![("maxSurge", surge), ("maxUnavailable", missing)];
    let rollout = Property::object("Rollout", "How a new version replaces the old one.", rollout)
        .zh("发布方式", "新版本如何替换旧版本。");
    vec![
        ("migration", migration()),
        ("shutdown", shutdown.group(Group::Advanced, 54)),
        ("rollout", rollout.group(Group::Advanced, 56)),
    ]
}

fn migration() -> Property {
    let text = "Program and arguments, each an element: [/app/migrate, up].";
    let command = container::words("Migration command", text)
        .zh("迁移命令", "程序和参数，每个一项：[/app/migrate, up]。")
        .set("minItems", 1);
    let args = container::words("Migration arguments", "Added after the command.")
        .zh("迁移参数", "加在命令之后。")
        .default(json!([]));
    let timeout = Property::integer("Time to migrate", "A migration that takes longer has failed.")
        .zh("迁移时间", "超过这个时间的迁移视为失败。")
        .range(1, 86_400)
        .unit("seconds")
        .default(600);
    let retries = Property::integer("Migration retries", "How often a failed migration is tried again.")
        .zh("迁移重试次数", "迁移失败后重试几次。")
        .range(0, 20)
        .default(2);
    let text = "Runs once, in the same image and environment, before the pods change; while it runs, the pods of the \
                version before go on. It runs again when image, command, environment, files or resources change, so it \
                must be safe to repeat.";
    let zh = "在 Pod 变更之前，用相同的镜像和环境运行一次；运行期间旧版本的 Pod 继续工作。镜像、命令、环境变量、文件或资源改变时会再次运行，因此必须可以重复执行。";
    let all = vec![("command", command), ("args", args), ("timeoutSeconds", timeout), ("retries", retries)];
    optional(all, &["command"], "Migration", text).zh("迁移", zh).group(Group::Advanced, 20)
}
