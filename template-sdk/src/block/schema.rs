//! Composes a template's own properties with the shared ones into one JSON Schema.
//! It never accepts a name it does not know: a misspelt parameter is an error, not a default.

use serde_json::{Value, json};

use super::annotate::{Group, Property};
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

/// Merges a schema fragment into another: objects by key, lists appended, anything else replaced.
pub fn add(into: &mut Value, fragment: &Value) {
    match (into, fragment) {
        (Value::Object(into), Value::Object(fragment)) => {
            for (key, value) in fragment {
                add(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(fragment)) => into.extend(fragment.iter().cloned()),
        (into, fragment) => *into = fragment.clone(),
    }
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
    let mut all = vec![("size", size(spec)), ("resources", resources()), ("image", image(spec))];
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
    Property::choice(&["dev", "small", "medium", "large", "custom"], "Size", &text)
        .default("small")
        .group(Group::Basic, 10)
}

fn resources() -> Property {
    let side = |title: &str, text: &str| {
        let cpu = Property::cpu("CPU", "Cores: 500m is half of one.");
        let memory = Property::quantity("Memory", "With a unit: 512Mi, 2Gi.");
        Property::object(title, text, vec![("cpu", cpu), ("memory", memory)])
    };
    let requests = side("Reserved", "What the node must have free. Memory follows the limit unless set.");
    let limits = side("Highest", "Settings are derived from the memory limit. CPU is not capped unless set.");
    let text = "Overrides single figures of the size; with size custom the memory limit is required.";
    Property::object("Resources", text, vec![("requests", requests), ("limits", limits)]).group(Group::Basic, 11)
}

fn image(spec: &Spec) -> Property {
    let repository = Property::text("Repository", &format!("Full image name; left out, {}.", spec.repository))
        .pattern("^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+$");
    let tag = format!("Version of the image; left out, {}. Name a minor version, not latest.", spec.tag);
    let tag = Property::text("Tag", &tag)
        .pattern("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")
        .transition(&format!("{}.image.major-down", spec.template));
    let digest = Property::text("Digest", "Pins the exact image; wins over the tag.").pattern("^sha256:[0-9a-f]{64}$");
    let policy = ["IfNotPresent", "Always", "Never"];
    let policy = Property::choice(&policy, "Pull policy", "When nodes fetch the image.").default("IfNotPresent");
    let all = vec![("repository", repository), ("tag", tag), ("digest", digest), ("pullPolicy", policy)];
    Property::object("Image", "Which image the pods run.", all).group(Group::Advanced, 60)
}

fn storage(spec: &Spec) -> Property {
    let size = Property::quantity("Volume size", "Left out, the size decides. It can grow later, never shrink.")
        .transition(&format!("{}.storage.shrink", spec.template));
    let class = "StorageClass of the volumes; left out, the cluster's default. It cannot change later.";
    let class = Property::text("Storage class", class)
        .immutable()
        .transition(&format!("{}.storage.class-changed", spec.template));
    let keep = |title: &str, text: &str| Property::choice(&["retain", "delete"], title, text).default("retain");
    let delete =
        keep("On delete", "What becomes of the volumes when the workload is deleted.").group(Group::Advanced, 23);
    let scale =
        keep("On scale-down", "What becomes of the volumes of pods that are scaled away.").group(Group::Advanced, 24);
    let all = vec![("size", size), ("className", class), ("onDelete", delete), ("onScaleDown", scale)];
    Property::object("Storage", "Where the data lives.", all).group(Group::Basic, 20)
}

fn auth(mode: AuthMode) -> Option<Property> {
    let existing = "Name of a Secret that already holds the passwords; left out, they are generated once and kept.";
    let existing = Property::text("Existing Secret", existing)
        .pattern("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")
        .group(Group::Advanced, 31);
    let mut all = vec![("existingSecret", existing)];
    match mode {
        AuthMode::None => return None,
        AuthMode::Required => {}
        AuthMode::Optional(default) => {
            let enabled =
                Property::boolean("Ask for a password", "Without it, everybody who can connect may do anything.");
            all.push(("enabled", enabled.default(default)));
        }
    }
    Some(Property::object("Authentication", "Who may connect.", all).group(Group::Basic, 30))
}

fn metrics() -> Property {
    let enabled =
        Property::boolean("Export metrics", "Serves metrics for Prometheus beside the software.").default(false);
    let text =
        "How Prometheus finds them: podMonitor needs the Prometheus operator, annotations a scraper that reads them.";
    let monitor = Property::choice(&["none", "podMonitor", "annotations"], "Discovery", text).default("none");
    Property::object("Metrics", "Figures for monitoring.", vec![("enabled", enabled), ("monitor", monitor)])
        .group(Group::Advanced, 70)
}

fn extra_config(syntax: &str) -> Property {
    let text = format!("Further {syntax}, appended as they are; settings the template owns are refused.");
    Property::text("Extra configuration", &text).default("").group(Group::Expert, 95)
}

fn scheduling() -> Property {
    let words = ["none", "preferNodes", "requireNodes", "preferZones", "requireZones"];
    let text =
        "How replicas are kept apart; the require forms leave pods pending when there are too few nodes or zones.";
    let spread = Property::choice(&words, "Spread", text).default("preferNodes");
    let selector = Property::texts("Node labels", "Only nodes with these labels are used.").default(json!({}));
    let items = json!({"type": "object"});
    let tolerations = Property::list(items, "Tolerations", "Taints the pods accept, as Kubernetes writes them.");
    let priority = Property::text("Priority class", "Name of a PriorityClass.");
    let all = vec![
        ("spread", spread),
        ("nodeSelector", selector),
        ("tolerations", tolerations.default(json!([]))),
        ("priorityClassName", priority),
    ];
    Property::object("Scheduling", "Where the pods may run.", all).group(Group::Advanced, 80)
}

fn network_policy() -> Property {
    let text = "Who may connect: off = everybody, sameNamespace = pods of this namespace, labelled = pods of this \
                namespace that carry the label the notes name.";
    let mode = Property::choice(&["off", "sameNamespace", "labelled"], "Mode", text).default("sameNamespace");
    Property::object("Network policy", "Who may connect over the network.", vec![("mode", mode)])
        .group(Group::Advanced, 82)
}

fn service() -> Property {
    let text = "From where it can be reached: inside the cluster, on every node, or through a load balancer.";
    let exposure = Property::choice(&["cluster", "nodePort", "loadBalancer"], "Exposure", text).default("cluster");
    Property::object("Service", "How it is reached.", vec![("exposure", exposure)]).group(Group::Advanced, 84)
}

fn pods() -> Vec<(&'static str, Property)> {
    let labels = Property::texts("Pod labels", "Further labels of the pods.").default(json!({}));
    let annotations = Property::texts("Pod annotations", "Further annotations of the pods.").default(json!({}));
    let domain = Property::text("Cluster domain", "The DNS domain of the cluster.")
        .pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
        .default("cluster.local");
    vec![
        ("podLabels", labels.group(Group::Expert, 90)),
        ("podAnnotations", annotations.group(Group::Expert, 91)),
        ("clusterDomain", domain.group(Group::Expert, 92)),
    ]
}
