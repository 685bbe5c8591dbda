//! One call into a template: a fresh store with fuel and limits, an empty linker, and the trap in words.
//! It never keeps anything between two calls and never links anything into a guest.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store, Trap, WasmBacktrace};

use super::bindings::provider::Template;
use super::bindings::provider::exports::ku8::template::provider;
use super::bindings::status::StatusOnly;
use super::bindings::upgrade::UpgradeOnly;
use super::limits::{Counter, DIAGNOSTICS, Exceeded, Limits, NOTES, Usage, readable};
use super::{Diagnostic, RenderError, Severity};

/// What `render` returned, lifted but not yet believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RawRendered {
    pub(super) objects: Vec<RawObject>,
    pub(super) secrets: String,
    pub(super) outputs: String,
    pub(super) notes: String,
    pub(super) extensions: String,
    pub(super) warnings: Vec<Diagnostic>,
}

/// One object as the guest wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RawObject {
    pub(super) id: String,
    pub(super) stage: u32,
    pub(super) manifest: String,
}

/// Which optional interfaces a template exports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abilities {
    /// It judges its own live objects.
    pub status: bool,
    /// It brings values of its older versions to this one.
    pub upgrade: bool,
}

/// Looks for the optional interfaces; a later minor version of one counts.
pub(super) fn abilities(component: &Component) -> Abilities {
    let exports = |name: &str| component.get_export_index(None, name).is_some();
    Abilities { status: exports("ku8:template/status@1.0.0"), upgrade: exports("ku8:template/upgrade@1.0.0") }
}

/// Where a call runs.
pub(super) struct Place<'a> {
    pub(super) engine: &'a Engine,
    pub(super) component: &'a Component,
    pub(super) limits: Limits,
}

/// Calls `metadata`.
pub(super) fn metadata(place: &Place<'_>) -> Result<String, RenderError> {
    call(place, "metadata", place.limits.describe_fuel, |store, linker| {
        Template::instantiate(&mut *store, place.component, linker)?.ku8_template_provider().call_metadata(store)
    })
}

/// Calls `schema`.
pub(super) fn schema(place: &Place<'_>) -> Result<String, RenderError> {
    call(place, "schema", place.limits.describe_fuel, |store, linker| {
        Template::instantiate(&mut *store, place.component, linker)?.ku8_template_provider().call_schema(store)
    })
}

/// Calls `render` with a request that was already checked.
pub(super) fn render(place: &Place<'_>, request: &Value) -> Result<RawRendered, RenderError> {
    let request = request.to_string();
    let answer = call(place, "render", place.limits.render_fuel, |store, linker| {
        Template::instantiate(&mut *store, place.component, linker)?
            .ku8_template_provider()
            .call_render(store, &request)
    })?;
    judged(answer)
}

/// The template's answer in the host's own types.
pub(super) fn judged(
    answer: Result<provider::Rendered, Vec<provider::Diagnostic>>,
) -> Result<RawRendered, RenderError> {
    match answer {
        Ok(rendered) => Ok(raw(rendered)),
        Err(reasons) => Err(RenderError::Diagnostics(reasons.iter().take(DIAGNOSTICS).map(diagnostic).collect())),
    }
}

/// Calls `probe` of a template that exports it: a verdict, or why there is none.
pub(super) fn probe(place: &Place<'_>, request: &Value, live: &Value) -> Result<Result<String, String>, RenderError> {
    let (request, live) = (request.to_string(), live.to_string());
    call(place, "probe", place.limits.render_fuel, |store, linker| {
        StatusOnly::instantiate(&mut *store, place.component, linker)?
            .ku8_template_status()
            .call_probe(store, &request, &live)
    })
}

/// Calls `migrate` of a template that exports it: values, or why there are none.
pub(super) fn migrate(place: &Place<'_>, from: &str, values: &Value) -> Result<Result<String, String>, RenderError> {
    let values = values.to_string();
    call(place, "migrate", place.limits.render_fuel, |store, linker| {
        UpgradeOnly::instantiate(&mut *store, place.component, linker)?
            .ku8_template_upgrade()
            .call_migrate(store, from, &values)
    })
}

fn call<T>(
    place: &Place<'_>,
    name: &str,
    fuel: u64,
    run: impl FnOnce(&mut Store<Counter>, &Linker<Counter>) -> wasmtime::Result<T>,
) -> Result<T, RenderError> {
    let limits = place.limits;
    measured_in(place.engine, limits, (name, fuel), &mut Usage::default(), run)
}

