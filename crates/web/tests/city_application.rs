//! The city's application through HTTP: key ceremony and keys, what the loading desk refuses, keys sealed to one terminal; and no
//! key in clear in any file of the databases.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use std::process::Command;

use card::Card;
use card::city_application::{
    CardNumber, CityCardError, GroupKeys, Image, KeySet, TerminalKey, TerminalName, read_number,
};
use card::virtual_card::{Behaviour, VirtualCard};
use pki::SigningKey;
use pki::agent::SignedRequest;
use pki::agent::application_keys::{KeyAnswer, KeyRequest};
use pki::agent::relay::{Order, Step};
use pki::sealed::SealingKey;
use store::testing::{TestDatabase, for_each_engine};
use tools::city_application::{Fault, ceremony};
use tools::resident_id::ResidentId;
use tools::staff::Role;
use yakuba_web::kiosk::reader::CardSlot as _;
use yakuba_web::testing::agent::{TestAgent, counterpart};
use yakuba_web::testing::cards::{PIN, TestCards, TestReader};
use yakuba_web::testing::{TestDoor, Visitor, ids_twice};
use zeroize::Zeroizing;

const KEYS: &str = "/staff/city-application/keys";

fn at(word: &str) -> String {
    format!("{KEYS}/{word}")
}

/// The bytes of a printed share.
fn bytes(printed: &str) -> Zeroizing<[u8; 16]> {
    let plain = data_encoding::HEXUPPER.decode(printed.replace('-', "").as_bytes()).unwrap();
    Zeroizing::new(plain[..16].try_into().unwrap())
}

/// What one of these programs says of a file.
fn run(program: &str, arguments: &[&std::ffi::OsStr]) -> String {
    let output = Command::new(program).args(arguments).output().expect(program);
    String::from_utf8(output.stdout).unwrap()
}

/// Has a sheet printed and reads its code, as a scanner would.
fn printed(custodian: &mut Visitor<'_>) -> String {
    let sheet = custodian.post(&at("take"), &[]);
    assert_eq!(sheet.status, 200, "{}", sheet.text());
    assert_eq!(sheet.headers["content-disposition"], "inline", "shown, not saved on the computer");
    let place = tempfile::tempdir().unwrap();
    let (file, page) = (place.path().join("share.pdf"), place.path().join("page"));
    std::fs::write(&file, &sheet.bytes).unwrap();
    run(
        "pdftoppm",
        &[
            "-r".as_ref(),
            "150".as_ref(),
            "-gray".as_ref(),
            "-png".as_ref(),
            "-singlefile".as_ref(),
            file.as_ref(),
            page.as_ref(),
        ],
    );
    let share =
        run("zbarimg", &["-q".as_ref(), "--raw".as_ref(), page.with_extension("png").as_ref()]).trim().to_owned();
    let words = run("pdftotext", &[file.as_ref(), "-".as_ref()]);
    assert!(share.split('-').count() == 9 && share.split('-').all(|group| words.contains(group)), "{share} {words}");
    share
}

/// Takes a sheet and types its share back.
fn takes(custodian: &mut Visitor<'_>) -> String {
    let share = printed(custodian);
    assert_eq!(custodian.post(&at("enter"), &[("share", &share)]).status, 303);
    share
}

/// Every file below the databases' directory.
fn files(directory: &std::path::Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.extend(std::fs::read(path)) }
    }
    all
}

