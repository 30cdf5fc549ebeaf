//! File and message formats, without storage and without web.
pub mod certificate_code;
pub mod credential_code;
pub mod family_register;
pub mod issue_counts;
pub mod resident_csv;
