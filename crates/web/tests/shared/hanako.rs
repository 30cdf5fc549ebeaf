//! A small city, somebody of it, and a terminal at which their tag was read.

use base::Id;
use store::testing::TestDatabase;
use tools::ResidentId;
use tools::access::{self, Actor, Duty, Purpose};
use tools::credentials::tap_rules::Attendance;
use tools::credentials::{self, CredentialError, numbers};
use tools::register::{self, Criteria, import};
use tools::terminals::Sort;
use yakuba_web::taps::Shown;
use yakuba_web::testing::{TestDoor, Visitor};

/// 300 people, and 辻 花子 among them.
pub fn city(database: TestDatabase) -> (TestDoor, ResidentId) {
    let directory = database.directory().join("import");
    testkit::city::generate(300, 7, &directory).unwrap();
    import::run(&database.inside(), &database.seams, &directory, &import::Options::default(), &mut |_| true).unwrap();
    let seams = database.seams.clone();
    let criteria = Criteria { kana: Some("ツジ　ハナコ".to_owned()), ..Criteria::default() };
    let found = database.inside().write::<_, register::RegisterError, _>(move |tx| {
        let (actor, purpose) = (Actor::System { job: "test" }, Purpose::new(Duty::Inquiry));
        let mut search = access::search(tx, &seams, &actor, &purpose, "test")?;
        Ok(register::search(tx, &mut search, &criteria)?.0)
    });
    (TestDoor::open(database), found.unwrap()[0].id.clone())
}

/// A terminal of this sort that staff watch, at which this person's tag was read; the terminal, and who was shown there.
pub fn desk_of<'a>(
    door: &'a TestDoor,
    who: &ResidentId,
    sort: Sort,
    audience: &'static str,
) -> (Visitor<'a>, Id, Shown) {
    let (terminal, visitor) = door.terminal_of(sort, "窓口1", "本庁舎", Some(Attendance::FaceToFace));
    let inside = door.inside().clone();
    let (vault, seams, who) = (inside.vault.clone(), inside.seams.clone(), who.clone());
    let person = inside.store.write::<_, CredentialError, _>(move |tx| {
        let (by, tag) = (Actor::System { job: "test" }, numbers::tag("04A1B2C3D4E5F6").unwrap());
        let until = seams.now().plus_seconds(86_400 * 365);
        let _linked_before = credentials::enrol_token(tx, &vault, &seams, &by, &who, until, &tag)?;
        credentials::find_token(tx, &vault, seams.now(), &tag)
    });
    let shown = Shown::Presented(person.unwrap().unwrap());
    door.app.held.put(terminal, audience, shown.clone(), door.app.seams.now());
    (visitor, terminal, shown)
}
