//! What an app may ask for, item by item: one line each, with what it is for a real resident and for a made-up one. A part
//! of the portal that has something to share adds its line here.

use openid::provider::{OFFLINE, OPENID};
use serde_json::{Value, json};
use store::sealing::SealError;

use crate::portal::account::Account;
use crate::zone::Outside;

use super::sandbox::TestResident;

/// One item of data.
pub struct DataItem {
    /// Its scope, and its name in addresses: `/api/v1/me/{scope}`.
    pub scope: &'static str,
    /// Of a resident; [`None`]: the city has nothing.
    pub read: fn(&Outside, &Account) -> Result<Option<Value>, SealError>,
    /// Of a made-up one.
    pub made_up: fn(&TestResident) -> Value,
}

/// All of them.
pub const ITEMS: &[DataItem] = &[DataItem { scope: "basics", read: basics, made_up: made_up_basics }];

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

/// Name, reading and birth date as the register told the portal.
fn basics(outside: &Outside, account: &Account) -> Result<Option<Value>, SealError> {
    let profile = account.profile(&outside.vault)?;
    Ok(profile.map(
        |profile| json!({ "name": profile.name, "kana": profile.kana, "birth_date": profile.birth_date.to_string() }),
    ))
}

fn made_up_basics(resident: &TestResident) -> Value {
    json!({ "name": resident.name, "kana": resident.kana, "birth_date": resident.birth_date })
}
