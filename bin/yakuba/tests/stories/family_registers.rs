//! The family register's papers: for residents, for somebody who lives elsewhere from the application to the paper, and
//! what is refused at the last step.

use base::{ManualClock, Seams, Timestamp};
use card::virtual_card::VirtualCardContents;
use paper::recheck::extract;
use pki::SigningKey;
use pki::agent::answer::document_attributes;
use pki::agent::{CardAnswer, PresignedSigner};
use pki::challenge::{Challenge, PresentedCard, VerifiedCard};
use pki::jpki_profile::JudgedCertificate;
use pki::resident_signature::Judge;
use pki::revocation::{Status, StatusError, StatusSource};
use services::convenience_certificates::{
    Applicant, CardNo, CertificateKind, Choices, Issuer, Members, Refusal, actions, arrivals, family,
};
use store::StoreError;
use tools::access::{self, Actor, Duty, Purpose};
use tools::credentials::CredentialRefusal;
use tools::disclosure;
use tools::family_register::FamilyRegister;
use tools::family_register::registration::remote::{self, ReceiptHash, Sent};
use tools::family_register::registration::{
    self, Application, Decision, DeclineReason, RegistrationError, RegistrationRefusal, Statement,
};
use tools::relay::{HandleError, Message, RelayError};
use wire::record_lines::{Contents, Entry, Header, Reader, Record as _, write_header, write_record};
use yakuba::birth::ElsewhereLine;
use yakuba::cards::elsewhere;
use yakuba::commands;
use yakuba::commands::city::ImportOrder;
use yakuba::commands::issue::{self, Order};
use yakuba::keys::{CityKeys, SimulatedAuthorities};

use crate::city::{Fixture, fixture};

const TERMINAL: &str = "7";
const WHOLE: CertificateKind = CertificateKind::FamilyRegisterCertificate;
const PERSON: CertificateKind = CertificateKind::FamilyRegisterPersonCertificate;
const APPENDIX: CertificateKind = CertificateKind::FamilyRegisterAppendix;
const CLOSED: CertificateKind = CertificateKind::ClosedFamilyRegisterCertificate;

fn choices(kind: CertificateKind, members: Members) -> Choices {
    Choices { kind, members, ..Choices::default() }
}

/// The finished paper's texts, page by page.
fn issued(fixture: &Fixture, applicant: &Applicant, choices: &Choices) -> Vec<Vec<String>> {
    let (city, issuer) = (fixture.inside(), &fixture.issuer);
    let request = fixture.paid(applicant, choices);
    let token = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, applicant, request.id);
    let bytes = actions::fetch(city, applicant, request.id, &token.unwrap().unwrap()).unwrap().unwrap();
    actions::print_acknowledged(city, request.id).unwrap().unwrap();
    extract(&bytes).unwrap().pages.into_iter().map(|page| page.texts).collect()
}

fn begun(issuer: &Issuer, applicant: &Applicant, choices: &Choices) -> Result<(), Refusal> {
    actions::begin(&issuer.city, issuer.fresh_minutes, applicant, choices).unwrap().map(drop)
}

fn says(pages: &[Vec<String>], wanted: &str) -> bool {
    pages.iter().flatten().any(|text| text.contains(wanted))
}

/// The drawer's card of somebody who lives elsewhere.
pub fn drawers_card(fixture: &Fixture) -> VirtualCardContents {
    let last = yakuba::cards::drawer(fixture.inside()).unwrap().into_iter().last().unwrap();
    assert_eq!(last.label, testkit::city::family_registers::NON_RESIDENT.japanese);
    yakuba::cards::stored(fixture.inside(), &last.resident).unwrap().unwrap()
}

/// A new card for the same person, as after a renewal.
pub fn renewed_card(fixture: &Fixture) -> VirtualCardContents {
    let who = testkit::city::family_registers::NON_RESIDENT;
    let line = ElsewhereLine {
        name: who.name.to_owned(),
        address: who.address.to_owned(),
        birth_date: who.birth_date.to_owned(),
        japanese: who.japanese.to_owned(),
    };
    let authorities = SimulatedAuthorities::open(fixture.city.directory(), &fixture.inside().seams).unwrap();
    elsewhere::made(fixture.inside(), &authorities, &line).unwrap()
}

