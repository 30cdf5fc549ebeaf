//! Tables brought up to date, forward only, from files compiled into the program.

/// Name and SQL of every migration file, in order of name.
#[allow(dead_code)]
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));
