//! File and message formats, without storage and without web.
pub mod resident_csv;
