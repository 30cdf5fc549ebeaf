//! The open page of time given back: counts of months that are over, small ones left out, for anybody.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use base::Date;
use services::city_cards::{effect, examples, issuing, kept};
use services::convenience_certificates::CertificateKind;
use services::convenience_certificates::public_effect::publish;
use services::convenience_certificates::usage::{import, month_from};
use store::StoreError;
use store::testing::for_each_engine;
use tools::ResidentId;
use tools::access::Actor;
use tools::effect_report;
use tools::relay::{Message, RelayError};
use tools::service_cards::Form;
use wire::issue_counts::{Count, Route};
use yakuba_web::testing::TestDoor;

/// Copies that stores gave in the month before this one.
fn counted(door: &TestDoor, counts: &[(CertificateKind, i64)]) {
    let seams = door.database.seams.clone();
    let (year, month, _) = seams.today().parts();
    let month = month_from(Date::new(year, month, 1).unwrap(), -1);
    let counts: Vec<(CertificateKind, Count)> = counts
        .iter()
        .map(|(kind, copies)| {
            let kind_word = kind.as_str().to_owned();
            (*kind, Count { line: 0, month, kind: kind_word, route: Route::Store, copies: *copies })
        })
        .collect();
    door.inside()
        .store
        .write::<_, StoreError, _>(move |tx| import(tx, &seams, &Actor::System { job: "test" }, &counts))
        .unwrap();
}

/// Sends what is due, as the job does, and brings it to the other zone.
fn told(door: &TestDoor) -> bool {
    let (seams, today, inside) = (door.database.seams.clone(), door.database.seams.today(), door.inside());
    let shown = inside.store.read(kept::all_shown).unwrap();
    let cards = inside.cards.read(move |tx| effect::for_everybody(tx, &shown, today)).unwrap();
    let sent = door.inside().store.write::<_, RelayError, _>(move |tx| publish(tx, &seams, &cards)).unwrap();
    let sql = "SELECT body FROM relay_outbox WHERE kind = 'effect_report' ORDER BY at, id";
    let rows = door.inside().store.read::<_, StoreError, _>(|tx| tx.query(sql, &[])).unwrap();
    let newest = rows.last().unwrap();
    let message = Message {
        sequence: 1,
        id: door.database.seams.random_id(),
        at: door.database.seams.now(),
        kind: effect_report::KIND.to_owned(),
        body: newest.blob(0).unwrap().to_vec(),
    };
    let outside = door.app.outside.clone().unwrap();
    outside.store.write(move |tx| effect_report::receive(tx, &message)).unwrap();
    sent
}

#[test]
fn anybody_sees_the_time_given_back_and_no_cell_that_is_about_few() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut anybody = door.stranger();
        assert!(anybody.get("/").text().contains("href=\"/effect\""));
        assert!(anybody.get("/effect").text().contains("まだ数がありません"));
        counted(
            &door,
            &[
                (CertificateKind::ResidenceCertificate, 500),
                (CertificateKind::RecordedItemsCertificate, 40),
                (CertificateKind::TaxCertificate, 3),
            ],
        );
        assert!(told(&door));
        let page = anybody.get("/effect").text();
        // 500 copies of an hour each; the 3 are not told, nor the 40 that would tell them.
        assert!(page.contains("500時間0分") && page.contains(">500<"), "{page}");
        assert!(!page.contains(">40<") && !page.contains(">3<") && page.contains("非公開"), "{page}");
        assert!(page.contains("仮の値"), "what nobody measured is said to be an assumption");
        let file = anybody.get("/effect.csv");
        assert!(
            file.bytes.starts_with(b"\xef\xbb\xbf") && file.text().contains("\"500\",\"30000\",\"5000\""),
            "{}",
            file.text()
        );
        for language in ["en", "ja-easy"] {
            assert_eq!(anybody.get(&format!("/effect?lang={language}")).status, 200);
        }
        // The same month is not told again, so that nothing follows from the difference of two reports.
        counted(&door, &[(CertificateKind::TaxCertificate, 30)]);
        assert!(!told(&door));
        assert_eq!(door.stranger().get("/effect.csv").bytes, file.bytes);
    });
}

#[test]
fn the_cards_that_were_not_made_are_told_by_service_of_months_that_are_over_and_few_are_not() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (city, seams) = (door.inside().clone(), door.database.seams.clone());
        let seeds = move |tx: &mut store::Tx<'_>| {
            examples::all().iter().try_for_each(|(key, example)| kept::seed_demo(tx, &seams, key, example))
        };
        city.store.write::<_, kept::CardsError, _>(seeds).unwrap();
        let shown = city.store.read(kept::all_shown).unwrap();
        let give = |key: &str, people: std::ops::Range<u32>, is_online: bool, form: Form| {
            let card = shown.iter().find(|one| one.key == key).unwrap();
            for place in people {
                let who = ResidentId::parse(&format!("R{place:07}")).unwrap();
                let terminal = (!is_online).then(|| "desk".to_owned());
                let by = Actor::Resident { resident: who.clone(), terminal };
                let wanted = issuing::Wanted { card, form, typed: None, replaces: None };
                issuing::give(&city, &by, &who, &wanted).unwrap().unwrap();
            }
        };
        give("bicycle_parking", 1..13, true, Form::OneCard);
        give("bicycle_parking", 13..16, false, Form::OneCard);
        give("bicycle_parking", 20..40, false, Form::OwnCard);
        give("sports_hall", 1..4, true, Form::OneCard);
        give("library_card", 1..5, true, Form::OneCard);
        // The month is not over: nothing is told of it.
        assert!(told(&door));
        assert!(!door.stranger().get("/effect").text().contains("駐輪場定期利用券"));
        door.database.clock.advance_seconds(32 * 86_400);
        assert!(told(&door));
        let page = door.stranger().get("/effect").text();
        assert!(page.contains("駐輪場定期利用券") && page.contains("作らずに済んだカード 15枚"), "{page}");
        assert!(page.contains("4,500円") && page.contains(">12<"), "15 fees of 300 yen, 12 visits: {page}");
        assert!(!page.contains(">3<") && !page.contains(">4<") && page.contains("非公開"), "{page}");
        let file = door.stranger().get("/effect.csv").text();
        assert!(file.contains("\"駐輪場定期利用券\",\"15\",\"4500\",\"12\""), "{file}");
    });
}
