//! The parameters of the ways in: Ingress, Gateway, Service, further ports, network policy.
//! It never offers a way around the Service.

use template_sdk::block::{Group, Property};
use template_sdk::{Value, json};

use super::{Properties, optional, path};

/// Names of ports, as the registry of services writes them.
const PORT: &str = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
const HOST: &str = "^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const NAME: &str = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$";

fn name(title: &str, text: &str) -> Property {
    Property::text(title, text).pattern(NAME).set("maxLength", 253)
}

fn port_name(title: &str, text: &str) -> Property {
    Property::text(title, text).pattern(PORT).set("maxLength", 15)
}

/// Returns the properties.
pub(super) fn properties() -> Properties {
    vec![("ingress", ingress()), ("gateway", gateway()), ("extraPorts", ports())]
}

/// What joins objects of the shared block: their own words stay.
pub(super) fn joined() -> Value {
    let port = Property::integer("Service port", "What clients in the cluster use. Left out: the port.")
        .zh("Service 端口", "集群内客户端使用的端口。不填则与 port 相同。")
        .range(1, 65_535)
        .transition("web.port.changed");
    let text = "What is spoken on it, for those who route by it: http, grpc, kubernetes.io/h2c.";
    let protocol = Property::text("Application protocol", text)
        .zh("应用协议", "端口上使用的协议，供按协议路由的组件使用：http、grpc、kubernetes.io/h2c。")
        .pattern("^([a-z0-9.-]+/)?[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$")
        .set("maxLength", 100)
        .group(Group::Expert, 86);
    let item = json!({"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"});
    let text = "Namespaces whose pods may connect too, such as that of the Ingress controller. Left out with an Ingress or \
                a Gateway: everybody may reach that port.";
    let zh = "哪些命名空间的 Pod 也可以连接，例如 Ingress 控制器所在的命名空间。使用 Ingress 或 Gateway 而不填时：任何人都可以访问该端口。";
    let namespaces = Property::list(item, "Allowed namespaces", text)
        .zh("允许的命名空间", zh)
        .set("maxItems", 50)
        .default(json!([]));
    json!({
        "service": {"properties": Property::all(vec![("port", port), ("appProtocol", protocol)])},
        "networkPolicy": {"properties": Property::all(vec![("namespaces", namespaces)])},
    })
}

fn ingress() -> Property {
    let host = Property::text("Host name", "The name people type; *.example.com takes all names of one level.")
        .zh("域名", "用户输入的名字；*.example.com 匹配一级下的所有名字。")
        .pattern(HOST)
        .set("maxLength", 253)
        .group(Group::Basic, 8);
    let begins = path("Ingress path", "Paths that begin so are sent here.")
        .zh("Ingress 路径", "以此开头的路径会转发到这里。")
        .pattern("^/")
        .default("/");
    let port = port_name("Ingress port", "Name of the port that gets the requests.")
        .zh("Ingress 端口", "接收请求的端口的名字。")
        .default("http");
    let class = name("Ingress class", "Which controller serves it. Left out: the cluster's default.")
        .zh("Ingress 类", "由哪个控制器处理。不填则用集群默认的。");
    let secret = name("Certificate Secret", "Name of a Secret of type kubernetes.io/tls that exists.")
        .zh("证书 Secret", "已有的 kubernetes.io/tls 类型 Secret 的名字。");
    let issuer = name("Certificate issuer", "Name of a ClusterIssuer of cert-manager, which makes the certificate.")
        .zh("证书签发者", "cert-manager 的 ClusterIssuer 的名字，由它签发证书。");
    let tls = vec![("secret", secret), ("clusterIssuer", issuer)];
    let tls = optional(tls, &[], "HTTPS", "Where the certificate comes from.").zh("HTTPS 证书", "证书从哪里来。");
    let annotations = Property::texts("Ingress annotations", "What the controller reads, such as the size of a body.")
        .zh("Ingress 注解", "控制器读取的设置，例如请求体大小。")
        .default(json!({}))
        .group(Group::Expert, 96);
    let all = vec![
        ("host", host),
        ("path", begins),
        ("port", port),
        ("className", class),
        ("tls", tls),
        ("annotations", annotations),
    ];
    optional(all, &["host"], "Ingress", "The way in from outside, through an Ingress controller.")
        .zh("外部入口", "通过 Ingress 控制器从外部访问。")
        .group(Group::Advanced, 14)
}

fn gateway() -> Property {
    let host = Property::text("Gateway host name", "The name people type; the Gateway must take it.")
        .zh("Gateway 域名", "用户输入的名字；Gateway 必须接受它。")
        .pattern(HOST)
        .set("maxLength", 253);
    let begins = path("Gateway path", "Paths that begin so come here.")
        .zh("Gateway 路径", "以此开头的路径会到这里。")
        .pattern("^/")
        .default("/");
    let port = port_name("Gateway port", "Name of the port the route leads to.")
        .zh("Gateway 端口", "路由指向的端口的名字。")
        .default("http");
    let gateway = name("Gateway name", "Name of the Gateway.").zh("Gateway 名称", "Gateway 的名字。");
    let namespace = Property::text("Gateway namespace", "Where the Gateway is. Left out: here.")
        .zh("Gateway 命名空间", "Gateway 所在的命名空间。不填则为当前命名空间。")
        .pattern("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$");
    let section = name("Gateway listener", "Name of one of its listeners. Left out: all that fit.")
        .zh("Gateway 监听器", "其中一个监听器的名字。不填则为所有合适的监听器。");
    let all = vec![
        ("host", host),
        ("path", begins),
        ("port", port),
        ("name", gateway),
        ("namespace", namespace),
        ("sectionName", section),
    ];
    let text = "The way in from outside, through a Gateway; needs --allow-kind gateway.networking.k8s.io/HTTPRoute.";
    optional(all, &["host", "name"], "Gateway", text)
        .zh("网关", "通过 Gateway 从外部访问；需要 --allow-kind gateway.networking.k8s.io/HTTPRoute。")
        .group(Group::Expert, 85)
}

fn ports() -> Property {
    let called = port_name("Port name", "At most 15 lower-case letters, digits and `-`.")
        .zh("端口名称", "最多 15 个小写字母、数字和 `-`。");
    let number = Property::integer("Port number", "Where the program listens too, and the Service; 1024 or higher.")
        .zh("端口号", "程序和 Service 同时使用的端口；不小于 1024。")
        .range(1, 65_535);
    let item = json!({
        "type": "object", "additionalProperties": false, "required": ["name", "port"],
        "properties": Property::all(vec![("name", called), ("port", number)]),
    });
    Property::list(item, "Further ports", "Other ports of the program, such as one for metrics.")
        .zh("其他端口", "程序的其他端口，例如用于指标的端口。")
        .set("maxItems", 30)
        .default(json!([]))
        .group(Group::Advanced, 45)
}
