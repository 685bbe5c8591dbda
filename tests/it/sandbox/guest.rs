//! Writes template components in WebAssembly text: a core module with the contract's layout around any body.
//! It never checks what it writes; being wrong on purpose is its use.

use std::fmt::Write;

/// Where the module's constant data begins; below are scratch bytes for bodies.
const DATA: usize = 1024;

/// A diagnostic: severity, path, code, message, hint.
type Told = (u8, String, String, String, Option<String>);

/// A template in the making. The default one is well-behaved.
#[derive(Clone)]
pub(super) struct Guest {
    pub(super) metadata: Vec<u8>,
    pub(super) schema: Vec<u8>,
    /// Id, stage and manifest of each.
    pub(super) objects: Vec<(String, u32, Vec<u8>)>,
    pub(super) secrets: Vec<u8>,
    pub(super) outputs: Vec<u8>,
    pub(super) notes: Vec<u8>,
    /// The answer is these instead of objects.
    pub(super) diagnostics: Option<Vec<Told>>,
    /// Instructions run at the start of `metadata` and of `render`.
    pub(super) metadata_body: String,
    pub(super) render_body: String,
    /// Instructions run whenever the host asks for room for the request.
    pub(super) realloc_body: String,
    /// More options of the lifted `render`.
    pub(super) options: String,
    /// More fields of the core module: functions, a start, tables.
    pub(super) core: String,
    /// More definitions beside the core module, and beside the provider.
    pub(super) inner: String,
    pub(super) outer: String,
    /// Name under which the provider is exported.
    pub(super) export: String,
    /// Result type of `metadata`.
    pub(super) metadata_type: String,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            metadata: br#"{"name":"echo","version":"1.0.0","title":"Echo","description":"Renders one Service","produces":[{"group":"","kind":"Service"}]}"#.to_vec(),
            schema: br#"{"type":"object","properties":{"replicas":{"type":"integer","minimum":1,"default":3}},"additionalProperties":false}"#.to_vec(),
            objects: vec![("service/echo".into(), 0, service("echo"))],
            secrets: b"[]".to_vec(),
            outputs: br#"[{"name":"primary","type":"echo","port":7}]"#.to_vec(),
            notes: b"Echo is ready.".to_vec(),
            diagnostics: None,
            metadata_body: String::new(),
            render_body: String::new(),
            realloc_body: String::new(),
            options: String::new(),
            core: String::new(),
            inner: String::new(),
            outer: String::new(),
            export: "ku8:template/provider@1.0.0".into(),
            metadata_type: "string".into(),
        }
    }
}

/// A Service, keys unsorted on purpose.
pub(super) fn service(name: &str) -> Vec<u8> {
    format!(r#"{{"spec":{{"ports":[{{"port":7,"name":"echo"}}]}},"kind":"Service","metadata":{{"name":"{name}"}},"apiVersion":"v1"}}"#).into_bytes()
}

impl Guest {
    /// The component's bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let text = self.text();
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    pub(super) fn text(&self) -> String {
        let mut data = Data::default();
        let metadata = data.string_pointer(&self.metadata);
        let schema = data.string_pointer(&self.schema);
        let answer = self.answer(&mut data);
        let heap = (DATA + data.0.len() + 15) & !15;
        let pages = heap / 65536 + 1;
        let (metadata_body, render_body) = (&self.metadata_body, &self.render_body);
        format!(
            r#"(component
  {outer}
  (component $provider
    (core module $module
      (memory (export "memory") {pages})
      (global $heap (mut i32) (i32.const {heap}))
      (data (i32.const {DATA}) "{bytes}")
      (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        {realloc_body}
        (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
        (global.set $heap (i32.add (local.get $at) (local.get 3)))
        (block $fits
          (br_if $fits (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
          (drop (memory.grow (i32.add (i32.div_u (local.get 3) (i32.const 65536)) (i32.const 1)))))
        (local.get $at))
      {core}
      (func $metadata (export "metadata") (result i32) {metadata_body} (i32.const {metadata}))
      (func $schema (export "schema") (result i32) (i32.const {schema}))
      (func $render (export "render") (param i32 i32) (result i32) {render_body} (i32.const {answer})))
    (core instance $core (instantiate $module))
    {inner}
    (type $severity-type (enum "info" "warning" "error"))
    (export $severity "severity" (type $severity-type))
    (type $diagnostic-type (record (field "severity" $severity) (field "path" string) (field "code" string)
      (field "message" string) (field "hint" (option string))))
    (export $diagnostic "diagnostic" (type $diagnostic-type))
    (type $object-type (record (field "id" string) (field "stage" u32) (field "manifest" string)))
    (export $object "object" (type $object-type))
    (type $rendered-type (record (field "objects" (list $object)) (field "secrets" string) (field "outputs" string)
      (field "notes" string) (field "extensions" string) (field "warnings" (list $diagnostic))))
    (export $rendered "rendered" (type $rendered-type))
    (func (export "metadata") (result {metadata_type}) (canon lift (core func $core "metadata") (memory $core "memory")))
    (func (export "schema") (result string) (canon lift (core func $core "schema") (memory $core "memory")))
    (func (export "render") (param "request" string) (result (result $rendered (error (list $diagnostic))))
      (canon lift (core func $core "render") (memory $core "memory") (realloc (func $core "realloc")) {options})))
  (instance $instance (instantiate $provider))
  (export "{export}" (instance $instance)))"#,
            realloc_body = self.realloc_body,
            options = self.options,
            outer = self.outer,
            inner = self.inner,
            core = self.core,
            export = self.export,
            metadata_type = self.metadata_type,
            bytes = data.text(),
        )
    }

    /// Lays out `result<rendered, list<diagnostic>>` and returns its address.
    fn answer(&self, data: &mut Data) -> usize {
        let mut words: Vec<u32> = Vec::new();
        if let Some(diagnostics) = &self.diagnostics {
            let mut list: Vec<u32> = Vec::new();
            for (severity, path, code, message, hint) in diagnostics {
                list.push(u32::from(*severity));
                for text in [path, code, message] {
                    list.extend(data.string(text.as_bytes()));
                }
                list.push(u32::from(hint.is_some()));
                list.extend(data.string(hint.clone().unwrap_or_default().as_bytes()));
            }
            let at = data.words(&list);
            words.extend([1, word(at), word(diagnostics.len())]);
        } else {
            let mut list: Vec<u32> = Vec::new();
            for (id, stage, manifest) in &self.objects {
                list.extend(data.string(id.as_bytes()));
                list.push(*stage);
                list.extend(data.string(manifest));
            }
            let at = data.words(&list);
            words.extend([0, word(at), word(self.objects.len())]);
            for text in [&self.secrets[..], &self.outputs, &self.notes, b"{}"] {
                words.extend(data.string(text));
            }
            words.extend([0, 0]);
        }
        data.words(&words)
    }
}

/// An address or a length as the guest holds it.
fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap()
}

/// Constant bytes, addressed from [`DATA`] on.
#[derive(Default)]
struct Data(Vec<u8>);

impl Data {
    fn string(&mut self, bytes: &[u8]) -> [u32; 2] {
        let at = DATA + self.0.len();
        self.0.extend(bytes);
        [word(at), word(bytes.len())]
    }

    /// A string and the pair that points to it; the address of the pair.
    fn string_pointer(&mut self, bytes: &[u8]) -> usize {
        let pair = self.string(bytes);
        self.words(&pair)
    }

    fn words(&mut self, words: &[u32]) -> usize {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let at = DATA + self.0.len();
        self.0.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        at
    }

    fn text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:02x}").unwrap();
            text
        })
    }
}
