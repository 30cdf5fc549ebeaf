//! A city with an agent, a demo's drawer of cards that really sign, and a terminal for each page.

use std::sync::{Arc, Mutex};

use base::Id;
use card::genuineness::GenuinenessAnchors;
use card::virtual_card::VirtualCard;
use services::convenience_certificates::Issuer;
use store::testing::TestDatabase;
use tools::credentials::tap_rules::Attendance;
use tools::relay::Message;
use tools::terminals::Sort;
use yakuba_web::kiosk::reader::{Drawer, DrawerCard, PcscSlot};
use yakuba_web::kiosk::{Place, Slots};
use yakuba_web::testing::agent::{TestAgent, counterpart};
use yakuba_web::testing::cards::TestCards;
pub use yakuba_web::testing::cards::{PIN, TestCard as Card};
use yakuba_web::testing::{Answer, TestDoor, Visitor};

pub const RECORD: &str = "職員番号,氏名,所属,職名,任命権者,採用日,退職日\n\
                      1001,葛󠄀城　花,市民課,主任,見本市長,2020-04-01,\n\
                      1002,試験　次郎,税務課,主事,見本市長,2021-04-01,\n";

/// The drawer: what lies in it is the test's choice.
#[derive(Default)]
pub struct Cards(Mutex<Vec<Option<VirtualCard>>>);

impl Drawer for Cards {
    fn labels(&self) -> Vec<DrawerCard> {
        let all = self.0.lock().unwrap();
        (0..all.len()).map(|at| DrawerCard { label: format!("見本 {at}"), pin: PIN.to_owned() }).collect()
    }

    fn take(&self, place: usize) -> Option<VirtualCard> {
        self.0.lock().unwrap().get_mut(place)?.take()
    }

    fn put_back(&self, place: usize, card: VirtualCard) {
        self.0.lock().unwrap()[place] = Some(card);
    }
}

pub struct Scene {
    pub door: TestDoor,
    drawer: Arc<Cards>,
    cards: TestCards,
    agent: TestAgent,
}

impl Scene {
    /// A demo, with a drawer.
    pub fn open(database: TestDatabase) -> Self {
        Self::with(database, true, true)
    }

    /// A real city whose machines were left with a demo's drawer by mistake.
    pub fn left_behind(database: TestDatabase) -> Self {
        Self::with(database, true, false)
    }

    /// A city whose machines have a reader: there is no drawer.
    pub fn real(database: TestDatabase) -> Self {
        Self::with(database, false, false)
    }

    fn with(database: TestDatabase, has_drawer: bool, is_demo: bool) -> Self {
        let (cards, drawer) = (TestCards::new(&database.seams), Arc::new(Cards::default()));
        let door = TestDoor::with(database, |app| {
            let inside = tools::Inside { demo: is_demo, ..(**app.inside.as_ref().unwrap()).clone() };
            app.inside = Some(Arc::new(inside));
            let genuineness = Arc::new(GenuinenessAnchors::new(vec![cards.maker.anchor()]));
            let issuer = Issuer { genuineness, ..cards.issuer(app) };
            let slots = if has_drawer { Slots::Drawer(drawer.clone()) } else { Slots::Reader(Arc::new(PcscSlot)) };
            app.kiosk = Some(Arc::new(Place::new(issuer, slots, 10)));
            app.agents = Some(counterpart());
        });
        let agent = TestAgent::announced(&door, "1");
        Self { door, drawer, cards, agent }
    }

    pub fn card(&self, serial: u64) -> Card {
        self.cards.issue(serial)
    }

    /// Lays a card into the drawer, made by this city's maker with a key of its own; gives its place.
    pub fn lay(&self, card: &Card) -> usize {
        let mut all = self.drawer.0.lock().unwrap();
        all.push(Some(self.cards.genuine(card)));
        all.len() - 1
    }

    /// A guard's desk, declared so, or as nobody declared it.
    pub fn desk(&self, attendance: Option<Attendance>) -> Visitor<'_> {
        self.door.terminal_of(Sort::StaffDesk, "受付", "本庁舎", attendance).1
    }

    /// Puts a card on the reader of this PC, with its PIN.
    pub fn show(&self, visitor: &mut Visitor<'_>, card: &Card, at: &str) -> Answer {
        self.agent.show(visitor, card, at)
    }

    /// What the inside has sent comes to the outside.
    fn deliver(&self) {
        let (inside, outside) = (self.door.inside(), self.door.app.outside.clone().unwrap());
        let rows = inside
            .store
            .read::<_, store::StoreError, _>(|tx| {
                let rows = tx.query(
                    "SELECT id, kind, body FROM relay_outbox WHERE kind = 'staff_id_list' ORDER BY at, id",
                    &[],
                )?;
                rows.iter()
                    .map(|row| Ok((row.id(0)?, row.blob(2)?.to_vec())))
                    .collect::<Result<Vec<(Id, Vec<u8>)>, _>>()
            })
            .unwrap();
        for (id, body) in rows {
            let message =
                Message { sequence: 1, id, at: inside.seams.now(), kind: tools::staff_id_list::KIND.to_owned(), body };
            outside
                .store
                .write::<_, tools::relay::HandleError, _>(move |tx| tools::staff_id_list::receive(tx, &message))
                .unwrap();
        }
    }

    pub fn ask(&self, code: &str) -> String {
        self.deliver();
        self.door.stranger().post("/staff-id", &[("code", code)]).text()
    }
}

pub fn multipart(visitor: &mut Visitor<'_>, address: &str, text: &str) -> Answer {
    let token = visitor.token(address).unwrap_or_default();
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n\
         --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n{text}\r\n--x--\r\n"
    );
    visitor.send("POST", address, Some("multipart/form-data; boundary=x"), body.into_bytes())
}

/// The page of the member with this number.
pub fn member(officer: &mut Visitor<'_>, number: &str) -> String {
    let list = officer.get("/staff/staff-ids").text();
    let at = list.split("href=\"").find(|rest| rest.contains(&format!(">{number}</a>"))).unwrap();
    at.split('"').next().unwrap().to_owned()
}

/// The id of the present ID on this page.
pub fn present(page: &str) -> String {
    page.split("/staff/staff-ids/id/").nth(1).expect("an ID").split('/').next().unwrap().to_owned()
}

pub fn ok(answer: &Answer) {
    assert!(matches!(answer.status, 200 | 303), "{} {}", answer.status, answer.text());
}

/// A member with a card enrolled: address of the page, id of the ID.
pub fn with_card(scene: &Scene, officer: &mut Visitor<'_>, number: &str, card: &Card) -> (String, String) {
    let page = member(officer, number);
    ok(&officer.post(&format!("{page}/issue"), &[]));
    let id = present(&officer.get(&page).text());
    ok(&scene.show(officer, card, &format!("/staff/staff-ids/id/{id}/card")));
    (page, id)
}

pub fn sticker(officer: &mut Visitor<'_>, page: &str) -> String {
    let text = officer.get(page).text();
    let code = text.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    code.to_owned()
}
