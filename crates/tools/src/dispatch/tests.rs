//! From a department to the reader, over the relay: law of delivery, consent, stages, unopened, taken back.

use std::sync::Arc;

use pki::sealed::SealingKey;
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};

use super::paper::Reason;
use super::*;
use crate::mailbox::evidence::{self, Event as Happened};
use crate::mailbox::{Block, Personal, View, consents, items};
use crate::portal::{AccountId, Post, account};
use crate::relay::{Endpoint, InProcess};
use crate::signing::SigningKey;
use crate::staff::two_persons::{self, Deed};
use crate::staff::{self, Account, Role};
use crate::{CityProfile, Inside, Outside, messages};

struct City {
    database: TestDatabase,
    inside: Inside,
    outside: Outside,
    inside_post: Post,
    outside_post: Post,
}

impl City {
    fn new(database: TestDatabase) -> Self {
        let profile = Arc::new(CityProfile::demo("http://localhost"));
        let inside = Inside {
            seams: database.seams.clone(),
            store: database.inside(),
            cards: database.cards(),
            vault: database.vault(),
            profile: profile.clone(),
            demo: true,
        };
        let outside = Outside {
            seams: database.seams.clone(),
            store: database.outside(),
            vault: database.outside_vault(),
            profile,
        };
        let (ours, theirs) = (SealingKey::generate(), SealingKey::generate());
        let (our_name, their_name) = (ours.public().clone(), theirs.public().clone());
        Self {
            database,
            inside,
            outside,
            inside_post: Post::new(Zone::Outside, vec![ours], their_name),
            outside_post: Post::new(Zone::Inside, vec![theirs], our_name),
        }
    }

    /// Messages go both ways; personal parts are opened.
    fn carry(&self) {
        let key = |seed: u8| Arc::new(SigningKey::from_seed([seed; 32]).unwrap());
        let seams = || self.database.seams.clone();
        let inside = Endpoint::new(
            Zone::Inside,
            self.inside.store.clone(),
            seams(),
            key(1),
            vec![key(2).public()],
            messages::to_inside(),
        );
        let outside = Endpoint::new(
            Zone::Outside,
            self.outside.store.clone(),
            seams(),
            key(2),
            vec![key(1).public()],
            messages::to_outside(),
        );
        inside.pump(&InProcess(&outside)).unwrap();
        arrivals::unpack(&self.outside, &self.outside_post).unwrap();
    }

    fn resident(&self, resident: &'static str) -> AccountId {
        let account = AccountId::fresh(&self.database.seams);
        let now = self.database.seams.now();
        self.outside.store.write::<_, StoreError, _>(move |tx| account::make(tx, now, account)).unwrap();
        self.inside
            .store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO portal_links (account_id, resident_id, linked_at, linked_by, told_state, told_at) \
                     VALUES ($1, $2, $3, 'card', 'open', $3)",
                    &[account.into(), resident.into(), now.into()],
                )
            })
            .unwrap();
        account
    }

    fn decides(&self, account: AccountId, class: &'static str, given: bool) {
        self.database.clock.advance_seconds(1);
        let seams = self.database.seams.clone();
        self.outside
            .store
            .write::<_, RelayError, _>(move |tx| consents::decide(tx, &seams, account, class, given))
            .unwrap();
        self.carry();
    }

    fn officer(&self, name: &'static str) -> Account {
        let seams = self.database.seams.clone();
        let by = Actor::System { job: "test" };
        self.inside
            .store
            .write(move |tx| staff::add(tx, &seams, &by, name, "市民課", &[Role::CertificateOfficer]))
            .unwrap()
    }

    /// Opens, fills and completes.
    fn hand_in(&self, draft: &Draft, csv: &str) -> Id {
        let (seams, draft) = (self.database.seams.clone(), draft.clone());
        let opened = self
            .inside
            .store
            .write::<_, DispatchError, _>(move |tx| {
                let by = Actor::System { job: "test" };
                senders::approve(tx, &seams, &by, "health-office", "健康推進課", true)?;
                intake::open(tx, &seams, "health-office", &draft.title, &draft)
            })
            .unwrap();
        let lines = intake::read_csv(csv).unwrap();
        intake::append(&self.inside, opened.id, 1, &lines).unwrap();
        let id = opened.id;
        self.inside.store.write::<_, DispatchError, _>(move |tx| intake::complete(tx, id)).unwrap();
        id
    }

    fn release(&self, id: Id) {
        let (first, second) = (self.officer("甲"), self.officer("乙"));
        let seams = self.database.seams.clone();
        let own = first.clone();
        let asked = self
            .inside
            .store
            .write(move |tx| two_persons::ask(tx, &seams, &own, Deed::ReleaseLetters(id), "年次のお知らせ"))
            .unwrap();
        let seams = self.database.seams.clone();
        let alone = self.inside.store.write(move |tx| two_persons::approve(tx, &seams, &first, asked));
        assert!(alone.is_err(), "nobody releases alone");
        let seams = self.database.seams.clone();
        self.inside.store.write(move |tx| two_persons::approve(tx, &seams, &second, asked)).unwrap();
        self.database.clock.advance_seconds(2);
    }

    fn one(&self, id: Id) -> Dispatch {
        self.inside.store.read::<_, StoreError, _>(|tx| get(tx, id)).unwrap().unwrap()
    }

    /// Runs the job until it has nothing to do.
    fn work(&self) {
        while work::step(&self.inside, &self.inside_post).unwrap() > 0 {}
    }

    /// Through all stages.
    fn send_all(&self, id: Id) {
        for _ in 0..12 {
            self.work();
            self.database.clock.advance_seconds(work::HOLD_SECONDS);
        }
        assert_eq!(self.one(id).state, State::Done);
        self.carry();
    }

    fn letters(&self, account: AccountId) -> Vec<crate::mailbox::Line> {
        self.outside.store.read::<_, StoreError, _>(|tx| items::newest(tx, account, View::Box, None)).unwrap()
    }

    fn open(&self, account: AccountId, letter: LetterId) -> Option<crate::mailbox::Item> {
        let seams = self.database.seams.clone();
        self.outside
            .store
            .write::<_, StoreError, _>(move |tx| arrivals::open(tx, &seams, account, None, letter))
            .unwrap()
    }

    fn paper(&self, id: Id) -> Vec<(String, Reason)> {
        let list = self.inside.store.read::<_, StoreError, _>(|tx| paper::list(tx, id, "", 100)).unwrap();
        list.into_iter().map(|one| (one.resident, one.reason)).collect()
    }
}

