//! One call into a template: a fresh store with fuel and limits, an empty linker, and the trap in words.
//! It never keeps anything between two calls and never links anything into a guest.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store, Trap, WasmBacktrace};

use super::bindings::Template as Instance;
use super::bindings::exports::ku8::template::provider;
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

/// Calls `metadata`.
pub(super) fn metadata(engine: &Engine, component: &Component, limits: Limits) -> Result<String, RenderError> {
    call(engine, component, limits, "metadata", limits.describe_fuel, |guest, store| guest.call_metadata(store))
}

/// Calls `schema`.
pub(super) fn schema(engine: &Engine, component: &Component, limits: Limits) -> Result<String, RenderError> {
    call(engine, component, limits, "schema", limits.describe_fuel, |guest, store| guest.call_schema(store))
}

/// Calls `render` with a request that was already checked.
pub(super) fn render(
    engine: &Engine,
    component: &Component,
    limits: Limits,
    request: &Value,
) -> Result<RawRendered, RenderError> {
    let request = request.to_string();
    let answer = call(engine, component, limits, "render", limits.render_fuel, |guest, store| {
        guest.call_render(store, &request)
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

fn call<T>(
    engine: &Engine,
    component: &Component,
    limits: Limits,
    name: &str,
    fuel: u64,
    run: impl FnOnce(&provider::Guest, &mut Store<Counter>) -> wasmtime::Result<T>,
) -> Result<T, RenderError> {
    measured(engine, component, limits, (name, fuel), &mut Usage::default(), run)
}

/// One call of the function `name` with so much `fuel`; says what it needed, also when it failed.
pub(super) fn measured<T>(
    engine: &Engine,
    component: &Component,
    limits: Limits,
    (name, fuel): (&str, u64),
    usage: &mut Usage,
    run: impl FnOnce(&provider::Guest, &mut Store<Counter>) -> wasmtime::Result<T>,
) -> Result<T, RenderError> {
    let mut store = Store::new(engine, Counter::new(limits));
    store.limiter(|counter| counter);
    store.set_hostcall_fuel(limits.output);
    // Before instantiation: a start function is work too.
    let outcome = store.set_fuel(fuel).and_then(|()| {
        let instance = Instance::instantiate(&mut store, component, &Linker::new(engine))?;
        run(instance.ku8_template_provider(), &mut store)
    });
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
