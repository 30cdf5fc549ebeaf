//! Who may act for whom: begun as it should be, and over when anything ends it.

use base::Seams;
use store::testing::{TestDatabase, for_each_engine};

use super::grants::Refusal;
use super::guardians::{self, Basis, EnterError, Entering};
use super::*;
use crate::access::{Actor, ResidentId};
use crate::portal::two_zones::TwoZones;
use crate::portal::{AccountState, Assurance, Session, link};
use crate::register::import;

fn officer() -> Actor {
    Actor::Staff { account: Id::from_bytes([3; 16]) }
}

fn adult() -> Date {
    Date::parse("1980-04-01").unwrap()
}

impl TwoZones {
    fn today(&self) -> Date {
        self.database.seams.today()
    }

    fn may(&self, who: AccountId, represented: AccountId, scope: Scope) -> bool {
        let today = self.today();
        self.outside.store.read(|tx| may(tx, today, who, represented, scope)).unwrap().is_some()
    }

    fn offer(&self, session: &Session, scopes: &[Scope], ends_on: Date, birth_date: Date) -> Result<Offer, GrantError> {
        let (seams, session) = (self.database.seams.clone(), session.clone());
        let offering = Offering { scopes: scopes.to_vec(), ends_on, birth_date };
        self.outside.store.write(move |tx| offer(tx, &seams, &session, &offering))
    }

    fn accept(&self, session: &Session, code: &str) -> Result<Id, GrantError> {
        let (seams, session, code) = (self.database.seams.clone(), session.clone(), code.to_owned());
        self.outside.store.write(move |tx| accept(tx, &seams, &session, adult(), &code))
    }

