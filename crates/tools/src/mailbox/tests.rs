//! A letter lies once in a box, is opened once, and is taken back as far as nobody has read it.

use base::Timestamp;
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};

use super::*;
use crate::mailbox::{items, letter};
use crate::portal::{AccountId, account};

fn a_letter(database: &TestDatabase, title: &str) -> Letter {
    Letter {
        id: LetterId::fresh(&database.seams),
        sender: Sender { key: "tax-office".to_owned(), is_city: true, name: "市民税課".to_owned() },
        importance: Importance::Deadline,
        class: "tax".to_owned(),
        delivery: DeliveryLaw::ElectronicWithConsent,
        title: title.to_owned(),
        body: Body::plain("期限までにお手続きください。"),
        attachments: Vec::new(),
        action: Some(Act::Pay { amount: 12_000, at: "/portal/dues".to_owned() }),
        due_on: base::Date::parse("2026-12-25").ok(),
        paper_after: None,
        campaign: None,
        reason: None,
        sent_at: database.seams.now(),
        recalled_at: None,
    }
}

fn an_account(database: &TestDatabase) -> AccountId {
    let account = AccountId::fresh(&database.seams);
    let now = database.seams.now();
    database.outside().write::<_, StoreError, _>(move |tx| account::make(tx, now, account)).unwrap();
    account
}

fn send(database: &TestDatabase, letter: &Letter, account: AccountId, now: Timestamp) -> bool {
    let letter = letter.clone();
    database
        .outside()
        .write::<_, StoreError, _>(move |tx| {
            letter::keep(tx, &letter)?;
            items::place(tx, now, letter.id, account, None)
        })
        .unwrap()
}

#[test]
fn the_newest_come_first_and_a_letter_placed_twice_is_there_once() {
    for_each_engine(|database| {
        let (account, other, now) = (an_account(&database), an_account(&database), database.seams.now());
        let mut sent = Vec::new();
        for number in 0..25 {
            database.clock.advance_seconds(1);
            let letter = a_letter(&database, &format!("{number}"));
            assert!(send(&database, &letter, account, now));
            assert!(!send(&database, &letter, account, now));
            sent.push(letter);
        }
        let list = |before| database.outside().read(move |tx| items::newest(tx, account, View::Box, before)).unwrap();
        let first = list(None);
        let titles: Vec<&str> = first.iter().map(|line| line.title.as_str()).collect();
        assert_eq!((titles.len(), titles[0], titles[19]), (20, "24", "5"));
        let rest = list(Some(first[19].letter));
        assert_eq!(rest.iter().map(|line| line.title.as_str()).collect::<Vec<_>>(), ["4", "3", "2", "1", "0"]);
        let others = database.outside().read(move |tx| items::newest(tx, other, View::Box, None)).unwrap();
        assert!(others.is_empty());
        let found = database.outside().read(move |tx| items::find(tx, account, sent[3].id)).unwrap().unwrap();
        assert_eq!(found.letter.action, Some(Act::Pay { amount: 12_000, at: "/portal/dues".to_owned() }));
        assert_eq!(found.letter.body, Body::plain("期限までにお手続きください。"));
    });
}

#[test]
fn what_channels_did_is_evidence_of_each_person_and_of_no_other() {
    use crate::channels::{Channel, Happened, Witness as _};
    for_each_engine(|database| {
        let (told, failed, now) = (an_account(&database), an_account(&database), database.seams.now());
        let letter = a_letter(&database, "x");
        for account in [told, failed] {
            send(&database, &letter, account, now);
        }
        let (seams, campaign) = (database.seams.clone(), letter.id.id());
        let stranger = seams.random_id();
        database
            .outside()
            .write::<_, StoreError, _>(move |tx| {
                let witness = tellings::Tellings;
                witness.happened(tx, &seams, campaign, Happened::Told(Channel::Push), &[told])?;
                witness.happened(tx, &seams, campaign, Happened::Arrived(Channel::Email), &[told])?;
                witness.happened(tx, &seams, campaign, Happened::Failed(Channel::Email), &[failed])?;
                witness.happened(tx, &seams, stranger, Happened::Told(Channel::Push), &[told])
            })
            .unwrap();
        let of = |account| {
            let rows = database.outside().read(|tx| evidence::of_item(tx, letter.id, account)).unwrap();
            rows.into_iter()
                .map(|(entry, proof)| {
                    let (root, proof) = (entry.leaves_root.unwrap(), proof.unwrap());
                    assert!(evidence::proves(letter.id, account, &proof, &root));
                    (entry.event, entry.reason.unwrap())
                })
                .collect::<Vec<_>>()
        };
        use evidence::Event;
        let by = |way: &str| format!("by {way}");
        assert_eq!(
            of(told),
            [(Event::ConsignmentNotification, by("push")), (Event::NotificationDelivered, by("email"))]
        );
        assert_eq!(of(failed), [(Event::ConsignmentNotificationFailure, by("email"))]);
        let report = evidence::verify(&database.outside(), None).unwrap();
        assert_eq!((report.entries, report.is_sound()), (3, true), "a campaign that is no letter is not ours");
    });
}

