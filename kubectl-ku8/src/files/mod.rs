//! EDGE: the only room that opens files: input documents, components of registries, saved plans.
//! It never interprets what it reads, and never writes outside the paths it is given.

mod components;
mod document;
mod draft;
mod folder;
mod guarded;
mod input;
mod plan_file;
mod program;
mod project;
mod tool;

pub use components::ComponentStore;
pub use document::{differs, documents_in, write_text};
pub use draft::{Draft, SCHEMA};
pub use folder::{is_free, make_folder, programs_named, write_public};
pub use guarded::{is_absent, read_guarded};
pub use input::{FilesError, MAX_ARCHIVE, MAX_INPUT, read_archive, read_bytes, read_input, read_text};
pub use plan_file::write_private;
pub use program::{exists, write_program};
pub use project::{Stamp, files_ending, folders_in, is_folder, remove_made, remove_replaced, stamps, whole_path};
pub use tool::{Ran, run_tool};
