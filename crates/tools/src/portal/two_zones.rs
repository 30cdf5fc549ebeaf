//! Both zones of a test city with the relay and the post between them.

use std::sync::Arc;

use pki::sealed::SealingKey;
use store::testing::TestDatabase;
use store::{StoreError, Value};

use super::post::Desk;
use super::{AccountId, AccountState, Assurance, Post, Session, account, session::Place};
use crate::audit::Zone;
use crate::disclosure::telling;
use crate::relay::{Endpoint, InProcess};
use crate::signing::SigningKey;
use crate::zone::{CityProfile, Inside, Outside};
use crate::{looked, messages, representatives, self_information};

pub(crate) struct TwoZones {
    pub(crate) database: TestDatabase,
    pub(crate) inside: Inside,
    pub(crate) outside: Outside,
    pub(crate) to_outside: Arc<Post>,
    pub(crate) to_inside: Arc<Post>,
    relay: (Endpoint, Endpoint),
}

/// The key that signs the inside's heads.
pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed([1; 32]).unwrap()
}

impl TwoZones {
    pub(crate) fn new(database: TestDatabase) -> Self {
        let profile = Arc::new(CityProfile::demo("http://localhost"));
        let seams = database.seams.clone();
        let inside = Inside {
            seams: seams.clone(),
            store: database.inside(),
            cards: database.cards(),
            vault: database.vault(),
            profile: profile.clone(),
            demo: true,
        };
        let (store, vault) = (database.outside(), database.outside_vault());
        let outside = Outside { seams: seams.clone(), store, vault, profile };
        let (ours, theirs) = (SealingKey::generate(), SealingKey::generate());
        let public = ours.public().clone();
        let to_outside = Post::new(Zone::Outside, vec![ours], theirs.public().clone());
        let to_inside = Post::new(Zone::Inside, vec![theirs], public);
        let other = Arc::new(SigningKey::from_seed([2; 32]).unwrap());
        let relay = (
            Endpoint::new(
                Zone::Inside,
                inside.store.clone(),
                seams.clone(),
                Arc::new(key()),
                vec![other.public()],
                messages::to_inside(),
            ),
            Endpoint::new(
                Zone::Outside,
                outside.store.clone(),
                seams,
                other,
                vec![key().public()],
                messages::to_outside(),
            ),
        );
        Self { database, inside, outside, to_outside: Arc::new(to_outside), to_inside: Arc::new(to_inside), relay }
    }

    /// Everything that waits is told, carried and taken, both ways.
    pub(crate) fn settle(&self) {
        let (inside, outside) = (&self.inside, &self.outside);
        for _ in 0..3 {
            representatives::guardians::watch(&inside.store, &inside.seams, &self.to_outside).unwrap();
            representatives::guardians::send_untold(&inside.store, &inside.seams, &self.to_outside).unwrap();
            telling::tell(&inside.store, &inside.seams, &self.to_outside).unwrap();
            telling::prove(&inside.store, &inside.seams, &self.to_outside, key().public()).unwrap();
            looked::objections::send_answers(inside, &self.to_outside).unwrap();
            self_information::send_questions(&outside.store, &outside.seams, &self.to_inside).unwrap();
            looked::send_objections(outside, &self.to_inside).unwrap();
            representatives::send_untold(&outside.store, &outside.seams, &self.to_inside).unwrap();
            self.relay.0.pump(&InProcess(&self.relay.1)).unwrap();
            self.to_outside.unpack(&inside.store, &inside.seams, &self.inside_desk()).unwrap();
            self.to_inside.unpack(&outside.store, &outside.seams, &self.outside_desk()).unwrap();
        }
    }

    fn inside_desk(&self) -> Desk {
        let (a, b, c, post) =
            (self.inside.clone(), self.inside.clone(), self.inside.store.clone(), self.to_outside.clone());
        Desk::default()
            .on(looked::objections::OBJECTION, move |opened| looked::objections::take(&a, opened))
            .on(representatives::MANDATE, move |opened| representatives::guardians::take_mandate(&c, opened))
            .on(self_information::QUESTION, move |opened| self_information::take_question(&b, &post, opened))
    }

    fn outside_desk(&self) -> Desk {
        let zone = || self.outside.clone();
        let (a, b, c, d, e, f, g) = (zone(), zone(), zone(), zone(), zone(), zone(), zone());
        Desk::default()
            .on(telling::LINES, move |opened| looked::take_lines(&a, opened))
            .on(telling::PROOFS, move |opened| looked::take_proofs(&b, opened))
            .on(looked::objections::ANSWER, move |opened| looked::take_answer(&c, opened))
            .on(representatives::GUARDIANSHIP, move |opened| representatives::take_guardianship(&d, opened))
            .on(representatives::CUT, move |opened| representatives::take_cut(&e, opened))
            .on(self_information::ANSWER, move |opened| self_information::take_answer(&f, opened))
            .on(super::link::STANDING, move |opened| super::arrivals::standing(&g, opened))
    }

    /// An open account outside, linked inside to this resident (who need not be in the register).
    pub(crate) fn account_of(&self, resident: &str) -> AccountId {
        let account = self.account();
        let (resident, now) = (resident.to_owned(), self.database.seams.now());
        self.inside
            .store
            .write::<_, StoreError, _>(move |tx| {
                let values: [Value; 3] = [account.into(), (&resident).into(), now.into()];
                tx.execute(
                    "INSERT INTO portal_links (account_id, resident_id, linked_at, linked_by, told_state, told_at) \
                     VALUES ($1, $2, $3, 'card', 'open', $3)",
                    &values,
                )
            })
            .unwrap();
        account
    }

    /// An open account outside.
    pub(crate) fn account(&self) -> AccountId {
        let account = AccountId::fresh(&self.database.seams);
        let now = self.database.seams.now();
        self.outside
            .store
            .write::<_, StoreError, _>(move |tx| {
                account::make(tx, now, account)?;
                account::set_state(tx, now, account, AccountState::Open, None)
            })
            .unwrap();
        account
    }

    /// Somebody sitting in the portal, as a rule of the doors finds them.
    pub(crate) fn session(&self, who: AccountId, level: Assurance) -> Session {
        let person = self.outside.store.read::<_, StoreError, _>(|tx| account::find(tx, who)).unwrap().unwrap();
        let now = self.database.seams.now();
        Session {
            key: vec![1],
            person,
            level,
            acting_for: None,
            place: Place::Own,
            seen_at: now,
            expires_at: now.plus_seconds(3600),
        }
    }
}
