//! OCI registries: pulling, pushing and listing template components, and archives of them.
//! It never believes a byte whose digest it did not compute, and sends a credential to no other place than its own.
