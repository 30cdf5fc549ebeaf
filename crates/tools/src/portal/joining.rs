//! Who is it? The outside asks, the inside judges for itself and answers with [`link::link`] or [`link::not_found`].
//!
//! A card's proof is verified again here, with the inside's own anchors and status sources, so that a taken-over outside
//! cannot claim a card it has not seen. The app's four attributes are the outside's word: its provider signs who signed in,
//! but not the attributes; so they must fit one resident exactly, and nothing is guessed.

use std::sync::Arc;

use base::{Date, Timestamp};
use data_encoding::BASE64;
use pki::TrustAnchors;
use pki::challenge::{
    CardRefusal, Challenge, Expectation, MAX_AGE_SECONDS, PresentedCard, VerifiedCard, verify_user_authentication,
};
use pki::revocation::StatusSource;
use pki::signing_identity::SigningIdentity;
use serde::{Deserialize, Serialize};
use store::Tx;

use super::link::{self, LinkedBy};
use super::post::Opened;
use super::{AccountId, Post, PostError, Topic};
use crate::ResidentId;
use crate::access::{self, Actor, Duty, Item, Purpose};
use crate::credentials::renewal::{Compared, compare};
use crate::credentials::{self, CredentialError};
use crate::register::{self, Criteria, RegisterError};
use crate::zone::Inside;

/// Outside → inside: somebody came in; who is it?
pub const JOINING: Topic = "joining";

/// What was shown. Personal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The four attributes (基本4情報) as the national sign-in app told them.
    App(Attributes),
    /// A card's answer to a challenge of the portal.
    Card(CardProof),
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof(<personal>)")
    }
}

/// 基本4情報.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attributes {
    /// 氏名.
    pub name: String,
    /// 住所.
    pub address: String,
    /// 生年月日.
    pub birth_date: Date,
    /// 性別: `1`, `2` or `9`.
    pub sex: char,
}

/// A card's answer.
#[derive(Clone, Serialize, Deserialize)]
pub struct CardProof {
    /// The user-authentication certificate, DER in base 64.
    pub certificate: String,
    /// Its signature, base 64.
    pub signature: String,
    /// The challenge: whom it names as audience.
    pub audience: String,
    /// Which agent it was made for.
    pub terminal: String,
    /// Its nonce, base 64.
    pub nonce: String,
    /// When it was made, in µs.
    pub issued_at: i64,
}

impl CardProof {
    /// Of an answer to `challenge`.
    pub fn new(challenge: &Challenge, card: PresentedCard<'_>) -> Self {
        Self {
            certificate: BASE64.encode(card.certificate),
            signature: BASE64.encode(card.signature),
            audience: challenge.audience.clone(),
            terminal: challenge.terminal.clone(),
            nonce: BASE64.encode(&challenge.nonce),
            issued_at: challenge.issued_at.micros(),
        }
    }

    /// The challenge, certificate and signature.
    fn parts(&self) -> Option<(Challenge, Vec<u8>, Vec<u8>)> {
        let bytes = |text: &str| BASE64.decode(text.as_bytes()).ok();
        let challenge = Challenge {
            audience: self.audience.clone(),
            terminal: self.terminal.clone(),
            nonce: bytes(&self.nonce)?.try_into().ok()?,
            issued_at: Timestamp::from_micros(self.issued_at),
        };
        Some((challenge, bytes(&self.certificate)?, bytes(&self.signature)?))
    }
}

/// What the inside judges cards of the portal with.
#[derive(Clone)]
pub struct CardJudge {
    /// Whose certificates are believed.
    pub anchors: Arc<TrustAnchors>,
    /// Whether they were revoked.
    pub status: Arc<dyn StatusSource>,
    /// Whom challenges of the portal name.
    pub audience: String,
}

/// Takes [`JOINING`]. Seen twice, it tells the outside the same again.
///
/// # Errors
/// [`PostError`]; [`PostError::Later`] while a card's status cannot be asked.
pub fn take(inside: &Inside, post: &Arc<Post>, judge: &CardJudge, opened: &Opened) -> Result<(), PostError> {
    let proof: Proof = opened.json()?;
    let (account, asked_at) = (opened.account, Some(opened.sent_at));
    match proof {
        Proof::App(attributes) => {
            let (seams, post) = (inside.seams.clone(), post.clone());
            inside.store.write::<_, PostError, _>(move |tx| {
                match matching(tx, &seams, "portal-joining", &attributes)? {
                    Some(resident) => {
                        link::link_asked(tx, &seams, &post, account, &resident, (LinkedBy::App, asked_at)).map(drop)
                    }
                    None => link::not_found(tx, &seams, &post, account),
                }
            })
        }
        Proof::Card(proof) => take_card(inside, post, judge, (account, asked_at), &proof),
    }
}

