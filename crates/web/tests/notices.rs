//! Notices over HTTP: an officer writes one, builds a rule by form, counts, submits; a second person approves; it is sent in
//! stages to whom it still concerns; it stops by itself and goes on only with a reason; whoever got it may ask why.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::sync::Arc;

use pki::sealed::SealingKey;
use services::notices_for_you::campaigns::sending::{self, StillMeant};
use services::notices_for_you::campaigns::telling::StillWanted;
use services::notices_for_you::campaigns::{self, Campaign, counters, counting, why};
use services::notices_for_you::facts::{FactsError, Registered};
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::ResidentId;
use tools::audit::Zone;
use tools::channels::Recheck as _;
use tools::dispatch::work;
use tools::mailbox::arrivals;
use tools::messages;
use tools::portal::{AccountId, AccountState, Assurance, Post, account};
use tools::register::import;
use tools::relay::{Endpoint, InProcess};
use tools::signing::SigningKey;
use tools::staff::Role;
use yakuba_web::testing::{TestDoor, Visitor};

struct House {
    door: TestDoor,
    post: Post,
    outside_post: Post,
}

/// Thirty people who receive notices: are 66, R-024 is 65, the others 26 and interested in raising children.
fn people(changed: bool) -> (String, String) {
    let header = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,municipality_code,town_code,became_resident_on,state,state_on\n";
    let mut rows = header.to_owned();
    for n in 1..=30 {
        let born = match n {
            6 if changed => "2000-01-01",
            1..=23 => "1960-01-01",
            24 => "1961-06-01",
            _ => "2000-01-01",
        };
        let state = match n {
            1 if changed => "moved_out,2026-11-20",
            2 if changed => "dead,2026-11-20",
            _ => ",",
        };
        rows.push_str(&format!(
            "R-{n:03},H-{n:03},世帯主,甲野　{n},カナ,{born},female,見本県見本市中央一丁目{n}番1号,99999,0001001,2005-04-01,{state}\n"
        ));
    }
    let protections = if changed { "R-003,2026-01-01,\n" } else { "" };
    (rows, format!("resident_id,protected_from,protected_until\n{protections}"))
}

impl House {
    fn open(database: TestDatabase) -> Self {
        let (ours, theirs) = (SealingKey::generate(), SealingKey::generate());
        let (our_name, their_name) = (ours.public().clone(), theirs.public().clone());
        let house = Self {
            door: TestDoor::open(database),
            post: Post::new(Zone::Outside, vec![ours], their_name),
            outside_post: Post::new(Zone::Inside, vec![theirs], our_name),
        };
        house.load(false);
        house
    }

    fn load(&self, changed: bool) {
        let database = &self.door.database;
        let directory = tempfile::tempdir().unwrap();
        let (residents, protections) = people(changed);
        std::fs::write(directory.path().join("residents.csv"), residents).unwrap();
        std::fs::write(directory.path().join("protections.csv"), protections).unwrap();
        let options = import::Options::default();
        let report =
            import::run(&database.inside(), &database.seams, directory.path(), &options, &mut |_| true).unwrap();
        assert!(report.switched && report.refused == 0);
    }

