//! The parameters of this template, on top of the shared block.
//! It never says what a rule must compute: bounds of single values only.

use template_sdk::block::{self, Group, Property};
use template_sdk::{Value, json};

use crate::values::SPEC;

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let mut all = topology();
    all.extend(files());
    all.extend(servers());
    let mut own = json!({"properties": Property::all(all)});
    own["properties"]["image"]["x-ku8-group"] = json!("basic");
    own["properties"]["image"]["x-ku8-order"] = json!(3);
    let repository = "Full image name. Required: FastDFS has no official image. It needs FastDFS 6.11 or newer, a shell, \
                      coreutils and sed, and must run as user 10001.";
    own["properties"]["image"]["properties"]["repository"] = json!({
        "description": repository,
        "examples": ["registry.example.com/fastdfs"],
        "x-ku8-i18n": {"zh": {"title": "镜像地址", "description":
            "完整的镜像名，必填：FastDFS 没有官方镜像。需要 FastDFS 6.11 或更新版本、shell、coreutils 和 sed，并能以用户 10001 运行。"}},
    });
    own["properties"]["image"]["properties"]["tag"] = json!({
        "description": "Version of the image. Required; name a version, not latest.",
        "examples": ["6.12"],
        "x-ku8-i18n": {"zh": {"title": "镜像标签", "description": "镜像的版本，必填；请写明版本，不要用 latest。"}},
    });
    let text = "Distributed file store: trackers, and groups of storages that copy each other's files. Beta.";
    let own = Property::new(own, "FastDFS (beta)", text)
        .zh("FastDFS（测试版）", "分布式文件存储：跟踪服务器，以及组内互相复制文件的存储服务器。测试版。");
    block::schema(&SPEC, &own.value())
}

fn topology() -> Vec<(&'static str, Property)> {
    let trackers = "Servers that tell clients where files go; they hold no files, and one of them is enough to go on.";
    let trackers = Property::integer("Trackers", trackers)
        .zh("跟踪服务器数", "告诉客户端文件存放位置的服务器；它们不保存文件，只要有一个就能继续工作。")
        .range(1, 3)
        .default(2)
        .transition("fastdfs.trackers.fewer")
        .group(Group::Basic, 1);
    let name = "Part of every file's id. It cannot change later.";
    let name = Property::text("Group name", name)
        .zh("组名", "每个文件标识的一部分，以后不能更改。")
        .pattern("^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$")
        .immutable()
        .transition("fastdfs.groups.order");
    let replicas = "Storages of the group, each with a copy of every file. It can grow, not shrink.";
    let replicas = Property::integer("Copies", replicas)
        .zh("副本数", "组内的存储服务器数，每个都保存全部文件。可以增加，不能减少。")
        .range(1, 8)
        .default(2)
        .transition("fastdfs.groups.shrink");
    let size = "Size of each volume of this group; left out, that of the size.";
    let size = Property::quantity("Volume size of the group", size)
        .zh("组的数据卷大小", "该组每个数据卷的大小；不填则由规格决定。")
        .transition("fastdfs.groups.volume-shrink");
    let one = Property::object(
        "Group",
        "Storages that hold the same files.",
        vec![("name", name), ("replicas", replicas), ("storageSize", size)],
    )
    .zh("存储组", "保存相同文件的存储服务器。")
    .set("required", json!(["name"]))
    .value();
    let groups = "Groups of storages; capacity grows with their number. New ones go to the end of the list.";
    let groups = Property::list(one, "Groups", groups)
        .zh("存储组列表", "存储服务器的分组；组越多容量越大。新的组加在列表末尾。")
        .set("minItems", 1)
        .set("maxItems", 16)
        .default(json!([{"name": "group1"}]))
        .transition("fastdfs.groups.order")
        .group(Group::Basic, 2);
    let disk = Property::quantity("Tracker volume size", "Size of the volume of each tracker, which holds little.")
        .zh("跟踪服务器数据卷大小", "每个跟踪服务器的数据卷大小，只保存少量数据。")
        .default("1Gi")
        .transition("fastdfs.trackers.volume-shrink")
        .group(Group::Advanced, 24);
    vec![("trackers", trackers), ("groups", groups), ("trackerStorageSize", disk)]
}