#[test]
fn a_letter_that_is_taken_back_leaves_unread_boxes_and_says_so_in_read_ones() {
    for_each_engine(|database| {
        let (reader, other, now) = (an_account(&database), an_account(&database), database.seams.now());
        let letter = a_letter(&database, "誤った通知");
        let id = letter.id;
        assert!(send(&database, &letter, reader, now) && send(&database, &letter, other, now));
        let open =
            || database.outside().write::<_, StoreError, _>(move |tx| items::opened(tx, now, reader, id)).unwrap();
        assert_eq!((open(), open()), (true, false));
        let taken =
            database.outside().write::<_, StoreError, _>(move |tx| letter::recall(tx, now, id, "誤送付")).unwrap();
        assert_eq!(taken, 1);
        let boxes = database
            .outside()
            .read(move |tx| {
                Ok::<_, StoreError>((items::newest(tx, reader, View::Box, None)?, items::find(tx, other, id)?))
            })
            .unwrap();
        assert!(boxes.0[0].is_recalled && boxes.1.is_none());
    });
}

mod on_record {
    use std::sync::{Arc, LazyLock};

    use base::Seams;
    use pki::keys::SigningKey;
    use pki::test_authority::{Generation, TestAuthority};
    use pki::timestamp::{StampedToken, TimestampError, TimestampSource};
    use pki::{AuthorityRole, TrustAnchors};
    use testkit::world::timestamp::TimestampAuthority;

    use super::*;
    use crate::mailbox::arrivals;
    use crate::mailbox::evidence::{self, About, Event};

    static AUTHORITY: LazyLock<Arc<TestAuthority>> = LazyLock::new(|| {
        let now = TestDatabase::on_sqlite().seams.now();
        let generation = Generation {
            serial: 1,
            not_before: now.plus_seconds(-86_400),
            not_after: now.plus_seconds(86_400 * 3650),
            ocsp_url: None,
        };
        let key = SigningKey::generate_rsa().unwrap();
        Arc::new(TestAuthority::new(AuthorityRole::Timestamp, key, &generation).unwrap())
    });

    fn anchors() -> TrustAnchors {
        TestAuthority::anchors(&[&AUTHORITY]).unwrap()
    }

    struct Down;

    impl TimestampSource for Down {
        fn stamp(&self, _: [u8; 32]) -> Result<StampedToken, TimestampError> {
            Err(TimestampError::Resting)
        }
    }

    /// A letter to a hundred people at once, one of whom opens it.
    fn sent(database: &TestDatabase) -> (Letter, Vec<AccountId>) {
        let letter = a_letter(database, "健診のお知らせ");
        let mut accounts: Vec<AccountId> = (0..100).map(|_| AccountId::fresh(&database.seams)).collect();
        accounts.sort_unstable();
        let (seams, given, all) = (database.seams.clone(), letter.clone(), accounts.clone());
        database
            .outside()
            .write::<_, StoreError, _>(move |tx| {
                letter::keep(tx, &given)?;
                evidence::note(tx, &seams, Event::SubmissionAcceptance, &given, About::Letter, None)?;
                arrivals::place(tx, &seams, &given, &all)?;
                arrivals::open(tx, &seams, all[7], None, given.id).map(drop)
            })
            .unwrap();
        (letter, accounts)
    }

    #[test]
    fn each_of_many_can_prove_their_place_and_nobody_else_can() {
        for_each_engine(|database| {
            let (letter, accounts) = sent(&database);
            let newest = database.outside().read(|tx| items::newest(tx, accounts[99], View::Box, None)).unwrap();
            assert_eq!(newest.len(), 1);
            let of = |account| {
                database.outside().read::<_, StoreError, _>(|tx| evidence::of_item(tx, letter.id, account)).unwrap()
            };
            for account in [accounts[0], accounts[63], accounts[64], accounts[99]] {
                let all = of(account);
                assert_eq!(all.len(), 2, "submission and placing");
                let (entry, proof) = &all[1];
                assert!(entry.leaves.is_none(), "nobody is shown the others");
                let (proof, root) = (proof.as_ref().unwrap(), entry.leaves_root.as_ref().unwrap());
                assert!(evidence::proves(letter.id, account, proof, root));
                assert!(!evidence::proves(letter.id, accounts[1], proof, root));
            }
            assert_eq!(of(accounts[7]).len(), 3, "who opened it has that on record");
            let json = of(accounts[7])[2].0.to_json("見本市");
            assert_eq!(json["ERDSEventId"], "http://uri.etsi.org/19522/Event/ContentHandover");
            assert!(!json.to_string().contains("健診"), "the fact, never the content");
        });
    }