    /// Links an account and says what the person told.
    fn told(&self, account: AccountId, resident: &str, receives: bool, classes: i64, interests: &str) {
        let (resident, interests) = (resident.to_owned(), interests.to_owned());
        let now = self.door.inside().seams.now();
        let sql = "INSERT INTO notice_wishes (account_id, resident_id, receives, interests, areas, ages, language, classes, \
                   told_at) VALUES ($1, $2, $3, $4, '', '', 'ja', $5, $6) ON CONFLICT (account_id) DO UPDATE SET \
                   receives = $3, interests = $4, classes = $5";
        self.door
            .inside()
            .store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO portal_links (account_id, resident_id, linked_at, linked_by, told_state, told_at) \
                     VALUES ($1, $2, $3, 'card', 'open', $3) ON CONFLICT DO NOTHING",
                    &[account.into(), resident.as_str().into(), now.into()],
                )?;
                let values = [
                    account.into(),
                    resident.as_str().into(),
                    i64::from(receives).into(),
                    interests.as_str().into(),
                    classes.into(),
                    now.into(),
                ];
                tx.execute(sql, &values)?;
                tx.execute("UPDATE notice_wishes_generation SET generation = generation + 1", &[])
            })
            .unwrap();
    }

    /// Everybody receives and opened the resident register.
    fn everybody_told(&self, but: &[&str]) -> Vec<AccountId> {
        let seams = &self.door.database.seams;
        let mut accounts = Vec::new();
        for n in 1..=30 {
            let (account, resident) = (AccountId::fresh(seams), format!("R-{n:03}"));
            accounts.push(account);
            if !but.contains(&resident.as_str()) {
                self.told(account, &resident, true, 1, if n > 24 { "0" } else { "" });
            }
        }
        accounts
    }

    fn relay(&self) {
        let (inside, outside) = (self.door.inside().clone(), self.door.app.outside.as_ref().unwrap().clone());
        let key = |seed: u8| Arc::new(SigningKey::from_seed([seed; 32]).unwrap());
        let end = |zone, store: &store::Store, own: u8, other: u8, router| {
            Endpoint::new(zone, store.clone(), inside.seams.clone(), key(own), vec![key(other).public()], router)
        };
        let to_inside = messages::to_inside().on(counters::COUNTERS, counters::receive);
        let to_outside = messages::to_outside().on(counters::HALT, counters::receive_halt);
        let near = end(Zone::Inside, &inside.store, 1, 2, to_inside);
        let far = end(Zone::Outside, &outside.store, 2, 1, to_outside);
        near.pump(&InProcess(&far)).unwrap();
        arrivals::unpack(&outside, &self.outside_post).unwrap();
    }

    /// The sending job for so many quarters of a stage's hold; `there` stays signed in.
    fn send(&self, quarters: usize, there: &mut [&mut Visitor<'_>]) {
        let recheck = StillMeant { wishes: &Registered };
        for _ in 0..quarters {
            while work::step_with(self.door.inside(), &self.post, Some(&recheck)).unwrap() > 0 {}
            self.door.database.clock.advance_seconds(work::HOLD_SECONDS / 4);
            for visitor in there.iter_mut() {
                let address =
                    if visitor.cookies.keys().any(|name| name.contains("portal")) { "/portal" } else { "/staff" };
                assert_eq!(visitor.get(address).status, 200);
            }
        }
        self.relay();
    }

    fn campaign(&self, address: &str) -> Campaign {
        let id = base::Id::parse(address.rsplit('/').next().unwrap()).unwrap();
        self.door.inside().store.read::<_, StoreError, _>(|tx| campaigns::get(tx, id)).unwrap().unwrap()
    }
}

const TEXTS: [(&str, &str); 6] = [
    ("title_ja", "健康教室のご案内"),
    ("text_ja", "60歳以上の方の健康教室です。\n\nhttps://city.example.lg.jp/kyoshitsu"),
    ("title_easy", "｜健康《けんこう》の ｜教室《きょうしつ》"),
    ("text_easy", "60｜歳《さい》からの ｜教室《きょうしつ》です。"),
    ("title_en", "Health class"),
    ("text_en", "A class for people of 60 and over."),
];

/// A rule "age at least `least`", as the form sends it.
fn rule<'a>(least: &'a str, source: &'a str, pressed: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("revision", "1"),
        ("from", "2026-04-01"),
        ("row.0.kind", "all"),
        ("row.0.depth", "0"),
        ("row.1.kind", "test"),
        ("row.1.depth", "1"),
        ("row.1.fact", "age"),
        ("row.1.min", "least"),
        ("parameter.0.name", "least"),
        ("parameter.0.unit", "years"),
        ("parameter.0.value.0.from", "2026-04-01"),
        ("parameter.0.value.0.value", least),
        ("parameter.0.value.0.source", source),
        ("parameter.0.value.0.checked", if source.is_empty() { "" } else { "2026-11-01" }),
        ("parameter.0.value.0.standing", if source.is_empty() { "" } else { "read" }),
        ("do", pressed),
    ]
}

/// Begins a notice; its address.
fn begun(officer: &mut Visitor<'_>) -> String {
    let begun = officer.post("/staff/notices/begin", &[]);
    begun.location().unwrap().strip_suffix("/text").unwrap().to_owned()
}

