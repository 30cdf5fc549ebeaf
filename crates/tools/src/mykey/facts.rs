//! What is recalled or guessed of the マイキープラットフォーム's interface: here and nowhere else (docs/recalled-facts.md).
//!
//! Verified (specs: notices of public libraries): a マイキーID has eight characters; the counter links it with the library's
//! patron number; at lending the card is read without PIN and the platform answers that number; it holds no loans.

/// Characters of a マイキーID. Verified.
pub const ID_LENGTH: usize = 8;
/// Links an ID with a patron number. R: address and field names.
pub const LINK: &str = "/api/v1/links";
/// Gives a link up. R.
pub const UNLINK: &str = "/api/v1/links/end";
/// The patron number of a card. R.
pub const LOOKUP: &str = "/api/v1/lookup";
/// The status by which the platform says that there is no such ID or link. R.
pub const UNKNOWN: u16 = 404;
/// The status by which it says that the ID has another number with this library. R.
pub const TAKEN: u16 = 409;
