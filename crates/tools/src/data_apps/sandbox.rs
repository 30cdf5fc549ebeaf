//! Made-up residents for apps that are being tried. Nobody in the register; an account of this form is never looked up.

/// A made-up resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestResident {
    /// As `account` of an authority: begins with [`PREFIX`], which no account id does.
    pub account: &'static str,
    /// 氏名.
    pub name: &'static str,
    /// 振り仮名.
    pub kana: &'static str,
    /// 生年月日.
    pub birth_date: &'static str,
}

/// What the accounts of made-up residents begin with.
pub const PREFIX: &str = "sandbox:";

/// All of them.
pub const RESIDENTS: &[TestResident] = &[
    TestResident {
        account: "sandbox:1", name: "試験 一郎", kana: "シケン イチロウ", birth_date: "1985-05-05"
    },
    TestResident { account: "sandbox:2", name: "試験 二葉", kana: "シケン フタバ", birth_date: "2001-02-28" },
    TestResident {
        account: "sandbox:3", name: "試験 三千代", kana: "シケン ミチヨ", birth_date: "1948-12-31"
    },
];

/// The one of this account.
pub fn find(account: &str) -> Option<&'static TestResident> {
    RESIDENTS.iter().find(|one| one.account == account)
}