#[test]
fn three_custodians_make_the_keys_and_two_persons_renew_one() {
    for_each_engine(|database| {
        let is_sqlite = database.engine == "sqlite";
        let door = TestDoor::open(database);
        let mut clerk = door.staff(&[Role::CounterClerk]);
        assert_eq!(clerk.get(KEYS).status, 403);
        assert_eq!(clerk.get("/staff/city-application").status, 200);
        let mut one = door.staff(&[Role::CertificateOfficer]);
        let mut two = door.staff(&[Role::Administrator]);
        let mut three = door.staff(&[Role::CertificateOfficer]);
        assert_eq!(one.post(&at("take"), &[]).status, 409, "no ceremony is open");
        assert_eq!(one.post(&at("begin"), &[("custodians", "1")]).status, 409);
        assert_eq!(one.post(&at("begin"), &[("custodians", "3")]).status, 303);
        // A sheet alone is nothing: it counts when its custodian has typed it back, and each sheet is another share.
        let lost = printed(&mut one);
        let open = one.get(KEYS).text();
        assert!(open.contains("0 / 3") && !open.contains(&lost), "{open}");
        let first = takes(&mut one);
        assert_ne!(first, lost);
        assert!(one.get(KEYS).text().contains("1 / 3"));
        assert_eq!(one.post(&at("take"), &[]).status, 409, "one person stands for one");
        assert!(!one.get(KEYS).text().contains(&first), "it is shown once");
        // The second brings a share of their own; a slip is told, nothing is kept of it.
        let own = "00112233-44556677-8899AABB-CCDDEEFF-0000";
        assert_eq!(two.post(&at("enter"), &[("share", own)]).status, 400);
        let second = takes(&mut two);
        let third = takes(&mut three);
        let page = one.get(KEYS).text();
        assert!(page.contains("3人の立会人で行いました") && !page.contains("体験用の市なので"), "{page}");

        // Another version: asked by one, approved by another, never by the same.
        assert_eq!(one.post(&at("renew"), &[("set", "library")]).status, 303);
        let waiting = one.get("/staff/approvals").text();
        assert!(!waiting.contains("/approve\""), "not one's own");
        let waiting = two.get("/staff/approvals").text();
        let approve = waiting.split("action=\"").find(|text| text.split('"').next().unwrap().ends_with("/approve"));
        let approve = approve.unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(two.post(&approve, &[]).status, 303);
        let page = one.get(KEYS).text();
        assert!(page.contains("第2版") && page.contains("この版を廃止する"), "{page}");

        // No share and no key lies in clear in any file.
        let shares = [first, second, third].map(|printed| bytes(&printed));
        let lost = bytes(&lost);
        let keys = GroupKeys::from_shares(&shares).unwrap();
        if is_sqlite {
            let secrets: Vec<_> = keys.parts().into_iter().map(|(_, _, key)| key).chain(shares).chain([lost]).collect();
            let all = files(door.database.directory());
            assert!(all.iter().any(|file| file.windows(15).any(|at| at == b"city_applicatio")), "the files were read");
            for file in &all {
                for secret in &secrets {
                    assert!(!file.windows(16).any(|at| at == secret.as_slice()), "a key lies in clear");
                    let text = data_encoding::HEXLOWER.encode(&secret[..]);
                    assert!(!file.windows(32).any(|at| at.eq_ignore_ascii_case(text.as_bytes())));
                }
            }
        }
    });
}

const DESK: &str = "/counter/application";
const LOAD: &str = "/counter/application/load";

/// A city with its keys and a loading desk.
struct Scene {
    door: TestDoor,
    tray: TestReader,
    cards: TestCards,
}

impl Scene {
    fn open(database: TestDatabase) -> Self {
        let (cards, tray) = (TestCards::new(&database.seams), TestReader::default());
        let door = TestDoor::with(database, |app| {
            cards.machines(app, &tray);
            app.agents = Some(counterpart());
        });
        let inside = door.inside().clone();
        let (vault, seams) = (inside.vault.clone(), inside.seams.clone());
        assert!(inside.store.write::<_, Fault, _>(move |tx| ceremony::simulate(tx, &vault, &seams)).unwrap());
        Self { door, tray, cards }
    }

    /// A card of somebody the city knows.
    fn card(&self, serial: u64, behaviour: Behaviour) -> (VirtualCard, SigningKey) {
        let card = self.cards.issue(serial);
        let who = ResidentId::parse(&format!("R-{serial}")).unwrap();
        self.cards.link(self.door.inside(), &card.certificate, &who, None);
        (self.cards.chip(self.cards.contents(&card), behaviour), card.key)
    }

    fn desk(&self) -> Visitor<'_> {
        let mut desk = self.door.neighbour();
        assert_eq!(desk.get("/demo/terminal/loading_desk").location(), Some(DESK));
        desk
    }

    fn journal(&self) -> String {
        self.door.staff(&[Role::CounterClerk]).get("/staff/city-application").text()
    }
}

