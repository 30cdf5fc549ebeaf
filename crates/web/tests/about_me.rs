//! The pages about oneself: who looked, consents, representatives, what is held; and programs that ask who looked.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use base::Id;
use store::StoreError;
use store::testing::for_each_engine;
use tools::access::Actor;
use tools::consents::{self, Agreement, ConsentError, Party, SharedItem, Words};
use tools::disclosure::telling::Line;
use tools::looked;
use tools::portal::post::Opened;
use tools::portal::{AccountId, Assurance};
use tools::staff::Role;
use yakuba_web::testing::TestDoor;

fn tell(door: &TestDoor, account: AccountId, lines: &[(&str, &str, &str)]) -> Vec<Id> {
    let outside = door.app.outside.clone().unwrap();
    let lines: Vec<Line> = lines
        .iter()
        .enumerate()
        .map(|(number, (by, duty, items))| Line {
            id: outside.seams.random_id(),
            at: outside.seams.now().plus_seconds(-(number as i64) * 3600).micros(),
            by: (*by).to_owned(),
            office: (*by == "staff").then(|| "市民課".to_owned()),
            duty: (*duty).to_owned(),
            items: items.split(',').map(str::to_owned).collect(),
            told: None,
        })
        .collect();
    let opened = Opened {
        message: outside.seams.random_id(),
        account,
        sent_at: outside.seams.now(),
        content: serde_json::to_vec(&lines).unwrap(),
    };
    looked::take_lines(&outside, &opened).unwrap();
    looked::take_lines(&outside, &opened).unwrap();
    lines.iter().map(|line| line.id).collect()
}

#[test]
fn a_resident_reads_who_looked_narrows_it_takes_it_along_and_objects() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (account, mut me) = door.resident(Assurance::Substantial);
        assert!(me.get("/portal/looked").text().contains("記録はまだありません"));
        let ids = tell(
            &door,
            account,
            &[
                ("staff", "certificate.counter", "name,address"),
                ("resident", "certificate.self", "household"),
                ("staff", "inquiry", "tax"),
            ],
        );
        let page = me.get("/portal/looked").text();
        for word in ["市民課", "窓口での証明書の交付", "氏名、住所", "住民基本台帳法 第12条", "世帯の方など"]
        {
            assert!(page.contains(word), "{word}");
        }
        let home = me.get("/portal").text();
        let counted = home.replace(['\u{2068}', '\u{2069}'], "");
        assert!(counted.contains("この30日間に 3 件ありました"), "the home block: {home}");
        let narrowed = me.get("/portal/looked?work=inquiry").text();
        assert!(narrowed.contains("ご本人からの照会") && !narrowed.contains("氏名、住所"), "{narrowed}");
        assert!(me.get("/portal/looked?work=%3Cscript%3E&year=abc&page=-1").status == 200);

        let file = me.get("/portal/looked/file");
        assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(file.text().lines().count(), 4, "{}", file.text());

        let one = format!("/portal/looked/{}", ids[2]);
        assert!(me.get(&one).text().contains("証明は1時間ほどで付きます"));
        assert_eq!(me.get(&format!("{one}/proof")).status, 404);
        let object = format!("{one}/object");
        assert_eq!(me.post(&object, &[("words", "")]).status, 400);
        assert_eq!(me.post(&object, &[("words", "心当たりがありません")]).status, 303);
        assert_eq!(me.post(&object, &[("words", "もう一度")]).status, 409);
        assert!(me.get(&one).text().contains("心当たりがありません"));

        let (_, mut other) = door.resident(Assurance::Substantial);
        assert_eq!(other.get(&one).status, 404, "another person's line does not exist");
        assert_eq!(other.post(&object, &[("words", "x")]).status, 409);
        let (_, mut little) = door.resident(Assurance::Public);
        assert_eq!(little.get("/portal/looked").status, 403);
    });
}

