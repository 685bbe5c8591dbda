//! The one trait a template author learns, and the macro that exports it.
//! It never touches the ABI: that is `guest.rs`, and only on wasm.

use serde_json::Value;

use crate::finding::Findings;
use crate::guide::{Operation, Rule};
use crate::input::Request;
use crate::output::{Metadata, Rendered};

/// A template: a pure function from a request to Kubernetes objects.
///
/// ```
/// use template_sdk::build::{Meta, config_map};
/// use template_sdk::{Finding, Findings, Kind, Metadata, Rendered, Request, Rule, Template, Value, json};
///
/// struct Motd;
///
/// impl Template for Motd {
///     fn metadata() -> Metadata {
///         Metadata {
///             name: "motd", version: "1.0.0", title: "Message of the day",
///             description: "One ConfigMap with a text in it.", app_version: "1",
///             produces: vec![Kind::new("", "ConfigMap")],
///         }
///     }
///
///     fn schema() -> Value {
///         json!({"type": "object", "properties": {"text": {"type": "string", "title": "Text", "default": "hello"}}})
///     }
///
///     fn rules() -> Vec<Rule> {
///         vec![Rule::new("motd.text.empty", "The text must not be empty.")]
///     }
///
///     fn render(request: &Request) -> Result<Rendered, Findings> {
///         let text: String = request.at("/text")?;
///         if text.is_empty() {
///             return Err(Finding::error("/text", "motd.text.empty", "there is nothing to say").into());
///         }
///         let meta = Meta::new("motd", &request.name, "text", &request.namespace).version("1");
///         let map = config_map(&meta, &request.name, [("text", text)]);
///         Ok(Rendered::new().object("configmap/text", 0, map))
///     }
/// }
///
/// template_sdk::export_template!(Motd);
///
/// let rendered = template_sdk::testing::render::<Motd>(json!({}))?;
/// assert_eq!(rendered.objects[0].manifest["data"]["text"], "hello");
/// # Ok::<(), Findings>(())
/// ```
pub trait Template {
    /// Returns what the template says of itself.
    fn metadata() -> Metadata;

    /// Returns the JSON Schema (2020-12) of the values.
    fn schema() -> Value;

    /// Returns every rule the template judges by, for its page; [`crate::block::rules`] adds those of the shared
    /// parameters. A finding with a code that is not declared here fails the native tests.
    fn rules() -> Vec<Rule> {
        Vec::new()
    }

    /// Returns what people do with the running software, for the template's page.
    fn operations() -> Vec<Operation> {
        Vec::new()
    }

    /// Returns the objects, or every reason why there are none.
    fn render(request: &Request) -> Result<Rendered, Findings>;
}

/// Exports a [`Template`] from a wasm module; natively it only checks that the type is one.
///
/// ```
/// # use template_sdk::{Findings, Metadata, Rendered, Request, Template, Value, json};
/// struct Empty;
/// # impl Template for Empty {
/// #     fn metadata() -> Metadata {
/// #         Metadata { name: "empty", version: "1.0.0", title: "t", description: "d", app_version: "1", produces: vec![] }
/// #     }
/// #     fn schema() -> Value { json!({}) }
/// #     fn render(_: &Request) -> Result<Rendered, Findings> { Ok(Rendered::new()) }
/// # }
/// template_sdk::export_template!(Empty);
/// ```
///
/// Optional interfaces follow a colon: `export_template!(Redis: status, upgrade)` for a type that is also a
/// [`Status`](crate::Status) and an [`Upgrade`](crate::Upgrade).
#[macro_export]
macro_rules! export_template {
    ($template:ty: $($ability:ident),+ $(,)?) => {
        $crate::export_template!($template);
        $($crate::export_ability!($ability $template);)+
    };
    ($template:ty) => {
        const _: fn() = || {
            fn is_template<T: $crate::Template>() {}
            is_template::<$template>();
        };
        $crate::export_guest!($template);
    };
}

/// The wasm half of [`export_template!`].
#[doc(hidden)]
#[cfg(target_arch = "wasm32")]
#[macro_export]
macro_rules! export_guest {
    ($template:ty) => {
        struct ExportedTemplate;

        impl $crate::bindings::exports::ku8::template::provider::Guest for ExportedTemplate {
            fn metadata() -> String {
                $crate::guest::metadata::<$template>()
            }

            fn schema() -> String {
                $crate::guest::schema::<$template>()
            }

            fn render(
                request: String,
            ) -> Result<
                $crate::bindings::exports::ku8::template::provider::Rendered,
                Vec<$crate::bindings::exports::ku8::template::provider::Diagnostic>,
            > {
                $crate::guest::render::<$template>(&request)
            }
        }

        $crate::bindings::export_provider!(ExportedTemplate with_types_in $crate::bindings);
    };
}

/// Natively there is nothing to export.
#[doc(hidden)]
#[cfg(not(target_arch = "wasm32"))]
#[macro_export]
macro_rules! export_guest {
    ($template:ty) => {};
}
