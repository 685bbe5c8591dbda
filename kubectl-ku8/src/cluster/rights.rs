//! Asks the API server what the person may do, before anything is tried.
//! Reviews are posted but never stored; nothing here changes a cluster.

use ::http::Method;
use futures::StreamExt as _;
use serde_json::{Value, json};

use super::http::Exchange;
use super::{ClusterError, PlanClient};
use crate::object::Right;

/// Questions under way at once.
const CONCURRENCY: usize = 8;

impl PlanClient {
    /// Those of the rights the person does not have. One review settles most; what it leaves open is asked one by one.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn missing_rights(&self, rights: Vec<Right>, namespace: &str) -> Result<Vec<Right>, ClusterError> {
        let rules = self.rules(namespace).await?;
        // The rules of a namespace say nothing certain about what is outside of it; and what no rule gives may still
        // be given by an authorizer that does not list its rules.
        let open = rights
            .into_iter()
            .filter(|right| right.namespace != namespace || !rules.iter().any(|rule| right.is_given_by(rule)));
        let asked = open.map(|right| async move {
            let may = self.may(&right).await?;
            Ok::<_, ClusterError>((right, may))
        });
        let answers: Vec<Result<_, _>> = futures::stream::iter(asked).buffered(CONCURRENCY).collect().await;
        let mut missing = Vec::new();
        for answer in answers {
            let (right, may) = answer?;
            if !may {
                missing.push(right);
            }
        }
        Ok(missing)
    }

    /// Who the server takes us for, if it says so.
    pub async fn whoami(&self) -> Option<String> {
        let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let reply = self.review("/apis/authentication.k8s.io/v1/selfsubjectreviews", &body).await.ok()?;
        reply["status"]["userInfo"]["username"].as_str().map(str::to_owned)
    }

    async fn rules(&self, namespace: &str) -> Result<Vec<Value>, ClusterError> {
        let body = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
                          "spec": {"namespace": namespace}});
        let mut reply = self.review("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", &body).await?;
        Ok(reply["status"]["resourceRules"].as_array_mut().map(std::mem::take).unwrap_or_default())
    }

    async fn may(&self, right: &Right) -> Result<bool, ClusterError> {
        let (resource, subresource) = right.resource.split_once('/').unwrap_or((&right.resource, ""));
        let body = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"namespace": right.namespace, "group": right.group, "resource": resource,
                     "subresource": subresource, "verb": right.verb, "name": right.name}}});
        let reply = self.review("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &body).await?;
        Ok(reply["status"]["allowed"] == true)
    }

    async fn review(&self, path: &str, body: &Value) -> Result<Value, ClusterError> {
        self.http
            .exchange(&Exchange {
                method: Method::POST,
                path,
                query: &[],
                accept: "application/json",
                content: Some(("application/json", body)),
                verb: "create",
                resource: path.rsplit('/').next().unwrap_or_default(),
                name: "",
                repeatable: true,
            })
            .await
    }
}
