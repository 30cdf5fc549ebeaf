//! Schemes over HTTP: registered, judged inside, shown with reasons; consents and answers decide more; a change in the
//! household is judged anew; nothing of others is shown, nothing to the protected; why a notice came; 関係ない.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::path::Path;
use std::sync::Arc;

use base::Timestamp;
use pki::sealed::SealingKey;
use services::notices_for_you::facts::Registered;
use services::notices_for_you::schemes::reading::FromRegister;
use services::notices_for_you::schemes::work::{self, Facts};
use services::notices_for_you::schemes::{self, kept as judged};
use services::notices_for_you::wishes::{self, agreements, kept, told};
use services::notices_for_you::{campaigns, why};
use store::StoreError;
use store::testing::TestDatabase;
use tools::audit::Zone;
use tools::consents::ConsentError;
use tools::mailbox::{Block, Body, DeliveryLaw, Importance, Letter, LetterId, Sender, arrivals, letter};
use tools::messages;
use tools::portal::post::Desk;
use tools::portal::{AccountId, Assurance, Post};
use tools::register::import::Options;
use tools::relay::{Endpoint, InProcess};
use tools::signing::SigningKey;
use tools::tax_records::TaxRecord;
use wire::record_lines::{Contents, Header, Record as _, write_header, write_record};
use wire::resident_csv::files;
use yakuba_web::testing::{TestDoor, Visitor};

struct City {
    door: TestDoor,
    inside_post: Arc<Post>,
    outside_post: Arc<Post>,
    relay: (Endpoint, Endpoint),
}

impl City {
    fn open() -> Self {
        let database = TestDatabase::on_sqlite();
        // The day on which the sources of the schemes were read: on one before it no rule goes live.
        database.clock.advance_seconds(3 * 86_400);
        let door = TestDoor::open(database);
        let (ours, theirs) = (SealingKey::generate(), SealingKey::generate());
        let (our_name, their_name) = (ours.public().clone(), theirs.public().clone());
        let (inside, outside) = (door.inside().clone(), door.app.outside.as_ref().unwrap().clone());
        let key = |seed: u8| Arc::new(SigningKey::from_seed([seed; 32]).unwrap());
        let end = |zone, store: &store::Store, own: u8, other: u8, router| {
            Endpoint::new(zone, store.clone(), inside.seams.clone(), key(own), vec![key(other).public()], router)
        };
        let near = end(Zone::Inside, &inside.store, 1, 2, messages::to_inside());
        let far = end(Zone::Outside, &outside.store, 2, 1, messages::to_outside());
        let (seams, profile) = (outside.seams.clone(), outside.profile.clone());
        outside.store.write::<_, ConsentError, _>(move |tx| agreements::publish(tx, &seams, &profile)).unwrap();
        Self {
            door,
            inside_post: Arc::new(Post::new(Zone::Outside, vec![ours], their_name)),
            outside_post: Arc::new(Post::new(Zone::Inside, vec![theirs], our_name)),
            relay: (near, far),
        }
    }

    fn outside(&self) -> tools::Outside {
        self.door.app.outside.as_ref().unwrap().as_ref().clone()
    }

    /// The residents: a couple with a child, and a protected woman. `child` is when the child was born.
    fn residents(&self, child: Option<&str>) {
        let directory = tempfile::tempdir().unwrap();
        let header = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,municipality_code,\
                      town_code,became_resident_on,state,state_on\n";
        let row = |id: &str, house: &str, role: &str, name: &str, born: &str, sex: &str| {
            format!(
                "{id},{house},{role},{name},カナ,{born},{sex},見本県見本市中央一丁目1番1号,99999,0001001,2005-04-01,,\n"
            )
        };
        let mut rows = vec![
            row("R-1", "H-1", "世帯主", "甲野　太郎", "1980-01-02", "male"),
            row("R-2", "H-1", "妻", "甲野　春子", "1982-03-04", "female"),
            row("R-4", "H-4", "世帯主", "乙野　秋子", "1981-01-02", "female"),
        ];
        if let Some(born) = child {
            rows.insert(2, row("R-3", "H-1", "子", "甲野　一郎", born, "male"));
        }
        std::fs::write(directory.path().join(files::RESIDENTS), format!("{header}{}", rows.concat())).unwrap();
        std::fs::write(
            directory.path().join(files::PROTECTIONS),
            "resident_id,protected_from,protected_until\nR-4,2026-01-01,\n",
        )
        .unwrap();
        let database = &self.door.database;
        let report = tools::register::import::run(
            &database.inside(),
            &database.seams,
            directory.path(),
            &Options::default(),
            &mut |_| true,
        );
        assert_eq!(report.unwrap().refused, 0);
    }

