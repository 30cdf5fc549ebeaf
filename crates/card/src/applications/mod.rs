//! What a session can do with each application of the card.
//!
//! | application | for |
//! |---|---|
//! | [`jpki`] (公的個人認証AP) | prove who one is, and sign |
//! | [`input_support`] (券面事項入力補助AP) | the four basic attributes as text; proof of a genuine card |
//! | [`surface`] (券面事項確認AP) | what is printed on the card |
//!
//! One exclusive connection may go from one to the next: [`jpki::JpkiSession::into_input_support`].

pub mod input_support;
pub mod jpki;
pub mod surface;

pub use input_support::InputSupportSession;
pub use jpki::JpkiSession;
pub use surface::SurfaceSession;
