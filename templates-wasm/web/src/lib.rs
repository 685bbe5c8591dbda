//! The template `web`: any stateless service over HTTP, with rollouts and shutdowns that lose no request.
//! It never keeps data, and never renders a secret's value.

mod environment;
mod guide;
mod image;
mod objects;
mod outside;
mod read;
mod rules;
mod schema;
mod values;

#[cfg(test)]
mod tests;

use template_sdk::block::{AuthMode, Block, Preset, Spec};
use template_sdk::{Findings, Kind, Metadata, Operation, Rendered, Request, Rule, Template, Value};

use crate::environment::Environment;
use crate::image::Image;
use crate::values::Values;

/// The template.
#[derive(Debug)]
pub struct Web;

/// Everything the objects are made from, judged and found sound.
pub(crate) struct Given<'r> {
    pub(crate) values: Values,
    pub(crate) block: Block,
    pub(crate) image: Image,
    pub(crate) environment: Environment,
    pub(crate) request: &'r Request,
}

impl Template for Web {
    fn metadata() -> Metadata {
        Metadata {
            name: "web",
            version: env!("CARGO_PKG_VERSION"),
            title: "Web service",
            description: "Any stateless service of your own: a Deployment behind a Service, with an autoscaler, an Ingress, \
                          configuration files, a migration before each version, and shutdowns that lose no request.",
            app_version: "any",
            produces: vec![
                Kind::new("", "ConfigMap"),
                Kind::new("", "Service"),
                Kind::new("", "ServiceAccount"),
                Kind::new("apps", "Deployment"),
                Kind::new("autoscaling", "HorizontalPodAutoscaler"),
                Kind::new("batch", "Job"),
                Kind::new("gateway.networking.k8s.io", "HTTPRoute"),
                Kind::new("networking.k8s.io", "Ingress"),
                Kind::new("networking.k8s.io", "NetworkPolicy"),
                Kind::new("policy", "PodDisruptionBudget"),
            ],
        }
    }

    fn schema() -> Value {
        schema::schema()
    }

    fn rules() -> Vec<Rule> {
        guide::rules()
    }

    fn operations() -> Vec<Operation> {
        guide::operations()
    }

    fn render(request: &Request) -> Result<Rendered, Findings> {
        let mut findings = Findings::new();
        let values = read::read(&request.values, &mut findings);
        let block = Block::read(&spec(values.run_as_user), request)?;
        rules::judge(&values, &block, request, &mut findings);
        let environment = Environment::read(&values, request, &mut findings);
        let image = findings.keep(rules::image(&values));
        let warnings = findings.refuse()?;
        // Without an image there is a finding, and this is not reached.
        let Some(image) = image else { return Err(warnings) };
        let given = Given { values, block, image, environment, request };
        let mut rendered = objects::render(&given).notes(outside::notes(&given)).warnings(warnings);
        rendered.outputs = outside::outputs(&given);
        rendered.secrets = given.environment.secrets;
        Ok(rendered)
    }
}

template_sdk::export_template!(Web);

/// What the shared block needs to know; any image can run, as any user.
pub(crate) fn spec(user: u32) -> Spec {
    Spec {
        template: "web",
        repository: "",
        tag: "",
        user,
        group: user,
        presets: [
            Preset::new("50m", "128Mi", "0"),
            Preset::new("100m", "256Mi", "0"),
            Preset::new("250m", "512Mi", "0"),
            Preset::new("1", "2Gi", "0"),
        ],
        storage_per_memory: 0,
        stateful: false,
        auth: AuthMode::None,
        exporter: None,
        extra_config: None,
        major_downgrade: true,
    }
}
