//! あなたにお知らせサービス: what concerns you comes to you.

pub mod irrelevant;
pub mod schemes;
pub mod why;
pub mod wishes;