/// Writes a notice for those of at least `least` years, whole and looked at.
fn written(officer: &mut Visitor<'_>, least: &str) -> String {
    let at = begun(officer);
    assert_eq!(officer.post(&format!("{at}/text"), &TEXTS).status, 303);
    assert_eq!(officer.post(&format!("{at}/audience"), &[("chosen_by", "rule")]).status, 303);
    assert_eq!(officer.post(&format!("{at}/rule"), &rule(least, "要綱 第3条", "save")).status, 303);
    assert_eq!(officer.post(&format!("{at}/test"), &[]).status, 303);
    at
}

fn approved(house: &House, officer: &mut Visitor<'_>, at: &str) {
    officer.post(&format!("{at}/count"), &[]);
    let asked = officer.post(&format!("{at}/submit"), &[("reason-submit", "健康教室の参加者を募る")]);
    assert_eq!(asked.status, 303, "{}", asked.text());
    let mut second = house.door.staff(&[Role::CertificateOfficer]);
    let page = second.get("/staff/approvals");
    let approval = page.between("action=\"/staff/approvals/", "/approve\"").unwrap();
    let address = format!("/staff/approvals/{approval}/approve");
    assert_eq!(officer.post(&address, &[]).status, 403, "not by the one who asked");
    let shown = second
        .get(&page.between("href=\"/staff/notices/of/", "\"").map(|id| format!("/staff/notices/of/{id}")).unwrap());
    assert_eq!(shown.location(), Some(at), "the second person sees what they approve");
    assert!(second.get(at).text().contains("要綱 第3条"), "with the source of each number");
    assert_eq!(second.post(&address, &[]).status, 303);
}

#[test]
fn hostile_and_unfinished_texts_are_refused_with_their_reason_and_nothing_typed_is_lost() {
    let house = House::open(TestDatabase::on_sqlite());
    let mut officer = house.door.staff(&[Role::CounterClerk]);
    assert!(officer.get("/staff/notices").text().contains("お知らせはまだありません"));
    let at = begun(&mut officer);
    let with = |name: &str, value: &str| {
        TEXTS.map(|(key, text)| (key, if key == name { value.to_owned() } else { text.to_owned() }))
    };
    for (name, value, sentence) in [
        ("text_ja", "<script>alert(1)</script>", "HTMLのタグは書けません"),
        ("text_en", "call 1234 5678 9018", "マイナンバー"),
        ("title_easy", "｜健康", "ふりがなの記号が合っていません"),
        ("title_ja", &"あ".repeat(41), "件名は40字まで"),
    ] {
        let typed = with(name, value);
        let typed: Vec<(&str, &str)> = typed.iter().map(|(key, text)| (*key, text.as_str())).collect();
        let answer = officer.post(&format!("{at}/text"), &typed);
        let text = answer.text();
        assert!(answer.status == 400 || answer.status == 422, "{}", answer.status);
        assert!(text.contains(sentence) && text.contains(&format!("href=\"#{name}\"")), "{name}: {text}");
        assert!(text.contains("A class for people of 60 and over.") || name == "text_en", "what was typed stays");
        assert!(!text.contains("<script>alert"));
    }
    assert_eq!(officer.post(&format!("{at}/text"), &TEXTS[..4]).status, 303, "a draft may be unfinished");
    assert_eq!(officer.post(&format!("{at}/test"), &[]).status, 400, "but not looked at as finished");
    assert_eq!(officer.post(&format!("{at}/submit"), &[("reason-submit", "x")]).status, 400);
    // Those who only see, see; others nothing.
    let mut auditor = house.door.staff(&[Role::Auditor]);
    assert_eq!(auditor.get(&at).status, 200);
    assert_eq!(auditor.post(&format!("{at}/text"), &TEXTS).status, 403);
    assert_eq!(house.door.staff(&[Role::Operator]).get("/staff/notices").status, 403);
}

