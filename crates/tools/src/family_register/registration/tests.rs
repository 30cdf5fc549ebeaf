//! Stories of people who live elsewhere and have their family register here. On both engines.

use base::{Date, Personal};
use pki::anchors::AnchorKind;
use pki::revocation::SourceKind;
use pki::signing_identity::SigningIdentity;
use store::testing::{TestDatabase, for_each_engine};

use super::*;
use crate::access::{self, Duty, Purpose};
use crate::credentials::renewal::Compared;
use crate::family_register::tests::{kono, load};
use crate::family_register::{FamilyRegisterSnapshot, Shows, read_registered};

const HERE: &str = "見本県見本市中央１丁目１００";

fn card(serial: u8) -> CertificateId {
    CertificateId { issuer_key_id: vec![7; 20], serial: vec![serial] }
}

/// 楓, the younger daughter of the 甲野, who lives elsewhere.
fn kaede(database: &TestDatabase) -> SignedByResident {
    let name = "甲野　楓".to_owned();
    let address = "例示県例示市大手町1番地".to_owned();
    SignedByResident {
        identity: SigningIdentity {
            name_substitutions: vec![false; name.chars().count()],
            name: Personal::new(name),
            sex: Personal::new('2'),
            birth_date: Personal::new(Date::new(2001, 9, 10).unwrap()),
            address_substitutions: vec![false; address.chars().count()],
            address: Personal::new(address),
        },
        certificate_id: CertificateId { issuer_key_id: vec![8; 20], serial: vec![1] },
        not_after: database.seams.now().plus_seconds(86_400),
        anchor: AnchorKind::Test,
        status_source: SourceKind::Ocsp,
        status_as_of: database.seams.now(),
        revoked_since: None,
    }
}

struct City {
    database: TestDatabase,
    officer: Actor,
}

impl City {
    fn new(database: TestDatabase) -> Self {
        load(&database, 10, &[kono()]);
        let officer = Actor::Staff { account: database.seams.random_id() };
        Self { database, officer }
    }

    fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<T, RegistrationError> + Send + 'static,
    ) -> T {
        self.database.inside().write(move |tx| work(tx)).unwrap()
    }

    fn apply(&self, serial: u8) -> Result<Id, RegistrationRefusal> {
        let (vault, seams, signed) = (self.database.vault(), self.database.seams.clone(), kaede(&self.database));
        let statement = Statement::new("見本市", HERE, "甲野義太郎", &card(serial)).unwrap();
        let until = seams.now().plus_seconds(86_400 * 30);
        self.write(move |tx| {
            let actor = Actor::Kiosk { terminal: "kiosk-1".to_owned() };
            let certificate = card(serial);
            let named = Named { certificate: &certificate, not_after: until, is_proved: true };
            apply_for(tx, &vault, &seams, &actor, &statement, &signed, named)
        })
    }

    fn take_up(&self, id: Id) -> Result<(), RegistrationRefusal> {
        let (seams, officer) = (self.database.seams.clone(), self.officer.clone());
        self.write(move |tx| take_up(tx, &seams, &officer, id))
    }

    fn decide_as(&self, officer: Actor, id: Id, decision: Decision) -> Result<(), RegistrationRefusal> {
        let seams = self.database.seams.clone();
        self.write(move |tx| decide(tx, &seams, &officer, id, &decision))
    }

    fn decide(&self, id: Id, decision: Decision) -> Result<(), RegistrationRefusal> {
        self.decide_as(self.officer.clone(), id, decision)
    }

    fn registered(&self, serial: u8) -> Id {
        let id = self.apply(serial).unwrap();
        self.take_up(id).unwrap();
        self.decide(id, member(5)).unwrap();
        id
    }

    fn find(&self, serial: u8) -> Result<RegisteredPerson, RegistrationRefusal> {
        let (vault, now) = (self.database.vault(), self.database.seams.now());
        self.write(move |tx| find_by(tx, &vault, now, &card(serial)))
    }

    fn read(&self, person: &RegisteredPerson) -> Result<FamilyRegisterSnapshot, FamilyRegisterError> {
        let (seams, person) = (self.database.seams.clone(), person.clone());
        self.database.inside().write(move |tx| {
            let actor = Actor::Resident { resident: person.person().clone(), terminal: None };
            let mut access = access::person(tx, &seams, &actor, &Purpose::new(Duty::CertificateSelf), person.person())?;
            read_registered(tx, &mut access, &person, Shows::Whole)
        })
    }

    fn row(&self, id: Id) -> (String, Option<String>, bool) {
        let sql = "SELECT state, reason, application FROM domicile_registrations WHERE registration_id = $1";
        let row = self.database.inside().read(|tx| tx.query_one(sql, &[id.into()])).unwrap().unwrap();
        let text = |column| row.opt_text(column).unwrap().map(str::to_owned);
        (text(0).unwrap(), text(1), row.opt_blob(2).unwrap().is_some())
    }
}