    fn taxes(&self, of: &[(&str, i64)]) {
        let directory = tempfile::tempdir().unwrap();
        let records: Vec<TaxRecord> = of
            .iter()
            .map(|(resident, income)| {
                let mut record = TaxRecord {
                    resident_id: (*resident).to_owned(),
                    fiscal_year: 2026,
                    lived_here: true,
                    is_filed: true,
                    is_pending: false,
                    ..TaxRecord::invented(5)
                };
                record.income.total.0 = *income;
                record
            })
            .collect();
        write_taxes(directory.path(), &records);
        let database = &self.door.database;
        tools::copied_records::import::run::<TaxRecord>(
            &database.inside(),
            &database.seams,
            directory.path(),
            &Options::default(),
        )
        .unwrap()
        .unwrap();
    }

    /// Somebody in the portal who is this resident.
    fn resident(&self, resident: &'static str, level: Assurance) -> (AccountId, Visitor<'_>) {
        let (account, visitor) = self.door.resident(level);
        let now = self.door.database.seams.now();
        self.door
            .inside()
            .store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO portal_links (account_id, resident_id, linked_at, linked_by, told_state, told_at) \
                     VALUES ($1, $2, $3, 'card', 'open', $3)",
                    &[account.into(), resident.into(), now.into()],
                )
            })
            .unwrap();
        (account, visitor)
    }

    /// Everything that waits is told, carried, judged and taken. Returns how many people were judged.
    fn settle(&self) -> usize {
        let (inside, outside) = (self.door.inside().clone(), self.outside());
        let facts: Arc<dyn Facts> = Arc::new(FromRegister);
        self.door.database.clock.advance_seconds(1);
        let mut judged_now = 0;
        for _ in 0..2 {
            kept::send_untold(&outside, &self.outside_post).unwrap();
            why::send_questions(&outside, &self.outside_post).unwrap();
            self.relay.1.pump(&InProcess(&self.relay.0)).unwrap();
            self.inside_post.unpack(&inside.store, &inside.seams, &self.inside_desk()).unwrap();
            judged_now += work::step(&inside, &self.inside_post, &facts).unwrap();
            self.relay.0.pump(&InProcess(&self.relay.1)).unwrap();
            let taking = (outside.clone(), outside.clone());
            let desk = Desk::default()
                .on(schemes::SCHEMES, move |opened| judged::take(&taking.0, opened))
                .on(campaigns::why::ANSWER, move |opened| why::take_answer(&taking.1, opened));
            self.outside_post.unpack(&outside.store, &outside.seams, &desk).unwrap();
        }
        judged_now
    }

    fn inside_desk(&self) -> Desk {
        let (registering, asked, post) =
            (self.door.inside().clone(), self.door.inside().clone(), self.inside_post.clone());
        Desk::default()
            .on(wishes::WISHES, move |opened| told::take(&registering, opened))
            .on(campaigns::why::ASKED, move |opened| campaigns::why::answer(&asked, &post, opened, Registered))
    }

    /// A notice of the city in the box of `account`.
    fn notice(&self, account: AccountId) -> LetterId {
        let seams = self.outside().seams;
        let id = LetterId::fresh(&seams);
        let made = Letter {
            attachments: Vec::new(),
            id,
            sender: Sender { key: "health".to_owned(), is_city: true, name: "健康支援課".to_owned() },
            importance: Importance::News,
            class: "news".to_owned(),
            delivery: DeliveryLaw::Free,
            title: "健診のお知らせ".to_owned(),
            body: Body { japanese: vec![Block::Paragraph("健診があります。".to_owned())], ..Body::default() },
            action: None,
            due_on: None,
            paper_after: None,
            campaign: Some("campaign".to_owned()),
            reason: None,
            sent_at: seams.now(),
            recalled_at: None,
        };
        self.outside()
            .store
            .write::<_, StoreError, _>(move |tx| {
                letter::keep(tx, &made)?;
                arrivals::place(tx, &seams, &made, &[account])
            })
            .unwrap();
        id
    }
}

