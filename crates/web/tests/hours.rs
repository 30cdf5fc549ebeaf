//! Hours, special days, maintenance and fees in the console over HTTP: who may decide, what is refused, what the tables
//! then say.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use services::convenience_certificates::CertificateKind;
use services::convenience_certificates::requests;
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::staff::Role;
use yakuba_web::testing::{TestDoor, Visitor};

const PATH: &str = "/staff/hours";

#[test]
fn an_officer_changes_the_hours_and_sees_the_outcome_others_only_look() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let today = door.database.seams.today();
        let tomorrow = today.plus_days(1).to_string();
        let line = |opens, closes| {
            let from = tomorrow.as_str();
            vec![
                ("place", "store"),
                ("family", "residence"),
                ("day", "year_end"),
                ("from", from),
                ("opens", opens),
                ("closes", closes),
            ]
        };
        for role in [Role::CounterClerk, Role::Operator, Role::Auditor] {
            let mut looker = door.staff(&[role]);
            let page = looker.get(PATH);
            assert!(page.status == 200 && page.text().contains("変更できるのは証明責任者です"), "{}", page.text());
            assert_eq!(looker.post("/staff/hours/hours", &line("9:00", "12:00")).status, 403);
        }
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        assert!(!officer.get(PATH).text().contains("9:15–12:45"));
        for (opens, closes, sentence) in
            [("12:00", "9:00", "終了は開始より後"), ("9:00", "", "時刻は 9:00 のように"), ("25:00", "26:00", "時刻は")]
        {
            let refused = officer.post("/staff/hours/hours", &line(opens, closes));
            assert!(refused.status == 400 && refused.text().contains(sentence), "{}", refused.text());
        }
        let set = officer.post("/staff/hours/hours", &line("09:15", "12:45"));
        assert_eq!(set.location(), Some("/staff/hours?done=staff-done-hours-set"));
        assert!(officer.get(PATH).text().contains("9:15–12:45"));
        // Not in force yet: called off without a trace but in the audit.
        let named = &line("", "")[..4];
        assert_eq!(officer.post("/staff/hours/hours/call-off", named).status, 303);
        assert_eq!(officer.post("/staff/hours/hours/call-off", named).status, 409);
        assert!(!officer.get(PATH).text().contains("9:15–12:45"));
    });
}

#[test]
fn a_special_day_and_a_maintenance_are_set_and_taken_back() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let (day, before) = (door.database.seams.today().plus_days(3), door.database.seams.today().plus_days(-1));
        let (day, before) = (day.to_string(), before.to_string());
        let special = |date| [("date", date), ("class", "closed"), ("note", "停電の工事")];
        assert!(officer.post("/staff/hours/day", &special(&before)).text().contains("過ぎた日時"));
        assert_eq!(officer.post("/staff/hours/day", &special(&day)).status, 303);
        let page = officer.get(PATH).text();
        assert!(page.contains("停電の工事") && page.contains("全日休止"), "{page}");
        assert_eq!(officer.post("/staff/hours/day/ordinary", &[("date", &day)]).status, 303);
        assert!(!officer.get(PATH).text().contains("停電の工事"));

        let window = [
            ("place", ""),
            ("family", "family_register"),
            ("from_day", day.as_str()),
            ("from_time", "22:00"),
            ("until_day", day.as_str()),
            ("until_time", "23:30"),
            ("reason", "機器の更新"),
        ];
        assert_eq!(officer.post("/staff/hours/maintenance", &window).status, 303);
        let page = officer.get(PATH).text();
        assert!(page.contains("機器の更新") && page.contains("取りやめる"), "{page}");
        let (_, rest) = page.split_once("name=\"window\" value=\"").unwrap();
        let id = rest.split('"').next().unwrap();
        assert_eq!(officer.post("/staff/hours/maintenance/end", &[("window", id)]).status, 303);
        assert!(!officer.get(PATH).text().contains("機器の更新"));
    });
}

#[test]
fn a_fee_changes_by_date_without_touching_what_is_in_force() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (today, kind) = (door.database.seams.today(), CertificateKind::ResidenceCertificate);
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let fee = |from: &str, machine: &str| {
            [
                ("kind", "residence_certificate"),
                ("from", from),
                ("machine", machine),
                ("counter", "350"),
                ("source", "条例の改正"),
            ]
            .map(|(name, value)| (name, value.to_owned()))
        };
        let post = |officer: &mut yakuba_web::testing::Visitor<'_>, fee: [(&'static str, String); 5]| {
            let fields: Vec<(&str, &str)> = fee.iter().map(|(name, value)| (*name, value.as_str())).collect();
            officer.post("/staff/hours/fee", &fields)
        };
        let now = today.to_string();
        assert!(post(&mut officer, fee(&now, "250")).text().contains("明日以降"));
        let soon = today.plus_days(2).to_string();
        assert!(post(&mut officer, fee(&soon, "-5")).text().contains("0円から10,000円"));
        assert!(post(&mut officer, fee(&soon, "二百円")).text().contains("0円から10,000円"));
        let of = |day| {
            let fee = door.inside().store.read::<_, StoreError, _>(|tx| requests::machine_fee(tx, kind, day)).unwrap();
            fee.map(|fee| fee.0)
        };
        let before = of(today);
        assert_eq!(post(&mut officer, fee(&soon, "250")).status, 303);
        assert_eq!((of(today), of(today.plus_days(1)), of(today.plus_days(2))), (before, before, Some(250)));
        assert!(officer.get(PATH).text().contains("条例の改正"));
        let named = [("kind", "residence_certificate"), ("from", soon.as_str())];
        assert_eq!(officer.post("/staff/hours/fee/call-off", &named).status, 303);
        assert_eq!(of(today.plus_days(2)), before);
        // A fee that is in force is not called off.
        assert_eq!(
            officer.post("/staff/hours/fee/call-off", &[("kind", "residence_certificate"), ("from", &now)]).status,
            400
        );
    });
}

#[test]
fn the_tax_years_day_is_set_by_two_persons() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let (mut one, mut two) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::CertificateOfficer]));
    let year = door.database.seams.today().parts().0 + 1;
    let ask = |officer: &mut Visitor<'_>, year: i16, from: &str, source: &str| {
        let year = year.to_string();
        officer.post("/staff/hours/tax-year", &[("year", &year), ("from", from), ("source", source)]).status
    };
    let from = format!("{year}-06-10");
    assert_eq!(ask(&mut one, year, "2020-06-10", "告示第12号"), 400, "a day that is over");
    assert_eq!(ask(&mut one, year + 1, &from, "告示第12号"), 400, "a day of another year");
    assert_eq!(ask(&mut one, year, &from, " "), 400, "no notice");
    assert_eq!(ask(&mut door.staff(&[Role::CounterClerk]), year, &from, "告示第12号"), 403);
    assert_eq!(ask(&mut one, year, &from, "告示第12号"), 303);
    let switches = || door.inside().store.read(tools::tax_records::years::switches).unwrap();
    assert!(switches().is_empty(), "one person decides nothing");
    let page = two.get("/staff/approvals").text();
    assert!(page.contains("課税証明書の年度切替日を決める") && page.contains("告示第12号"), "{page}");
    let address = page.split("action=\"").find(|part| part.contains("/approve\"")).unwrap().split('"').next().unwrap();
    assert_eq!(one.post(address, &[]).status, 403, "nor the same one twice");
    assert_eq!(two.post(address, &[]).status, 303);
    assert_eq!(switches()[0].from.to_string(), from);
    assert!(one.get("/staff/hours").text().contains("告示第12号"));
}
