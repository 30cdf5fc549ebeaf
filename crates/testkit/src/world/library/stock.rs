//! What the simulated library has, and its rules: five items at a time, two weeks, two renewals, none while another waits.

use std::collections::BTreeMap;

use base::Date;

/// Items one may have.
const MOST_LOANS: usize = 5;
/// Days of a loan.
const DAYS: i64 = 14;
/// Renewals of a loan.
const MOST_RENEWALS: u32 = 2;

/// A patron.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// Whether they may not borrow.
    pub is_blocked: bool,
    /// What they owe, in yen.
    pub owed: i64,
    /// The last day of their card, if it has one. Said by REST alone.
    pub last_day: Option<Date>,
}

#[derive(Clone, Debug)]
pub(super) struct Loan {
    pub patron: String,
    pub due: Date,
    pub renewals: u32,
}

/// An item.
#[derive(Clone, Debug)]
pub struct Book {
    /// Its title.
    pub title: String,
    pub(super) loan: Option<Loan>,
    /// Who waits, first first.
    pub(super) waiting: Vec<String>,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum No {
    Patron,
    Item,
    Blocked,
    TooMany,
    Taken,
    NotRenewable,
    NotThere,
    Amount,
}

impl No {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Patron => "利用者が見つかりません",
            Self::Item => "資料が見つかりません",
            Self::Blocked => "貸出が停止されています",
            Self::TooMany => "貸出できる冊数を超えています",
            Self::Taken => "ほかの方が利用中か、予約しています",
            Self::NotRenewable => "延長できません",
            Self::NotThere => "その貸出・予約はありません",
            Self::Amount => "金額が合いません",
        }
    }
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub struct Stock {
    /// By patron number.
    pub members: BTreeMap<String, Member>,
    /// By item number.
    pub books: BTreeMap<String, Book>,
    /// Whether a number nobody has becomes a patron's when it is first asked for, with something to look at: for the demo.
    pub is_open: bool,
    /// How often something was lent: nobody's name with it.
    pub lent: u64,
    /// How often something was renewed.
    pub renewed: u64,
}

impl Stock {
    /// A small library. 「ポ」 stands in titles because its second byte in Shift_JIS is the sign between fields.
    pub fn demo() -> Self {
        let titles = [
            "ポケットの中の図書館",
            "吾輩は猫である",
            "銀河鉄道の夜",
            "坊っちゃん",
            "スポーツと健康のポイント",
            "こども図鑑 うみのいきもの",
            "やさしい日本語の絵本",
            "見本市の歴史",
        ];
        let mut stock = Self::default();
        for (index, title) in titles.iter().enumerate() {
            stock.add_book(&format!("B{:04}", index + 1), title);
        }
        stock
    }

    /// Another item.
    pub fn add_book(&mut self, number: &str, title: &str) {
        let book = Book { title: title.to_owned(), loan: None, waiting: Vec::new() };
        self.books.insert(number.to_owned(), book);
    }

    /// Another patron.
    pub fn add_member(&mut self, number: &str) {
        self.members.entry(number.to_owned()).or_default();
    }

    pub(super) fn welcome(&mut self, patron: &str, today: Date) {
        let is_number = patron.len() <= 20 && patron.bytes().any(|byte| byte.is_ascii_digit());
        if !self.is_open || self.members.contains_key(patron) || !is_number {
            return;
        }
        self.add_member(patron);
        let [lent, late, held] = [1, 2, 3].map(|place| format!("{patron}-{place}"));
        self.add_book(&lent, "ポケットの中の図書館");
        self.lend_until(patron, &lent, today.plus_days(7));
        self.add_book(&late, "銀河鉄道の夜");
        self.lend_until(patron, &late, today.plus_days(-2));
        self.add_book(&held, "見本市の歴史");
        self.reserve(patron, &held);
    }

    /// Who has this item now. Nobody can say who had it.
    pub fn holder(&self, item: &str) -> Option<String> {
        self.books.get(item)?.loan.as_ref().map(|loan| loan.patron.clone())
    }

    /// The patron waits for this item.
    pub fn reserve(&mut self, patron: &str, item: &str) {
        let _ = self.hold(patron, item);
    }

