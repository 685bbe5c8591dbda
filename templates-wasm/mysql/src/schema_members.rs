//! The parameters of replication, readiness and encryption.
//! It never says what a rule must compute: bounds of single values only.

use template_sdk::block::{Group, Property};

/// The properties by name.
pub(crate) fn properties() -> Vec<(&'static str, Property)> {
    let require = "Takes a replica out of the read Service while it does not replicate. While the primary is down, no \
                   replica does, and readers have nowhere to go.";
    let require = Property::boolean("Only replicating members are ready", require)
        .zh(
            "只有正在复制的成员才就绪",
            "副本停止复制时把它移出只读服务。主库停机期间所有副本都不在复制，读取将无处可去。",
        )
        .default(false);
    let readiness = vec![("requireReplication", require)];
    let readiness =
        Property::object("Readiness", "When a replica takes readers.", readiness).zh("就绪", "副本何时接受读取。");
    vec![
        ("replication", replication().group(Group::Basic, 5)),
        ("tls", tls().group(Group::Advanced, 52)),
        ("readiness", readiness.group(Group::Expert, 53)),
    ]
}

fn replication() -> Property {
    let replicas = "Members beside the primary. New ones copy its data; the claims of those that go stay. 0 is the step from one \
                    server to a replicated one.";
    let replicas = Property::integer("Replicas", replicas)
        .zh("副本数", "主库之外的成员数。新成员会复制主库的数据；减少时，离开的成员的数据卷声明会保留。0 是从单台服务器改为复制时的中间一步。")
        .range(0, 9)
        .default(2)
        .transition("mysql.scale.claims-stay")
        .group(Group::Basic, 6);
    let semi = "A commit waits until one replica has it. Costs one network round trip, and nothing is lost when the \
                primary is.";
    let semi = Property::boolean("Wait for a replica", semi)
        .zh("等待副本确认", "提交时等到至少一个副本收到为止。代价是一次网络往返，主库丢失时不会丢数据。")
        .default(false)
        .group(Group::Advanced, 54);
    let wait = "How long a commit waits when no replica answers; after that, writes are confirmed without one until a \
                replica is back.";
    let wait = Property::integer("Longest wait", wait)
        .zh("最长等待", "没有副本应答时提交等待的时间；超过后不再等待，直到有副本恢复。")
        .range(100, 600_000)
        .default(10_000)
        .unit("milliseconds")
        .group(Group::Advanced, 55);
    let primary = "Number of the member that takes writes. Changing it moves the role: the new primary makes the old one \
                   read-only and takes over its last writes before it takes new ones.";
    let primary = Property::integer("Primary", primary)
        .zh(
            "主库编号",
            "接受写入的成员的编号。修改它即切换主库：新主库先让旧主库只读，接收它最后的写入，然后才接受新的写入。",
        )
        .range(0, 9)
        .default(0)
        .transition("mysql.promotion.guided")
        .group(Group::Expert, 56);
    let mode = "What a new primary does when the old one does not answer. wait: it waits, and nothing confirmed is lost. \
                force: after 30 seconds it goes on without writes that only the old one holds. Restarts nothing.";
    let mode = Property::choice(&["wait", "force"], "Promotion without the old primary", mode)
        .zh(
            "旧主库不应答时的切换",
            "旧主库不应答时新主库怎么办。wait：一直等待，已确认的写入不会丢失。force：30 秒后继续，只存在于旧主库上的写入被放弃。修改它不会重启任何成员。",
        )
        .default("wait")
        .transition("mysql.promotion.forced")
        .group(Group::Expert, 57);
    let all = vec![
        ("replicas", replicas),
        ("semiSync", semi),
        ("semiSyncTimeoutMs", wait),
        ("primaryOrdinal", primary),
        ("promotion", mode),
    ];
    Property::object("Replication", "Only for topology: replication.", all).zh("复制", "仅用于 topology: replication。")
}

fn tls() -> Property {
    let mode = "auto: the server has a certificate of its own, and clients encrypt if they want. require: they must. \
                secretRef: they must, and the certificate is the one of the named Secret.";
    let mode = Property::choice(&["auto", "require", "secretRef"], "Encryption", mode)
        .zh(
            "加密方式",
            "auto：服务器使用自己的证书，客户端可以加密。require：必须加密。secretRef：必须加密，证书来自指定的 Secret。",
        )
        .default("auto")
        .transition("mysql.tls.required");
    let secret =
        "A Secret with tls.crt and tls.key, such as cert-manager makes; a renewed one is used after a restart.";
    let secret = Property::text("Certificate Secret", secret)
        .zh("证书 Secret", "包含 tls.crt 和 tls.key 的 Secret，例如 cert-manager 生成的；证书更新后在重启时生效。")
        .pattern("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$");
    Property::object(
        "TLS",
        "Encrypted connections. Members always encrypt among themselves.",
        vec![("mode", mode), ("secretName", secret)],
    )
    .zh("TLS", "加密连接。成员之间始终加密。")
}
