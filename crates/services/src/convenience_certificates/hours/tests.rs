//! Whole weeks of opening hours, without a database; and the rows on both engines.

use super::rows;
use super::*;

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn at(day: &str, hour: u8, minute: u8) -> Timestamp {
    Timestamp::in_japan(date(day), hour, minute, 0)
}

/// The hours a new city begins with.
fn usual() -> Calendar {
    let found = std::cell::RefCell::new(Calendar::default());
    store::testing::for_each_engine(|opened| {
        let read = opened.store(store::Database::Inside).read(|tx| rows::calendar(tx, at("2026-11-01", 0, 0)));
        *found.borrow_mut() = read.unwrap();
    });
    found.into_inner()
}

#[test]
fn stores_give_papers_from_half_past_six_to_eleven_but_not_at_the_years_end() {
    let calendar = usual();
    let open = |day, hour, minute| calendar.at(Place::Store, Family::Residence, at(day, hour, minute)).is_open();
    assert!(!open("2026-11-25", 6, 29) && open("2026-11-25", 6, 30));
    assert!(open("2026-11-25", 22, 59) && !open("2026-11-25", 23, 0));
    assert!(open("2026-11-22", 12, 0), "Sunday");
    assert!(open("2026-11-23", 12, 0), "national holiday");
    for day in ["2026-12-29", "2026-12-31", "2027-01-01", "2027-01-03"] {
        assert!(!open(day, 12, 0), "{day}");
    }
    assert!(open("2026-12-28", 12, 0) && open("2027-01-04", 12, 0));
}

#[test]
fn the_family_register_keeps_the_hours_of_the_office() {
    let calendar = usual();
    let open = |day, hour, minute| calendar.at(Place::Store, Family::FamilyRegister, at(day, hour, minute)).is_open();
    assert!(open("2026-11-25", 9, 0) && open("2026-11-25", 16, 59) && !open("2026-11-25", 17, 0));
    assert!(!open("2026-11-22", 12, 0), "Sunday");
    assert!(!open("2026-11-23", 12, 0), "national holiday on a Monday");
}

#[test]
fn an_open_sunday_has_its_own_hours_and_a_closed_day_none() {
    let mut calendar = usual();
    calendar.special = vec![(date("2026-11-29"), DayClass::OpenHoliday), (date("2026-11-30"), DayClass::Closed)];
    let open = |day, hour, minute| calendar.at(Place::WardOffice, Family::Residence, at(day, hour, minute)).is_open();
    assert!(open("2026-11-29", 9, 0) && open("2026-11-29", 12, 29) && !open("2026-11-29", 12, 30));
    assert!(!open("2026-11-30", 12, 0), "a Monday that staff closed");
    assert!(open("2026-12-01", 8, 30) && open("2026-12-01", 17, 29) && !open("2026-12-01", 17, 30));
}

#[test]
fn a_closed_machine_says_when_it_opens_over_a_long_weekend() {
    let calendar = usual();
    // Friday evening; Monday is 勤労感謝の日.
    let hours = calendar.at(Place::WardOffice, Family::Residence, at("2026-11-20", 18, 0));
    assert_eq!(hours.opens(), Some(at("2026-11-24", 8, 30)));
    let early = calendar.at(Place::WardOffice, Family::Residence, at("2026-11-24", 5, 0));
    assert_eq!(early.opens(), Some(at("2026-11-24", 8, 30)));
}

#[test]
fn maintenance_closes_what_it_names_and_nothing_else() {
    let mut calendar = usual();
    calendar.maintenance = vec![Maintenance {
        id: base::Id::from_bytes([1; 16]),
        place: Some(Place::Store),
        family: None,
        from: at("2026-11-25", 20, 0),
        until: at("2026-11-26", 7, 0),
        reason: "システム点検".to_owned(),
    }];
    let closed = calendar.at(Place::Store, Family::Residence, at("2026-11-25", 20, 0));
    let Hours::Closed { maintenance, opens } = closed else { panic!("open during maintenance") };
    assert_eq!(maintenance.as_deref(), Some("システム点検"));
    assert_eq!(opens, Some(at("2026-11-26", 7, 0)), "after the maintenance, not at half past six");
    assert!(calendar.at(Place::Store, Family::Residence, at("2026-11-25", 19, 59)).is_open());
    assert!(calendar.at(Place::WardOffice, Family::Residence, at("2026-11-25", 9, 0)).is_open());
}

#[test]
fn new_hours_hold_from_their_day_on() {
    store::testing::for_each_engine(|opened| {
        let longer = HoursRow {
            place: Place::WardOffice,
            family: Family::Residence,
            day: DayClass::Working,
            valid_from: date("2026-12-01"),
            hours: Some((8 * 60, 19 * 60)),
        };
        let row = longer.clone();
        opened
            .store(store::Database::Inside)
            .write::<_, store::StoreError, _>(move |tx| rows::set_hours(tx, &row, "council"))
            .unwrap();
        let calendar =
            opened.store(store::Database::Inside).read(|tx| rows::calendar(tx, at("2026-11-30", 0, 0))).unwrap();
        let hours = |day| calendar.hours_on(Place::WardOffice, Family::Residence, date(day));
        assert_eq!(hours("2026-11-30"), Some((510, 1050)));
        assert_eq!(hours("2026-12-01"), longer.hours);
    });
}
