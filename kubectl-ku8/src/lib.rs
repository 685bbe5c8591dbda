//! stub map

pub mod object;
pub mod render;
pub mod schema;