    #[test]
    fn every_alteration_is_found() {
        let alterations: [&'static str; 7] = [
            "UPDATE mailbox_evidence SET at = at + 1 WHERE position = 2",
            "UPDATE mailbox_evidence SET letter_hash = previous WHERE position = 3",
            "UPDATE mailbox_evidence SET event = 'ContentHandover' WHERE position = 1",
            "DELETE FROM mailbox_evidence WHERE position = 2",
            "DELETE FROM mailbox_evidence WHERE position = 3",
            "UPDATE mailbox_evidence SET leaves = hash WHERE position = 2",
            "UPDATE mailbox_evidence_roots SET last = 2 WHERE number = 1",
        ];
        for_each_engine(|database| {
            sent(&database);
            let now = database.seams.now();
            evidence::stamp(&database.outside(), now, Some(&Down)).unwrap();
            let check = || evidence::verify(&database.outside(), None).unwrap();
            assert_eq!((check().entries, check().roots, check().is_sound()), (3, 1, true), "{:?}", check().findings);
        });
        for alteration in alterations {
            for_each_engine(|database| {
                sent(&database);
                evidence::stamp(&database.outside(), database.seams.now(), None).unwrap();
                database.outside().write::<_, StoreError, _>(|tx| tx.execute(alteration, &[])).unwrap();
                assert!(!evidence::verify(&database.outside(), None).unwrap().is_sound(), "{alteration}");
            });
        }
    }

    #[test]
    fn roots_are_stamped_when_the_authority_answers_and_openssl_agrees() {
        let database = TestDatabase::on_sqlite();
        sent(&database);
        let now = database.seams.now();
        let waited = evidence::stamp(&database.outside(), now, Some(&Down)).unwrap();
        assert_eq!((waited.made, waited.stamped), (true, 0));
        let authority = TimestampAuthority::start(Arc::clone(&AUTHORITY), Vec::new(), database.seams.clone()).unwrap();
        let source = pki::timestamp::HttpTimestampSource {
            fetch: Arc::new(pki::revocation::HttpFetch::with_timeout(std::time::Duration::from_secs(20))),
            url: authority.url(),
            policy: None,
            anchors: anchors(),
            seams: Seams { ..database.seams.clone() },
        };
        let stamped = evidence::stamp(&database.outside(), now, Some(&source)).unwrap();
        assert_eq!((stamped.made, stamped.stamped), (false, 1));
        let report = evidence::verify(&database.outside(), Some(&anchors())).unwrap();
        assert_eq!((report.stamped, report.is_sound()), (1, true), "{:?}", report.findings);
        let row = database
            .outside()
            .read::<_, StoreError, _>(|tx| tx.query_one("SELECT root, token FROM mailbox_evidence_roots", &[]))
            .unwrap()
            .unwrap();
        let place = database.directory();
        std::fs::write(place.join("token.der"), row.blob(1).unwrap()).unwrap();
        let pem = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            data_encoding::BASE64.encode(AUTHORITY.certificate())
        );
        // Lines of 64, as PEM has them.
        let body: Vec<&str> = pem.lines().collect();
        let lines: Vec<String> =
            body[1].as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        std::fs::write(place.join("ca.pem"), format!("{}\n{}\n{}\n", body[0], lines.join("\n"), body[2])).unwrap();
        let digest = data_encoding::HEXLOWER.encode(row.blob(0).unwrap());
        let at = now.seconds().to_string();
        let said = std::process::Command::new("openssl")
            .args(["ts", "-verify", "-digest", &digest, "-in", "token.der", "-token_in", "-CAfile", "ca.pem"])
            .args(["-attime", &at])
            .current_dir(place)
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success() && words.contains("Verification: OK"), "{words}");
        // A stamp over another root is found.
        database
            .outside()
            .write::<_, StoreError, _>(|tx| {
                tx.execute("UPDATE mailbox_evidence_roots SET token = root WHERE number = 1", &[])
            })
            .unwrap();
        assert!(!evidence::verify(&database.outside(), Some(&anchors())).unwrap().is_sound());
    }
}
