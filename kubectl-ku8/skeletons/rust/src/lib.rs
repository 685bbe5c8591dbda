//! The template `{{name}}`: a web server with a page of your own and a token that only those who need it know.
//! It never renders the token, only where it is.

mod schema;
#[cfg(test)]
mod tests;

use template_sdk::block::transitions;
use template_sdk::prelude::*;

/// What the shared parameters (size, image, network policy …) need to know of the software.
const SPEC: Spec = Spec::new("{{name}}", IMAGE, "1.29").user(101, 101).auth(AuthMode::Required);

/// The image, with its registry: one that runs without root.
const IMAGE: &str = "docker.io/nginxinc/nginx-unprivileged";

/// Port the software listens on; below 1024 would need rights that pods do not have.
const PORT: u16 = 8080;

/// What people write, beyond the shared parameters. The defaults of the schema are filled in already.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Values {
    replicas: u32,
    greeting: String,
    service_port: u16,
}

/// The template.
pub struct App;

export_template!(App);

impl Template for App {
    fn metadata() -> Metadata {
        Metadata {
            name: "{{name}}",
            version: env!("CARGO_PKG_VERSION"),
            title: "{{title}}",
            description: "A web server with a page of your own, and a token that only those who need it know.",
            app_version: SPEC.tag,
            // What it may render; the host refuses everything else.
            produces: vec![
                Kind::new("", "ConfigMap"),
                Kind::new("", "Service"),
                Kind::new("", "ServiceAccount"),
                Kind::new("apps", "Deployment"),
                Kind::new("networking.k8s.io", "NetworkPolicy"),
                Kind::new("policy", "PodDisruptionBudget"),
            ],
        }
    }

    fn schema() -> Value {
        schema::schema()
    }

    fn rules() -> Vec<Rule> {
        let single = "Warned: a single pod is away while its node is.";
        block::rules(&SPEC, &[("{{name}}.replicas.single", single)])
    }

    fn operations() -> Vec<Operation> {
        vec![Operation::new("A new version", "Set `image.tag` and publish: new pods come up before old ones go.")]
    }

    /// Judge first, render then: a refusal names the field, a stable code and the way out.
    fn render(request: &Request) -> Result<Rendered, Findings> {
        let values: Values = request.read()?;
        let block = Block::read(&SPEC, request)?;
        let mut findings = transitions(&block, request, false);
        if values.replicas == 1 {
            let message = "a single pod is away while its node is restarted";
            let finding = Finding::warning("/replicas", "{{name}}.replicas.single", message);
            findings.push(finding.hint("set replicas to 2 or more"));
        }
        let warnings = findings.refuse()?;
        Ok(objects(&values, &block).warnings(warnings))
    }
}

fn objects(values: &Values, block: &Block) -> Rendered {
    let (name, meta) = (block.name.as_str(), block.meta("server"));
    let pages = config_map(&meta, &format!("{name}-pages"), [("index.html", format!("{}\n", values.greeting))]);
    let probe = || Probe::http("http", "/").timeout(3);
    let container = block
        .container("server", &block.image_name(), block.resources)
        .port("http", PORT)
        .env(env::secret("TOKEN", &block.auth_secret(), "token"))
        .read_only("pages", "/usr/share/nginx/html")
        .mount("tmp", "/tmp")
        .startup(probe().period(2).failures(30))
        .liveness(probe().period(10).failures(3))
        .readiness(probe().period(5).failures(3))
        // Clients get time to notice that the pod leaves.
        .pre_stop_sleep(5);
    let pod = block
        .pod(&meta, values.replicas)
        .checksum("pages", &pages)
        .volume(volume::config_map("pages", &format!("{name}-pages"), 0o444))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(32)))
        .container(container);
    let mut service = block.client_service(&meta, name).port("http", PORT).value();
    service["spec"]["ports"][0]["port"] = json!(values.service_port);
    let (host, port, secret) = (block.host(name), values.service_port, block.auth_secret());
    let output = Output::new("primary", "http", host.clone(), port).password(&secret, "token");
    let notes = format!("The page is at `http://{host}:{port}`; the token is in the Secret `{secret}`.\n");
    Rendered::new()
        .secret(block.auth_intent(&["token"]))
        .object("serviceaccount/server", 0, block.service_account(&meta))
        .object("configmap/pages", 0, pages)
        .object("service/client", 0, service)
        .maybe("networkpolicy/server", 0, block.network_policy(&meta, &[PORT], &[]))
        .maybe("poddisruptionbudget/server", 0, pod_disruption_budget(&meta, name, values.replicas))
        .object("deployment/server", 0, Deployment::new(&meta, name, values.replicas, pod).value())
        .output(output)
        .notes(notes)
}