#[test]
fn a_program_asks_who_looked_in_the_estonian_shape() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (account, mut me) = door.resident(Assurance::Substantial);
        tell(
            &door,
            account,
            &[("staff", "inquiry", "name"), ("staff", "register", "name"), ("system", "notice", "name")],
        );
        let all: serde_json::Value = serde_json::from_slice(&me.get("/api/v2/findUsage").bytes).unwrap();
        assert_eq!((&all["totalUsages"], all["usages"].as_array().unwrap().len()), (&3.into(), 3));
        let first = &all["usages"][0];
        assert_eq!((&first["receiverCode"], &first["receiverName"]), (&"99999".into(), &"見本市 市民課".into()));
        assert!(first["logtime"].as_str().unwrap().ends_with("+09:00"));
        let newest =
            all["usages"].as_array().unwrap().iter().map(|one| one["logtime"].as_str().unwrap()).collect::<Vec<_>>();
        assert!(newest.windows(2).all(|pair| pair[0] >= pair[1]), "newest first");
        let page: serde_json::Value =
            serde_json::from_slice(&me.get(&format!("/api/v2/findUsage?userCode={account}&offset=1&limit=1")).bytes)
                .unwrap();
        assert_eq!((&page["totalUsages"], page["usages"].as_array().unwrap().len()), (&3.into(), 1));
        assert_eq!(me.get("/api/v2/findUsage?userCode=other").status, 403);
        assert_eq!(me.get("/api/v2/findUsage?periodStart=yesterday").status, 400);
        let none: serde_json::Value =
            serde_json::from_slice(&me.get("/api/v2/findUsage?periodEnd=2001-01-01").bytes).unwrap();
        assert_eq!(none["totalUsages"], 0);
        assert!(me.get("/api/v2/heartbeat").text().contains("OK"));
        assert!(me.get("/api/v2/usagePeriod").text().contains("periodStart"));
        assert_eq!(door.stranger().get("/api/v2/findUsage").status, 401);
    });
}

fn agreement() -> Agreement {
    let words = |text: &str| Words { ja: text.to_owned(), easy: text.to_owned(), en: "Booking".to_owned() };
    Agreement {
        id: "app-clinic".to_owned(),
        name: words("健診の予約"),
        purpose: words("予約に使います"),
        recipient: Party {
            id: "clinic".to_owned(),
            name: "見本診療所".to_owned(),
            address: "見本市".to_owned(),
            contact: "000".to_owned(),
            kind: "recipient".to_owned(),
        },
        items: vec![SharedItem { code: "name".to_owned(), name: words("氏名"), is_sensitive: false }],
        lawful_basis: "本人の同意".to_owned(),
        retention: words("1年"),
        storage: "JP".to_owned(),
        jurisdiction: "JP".to_owned(),
        privacy_notice: "https://clinic.example".to_owned(),
        days: 30,
    }
}

#[test]
fn a_consent_is_given_with_the_card_shown_on_one_page_with_a_receipt_and_taken_back() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let outside = door.app.outside.clone().unwrap();
        let seams = outside.seams.clone();
        outside
            .store
            .write::<_, ConsentError, _>(move |tx| {
                consents::publish(tx, &seams, &Actor::System { job: "test" }, &agreement())
            })
            .unwrap();
        let give = "/portal/consents/give/app-clinic";
        assert_eq!(door.resident(Assurance::Substantial).1.get(give).status, 403, "the card is asked for");
        let (account, mut me) = door.resident(Assurance::High);
        let asked = me.get(give);
        assert!(asked.text().contains("見本診療所"));
        let hash = asked.between("name=\"hash\" value=\"", "\"").unwrap();
        assert_eq!(me.post(give, &[("hash", "0000")]).status, 409, "other words than were shown");
        assert_eq!(me.post(give, &[("hash", &hash)]).status, 303);
        let page = me.get("/portal/consents");
        let id = page.between("/portal/consents/", "/withdraw").unwrap();
        let receipt = me.get(&format!("/portal/consents/{id}/receipt"));
        let read: serde_json::Value = serde_json::from_slice(&receipt.bytes).unwrap();
        assert_eq!(read["pii_principal_id"], account.to_string());
        let withdraw = format!("/portal/consents/{id}/withdraw");
        assert_eq!(door.resident(Assurance::High).1.post(&withdraw, &[]).status, 404);
        assert_eq!(me.post(&withdraw, &[]).status, 303);
        assert!(me.get("/portal/consents").text().contains("取り消しました"));
        let now = outside.seams.now();
        let given = outside.store.read(|tx| consents::given(tx, now, account, "app-clinic")).unwrap();
        assert!(given.is_none());
    });
}

