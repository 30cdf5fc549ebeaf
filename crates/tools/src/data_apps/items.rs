//! What an app may ask for, item by item: one line each, with what it is for a real resident and for a made-up one. A part
//! of the portal that has something to share adds its line here, a sentence `apps-scope-…` in three languages, and nothing
//! else: registration, consent, address, description and the page of consents follow the table.
//!
//! Schemes one may be able to use (使える制度) are to join as `schemes` once the portal holds what was judged: their reader is
//! a function of this form.

use base::Timestamp;
use openid::provider::{OFFLINE, OPENID};
use serde_json::{Value, json};
use store::{StoreError, Tx};

use super::AppsError;
use super::sandbox::TestResident;
use crate::access::{Duty, Item};
use crate::looked;
use crate::mailbox::items::{self as letters, PAGE, View};
use crate::mailbox::{Importance, Line};
use crate::portal::account::Account;
use crate::portal::{AccountId, PostError, own_records};
use crate::zone::Outside;

/// The scope of the address, which is asked for when it is granted.
pub(super) const ADDRESS: &str = "address";
/// Letters and readings told at most: the newest. Ours.
const MOST: usize = 100;

/// One item of data.
pub struct DataItem {
    /// Its scope, and its name in addresses: `/api/v1/me/{scope}`.
    pub scope: &'static str,
    /// Whether it needs special care: what is in it may tell of health, need or family.
    pub is_sensitive: bool,
    /// Of a resident; [`None`]: the city has nothing.
    pub read: fn(&Outside, &Account) -> Result<Option<Value>, AppsError>,
    /// Of a made-up one.
    pub made_up: fn(&TestResident) -> Value,
}

/// All of them.
pub const ITEMS: &[DataItem] = &[
    DataItem { scope: "basics", is_sensitive: false, read: basics, made_up: made_up_basics },
    DataItem { scope: ADDRESS, is_sensitive: false, read: address, made_up: made_up_address },
    DataItem { scope: "letters", is_sensitive: true, read: letters, made_up: made_up_letters },
    DataItem { scope: "disclosures", is_sensitive: true, read: disclosures, made_up: made_up_disclosures },
];

/// The item of this scope.
pub fn find(scope: &str) -> Option<&'static DataItem> {
    ITEMS.iter().find(|item| item.scope == scope)
}

/// Whether there is such a scope.
pub fn is_scope(scope: &str) -> bool {
    [OPENID, OFFLINE].contains(&scope) || find(scope).is_some()
}

/// All scopes.
pub fn scopes() -> Vec<String> {
    [OPENID, OFFLINE].into_iter().chain(ITEMS.iter().map(|item| item.scope)).map(str::to_owned).collect()
}

impl From<PostError> for AppsError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Store(error) => Self::Store(error),
            PostError::Vault(error) => Self::Seal(error),
            _ => Self::Unusable("what the city told of a person cannot be read"),
        }
    }
}

/// Name, reading and birth date as the register told the portal.
fn basics(outside: &Outside, account: &Account) -> Result<Option<Value>, AppsError> {
    let profile = account.profile(&outside.vault)?;
    Ok(profile.map(
        |profile| json!({ "name": profile.name, "kana": profile.kana, "birth_date": profile.birth_date.to_string() }),
    ))
}

fn made_up_basics(resident: &TestResident) -> Value {
    json!({ "name": resident.name, "kana": resident.kana, "birth_date": resident.birth_date })
}

/// The address as the register told it after the consent: nothing for some seconds, and nothing of a person under protection.
fn address(outside: &Outside, account: &Account) -> Result<Option<Value>, AppsError> {
    Ok(own_records::address(outside, account.id)?.map(|told| {
        json!({ "postal_code": told.postal_code, "municipality_code": told.municipality_code, "address": told.text })
    }))
}

fn made_up_address(_: &TestResident) -> Value {
    json!({ "postal_code": "0000000", "municipality_code": "99999", "address": "見本県見本市試験町1丁目1番1号" })
}

/// Headers of the newest letters: who, what about, when. Never what a letter says, nor a name of it that two apps could
/// compare.
fn letters(outside: &Outside, account: &Account) -> Result<Option<Value>, AppsError> {
    let lines = outside.store.read::<_, StoreError, _>(|tx| newest(tx, account.id))?;
    Ok(Some(json!({ "letters": lines.iter().map(header).collect::<Vec<_>>() })))
}

fn newest(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Line>, StoreError> {
    let (mut all, mut before) = (Vec::new(), None);
    while all.len() < MOST {
        let page = letters::newest(tx, account, View::Box, before)?;
        before = page.last().map(|line| line.letter);
        let is_last = (page.len() as i64) < PAGE;
        all.extend(page.into_iter().filter(|line| !line.is_recalled));
        if is_last {
            break;
        }
    }
    all.truncate(MOST);
    Ok(all)
}

fn header(line: &Line) -> Value {
    json!({
        "sender": line.sender_name, "is_city": line.from_city, "title": line.title,
        "importance": line.importance.word(), "received_at": line.placed_at.to_string(),
        "due_on": line.due_on.map(|day| day.to_string()), "is_read": line.opened_at.is_some(),
    })
}

fn made_up_letters(_: &TestResident) -> Value {
    let letter = |importance: Importance, title: &str, is_read: bool| {
        json!({
            "sender": "試験課", "is_city": true, "title": title, "importance": importance.word(),
            "received_at": "2026-04-01T00:00:00.000000Z", "due_on": "2026-05-31", "is_read": is_read,
        })
    };
    json!({ "letters": [letter(Importance::Deadline, "予防接種のお知らせ(試験)", false),
                        letter(Importance::News, "広報(試験)", true)] })
}

/// Who looked at the person's records, as far as the person themselves is told: the lines of `/portal/looked`.
fn disclosures(outside: &Outside, account: &Account) -> Result<Option<Value>, AppsError> {
    let all = looked::list(outside, account.id)?;
    let line = |one: &looked::Looked| {
        let line = &one.line;
        let duty = Duty::from_code(&line.duty).map(|duty| json!({ "ja": duty.japanese(), "en": duty.english() }));
        let items: Vec<Value> = line.items.iter().map(|code| item_named(code)).collect();
        json!({
            "at": Timestamp::from_micros(line.at).to_string(), "by": line.by, "office": line.office,
            "duty": { "code": line.duty, "name": duty }, "items": items,
        })
    };
    Ok(Some(json!({ "disclosures": all.iter().take(MOST).map(line).collect::<Vec<_>>() })))
}

fn item_named(code: &str) -> Value {
    json!({ "code": code, "ja": Item::from_code(code).map(Item::japanese) })
}

fn made_up_disclosures(_: &TestResident) -> Value {
    let duty = Duty::Portal;
    json!({ "disclosures": [{
        "at": "2026-04-01T00:00:00.000000Z", "by": "staff", "office": "試験課",
        "duty": { "code": duty.code(), "name": { "ja": duty.japanese(), "en": duty.english() } },
        "items": [item_named(Item::Name.code()), item_named(Item::Address.code())],
    }] })
}
