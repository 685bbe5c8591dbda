//! What the controllers of StatefulSets and Deployments do with a new render.
//! It never waits as long as they do: minReadySeconds are not kept.

use serde_json::Value;

use crate::manifest::{Plan, text, workloads};
use crate::stage::Stage;

impl Stage {
    /// Starts the pods that are missing, stops those that are too many from the highest, replaces those whose pod
    /// template has changed from the highest, each waited for until ready.
    #[track_caller]
    pub fn settle(&self) {
        let workloads: Vec<Value> = workloads(&self.0.state().objects).cloned().collect();
        for workload in &workloads {
            if workload["kind"] == "Deployment" { self.settle_deployment(workload) } else { self.settle_set(workload) }
        }
        let known = |owner: &(String, String)| {
            let same = |one: &Value| one["kind"] == owner.0.as_str() && one["metadata"]["name"] == owner.1.as_str();
            workloads.iter().any(same)
        };
        for (pod, plan) in self.plans() {
            if !known(&plan.owner) {
                self.stop(&pod);
            }
        }
    }

    #[track_caller]
    fn settle_set(&self, set: &Value) {
        let wanted: Vec<Plan> = (0..replicas(set)).map(|ordinal| Plan::of(set, ordinal)).collect();
        let there = self.pods();
        let missing: Vec<&str> =
            wanted.iter().map(|plan| plan.name.as_str()).filter(|name| !there.iter().any(|one| one == name)).collect();
        if set["spec"]["podManagementPolicy"] == "Parallel" {
            self.start_all(&missing);
        } else {
            for pod in missing {
                self.start(pod);
                self.ready(pod);
            }
        }
        let mut extra = self.of(set);
        extra.retain(|(name, _)| !wanted.iter().any(|plan| plan.name == *name));
        // Names sort as text; ordinals do not.
        extra.sort_by_key(|(name, _)| std::cmp::Reverse(ordinal(name)));
        for (pod, _) in extra {
            self.stop(&pod);
        }
        for plan in wanted.iter().rev() {
            if self.0.info(&plan.name).plan.template != plan.template {
                self.stop(&plan.name);
                self.start(&plan.name);
            }
            self.ready(&plan.name);
        }
    }

    /// A new pod is ready before an old one goes.
    #[track_caller]
    fn settle_deployment(&self, deployment: &Value) {
        let template = &deployment["spec"]["template"];
        let wanted = usize::try_from(replicas(deployment)).unwrap_or(usize::MAX);
        let current = |stage: &Self| stage.of(deployment).iter().filter(|(_, plan)| plan.template == *template).count();
        let mut old: Vec<String> = self
            .of(deployment)
            .into_iter()
            .filter(|(_, plan)| plan.template != *template)
            .map(|(name, _)| name)
            .collect();
        while current(self) < wanted {
            let there = self.pods();
            let free = (0..1000).map(|ordinal| Plan::of(deployment, ordinal).name).find(|name| !there.contains(name));
            let pod = free.unwrap_or_default();
            self.start(&pod);
            self.ready(&pod);
            if let Some(pod) = old.pop() {
                self.stop(&pod);
            }
        }
        let mut extra = self.of(deployment);
        extra.retain(|(name, plan)| plan.template == *template && !old.contains(name));
        let extra = extra.into_iter().skip(wanted).map(|(name, _)| name);
        for pod in old.into_iter().chain(extra).collect::<Vec<_>>() {
            self.stop(&pod);
        }
    }

    /// Pods of a workload.
    fn of(&self, workload: &Value) -> Vec<(String, Plan)> {
        let owner = (text(&workload["kind"]), text(&workload["metadata"]["name"]));
        self.plans().into_iter().filter(|(_, plan)| plan.owner == owner).collect()
    }

    /// Pods of all workloads.
    fn plans(&self) -> Vec<(String, Plan)> {
        let state = self.0.state();
        let plans = state.pods.iter().map(|(name, pod)| (name.clone(), pod.info.plan.clone()));
        plans.filter(|(_, plan)| plan.owner.0 == "StatefulSet" || plan.owner.0 == "Deployment").collect()
    }
}

fn replicas(workload: &Value) -> u64 {
    workload["spec"]["replicas"].as_u64().unwrap_or(1)
}

fn ordinal(name: &str) -> u64 {
    name.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
