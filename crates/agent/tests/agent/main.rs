//! The agent as an attacker, a page and a person meet it: through its HTTP door, with a virtual card behind it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may")]

extern crate yakuba_agent as agent;

mod origin;
mod pad;
mod pairing;
mod requests;
mod signing;
mod support;