fn load(desk: &mut Visitor<'_>) -> String {
    let long = "A".repeat(900);
    let answer =
        desk.post(LOAD, &[("pin", PIN), ("application-pin", "2468"), ("emergency", &long), ("emergency-said", "yes")]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

fn look(desk: &mut Visitor<'_>) -> String {
    desk.post(DESK, &[]).text()
}

#[test]
fn what_the_loading_desk_refuses_is_told_by_name_noted_and_changes_nothing() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut desk = scene.desk();
        let (plain, key) = scene.card(11, Behaviour::default());
        assert!(scene.journal().contains("ありません。"));

        // Somebody else's application under our name, and keys of a version that nobody here has.
        let theirs = GroupKeys::from_shares(&[[0x31; 16], [0x42; 16]].map(Zeroizing::new)).unwrap();
        let image = |version| Image::loaded(&theirs, CardNumber([7; 16])).unwrap().at_version(version);
        let put_on = |image| {
            let mut card = plain.clone();
            card.load_city_application(image);
            card
        };
        for (version, said, remedy) in [
            (1, "ほかの市のアプリか、にせものです", "担当者に知らせて"),
            (9, "カードの鍵の版が、この市にあるどの鍵の版ともちがいます", "担当者に知らせて"),
        ] {
            let card = put_on(image(version));
            let before = card.contents();
            scene.tray.put(card);
            let page = look(&mut desk);
            assert!(page.contains(said) && page.contains(remedy), "{page}");
            let page = load(&mut desk);
            assert!(page.contains(said), "{page}");
            let card = scene.tray.take_off().remove(0);
            assert!(card.contents() == before, "nothing on it was changed");
            assert!(scene.journal().contains(said), "{}", scene.journal());
        }

        // A copy of the certificate without its key; the same with a signature that was overheard; a certificate that is revoked.
        let overheard = key.sign(b"an earlier challenge").unwrap();
        for heard in [None, Some(overheard)] {
            scene.tray.put_copy(&plain, heard);
            let page = load(&mut desk);
            assert!(page.contains("カードの署名を確かめられませんでした"), "{page}");
        }
        scene.tray.put(plain.clone());
        scene.cards.status.revoke(true);
        let page = load(&mut desk);
        assert!(page.contains("失効しています") && page.contains("アプリは、のっていません"), "{page}");
        scene.cards.status.revoke(false);
        let journal = scene.journal();
        assert!(journal.contains("署名を確かめられません") && journal.contains("失効しています"), "{journal}");

        // No room: what was begun can be taken back.
        let (small, _) = scene.card(12, Behaviour { free_space: 200, ..Behaviour::default() });
        scene.tray.put(small);
        let page = load(&mut desk);
        assert!(
            page.contains("カードの空きが足りません") && page.contains("アプリをのせる途中で止まっています"),
            "{page}"
        );
        let page = desk.post("/counter/application/delete", &[("pin", PIN)]).text();
        assert!(page.contains("削除しました。"), "{page}");
        assert!(scene.journal().contains("カードの空きが足りません"));

        let count = scene.door.inside().store.read::<_, store::StoreError, _>(|tx| {
            let refused = tx.query("SELECT 1 FROM city_application_refusals", &[])?.len();
            let loading = tx.query("SELECT 1 FROM city_application_cards WHERE standing <> 'ended'", &[])?.len();
            Ok((refused, loading))
        });
        assert_eq!(count.unwrap(), (8, 0), "each is noted once, and no card is half done");
    });
}

