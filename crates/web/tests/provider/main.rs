//! Private apps at the doors: whole conversations over HTTP, the negative list of the FAPI 2.0 plan by name, consents a
//! person gives and withdraws, the officers' review, and clients that nobody here wrote.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests and their helpers")]

mod clients;
mod consent;
mod negative;
mod review;
mod shared;
mod support;
