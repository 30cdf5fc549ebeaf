//! By the card alone: a ticket from a terminal opens the portal there, for reading, once, and nothing is left of it.

use base::Id;
use store::StoreError;
use store::testing::for_each_engine;
use tools::ResidentId;
use tools::mailbox::{Act, Block, Body, DeliveryLaw, Importance, Letter, LetterId, Sender, items, letter};
use tools::portal::tickets::{self, TICKET_SECONDS};
use tools::portal::{AccountId, AccountState, PostError, session as sessions};
use tools::relay::RelayError;
use yakuba_web::session::portal_cookie;
use yakuba_web::testing::{Answer, Visitor};

use crate::scene::Scene;

const BACK: &str = "http://inside.example.lg.jp/kiosk/back";

/// What the inside gives a terminal for somebody whose card was just proved there.
fn ticket(scene: &Scene, resident: &ResidentId) -> Option<(Id, String)> {
    let inside = scene.door.inside();
    let (office, seams, resident) = (scene.door.app.tickets.clone().unwrap(), inside.seams.clone(), resident.clone());
    let terminal = seams.random_id();
    let made = inside.store.write::<_, PostError, _>(move |tx| office.make(tx, &seams, &resident, terminal, BACK));
    scene.deliver();
    made.unwrap()
}

/// The form of the terminal's page, which stands at another origin.
fn enter(visitor: &mut Visitor<'_>, text: &str) -> Answer {
    let headers = visitor.headers.clone();
    visitor.headers.push(("sec-fetch-site".into(), "cross-site".into()));
    let answer = visitor.post_bare("/portal/terminal?lang=ja", &[("ticket", text)]);
    visitor.headers = headers;
    answer
}

fn accounts_of(scene: &Scene, resident: &ResidentId) -> Option<AccountId> {
    scene.account_of(resident)
}

#[test]
fn somebody_with_only_a_card_gets_an_account_and_reads_at_the_terminal() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let hanako = scene.hanako();
        assert!(accounts_of(&scene, &hanako).is_none(), "she has no phone and no address");
        let (_, text) = ticket(&scene, &hanako).unwrap();
        assert!(!text.contains(hanako.as_str()));
        let mut screen = scene.door.stranger();
        let page = enter(&mut screen, &text);
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(page.text().contains("0;url=/portal\""), "a page of ours leads on");
        let home = screen.get("/portal");
        assert!(home.status == 200 && home.text().contains("花子"), "{}", home.text());
        for id in ["id=\"aloud\"", "id=\"print\"", "/portal/terminal/end", "/portal/looked", "/portal/letters"] {
            assert!(home.text().contains(id), "{id}");
        }
        for out in ["/portal/settings", "/portal/cards", "/portal/sign-out", "https://"] {
            assert!(!home.text().contains(out), "{out} has no sense there");
        }
        for open in ["/portal/letters", "/portal/looked", "/portal/events", "/portal/terminal/here"] {
            let answer = screen.get(open);
            assert!(matches!(answer.status, 200 | 204), "{open}: {}", answer.status);
        }
        for closed in [
            "/portal/settings",
            "/portal/settings/channels",
            "/portal/letters/all.zip",
            "/portal/looked/file",
            "/portal/apps",
            "/portal/step-up",
            "/portal/representatives",
        ] {
            let answer = screen.get(closed);
            assert!(answer.status == 403 && answer.text().contains("市の端末では開けません"), "{closed}");
        }
        // It is the same account that a phone would open.
        let (account, _) = scene.joined();
        assert_eq!(accounts_of(&scene, &hanako), Some(account));
    });
}

#[test]
fn a_ticket_is_refused_when_forged_late_shown_again_or_the_cards_time_is_over() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let hanako = scene.hanako();
        let (_, text) = ticket(&scene, &hanako).unwrap();
        let mut screen = scene.door.stranger();
        assert_eq!(enter(&mut screen, &text.replacen('A', "B", 1)).status, 403);
        assert_eq!(enter(&mut screen, "").status, 403);
        assert_eq!(enter(&mut screen, &text).status, 200);
        let again = enter(&mut scene.door.stranger(), &text);
        assert!(again.status == 410 && again.text().contains(BACK), "{}", again.text());
        let (_, late) = ticket(&scene, &hanako).unwrap();
        scene.door.database.clock.advance_seconds(TICKET_SECONDS);
        let mut other = scene.door.stranger();
        let answer = enter(&mut other, &late);
        assert_eq!((answer.status, other.cookies.contains_key(portal_cookie(false))), (410, false));
        // No other form of another site's page is taken.
        other.headers.push(("sec-fetch-site".into(), "cross-site".into()));
        assert_eq!(other.post_bare("/portal/terminal/end", &[]).status, 403);
    });
}

#[test]
fn when_the_visit_is_over_nothing_is_left_and_the_browser_goes_home() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (_, text) = ticket(&scene, &scene.hanako()).unwrap();
        let mut screen = scene.door.stranger();
        enter(&mut screen, &text);
        screen.get("/portal?lang=en&text=large");
        assert!(screen.cookies.len() >= 3, "{:?}", screen.cookies.keys());
        let ended = screen.post_bare("/portal/terminal/end", &[]);
        assert!(ended.status == 200 && ended.text().contains(&format!("0;url={BACK}")), "{}", ended.text());
        assert!(screen.cookies.is_empty(), "{:?}", screen.cookies.keys());
        assert_eq!(screen.get("/portal").status, 401);
    });
}

