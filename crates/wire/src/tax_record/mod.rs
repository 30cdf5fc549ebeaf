//! The file by which a city's tax system (個人住民税) hands what it decided about residents to Yakuba.
//!
//! For 課税(所得)証明書, and for the operator who writes the export. One line a person and fiscal year (年度), of which the
//! incomes are those of the year before (地方税法 第32条, 第313条: 前年の所得). The layout of the certificate has had no national form:
//! items after two municipal samples (specs certificates §2.4).
//!
//! ```text
//!   tax_records.jsonl
//!     line 1   {"format":"yakuba-tax-records/1","source":"zei","position":1000,"taken_at":"…","records":2}
//!     line 2   {"resident":"R0000001","fiscal_year":2026,"filed":true,…,"tax":{…},"base":{…},"income":{…},…}
//! ```
//! An amount that is there is printed, also when it is 0; one that is absent does not exist for this person and prints as
//! `***`. Taxes must always be there: somebody without tax has 0. The guide is `docs/tax-record-files.md`.

pub mod levies;
mod model;

#[cfg(test)]
mod tests;

pub use model::{Base, Deductions, Income, People, Tax, TaxRecord};