fn member(order: u32) -> Decision {
    Decision::Register { register_id: "K1".to_owned(), member: order }
}

#[test]
fn somebody_who_lives_elsewhere_applies_is_checked_and_reads_their_register() {
    for_each_engine(|database| {
        let city = City::new(database);
        assert_eq!(city.find(1), Err(RegistrationRefusal::Unknown));
        let id = city.apply(1).unwrap();
        assert_eq!(city.find(1), Err(RegistrationRefusal::Waiting));
        city.take_up(id).unwrap();
        let (vault, seams, officer) = (city.database.vault(), city.database.seams.clone(), city.officer.clone());
        let found = city.write(move |tx| {
            let pile = waiting(tx)?;
            let access = access::person(tx, &seams, &officer, &Purpose::new(Duty::Credential), &pile[0].person)?;
            let opened = open(tx, &vault, &access, pile[0].id)?.unwrap();
            assert_eq!((opened.name.as_str(), opened.domicile.as_str()), ("甲野　楓", HERE));
            candidates(tx, &access, &opened)
        });
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].register_id.as_str(), found[0].member), ("K1", 5));
        assert_eq!(
            (found[0].name, found[0].birth_date, found[0].address),
            (Compared::Same, Compared::Same, Some(Compared::Same))
        );
        assert!(!found[0].is_resident);
        city.decide(id, member(5)).unwrap();
        let person = city.find(1).unwrap();
        let snapshot = city.read(&person).unwrap();
        assert_eq!((snapshot.register.id.as_str(), snapshot.subject), ("K1", 5));
        // What was typed is kept no longer than it was needed.
        assert_eq!(city.row(id), ("registered".to_owned(), None, false));
        assert_eq!(city.apply(1), Err(RegistrationRefusal::AlreadyThere(State::Registered)));
    });
}

#[test]
fn a_renewed_card_is_unknown_and_applies_again() {
    for_each_engine(|database| {
        let city = City::new(database);
        city.registered(1);
        assert_eq!(city.find(2), Err(RegistrationRefusal::Unknown));
        city.registered(2);
        city.database.vault().rotate_lookup_key().unwrap();
        assert!(city.find(1).is_ok() && city.find(2).is_ok());
    });
}

#[test]
fn it_ends_with_the_certificate() {
    for_each_engine(|database| {
        let city = City::new(database);
        let (registered, waits) = (city.registered(1), city.apply(2).unwrap());
        city.database.clock.advance_seconds(86_400 * 30);
        assert_eq!(city.find(1), Err(RegistrationRefusal::Expired));
        assert_eq!(city.take_up(waits), Err(RegistrationRefusal::WrongState));
        let seams = city.database.seams.clone();
        assert_eq!(city.write(move |tx| expire(tx, &seams)), 2);
        for id in [registered, waits] {
            assert_eq!(city.row(id), ("ended".to_owned(), Some("certificate_expired".to_owned()), false));
        }
        assert_eq!(city.find(1), Err(RegistrationRefusal::Unknown));
    });
}

#[test]
fn it_is_void_when_the_domicile_changes_or_the_member_leaves() {
    for_each_engine(|database| {
        let city = City::new(database);
        let first = city.registered(1);
        let person = city.find(1).unwrap();
        assert_eq!(load(&city.database, 11, &[kono()]).registrations_ended, 0);
        let mut moved = kono();
        moved.domicile = "見本県見本市港町1番地".to_owned();
        assert_eq!(load(&city.database, 12, &[moved]).registrations_ended, 1);
        assert_eq!(city.row(first).1.as_deref(), Some("domicile_changed"));
        // Somebody who had been found a moment before reads nothing either.
        assert!(matches!(city.read(&person), Err(FamilyRegisterError::NotFound)));
        load(&city.database, 13, &[kono()]);
        let second = city.registered(2);
        let mut married = kono();
        married.members[4].state = crate::family_register::MemberState::Removed {
            on: Date::new(2026, 11, 20).unwrap(),
            by: crate::family_register::Removal::Marriage,
        };
        assert_eq!(load(&city.database, 14, &[married]).registrations_ended, 1);
        assert_eq!(city.row(second).0, "ended");
    });
}

