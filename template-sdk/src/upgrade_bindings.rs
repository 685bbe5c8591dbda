//! The ABI glue of the optional interface `upgrade`, generated from `wit/template.wit`; nothing here is written by hand.
//! It never costs anything in a template that does not export the interface.

wit_bindgen::generate!({
    path: "wit",
    world: "upgrade-only",
    pub_export_macro: true,
    export_macro_name: "export_upgrade",
    default_bindings_module: "template_sdk::upgrade_bindings",
});
