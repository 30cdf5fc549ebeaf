//! The outside's part: a wallet brings code and digits and gets a token; brings the token and a proof of its key and gets
//! the copy. Each once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base::Timestamp;
use pki::jose;
use pki::wallet::key_proof::{self, ProofError};
use pki::wallet::sd_jwt::{Frame, Hider, Issuer as Signer};
use pki::wallet::status_list;
use store::{StoreError, Tx};
use tools::Outside;
use tools::twins::nonces::{self, Nonces};
use tools::twins::offers::{self, NoToken};
use tools::twins::places::{self, Draws};
use tools::twins::{AccessToken, Digits, PreAuthorizedCode};
use wire::certificate_fields::Fields;

use super::{VALID_DAYS, claims, status_address, type_address};

/// What copies are issued with: the outside's own key, certified by the city.
#[derive(Debug)]
pub struct TwinIssuer {
    signer: Signer,
    nonces: Nonces,
    /// Signed status lists by number.
    lists: Mutex<HashMap<i64, KeptList>>,
}

/// A signed status list, handed out until it says something else or checkers would ask for a newer one.
#[derive(Debug)]
struct KeptList {
    invalid: Vec<u64>,
    signed_at: Timestamp,
    signed: String,
}

impl KeptList {
    fn is_good(&self, invalid: &[u64], now: Timestamp) -> bool {
        // A clock that ran backwards keeps nothing alive for longer.
        self.invalid == invalid && (0..status_list::KEEP_SECONDS).contains(&now.seconds_since(self.signed_at))
    }
}

/// Why a wallet gets no copy.
#[derive(Debug, thiserror::Error)]
pub enum NoCopy {
    /// The token is unknown, used or over.
    #[error("the token is not good")]
    Token,
    /// Another kind than the one that was offered.
    #[error("the token is for another kind")]
    Kind,
    /// The proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The proof's nonce is not ours, over, or used.
    #[error("the nonce is not good")]
    Nonce,
    /// Something of ours failed; the wallet may come again.
    #[error("the copy could not be made")]
    Broken,
}

impl TwinIssuer {
    /// `signer`'s key makes copies; `secret` is shared by the processes of this issuer and makes nonces.
    pub fn new(signer: Signer, secret: &[u8]) -> Self {
        Self { signer, nonces: Nonces::new(secret), lists: Mutex::default() }
    }

    /// The key as published.
    pub fn jwk(&self) -> serde_json::Value {
        let key = self.signer.key.public();
        let mut jwk = jose::bare_jwk(key);
        let header = self.signer.header("");
        for (name, value) in [("kid", &header["kid"]), ("x5c", &header["x5c"])] {
            jwk[name] = value.clone();
        }
        jwk["alg"] = jose::ALGORITHM.into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// A nonce for a proof.
    pub fn nonce(&self, outside: &Outside) -> String {
        self.nonces.make(&outside.seams)
    }

    /// Gives code and digits for a token.
    ///
    /// # Errors
    /// The database; inner: [`NoToken`].
    pub fn redeem(
        &self,
        outside: &Outside,
        code: &PreAuthorizedCode,
        digits: &Digits,
    ) -> Result<Result<AccessToken, NoToken>, StoreError> {
        let (now, token) = (outside.seams.now(), AccessToken::random(&outside.seams));
        let (code, digits, given) = (code.clone(), digits.clone(), token.clone());
        let done = outside.store.write(move |tx| offers::redeem(tx, now, &code, &digits, &given))?;
        Ok(done.map(|()| token))
    }

    /// The copy of `kind` for whoever holds `token` and proves a key. What the wallet gets wrong costs it nothing but the
    /// nonce; what it gets right is erased here.
    ///
    /// # Errors
    /// The database; inner: [`NoCopy`].
    pub fn collect(
        &self,
        outside: &Outside,
        token: &AccessToken,
        kind: &str,
        proof: &str,
    ) -> Result<Result<String, NoCopy>, StoreError> {
        let now = outside.seams.now();
        let waiting = match outside.store.read(|tx| offers::look(tx, now, token))? {
            Ok(Some(waiting)) => waiting,
            Ok(None) => return Ok(Err(NoCopy::Token)),
            Err(_) => return Ok(Err(NoCopy::Broken)),
        };
        let Ok(fields) = Fields::decode(&waiting.plain) else { return Ok(Err(NoCopy::Broken)) };
        if fields.kind != kind {
            return Ok(Err(NoCopy::Kind));
        }
        let proof = match key_proof::judge(proof, &outside.profile.public_address, now) {
            Ok(proof) => proof,
            Err(error) => return Ok(Err(error.into())),
        };
        let Some(nonce) = self.nonces.recognise(&proof.nonce, now) else { return Ok(Err(NoCopy::Nonce)) };
        let (draws, spent) = (Draws::random(&outside.seams), token.clone());
        let place = outside.store.write::<_, StoreError, _>(move |tx| {
            if !nonces::use_once(tx, &nonce)? {
                return Ok(Err(NoCopy::Nonce));
            }
            if !offers::spend(tx, &spent)? {
                return Ok(Err(NoCopy::Token));
            }
            let place = places::take(tx, &waiting.request_hash, &draws, now)?;
            place.map(Ok).ok_or(StoreError::Contended)
        })?;
        let place = match place {
            Ok(place) => place,
            Err(no) => return Ok(Err(no)),
        };
        let base = &outside.profile.public_address;
        let frame = Frame {
            issuer: base,
            kind: &type_address(base, kind),
            issued_at: now,
            expires_at: now.plus_seconds(VALID_DAYS * 86_400),
            holder: &proof.holder,
            status: (&status_address(base, place.list), place.place.unsigned_abs()),
        };
        let mut hider = Hider::new(&*outside.seams.random);
        let hidden = claims::hidden(&fields, &mut hider);
        Ok(self.signer.issue(&frame, hidden, hider).map_err(|_| NoCopy::Broken))
    }

    /// The signed status list of this number; `None` when there is none. Which places are set is read at each question, so
    /// that a withdrawal is seen at once; what says the same as before is not signed again while checkers may keep it.
    ///
    /// # Errors
    /// The database; inner: the key did not sign.
    pub fn status(&self, outside: &Outside, list: i64) -> Result<Result<Option<String>, NoCopy>, StoreError> {
        let now: Timestamp = outside.seams.now();
        let Some(invalid) = outside.store.read(|tx: &mut Tx<'_>| places::invalid(tx, list))? else {
            return Ok(Ok(None));
        };
        // Only lists that exist come so far: the map stays as small as they are few.
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = lists.get(&list).filter(|kept| kept.is_good(&invalid, now)) {
            return Ok(Ok(Some(kept.signed.clone())));
        }
        let address = status_address(&outside.profile.public_address, list);
        let Ok(signed) = status_list::issue(&self.signer, &address, &invalid, now) else {
            return Ok(Err(NoCopy::Broken));
        };
        lists.insert(list, KeptList { invalid, signed_at: now, signed: signed.clone() });
        Ok(Ok(Some(signed)))
    }
}
