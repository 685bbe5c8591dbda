//! The parameters of the container: environment, files, folders, user, command.
//! It never offers a field that would leave Pod Security restricted.

use template_sdk::block::{Group, Property};
use template_sdk::{Value, json};

use super::Properties;

/// Names Kubernetes takes for variables.
const VARIABLE: &str = "^[A-Za-z_][-._A-Za-z0-9]*$";
/// A whole path without anything a ConfigMap's keys cannot say.
const PATH: &str = "^(/[-._A-Za-z0-9]+)+$";

/// A list of words.
pub(super) fn words(title: &str, text: &str) -> Property {
    Property::list(json!({"type": "string"}), title, text).set("maxItems", 100)
}

/// Returns the properties.
pub(super) fn properties() -> Properties {
    let policy = "When nodes fetch the image: a tag that never moves needs IfNotPresent.";
    let policy = Property::choice(&["IfNotPresent", "Always", "Never"], "Pull policy", policy)
        .zh("拉取策略", "节点何时拉取镜像：不会变动的标签用 IfNotPresent 即可。")
        .default("IfNotPresent");
    let text = "Left out: the image's own entrypoint.";
    let command = words("Command", text).zh("命令", "不填则用镜像自己的入口。").default(json!([]));
    let args = words("Arguments", "Left out: the image's own, unless a command is given.")
        .zh("命令参数", "不填则用镜像自己的参数，除非指定了命令。")
        .default(json!([]));
    let text = "The number of the user the program runs as, and of its group; 0 is refused.";
    let user = Property::integer("User", text)
        .zh("用户", "程序运行时的用户编号，组也用这个编号；不能是 0。")
        .range(0, 2_147_483_647)
        .default(10_001);
    let mut all = environment();
    all.extend(files());
    all.extend([
        ("pullPolicy", policy.group(Group::Advanced, 9)),
        ("command", command.group(Group::Advanced, 40)),
        ("args", args.group(Group::Advanced, 41)),
        ("runAsUser", user.group(Group::Advanced, 42)),
    ]);
    all
}

fn environment() -> Properties {
    let named = |rest: Value| {
        json!({"type": "object", "maxProperties": 500, "propertyNames": {"pattern": VARIABLE, "maxLength": 200},
            "additionalProperties": rest})
    };
    let text = "Variables in plain text; $(NAME) stands for one from a binding or a Secret. Passwords belong under \
                secretEnv.";
    let env = Property::new(named(json!({"type": "string"})), "Environment", text)
        .zh("环境变量", "明文变量；$(NAME) 代表来自绑定或 Secret 的变量。密码应放在 secretEnv 中。")
        .default(json!({}));
    let text = "Variables from Secrets: NAME: {secretRef: {name, key}}, or {generate: {length: 32}} for one that is made \
                once and kept.";
    let zh = "来自 Secret 的变量：NAME: {secretRef: {name, key}}；{generate: {length: 32}} 表示生成一次并一直保留。";
    let value = json!({"$ref": "#/$defs/secret", "x-ku8-secret": true});
    let secret = Property::new(named(value), "Secret environment", text).zh("机密环境变量", zh).default(json!({}));
    vec![("env", env.group(Group::Advanced, 10)), ("secretEnv", secret.group(Group::Advanced, 11))]
}

fn files() -> Properties {
    let path = |title: &str, text: &str| Property::text(title, text).pattern(PATH).set("maxLength", 200);
    let name = path("File path", "The whole path in the container; other files of the folder stay.")
        .zh("文件路径", "容器内的完整路径；同一文件夹里的其他文件不受影响。");
    let content =
        Property::text("File content", "Its text; never a password.").zh("文件内容", "文件的文本；不要写密码。");
    let file = json!({
        "type": "object", "additionalProperties": false, "required": ["path", "content"],
        "properties": Property::all(vec![("path", name), ("content", content)]),
    });
    let text = "Files laid over those of the image; the pods roll when one changes.";
    let files = Property::list(file, "Configuration files", text)
        .zh("配置文件", "覆盖镜像中的文件；文件改变时 Pod 会滚动更新。")
        .set("maxItems", 50)
        .default(json!([]));
    let item = json!({"type": "string", "pattern": PATH, "maxLength": 200});
    let text = "Folders the program may write to; they begin empty in each pod. All others are read-only.";
    let writable = Property::list(item, "Writable folders", text)
        .zh("可写文件夹", "程序可以写入的文件夹；在每个 Pod 中一开始都是空的。其他文件夹都是只读的。")
        .set("maxItems", 30)
        .default(json!(["/tmp"]));
    let size = Property::quantity("Size of each writable folder", "A pod that writes more is evicted.")
        .zh("每个可写文件夹的大小", "写入更多的 Pod 会被驱逐。")
        .default("256Mi");
    vec![
        ("configFiles", files.group(Group::Advanced, 12)),
        ("writablePaths", writable.group(Group::Advanced, 43)),
        ("writableSize", size.group(Group::Advanced, 44)),
    ]
}
