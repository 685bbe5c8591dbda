//! A server that refuses the writes of certain objects although it let their dry-run pass, as quotas, webhooks and
//! races do: nothing a plan could have foreseen.

use serde_json::json;

use crate::stage::Space;

/// Refuses writes in one namespace as long as it lives.
pub(crate) struct Refusal<'a> {
    space: &'a Space,
    name: String,
}

const CANARY: &str = "refusal-canary";

impl<'a> Refusal<'a> {
    /// Begins to refuse objects of these names.
    pub(crate) fn of(space: &'a Space, names: &[&str]) -> Self {
        let listed = names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        Self::unless(space, &format!("!(object.metadata.name in [{listed}])"))
    }

    /// Begins to refuse objects for which this CEL expression is false.
    pub(crate) fn unless(space: &'a Space, allowed: &str) -> Self {
        let name = format!("refusal-{}", space.namespace);
        let rules =
            json!([{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": ["*"]}]);
        let policy = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name}, "spec": {"failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": rules},
            "validations": [{"message": "the test does not want it",
                "expression": format!("(has(request.dryRun) && request.dryRun) || (object.metadata.name != '{CANARY}' && ({allowed}))")}]}});
        let binding = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space.namespace}}}}});
        for (kind, object) in [("policy", policy), ("binding", binding)] {
            let file = space.file(&format!("refusal-{kind}.json"), object.to_string());
            space.kubectl(&["create", "-f", &file]);
        }
        let refusal = Self { space, name };
        space.until("the refusal", || (!refusal.lets_the_canary_in()).then_some(()));
        refusal
    }

    fn lets_the_canary_in(&self) -> bool {
        let made = self.space.try_kubectl(&["create", "configmap", CANARY]).is_ok();
        if made {
            self.space.kubectl(&["delete", "configmap", CANARY]);
        }
        made
    }

    /// Ends, and waits until the server has noticed.
    pub(crate) fn lift(self) {
        self.remove();
        self.space.until("the end of the refusal", || self.lets_the_canary_in().then_some(()));
    }

    fn remove(&self) {
        for kind in ["validatingadmissionpolicybinding", "validatingadmissionpolicy"] {
            let _ = self.space.try_kubectl(&["delete", kind, &self.name, "--ignore-not-found"]);
        }
    }
}

impl Drop for Refusal<'_> {
    fn drop(&mut self) {
        self.remove();
    }
}
