//! All there is to know of a template: what it says of itself, its parameters, and what it renders and costs.
//! It never asks the cluster; values that must be given are filled with examples.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::commands::Context;
use crate::commands::new::{Cost, example_values, set, shown, titles};
use crate::commands::pipeline::try_render;
use crate::commands::resolve::Loaded;
use crate::definition::{Definition, TemplateRef};
use crate::error::CommandError;
use crate::render::{Rendered, Template};
use crate::schema::{Group, Kind, Parameter, Question, Schema, parameters, questions};

use super::OFFLINE_KUBERNETES;

/// Name and namespace of the definition that is rendered.
const NAME: &str = "example";

/// Choices of more values than this are not tried.
const CHOICES: usize = 8;

/// Everything, ready to be shown.
pub(super) struct Page<'t> {
    pub(super) template: &'t Template,
    /// Who vouches for it.
    pub(super) trust: String,
    /// Where it came from; empty for what is built in.
    pub(super) source: String,
    /// What it was asked for by, and is defined by.
    name: &'t str,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) parameters: Vec<Parameter>,
    /// What the parameters that must be given could be.
    pub(super) example: Map<String, Value>,
    /// Choices everybody is asked for, with what they cost where it differs: `size=dev`, `replicas=5`.
    pub(super) costs: Vec<(String, String)>,
    /// What is rendered from the defaults, then by choices that render something else.
    pub(super) forms: Vec<Form>,
}

/// What one set of values renders.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Form {
    /// The choice it differs by, such as `topology=sentinel`; empty for the defaults.
    pub(super) choice: String,
    /// Pods, processor, memory and disk.
    pub(super) cost: String,
    /// `Kind/name` of every object.
    pub(super) objects: Vec<String>,
    /// Images the pods pull.
    pub(super) images: Vec<String>,
    /// Secrets it needs, with their keys.
    pub(super) secrets: Vec<String>,
    /// How others connect.
    pub(super) outputs: Vec<Value>,
    /// Whether everybody is asked for that choice.
    #[serde(skip)]
    pub(super) basic: bool,
}

impl<'t> Page<'t> {
    /// Looks at a template from all sides; `name` is what it was asked for by.
    ///
    /// # Errors
    /// When this machine cannot run templates.
    pub(super) fn of(context: &Context, name: &'t str, loaded: &'t Loaded) -> Result<Self, CommandError> {
        let template = &loaded.template;
        let (trust, source) = (loaded.trust.to_string(), loaded.source());
        let schema = template.schema();
        let words = titles(context, template);
        let parameters = parameters(schema, context.ui.lang().key());
        let example = example(schema, &parameters);
        let asked = questions(schema, None);
        let (mut costs, mut forms) = (Vec::new(), Vec::new());
        let first = form(context, template, &example, "")?;
        for question in asked.iter().filter(|question| question.kind == Kind::Choice) {
            for choice in question.choices.iter().filter(|_| question.choices.len() <= CHOICES) {
                let chosen = format!("{}={}", question.path, shown(choice));
                let Some(found) = form(context, template, &with(&example, question, choice), &chosen)? else {
                    continue;
                };
                let basic = question.group == Group::Basic;
                let differs = first.as_ref().is_some_and(|first| first.cost != found.cost);
                if basic && (question.path == "size" && choice != "custom" || differs) {
                    costs.push((chosen, found.cost.clone()));
                }
                // A number decides how many there are, a word how they are laid out.
                if choice.is_string() && first.as_ref().is_some_and(|first| first.differs(&found)) {
                    forms.push(Form { basic, ..found });
                }
            }
        }
        forms.splice(0..0, first);
        let (title, description) = (words.title, words.description);
        Ok(Self { template, trust, source, name, title, description, parameters, example, costs, forms })
    }

    /// The page as a document.
    pub(super) fn document(&self) -> Value {
        let metadata = self.template.metadata();
        let parameters: Vec<&_> = self.parameters.iter().map(|parameter| &parameter.told).collect();
        let costs: Vec<Value> =
            self.costs.iter().map(|(choice, cost)| json!({"choice": choice, "cost": cost})).collect();
        let mut document = json!({
            "apiVersion": "ku8.dev/v1", "kind": "Template", "metadata": metadata,
            "origin": self.trust, "digest": format!("sha256:{}", self.template.digest()),
            "parameters": parameters, "costs": costs, "forms": self.forms,
            "operations": metadata.operations, "rules": metadata.rules,
        });
        if !self.source.is_empty() {
            document["source"] = self.source.as_str().into();
        }
        document
    }

