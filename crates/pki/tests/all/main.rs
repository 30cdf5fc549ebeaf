//! The stories of this crate, told with dummy authorities and judged by `openssl`, `pdfsig` and `qpdf` as well.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may")]

extern crate yakuba_pki as pki;

mod agent;
mod authentication;
mod hostile;
mod long_term;
mod pades;
mod profile;
mod resident_signature;
mod revocation;
mod signing;
mod support;
mod timestamp;
