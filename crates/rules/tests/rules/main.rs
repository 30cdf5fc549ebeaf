//! Rules from outside: invented people and rules of every shape.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests")]

extern crate yakuba_rules as rules;

mod any;
mod city;
mod forms;
mod reasons;
mod schemes;
mod wrong;