fn take_card(
    inside: &Inside,
    post: &Arc<Post>,
    judge: &CardJudge,
    (account, asked_at): (AccountId, Option<Timestamp>),
    proof: &CardProof,
) -> Result<(), PostError> {
    let (challenge, certificate, signature) = proof.parts().ok_or(PostError::Malformed("a card's answer"))?;
    let expected = Expectation { audience: &judge.audience, terminal: &challenge.terminal };
    let card = PresentedCard { certificate: &certificate, signature: &signature };
    let now = inside.seams.now();
    let verified = match verify_user_authentication(card, &challenge, expected, &judge.anchors, &*judge.status, now) {
        Ok(verified) => Some(verified),
        Err(CardRefusal::StatusUnknown(_)) => return Err(PostError::Later("a card's status cannot be asked")),
        Err(_) => None,
    };
    let (seams, vault, post) = (inside.seams.clone(), inside.vault.clone(), post.clone());
    inside.store.write::<_, PostError, _>(move |tx| {
        let Some(verified) = &verified else { return link::not_found(tx, &seams, &post, account) };
        let forget_at = challenge.issued_at.plus_seconds(2 * MAX_AGE_SECONDS);
        // Seen before: what was answered then stands, and is on its way.
        if credentials::use_challenge_once(tx, &challenge.digest(), now, forget_at).map_err(not_now)?.is_err() {
            return Ok(());
        }
        match holder(tx, &vault, now, verified)? {
            Some(resident) => {
                link::link_asked(tx, &seams, &post, account, &resident, (LinkedBy::Card, asked_at)).map(drop)
            }
            None => link::not_found(tx, &seams, &post, account),
        }
    })
}

fn holder(
    tx: &mut Tx<'_>,
    vault: &store::sealing::Vault,
    now: Timestamp,
    card: &VerifiedCard,
) -> Result<Option<ResidentId>, PostError> {
    let found = credentials::find_person(tx, vault, now, card).map_err(not_now)?;
    Ok(found.ok().map(|person| person.resident().clone()))
}

fn not_now(error: CredentialError) -> PostError {
    match error {
        CredentialError::Store(error) => PostError::Store(error),
        _ => PostError::Later("the credentials cannot be read"),
    }
}

/// The one resident whose registered four attributes are these; nobody when there are two, or when a single one differs.
pub(crate) fn matching(
    tx: &mut Tx<'_>,
    seams: &base::Seams,
    job: &'static str,
    attributes: &Attributes,
) -> Result<Option<ResidentId>, PostError> {
    let actor = Actor::System { job };
    let purpose = Purpose::new(Duty::Portal).reading(&[Item::Name, Item::BirthDate, Item::Sex, Item::Address]);
    let said = "the four attributes told at sign-in";
    let mut search = access::search(tx, seams, &actor, &purpose, said)?;
    let criteria = Criteria {
        name: Some(attributes.name.clone()),
        birth_date: Some(attributes.birth_date),
        ..Criteria::default()
    };
    let (found, more) = register::search(tx, &mut search, &criteria).map_err(unreadable)?;
    if more {
        return Ok(None);
    }
    let certified = SigningIdentity {
        name: attributes.name.clone().into(),
        name_substitutions: Vec::new(),
        sex: attributes.sex.into(),
        birth_date: attributes.birth_date.into(),
        address: attributes.address.clone().into(),
        address_substitutions: Vec::new(),
    };
    let mut fitting = None;
    for candidate in found.iter().filter(|found| !found.is_removed) {
        let access = access::person(tx, seams, &actor, &purpose, &candidate.id)?;
        let resident = register::resident(tx, &access).map_err(unreadable)?;
        let compared = compare(&certified, &resident);
        let is_same = [compared.name, compared.address, compared.birth_date, compared.sex]
            .iter()
            .all(|one| *one == Compared::Same);
        if is_same && fitting.replace(candidate.id.clone()).is_some() {
            return Ok(None);
        }
    }
    Ok(fitting)
}

fn unreadable(error: RegisterError) -> PostError {
    match error {
        RegisterError::Store(error) => PostError::Store(error),
        RegisterError::Access(error) => PostError::Access(error),
        _ => PostError::Later("the register cannot be read"),
    }
}
