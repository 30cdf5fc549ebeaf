//! A city with an agent, a demo's drawer of cards that really sign, and a terminal for each page.

use std::sync::{Arc, Mutex};

use base::{Date, Id, Personal};
use card::genuineness::GenuinenessAnchors;
use card::virtual_card::{
    BasicAttributes, Behaviour, CardIssuer, FictitiousNumber, KeyAndCertificate, VirtualCard, VirtualCardContents,
};
use paper::{Seal, Typeface};
use pki::agent::{
    CardAnswer, PairingAnswer, PairingCode, PairingRequest, ServerKeys, SignedRequest, seal_agent_answer,
};
use pki::jpki_profile::JudgedCertificate;
use pki::keys::MemorySigner;
use pki::revocation::{SourceKind, Standing, Status, StatusError, StatusSource};
use pki::sealed::SealingKey;
use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest};
use pki::token::{KeyRing, TokenKey};
use pki::{AuthorityRole, SigningKey};
use services::convenience_certificates::{Composer, Issuer};
use store::testing::TestDatabase;
use tools::access::Actor;
use tools::credentials::tap_rules::Attendance;
use tools::relay::Message;
use tools::staff::Role;
use tools::terminals::{self, Sort};
use yakuba_web::agents::Counterpart;
use yakuba_web::kiosk::reader::{Drawer, DrawerCard, PcscSlot};
use yakuba_web::kiosk::{Place, Slots};
use yakuba_web::open::Papers;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

const CITY: &str = "http://localhost:8080";
pub const RECORD: &str = "職員番号,氏名,所属,職名,任命権者,採用日,退職日\n\
                      1001,葛󠄀城　花,市民課,主任,見本市長,2020-04-01,\n\
                      1002,試験　次郎,税務課,主事,見本市長,2021-04-01,\n";

struct AlwaysGood;

impl StatusSource for AlwaysGood {
    fn status(&self, _: &JudgedCertificate, now: base::Timestamp) -> Result<Status, StatusError> {
        Ok(Status { standing: Standing::Good, source: SourceKind::Ocsp, as_of: now })
    }
}

/// The PIN of every card of the drawer.
pub const PIN: &str = "4826";

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
    maker: CardIssuer,
    authority: TestAuthority,
    agent: SigningKey,
    paired: PairingAnswer,
}

