//! The ABI glue generated from `wit/template.wit`; nothing here is written by hand.
//! It never holds logic: `guest.rs` turns its types into ours and back.

wit_bindgen::generate!({
    path: "wit",
    world: "template",
    pub_export_macro: true,
    export_macro_name: "export_provider",
    default_bindings_module: "template_sdk::bindings",
});