#[test]
fn a_card_pulled_away_at_the_desk_goes_on_and_a_form_sent_twice_writes_nothing_twice() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut desk = scene.desk();
        let mut whole = None;
        for (serial, before_the_end) in [(21, None), (22, Some(26)), (23, Some(32)), (24, Some(36)), (25, Some(60))] {
            scene.tray.put(scene.card(serial, Behaviour::default()).0);
            const PLENTY: usize = 100_000;
            if let (Some(whole), Some(before)) = (whole, before_the_end) {
                let whole: usize = whole;
                scene.tray.pull_after(Some(whole - before));
                let page = load(&mut desk);
                assert!(page.contains("カードが離れました") && page.contains("2度書かれることはありません"), "{page}");
                scene.tray.pull_after(None);
                let page = look(&mut desk);
                assert!(page.contains("アプリをのせる途中で止まっています") && page.contains("続きをする"), "{page}");
                assert_eq!(ids_twice(&page), [""; 0]);
            }
            scene.tray.pull_after(Some(PLENTY));
            let page = load(&mut desk);
            assert!(page.contains("のせました。"), "{page}");
            whole = whole.or(scene.tray.left().map(|left| PLENTY - left));
            scene.tray.pull_after(None);
            // The same form once more: refused, and every file still holds its first copy.
            let page = load(&mut desk);
            assert!(page.contains("いまの状態では、その操作はできません") && page.contains("使えます。"), "{page}");
            assert!(page.contains("第1版") && !page.contains("第2版"), "{page}");
            assert_eq!(ids_twice(&page), [""; 0]);
        }
        let open = scene.door.inside().store.read::<_, store::StoreError, _>(|tx| {
            Ok(tx.query("SELECT 1 FROM city_application_steps WHERE done_at IS NULL", &[])?.len())
        });
        assert_eq!(open.unwrap(), 0, "every step came to its end");

        // The page of one card tells its steps in words.
        let mut clerk = scene.door.staff(&[Role::CounterClerk]);
        let list = clerk.get("/staff/city-application").text();
        let address = list.split("href=\"").find(|at| at.starts_with("/staff/city-application/cards/")).unwrap();
        let address = address.split('"').next().unwrap().to_owned();
        for (language, word, refusal) in
            [("ja", "アプリをのせた", "できなかったこと"), ("en", "Put the application on", "What was refused")]
        {
            let page = clerk.get(&format!("{address}?lang={language}")).text();
            assert!(page.contains(word) && page.contains(refusal) && page.contains("data-print"), "{page}");
            for raw in ["key-given", "pin-set", "created 0", "written 0", "refusing 0", "kiosk:"] {
                assert!(!page.contains(raw), "{raw} stands on the page");
            }
        }
        assert_eq!(clerk.get("/staff/city-application/cards/00000000000000000000000000000000").status, 404);
    });
}

/// An agent of this city, as its program plays it.
struct Agent(TestAgent);

impl std::ops::Deref for Agent {
    type Target = TestAgent;
    fn deref(&self) -> &TestAgent {
        &self.0
    }
}

impl Agent {
    fn pair(scene: &Scene, name: &str) -> Self {
        Self(TestAgent::announced(&scene.door, name))
    }

    fn asks(&self, scene: &Scene, nonce: u8, sealing: &SealingKey) -> KeyRequest {
        KeyRequest {
            agent: self.paired.agent.clone(),
            nonce: [nonce; 32],
            made_at: scene.door.database.seams.now(),
            sealing_key: sealing.public().clone(),
        }
    }

    fn sends(&self, scene: &Scene, request: &KeyRequest) -> (u16, Vec<u8>) {
        let body = request.sign(&self.key).unwrap();
        let answer = scene.door.stranger().send("POST", "/agent/application-keys", Some(BYTES), body);
        (answer.status, answer.bytes)
    }

    /// A request of the loading desk to this agent, and the sealed answer of a card whose holder nobody proves.
    fn is_asked(&self, desk: &mut Visitor<'_>, deed: &str) -> (SignedRequest, Vec<u8>) {
        let asked =
            desk.post("/counter/application/agent/ask", &[("agent", self.paired.agent.as_str()), ("deed", deed)]);
        assert_eq!(asked.status, 200, "{}", asked.text());
        let text = asked.text().split('"').nth(3).unwrap().to_owned();
        let request = self.reads(&text);
        let sealed = self.seals(&request, Vec::new(), Vec::new());
        (request, sealed)
    }

    /// The desk's page, loaded anew when the agent came to its end.
    fn ends_on_the_page(desk: &mut Visitor<'_>, request: &SignedRequest) -> String {
        assert!(Agent::has_something_to_tell(desk, request));
        desk.get(DESK).text()
    }

    /// Whether the page of the desk is to be left for what came of `request`, though the agent answered nothing.
    fn has_something_to_tell(desk: &mut Visitor<'_>, request: &SignedRequest) -> bool {
        let request = data_encoding::BASE64URL_NOPAD.encode(&request.to_bytes());
        let told = desk.post("/counter/application/agent/answer", &[("request", &request)]);
        assert_eq!(told.status, 200, "{}", told.text());
        told.text().contains(DESK)
    }