fn statutory(title: &str) -> Draft {
    Draft {
        title: title.to_owned(),
        importance: Importance::Statutory,
        class: "health".to_owned(),
        delivery: None,
        body: Body::plain("検診の結果をお知らせします。"),
        action: None,
        due_on: None,
        paper_after: None,
        reason: None,
        audience: Audience::Listed,
    }
}

fn on(residents: &[(&str, Reason)]) -> Vec<(String, Reason)> {
    residents.iter().map(|(resident, reason)| ((*resident).to_owned(), *reason)).collect()
}

#[test]
fn a_statutory_letter_goes_where_the_law_and_each_person_say() {
    for_each_engine(|database| {
        let city = City::new(database);
        let (reader, sleeper, undecided) =
            (city.resident("R-000001"), city.resident("R-000002"), city.resident("R-000003"));
        city.decides(reader, "health", true);
        city.decides(sleeper, "health", true);
        let id = city.hand_in(
            &statutory("検診結果通知"),
            "resident,結果,amount\nR-000001,異常なし,\nR-000002,要再検査,\nR-000003,異常なし,\nR-000004,異常なし,\nR-000005,x,zz\n",
        );
        let one = city.one(id);
        assert_eq!((one.total, one.refused, one.state), (4, 1, State::Complete));
        // Before two persons said so, nothing goes.
        city.work();
        city.carry();
        assert!(city.letters(reader).is_empty());
        city.release(id);
        city.work();
        assert_eq!(city.one(id).done, 1, "one in a hundred first, at least one");
        assert!(city.one(id).hold_until.is_some());
        city.send_all(id);
        let one = city.one(id);
        assert_eq!((one.placed, one.on_paper, one.unreached), (2, 2, 0));
        let pieces = || {
            let sql = "SELECT 1 FROM dispatch_pieces";
            city.inside.store.read::<_, StoreError, _>(|tx| Ok(tx.query(sql, &[])?.len())).unwrap()
        };
        assert_eq!(pieces(), 1, "a printing may need the parts of those who get paper");
        assert_eq!(city.paper(id), on(&[("R-000003", Reason::NoConsent), ("R-000004", Reason::NoAccount)]));
        assert!(city.letters(undecided).is_empty());
        let letter = city.letters(reader)[0].letter;
        let item = city.open(reader, letter).unwrap();
        let own = Personal::open(&city.outside.vault, reader, &item.personal.unwrap()).unwrap();
        assert_eq!(own.facts, [("結果".to_owned(), "異常なし".to_owned())]);
        assert!(
            Personal::open(&city.outside.vault, sleeper, &own.sealed(&city.outside.vault, reader).unwrap()).is_err()
        );
        // Whoever never opens it gets it on paper after its day, once.
        city.database.clock.advance_seconds((PAPER_DAYS + 1) * 86_400);
        for _ in 0..2 {
            let (seams, today) = (city.database.seams.clone(), city.database.seams.today());
            let tell = move |tx: &mut Tx<'_>| arrivals::tell_unopened(tx, &seams, today);
            city.outside.store.write::<_, RelayError, _>(tell).unwrap();
            city.carry();
        }
        assert!(city.paper(id).contains(&("R-000002".to_owned(), Reason::Unopened)));
        assert_eq!(city.one(id).on_paper, 3);
        assert!(evidence::verify(&city.outside.store, None).unwrap().is_sound());
        let seen = city.outside.store.read::<_, StoreError, _>(|tx| evidence::of_item(tx, letter, reader)).unwrap();
        let events: Vec<Happened> = seen.iter().map(|(entry, _)| entry.event).collect();
        assert_eq!(events, [Happened::SubmissionAcceptance, Happened::ContentConsignment, Happened::ContentHandover]);
        city.database.clock.advance_seconds(61 * 86_400);
        city.work();
        assert_eq!(pieces(), 0, "the recipients' parts are erased when the time for paper is over");
    });
}

