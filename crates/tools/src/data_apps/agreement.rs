//! What an app asks for, as a data agreement of the one page of consents: a revision for each way it was worded.

use base::Seams;
use store::Tx;
use ui::{Language, words};

use super::{Registration, grants, items};
use crate::access::Actor;
use crate::consents::{self, Agreement, ConsentError, Party, Revision, SharedItem, Words};

/// What the ids of these agreements begin with.
const PREFIX: &str = "data-app-";

/// The agreement of this app.
pub fn id_of(client_id: &str) -> String {
    format!("{PREFIX}{client_id}")
}

/// Whether an agreement of this id is an app's: it is agreed to where the app asks.
pub fn is_agreement(id: &str) -> bool {
    id.starts_with(PREFIX)
}

/// A sentence of ours in three languages.
fn said(key: &str) -> Words {
    let say = |language| words().get(language, key);
    Words { ja: say(Language::Japanese), easy: say(Language::EasyJapanese), en: say(Language::English) }
}

/// The agreement as an app's registration words it. Contact and keys are no part of it: they may change without asking
/// anybody anew.
pub fn of(client_id: &str, registration: &Registration) -> Agreement {
    let name = &registration.name;
    let item = |scope: &String| SharedItem {
        code: scope.clone(),
        name: said(&format!("apps-scope-{scope}")),
        is_sensitive: items::find(scope).is_some_and(|item| item.is_sensitive),
    };
    Agreement {
        id: id_of(client_id),
        name: Words { ja: name.clone(), easy: name.clone(), en: name.clone() },
        purpose: Words {
            ja: registration.purpose.japanese.clone(),
            easy: registration.purpose.easy.clone(),
            en: registration.purpose.english.clone(),
        },
        recipient: Party {
            id: client_id.to_owned(),
            name: registration.organisation.clone(),
            address: String::new(),
            contact: registration.policy.clone(),
            kind: "recipient".to_owned(),
        },
        items: registration.scopes.iter().map(item).collect(),
        lawful_basis: "本人の同意(個人情報の保護に関する法律第69条第2項第1号)".to_owned(),
        retention: said("apps-agreement-retention"),
        storage: "受け取る事業者が管理する場所".to_owned(),
        jurisdiction: "JP".to_owned(),
        privacy_notice: registration.policy.clone(),
        days: grants::LONGEST_DAYS,
    }
}

/// Publishes what an app asks for now. Another wording is the next revision, and consents to the one before hold for
/// nothing.
///
/// # Errors
/// [`ConsentError`].
pub fn publish(
    tx: &mut Tx<'_>,
    seams: &Seams,
    client_id: &str,
    registration: &Registration,
) -> Result<Revision, ConsentError> {
    consents::publish(tx, seams, &Actor::System { job: "data-apps" }, &of(client_id, registration))
}

/// The revision in force; published at first use. Our own sentences may be worded anew without asking anybody anew.
///
/// # Errors
/// [`ConsentError`].
pub fn in_force(
    tx: &mut Tx<'_>,
    seams: &Seams,
    client_id: &str,
    registration: &Registration,
) -> Result<Revision, ConsentError> {
    match consents::latest(tx, &id_of(client_id))? {
        Some(revision) => Ok(revision),
        None => publish(tx, seams, client_id, registration),
    }
}