#[test]
fn only_the_officer_who_took_it_up_decides_and_only_once() {
    for_each_engine(|database| {
        let city = City::new(database);
        let id = city.apply(1).unwrap();
        assert_eq!(city.decide(id, member(5)), Err(RegistrationRefusal::WrongState));
        city.take_up(id).unwrap();
        assert_eq!(city.take_up(id), Err(RegistrationRefusal::WrongState));
        let other = Actor::Staff { account: city.database.seams.random_id() };
        assert_eq!(city.decide_as(other, id, member(5)), Err(RegistrationRefusal::AnotherOfficer));
        let kiosk = Actor::Kiosk { terminal: "kiosk-1".to_owned() };
        assert_eq!(city.decide_as(kiosk, id, member(5)), Err(RegistrationRefusal::NotStaff));
        assert_eq!(city.decide(id, member(3)), Err(RegistrationRefusal::NoSuchMember));
        city.decide(id, Decision::Decline(DeclineReason::Differs)).unwrap();
        assert_eq!(city.decide(id, member(5)), Err(RegistrationRefusal::WrongState));
        assert_eq!(city.row(id), ("declined".to_owned(), Some("differs".to_owned()), false));
        assert_eq!(city.find(1), Err(RegistrationRefusal::Unknown));
        // Declined is not for ever: they may type it again.
        assert!(city.apply(1).is_ok());
    });
}

#[test]
fn a_statement_signed_for_one_card_links_no_other() {
    for_each_engine(|database| {
        let city = City::new(database);
        let (vault, seams, signed) = (city.database.vault(), city.database.seams.clone(), kaede(&city.database));
        let statement = Statement::new("見本市", HERE, "甲野義太郎", &card(1)).unwrap();
        let until = seams.now().plus_seconds(60);
        let refused = city.write(move |tx| {
            let actor = Actor::Kiosk { terminal: "kiosk-1".to_owned() };
            let certificate = card(2);
            let named = Named { certificate: &certificate, not_after: until, is_proved: true };
            apply_for(tx, &vault, &seams, &actor, &statement, &signed, named)
        });
        assert_eq!(refused, Err(RegistrationRefusal::AnotherCard));
    });
    let typed = |domicile: &str| Statement::new("見本市", domicile, "甲野義太郎", &card(1)).err();
    assert_eq!(typed(" "), Some(StatementError::Empty));
    assert_eq!(typed(&"本".repeat(201)), Some(StatementError::TooLong));
    assert_eq!(typed("見本市1234-5678-9018"), Some(StatementError::IndividualNumber));
}

#[test]
fn an_access_for_somebody_else_opens_no_application() {
    for_each_engine(|database| {
        let city = City::new(database);
        let id = city.apply(1).unwrap();
        let (vault, seams, officer) = (city.database.vault(), city.database.seams.clone(), city.officer.clone());
        let refused = city.database.inside().write(move |tx| -> Result<(), RegistrationError> {
            let other = ResidentId::parse("R-1").unwrap();
            let access = access::person(tx, &seams, &officer, &Purpose::new(Duty::Credential), &other)?;
            open(tx, &vault, &access, id).map(drop)
        });
        assert!(matches!(refused, Err(RegistrationError::Access(AccessError::NotCovered))));
    });
}

/// An application that came as files: signed by the holder of the signing certificate `signer`, naming the card `serial`.
fn claim(city: &City, signer: u8, serial: u8) -> Result<Id, RegistrationRefusal> {
    claim_as(city, signer, serial, false)
}

fn claim_as(city: &City, signer: u8, serial: u8, is_proved: bool) -> Result<Id, RegistrationRefusal> {
    let (vault, seams, mut signed) = (city.database.vault(), city.database.seams.clone(), kaede(&city.database));
    signed.certificate_id.serial = vec![signer];
    let statement = Statement::new("見本市", HERE, "甲野義太郎", &card(serial)).unwrap();
    let until = seams.now().plus_seconds(86_400 * 30);
    city.write(move |tx| {
        let certificate = card(serial);
        let named = Named { certificate: &certificate, not_after: until, is_proved };
        let actor = Actor::System { job: "domicile-registrations" };
        apply_for(tx, &vault, &seams, &actor, &statement, &signed, named)
    })
}

