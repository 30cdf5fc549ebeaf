//! Stories of a whole city, for those who must trust what comes out of the machine.
//!
//! ```text
//!  invariants  the certificate invariants I1–I9, on the engine itself (specs certificates §3)
//!  refusals    one sentence for every cause; whatever the register says
//!  load        new sessions are refused at the first screen; nobody who has begun is disturbed (I16)
//!  lookers     one paper is one line in the list of who looked
//!  logs        what a running city writes down: nothing personal
//! ```
//! Elsewhere: I3, I4 and I14 on the pages themselves in `crates/paper` (`recheck`), I13 in `tools::nodes`, I15 in
//! `services::convenience_certificates::request`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must stop")]

mod city;
mod invariants;
mod load;
mod logs;
mod lookers;
mod refusals;
mod served;
