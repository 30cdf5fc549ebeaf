//! Doors: kiosk, staff, open pages; sessions and security; the only place where routes are made.
//!
//! ```text
//!   request ─► security (host, site, size, headers) ─► routes (rule: who may) ─► handler: parse, action, render
//!                                                          │                          │
//!                                                        session                    error ─► page in your language
//! ```
//!
//! A handler parses, calls one action of `tools` or `services` (blocking, through [`app::blocking`]) and renders; it
//! is given a [`visit::Visit`] (language, CSRF, page shell) and, behind a rule, who is there.

pub mod agents;
pub mod app;
pub mod assets;
pub mod cards_api;
mod ceremony;
pub mod dispatch_api;
pub mod error;
pub mod form;
pub mod hospital_api;
pub mod kiosk;
pub mod kiosk_api;
pub mod limits;
pub mod machine_api;
pub mod open;
pub mod portal;
pub mod provider;
pub mod routes;
pub mod security;
pub mod serve;
pub mod session;
pub mod staff;
pub mod taps;
pub mod testing;
pub mod visit;

pub use app::{App, Settings};
pub use error::Failure;
pub use form::Fields;
pub use routes::{Routes, Rule};
pub use visit::{AtTerminal, InKioskSession, InPortal, SignedIn, Visit};
