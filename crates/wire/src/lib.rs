//! File and message formats, without storage and without web.
pub mod certificate_code;
pub mod certificate_fields;
pub mod credential_code;
pub mod csv_lists;
pub mod events;
pub mod family_register;
pub mod http_signature;
pub mod issue_counts;
pub mod kiosk_messages;
pub mod record_lines;
pub mod resident_csv;
pub mod seal_registration;
pub mod staff_id_code;
pub mod tax_record;