    /// One step; the order that follows, or the status.
    fn steps(&self, scene: &Scene, of: &SignedRequest, number: u32, content: Option<&[u8]>) -> Result<Order, u16> {
        let content = content.map(<[u8]>::to_vec);
        let step = Step { agent: self.paired.agent.clone(), request: of.digest(), number, content };
        let body = step.sign(&self.key).unwrap();
        let answer = scene.door.stranger().send("POST", "/agent/application", Some(BYTES), body);
        if answer.status != 200 {
            return Err(answer.status);
        }
        Ok(Order::read(&answer.bytes, &self.paired.verification_key, of.digest(), number + 1).unwrap())
    }

    /// Carries orders to the card from `number` on until the end; how many there were.
    fn carries_on(&self, scene: &Scene, of: &SignedRequest, mut order: Order, card: &mut dyn Card) -> u32 {
        while let Some(command) = order.command() {
            assert!(matches!(command[..2], [0x00, 0xA4] | [0x80, 0x50 | 0x82] | [0x84, _]), "{command:02X?}");
            let answer = card.transmit(command).unwrap();
            order = self.steps(scene, of, order.number, Some(&answer)).unwrap();
        }
        order.number
    }
}

#[test]
fn the_reader_at_a_pc_stands_behind_one_line_unless_it_is_the_way_that_is_taken() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let agent = Agent::pair(&scene, "1");
    let (behind, open) = ("data-told-anyway><summary>", "data-told-anyway open><summary>");
    let back = "href=\"/counter/application\">最初の画面へ<";
    let mut desk = scene.desk();
    let page = desk.get(DESK).text();
    assert!(page.contains(behind) && page.contains("id=\"agent\"") && page.contains("id=\"agent-fields\""), "{page}");
    assert!(!page.contains(back), "{page}");
    // This computer's reader does it: the line stays closed, and from what was found one finds back.
    scene.tray.put(scene.card(51, Behaviour::default()).0);
    let page = look(&mut desk);
    assert!(page.contains(behind) && page.contains(back), "{page}");
    assert!(load(&mut desk).contains("のせました。"));
    // What was done at the agent is told where it was asked for.
    let mut card = scene.tray.connect().unwrap();
    let (request, sealed) = agent.is_asked(&mut desk, "look");
    let first = agent.steps(&scene, &request, 0, Some(&sealed)).unwrap();
    agent.carries_on(&scene, &request, first, &mut *card);
    assert!(Agent::ends_on_the_page(&mut desk, &request).contains(open));
    assert!(desk.get(DESK).text().contains(behind), "the next person begins as the first");
    // A desk elsewhere has no other reader than its PC's.
    let watched = Some(tools::credentials::tap_rules::Attendance::FaceToFace);
    let (_, mut elsewhere) = scene.door.terminal_of(tools::terminals::Sort::LoadingDesk, "窓口2", "支所", watched);
    elsewhere.peer = scene.door.stranger().peer;
    let page = elsewhere.get(DESK).text();
    assert!(page.contains(open), "{page}");
    assert!(page.contains("class=\"button button-secondary\">状態を見る<"), "one next step: {page}");
}