#[test]
fn taking_the_card_or_walking_away_ends_the_visit() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let hanako = scene.hanako();
        let (id, text) = ticket(&scene, &hanako).unwrap();
        let mut screen = scene.door.stranger();
        enter(&mut screen, &text);
        assert_eq!(screen.get("/portal/terminal/here").status, 204);
        let seams = scene.door.database.seams.clone();
        let taken = move |tx: &mut store::Tx<'_>| tickets::over(tx, &seams, id);
        scene.door.inside().store.write::<_, RelayError, _>(taken).unwrap();
        scene.deliver();
        assert_eq!(screen.get("/portal/terminal/here").status, 410);
        let gone = screen.get("/portal/letters");
        assert!(gone.status == 401 && gone.text().contains("/portal/terminal/over"), "{}", gone.text());
        let home = screen.get("/portal/terminal/over");
        assert!(home.text().contains(BACK) && screen.cookies.is_empty());

        let (_, text) = ticket(&scene, &hanako).unwrap();
        enter(&mut screen, &text);
        // Looking whether the card is there keeps nothing alive.
        for _ in 0..sessions::TERMINAL_IDLE_SECONDS / 10 {
            scene.door.database.clock.advance_seconds(10);
            screen.get("/portal/terminal/here");
        }
        assert_eq!(screen.get("/portal").status, 401);
    });
}

#[test]
fn a_stopped_account_opens_by_the_card_and_one_that_ended_does_not() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (account, mut phone) = scene.joined();
        let mut key = Scene::with_passkey(&mut phone, "電話");
        let set = |state: AccountState| {
            let now = scene.door.database.seams.now();
            let change = move |tx: &mut store::Tx<'_>| tools::portal::account::set_state(tx, now, account, state, None);
            scene.outside().store.write::<_, StoreError, _>(change).unwrap();
        };
        set(AccountState::Stopped);
        let (_, text) = ticket(&scene, &scene.hanako()).unwrap();
        let mut screen = scene.door.stranger();
        assert_eq!(enter(&mut screen, &text).status, 200);
        assert_eq!(scene.state(account), AccountState::Open);
        assert_eq!(Scene::by_passkey(&mut phone, &mut key).status, 401, "what was lost stays lost");
        scene.register_says(&scene.hanako(), "dead");
        assert!(ticket(&scene, &scene.hanako()).is_none(), "the inside makes none");
        assert_eq!(screen.get("/portal").status, 401);
    });
}

#[test]
fn somebody_under_protection_is_served_like_everybody_and_nothing_tells() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let hanako = scene.hanako();
        let visit = || {
            let (_, text) = ticket(&scene, &hanako).unwrap();
            let mut screen = scene.door.stranger();
            let size = enter(&mut screen, &text).bytes.len();
            let page = screen.get("/portal").text();
            (text.len(), size, page)
        };
        // The first visit makes the account.
        visit();
        let before = visit();
        let id = hanako.as_str().to_owned();
        scene
            .door
            .inside()
            .store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO protections (generation, resident_id, protected_from) \
                     SELECT generation, resident_id, '2020-01-01' FROM residents WHERE resident_id = $1",
                    &[id.as_str().into()],
                )
            })
            .unwrap();
        let after = visit();
        assert_eq!((before.0, before.1), (after.0, after.1));
        // Forms have tokens of their own.
        let plain = |page: &str| {
            page.split("value=\"").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest)).collect::<String>()
        };
        assert_eq!(plain(&before.2), plain(&after.2));
    });
}

#[test]
fn a_letter_at_the_terminal_leads_nowhere_and_names_what_it_cannot_show() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (_, text) = ticket(&scene, &scene.hanako()).unwrap();
        let account = scene.account_of(&scene.hanako()).unwrap();
        let letter = Letter {
            attachments: Vec::new(),
            id: LetterId::fresh(&scene.door.database.seams),
            sender: Sender { key: "insurance".into(), name: "国保年金課".into(), is_city: true },
            title: "保険料".into(),
            importance: Importance::Deadline,
            class: "health".into(),
            delivery: DeliveryLaw::Free,
            body: Body {
                japanese: vec![
                    Block::Paragraph("納期を確かめてください。".into()),
                    Block::Link { label: "くわしく".into(), to: "https://city.example.lg.jp/hoken".into() },
                ],
                ..Body::default()
            },
            action: Some(Act::Pay { amount: 84_000, at: "https://pay.example.jp/".into() }),
            due_on: base::Date::parse("2099-12-25").ok(),
            paper_after: None,
            campaign: None,
            reason: None,
            sent_at: scene.door.database.seams.now(),
            recalled_at: None,
        };
        let (id, now) = (letter.id, scene.door.database.seams.now());
        scene
            .outside()
            .store
            .write::<_, StoreError, _>(move |tx| {
                letter::keep(tx, &letter)?;
                items::place(tx, now, letter.id, account, None).map(drop)
            })
            .unwrap();
        let mut screen = scene.door.stranger();
        enter(&mut screen, &text);
        let page = screen.get(&format!("/portal/letters/{id}")).text();
        assert!(page.contains("納期を確かめてください。") && page.contains("84,000"), "{page}");
        assert!(page.contains("くわしく") && page.contains("https://city.example.lg.jp/hoken"), "the words stay");
        for out in ["href=\"https://", "calendar.ics", "all.zip"] {
            assert!(!page.contains(out), "{out}: {page}");
        }
        // On a phone of one's own all of it is there.
        let (_, mut phone) = scene.joined();
        let page = phone.get(&format!("/portal/letters/{id}")).text();
        assert!(page.contains("href=\"https://city.example.lg.jp/hoken\"") && page.contains("calendar.ics"));
    });
}