#[test]
fn somebody_elses_card_named_in_a_file_keeps_nobody_out() {
    for_each_engine(|database| {
        let city = City::new(database);
        // The signer of kaede() is 1; a stranger signs with 2 and names her card.
        let junk = claim(&city, 2, 1).unwrap();
        assert_eq!(city.find(1), Err(RegistrationRefusal::NotProved), "she is told, and may prove her card");
        // Her own file is taken all the same, and of each signer one claim waits at a time.
        let hers = claim(&city, 1, 1).unwrap();
        assert_eq!(claim(&city, 1, 1), Err(RegistrationRefusal::AlreadyThere(State::Applied)));
        assert_eq!(claim(&city, 2, 7), Err(RegistrationRefusal::AlreadyThere(State::Applied)));
        city.take_up(hers).unwrap();
        city.decide(hers, member(5)).unwrap();
        assert_eq!(city.find(1).unwrap().member(), 5, "what waits is not in the way of what is registered");
        // An officer registers the stranger for the stranger's own entry: then nobody knows whose the card is.
        city.take_up(junk).unwrap();
        city.decide(junk, member(1)).unwrap();
        assert_eq!(city.find(1), Err(RegistrationRefusal::NotProved), "no paper of somebody else's");
        // She proves it at a machine: hers stands, the stranger's is over.
        assert_eq!(claim_as(&city, 1, 1, true), Err(RegistrationRefusal::AlreadyThere(State::Registered)));
        assert_eq!(city.find(1).unwrap().member(), 5);
        assert_eq!(city.row(junk), ("ended".to_owned(), Some("applied_anew".to_owned()), false));
        // From here on a file that names the card comes too late.
        assert_eq!(claim(&city, 2, 1), Err(RegistrationRefusal::AlreadyThere(State::Registered)));
    });
}

#[test]
fn a_card_that_proves_itself_comes_before_what_was_only_claimed_of_it() {
    for_each_engine(|database| {
        let city = City::new(database);
        let junk = claim(&city, 2, 1).unwrap();
        let hers = claim_as(&city, 1, 1, true).unwrap();
        assert_eq!(city.row(junk).0, "ended");
        assert_eq!(city.find(1), Err(RegistrationRefusal::Waiting));
        city.database.vault().rotate_lookup_key().unwrap();
        assert_eq!(
            claim(&city, 1, 9),
            Err(RegistrationRefusal::AlreadyThere(State::Applied)),
            "known after a rotation"
        );
        city.take_up(hers).unwrap();
        city.decide(hers, member(5)).unwrap();
        assert!(city.find(1).is_ok());
    });
}

#[test]
fn nobody_sends_more_than_three_a_day_with_one_certificate_or_fifty_from_one_address() {
    for_each_engine(|database| {
        let seams = database.seams.clone();
        let take = |signer: u8, address: u8| {
            let (seams, certificate) = (seams.clone(), card(signer));
            database.outside().write(move |tx| counts::take(tx, &seams, &certificate, Some(&[address]))).unwrap()
        };
        for address in 0..3 {
            assert!(take(1, address));
        }
        assert!(!take(1, 3), "also from another address");
        for signer in 10..59 {
            assert!(take(signer, 0));
        }
        assert!(!take(99, 0), "fifty with the first one");
        assert!(take(99, 1));
        let rows = |sql: &'static str| database.outside().read(|tx| tx.query(sql, &[])).unwrap().len();
        assert_eq!(rows("SELECT 1 FROM registration_days"), 1);
        database.clock.advance_seconds(86_400);
        assert!(take(1, 0), "the next day");
        assert_eq!((rows("SELECT 1 FROM registration_days"), rows("SELECT 1 FROM registration_counts")), (1, 2));
    });
}

