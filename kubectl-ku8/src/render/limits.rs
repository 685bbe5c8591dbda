//! Every limit on a template in one place, and the counter that enforces them inside the sandbox.
//! A template can never raise a limit; only the host's caller can.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wasmtime::ResourceLimiter;

use crate::object::printable;

const MIB: usize = 1024 * 1024;

/// Bytes of a component before anything reads it.
pub const COMPONENT_BYTES: usize = 32 * MIB;
/// What one component may cost to compile, counted in its bytes before a compiler sees them. The largest a compiler of a
/// real language writes is a third of each or less: a JavaScript engine has 12,600 functions, one of 172 KB, and blocks
/// 456 deep; a Go program's blocks lie as deep as a function has places to resume at.
///
/// Functions of all modules together.
pub(super) const FUNCTIONS: usize = 40_000;
/// Bytes of one function.
pub(super) const BODY_BYTES: usize = MIB / 2;
/// Locals of one function, parameters not counted.
pub(super) const FUNCTION_LOCALS: usize = 10_000;
/// Blocks, loops and conditions in one another.
pub(super) const NESTING: usize = 5_000;
/// Over all blocks, how deep each lies: what one function with this depth costs, many with less may not exceed.
pub(super) const NESTING_TOTAL: usize = 64_000_000;
/// Targets of one branch table.
pub(super) const BRANCHES: usize = 65_536;
/// Core types of all modules together.
pub(super) const TYPES: usize = 10_000;
/// Components and modules inside one another.
pub(super) const NESTED_COMPONENTS: usize = 32;
/// Native stack of a call. The engine is built with it, so it is the same for every template.
pub(super) const STACK_BYTES: usize = 512 * 1024;
/// Bytes of one object; what is larger does not fit into etcd.
pub(super) const MANIFEST_BYTES: usize = MIB;
/// Objects one render may return.
pub const OBJECTS: usize = 2_000;
/// Diagnostics shown of those a template returns.
pub(super) const DIAGNOSTICS: usize = 200;
/// Characters of one text that goes into a message.
const TEXT: usize = 2_000;
/// Characters of the notes.
pub(super) const NOTES: usize = 64 * 1024;
/// Virtual memory of the child that runs foreign templates: compiling one large component takes about 700 MiB.
pub(super) const CHILD_MEMORY_BYTES: u64 = 2 * 1024 * MIB as u64;
/// Processor seconds of that child, all its threads together.
pub(super) const CHILD_CPU_SECONDS: u64 = 120;
/// Wall clock of that child for one task.
pub(super) const CHILD_WALL_SECONDS: u64 = 60;
/// As many times that while it compiles: on a busy machine, processor time is what a compilation is held against.
pub(super) const COMPILE_WALLS: u32 = 5;
/// Threads that child compiles with; each costs address space.
pub(super) const CHILD_THREADS: usize = 4;

/// Limits of one call into a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Instructions of `render`, about: 500 objects need 12 million. The dearest instruction takes a nanosecond, so that
    /// the slowest render ends within a second.
    pub render_fuel: u64,
    /// Instructions of `metadata` and of `schema`.
    pub describe_fuel: u64,
    /// Bytes of all linear memories together.
    pub memory: usize,
    /// Linear memories.
    pub memories: usize,
    /// Tables.
    pub tables: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
    /// Core instances.
    pub instances: usize,
    /// Bytes a template may return.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            render_fuel: 1_000_000_000,
            describe_fuel: 200_000_000,
            memory: 64 * MIB,
            memories: 8,
            tables: 64,
            table_elements: 10_000,
            instances: 64,
            output: 16 * MIB,
        }
    }
}

/// What one call needed of its limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Instructions, about.
    pub fuel: u64,
    /// Bytes of all linear memories together.
    pub memory: usize,
    /// Elements of all tables together.
    pub elements: usize,
    /// Bytes returned.
    pub output: usize,
}

impl Usage {
    /// The larger of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            fuel: self.fuel.max(other.fuel),
            memory: self.memory.max(other.memory),
            elements: self.elements.max(other.elements),
            output: self.output.max(other.output),
        }
    }
}

/// A guest's text as it may go into a message: printable, and not longer than anyone reads.
pub(super) fn readable(guest: &str) -> String {
    printable(&guest.chars().take(TEXT).collect::<String>())
}

/// Which limit a template ran into while it grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Exceeded {
    /// Linear memory, all memories together.
    #[error("memory limit of {0} bytes")]
    Memory(usize),
    /// Table elements, all tables together.
    #[error("table limit of {0} elements")]
    Table(usize),
}

/// Counts what one store has, because wasmtime's own limits are per memory and per table.
#[derive(Debug)]
pub(super) struct Counter {
    limits: Limits,
    memory: usize,
    elements: usize,
}

impl Counter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, memory: 0, elements: 0 }
    }

    /// Bytes of memory and elements of tables that there are.
    pub(super) fn used(&self) -> (usize, usize) {
        (self.memory, self.elements)
    }
}

impl ResourceLimiter for Counter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.memory = self.memory.saturating_add(desired.saturating_sub(current));
        // An error traps: a guest that could see the refusal could render differently on another host.
        if self.memory > self.limits.memory { Err(Exceeded::Memory(self.limits.memory).into()) } else { Ok(true) }
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Exceeded::Memory(self.limits.memory).into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.elements = self.elements.saturating_add(desired.saturating_sub(current));
        if self.elements > self.limits.table_elements {
            Err(Exceeded::Table(self.limits.table_elements).into())
        } else {
            Ok(true)
        }
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Exceeded::Table(self.limits.table_elements).into())
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.tables
    }

    fn memories(&self) -> usize {
        self.limits.memories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_and_tables_are_counted_together() {
        let mut counter = Counter::new(Limits { memory: 100, table_elements: 10, ..Limits::default() });
        assert!(counter.memory_growing(0, 60, None).unwrap());
        assert!(counter.memory_growing(60, 80, None).unwrap());
        assert!(counter.memory_growing(0, 20, None).unwrap());
        assert!(counter.memory_growing(20, 21, None).is_err());
        assert!(counter.table_growing(0, 10, None).unwrap());
        assert!(counter.table_growing(0, 1, None).is_err());
    }
}