#[test]
fn a_consent_counts_for_letters_after_it_until_it_is_withdrawn() {
    for_each_engine(|database| {
        let city = City::new(database);
        let person = city.resident("R-000001");
        let csv = "resident\nR-000001\n";
        let send = |title: &str| {
            let id = city.hand_in(&statutory(title), csv);
            city.release(id);
            city.send_all(id);
            (city.one(id).placed, city.one(id).on_paper)
        };
        assert_eq!(send("前"), (0, 1));
        city.decides(person, "health", true);
        assert_eq!(send("中"), (1, 0));
        city.decides(person, "health", false);
        assert_eq!(send("後"), (0, 1));
        let given = city.outside.store.read::<_, StoreError, _>(|tx| consents::of(tx, person)).unwrap();
        assert!(given.len() == 1 && given[0].withdrawn_at.is_some());
        assert_eq!(city.letters(person).len(), 1, "what came stays");
    });
}

#[test]
fn a_demand_is_on_paper_whatever_anybody_says_and_tax_unless_its_sender_does() {
    let mut draft = statutory("督促状");
    draft.class = "demand".to_owned();
    draft.delivery = Some(DeliveryLaw::Free);
    assert_eq!(draft.law(), DeliveryLaw::PaperRequired);
    draft.class = "tax".to_owned();
    draft.delivery = None;
    assert_eq!(draft.law(), DeliveryLaw::PaperRequired);
    draft.delivery = Some(DeliveryLaw::ElectronicWithConsent);
    assert_eq!(draft.law(), DeliveryLaw::ElectronicWithConsent);
    draft.audience = Audience::Everybody;
    assert!(matches!(draft.check(), Err(DispatchError::Letter(_))));
    draft.audience = Audience::Listed;
    draft.body.japanese.push(Block::Link { label: "x".to_owned(), to: "javascript:alert(1)".to_owned() });
    assert!(matches!(draft.check(), Err(DispatchError::Letter(_))));
}

#[test]
fn a_free_notice_to_everybody_can_be_stopped_by_each_and_taken_back_by_its_sender() {
    for_each_engine(|database| {
        let city = City::new(database);
        let people: Vec<AccountId> = ["R-000001", "R-000002", "R-000003"].map(|one| city.resident(one)).to_vec();
        city.decides(people[2], "stop:news", true);
        let draft = Draft {
            importance: Importance::News,
            class: "news".to_owned(),
            audience: Audience::Everybody,
            ..statutory("夏祭り")
        };
        let id = city.hand_in(&draft, "resident\n");
        city.release(id);
        city.work();
        let stop = |stop: bool| {
            let (seams, by) = (city.database.seams.clone(), Actor::System { job: "test" });
            city.inside.store.write::<_, DispatchError, _>(move |tx| halt(tx, &seams, &by, id, stop))
        };
        stop(true).unwrap();
        city.database.clock.advance_seconds(86_400);
        city.work();
        assert_eq!(city.one(id).done, 1, "what is stopped stands still");
        assert!(stop(true).is_err());
        stop(false).unwrap();
        city.send_all(id);
        assert_eq!((city.one(id).placed, city.one(id).unreached), (2, 1));
        assert!(city.letters(people[2]).is_empty());
        let letter = city.letters(people[0])[0].letter;
        city.open(people[0], letter).unwrap();
        let (seams, by) = (city.database.seams.clone(), Actor::System { job: "test" });
        city.inside.store.write::<_, DispatchError, _>(move |tx| recall(tx, &seams, &by, id, "日付の誤り")).unwrap();
        city.carry();
        assert!(city.letters(people[0])[0].is_recalled, "who has read it is told");
        assert!(city.letters(people[1]).is_empty(), "who has not read it never will");
        assert!(evidence::verify(&city.outside.store, None).unwrap().is_sound());
    });
}

