//! What is only recalled of the national portal's interfaces (マイナポータル: 電子申請等情報受取等API, お知らせ). Everything that
//! an official specification may say otherwise stands here and nowhere else.
//!
//! Public: the order of the calls (ログイン → 申請データ一覧取得 → 申請データ取得 by 受付番号 → 申請処理状況). Recalled or
//! our own guess: addresses, names of fields, words of states, sizes of pages, that a state can be set by the same door, and
//! the whole of sending a notice.

/// Signing in: a form with [`LOGIN_ID`] and [`LOGIN_SECRET`].
pub const LOGIN: &str = "/api/v1/login";
/// Our name there.
pub const LOGIN_ID: &str = "client_id";
/// Our secret there.
pub const LOGIN_SECRET: &str = "client_secret";
/// The list of applications, by page from 1.
pub const APPLICATIONS: &str = "/api/v1/applications";
/// Which page.
pub const PAGE: &str = "page";
/// Below one application: its state.
pub const STATUS: &str = "/status";
/// Handing a notice in.
pub const NOTICES: &str = "/api/v1/notices";
/// The status of an answer that says: sign in again.
pub const EXPIRED: u16 = 401;
/// More pages than any honest list has.
pub const MOST_PAGES: u32 = 1000;
/// Longest receipt number (受付番号).
pub const MOST_RECEIPT: usize = 40;

/// States of an application (申請処理状況) as they are written there.
pub const STATUSES: [(&str, super::Status); 4] = [
    ("RECEIVED", super::Status::Received),
    ("IN_PROGRESS", super::Status::InProgress),
    ("COMPLETED", super::Status::Completed),
    ("RETURNED", super::Status::Returned),
];