#[test]
fn a_rule_is_built_by_buttons_and_a_number_without_a_source_does_not_go_live() {
    let house = House::open(TestDatabase::on_sqlite());
    house.everybody_told(&[]);
    let mut officer = house.door.staff(&[Role::CounterClerk]);
    let at = begun(&mut officer);
    officer.post(&format!("{at}/audience"), &[("chosen_by", "rule")]);
    let here = format!("{at}/rule");
    // Built up one button at a time, as without script.
    assert_eq!(
        officer.post(&here, &[("revision", "1"), ("row.0.kind", "all"), ("row.0.depth", "0"), ("do", "test.0")]).status,
        303
    );
    assert!(officer.get(&here).text().contains("name=\"row.1.fact\""));
    officer.post(&here, &rule("60", "", "parameter"));
    let page = officer.get(&here).text();
    assert!(page.contains("name=\"parameter.1.name\"") && page.contains("value=\"60\""), "nothing typed is lost");
    officer.post(&here, &rule("60", "", "check"));
    let page = officer.get(&format!("{here}?check=1")).text();
    assert!(page.contains("href=\"#parameter.0.value.0") && page.contains("基準 1: "), "{page}");
    assert_eq!(officer.post(&format!("{at}/count"), &[]).status, 400, "it is not evaluated either");
    // A rule whose days are over cannot be evaluated; the reason is said.
    let mut over = rule("60", "要綱 第3条", "check");
    over.push(("until", "2026-05-01"));
    officer.post(&here, &over);
    assert!(officer.get(&at).text().contains(&rules::Wrong::NotInForce.in_language(rules::Language::Japanese)));
    officer.post(&here, &rule("60", "要綱 第3条", "check"));
    assert!(officer.get(&format!("{here}?check=1")).text().contains("この条件で判定できます"));
    // A ready scheme takes its place.
    officer.post(&format!("{at}/scheme"), &[("scheme", "specific-checkup")]);
    let page = officer.get(&here).text();
    assert!(page.contains("name=\"row.3.kind\"") && !page.contains("要綱 第3条"), "{page}");
}

