//! あなたにお知らせサービス: what concerns you comes to you.

pub mod schemes;
pub mod wishes;
