//! The provider from an app's side: whole conversations, and the negative list of the FAPI 2.0 test plan by name.
//!
//! No official suite is run here (it cannot be had offline); its tests are copied by name from the plan. The same list runs
//! over HTTP where the doors are.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests and their helpers")]

extern crate yakuba_openid as openid;

mod happy;
mod negative;
mod support;