#[test]
fn a_notice_reaches_those_whom_it_still_concerns_and_nobody_else() {
    for_each_engine(|database| {
        let house = House::open(database);
        let (protected, mut hidden) = house.door.resident(Assurance::High);
        let (reader, mut at_home) = house.door.resident(Assurance::High);
        let accounts = house.everybody_told(&["R-003", "R-007"]);
        house.told(protected, "R-003", true, 1, "");
        house.told(reader, "R-007", true, 1, "");
        let mut officer = house.door.staff(&[Role::CounterClerk]);
        let at = written(&mut officer, "60");
        assert_eq!(officer.post(&format!("{at}/count"), &[]).status, 303);
        let (campaign, today) = (house.campaign(&at), house.door.database.seams.today());
        let (live, _) = campaign.audience.live(today, rules::Admission::Demo).unwrap();
        let hash = counting::hash(live.rule());
        let counted = house.door.inside().store.read::<_, StoreError, _>(|tx| counting::last(tx, campaign.id, &hash));
        let shown = counted.unwrap().unwrap().shown.unwrap();
        assert_eq!(
            (shown.total(), shown.receiving, shown.undecided),
            (Some(24), Some(30), None),
            "6 others would be told of"
        );
        // Nearly the same rule is not shown: the two could be subtracted. The same again is.
        let near = written(&mut officer, "66");
        officer.post(&format!("{near}/count"), &[]);
        assert!(officer.get(&near).text().contains("引き算すると少数の人が分かる"));
        // The very same people by another rule: that it leaves out none tells as much. The same rule by another source is shown.
        officer.post(&format!("{near}/rule"), &rule("59", "要綱 第3条", "save"));
        officer.post(&format!("{near}/count"), &[]);
        assert!(officer.get(&near).text().contains("引き算すると少数の人が分かる"));
        officer.get(&format!("{near}/preview"));
        let refused = officer.post(&format!("{near}/submit"), &[("reason-submit", "人数を見るため")]);
        assert_eq!(refused.status, 409, "what was not shown is not told by sending");
        officer.post(&format!("{near}/rule"), &rule("60", "要綱 第4条", "save"));
        officer.post(&format!("{near}/count"), &[]);
        assert!(officer.get(&near).text().contains("<strong>24</strong>"));
        // A few, or nobody: one answer.
        let few = written(&mut officer, "85");
        officer.post(&format!("{few}/count"), &[]);
        let page = officer.get(&few).text();
        assert!(page.contains("notice-hidden") || page.contains("非表示"), "{page}");

        approved(&house, &mut officer, &at);
        assert_eq!(officer.post(&format!("{at}/text"), &TEXTS).status, 409, "what was approved does not change");
        // Between approval and sending: moved, died, protected, younger by correction; stopped; consent withdrawn.
        house.load(true);
        house.told(accounts[3], "R-004", false, 0, "");
        house.told(accounts[4], "R-005", true, 0, "");
        house.door.database.clock.advance_seconds(10);
        assert_eq!(work::step(house.door.inside(), &house.post).unwrap(), 0, "never without judging again");
        house.send(14, &mut [&mut at_home, &mut hidden, &mut officer]);
        let sent = house.campaign(&at).dispatch.unwrap();
        assert_eq!((sent.state.word(), sent.total, sent.placed, sent.unreached), ("done", 24, 18, 6));
        assert!(at_home.get("/portal/letters").text().contains("健康教室のご案内"));
        assert!(!hidden.get("/portal/letters").text().contains("健康教室のご案内"), "not to the protected");
        assert!(officer.get("/staff/notices").text().contains("健康教室のご案内"));

        // A message that waited for its hour does not leave for somebody who moved meanwhile; other letters are not its matter.
        let (id, outside) = (sent.letter.id(), house.door.app.outside.as_ref().unwrap());
        let tells = |campaign, account| outside.store.read(|tx| StillWanted.may_tell(tx, campaign, account)).unwrap();
        assert!(tells(id, reader) && !tells(id, protected) && tells(base::Id::from_bytes([7; 16]), protected));
        let now = outside.seams.now();
        outside
            .store
            .write::<_, StoreError, _>(move |tx| account::set_state(tx, now, reader, AccountState::MovedOut, None))
            .unwrap();
        assert!(!tells(id, reader));

        // Once a notice, whoever was judged for it finds that among who looked.
        let (inside, kept) = (house.door.inside(), house.door.app.notices.clone());
        assert_eq!(sending::name_concerned(inside, &kept, &Registered).unwrap(), 1);
        assert_eq!(sending::name_concerned(inside, &kept, &Registered).unwrap(), 0);
        let named = inside.store.read::<_, StoreError, _>(|tx| {
            tx.query_one("SELECT COUNT(*) FROM disclosure_concerned WHERE subject = 'R-007'", &[])
        });
        assert_eq!(named.unwrap().unwrap().int(0), Ok(1));

        // Why did I get this? Judged again, for oneself.
        let asked = |resident: &'static str| {
            let (zone, letter) = (inside.clone(), sent.letter.to_string());
            let person = ResidentId::parse(resident).unwrap();
            inside
                .store
                .write::<_, FactsError, _>(move |tx| {
                    why::why(tx, &zone, &letter, &person, ui::Language::Japanese, &Registered)
                })
                .unwrap()
        };
        let (outcome, lines) = asked("R-007").unwrap();
        assert_eq!(outcome, rules::Outcome::Eligible);
        assert!(lines.iter().any(|line| line.asked.contains("年齢") && line.known.contains("66歳")), "{}", lines.len());
        assert!(asked("R-003").is_none(), "nothing is said about the protected");
    });
}

