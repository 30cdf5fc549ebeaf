//! How Yakuba remembers: one SQL text, in transactions, on SQLite or PostgreSQL.
//!
//! ```text
//!   action ── store.read(|tx| …) ──► Tx ──► rusqlite (a reader of the pool)   or  tokio-postgres
//!          └─ store.write(|tx| …) ─► Tx ──► one writer thread, group commit   or  SERIALIZABLE, pipelined, retried
//! ```
//!
//! Closures are synchronous, pure but for `tx`, and **may run twice**. See `ARCHITECTURE.md`, "Store".

mod city_key;
mod conversation;
mod error;
pub mod fault;
mod key_store;
mod migrate;
mod postgres;
mod postgres_session;
mod postgres_value;
pub mod sealing;
mod sqlite;
mod sqlite_connection;
mod store;
pub mod testing;
pub mod tx;
pub mod value;

pub use error::StoreError;
pub use fault::{Fault, Faults};
pub use migrate::fingerprint as schema_fingerprint;
pub use store::{Database, Engine, Store, StoreConfig};
pub use tx::Tx;
pub use value::{Row, Value};