fn write_taxes(directory: &Path, records: &[TaxRecord]) {
    let mut out = Vec::new();
    let header = Header {
        source: "source".to_owned(),
        position: 10,
        taken_at: Timestamp::from_seconds(1_795_482_000 - 600),
        contents: Contents::Full,
        records: records.len() as u64,
    };
    write_header::<TaxRecord>(&mut out, &header).unwrap();
    records.iter().for_each(|record| write_record(&mut out, record).unwrap());
    std::fs::write(directory.join(TaxRecord::FILE), out).unwrap();
}

const REGISTER: &[(&str, &str)] =
    &[("receives", "1"), ("field", "0"), ("field", "2"), ("age", "41"), ("area", "1"), ("language", "ja")];

/// The card of one scheme on the page.
fn card(page: &str, name: &str) -> String {
    let at = page.find(&format!("<h3>{name}</h3>")).unwrap_or_else(|| panic!("no card of {name} in {page}"));
    page[at..].split("</article>").next().unwrap().to_owned()
}

fn outcome(page: &str, name: &str) -> String {
    let card = card(page, name);
    ["対象かもしれない", "対象外", "わからない"]
        .into_iter()
        .find(|word| card.contains(&format!("{word}</span>")))
        .unwrap_or_else(|| panic!("no outcome in {card}"))
        .to_owned()
}

/// A child of four months on the day of the tests.
fn four_months(city: &City) -> String {
    city.door.database.seams.today().plus_days(-125).to_string()
}

#[test]
fn whoever_registers_is_judged_inside_and_reads_schemes_with_reasons_one_letter_and_nothing_of_others() {
    let city = City::open();
    let born = four_months(&city);
    city.residents(Some(&born));
    let (account, mut me) = city.resident("R-1", Assurance::Substantial);
    assert!(me.get("/portal/schemes").text().contains("まだ登録していません"));
    assert!(me.get("/portal").text().contains("登録して調べる"));
    assert_eq!(
        me.post("/portal/interests", REGISTER).location(),
        Some("/portal/schemes?done=portal-done-schemes-registered")
    );
    assert!(me.get("/portal/schemes").text().contains("制度を調べています"));
    assert_eq!(city.settle(), 1);

    let page = me.get("/portal/schemes").text();
    assert_eq!(outcome(&page, "乳児一般健康診査"), "対象かもしれない", "the child's age counts for the parent");
    assert_eq!(outcome(&page, "特定健康診査"), "わからない", "the city holds no insurance");
    assert_eq!(outcome(&page, "前立腺がん検診"), "対象外", "too young");
    assert!(page.contains("見本の値です"), "a demo says that the numbers are samples");
    assert!(card(&page, "乳児一般健康診査").contains("世帯の子に、次に当てはまる人がいる"));
    // Of others the page holds no name, no date, no age.
    for other in ["春子", "一郎", &born, "4か月", "1982"] {
        assert!(!page.contains(other), "{other}");
    }
    let home = me.get("/portal").text();
    assert!(home.contains("乳児一般健康診査") && home.contains("新しく使えるかもしれない制度があります"));
    let letters = me.get("/portal/letters").text();
    assert_eq!(letters.matches("新しく使えるかもしれない制度があります").count(), 1);
    let letter = me.get("/portal/letters").between("/portal/letters/0", "\"").unwrap();
    let letter = format!("/portal/letters/0{letter}");
    assert!(me.get(&letter).text().contains("使える制度を見る"));
    assert_eq!(me.get(&format!("{letter}/why")).location(), Some("/portal/schemes"));

    // Judged once: nobody is judged again, or told again, without a cause.
    assert_eq!(city.settle(), 0);
    let told = city
        .outside()
        .store
        .read::<_, StoreError, _>(|tx| tx.query("SELECT kind FROM channel_campaigns", &[]))
        .unwrap();
    assert_eq!(told.len(), 1, "one matter for the channels");

    // Put away and back; stopped; taken back.
    assert_eq!(me.post("/portal/schemes/infant-checkup/hide", &[]).status, 303);
    let page = me.get("/portal/schemes").text();
    assert!(page.contains("関係ないとした制度(1)") && page.contains("対象かもしれない制度(0)"), "{page}");
    assert_eq!(me.post("/portal/schemes/infant-checkup/show", &[]).status, 303);
    assert!(me.get("/portal/schemes").text().contains("対象かもしれない制度(1)"));
    assert!(me.get("/portal/consents").text().contains("続柄、あなたが登録した関心と答え"), "one page of all consents");
    assert_eq!(me.post("/portal/interests/stop", &[]).status, 303);
    assert!(me.get("/portal/schemes").text().contains("まだ登録していません"));
    city.settle();
    let kept = |table: &'static str| {
        city.outside().store.read::<_, StoreError, _>(|tx| tx.query_one(table, &[account.into()])).unwrap().is_some()
    };
    assert!(!kept("SELECT 1 FROM scheme_judgements WHERE account_id = $1"), "what was judged is erased");
    assert_eq!(me.post("/portal/interests/undo", &[]).status, 303);
    let page = me.get("/portal/interests").text();
    assert!(page.contains("id=\"field-2\" name=\"field\" value=\"2\" checked"), "{page}");
    assert_eq!(city.settle(), 1);
    assert!(me.get("/portal/schemes").text().contains("対象かもしれない制度(1)"));
}