#[test]
fn what_is_over_is_forgotten_outside_after_ninety_days_and_inside_once_it_was_told() {
    for_each_engine(|database| {
        let long_ago = database.seams.now().plus_seconds(-86_400 * (remote::STANDING_DAYS + 1)).micros();
        let now = database.seams.now();
        for (receipt, state, at) in [
            ("a", "declined", long_ago),
            ("b", "declined", now.micros()),
            ("c", "registered", long_ago),
            ("d", "sent", long_ago),
            ("e", "in_review", long_ago),
            ("f", "refused", long_ago),
        ] {
            let sql = "INSERT INTO registration_standing (receipt_hash, state, at) VALUES ($1, $2, $3)";
            database.outside().write(move |tx| tx.execute(sql, &[receipt.into(), state.into(), at.into()])).unwrap();
            let sql = "INSERT INTO registration_receipts (receipt_hash, told) VALUES ($1, $2)";
            database.inside().write(move |tx| tx.execute(sql, &[receipt.into(), state.into()])).unwrap();
        }
        assert_eq!(database.outside().write(move |tx| remote::sweep_standings(tx, now)).unwrap(), 3);
        assert_eq!(database.inside().write(remote::sweep_receipts).unwrap(), 3);
        let left = |store: &Store, sql: &'static str| -> Vec<String> {
            let rows = store.read::<_, StoreError, _>(|tx| tx.query(sql, &[])).unwrap();
            rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
        };
        let outside = left(&database.outside(), "SELECT receipt_hash FROM registration_standing ORDER BY receipt_hash");
        assert_eq!(outside, ["b", "c", "e"]);
        let inside = left(&database.inside(), "SELECT receipt_hash FROM registration_receipts ORDER BY receipt_hash");
        assert_eq!(inside, ["c", "d", "e"]);
    });
}

/// Who fits an application whose 筆頭者 was typed like this.
fn fitting(city: &City, head: &'static str) -> usize {
    let (vault, seams, signed) = (city.database.vault(), city.database.seams.clone(), kaede(&city.database));
    let (serial, officer) = (u8::try_from(head.chars().count()).unwrap(), city.officer.clone());
    city.write(move |tx| {
        let certificate = card(serial);
        let statement = Statement::new("見本市", HERE, head, &certificate).unwrap();
        let named = Named { certificate: &certificate, not_after: seams.now().plus_seconds(60), is_proved: true };
        let actor = Actor::Kiosk { terminal: "kiosk-1".to_owned() };
        let id = apply_for(tx, &vault, &seams, &actor, &statement, &signed, named)?.unwrap();
        let mine = waiting(tx)?.into_iter().find(|one| one.id == id).unwrap();
        let access = access::person(tx, &seams, &officer, &Purpose::new(Duty::Credential), &mine.person)?;
        let opened = open(tx, &vault, &access, id)?.unwrap();
        candidates(tx, &access, &opened).map(|found| found.len())
    })
}

#[test]
fn a_head_in_kana_is_compared_by_its_reading_where_the_register_has_one() {
    for_each_engine(|database| {
        let city = City::new(database);
        assert_eq!(fitting(&city, "甲野義太郎"), 1);
        assert_eq!(fitting(&city, "こうのよしたろう"), 1, "no reading is known: the member is compared");
        let reading = |kana: &str| Some(crate::family_register::Reading { kana: kana.to_owned(), is_registered: true });
        let mut read = kono();
        (read.surname_reading, read.members[0].reading) = (reading("コウノ"), reading("ヨシタロウ"));
        load(&city.database, 11, &[read]);
        assert_eq!(fitting(&city, "こうの　よしたろう"), 1);
        assert_eq!(fitting(&city, "こうのぎたろう"), 0);
        assert_eq!(fitting(&city, "甲野太郎"), 0);
    });
}

#[test]
fn a_town_is_told_only_when_many_registers_lie_there() {
    for_each_engine(|database| {
        let at = |number: usize, domicile: &str| {
            let mut register = kono();
            register.id = format!("T{number}");
            register.domicile = domicile.to_owned();
            for member in &mut register.members {
                member.resident_id = None;
            }
            register
        };
        let mut registers: Vec<_> =
            (1..=5).map(|number| at(number, &format!("見本県見本市港町{number}番地"))).collect();
        registers.extend((6..=9).map(|number| at(number, &format!("見本県見本市山の手{number}番地"))));
        load(&database, 10, &registers);
        let towns = database.inside().read(crate::family_register::towns::towns).unwrap();
        assert_eq!(towns, ["見本県見本市港町"], "four are too few, and no number is told");
    });
}