/// What the card answers to a challenge of the machine.
fn shown<T>(issuer: &Issuer, card: &VirtualCardContents, look: impl FnOnce(PresentedCard<'_>, &Challenge) -> T) -> T {
    let card = &card.user_authentication;
    let key = SigningKey::from_pkcs8(&card.private_key_pkcs8).unwrap();
    let challenge = Challenge::new(&issuer.city.seams, issuer.audience.as_str(), TERMINAL);
    let signature = key.sign(&challenge.signed_bytes()).unwrap();
    look(PresentedCard { certificate: &card.certificate, signature: &signature }, &challenge)
}

fn tap(issuer: &Issuer, card: &VirtualCardContents) -> Result<Applicant, String> {
    let found = shown(issuer, card, |presented, challenge| issuer.identify(presented, challenge, TERMINAL).unwrap());
    found.map_err(|no: CardNo| format!("{no:?}"))
}

fn no(refusal: RegistrationRefusal) -> String {
    format!("{:?}", CardNo::Registration(refusal))
}

fn unknown() -> String {
    format!("{:?}", CardNo::Credential(CredentialRefusal::Unknown))
}

/// The machine's application: PIN and password on one card.
pub fn apply(issuer: &Issuer, card: &VirtualCardContents, domicile: &str) -> Result<base::Id, RegistrationRefusal> {
    let verified: VerifiedCard =
        shown(issuer, card, |presented, challenge| issuer.verify(presented, challenge, TERMINAL).unwrap());
    let city = issuer.city.clone();
    let head = testkit::city::family_registers::NON_RESIDENT.head;
    let statement = Statement::new(&city.profile.name, domicile, head, &verified.certificate_id).unwrap();
    let cms = cms(card, &statement.content());
    let now = city.seams.now();
    let judge = Judge { anchors: &issuer.anchors, status: &*issuer.status, now };
    let signed = judge.detached(&cms, &statement.content(), now).unwrap();
    let store = city.store.clone();
    store
        .write::<_, RegistrationError, _>(move |tx| {
            let actor = Actor::Kiosk { terminal: TERMINAL.to_owned() };
            let application = Application { statement: &statement, signed: &signed, card: &verified };
            registration::apply(tx, &city.vault, &city.seams, &actor, &application)
        })
        .unwrap()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    std::array::from_fn(|at| hash.as_ref()[at])
}

/// What a PC sends: the statement's signature by whatever software, and the certificate it names.
pub fn sent_from_a_pc(issuer: &Issuer, card: &VirtualCardContents, signature: impl FnOnce(&[u8]) -> Vec<u8>) -> Sent {
    let verified = shown(issuer, card, |presented, challenge| issuer.verify(presented, challenge, TERMINAL).unwrap());
    let who = testkit::city::family_registers::NON_RESIDENT;
    let statement =
        Statement::new(&issuer.city.profile.name, who.domicile, who.head, &verified.certificate_id).unwrap();
    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    Sent {
        domicile: who.domicile.to_owned(),
        head: who.head.to_owned(),
        certificate: base64(&card.user_authentication.certificate),
        signature: base64(&signature(&statement.content())),
        received_at: issuer.city.seams.now().micros(),
    }
}

/// A detached CMS signature over `content` by the card's signing key.
pub fn cms(card: &VirtualCardContents, content: &[u8]) -> Vec<u8> {
    let signing = card.signing.as_ref().unwrap();
    let digest = sha256(content);
    let attributes = document_attributes(digest, &signing.certificate).unwrap();
    let answer = CardAnswer {
        certificate: signing.certificate.clone().into(),
        ca_certificate: signing.ca_certificate.clone(),
        user_authentication: card.user_authentication.certificate.clone().into(),
        signature: SigningKey::from_pkcs8(&signing.private_key_pkcs8).unwrap().sign(&attributes).unwrap(),
    };
    PresignedSigner::of_card(digest, &answer).unwrap().cms().unwrap()
}

/// Carries what lies in one zone's outbox to the other's handler.
fn carry(from: &store::Store, kind: &'static str, mut take: impl FnMut(Message)) {
    let rows = from
        .write::<_, StoreError, _>(move |tx| {
            let rows = tx.query("SELECT id, at, kind, body FROM relay_outbox WHERE kind = $1", &[kind.into()])?;
            tx.execute("DELETE FROM relay_outbox WHERE kind = $1", &[kind.into()])?;
            Ok(rows)
        })
        .unwrap();
    for (row, sequence) in rows.iter().zip(1..) {
        take(Message {
            sequence,
            id: row.id(0).unwrap(),
            at: row.timestamp(1).unwrap(),
            kind: row.text(2).unwrap().to_owned(),
            body: row.blob(3).unwrap().to_vec(),
        });
    }
}

/// The page seals and sends, the relay carries, the job judges, the relay tells. Answers what the receipt says then.
fn through_the_zones(fixture: &Fixture, sent: &Sent, receipt: base::Id) -> String {
    let (inside, outside) = (fixture.inside(), fixture.city.outside());
    let keys = CityKeys::open(fixture.city.directory(), &inside.seams, &inside.profile, true).unwrap();
    let hash = ReceiptHash::of(receipt);
    let plain = serde_json::to_vec(sent).unwrap();
    let sealing = &keys.agents.sealing;
    let sealed = sealing[0].public().seal(remote::SEALED_FOR, hash.as_str().as_bytes(), &plain).unwrap();
    let (seams, to) = (outside.seams.clone(), hash.clone());
    outside.store.write::<_, RelayError, _>(move |tx| remote::send_in(tx, &seams, &to, &sealed)).unwrap();
    carry(&outside.store, remote::APPLICATION, |message| {
        assert!(!message.body.windows(6).any(|part| part == "春子".as_bytes()), "sealed on its way");
        inside.store.write::<_, HandleError, _>(move |tx| remote::receive_application(tx, &message)).unwrap();
    });
    arrivals::work(&fixture.issuer, sealing).unwrap();
    told(fixture, receipt)
}

/// What the receipt says, after the relay brought what the inside has to tell.
fn told(fixture: &Fixture, receipt: base::Id) -> String {
    let (inside, outside) = (fixture.inside(), fixture.city.outside());
    let keys = CityKeys::open(fixture.city.directory(), &inside.seams, &inside.profile, true).unwrap();
    arrivals::work(&fixture.issuer, &keys.agents.sealing).unwrap();
    carry(&inside.store, remote::STANDING, |message| {
        outside.store.write::<_, HandleError, _>(move |tx| remote::receive_standing(tx, &message)).unwrap();
    });
    let hash = ReceiptHash::of(receipt);
    outside.store.read::<_, StoreError, _>(|tx| remote::standing(tx, &hash)).unwrap().unwrap()
}

#[test]
fn an_application_from_a_pc_is_judged_inside_and_the_receipt_says_how_it_stands() {
    let fixture = Fixture::named("elsewhere-pc");
    let (issuer, card) = (&fixture.issuer, drawers_card(&fixture));
    let seams = &fixture.inside().seams;
    // Signed with another card: whoever it is, not this statement.
    let another = renewed_card(&fixture);
    let forged = sent_from_a_pc(issuer, &card, |content| cms(&another, &[content, b"."].concat()));
    assert_eq!(through_the_zones(&fixture, &forged, seams.random_id()), "refused");

    let receipt = seams.random_id();
    let sent = sent_from_a_pc(issuer, &card, |content| cms(&card, content));
    assert_eq!(through_the_zones(&fixture, &sent, receipt), "applied");
    assert_eq!(
        tap(issuer, &card).unwrap_err(),
        no(RegistrationRefusal::NotProved),
        "the card may prove itself instead"
    );
    let inside = &fixture.inside().store;
    let id = inside.read::<_, StoreError, _>(registration::waiting).unwrap()[0].id;
    assert_eq!(reviewed(issuer, id), 1);
    assert_eq!(told(&fixture, receipt), "registered");
    assert!(tap(issuer, &card).is_ok(), "and only now, with its PIN, the card opens the register");
    let left = inside.read::<_, StoreError, _>(|tx| tx.query("SELECT 1 FROM registration_arrivals", &[])).unwrap();
    assert!(left.is_empty(), "what was sent is not kept");
}

/// Nobody answers what a certificate's status is.
struct NobodyAnswers;

impl StatusSource for NobodyAnswers {
    fn status(&self, _: &JudgedCertificate, _: Timestamp) -> Result<Status, StatusError> {
        Err(StatusError::Unreachable)
    }
}

#[test]
fn an_application_from_a_pc_waits_while_nobody_can_say_whether_its_certificates_are_good() {
    let mut fixture = Fixture::named("elsewhere-pc-waits");
    let card = drawers_card(&fixture);
    let sent = sent_from_a_pc(&fixture.issuer, &card, |content| cms(&card, content));
    let answered = std::mem::replace(&mut fixture.issuer.status, std::sync::Arc::new(NobodyAnswers));
    let receipt = fixture.inside().seams.random_id();
    assert_eq!(through_the_zones(&fixture, &sent, receipt), "sent", "that is not the applicant's fault");
    fixture.issuer.status = answered;
    assert_eq!(told(&fixture, receipt), "applied");
}

/// The user-authentication certificate of somebody who lives elsewhere, registered.
pub fn registered_card(fixture: &Fixture) -> card::virtual_card::KeyAndCertificate {
    let card = drawers_card(fixture);
    let id = apply(&fixture.issuer, &card, testkit::city::family_registers::NON_RESIDENT.domicile).unwrap();
    assert_eq!(reviewed(&fixture.issuer, id), 1);
    card.user_authentication
}

/// An officer takes it up, compares, and registers the one who fits, or declines. Answers how many fitted.
pub fn reviewed(issuer: &Issuer, id: base::Id) -> usize {
    let city = issuer.city.clone();
    let officer = Actor::Staff { account: city.seams.random_id() };
    let store = city.store.clone();
    store
        .write::<_, RegistrationError, _>(move |tx| {
            let seams = &city.seams;
            registration::take_up(tx, seams, &officer, id)?.unwrap();
            let waiting = registration::waiting(tx)?.into_iter().find(|one| one.id == id).unwrap();
            let access = access::person(tx, seams, &officer, &Purpose::new(Duty::Credential), &waiting.person)?;
            let opened = registration::open(tx, &city.vault, &access, id)?.unwrap();
            let fitting = registration::candidates(tx, &access, &opened)?;
            let decision = match fitting.first() {
                Some(one) => Decision::Register { register_id: one.register_id.clone(), member: one.member },
                None => Decision::Decline(DeclineReason::NoSuchRegister),
            };
            registration::decide(tx, seams, &officer, id, &decision)?.unwrap();
            Ok(fitting.len())
        })
        .unwrap()
}

#[test]
fn somebody_who_lives_elsewhere_from_the_application_to_the_paper_and_to_the_renewed_card() {
    let fixture = Fixture::named("elsewhere");
    let (issuer, city) = (&fixture.issuer, fixture.inside());
    let card = drawers_card(&fixture);
    assert_eq!(tap(issuer, &card).unwrap_err(), unknown(), "no register of residents here knows her");

    // Mistyped: nobody fits, and after the officer's no she may apply again.
    let mistyped = apply(issuer, &card, "見本県見本市中央一丁目999番地").unwrap();
    assert_eq!(reviewed(issuer, mistyped), 0);
    assert_eq!(tap(issuer, &card).unwrap_err(), unknown());

    let id = apply(issuer, &card, testkit::city::family_registers::NON_RESIDENT.domicile).unwrap();
    assert_eq!(tap(issuer, &card).unwrap_err(), no(RegistrationRefusal::Waiting), "she can see that it is checked");
    assert!(apply(issuer, &card, "見本県見本市中央1丁目100").is_err(), "one application for a card");
    assert_eq!(reviewed(issuer, id), 1);

    let haruko = tap(issuer, &card).unwrap();
    let names: Vec<_> = family(city, issuer.fresh_minutes, &haruko, APPENDIX).unwrap().unwrap();
    assert_eq!(names.len(), 2, "her mother and she; her father is dead");
    assert!(names.iter().any(|member| member.is_applicant && member.name == "辻\u{E0102}　春子"));
    assert_eq!(begun(issuer, &haruko, &Choices::default()), Err(Refusal::BadChoices), "no residence certificate");

    let pages = issued(&fixture, &haruko, &choices(WHOLE, Members::Household));
    assert!(says(&pages, "春子") && says(&pages, "花子") && says(&pages, "除　籍") && says(&pages, "死亡"));
    let pages = issued(&fixture, &haruko, &choices(APPENDIX, Members::Applicant));
    assert!(says(&pages, "例示県例示市大手町一丁目２番３号") && !says(&pages, "花子　"));
    // Her mother, who lives here, is told.
    let (mother, today) = (fixture.sample("elderly-single"), city.seams.today());
    let seen = city.store.read::<_, StoreError, _>(|tx| disclosure::for_person(tx, &mother, today, None, 50)).unwrap();
    assert!(seen.iter().any(|line| line.items.contains(&"戸籍の記録事項")), "{seen:?}");

    // The card is renewed: another certificate, so the registration does not hold for it, and she applies anew.
    let renewed = renewed_card(&fixture);
    assert_eq!(tap(issuer, &renewed).unwrap_err(), unknown());
    let again = apply(issuer, &renewed, testkit::city::family_registers::NON_RESIDENT.domicile).unwrap();
    assert_eq!(reviewed(issuer, again), 1);
    assert!(tap(issuer, &renewed).is_ok());
}

#[test]
fn i9_a_registration_that_ended_meanwhile_issues_nothing() {
    let fixture = Fixture::named("elsewhere-ended");
    let (issuer, card) = (&fixture.issuer, drawers_card(&fixture));
    let id = apply(issuer, &card, testkit::city::family_registers::NON_RESIDENT.domicile).unwrap();
    reviewed(issuer, id);
    let haruko = tap(issuer, &card).unwrap();
    let request = fixture.paid(&haruko, &choices(WHOLE, Members::Household));
    let verified = shown(issuer, &card, |presented, challenge| issuer.verify(presented, challenge, TERMINAL).unwrap());
    let city = issuer.city.clone();
    // At the moment of the signature she withdraws.
    let composer = fixture.composer_while(move || {
        let (inside, verified) = (city.clone(), verified.clone());
        city.store
            .write::<_, RegistrationError, _>(move |tx| {
                let actor = Actor::Kiosk { terminal: TERMINAL.to_owned() };
                registration::withdraw(tx, &inside.vault, &inside.seams, &actor, &verified)
            })
            .unwrap()
            .ok();
    });
    let prepared = actions::prepare(fixture.inside(), &composer, issuer.fresh_minutes, &haruko, request.id).unwrap();
    assert_eq!(prepared.unwrap_err(), Refusal::AskAtTheCounter);
    assert_eq!(fixture.documents(&request), 0);
}

#[test]
fn residents_take_the_whole_one_person_and_the_appendix() {
    let fixture = fixture();
    let couple = fixture.applicant("couple");
    let pages = issued(fixture, &couple, &choices(WHOLE, Members::Household));
    assert!(says(&pages, "大輔") && says(&pages, "真理子") && says(&pages, "養子縁組") && says(&pages, "丁田五月"));
    assert!(says(&pages, "これは、戸籍に記録されている事項の全部を証明した書面である。"));
    let pages = issued(fixture, &couple, &choices(PERSON, Members::Numbered(vec![2])));
    assert!(says(&pages, "真理子") && says(&pages, "戸籍中の一部の者") && !says(&pages, "養父氏名"));
    let pages = issued(fixture, &couple, &choices(APPENDIX, Members::Household));
    assert!(says(&pages, "戸籍の附票の原本") && says(&pages, "【住所を定めた年月日】"));
    let family = fixture.applicant("family-of-six");
    let pages = issued(fixture, &family, &choices(WHOLE, Members::Household));
    assert!(pages.len() >= 3 && says(&pages, "除　籍") && says(&pages, "訂正"), "{} pages", pages.len());
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("{}/{}ページ", index + 1, pages.len())));
    }
}