    /// The command that defines one.
    pub(super) fn command(&self) -> String {
        let mut values = Vec::new();
        leaves("", &Value::Object(self.example.clone()), &mut values);
        format!("kubectl ku8 define NAME -t {}{}", self.name, values.concat())
    }
}

/// What must be given, and what everybody is asked for and an example is known of.
pub(super) fn example(schema: &Schema, parameters: &[Parameter]) -> Map<String, Value> {
    let mut values = example_values(schema, NAME);
    for parameter in parameters.iter().filter(|one| one.group == Group::Basic && one.told.default.is_none()) {
        if let Some(value) = parameter.told.examples.first() {
            set(&mut values, &parameter.told.pointer, value.clone());
        }
    }
    values
}

/// ` --set path=value` for every value.
fn leaves(path: &str, value: &Value, found: &mut Vec<String>) {
    let Value::Object(members) = value else {
        found.push(format!(" --set {path}={}", shown(value)));
        return;
    };
    for (name, member) in members {
        leaves(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, member, found);
    }
}

impl Form {
    fn of(choice: &str, rendered: &Rendered) -> Self {
        let manifests: Vec<&Value> = rendered.objects.iter().map(|object| object.manifest.value()).collect();
        let name = |manifest: &&Value| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!("{}/{}", text(&manifest["kind"]), text(&manifest["metadata"]["name"]))
        };
        let secret = |secret: &crate::render::SecretIntent| {
            let keys: Vec<&str> = secret.keys.keys().map(String::as_str).collect();
            format!("{}: {}", secret.name, keys.join(", "))
        };
        let mut images: Vec<String> = Vec::new();
        for manifest in &manifests {
            images_of(manifest, &mut images);
        }
        Self {
            choice: choice.to_owned(),
            cost: Cost::of(manifests.iter().copied()).to_string(),
            objects: manifests.iter().map(name).collect(),
            images,
            secrets: rendered.secrets.iter().map(secret).collect(),
            outputs: rendered.outputs.iter().map(|output| json!(output)).collect(),
            basic: true,
        }
    }

    /// Whether somebody who chose this gets something else.
    fn differs(&self, other: &Self) -> bool {
        self.objects != other.objects || self.images != other.images
    }
}

fn form(
    context: &Context,
    template: &Template,
    values: &Map<String, Value>,
    choice: &str,
) -> Result<Option<Form>, CommandError> {
    let mut definition = Definition::new(NAME, None);
    let name = template.metadata().name.clone();
    definition.spec.template = Some(TemplateRef { name, version: None, digest: None });
    definition.spec.values.clone_from(values);
    let kinds = template.metadata().produces.iter();
    definition.spec.allow_kinds = kinds.map(ToString::to_string).collect();
    let rendered = try_render(context, template, &definition, NAME, OFFLINE_KUBERNETES, &Value::Null)?;
    // What a template refuses without more values is no form of it.
    Ok(rendered.ok().map(|render| Form::of(choice, &render.rendered)))
}

fn with(example: &Map<String, Value>, question: &Question, choice: &Value) -> Map<String, Value> {
    let mut values = example.clone();
    set(&mut values, &question.pointer, choice.clone());
    values
}

fn images_of(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, child) in map {
                match child.as_str().filter(|_| key == "image") {
                    Some(image) if !found.iter().any(|known| known == image) => found.push(image.to_owned()),
                    Some(_) => {}
                    None => images_of(child, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|child| images_of(child, found)),
        _ => {}
    }
}

/// An output in one line: its name and how to connect.
pub(super) fn output_line(output: &Value) -> (String, String) {
    let text = |name: &str| output[name].as_str().unwrap_or_default().to_owned();
    let address = match output["uri"].as_str() {
        Some(uri) => uri.to_owned(),
        None => format!("{}:{}", text("host"), output["port"]),
    };
    (format!("{} ({})", text("name"), text("type")), address)
}
