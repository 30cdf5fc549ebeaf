//! あなたにお知らせサービス: what concerns you comes to you.

pub mod wishes;