/// One call of the provider's function `name` with so much `fuel`; says what it needed, also when it failed.
pub(super) fn measured<T>(
    place: &Place<'_>,
    call: (&str, u64),
    usage: &mut Usage,
    run: impl FnOnce(&provider::Guest, &mut Store<Counter>) -> wasmtime::Result<T>,
) -> Result<T, RenderError> {
    measured_in(place.engine, place.limits, call, usage, |store, linker| {
        run(Template::instantiate(&mut *store, place.component, linker)?.ku8_template_provider(), store)
    })
}

fn measured_in<T>(
    engine: &Engine,
    limits: Limits,
    (name, fuel): (&str, u64),
    usage: &mut Usage,
    run: impl FnOnce(&mut Store<Counter>, &Linker<Counter>) -> wasmtime::Result<T>,
) -> Result<T, RenderError> {
    let mut store = Store::new(engine, Counter::new(limits));
    store.limiter(|counter| counter);
    store.set_hostcall_fuel(limits.output);
    // Before instantiation: a start function is work too.
    let outcome = store.set_fuel(fuel).and_then(|()| run(&mut store, &Linker::new(engine)));
    usage.fuel = fuel.saturating_sub(store.get_fuel().unwrap_or_default());
    (usage.memory, usage.elements) = store.data().used();
    outcome.map_err(|error| explain(&error, name, fuel, limits))
}

/// Words of the engine about an answer it cannot read.
const UNREADABLE: [&str; 8] =
    ["utf-8", "utf8", "out of bounds", "beyond end of memory", "discriminant", "aligned", "variant", "surrogate"];

/// Which limit or rule an error of the engine stands for.
fn explain(error: &wasmtime::Error, call: &str, budget: u64, limits: Limits) -> RenderError {
    let call = call.to_owned();
    match error.downcast_ref::<Exceeded>() {
        Some(Exceeded::Memory(limit)) => return RenderError::Memory(*limit),
        Some(Exceeded::Table(limit)) => return RenderError::Table(*limit),
        None => {}
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => return RenderError::OutOfFuel { call, budget },
        Some(Trap::StackOverflow) => return RenderError::Stack(call),
        Some(Trap::UnreachableCodeReached) => return RenderError::Panicked { call, function: culprit(error) },
        Some(trap) => return RenderError::Trap { call, trap: trap.to_string() },
        None => {}
    }
    // These have no public type; the words are pinned by tests/it/sandbox.rs.
    let text = readable(&format!("{error:#}"));
    if text.contains("fuel allocated for hostcalls") {
        RenderError::OutputTooLarge(limits.output)
    } else if text.contains("resource limit exceeded") {
        RenderError::TooManyParts(text)
    } else if UNREADABLE.iter().any(|word| text.to_lowercase().contains(word)) {
        RenderError::Unreadable { call, reason: text }
    } else {
        RenderError::Contract(text)
    }
}

/// The innermost function with a name that is not the panic machinery's own.
fn culprit(error: &wasmtime::Error) -> Option<String> {
    let names: Vec<&str> =
        error.downcast_ref::<WasmBacktrace>()?.frames().iter().filter_map(wasmtime::FrameInfo::func_name).collect();
    let machinery = |name: &&&str| {
        ["panic", "unreachable", "rust_begin_unwind", "abort", "expect_failed", "unwrap_failed"]
            .iter()
            .any(|word| name.contains(word))
    };
    let own = names.iter().find(|name| !machinery(name)).or(names.first())?;
    Some(readable(own))
}

fn raw(rendered: provider::Rendered) -> RawRendered {
    let object = |object: provider::Object| RawObject { id: object.id, stage: object.stage, manifest: object.manifest };
    RawRendered {
        objects: rendered.objects.into_iter().map(object).collect(),
        secrets: rendered.secrets,
        outputs: rendered.outputs,
        // Cut off before it crosses the pipe, where control characters take six times their room.
        notes: rendered.notes.chars().take(NOTES).collect(),
        extensions: rendered.extensions,
        warnings: rendered.warnings.iter().take(DIAGNOSTICS).map(diagnostic).collect(),
    }
}

fn diagnostic(diagnostic: &provider::Diagnostic) -> Diagnostic {
    Diagnostic {
        severity: match diagnostic.severity {
            provider::Severity::Info => Severity::Info,
            provider::Severity::Warning => Severity::Warning,
            provider::Severity::Error => Severity::Error,
        },
        path: readable(&diagnostic.path),
        code: readable(&diagnostic.code),
        message: readable(&diagnostic.message),
        hint: diagnostic.hint.as_deref().map(readable),
    }
}