#[test]
fn whatever_the_register_says_the_refusal_is_one_sentence_and_elsewhere_is_told_where_to_go() {
    let fixture = fixture();
    let issuer = &fixture.issuer;
    let ask = |kind: &str| begun(issuer, &fixture.applicant(kind), &choices(WHOLE, Members::Household)).unwrap_err();
    for kind in ["under-protection", "rare-takasaki", "under-fifteen", "pending", "dead"] {
        assert_eq!(ask(kind), Refusal::AskAtTheCounter, "{kind}");
        assert_eq!(
            family(&issuer.city, issuer.fresh_minutes, &fixture.applicant(kind), WHOLE).unwrap(),
            Err(Refusal::AskAtTheCounter)
        );
    }
    assert_eq!(ask("one-parent"), Refusal::RegisterElsewhere);
    assert_eq!(ask("foreign-resident"), Refusal::RegisterElsewhere);
}

#[test]
fn the_counter_issues_a_closed_register_and_a_machine_does_not() {
    let fixture = fixture();
    let order = |kind, members| {
        let resident = fixture.sample("widow").as_str().to_owned();
        let order = Order { resident, choices: choices(kind, members), staff_credential: None, purpose: None };
        issue::issue(&fixture.city, &order)
    };
    let done = order(CLOSED, Members::Applicant).unwrap_or_else(|failure| panic!("{}", failure.sentence()));
    let found = extract(&done.file.unwrap()).unwrap();
    assert_eq!(found.title, "除籍全部事項証明");
    assert!(found.pages[0].texts.iter().any(|text| text == "戸籍消除"));
    assert!(order(WHOLE, Members::Applicant).is_ok() && order(APPENDIX, Members::Numbered(vec![1])).is_ok());
    assert!(order(PERSON, Members::Numbered(vec![9])).is_err());

    let offers = actions::offers(fixture.inside(), TERMINAL).unwrap();
    assert!(offers.iter().any(|offer| offer.kind == APPENDIX) && offers.iter().all(|offer| offer.kind != CLOSED));
    let card = yakuba::cards::stored(fixture.inside(), &fixture.sample("widow")).unwrap().unwrap();
    let widow = tap(&fixture.issuer, &card).unwrap();
    assert_eq!(begun(&fixture.issuer, &widow, &choices(CLOSED, Members::Applicant)), Err(Refusal::BadChoices));
}

