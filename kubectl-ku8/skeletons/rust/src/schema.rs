//! The parameters: their words in English and Chinese, bounds and defaults.
//! It never judges what depends on several values: `render` does.

use template_sdk::prelude::*;

use crate::SPEC;

/// Returns the template's own parameters on top of the shared ones.
pub(crate) fn schema() -> Value {
    let replicas = Property::integer("Pods", "Pods that answer at the same time.")
        .zh("副本数", "同时提供服务的 Pod 数量。")
        .range(1, 20)
        .default(2)
        .group(Group::Basic, 1);
    let greeting = Property::text("Greeting", "What the page says.")
        .zh("问候语", "页面显示的内容。")
        .set("maxLength", 1000)
        .default("Hello from a template of your own")
        .group(Group::Basic, 2);
    let port = Property::integer("Service port", "The port clients use.")
        .zh("服务端口", "客户端使用的端口。")
        .range(1, 65_535)
        .default(80)
        .group(Group::Advanced, 50);
    let own = vec![("replicas", replicas), ("greeting", greeting), ("servicePort", port)];
    let own = json!({"properties": Property::all(own)});
    let own = Property::new(own, "{{title}}", "A web server with a page of your own.")
        .zh("{{title}}", "带有自定义页面的 Web 服务器。");
    block::schema(&SPEC, &own.value())
}
