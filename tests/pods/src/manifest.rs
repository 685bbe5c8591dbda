//! What the rendered objects say of a pod: whose it is, its labels, its spec.
//! It never runs anything.

use serde_json::{Map, Value, json};

/// A pod that is to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Its name, also its host name.
    pub(crate) name: String,
    pub(crate) namespace: String,
    /// Kind and name of the workload.
    pub(crate) owner: (String, String),
    /// The workload's pod template, to see whether it changed.
    pub(crate) template: Value,
    /// Its labels, with those a StatefulSet adds.
    pub(crate) labels: Map<String, Value>,
    /// The headless Service that gives it a name.
    pub(crate) subdomain: String,
    /// Names of its claims.
    pub(crate) claims: Vec<String>,
}

impl Plan {
    pub(crate) fn spec(&self) -> &Value {
        &self.template["spec"]
    }

    /// Containers of one of the two lists.
    pub(crate) fn containers(&self, list: &str) -> Vec<Value> {
        self.spec()[list].as_array().cloned().unwrap_or_default()
    }

    /// A container by name, in either list.
    pub(crate) fn container(&self, name: &str) -> Option<Value> {
        let mut all = self.containers("initContainers");
        all.extend(self.containers("containers"));
        all.into_iter().find(|container| container["name"] == name)
    }

    /// The number of a port given by name or number.
    pub(crate) fn port(&self, wanted: &Value) -> Option<u64> {
        let named = |container: &Value| {
            let ports = container["ports"].as_array().into_iter().flatten();
            ports.into_iter().find(|port| &port["name"] == wanted).and_then(|port| port["containerPort"].as_u64())
        };
        let mut all = self.containers("containers");
        all.extend(self.containers("initContainers"));
        wanted.as_u64().or_else(|| all.iter().find_map(named))
    }

    /// Plans the pod of a workload.
    pub(crate) fn of(workload: &Value, ordinal: u64) -> Self {
        let template = workload["spec"]["template"].clone();
        let set = text(&workload["metadata"]["name"]);
        let name = format!("{set}-{ordinal}");
        let mut labels = template["metadata"]["labels"].as_object().cloned().unwrap_or_default();
        if workload["kind"] == "StatefulSet" {
            labels.insert("statefulset.kubernetes.io/pod-name".to_owned(), json!(name));
            labels.insert("apps.kubernetes.io/pod-index".to_owned(), json!(ordinal.to_string()));
        }
        let claims = workload["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
        Self {
            namespace: text(&workload["metadata"]["namespace"]),
            owner: (text(&workload["kind"]), set),
            labels,
            subdomain: text(&workload["spec"]["serviceName"]),
            claims: claims.map(|claim| text(&claim["metadata"]["name"])).collect(),
            template,
            name,
        }
    }

    /// Finds the pod of this name among the workloads.
    pub(crate) fn find(objects: &[Value], name: &str) -> Option<Self> {
        let (set, ordinal) = name.rsplit_once('-')?;
        let ordinal = ordinal.parse().ok()?;
        let workload = workloads(objects).find(|workload| workload["metadata"]["name"] == set)?;
        Some(Self::of(workload, ordinal))
    }

    /// The pod commands of clients run in.
    pub(crate) fn client(namespace: &str) -> Self {
        let container = json!({"name": "client", "command": ["sleep", "infinity"],
            "env": [{"name": "HOME", "value": "/tmp"}], "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]});
        let spec = json!({"securityContext": {"runAsUser": 65534, "runAsGroup": 65534, "fsGroup": 65534},
            "volumes": [{"name": "tmp", "emptyDir": {}}], "containers": [container]});
        Self {
            name: "client".to_owned(),
            namespace: namespace.to_owned(),
            owner: ("Pod".to_owned(), "client".to_owned()),
            template: json!({"spec": spec}),
            labels: Map::new(),
            subdomain: String::new(),
            claims: Vec::new(),
        }
    }
}

/// StatefulSets and Deployments.
pub(crate) fn workloads(objects: &[Value]) -> impl Iterator<Item = &Value> {
    objects.iter().filter(|object| object["kind"] == "StatefulSet" || object["kind"] == "Deployment")
}

/// An object by kind and name.
pub(crate) fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> Option<&'a Value> {
    objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
}

/// True when all labels of the selector are there.
pub(crate) fn selects(selector: &Value, labels: &Map<String, Value>) -> bool {
    let wanted = selector.as_object().filter(|wanted| !wanted.is_empty());
    wanted.is_some_and(|wanted| wanted.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

/// A string, empty where there is none.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A string of a list.
pub(crate) fn words(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}