#[test]
fn a_helper_acts_within_the_mandate_both_names_are_shown_and_the_end_is_at_once() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let outside = door.app.outside.clone().unwrap();
        let ((principal, mut me), (helping, mut helper)) =
            (door.resident(Assurance::High), door.resident(Assurance::High));
        let path = "/portal/representatives";
        let last = outside.seams.today().plus_days(30).to_string();
        let none = me.post("/portal/representatives/offer", &[("last_day", &last)]);
        assert_eq!(none.status, 400);
        let offered = me.post("/portal/representatives/offer", &[("scope", "letters"), ("last_day", &last)]);
        let code = offered.between("<code>", "</code>").unwrap();
        assert_eq!(helper.post("/portal/representatives/accept", &[("code", "nonsense")]).status, 404);
        assert_eq!(helper.post("/portal/representatives/accept", &[("code", &code)]).status, 303);
        let act = format!("{path}/{}", helper.get(path).between("/portal/representatives/", "/act").unwrap());
        tell(&door, principal, &[("staff", "inquiry", "tax")]);
        assert_eq!(helper.post(&format!("{act}/act"), &[]).status, 303);

        let home = helper.get("/portal");
        assert_eq!(home.status, 200);
        assert!(home.text().contains("見本 花子 さんが 見本 花子 さんの代理"), "{}", home.text());
        for closed in ["/portal/looked", "/portal/me", "/portal/consents", "/api/v2/findUsage"] {
            assert_eq!(helper.get(closed).status, 403, "{closed}");
        }
        // What they do for another is written down with both names; a form from before the change is not taken.
        let own = helper.token("/portal/letters/00000000000000000000000000/done").unwrap();
        assert_eq!(helper.post("/portal/representatives/back", &[]).status, 303);
        let stale = helper.post_bare("/portal/letters/00000000000000000000000000/done", &[("csrf", &own)]);
        assert_eq!(stale.status, 403, "drawn while acting, sent as oneself");
        assert_eq!(helper.post(&format!("{act}/act"), &[]).status, 303);
        let done = helper.post("/portal/letters/00000000000000000000000000/done", &[]);
        assert_eq!(done.status, 303, "{}", done.text());
        let acted = outside.store.read::<_, StoreError, _>(|tx| {
            let sql = "SELECT c.content FROM audit_entry e JOIN audit_content c ON c.chain = e.chain \
                       AND c.position = e.position WHERE e.event = 'representation.acted'";
            tx.query(sql, &[])?.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<Vec<_>, _>>()
        });
        let acted = acted.unwrap();
        assert_eq!(acted.len(), 1);
        for named in [principal, helping] {
            assert!(acted[0].contains(&named.to_string()), "{acted:?}");
        }
        assert!(me.get(path).text().contains("代理を終える"));
        assert_eq!(me.post(&format!("{act}/end"), &[]).status, 303);
        // Over at once: the helper is themselves, and their own pages open again.
        assert_eq!(helper.get("/portal/looked").status, 200);
        assert_eq!(helper.post(&format!("{act}/act"), &[]).status, 404);
    });
}

#[test]
fn what_is_held_is_asked_with_the_card_and_forgotten_at_sign_out() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        assert_eq!(door.resident(Assurance::Substantial).1.get("/portal/me").status, 403);
        let (account, mut me) = door.resident(Assurance::High);
        assert_eq!(me.post("/portal/me/ask", &[]).status, 303);
        assert!(me.get("/portal/me").text().contains("いま、記録を確かめています"));
        let count = || {
            let outside = door.app.outside.clone().unwrap();
            let sql = "SELECT COUNT(*) FROM self_information WHERE account_id = $1";
            let row = outside.store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[account.into()])).unwrap();
            row.unwrap().int(0).unwrap()
        };
        assert_eq!(count(), 1);
        assert_eq!(me.post("/portal/sign-out", &[]).status, 303);
        assert_eq!(count(), 0);
    });
}

#[test]
fn officers_see_objections_and_guardians_by_their_roles() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        assert!(officer.get("/staff/objections").text().contains("回答待ちの申出はありません"));
        assert_eq!(officer.get(&format!("/staff/objections/{}", Id::from_bytes([1; 16]))).status, 404);
        assert_eq!(officer.get("/staff/representatives").status, 200);
        let entered = [("ward", "R-1"), ("guardian", "R-2"), ("kind", "child"), ("basis", "papers")];
        let refused = officer.post("/staff/representatives/enter", &entered);
        assert_eq!(refused.status, 404, "nobody of that number lives here");
        let mut auditor = door.staff(&[Role::Auditor]);
        assert_eq!(auditor.get("/staff/representatives").status, 403);
        assert_eq!(auditor.get("/staff/objections").status, 403);
    });
}
