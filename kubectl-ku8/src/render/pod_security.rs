//! Pod Security Standards, profile "restricted", on every pod a rendered object makes.
//! It never relaxes a rule for an operating system, a namespace or a template.

use serde_json::Value;

use super::error::Problem;
use crate::object::{Manifest, printable};

const VOLUMES: [&str; 8] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
const SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];
const SELINUX_TYPES: [&str; 4] = ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
const APPARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Judges every pod the object makes.
pub(super) fn check(id: &str, manifest: &Manifest, problems: &mut Vec<Problem>) {
    let value = manifest.value();
    let templates =
        [("spec.template.", "/spec/template"), ("spec.jobTemplate.spec.template.", "/spec/jobTemplate/spec/template")];
    let mut pods: Vec<(&str, &Value)> =
        templates.iter().filter_map(|(path, pointer)| Some((*path, value.pointer(pointer)?))).collect();
    if manifest.key().is_core("Pod") {
        pods.push(("", value));
    }
    for (path, template) in pods {
        let mut pod = Pod { id, path, problems };
        pod.annotations(&template["metadata"]["annotations"]);
        if template["spec"].is_object() {
            pod.spec(&template["spec"]);
        }
    }
}

struct Pod<'p> {
    id: &'p str,
    path: &'p str,
    problems: &'p mut Vec<Problem>,
}

impl Pod<'_> {
    fn say(&mut self, place: &str, must: &str) {
        let message = format!("{}{place} {must}", self.path);
        self.problems.push(Problem::new(self.id, message).hint("pods must pass Pod Security \"restricted\""));
    }

    fn annotations(&mut self, annotations: &Value) {
        for (name, value) in annotations.as_object().into_iter().flatten() {
            let profile = value.as_str().unwrap_or_default();
            if name.starts_with(APPARMOR_ANNOTATION)
                && profile != "runtime/default"
                && !profile.starts_with("localhost/")
            {
                self.say(&format!("metadata.annotations[{}]", printable(name)), "must be runtime/default");
            }
        }
    }

    fn spec(&mut self, spec: &Value) {
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if !is_unset_or(&spec[field], &Value::Bool(false)) {
                self.say(&format!("spec.{field}"), "must be false");
            }
        }
        self.volumes(&spec["volumes"]);
        let context = &spec["securityContext"];
        for sysctl in context["sysctls"].as_array().into_iter().flatten() {
            let name = sysctl["name"].as_str().unwrap_or_default();
            if !SYSCTLS.contains(&name) {
                self.say("spec.securityContext.sysctls", &format!("may not set {}", printable(name)));
            }
        }
        self.context(context, "spec.securityContext");
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for (index, container) in spec[list].as_array().into_iter().flatten().enumerate() {
                self.container(context, container, &format!("spec.{list}[{index}]"));
            }
        }
    }

    fn volumes(&mut self, volumes: &Value) {
        for (index, volume) in volumes.as_array().into_iter().flatten().enumerate() {
            for (kind, source) in volume.as_object().into_iter().flatten() {
                if kind != "name" && !source.is_null() && !VOLUMES.contains(&kind.as_str()) {
                    self.say(&format!("spec.volumes[{index}].{}", printable(kind)), "is not an allowed kind of volume");
                }
            }
        }
    }

    /// What a pod's and a container's security context have in common.
    fn context(&mut self, context: &Value, place: &str) {
        if context["runAsUser"] == 0 {
            self.say(&format!("{place}.runAsUser"), "must not be 0");
        }
        for profile in ["seccompProfile", "appArmorProfile"] {
            if !matches!(context[profile]["type"].as_str(), None | Some("RuntimeDefault" | "Localhost")) {
                self.say(&format!("{place}.{profile}.type"), "must be RuntimeDefault");
            }
        }
        let selinux = &context["seLinuxOptions"];
        if selinux["type"].as_str().is_some_and(|kind| !kind.is_empty() && !SELINUX_TYPES.contains(&kind)) {
            self.say(&format!("{place}.seLinuxOptions.type"), "is not an allowed type");
        }
        for field in ["user", "role"] {
            if selinux[field].as_str().is_some_and(|value| !value.is_empty()) {
                self.say(&format!("{place}.seLinuxOptions.{field}"), "must not be set");
            }
        }
        if context["windowsOptions"]["hostProcess"] == true {
            self.say(&format!("{place}.windowsOptions.hostProcess"), "must be false");
        }
    }

    fn container(&mut self, pod: &Value, container: &Value, place: &str) {
        let own = &container["securityContext"];
        let at = format!("{place}.securityContext");
        self.context(own, &at);
        if own["allowPrivilegeEscalation"] != false {
            self.say(&format!("{at}.allowPrivilegeEscalation"), "must be false");
        }
        if !is_unset_or(&own["privileged"], &Value::Bool(false)) {
            self.say(&format!("{at}.privileged"), "must be false");
        }
        if !is_unset_or(&own["procMount"], &Value::from("Default")) {
            self.say(&format!("{at}.procMount"), "must be Default");
        }
        if inherited(pod, own, "runAsNonRoot") != &Value::Bool(true) {
            self.say(&format!("{at}.runAsNonRoot"), "must be true here or in the pod's securityContext");
        }
        if inherited(pod, own, "seccompProfile")["type"].is_null() {
            self.say(
                &format!("{at}.seccompProfile.type"),
                "must be RuntimeDefault here or in the pod's securityContext",
            );
        }
        self.capabilities(&own["capabilities"], &at);
        self.host_access(container, place);
    }

    fn capabilities(&mut self, capabilities: &Value, at: &str) {
        let list = |field: &str| capabilities[field].as_array().map_or(&[] as &[Value], Vec::as_slice);
        if !list("drop").iter().any(|name| name == "ALL") {
            self.say(&format!("{at}.capabilities.drop"), "must include ALL");
        }
        if list("add").iter().any(|name| name != "NET_BIND_SERVICE") {
            self.say(&format!("{at}.capabilities.add"), "may only hold NET_BIND_SERVICE");
        }
    }

    fn host_access(&mut self, container: &Value, place: &str) {
        for (index, port) in container["ports"].as_array().into_iter().flatten().enumerate() {
            if !is_unset_or(&port["hostPort"], &Value::from(0)) {
                self.say(&format!("{place}.ports[{index}].hostPort"), "must not be set");
            }
        }
        for (path, handler) in [
            ("livenessProbe", "/livenessProbe"),
            ("readinessProbe", "/readinessProbe"),
            ("startupProbe", "/startupProbe"),
            ("lifecycle.postStart", "/lifecycle/postStart"),
            ("lifecycle.preStop", "/lifecycle/preStop"),
        ] {
            for action in ["httpGet", "tcpSocket"] {
                let host = container.pointer(&format!("{handler}/{action}/host")).and_then(Value::as_str);
                if host.is_some_and(|host| !host.is_empty()) {
                    self.say(&format!("{place}.{path}.{action}.host"), "must not be set");
                }
            }
        }
    }
}