    fn enter(&self, ward: &str, guardian: &str, kind: Kind) -> Result<Id, EnterError> {
        let (ward, guardian) = (ResidentId::parse(ward).unwrap(), ResidentId::parse(guardian).unwrap());
        let entering = Entering { ward, guardian, kind, basis: Basis::Papers, last_day: None };
        let seams: Seams = self.database.seams.clone();
        self.inside.store.write(move |tx| guardians::enter(tx, &seams, &officer(), &entering))
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, GrantError>) -> Refusal {
    match result {
        Err(GrantError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_helper_is_named_with_the_card_and_may_what_was_named_until_either_ends_it() {
    for_each_engine(|database| {
        let zones = TwoZones::new(database);
        let (principal, helper) = (zones.account_of("R-1"), zones.account_of("R-2"));
        let session = zones.session(principal, Assurance::High);
        let end = zones.today().plus_days(30);
        let offered = zones.offer(&session, &[Scope::Letters], end, adult()).unwrap();
        assert!(!zones.may(helper, principal, Scope::Letters), "an offer opens nothing");
        let helping = zones.session(helper, Assurance::Substantial);
        assert_eq!(refusal(zones.accept(&session, &offered.code)), Refusal::Own);
        assert_eq!(refusal(zones.accept(&helping, "AAAA-AAAA-AAAA-AAAA")), Refusal::NoOffer);
        let id = zones.accept(&helping, &offered.code.to_lowercase()).unwrap();
        assert_eq!(refusal(zones.accept(&helping, &offered.code)), Refusal::NoOffer, "a code serves once");
        assert!(zones.may(helper, principal, Scope::Letters));
        assert!(!zones.may(helper, principal, Scope::Applications), "not named");
        assert!(!zones.may(principal, helper, Scope::Letters), "not the other way round");

        // The inside keeps it for the yearly letter.
        zones.settle();
        let now = zones.database.seams.now();
        let due = zones.inside.store.read(|tx| guardians::paper_due(tx, now)).unwrap();
        assert_eq!((due.len(), due[0].principal.as_str(), due[0].helper.as_str()), (1, "R-1", "R-2"));
        zones.inside.store.write::<_, StoreError, _>(move |tx| guardians::paper_sent(tx, now, id)).unwrap();
        assert!(zones.inside.store.read(|tx| guardians::paper_due(tx, now)).unwrap().is_empty());

        let seams = zones.database.seams.clone();
        let stranger = zones.account();
        let end_by_stranger = seams.clone();
        let ended = zones.outside.store.write(move |tx| end_by(tx, &end_by_stranger, stranger, id)).unwrap();
        assert!(!ended && zones.may(helper, principal, Scope::Letters));
        assert!(zones.outside.store.write(move |tx| end_by(tx, &seams, principal, id)).unwrap());
        assert!(!zones.may(helper, principal, Scope::Letters));
    });
}

#[test]
fn what_is_not_allowed_is_refused_and_a_mandate_ends_on_its_day_and_with_a_death() {
    for_each_engine(|database| {
        let zones = TwoZones::new(database);
        let (principal, helper) = (zones.account(), zones.account());
        let session = zones.session(principal, Assurance::High);
        let (today, letters) = (zones.today(), [Scope::Letters]);
        let known = zones.session(principal, Assurance::Substantial);
        assert_eq!(refusal(zones.offer(&known, &letters, today.plus_days(9), adult())), Refusal::NeedsCard);
        let young = Date::new(today.parts().0 - 17, 1, 1).unwrap();
        assert_eq!(refusal(zones.offer(&session, &letters, today.plus_days(9), young)), Refusal::NotOfAge);
        assert_eq!(refusal(zones.offer(&session, &[Scope::Looked], today.plus_days(9), adult())), Refusal::NoScope);
        assert_eq!(refusal(zones.offer(&session, &letters, today, adult())), Refusal::Period);
        assert_eq!(refusal(zones.offer(&session, &letters, today.plus_days(5000), adult())), Refusal::Period);
        let mut acting = session.clone();
        acting.acting_for = Some((helper, "x".to_owned()));
        assert_eq!(refusal(zones.offer(&acting, &letters, today.plus_days(9), adult())), Refusal::ForAnother);

        let offered = zones.offer(&session, &letters, today.plus_days(2), adult()).unwrap();
        zones.accept(&zones.session(helper, Assurance::Substantial), &offered.code).unwrap();
        zones.database.clock.advance_seconds(86_400);
        assert!(zones.may(helper, principal, Scope::Letters), "its last day");
        zones.database.clock.advance_seconds(86_400);
        assert!(!zones.may(helper, principal, Scope::Letters), "the day after");

        let offered = zones.offer(&session, &letters, zones.today().plus_days(20), adult()).unwrap();
        zones.accept(&zones.session(helper, Assurance::Substantial), &offered.code).unwrap();
        let now = zones.database.seams.now();
        zones.outside.store.write(move |tx| account::set_state(tx, now, principal, AccountState::Ended, None)).unwrap();
        assert!(!zones.may(helper, principal, Scope::Letters), "the principal died");
        let late = zones.offer(&session, &letters, zones.today().plus_days(20), adult()).unwrap();
        zones.database.clock.advance_seconds(8 * 86_400);
        let helping = zones.session(helper, Assurance::Substantial);
        assert_eq!(refusal(zones.accept(&helping, &late.code)), Refusal::NoOffer, "nobody took it up in a week");
    });
}

/// A city of 300; a child under 15, a youth of 15 to 17, and two adults of it.
fn city(database: TestDatabase) -> (TwoZones, [String; 4]) {
    let directory = database.directory().join("import");
    testkit::city::generate(300, 7, &directory).unwrap();
    import::run(&database.inside(), &database.seams, &directory, &import::Options::default(), &mut |_| true).unwrap();
    let zones = TwoZones::new(database);
    let today = zones.today();
    let rows = zones
        .inside
        .store
        .read::<_, StoreError, _>(|tx| {
            tx.query(
                "SELECT r.resident_id, r.birth_date FROM residents r JOIN register_generation g ON g.generation = \
                 r.generation WHERE r.state = 'resident' AND NOT EXISTS (SELECT 1 FROM protections p WHERE \
                 p.resident_id = r.resident_id) ORDER BY r.resident_id",
                &[],
            )
        })
        .unwrap();
    let of_age = |from: i32, to: i32, skip: usize| {
        let fits = |row: &&store::Row| (from..=to).contains(&row.date(1).unwrap().age_on(today));
        rows.iter().filter(fits).nth(skip).map(|row| row.text(0).unwrap().to_owned()).unwrap()
    };
    let found = [of_age(5, 12, 0), of_age(15, 17, 0), of_age(30, 60, 0), of_age(30, 60, 1)];
    (zones, found)
}

#[test]
fn a_guardian_acts_for_a_child_until_the_fifteenth_birthday_and_a_protection_cuts_it_at_once() {
    for_each_engine(|database| {
        let (zones, [child, youth, parent, other]) = city(database);
        assert!(matches!(zones.enter(&youth, &parent, Kind::Child), Err(EnterError::Age)), "15 to 17: their own view");
        assert!(matches!(zones.enter(&child, &child, Kind::Child), Err(EnterError::NotFound)));
        zones.enter(&child, &parent, Kind::Child).unwrap();
        let guardian = zones.account_of(&parent);
        zones.settle();
        let child_id = ResidentId::parse(&child).unwrap();
        let account = zones.inside.store.read(|tx| link::account_of(tx, &child_id)).unwrap().unwrap();
        assert!(zones.may(guardian, account, Scope::Applications) && zones.may(guardian, account, Scope::Looked));
        let stranger = zones.account_of(&other);
        assert!(!zones.may(stranger, account, Scope::Letters), "nobody else, of the household or not");

        // Its day is the birthday, known outside as a day alone.
        let of = zones.outside.store.read(|tx| of(tx, account)).unwrap();
        let end = of[0].ends_on.unwrap();
        let today = zones.today();
        assert!(of[0].holds_on(end.plus_days(-1)) && !of[0].holds_on(end) && end > today);

        // A protection of the child: told to nobody why, over within the next run.
        let (who, since) = (child.clone(), today.to_string());
        zones
            .inside
            .store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO protections (generation, resident_id, protected_from) \
                     SELECT generation, $1, $2 FROM register_generation",
                    &[(&who).into(), (&since).into()],
                )
            })
            .unwrap();
        zones.settle();
        assert!(!zones.may(guardian, account, Scope::Letters));
        assert!(matches!(zones.enter(&child, &parent, Kind::Child), Err(EnterError::NotHere)));
    });
}

#[test]
fn an_adults_guardian_acts_until_an_officer_ends_it() {
    for_each_engine(|database| {
        let (zones, [_, _, ward, guardian]) = city(database);
        let (ward_account, guardian_account) = (zones.account_of(&ward), zones.account_of(&guardian));
        let id = zones.enter(&ward, &guardian, Kind::Ward).unwrap();
        zones.settle();
        assert!(zones.may(guardian_account, ward_account, Scope::Schemes));
        let seams = zones.database.seams.clone();
        assert!(zones.inside.store.write(move |tx| guardians::end(tx, &seams, &officer(), id)).unwrap());
        zones.settle();
        assert!(!zones.may(guardian_account, ward_account, Scope::Schemes));
    });
}

#[test]
fn what_the_city_holds_is_told_once_and_erased_after_a_day() {
    use crate::self_information::{self, Standing};
    for_each_engine(|database| {
        let (zones, [_, _, person, _]) = city(database);
        let account = zones.account_of(&person);
        let seams = zones.database.seams.clone();
        zones.outside.store.write(move |tx| self_information::ask(tx, &seams, account)).unwrap();
        assert!(matches!(self_information::standing(&zones.outside, account).unwrap(), Standing::Asked(_)));
        zones.settle();
        let Standing::Answered(held, _) = self_information::standing(&zones.outside, account).unwrap() else {
            panic!("no answer")
        };
        let names: Vec<&str> = held.groups.iter().flat_map(|(_, facts)| facts).map(|fact| fact.name.as_str()).collect();
        for name in ["me-name", "me-birth-date", "me-address", "me-seal", "me-tax-years"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        zones.database.clock.advance_seconds(86_400);
        assert_eq!(self_information::standing(&zones.outside, account).unwrap(), Standing::Nothing);
        assert_eq!(self_information::sweep(&zones.outside.store, &zones.database.seams).unwrap(), 1);
        // Whoever holds the outside and asks without end is answered a few times an hour.
        let mut answered = 0;
        for _ in 0..self_information::AN_HOUR + 3 {
            let seams = zones.database.seams.clone();
            zones
                .outside
                .store
                .write::<_, StoreError, _>(move |tx| {
                    self_information::forget(tx, account)?;
                    self_information::ask(tx, &seams, account)
                })
                .unwrap();
            zones.settle();
            let standing = self_information::standing(&zones.outside, account).unwrap();
            answered += i64::from(matches!(standing, Standing::Answered(..)));
        }
        assert_eq!(answered, self_information::AN_HOUR);
    });
}

#[test]
fn the_yearly_letter_names_both_and_is_left_to_an_officer_when_one_is_protected() {
    for_each_engine(|database| {
        let (zones, [_, _, person, other]) = city(database);
        let (principal, helper) = (zones.account_of(&person), zones.account_of(&other));
        let offered = zones
            .offer(&zones.session(principal, Assurance::High), &[Scope::Letters], zones.today().plus_days(300), adult())
            .unwrap();
        let id = zones.accept(&zones.session(helper, Assurance::High), &offered.code).unwrap();
        zones.settle();
        let compose = || {
            let seams = zones.database.seams.clone();
            zones.inside.store.write(move |tx| guardians::letter(tx, &seams, &officer(), id))
        };
        let letter = compose().unwrap();
        assert!(!letter.name.is_empty() && !letter.address.is_empty() && letter.helper != letter.name);
        assert_eq!(letter.scopes, "letters");
        let sql = "SELECT COUNT(*) FROM disclosure WHERE subject = $1 AND duty = 'representation'";
        for who in [&person, &other] {
            let row = zones.inside.store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[who.into()])).unwrap();
            assert_eq!(row.unwrap().int(0).unwrap(), 1, "each is told of it");
        }
        let protected = person.clone();
        zones
            .inside
            .store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO protections (generation, resident_id, protected_from) \
                     SELECT generation, $1, '2020-01-01' FROM register_generation WHERE id = 1",
                    &[protected.as_str().into()],
                )
            })
            .unwrap();
        assert!(matches!(compose(), Err(EnterError::NotHere)));
        let now = zones.database.seams.now();
        zones.inside.store.write::<_, StoreError, _>(move |tx| guardians::paper_sent(tx, now, id)).unwrap();
        assert!(matches!(compose(), Err(EnterError::NotFound)), "none is due within the year");
    });
}
