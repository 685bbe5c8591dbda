//! One setting sends every image to a mirror, for places that reach no public registry.
//! What it changes is in the plan, and losing it is too.

use serde_json::json;

use crate::stage::Space;

#[test]
fn every_image_comes_from_the_mirror_and_the_plan_says_so_and_says_when_it_would_not() {
    let Some(mut space) = Space::new("mirrored") else { return };
    space.run("define cache -t redis").ok();
    space.set("KU8_IMAGE_REGISTRY", "mirror.corp:5000/hub");
    space.set("KU8_IMAGE_PULL_SECRETS", "mirror-login");
    space.run("plan cache").ok().says(&["mirror.corp:5000/hub/library/redis", "KU8_IMAGE_REGISTRY"]);
    space.run("publish cache --yes --no-wait").ok();
    let pod = &space.get("statefulset/cache")["spec"]["template"]["spec"];
    for container in ["initContainers", "containers"].iter().filter_map(|list| pod[list].as_array()).flatten() {
        let image = container["image"].as_str().unwrap_or_default();
        assert!(image.starts_with("mirror.corp:5000/hub/"), "{image}");
    }
    assert_eq!(pod["imagePullSecrets"], json!([{"name": "mirror-login"}]));
    space.run("plan cache --detailed-exitcode").exits(0);

    // A colleague who has not set it is told before pods are sent to a registry they cannot reach.
    space.set("KU8_IMAGE_REGISTRY", "");
    space.run("plan cache --detailed-exitcode").exits(2).says(&["warning:", "docker.io=mirror.corp:5000/hub"]);
    space.set("KU8_IMAGE_REGISTRY", "https://mirror.corp");
    space.run("plan cache").fails(1, &["KU8_IMAGE_REGISTRY", "https://mirror.corp"]).hints();
}