#[test]
fn handing_in_is_resumable_and_never_twice() {
    for_each_engine(|database| {
        let city = City::new(database);
        let draft = statutory("一度だけ");
        let by = Actor::System { job: "test" };
        let (seams, given) = (city.database.seams.clone(), draft.clone());
        let open = |draft: Draft, name: &'static str| {
            let seams = city.database.seams.clone();
            city.inside
                .store
                .write::<_, DispatchError, _>(move |tx| intake::open(tx, &seams, "health-office", name, &draft))
        };
        assert!(matches!(open(draft.clone(), "a"), Err(DispatchError::Sender)));
        let token = city
            .inside
            .store
            .write::<_, DispatchError, _>(move |tx| {
                senders::approve(tx, &seams, &by, "health-office", "健康推進課", true)
            })
            .unwrap();
        let known = city.inside.store.read::<_, StoreError, _>(|tx| senders::by_token(tx, &token)).unwrap();
        assert_eq!(known.unwrap().key, "health-office");
        let first = open(given, "a").unwrap();
        assert_eq!(open(draft, "a").unwrap().id, first.id);
        assert!(matches!(open(statutory("別の文書"), "a"), Err(DispatchError::OtherLetter)));
        let lines = |numbers: std::ops::Range<u32>| -> Vec<_> {
            numbers
                .map(|n| Ok(intake::Recipient { resident: format!("R-{n:06}"), personal: Personal::default() }))
                .collect()
        };
        assert_eq!(intake::append(&city.inside, first.id, 1, &lines(1..11)).unwrap(), 11);
        // The answer was lost and the sender repeats from an earlier line.
        assert_eq!(intake::append(&city.inside, first.id, 6, &lines(6..16)).unwrap(), 16);
        assert!(matches!(intake::append(&city.inside, first.id, 20, &lines(20..21)), Err(DispatchError::Position(16))));
        assert_eq!(city.one(first.id).total, 15);
    });
}

#[test]
fn a_folder_is_read_once_and_says_what_it_refused() {
    let city = City::new(TestDatabase::on_sqlite());
    let (seams, by) = (city.database.seams.clone(), Actor::System { job: "test" });
    city.inside
        .store
        .write::<_, DispatchError, _>(move |tx| senders::approve(tx, &seams, &by, "health-office", "健康推進課", true))
        .unwrap();
    let folder = city.database.directory().join("drop");
    let place = folder.join("health-office");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("kenshin.csv"), "resident,結果\nR-000001,異常なし\nnobody!!,x\n").unwrap();
    std::fs::write(place.join("kenshin.json"), serde_json::json!(statutory("検診")).to_string()).unwrap();
    std::fs::write(place.join("html.json"), "<html>").unwrap();
    let beside = place.join("kenshin.attachments");
    std::fs::create_dir_all(beside.join("R-000001")).unwrap();
    std::fs::write(beside.join("案内.pdf"), b"%PDF-1.7").unwrap();
    std::fs::write(beside.join("R-000001").join("結果.json"), b"{\"result\":1}").unwrap();
    std::fs::create_dir_all(place.join("hostile.attachments")).unwrap();
    std::fs::write(place.join("hostile.attachments").join("x.pdf"), b"%PDF-1.7 /S /JavaScript").unwrap();
    std::fs::write(place.join("hostile.csv"), "resident\nR-000001\n").unwrap();
    std::fs::write(place.join("hostile.json"), serde_json::json!(statutory("悪い添付")).to_string()).unwrap();
    assert_eq!(drop_folder::take(&city.inside, &folder).unwrap(), 1);
    assert_eq!(drop_folder::take(&city.inside, &folder).unwrap(), 0);
    assert!(place.join("html.refused.json").exists());
    let refused = std::fs::read_to_string(place.join("hostile.refused.json")).unwrap();
    assert!(refused.contains("x.pdf") && refused.contains("scripts"), "{refused}");
    assert!(std::fs::read_to_string(place.join("kenshin.faults.csv")).unwrap().contains("2,\"the resident's key"));
    let all = city.inside.store.read::<_, StoreError, _>(list).unwrap();
    let taken = all.iter().find(|one| one.state == State::Complete).unwrap();
    assert_eq!((all.len(), taken.total), (2, 1), "what was refused stays open and is not sent");
    let id = taken.id;
    let (named, own) = city.inside.store.read::<_, StoreError, _>(|tx| attachments::list(tx, id)).unwrap();
    assert_eq!((named.len(), named[0].name.as_str(), own), (1, "案内.pdf", 1));
    // What a folder brings is on record under its sender's name.
    let sql = "SELECT COUNT(*) FROM audit_entry WHERE event = 'letters.handed_in' AND actor_class = 'sender'";
    let row = city.inside.store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[])).unwrap().unwrap();
    assert_eq!(row.int(0).unwrap(), 1);
}