#[test]
fn answers_and_the_consent_to_tax_data_turn_undecided_into_eligible_and_withdrawing_turns_it_back() {
    let city = City::open();
    city.residents(Some("2018-05-05"));
    city.taxes(&[("R-1", 1_000_000), ("R-2", 9_000_000)]);
    let (_, mut me) = city.resident("R-1", Assurance::High);
    me.post("/portal/interests", REGISTER);
    city.settle();
    let scheme = "児童扶養手当";
    assert_eq!(outcome(&me.get("/portal/schemes").text(), scheme), "わからない");
    let answers = [("single", "1"), ("receives", "0"), ("insurance", "1"), ("year", "0")];
    assert_eq!(me.post("/portal/interests/questions", &answers).status, 303);
    city.settle();
    let page = me.get("/portal/schemes").text();
    assert_eq!(outcome(&page, scheme), "わからない", "income is not opened");
    assert_eq!(outcome(&page, "特定健康診査"), "対象かもしれない", "46 years, insured by the city, none had");
    assert!(page.contains("税の情報を使うことに同意すると"), "{page}");

    let give = "/portal/consents/give/notices-tax";
    let asked = me.get(give);
    assert!(asked.text().contains("所得の金額"));
    let hash = asked.between("name=\"hash\" value=\"", "\"").unwrap();
    assert_eq!(me.post(give, &[("hash", &hash)]).status, 303);
    assert_eq!(city.settle(), 1, "the consent alone makes a judgement");
    let page = me.get("/portal/schemes").text();
    assert_eq!(outcome(&page, scheme), "対象かもしれない");
    assert!(card(&page, scheme).contains("1,000,000円"), "one's own income is told: {}", card(&page, scheme));
    assert!(!page.contains("9,000,000"), "the wife's is not");

    let withdraw = me.get("/portal/consents").between("/portal/consents/", "/withdraw").unwrap();
    assert_eq!(me.post(&format!("/portal/consents/{withdraw}/withdraw"), &[]).status, 303);
    city.settle();
    assert_eq!(outcome(&me.get("/portal/schemes").text(), scheme), "わからない");
    let (_, mut little) = city.resident("R-2", Assurance::Substantial);
    assert_eq!(little.get(give).status, 403, "the card is asked for");
}

