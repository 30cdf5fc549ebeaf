//! PDF documents: fonts with a strict glyph gate, barcodes, seals, pages.
//!
//! For services that print an official paper. Nothing here knows a database or a web request: a caller hands over an
//! owned value in which everything is decided, and receives the bytes of a PDF/A-2a + PDF/UA-1 file.
//!
//! ```text
//!  Certificate ── plan ──► Plan (pages known, every glyph found, every text fits)
//!                           │ claims(n) ──► the caller signs one code for each page
//!                           └ draw(codes, seal) ──► bytes ── recheck(bytes, Expected) ──► Ok or Mismatch
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`fonts`] | IPAmj Mincho mapped once; each character and variation sequence must exist |
//! | [`layout`] | texts fitted into boxes, never cut; rules; reading order |
//! | [`barcode`] | QR codes drawn as vectors |
//! | [`seal`] | the mayor's seal (電子公印) |
//! | [`certificate`] | what every certificate shares: frame, title, foot, code, seal, the word that shows on a copy; drawing |
//! | [`forms`] | what stands on the paper of each kind |
//! | [`label_sheet`] | labels on sheets, and the page that corrects a printer |
//! | [`pages`] | a finished document page by page, for machines that print so |
//! | [`plain`] | letters that go out on paper, receipts of what is on record about a letter |
//! | [`receipt`] | the receipt for a fee, which is no certificate |
//! | [`reception`] | the slip of a hospital's reception |
//! | [`share_sheet`] | a custodian's share of a key ceremony, for a sealed envelope |
//! | [`recheck`] | reads the finished bytes back and compares (certificates invariants I3, I4) |

mod a4;
pub mod barcode;
pub mod certificate;
mod entry;
pub mod error;
pub mod fonts;
pub mod forms;
pub mod label_sheet;
pub mod layout;
mod mask;
pub mod pages;
pub mod plain;
pub mod receipt;
pub mod reception;
pub mod recheck;
pub mod seal;
pub mod share_sheet;
mod slip;

pub use certificate::{Body, Certificate, FIELD_NAMES, Plan, Sheet};
pub use entry::Entry;
pub use error::{Field, PaperError};
pub use fonts::Typeface;
pub use forms::residence::{Nationality, Person, Residence};
pub use forms::seal_registration::SealRegistration;
pub use forms::tax::TaxCertificate;
pub use recheck::{Expected, Extract, Mismatch, recheck};

pub use seal::Seal;