#[test]
fn work_at_an_agent_goes_step_by_step_once_and_for_the_agent_that_was_asked() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (mine, other) = (Agent::pair(&scene, "1"), Agent::pair(&scene, "2"));
    let mut desk = scene.desk();
    scene.tray.put(scene.card(41, Behaviour::default()).0);
    assert!(load(&mut desk).contains("のせました。"));
    let mut card = scene.tray.connect().unwrap();

    let (request, sealed) = mine.is_asked(&mut desk, "look");
    assert_eq!(other.steps(&scene, &request, 0, Some(&sealed)), Err(410), "another agent's");
    let borrowed = Agent(TestAgent { key: SigningKey::generate_p256().unwrap(), paired: mine.paired.clone() });
    assert_eq!(borrowed.steps(&scene, &request, 0, Some(&sealed)), Err(410), "not this agent's key");
    assert_eq!(mine.steps(&scene, &request, 1, Some(&[0x90, 0x00])), Err(410), "not its turn");
    let first = mine.steps(&scene, &request, 0, Some(&sealed)).unwrap();
    assert_eq!(mine.steps(&scene, &request, 0, Some(&sealed)), Err(410), "once");
    assert!(mine.carries_on(&scene, &request, first, &mut *card) > 6);
    assert_eq!(mine.steps(&scene, &request, 0, Some(&sealed)), Err(410), "once for good");
    let page = Agent::ends_on_the_page(&mut desk, &request);
    assert!(page.contains("使えます。") && !page.contains("action=\"/counter/application/update\""), "{page}");
    assert!(page.contains("第1版") && !desk.get(DESK).text().contains("第1版"), "told once");

    // An update; a card that is taken away; an answer that is another's.
    let (request, sealed) = mine.is_asked(&mut desk, "update");
    let first = mine.steps(&scene, &request, 0, Some(&sealed)).unwrap();
    mine.carries_on(&scene, &request, first, &mut *card);
    assert!(Agent::ends_on_the_page(&mut desk, &request).contains("更新しました。"));
    // A page that was left: who stands there next is told nothing of it, nor who asked at another desk.
    let (left, sealed) = mine.is_asked(&mut desk, "update");
    let first = mine.steps(&scene, &left, 0, Some(&sealed)).unwrap();
    let (next, sealed) = mine.is_asked(&mut desk, "look");
    mine.carries_on(&scene, &left, first, &mut *card);
    assert!(!desk.get(DESK).text().contains("更新しました。"));
    assert!(!Agent::has_something_to_tell(&mut desk, &next), "nothing was done");
    let first = mine.steps(&scene, &next, 0, Some(&sealed)).unwrap();
    mine.carries_on(&scene, &next, first, &mut *card);
    let page = Agent::ends_on_the_page(&mut desk, &next);
    assert!(page.contains("第1版") && !page.contains("更新しました。"), "{page}");
    let (request, sealed) = mine.is_asked(&mut desk, "update");
    let first = mine.steps(&scene, &request, 0, Some(&sealed)).unwrap();
    let mut order = mine.steps(&scene, &request, first.number, None).unwrap();
    while order.command().is_some() {
        order = mine.steps(&scene, &request, order.number, None).unwrap();
    }
    let page = Agent::ends_on_the_page(&mut desk, &request);
    assert!(page.contains("カードが離れました"), "{page}");
    assert!(scene.journal().contains("カードが離れました"));
    let (request, _) = mine.is_asked(&mut desk, "look");
    assert_eq!(mine.steps(&scene, &request, 0, Some(&sealed)), Err(410), "the answer to another request");

    // Nobody erases or loads without the holder, and a stopped agent goes no further.
    let (request, sealed) = mine.is_asked(&mut desk, "delete");
    let first = mine.steps(&scene, &request, 0, Some(&sealed)).unwrap();
    mine.carries_on(&scene, &request, first, &mut *card);
    let page = Agent::ends_on_the_page(&mut desk, &request);
    assert!(page.contains("第1版") && !page.contains("削除しました。"), "{page}");
    let (request, sealed) = mine.is_asked(&mut desk, "look");
    let first = mine.steps(&scene, &request, 0, Some(&sealed)).unwrap();
    let stop = format!("/staff/agents/{}/stop", mine.paired.agent);
    assert_eq!(scene.door.staff(&[Role::Operator]).post(&stop, &[]).status, 303);
    let answer = card.transmit(first.command().unwrap()).unwrap();
    assert_eq!(mine.steps(&scene, &request, 1, Some(&answer)), Err(410));
}

const BYTES: &str = "application/octet-stream";
const TERMINALS: &str = "/staff/city-application/terminals";

