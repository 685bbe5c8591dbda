//! Every rule a template is judged by: its code, how much it matters, why it is there and what to do.
//! A code never changes its meaning: people write it into their notes and their CI.

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing works, or somebody is hurt: the template is not fit to be used.
    Error,
    /// It works and will be regretted.
    Warning,
    /// Worth knowing.
    Info,
}

impl Level {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Stable code.
    pub code: &'static str,
    /// How much it matters when it is broken.
    pub level: Level,
    /// What must hold.
    pub text: &'static str,
    /// Why.
    pub why: &'static str,
    /// What to do when it does not.
    pub fix: &'static str,
}

const fn rule(code: &'static str, level: Level, text: &'static str, why: &'static str, fix: &'static str) -> Rule {
    Rule { code, level, text, why, fix }
}

use Level::{Error, Info, Warning};

/// All rules, by topic; one a line, as a table.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    rule("contract.load", Error, "The component loads in the sandbox.", "What does not load is no template.", "build it again; `template pack` makes a component of a core module"),
    rule("contract.imports", Error, "The component imports nothing.", "A template sees its request and nothing else: no clock, no files, no network.", "pack it with `template pack`, which replaces WASI by harmless stand-ins, or build for wasm32-unknown-unknown"),
    rule("contract.metadata", Error, "What it says of itself has the contract's shape.", "Lists, pages and plans are made of it.", "see metadata.schema.json beside the WIT file"),
    rule("contract.schema", Error, "Its schema is one that this program evaluates.", "Schemas of others are bounded in size, depth and cost, and never leave their document.", "keep to JSON Schema 2020-12 with references of the form #/$defs/name"),
    rule("contract.embedded", Error, "Embedded metadata and schema say what the functions say.", "Registries and lists read the sections without running anything.", "build and pack again; never edit a packed component"),
    rule("contract.newer", Warning, "The contract's version is one this program knows.", "What a newer contract added is not seen here.", "update kubectl-ku8"),
    rule("contract.requires", Warning, "`requires` is a range of versions that this program is in.", "Older programs refuse the template in words people understand.", "write a range such as `>=0.3, <1`"),
    rule("metadata.rules", Info, "The rules it judges by are declared.", "The page of the template explains them before anybody meets them.", "list them in `rules`"),
    rule("metadata.operations", Info, "It says how the software is operated.", "People look for backup, scaling and failover on the template's page.", "describe them in `operations`"),
    rule("schema.words", Warning, "Every property has a title and a description.", "They are the questions of the wizard and the page of the template.", "add `title` and `description`"),
    rule("schema.chinese", Info, "Every property is told in Chinese too, or none is.", "A wizard in two languages at once helps nobody.", "add `x-ku8-i18n: {zh: {title, description}}`"),
    rule("schema.title-twice", Warning, "No two properties have one title.", "Whoever answers a question must know which it is.", "name what sets them apart"),
    rule("schema.default", Info, "A property that is not required has a default.", "What holds without it is otherwise known to the template alone.", "add `default`, or say in the description what holds when it is left out"),
    rule("schema.default-fits", Error, "Every default fits its own schema.", "Defaults are filled in before values are judged: nobody could use the template.", "correct the default or the bounds"),
    rule("schema.example-fits", Warning, "Every example fits its own schema.", "People copy examples.", "correct the example"),
    rule("schema.bounds", Warning, "Every number has a smallest and a largest value.", "A typing error of two digits is found before it is in a cluster.", "add `minimum` and `maximum`, or `enum`"),
    rule("schema.unit", Warning, "A number that measures something says in what.", "Nobody should have to guess seconds or milliseconds.", "add `x-ku8-unit`"),
    rule("schema.open", Warning, "Objects refuse members they do not know.", "A misspelt name would be dropped in silence.", "add `additionalProperties: false`"),
    rule("schema.unsettable", Error, "Every property can be set to something.", "A property that nothing fits is a dead end.", "correct its type, choices or bounds, or remove it"),
    rule("schema.secret", Error, "What is named like a secret is one.", "A password written as a value is stored in the definition, where everybody reads it.", "mark it `x-ku8-secret: true` with the shape of a secret, or give it another name"),
    rule("render.crash", Error, "It renders or refuses, whatever values the schema takes.", "A trap tells nobody what was wrong.", "judge the values first, and refuse with a finding"),
    rule("render.nothing", Warning, "Something renders with nothing but what must be given.", "What cannot be tried cannot be judged, shown or learned from.", "add defaults, or `examples` to what is required"),
    rule("render.answer", Error, "Secrets, outputs and ids have the contract's shape.", "The host refuses the whole answer otherwise.", "see secrets.schema.json and outputs.schema.json beside the WIT file"),
    rule("determinism.describe", Error, "Metadata and schema are the same in every process.", "What is pinned by its digest must not change.", "keep maps in order, and use no addresses or counters"),
    rule("determinism.render", Error, "The same request gives the same bytes in every process.", "A plan compares renders: chance would be shown as change.", "sort what comes from maps, and use no addresses or counters"),
    rule("limits.fuel", Warning, "A render needs at most half of its instructions.", "A larger definition would end in an error.", "do less per object; look for loops over strings"),
    rule("limits.memory", Warning, "A render needs at most half of its memory.", "A larger definition would end in an error.", "keep less at once"),
    rule("limits.output", Warning, "An answer has at most half of the bytes it may have.", "A larger definition would end in an error.", "render less, or smaller texts"),
    rule("limits.objects", Warning, "An answer has at most half of the objects it may have.", "A larger definition would end in an error.", "render fewer objects"),
    rule("limits.describe", Warning, "Metadata and schema need at most half of their instructions.", "They are asked for at every command.", "build them from constants"),
    rule("limits.component", Warning, "The component has at most half of the bytes it may have.", "It is compiled at its first use, and stored.", "strip debugging information; leave out what is not used"),
    rule("findings.code", Warning, "Every finding's code is declared in `rules`.", "The page explains the codes people meet.", "declare it, with a sentence"),
    rule("findings.form", Warning, "A finding has a message, a code of the form name.topic.rule and the path of a value.", "Editors and wizards point at the value.", "give it the path of the value it is about"),
    rule("findings.reasons", Error, "A refusal has at least one reason.", "People must know what to change.", "return a finding of severity error"),
    rule("objects.kind", Error, "Only kinds that are allowed and declared are rendered.", "What a template may touch is the host's decision.", "add the kind to `produces`; what the host does not list needs --allow-kind"),
    rule("objects.identity", Error, "Names, namespaces, labels and annotations are a template's to set.", "Others rely on theirs.", "keep to the definition's namespace and to short names"),
    rule("objects.fields", Error, "Every field is known to Kubernetes.", "An unknown field is dropped in silence.", "correct its name or its place"),
    rule("objects.name", Error, "Every name is the definition's, or begins with it and `-`.", "Two definitions in one namespace would fight over the object.", "begin the name with the definition's"),
    rule("objects.length", Warning, "The longest name of a definition renders, or is refused in the template's own words.", "StatefulSets and CronJobs have at most 52 characters.", "shorten names, or refuse long ones with a finding"),
    rule("objects.id", Warning, "An object's id does not depend on the definition's name.", "Ids let a plan tell a renamed object from a new one.", "use ids such as statefulset/server"),
    rule("selectors.version", Error, "No selector selects by version.", "Selectors never change; a new version would find no pods of the old one.", "select by name, instance and component"),
    rule("selectors.changes", Error, "A selector stays what it is, whatever values change.", "The server refuses a changed selector, and only deletion helps.", "keep values out of selectors"),
    rule("selectors.match", Error, "A workload's selector finds its own pods.", "The server refuses it otherwise.", "put the selector's labels on the pod template"),
    rule("pods.security", Error, "Pods pass Pod Security \"restricted\".", "Namespaces that enforce it refuse all others.", "set what the message names"),
    rule("pods.resources", Warning, "Every container, init containers too, requests cpu and memory and limits memory.", "A pod without them is evicted first, or takes its node with it.", "set resources.requests and resources.limits"),
    rule("pods.image", Error, "Every image has a tag that is not `latest`, or a digest.", "What runs must be what was planned.", "name the version"),
    rule("secrets.plain", Error, "No secret stands in the open.", "Everybody who may read Deployments or ConfigMaps would know it.", "ask for it with a secret intent and refer to it by secretKeyRef or a volume"),
    rule("secrets.unknown", Warning, "Every Secret that pods refer to is an intent, or named in the values.", "Pods would wait for a Secret that nobody makes.", "return a secret intent, or take its name from a value"),
    rule("outputs.none", Info, "It says how others connect.", "Definitions are bound to each other by their outputs.", "return an output with host and port"),
    rule("outputs.secret", Error, "Passwords of outputs are in a Secret that is an intent, or named in the values.", "Whoever binds would read a Secret that nobody makes.", "name the Secret of the intent"),
    rule("notes.empty", Warning, "There are notes for the person who published.", "The first question after publishing is what to do next.", "say how to connect, and what to know"),
    rule("cases.none", Warning, "The project has golden cases.", "What nobody wrote down changes unnoticed.", "write tests/defaults/definition.yaml, then run `template test --bless`"),
    rule("cases.defaults", Warning, "One golden case is called `defaults`.", "It is what most people publish.", "write tests/defaults/definition.yaml, then run `template test --bless`"),
    rule("cases.refused", Info, "One golden case is a refusal.", "The words of a refusal are what people see when they need help.", "write a definition that must be refused, then run `template test --bless`"),
    rule("cases.broken", Error, "Every golden case has a definition that reads, and an expected answer.", "A case that does not run proves nothing.", "correct the definition, or run `template test --bless`"),
];

/// The rule of a code.
pub(super) fn of(code: &str) -> &'static Rule {
    RULES.iter().find(|rule| rule.code == code).expect("every code that is used is in the table")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sentences_are_sentences() {
        for (index, rule) in RULES.iter().enumerate() {
            assert!(RULES[..index].iter().all(|other| other.code != rule.code), "{} is there twice", rule.code);
            assert!(rule.code.split_once('.').is_some_and(|(topic, name)| !topic.is_empty() && !name.is_empty()));
            for text in [rule.text, rule.why] {
                assert!(text.ends_with('.') && text.len() > 15, "{}: {text}", rule.code);
            }
            assert!(!rule.fix.ends_with('.') && !rule.fix.is_empty(), "{}", rule.code);
        }
    }
}