#[test]
fn a_notice_stops_by_itself_and_goes_on_only_when_an_officer_says_why() {
    for_each_engine(|database| {
        let house = House::open(database);
        house.everybody_told(&[]);
        let mut officer = house.door.staff(&[Role::CounterClerk]);
        let at = written(&mut officer, "60");
        approved(&house, &mut officer, &at);
        house.door.database.clock.advance_seconds(10);
        house.send(1, &mut [&mut officer]);
        let letter = house.campaign(&at).dispatch.unwrap().letter.to_string();
        let outside = house.door.app.outside.as_ref().unwrap().clone();
        let said = |irrelevant: i64| {
            let letter = letter.clone();
            let changed = outside.store.write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "UPDATE channel_campaigns SET irrelevant = $2 WHERE campaign_id = $1",
                    &[letter.as_str().into(), irrelevant.into()],
                )
            });
            assert_eq!(changed.unwrap(), 1);
            counters::tell(&outside).unwrap();
            house.relay();
        };
        let told = || {
            let letter = letter.clone();
            let row = outside.store.read::<_, StoreError, _>(move |tx| {
                tx.query_one("SELECT state FROM channel_campaigns WHERE campaign_id = $1", &[letter.as_str().into()])
            });
            row.unwrap().unwrap().text(0).unwrap().to_owned()
        };
        said(9);
        assert_eq!(
            (house.campaign(&at).paused_for, told().as_str()),
            (None, "open"),
            "nine in a thousand are not enough"
        );
        said(10);
        let paused = house.campaign(&at);
        assert_eq!(
            (paused.paused_for.as_deref(), paused.dispatch.unwrap().state.word()),
            (Some("irrelevant"), "stopped")
        );
        house.relay();
        assert_eq!(told(), "paused");
        assert!(officer.get(&at).text().contains("自動で停止"));
        assert_eq!(officer.post(&format!("{at}/go-on"), &[]).status, 400, "not without a reason");
        let of = house.campaign(&at).dispatch.unwrap().id;
        let mut other = house.door.staff(&[Role::CertificateOfficer]);
        assert_ne!(other.post(&format!("/staff/letters/{of}/go-on"), &[]).status, 303, "nor by another page");
        let went_on = officer.post(&format!("{at}/go-on"), &[("reason-go-on", "対象は正しいと確かめた")]);
        assert_eq!(went_on.status, 303, "{}", went_on.text());
        house.relay();
        let going = house.campaign(&at);
        assert_eq!(
            (going.paused_for, going.dispatch.unwrap().state.word(), told().as_str()),
            (None, "sending", "open")
        );
        said(10);
        assert_eq!(house.campaign(&at).paused_for, None, "the same ten do not stop it again");
        said(11);
        assert_eq!(house.campaign(&at).paused_for.as_deref(), Some("irrelevant"), "one more does");
        // Taken back: nobody else gets it.
        assert_eq!(officer.post(&format!("{at}/recall"), &[("reason-recall", "対象を誤りました")]).status, 303);
        house.relay();
        assert_eq!((house.campaign(&at).dispatch.unwrap().state.word(), told().as_str()), ("recalled", "withdrawn"));
    });
}

#[test]
fn what_was_declined_is_changed_and_asked_for_anew() {
    let house = House::open(TestDatabase::on_sqlite());
    house.everybody_told(&[]);
    let mut officer = house.door.staff(&[Role::CounterClerk]);
    let at = written(&mut officer, "60");
    assert_eq!(
        officer.post(&format!("{at}/submit"), &[("reason-submit", "募集")]).status,
        400,
        "not before it is counted"
    );
    officer.post(&format!("{at}/count"), &[]);
    assert_eq!(officer.post(&format!("{at}/submit"), &[("reason-submit", "募集")]).status, 303);
    assert_eq!(officer.post(&format!("{at}/submit"), &[("reason-submit", "募集")]).status, 409, "once");
    assert_eq!(officer.post(&format!("{at}/back"), &[]).status, 409, "not while somebody is asked");
    let mut second = house.door.staff(&[Role::CertificateOfficer]);
    let approval = second.get("/staff/approvals").between("action=\"/staff/approvals/", "/decline\"").unwrap();
    let approval = approval.rsplit('/').next().unwrap().to_owned();
    assert_eq!(second.post(&format!("/staff/approvals/{approval}/decline"), &[]).status, 303);
    assert_eq!(officer.post(&format!("{at}/back"), &[]).status, 303);
    assert!(house.campaign(&at).is_draft());
    // For those interested alone, now.
    officer.post(&format!("{at}/audience"), &[("chosen_by", "interests"), ("interest", "0")]);
    approved_by_interest(&house, &mut officer, &at);
}

fn approved_by_interest(house: &House, officer: &mut Visitor<'_>, at: &str) {
    officer.post(&format!("{at}/count"), &[]);
    let asked = officer.post(&format!("{at}/submit"), &[("reason-submit", "募集")]);
    assert_eq!(asked.status, 303, "{}", asked.text());
    assert_eq!(house.campaign(at).dispatch.unwrap().total, 6);
    // A small number is not told to those who look.
    assert!(officer.get(at).text().contains("10人未満"));
}
