//! An object that controllers keep writing to: plans and publishes look again until they see it at rest for a moment.
//! Who writes here is real, and so are the server's refusals; only the moment is chosen.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::proxy::{Aim, Fault, Moment, Next};
use super::table::Desk;
use crate::stage::{Space, config_map, yaml};

/// More often than a Deployment is written to while one of its rollouts begins.
const TIMES: usize = 20;

/// Somebody notes something on the object right before each of these requests reaches the server.
fn contend(desk: &Desk<'_>, counts: fn(&super::proxy::Seen) -> bool) {
    let (api, path) = (desk.api.clone(), format!("/api/v1/namespaces/{}/configmaps/conf", desk.space.namespace));
    let noted = AtomicUsize::new(0);
    let note = move || {
        let number = noted.fetch_add(1, Ordering::Relaxed);
        let patch = json!({"metadata": {"annotations": {"example.com/seen": number.to_string()}}});
        assert_eq!(api.call("PATCH", &path, Some(&patch)).0, 200);
        Next::GoOn
    };
    desk.proxy.set(Aim { counts, first: 1, times: TIMES }, Fault::Meanwhile(Moment::Before, Arc::new(note)));
}

#[test]
fn an_object_that_is_written_to_all_the_time_is_looked_at_until_it_rests() {
    let Some(space) = Space::new("contended") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.feed(&yaml(&[config_map("conf", "2")]), &["define", "web", "-f", "-"]).ok();
    let desk = Desk::new(&space, "contended");
    let conflicts = || desk.proxy.clear().iter().filter(|seen| seen.status == 409).count();

    contend(&desk, |seen| seen.path.ends_with("/configmaps/conf") && seen.query.contains("dryRun=All"));
    desk.through.run("plan web").ok().says(&["ConfigMap/conf", "1 → 2"]);
    assert_eq!(conflicts(), TIMES, "each was refused by the server");

    contend(&desk, |seen| seen.path.ends_with("/configmaps/conf") && seen.writes());
    desk.through.run("publish web --yes").ok();
    assert_eq!(conflicts(), TIMES, "each was refused by the server");
    assert_eq!(space.get("configmap/conf")["data"]["key"], "2");
}
