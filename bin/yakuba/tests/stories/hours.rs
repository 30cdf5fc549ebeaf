//! Hours decide who may begin. Whoever put the card down a minute before the machine closes takes the paper home.

use std::sync::Arc;

use base::{ManualClock, Seams, Timestamp};
use pki::SigningKey;
use pki::challenge::{Challenge, PresentedCard};
use pki::jpki_profile::JudgedCertificate;
use pki::revocation::{SourceKind, Standing, Status, StatusError, StatusSource};
use services::convenience_certificates::hours::rows::{announce_maintenance, set_hours, set_special_day};
use services::convenience_certificates::hours::{DayClass, Family, HoursRow, Maintenance, Place};
use services::convenience_certificates::{Applicant, Choices, Issuer, Refusal, State, actions};
use store::StoreError;
use yakuba::means::simulated_heartbeat;

use crate::city::Fixture;

const TERMINAL: &str = "1";

/// The story's clock is not the authorities': certificates are in force whenever it is asked.
struct InForce;

impl StatusSource for InForce {
    fn status(&self, _: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        Ok(Status { standing: Standing::Good, source: SourceKind::Ocsp, as_of: now })
    }
}

/// A city whose machine serves from 6:30 to 23:00, on tomorrow's clock.
struct Evening {
    fixture: Fixture,
    issuer: Issuer,
    clock: Arc<ManualClock>,
}

impl Evening {
    fn at(name: &str, hour: u8, minute: u8) -> Self {
        let fixture = Fixture::named(name);
        let tomorrow = fixture.inside().seams.today().plus_days(1);
        let (seams, clock) = Seams::simulated(Timestamp::in_japan(tomorrow, hour, minute, 0), 7);
        let city = fixture.with_seams(seams);
        let lines = DayClass::WITH_HOURS.map(|day| HoursRow {
            place: Place::WardOffice,
            family: Family::Residence,
            day,
            valid_from: tomorrow,
            hours: Some((6 * 60 + 30, 23 * 60)),
        });
        let closed = lines.clone().map(|line| HoursRow { family: Family::FamilyRegister, hours: None, ..line });
        city.store
            .write::<_, StoreError, _>(move |tx| {
                lines.iter().chain(&closed).try_for_each(|line| set_hours(tx, line, "story"))
            })
            .unwrap();
        let issuer = Issuer { city, status: Arc::new(InForce), ..fixture.issuer.clone() };
        let evening = Self { fixture, issuer, clock };
        evening.hear();
        evening
    }

    /// The source of the register says that it is there, as it does every few minutes.
    fn hear(&self) {
        simulated_heartbeat(&self.issuer.city).unwrap();
    }

    fn minutes_later(&self, minutes: i64) {
        self.clock.advance_seconds(minutes * 60);
        self.hear();
    }

    /// Somebody puts the card down and types the PIN.
    fn sign_in(&self) -> Applicant {
        let resident = self.fixture.sample("elderly-single");
        let card = yakuba::cards::stored(self.fixture.inside(), &resident).unwrap().unwrap().user_authentication;
        let key = SigningKey::from_pkcs8(&card.private_key_pkcs8).unwrap();
        let challenge = Challenge::new(&self.issuer.city.seams, self.issuer.audience.as_str(), TERMINAL);
        let signature = key.sign(&challenge.signed_bytes()).unwrap();
        let shown = PresentedCard { certificate: &card.certificate, signature: &signature };
        self.issuer.identify(shown, &challenge, TERMINAL).unwrap().unwrap()
    }

    fn begin(&self, applicant: &Applicant) -> Result<base::Id, Refusal> {
        let begun = actions::begin(&self.issuer.city, self.issuer.fresh_minutes, applicant, &Choices::default());
        begun.unwrap().map(|request| request.id)
    }

    /// When the first screen says it opens again, as a clock on the wall; `None` while it serves.
    fn opens(&self) -> Option<Timestamp> {
        let closed = actions::closed_now(&self.issuer.city, self.issuer.fresh_minutes, TERMINAL).unwrap()?;
        assert_eq!(closed.refusal, Refusal::OutOfHours);
        closed.hours.unwrap().opens()
    }
}

#[test]
fn whoever_signs_in_at_22_59_finishes_and_the_next_is_told_when_it_opens() {
    let evening = Evening::at("hours", 22, 59);
    let (city, issuer) = (&evening.issuer.city, &evening.issuer);
    assert_eq!(evening.opens(), None);
    let applicant = evening.sign_in();
    evening.minutes_later(2);
    let half_past_six = Timestamp::in_japan(city.seams.today().plus_days(1), 6, 30, 0);
    assert_eq!(evening.opens(), Some(half_past_six), "the first screen is closed");

    // Chooses at 23:01, pays at 23:03, has the paper at 23:08.
    let id = evening.begin(&applicant).unwrap();
    evening.minutes_later(2);
    actions::payment_started(city, id).unwrap().unwrap();
    actions::payment_settled(city, id, true).unwrap().unwrap();
    evening.minutes_later(5);
    let token = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, &applicant, id).unwrap().unwrap();
    assert!(actions::fetch(city, &applicant, id, &token).unwrap().is_ok());
    assert_eq!(actions::print_acknowledged(city, id).unwrap().unwrap().state, State::Printed);

    // A card left in the machine is no way around the hours.
    evening.minutes_later(30);
    assert_eq!(evening.begin(&applicant), Err(Refusal::OutOfHours));
    assert_eq!(evening.begin(&evening.sign_in()), Err(Refusal::OutOfHours));
    // The counter keeps its own.
    assert!(evening.begin(&evening.fixture.applicant("elderly-single")).is_ok());
}

#[test]
fn a_special_day_and_a_maintenance_hold_from_the_next_request_on_without_a_restart() {
    let evening = Evening::at("special-day", 10, 0);
    let store = &evening.issuer.city.store;
    let today = evening.issuer.city.seams.today();
    let day =
        move |class| store.write::<_, StoreError, _>(move |tx| set_special_day(tx, today, class, "停電")).unwrap();
    assert!(evening.begin(&evening.sign_in()).is_ok());
    day(Some(DayClass::Closed));
    assert_eq!(evening.begin(&evening.sign_in()), Err(Refusal::OutOfHours));
    assert_eq!(evening.opens(), Some(Timestamp::in_japan(today.plus_days(1), 6, 30, 0)));
    day(None);
    assert!(evening.begin(&evening.sign_in()).is_ok());

    let seams = evening.issuer.city.seams.clone();
    let (from, until) = (seams.now(), seams.now().plus_seconds(3_600));
    let reason = "機器の点検".to_owned();
    let window =
        Maintenance { id: seams.random_id(), place: Some(Place::WardOffice), family: None, from, until, reason };
    store.write::<_, StoreError, _>(move |tx| announce_maintenance(tx, &window)).unwrap();
    assert_eq!(evening.begin(&evening.sign_in()), Err(Refusal::OutOfHours));
    assert_eq!(evening.opens(), Some(until));
    evening.minutes_later(60);
    assert!(evening.begin(&evening.sign_in()).is_ok());
}
