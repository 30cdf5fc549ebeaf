//! The twelve services, one folder each.
