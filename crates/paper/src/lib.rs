//! PDF documents: fonts with a strict glyph gate, barcodes, seals, pages.
//!
//! For services that print an official paper. Nothing here knows a database or a web request: a caller hands over an
//! owned value in which everything is decided, and receives the bytes of a PDF/A-2a + PDF/UA-1 file.
//!
//! ```text
//!  ResidenceCertificate ── plan ──► Plan (pages known, every glyph found, every text fits)
//!                                    │ page_people(n) ──► the caller signs one code for each page
//!                                    └ draw(codes, seal) ──► bytes ── recheck(bytes, Expected) ──► Ok or Mismatch
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`fonts`] | IPAmj Mincho mapped once; each character and variation sequence must exist |
//! | [`layout`] | texts fitted into boxes, never cut; rules; reading order |
//! | [`barcode`] | QR codes drawn as vectors |
//! | [`seal`] | the mayor's seal (電子公印) |
//! | [`residence_certificate`] | 住民票の写し, 世帯連記式 |
//! | [`recheck`] | reads the finished bytes back and compares (certificates invariants I3, I4) |

pub mod barcode;
pub mod error;
pub mod fonts;
pub mod layout;
mod mask;
pub mod recheck;
pub mod residence_certificate;
pub mod seal;

pub use error::{Field, PaperError};
pub use fonts::Typeface;
pub use recheck::{Expected, Extract, Mismatch, recheck};
pub use residence_certificate::{Entry, Nationality, Person, Plan, ResidenceCertificate};
pub use seal::Seal;
