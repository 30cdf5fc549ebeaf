//! The open page of time given back: counts of months that are over, small ones left out, for anybody.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use base::Date;
use services::convenience_certificates::CertificateKind;
use services::convenience_certificates::public_effect::publish;
use services::convenience_certificates::usage::{import, month_from};
use store::StoreError;
use store::testing::for_each_engine;
use tools::access::Actor;
use tools::effect_report;
use tools::relay::{Message, RelayError};
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
    let seams = door.database.seams.clone();
    let sent = door.inside().store.write::<_, RelayError, _>(move |tx| publish(tx, &seams)).unwrap();
    let sql = "SELECT body FROM relay_outbox WHERE kind = 'effect_report'";
    let rows = door.inside().store.read::<_, StoreError, _>(|tx| tx.query(sql, &[])).unwrap();
    let message = Message {
        sequence: 1,
        id: door.database.seams.random_id(),
        at: door.database.seams.now(),
        kind: effect_report::KIND.to_owned(),
        body: rows[0].blob(0).unwrap().to_vec(),
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