#[test]
fn i8_without_the_family_registers_own_heartbeat_only_their_papers_stop() {
    let fixture = Fixture::named("family-heartbeat");
    let later = fixture.inside().seams.now().plus_seconds(3 * 3_600);
    let clock = ManualClock::starting_at(later);
    let city = fixture.with_seams(Seams { clock: std::sync::Arc::new(clock), ..fixture.inside().seams.clone() });
    // The register of residents says that it is there; the other system is silent.
    city.store
        .write::<_, StoreError, _>(move |tx| {
            let position = tools::register::freshness(tx, later)?.source_position;
            tools::register::freshness::record_heartbeat(tx, "story", position, later, later)
        })
        .unwrap();
    let issuer = Issuer { city, ..fixture.issuer.clone() };
    let couple = fixture.applicant("couple");
    assert_eq!(begun(&issuer, &couple, &Choices::default()), Ok(()));
    for kind in [WHOLE, PERSON, APPENDIX] {
        assert_eq!(begun(&issuer, &couple, &choices(kind, Members::Applicant)), Err(Refusal::RegisterNotFresh));
    }
}

/// The register of the demo's file in which somebody of this name is.
fn register_of(fixture: &Fixture, name: &str) -> FamilyRegister {
    let bytes = std::fs::read(fixture.city.directory().join("files").join(FamilyRegister::FILE)).unwrap();
    let mut reader = Reader::<_, FamilyRegister>::open(bytes.as_slice()).unwrap();
    while let Some(entry) = reader.next_entry().unwrap() {
        if let Entry::Good { record: register, .. } = entry
            && register.members.iter().any(|member| register.full_name(member) == name)
        {
            return *register;
        }
    }
    panic!("{name} is in no register");
}