#[test]
fn a_change_in_the_household_and_the_day_alone_are_judged_anew() {
    let city = City::open();
    city.residents(None);
    let (_, mut me) = city.resident("R-2", Assurance::Substantial);
    me.post("/portal/interests", REGISTER);
    city.settle();
    let scheme = "乳児一般健康診査";
    assert_eq!(outcome(&me.get("/portal/schemes").text(), scheme), "対象外");
    // A child comes into the household.
    let born = four_months(&city);
    city.residents(Some(&born));
    assert_eq!(city.settle(), 1);
    assert_eq!(outcome(&me.get("/portal/schemes").text(), scheme), "対象かもしれない");
    assert_eq!(city.settle(), 0);
    // Seven months old: nothing was written anywhere, and it is judged again by itself.
    city.door.database.clock.advance_seconds(91 * 86_400);
    let (_, mut later) = (0, me.clone());
    assert!(city.settle() >= 1);
    let shown = judged::standing(&city.outside(), account_of(&city, "R-2")).unwrap();
    let judged::Standing::Judged(shown) = shown else { panic!("judged") };
    let infant = shown.schemes.iter().find(|(scheme, _)| scheme.code == "infant-checkup").unwrap();
    assert_eq!(infant.1.outcome, rules::Outcome::NotEligible);
    assert_eq!(later.get("/portal/schemes").status, 401, "three months later nobody is signed in any more");
}

fn account_of(city: &City, resident: &'static str) -> AccountId {
    let resident = tools::ResidentId::parse(resident).unwrap();
    let found =
        city.door.inside().store.read::<_, StoreError, _>(|tx| tools::portal::link::account_of(tx, &resident)).unwrap();
    found.unwrap()
}

#[test]
fn a_protected_person_is_told_what_everybody_is_told_whom_nothing_can_be_told() {
    let city = City::open();
    city.residents(None);
    let (_, mut protected) = city.resident("R-4", Assurance::Substantial);
    let (_, mut unknown) = city.resident("R-99", Assurance::Substantial);
    for visitor in [&mut protected, &mut unknown] {
        visitor.post("/portal/interests", REGISTER);
    }
    city.settle();
    let page = |visitor: &mut Visitor<'_>| visitor.get("/portal/schemes").between("<main", "</main>").unwrap();
    let (one, other) = (page(&mut protected), page(&mut unknown));
    assert!(one.contains("窓口でおたずねください"), "{one}");
    assert_eq!(one, other, "the cause cannot be seen");
    assert!(!protected.get("/portal/letters").text().contains("新しく使える"), "and no letter comes");
    assert!(!protected.get("/portal").text().contains("home-schemes"));
}

#[test]
fn one_asks_why_a_notice_came_and_says_once_that_it_is_none_of_ones_business() {
    let city = City::open();
    city.residents(None);
    let (account, mut me) = city.resident("R-1", Assurance::Substantial);
    let id = city.notice(account);
    let notice = format!("/portal/letters/{id}");
    assert!(me.get(&notice).text().contains("なぜ届いたのですか"));
    let at = format!("{notice}/why");
    assert!(me.get(&at).text().contains("理由を聞く"));
    assert_eq!(me.post(&at, &[]).status, 303);
    assert!(me.get(&at).text().contains("市に聞いています"));
    city.settle();
    assert!(me.get(&at).text().contains("個別の条件の記録がありません"), "no officer's notice: no rule");
    let outside = city.outside();
    let said = schemes::Said {
        depth: 0,
        asked: "年齢が3歳以上".to_owned(),
        known: "46歳".to_owned(),
        outcome: Some(rules::Outcome::Eligible),
    };
    let answer = campaigns::why::Why {
        letter: id.to_string(),
        language: "ja".to_owned(),
        outcome: Some(rules::Outcome::Eligible),
        lines: vec![said],
    };
    let opened = tools::portal::post::Opened {
        message: outside.seams.random_id(),
        account,
        sent_at: outside.seams.now(),
        content: serde_json::to_vec(&answer).unwrap(),
    };
    why::take_answer(&outside, &opened).unwrap();
    let page = me.get(&at).text();
    assert!(page.contains("年齢が3歳以上") && page.contains("46歳") && page.contains("当てはまる"), "{page}");
    assert!(me.get(&format!("{at}?lang=en")).text().contains("Ask why"), "the other language is asked for anew");
    let (_, mut other) = city.resident("R-2", Assurance::Substantial);
    assert_eq!(other.get(&at).status, 404, "another's letter does not exist");

    let say = format!("{notice}/irrelevant");
    assert_eq!((me.post(&say, &[]).status, me.post(&say, &[]).status), (303, 303));
    let counted = |sql: &'static str| {
        let rows = city.outside().store.read::<_, StoreError, _>(|tx| tx.query(sql, &[])).unwrap();
        rows.len()
    };
    assert_eq!(counted("SELECT account_id FROM channel_irrelevant"), 1, "a person counts once");
    let campaign = city.outside().store.read::<_, StoreError, _>(|tx| tools::channels::counters(tx, id.id())).unwrap();
    assert_eq!(campaign.unwrap().irrelevant, 1);
}