/// A container's own setting, or the pod's where it has none.
fn inherited<'v>(pod: &'v Value, own: &'v Value, field: &str) -> &'v Value {
    if own[field].is_null() { &pod[field] } else { &own[field] }
}

fn is_unset_or(value: &Value, harmless: &Value) -> bool {
    value.is_null() || value == harmless
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn safe() -> Value {
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": {"template": {"spec": {
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "db", "image": "x", "ports": [{"containerPort": 1}], "securityContext": {
                "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
            "volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "persistentVolumeClaim": {"claimName": "b"}}]
        }}}})
    }

    fn judge(value: Value) -> Vec<String> {
        let mut problems = Vec::new();
        check("x", &Manifest::new(value).unwrap(), &mut problems);
        problems.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn a_restricted_pod_passes() {
        assert_eq!(judge(safe()), Vec::<String>::new());
    }

    #[test]
    fn every_way_out_is_named_with_its_path() {
        let container = "/spec/template/spec/containers/0/securityContext";
        let pod = "/spec/template/spec";
        for (pointer, field, value, word) in [
            (pod, "hostNetwork", json!(true), "spec.template.spec.hostNetwork must be false"),
            (pod, "hostPID", json!(true), "hostPID"),
            (pod, "hostIPC", json!(true), "hostIPC"),
            (pod, "volumes", json!([{"name": "r", "hostPath": {"path": "/"}}]), "spec.volumes[0].hostPath"),
            (pod, "volumes", json!([{"name": "r", "nfs": {}}]), "spec.volumes[0].nfs"),
            (pod, "securityContext", json!({"runAsNonRoot": true}), "seccompProfile.type must be RuntimeDefault"),
            (
                pod,
                "securityContext",
                json!({"seccompProfile": {"type": "RuntimeDefault"}}),
                "runAsNonRoot must be true",
            ),
            (container, "seccompProfile", json!({"type": "Unconfined"}), "seccompProfile.type must be RuntimeDefault"),
            (container, "runAsNonRoot", json!(false), "runAsNonRoot"),
            (container, "runAsUser", json!(0), "runAsUser must not be 0"),
            (container, "privileged", json!(true), "privileged"),
            (container, "allowPrivilegeEscalation", json!(true), "allowPrivilegeEscalation"),
            (container, "capabilities", json!({}), "capabilities.drop must include ALL"),
            (container, "capabilities", json!({"drop": ["ALL"], "add": ["SYS_ADMIN"]}), "capabilities.add"),
            (container, "procMount", json!("Unmasked"), "procMount"),
            (container, "appArmorProfile", json!({"type": "Unconfined"}), "appArmorProfile.type"),
            (container, "seLinuxOptions", json!({"type": "spc_t"}), "seLinuxOptions.type"),
            (container, "windowsOptions", json!({"hostProcess": true}), "hostProcess"),
            ("/spec/template/spec/containers/0", "ports", json!([{"hostPort": 80}]), "ports[0].hostPort"),
            (
                "/spec/template/spec/containers/0",
                "livenessProbe",
                json!({"httpGet": {"host": "169.254.169.254"}}),
                "livenessProbe.httpGet.host",
            ),
        ] {
            let mut manifest = safe();
            manifest.pointer_mut(pointer).unwrap()[field] = value;
            let problems = judge(manifest);
            assert!(problems.len() == 1 && problems[0].contains(word), "{word}: {problems:?}");
        }
    }

    #[test]
    fn init_containers_and_cron_jobs_are_judged_too() {
        let mut value = safe();
        value["spec"]["template"]["spec"]["initContainers"] = json!([{"name": "i", "image": "x"}]);
        assert!(judge(value.clone()).iter().any(|problem| problem.starts_with("spec.template.spec.initContainers[0]")));
        let cron = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"},
            "spec": {"jobTemplate": {"spec": {"template": value["spec"]["template"]}}}});
        assert!(
            judge(cron)
                .iter()
                .any(|problem| problem.starts_with("spec.jobTemplate.spec.template.spec.initContainers[0]"))
        );
    }
}