#[test]
fn a_terminal_s_keys_come_sealed_to_it_alone_and_end_with_it() {
    for_each_engine(|database| {
        let is_sqlite = database.engine == "sqlite";
        let scene = Scene::open(database);
        let (gate, other) = (Agent::pair(&scene, "1"), Agent::pair(&scene, "2"));
        let own = SealingKey::generate();
        assert_eq!(gate.sends(&scene, &gate.asks(&scene, 1, &own)).0, 410, "nobody allowed it yet");
        let mut officer = scene.door.staff(&[Role::CertificateOfficer]);
        assert_eq!(scene.door.staff(&[Role::CounterClerk]).get(TERMINALS).status, 403);
        assert_eq!(officer.get(TERMINALS).status, 200);
        let allow = [("agent", gate.paired.agent.as_str()), ("set-inventory", "yes"), ("set-management", "yes")];
        assert_eq!(officer.post("/staff/city-application/terminals/allow", &allow).status, 303);

        let request = gate.asks(&scene, 2, &own);
        let (status, wire) = gate.sends(&scene, &request);
        assert_eq!(status, 200);
        let answer = KeyAnswer::read(&wire, &gate.paired.verification_key, &request).unwrap();
        assert_eq!(gate.sends(&scene, &request).0, 410, "a request is taken once");
        let [handed] = answer.keys.as_slice() else { panic!("one key: management goes to nobody") };
        assert_eq!((handed.set, handed.version), (KeySet::Inventory as u8, 1));
        let days = handed.ends_at.seconds_since(scene.door.database.seams.now()) / 86_400;
        assert_eq!(days, 30);

        // Another terminal gets none, cannot ask in this one's name, and opens nothing of it.
        let theirs = SealingKey::generate();
        assert_eq!(other.sends(&scene, &other.asks(&scene, 3, &theirs)).0, 410);
        let forged = KeyRequest { agent: gate.paired.agent.clone(), ..other.asks(&scene, 4, &theirs) };
        assert_eq!(other.sends(&scene, &forged).0, 410);
        assert!(handed.open(&theirs, &gate.paired.agent).is_err());
        assert!(handed.open(&own, &other.paired.agent).is_err());

        // Opened in the agent, it finds out which card lies there.
        let clear = handed.open(&own, &gate.paired.agent).unwrap();
        let name = TerminalName::of(&gate.paired.agent);
        let keys = [TerminalKey::from_bytes(KeySet::Inventory, handed.version, name, &clear)];
        let mut desk = scene.desk();
        scene.tray.put(scene.card(31, Behaviour::default()).0);
        assert!(load(&mut desk).contains("のせました。"));
        let random = base::SeededRandom::from_seed(3);
        let read = || read_number(&mut scene.tray.connect().unwrap(), &keys, &random);
        assert!(read().is_ok());

        // Ended: it gets no more, and the card refuses its name from the next visit to the desk on.
        let end = format!("{TERMINALS}/{}/end", gate.paired.agent);
        assert_eq!(officer.post(&end, &[]).status, 303);
        assert_eq!(officer.post(&end, &[]).status, 404);
        assert!(officer.get(TERMINALS).text().contains("終わり"));
        assert_eq!(gate.sends(&scene, &gate.asks(&scene, 5, &own)).0, 410);
        assert!(desk.post("/counter/application/update", &[]).text().contains("更新しました。"));
        assert_eq!(read(), Err(CityCardError::TerminalRefused));

        // A terminal that staff stopped gets none either, whatever was allowed.
        let allow = [("agent", other.paired.agent.as_str()), ("set-inventory", "yes")];
        assert_eq!(officer.post("/staff/city-application/terminals/allow", &allow).status, 303);
        assert_eq!(other.sends(&scene, &other.asks(&scene, 6, &theirs)).0, 200);
        let stop = format!("/staff/agents/{}/stop", other.paired.agent);
        assert_eq!(scene.door.staff(&[Role::Operator]).post(&stop, &[]).status, 303);
        assert_eq!(other.sends(&scene, &other.asks(&scene, 7, &theirs)).0, 410);

        let holds = |bytes: &[u8]| {
            let text = data_encoding::HEXLOWER.encode(&clear[..]);
            bytes.windows(16).any(|at| at == clear.as_slice())
                || bytes.windows(32).any(|at| at.eq_ignore_ascii_case(text.as_bytes()))
        };
        assert!(!holds(&wire), "the wire holds the key in clear");
        if is_sqlite {
            let all = files(scene.door.database.directory());
            assert!(all.iter().any(|file| file.windows(15).any(|at| at == b"city_applicatio")), "the files were read");
            assert!(!all.iter().any(|file| holds(file)), "a file holds the key in clear");
        }
    });
}