#[test]
fn i9_a_notification_that_arrives_while_the_paper_is_drawn_stops_it() {
    let fixture = Fixture::named("family-pending");
    let couple = fixture.applicant("couple");
    let request = fixture.paid(&couple, &choices(WHOLE, Members::Household));
    let mut register = register_of(&fixture, "佐藤　大輔");
    register.is_pending = true;
    let place = tempfile::tempdir().unwrap();
    let mut file = Vec::new();
    let header = Header {
        source: "mihon-koseki".to_owned(),
        position: testkit::city::POSITION + 1,
        taken_at: fixture.inside().seams.now(),
        contents: Contents::Difference { after: testkit::city::POSITION },
        records: 1,
    };
    write_header::<FamilyRegister>(&mut file, &header).unwrap();
    write_record(&mut file, &register).unwrap();
    std::fs::write(place.path().join(FamilyRegister::FILE), file).unwrap();
    let city = fixture.city.clone();
    let order = ImportOrder { directory: place.path().to_owned(), dry_run: false, keep_good: false };
    let composer = fixture.composer_while(move || {
        let done = commands::city::import(&city, &order, &mut |_| {}).unwrap_or_else(|no| panic!("{}", no.sentence()));
        assert_eq!(done.exit_code, 0, "{:?}", done.lines);
    });
    let issuer = &fixture.issuer;
    let prepared = actions::prepare(fixture.inside(), &composer, issuer.fresh_minutes, &couple, request.id).unwrap();
    assert_eq!(prepared.unwrap_err(), Refusal::AskAtTheCounter);
    assert_eq!(fixture.documents(&request), 0);
}