pub struct Card {
    pub key: SigningKey,
    pub certificate: Vec<u8>,
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
        let now = database.seams.now();
        let generation = Generation {
            serial: 1,
            not_before: now.plus_seconds(-86_400),
            not_after: now.plus_seconds(3_650 * 86_400),
            ocsp_url: Some("http://ocsp.invalid/".to_owned()),
        };
        let key = SigningKey::generate_rsa().unwrap();
        let authority = TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation).unwrap();
        let anchors = TestAuthority::anchors(&[&authority]).unwrap();
        let (maker, drawer) = (CardIssuer::generate().unwrap(), Arc::new(Cards::default()));
        let door = TestDoor::with(database, |app| {
            let typeface = Typeface::open_default().unwrap();
            let seal = Seal::sample(&typeface, "見本市長之印").unwrap();
            let signer = MemorySigner::new(SigningKey::generate_p256().unwrap(), Vec::new());
            let codes = KeyRing::new(TokenKey::generate().unwrap());
            app.papers =
                Some(Arc::new(base::Current::new(Papers { code_keys: codes.public(), anchors: anchors.clone() })));
            let inside = tools::Inside { demo: is_demo, ..(**app.inside.as_ref().unwrap()).clone() };
            app.inside = Some(Arc::new(inside));
            let issuer = Issuer {
                city: (**app.inside.as_ref().unwrap()).clone(),
                composer: Arc::new(Composer::new(typeface, seal, Arc::new(signer), codes)),
                fresh_minutes: 30,
                audience: "test".to_owned(),
                anchors: Arc::new(anchors),
                status: Arc::new(AlwaysGood),
                genuineness: Arc::new(GenuinenessAnchors::new(vec![maker.anchor()])),
                renewals: None,
            };
            let slots = if has_drawer { Slots::Drawer(drawer.clone()) } else { Slots::Reader(Arc::new(PcscSlot)) };
            app.kiosk = Some(Arc::new(Place::new(issuer, slots, 10)));
            let keys =
                ServerKeys { signing: SigningKey::generate_p256().unwrap(), sealing: vec![SealingKey::generate()] };
            let pair = Counterpart::new(Arc::new(keys), "localhost:8080".into(), vec![CITY.into()], 47_614).unwrap();
            app.agents = Some(Arc::new(pair));
        });
        let shown = door.staff(&[Role::Operator]).post("/staff/agents/announce", &[("place", "人事課"), ("name", "1")]);
        let code = PairingCode::typed(&shown.between("<p class=\"secret\">", "<").unwrap());
        let agent = SigningKey::generate_p256().unwrap();
        let request = PairingRequest::make(&code, &agent, [1; 32]).unwrap();
        let answer = door.stranger().send("POST", "/agent/pair", Some("application/octet-stream"), request.to_bytes());
        let paired = PairingAnswer::read(&answer.bytes, &code, &request).unwrap();
        Self { door, drawer, maker, authority, agent, paired }
    }

    pub fn card(&self, serial: u64) -> Card {
        let key = SigningKey::generate_rsa().unwrap();
        let now = self.door.database.seams.now();
        let request = UserAuthenticationRequest {
            public_key_info: key.public_key_info(),
            serial,
            holder: "ABCDEFGH123456",
            municipality: "99999",
            not_before: now.plus_seconds(-3600),
            not_after: now.plus_seconds(900 * 86_400),
        };
        Card { certificate: self.authority.issue_user_authentication(&request).unwrap(), key }
    }

    /// Lays a card into the drawer, made by this city's maker with a key of its own; gives its place.
    pub fn lay(&self, card: &Card) -> usize {
        let mut contents = VirtualCardContents::new(
            KeyAndCertificate {
                private_key_pkcs8: card.key.to_pkcs8().unwrap().into(),
                certificate: card.certificate.clone(),
                ca_certificate: self.authority.certificate().to_vec(),
            },
            None,
            PIN,
            "MATSU77KAZE",
            BasicAttributes {
                name: "架空　花子".into(),
                address: "架空県見本市本町１－２".into(),
                birth_date: Date::new(1971, 9, 1).unwrap(),
                sex: b'2',
            },
            FictitiousNumber::from_eleven([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]),
            Date::new(2031, 9, 1).unwrap(),
        );
        self.maker.personalise(&mut contents).unwrap();
        let card = VirtualCard::new(contents, Behaviour::default(), self.door.database.seams.random.clone()).unwrap();
        let mut all = self.drawer.0.lock().unwrap();
        all.push(Some(card));
        all.len() - 1
    }

    /// A guard's desk, declared so, or as nobody declared it.
    pub fn desk(&self, attendance: Option<Attendance>) -> Visitor<'_> {
        let inside = self.door.inside().clone();
        let (_, secret) = inside
            .store
            .write::<_, store::StoreError, _>(move |tx| {
                let by = Actor::System { job: "test" };
                let desk = terminals::enrol_here_as(tx, &inside.seams, &by, Sort::StaffDesk, "受付", "本庁舎")?;
                if let Some(attendance) = attendance {
                    terminals::declare_attendance(tx, &inside.seams, &by, desk.0.id, attendance)?;
                }
                Ok(desk)
            })
            .unwrap();
        let mut visitor = self.door.neighbour();
        let value = data_encoding::BASE64URL_NOPAD.encode(&secret.0);
        visitor.cookies.insert(yakuba_web::session::terminal_cookie(false).to_owned(), value);
        visitor
    }

    /// Puts a card on the reader of this PC, with its PIN.
    pub fn show(&self, visitor: &mut Visitor<'_>, card: &Card, at: &str) -> Answer {
        let asked = visitor.post(&format!("{at}/ask"), &[("agent", &self.paired.agent)]);
        assert_eq!(asked.status, 200, "{}", asked.text());
        let asked: serde_json::Value = serde_json::from_slice(&asked.bytes).unwrap();
        let request = asked["request"].as_str().unwrap().to_owned();
        let bytes = data_encoding::BASE64URL_NOPAD.decode(request.as_bytes()).unwrap();
        let signed = SignedRequest::read(&bytes, &self.paired.verification_key).unwrap();
        let given = CardAnswer {
            certificate: Personal::new(card.certificate.clone()),
            ca_certificate: Vec::new(),
            signature: card.key.sign(&signed.request.challenge().signed_bytes()).unwrap(),
            user_authentication: Personal::new(Vec::new()),
        };
        let sealed = seal_agent_answer(&signed, &given, &self.agent, &self.paired.sealing_keys[0]).unwrap();
        let answer = data_encoding::BASE64URL_NOPAD.encode(&sealed);
        visitor.post(&format!("{at}/answer"), &[("request", &request), ("answer", &answer)])
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