fn files() -> Vec<(&'static str, Property)> {
    let reserved = "Space that stays free: a storage with less takes no more files. A share or an amount, such as 20G.";
    let reserved = Property::text("Reserved space", reserved)
        .zh("保留空间", "必须保持空闲的空间：不足时不再接收新文件。可以是百分比，也可以是数量，例如 20G。")
        .pattern("^([0-9]{1,2}(\\.[0-9]{1,2})?%|[1-9][0-9]*[KMG])$")
        .default("10%")
        .group(Group::Advanced, 41);
    let lookup = "How the group of a new file is chosen: 0 in turn, 1 always the one under storeGroup, 2 the emptiest.";
    let lookup = Property::integer("Choice of group", lookup)
        .zh("选择存储组的方式", "新文件放入哪个组：0 轮流，1 始终放入 storeGroup 指定的组，2 放入空闲空间最多的组。")
        .set("enum", json!([0, 1, 2]))
        .default(2)
        .group(Group::Advanced, 42);
    let named = Property::text("Chosen group", "The group for all new files, with storeLookup 1.")
        .zh("指定的组", "storeLookup 为 1 时，所有新文件放入的组。")
        .group(Group::Advanced, 43);
    let subdirs = "Directories on each of two levels of a volume. Files are found by them, so it cannot change.";
    let subdirs = Property::integer("Directories per level", subdirs)
        .zh("每级目录数", "数据卷中两级目录各有多少个。文件按目录查找，所以不能更改。")
        .range(1, 256)
        .default(256)
        .immutable()
        .transition("fastdfs.files.immutable")
        .group(Group::Expert, 50);
    let trunk = "Keeps many small files in one large file. Their ids say so, so it cannot change.";
    let trunk = Property::boolean("Trunk files", trunk)
        .zh("合并存储小文件", "把许多小文件存放在一个大文件中。文件标识里记录了这一点，所以不能更改。")
        .default(false)
        .immutable()
        .transition("fastdfs.files.immutable")
        .group(Group::Expert, 51);
    vec![
        ("reservedStorageSpace", reserved),
        ("storeLookup", lookup),
        ("storeGroup", named),
        ("subdirCountPerPath", subdirs),
        ("useTrunkFile", trunk),
    ]
}

fn servers() -> Vec<(&'static str, Property)> {
    let connections = "Connections of a storage, each with a buffer of 256 KiB; left out, as many as fit into half of the \
                       memory limit.";
    let connections = Property::integer("Connections", connections)
        .zh("连接数", "存储服务器的连接数，每个连接有 256 KiB 缓冲区；不填则以内存上限的一半能容纳的数量为准。")
        .range(64, 65_536)
        .group(Group::Advanced, 44);
    let work = Property::integer("Work threads", "Threads that serve the network.")
        .zh("工作线程数", "处理网络请求的线程数。")
        .range(1, 64)
        .default(4)
        .group(Group::Advanced, 45);
    let disk = Property::integer("Disk threads", "Threads that read the volume, and as many that write it.")
        .zh("磁盘线程数", "读取数据卷的线程数，写入线程数与之相同。")
        .range(1, 64)
        .default(1)
        .group(Group::Advanced, 46);
    let hosts =
        "Addresses that may connect, as the servers check them: *, 10.0.0.0/8. The network policy comes before.";
    let hosts = Property::list(json!({"type": "string", "pattern": "^[^\\s#=]+$"}), "Allowed hosts", hosts)
        .zh("允许的主机", "服务器允许连接的地址，例如 *、10.0.0.0/8。网络策略先于它生效。")
        .set("minItems", 1)
        .default(json!(["*"]))
        .group(Group::Advanced, 47);
    vec![("maxConnections", connections), ("workThreads", work), ("diskThreads", disk), ("allowHosts", hosts)]
}
