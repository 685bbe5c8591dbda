//! Runs a template natively against a request, and checks what every template must hold to.
//! It never reaches a component, a host or a cluster: golden cases and e2e tests do.

mod check;
mod defaults;
mod golden;
mod optional;
mod pods;
mod routes;

use crate::json;
use serde_json::Value;

use crate::finding::{Finding, Findings};
use crate::input::Request;
use crate::output::Rendered;
use crate::template::Template;

pub use check::check;
pub use defaults::fill;
pub use golden::{Differences, golden};
pub use optional::{live_object, migrate, missing_object, probe};

/// Renders values for a definition `demo` in `prod`, defaults filled in, and checks the answer.
///
/// Objects that break a rule every template must hold to come back as errors with codes `check.…`.
///
/// ```
/// # use template_sdk::{Findings, Metadata, Rendered, Request, Template, Value, json};
/// # struct Empty;
/// # impl Template for Empty {
/// #     fn metadata() -> Metadata {
/// #         Metadata { name: "empty", version: "1.0.0", title: "t", description: "d", app_version: "1", produces: vec![] }
/// #     }
/// #     fn schema() -> Value { json!({}) }
/// #     fn render(_: &Request) -> Result<Rendered, Findings> { Ok(Rendered::new()) }
/// # }
/// let rendered = template_sdk::testing::render::<Empty>(json!({})).expect("values that are accepted");
/// assert!(rendered.objects.is_empty());
/// ```
pub fn render<T: Template>(values: Value) -> Result<Rendered, Findings> {
    Case::new(values).render::<T>()
}

/// A request under construction.
///
/// ```
/// use template_sdk::{json, testing::Case};
/// let case = Case::new(json!({"size": "dev"})).name("cache").previous(json!({"size": "small"})).claims(&["data-cache-0"]);
/// assert_eq!(case.request(&json!({}))["previous"]["observed"]["pvcs"][0], "data-cache-0");
/// ```
#[derive(Clone, Debug)]
pub struct Case {
    name: String,
    namespace: String,
    values: Value,
    current: Value,
    attempted: Value,
    replicas: Value,
    claims: Vec<String>,
    images: Value,
    bindings: Value,
    version: String,
}

impl Case {
    /// Starts from values.
    pub fn new(values: Value) -> Self {
        Self {
            name: "demo".to_owned(),
            namespace: "prod".to_owned(),
            values,
            current: Value::Null,
            attempted: Value::Null,
            replicas: json!({}),
            claims: Vec::new(),
            images: json!({"registryMap": {}, "pullSecrets": []}),
            bindings: json!({}),
            version: "1.36".to_owned(),
        }
    }

    /// Sets the definition's name.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets the values of the last published revision; defaults are filled in.
    pub fn previous(mut self, values: Value) -> Self {
        self.current = values;
        self
    }

    /// Sets the values of a later revision that failed.
    pub fn attempted(mut self, values: Value) -> Self {
        self.attempted = values;
        self
    }

    /// Sets a live replica count.
    pub fn observed(mut self, workload: &str, replicas: u32) -> Self {
        self.replicas[workload] = json!(replicas);
        self
    }

    /// Sets the names of claims that exist.
    pub fn claims(mut self, names: &[&str]) -> Self {
        self.claims = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Adds an image prefix replacement.
    pub fn mirror(mut self, from: &str, to: &str) -> Self {
        self.images["registryMap"][from] = json!(to);
        self
    }

    /// Adds an output of another definition.
    pub fn bind(mut self, input: &str, output: Value) -> Self {
        self.bindings[input] = output;
        self
    }

    /// Sets the cluster's version.
    pub fn cluster(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// Returns the request as the host would send it for a template of this schema.
    pub fn request(&self, schema: &Value) -> Value {
        let state = |values: &Value| match values {
            Value::Null => Value::Null,
            values => json!({"templateVersion": "1.0.0", "values": fill(schema, values.clone()), "outputs": []}),
        };
        let known = !(self.current.is_null() && self.attempted.is_null() && self.claims.is_empty());
        let previous = json!({
            "current": state(&self.current),
            "attempted": state(&self.attempted),
            "observed": {"replicas": self.replicas, "pvcs": self.claims},
        });
        json!({
            "apiVersion": "ku8/v1",
            "name": self.name,
            "namespace": self.namespace,
            "values": fill(schema, self.values.clone()),
            "cluster": {"version": self.version},
            "previous": if known { previous } else { Value::Null },
            "bindings": self.bindings,
            "images": self.images,
        })
    }

    /// Renders twice and checks the answer.
    pub fn render<T: Template>(&self) -> Result<Rendered, Findings> {
        let rendered = self.answer::<T>()?;
        let broken = check(&T::metadata(), &rendered);
        if broken.is_empty() { Ok(rendered) } else { Err(broken) }
    }

    /// The template's answer, the same twice, with declared findings. Its objects are not judged: they may name what the
    /// user brings along.
    fn answer<T: Template>(&self) -> Result<Rendered, Findings> {
        let text = self.request(&T::schema()).to_string();
        let once = || Request::parse(&text).and_then(|request| T::render(&request));
        let (first, second) = (once(), once());
        if first != second {
            return Err(Finding::error("", "check.stable", "two renders of one request differ").into());
        }
        let found = match &first {
            Ok(rendered) => &rendered.warnings,
            Err(findings) => findings,
        };
        let undeclared = undeclared::<T>(found);
        if !undeclared.is_empty() {
            return Err(undeclared);
        }
        first
    }
}

/// Every finding whose code the template's page would not explain.
fn undeclared<T: Template>(found: &Findings) -> Findings {
    let rules = T::rules();
    let mut broken = Findings::new();
    for finding in found {
        let known = finding.code.starts_with("sdk.") || rules.iter().any(|rule| rule.code == finding.code);
        if !known {
            let message = format!("`{}` is not among the template's rules", finding.code);
            let finding = Finding::error("", "check.rules", message);
            broken.push(finding.hint("declare it in Template::rules: templates-wasm/README.md, Writing one"));
        }
    }
    broken
}