    /// Lends without the rules, until `due`.
    pub fn lend_until(&mut self, patron: &str, item: &str, due: Date) {
        if let Some(book) = self.books.get_mut(item) {
            book.loan = Some(Loan { patron: patron.to_owned(), due, renewals: 0 });
        }
    }

    fn member(&self, patron: &str) -> Result<&Member, No> {
        self.members.get(patron).ok_or(No::Patron)
    }

    pub(super) fn loans(&self, patron: &str) -> Vec<(String, Book)> {
        let theirs = |book: &Book| book.loan.as_ref().is_some_and(|loan| loan.patron == patron);
        self.books.iter().filter(|(_, book)| theirs(book)).map(|(item, book)| (item.clone(), book.clone())).collect()
    }

    /// Reservations: item, book, whether it waits on the shelf.
    pub(super) fn holds(&self, patron: &str) -> Vec<(String, Book, bool)> {
        let waits = |book: &Book| book.waiting.iter().any(|one| one == patron);
        let ready = |book: &Book| book.loan.is_none() && book.waiting.first().is_some_and(|one| one == patron);
        let all = self.books.iter().filter(|(_, book)| waits(book));
        all.map(|(item, book)| (item.clone(), book.clone(), ready(book))).collect()
    }

    pub(super) fn lend(&mut self, patron: &str, item: &str, today: Date) -> Result<(Date, String), No> {
        if self.member(patron)?.is_blocked {
            return Err(No::Blocked);
        }
        if self.loans(patron).len() >= MOST_LOANS {
            return Err(No::TooMany);
        }
        let book = self.books.get_mut(item).ok_or(No::Item)?;
        if book.loan.is_some() || book.waiting.first().is_some_and(|first| first != patron) {
            return Err(No::Taken);
        }
        book.waiting.retain(|one| one != patron);
        let due = today.plus_days(DAYS);
        book.loan = Some(Loan { patron: patron.to_owned(), due, renewals: 0 });
        self.lent += 1;
        Ok((due, book.title.clone()))
    }

    /// Whose it was is erased; answers with the title and whether somebody waits.
    pub(super) fn take_back(&mut self, item: &str) -> Result<(String, bool), No> {
        let book = self.books.get_mut(item).ok_or(No::Item)?;
        book.loan = None;
        Ok((book.title.clone(), !book.waiting.is_empty()))
    }

    pub(super) fn renew(&mut self, patron: &str, item: &str, today: Date) -> Result<(Date, String), No> {
        let is_blocked = self.member(patron)?.is_blocked;
        let book = self.books.get_mut(item).ok_or(No::Item)?;
        let is_wanted = !book.waiting.is_empty();
        let loan = book.loan.as_mut().filter(|loan| loan.patron == patron).ok_or(No::NotThere)?;
        if is_blocked || is_wanted || loan.renewals >= MOST_RENEWALS || loan.due < today {
            return Err(No::NotRenewable);
        }
        loan.renewals += 1;
        loan.due = loan.due.plus_days(DAYS);
        self.renewed += 1;
        Ok((loan.due, book.title.clone()))
    }

    pub(super) fn hold(&mut self, patron: &str, item: &str) -> Result<usize, No> {
        if self.member(patron)?.is_blocked {
            return Err(No::Blocked);
        }
        let book = self.books.get_mut(item).ok_or(No::Item)?;
        let has_it = book.loan.as_ref().is_some_and(|loan| loan.patron == patron);
        if has_it || book.waiting.iter().any(|one| one == patron) {
            return Err(No::Taken);
        }
        book.waiting.push(patron.to_owned());
        Ok(book.waiting.len())
    }

    pub(super) fn cancel(&mut self, patron: &str, item: &str) -> Result<(), No> {
        let book = self.books.get_mut(item).ok_or(No::Item)?;
        let before = book.waiting.len();
        book.waiting.retain(|one| one != patron);
        if book.waiting.len() < before { Ok(()) } else { Err(No::NotThere) }
    }

    pub(super) fn pay(&mut self, patron: &str, amount: i64) -> Result<(), No> {
        let member = self.members.get_mut(patron).ok_or(No::Patron)?;
        if amount <= 0 || amount > member.owed {
            return Err(No::Amount);
        }
        member.owed -= amount;
        Ok(())
    }
}