#[test]
fn a_helper_sees_schemes_only_within_the_mandate_and_changes_nothing() {
    let city = City::open();
    city.residents(Some(&four_months(&city)));
    let (_, mut me) = city.resident("R-1", Assurance::High);
    me.post("/portal/interests", REGISTER);
    city.settle();
    let last = city.door.database.seams.today().plus_days(30).to_string();
    let mut acting = |scope: &str| {
        let (_, mut helper) = city.door.resident(Assurance::High);
        let offered = me.post("/portal/representatives/offer", &[("scope", scope), ("last_day", &last)]);
        let code = offered.between("<code>", "</code>").unwrap();
        assert_eq!(helper.post("/portal/representatives/accept", &[("code", &code)]).status, 303);
        let act = helper.get("/portal/representatives").between("/portal/representatives/", "/act").unwrap();
        assert_eq!(helper.post(&format!("/portal/representatives/{act}/act"), &[]).status, 303);
        helper
    };
    let mut within = acting("schemes");
    let page = within.get("/portal/schemes").text();
    assert_eq!(outcome(&page, "乳児一般健康診査"), "対象かもしれない");
    assert!(!page.contains("/hide\""), "putting away is the person's own");
    assert_eq!(within.post("/portal/schemes/infant-checkup/hide", &[]).status, 403);
    assert_eq!(within.get("/portal/interests").status, 403);
    assert!(within.get("/portal").text().contains("home-schemes"));
    let mut without = acting("letters");
    assert_eq!(without.get("/portal/schemes").status, 403);
    assert!(!without.get("/portal").text().contains("home-schemes"));
}

#[test]
fn half_known_people_and_strangers_see_none_of_it_and_nonsense_is_not_kept() {
    let city = City::open();
    let (_, mut little) = city.door.resident(Assurance::Public);
    for page in ["/portal/schemes", "/portal/interests", "/portal/interests/questions"] {
        assert_eq!(little.get(page).status, 403, "{page}");
        assert_eq!(city.door.stranger().get(page).status, 401, "{page}");
    }
    assert!(!little.get("/portal").text().contains("home-schemes"));
    let (account, mut me) = city.door.resident(Assurance::Substantial);
    let nonsense =
        [("receives", "1"), ("field", "99"), ("field", "x"), ("age", "0"), ("area", "77"), ("language", "xx")];
    assert_eq!(me.post("/portal/interests", &nonsense).status, 303);
    let wishes = kept::of(&city.outside(), account).unwrap().unwrap().wishes;
    assert!(wishes.receives && wishes.own_words().is_empty() && wishes.areas.is_empty());
    let wild = [("insurance", "9"), ("physical", "8"), ("receives", "77"), ("single", "maybe")];
    assert_eq!(me.post("/portal/interests/questions", &wild).status, 303);
    assert!(kept::of(&city.outside(), account).unwrap().unwrap().wishes.answers.is_empty());
    assert_eq!(me.post("/portal/schemes/nothing/hide", &[]).status, 303);
}
