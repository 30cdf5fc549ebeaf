//! Files that go by themselves, over simulated days: each once, whatever is cut where.

use std::path::Path;

use base::{Date, Timestamp};
use store::StoreError;
use store::testing::TestDatabase;
use tools::access::Actor;
use tools::service_cards::{self, CardError, CardStatus, Form, NewCard, Subject};
use tools::{Inside, ResidentId};

use super::door::city;
use crate::library_card::KEY;
use crate::library_card::sync::daily::{Daily, DailyError, SETTLED, SETTLED_UNENDED, Settings};
use crate::library_card::sync::{self, File, Refused, Written};

const DAY: i64 = 86_400;

struct Scene {
    city: Inside,
    daily: Daily,
    database: TestDatabase,
    folders: tempfile::TempDir,
}

fn clerk() -> Actor {
    Actor::System { job: "test" }
}

impl Scene {
    fn open(written: Written) -> Self {
        let database = TestDatabase::on_sqlite();
        let city = city(&database);
        let folders = tempfile::tempdir().unwrap();
        let scene = Self { daily: job(&city, folders.path(), written), city, database, folders };
        for folder in [scene.give(), scene.take()] {
            std::fs::create_dir(folder).unwrap();
        }
        scene
    }

    fn give(&self) -> std::path::PathBuf {
        self.folders.path().join("give")
    }

    fn take(&self) -> std::path::PathBuf {
        self.folders.path().join("take")
    }

    fn register(&self, resident: &str, number: &str) {
        let (vault, seams, number) = (self.city.vault.clone(), self.city.seams.clone(), number.to_owned());
        let subject = Subject::of(&vault, KEY, &ResidentId::parse(resident).unwrap()).unwrap();
        let issued = self.city.cards.write::<_, CardError, _>(move |tx| {
            let new =
                NewCard { service: KEY, subject: &subject, form: Form::OneCard, number: &number, valid_until: None };
            service_cards::issue(tx, &vault, &seams, &clerk(), &new)
        });
        issued.unwrap().unwrap();
    }

    fn status(&self, number: &str) -> CardStatus {
        let (vault, number) = (self.city.vault.clone(), number.to_owned());
        let found =
            self.city.cards.read::<_, CardError, _>(move |tx| service_cards::find_number(tx, &vault, KEY, &number));
        found.unwrap()[0].status
    }

    fn set(&self, number: &str, status: CardStatus) {
        let (vault, seams, number) = (self.city.vault.clone(), self.city.seams.clone(), number.to_owned());
        let changed = self.city.cards.write::<_, CardError, _>(move |tx| {
            let id = service_cards::find_number(tx, &vault, KEY, &number)?[0].id;
            service_cards::change(tx, &seams, &clerk(), KEY, id, status, "test")
        });
        assert!(changed.unwrap());
    }

    /// Words in the history of the number's card that a file wrote.
    fn by_file(&self, number: &str) -> usize {
        let (vault, number) = (self.city.vault.clone(), number.to_owned());
        let all = self.city.cards.read::<_, CardError, _>(move |tx| {
            let id = service_cards::find_number(tx, &vault, KEY, &number)?[0].id;
            service_cards::history(tx, KEY, id)
        });
        all.unwrap().iter().filter(|one| one.why == "library_file").count()
    }

    fn files(&self) -> Vec<File> {
        self.city.store.read::<_, StoreError, _>(|tx| sync::files(tx, 100)).unwrap()
    }

    fn audited(&self, event: &'static str) -> i64 {
        let sql = "SELECT COUNT(*) FROM audit_entry WHERE event = $1";
        self.city.store.read::<_, StoreError, _>(move |tx| tx.query(sql, &[event.into()])).unwrap()[0].int(0).unwrap()
    }

    fn later(&self, seconds: i64) {
        self.database.clock.advance_seconds(seconds);
    }

    /// To this hour of the day after.
    fn next_day_at(&self, hour: u8) -> Date {
        let now = self.city.seams.now();
        let day = now.date_in_japan().plus_days(1);
        self.later(Timestamp::in_japan(day, hour, 0, 0).seconds_since(now));
        day
    }

    /// Two looks, as far apart as a whole file needs.
    fn looks(&self) {
        self.daily.look().unwrap();
        self.later(SETTLED);
        self.daily.look().unwrap();
    }

    fn leave(&self, name: &str, text: &str) {
        std::fs::write(self.take().join(name), text).unwrap();
    }
}

fn job(city: &Inside, folders: &Path, written: Written) -> Daily {
    let settings =
        Settings { give: Some(folders.join("give")), take: Some(folders.join("take")), written, from_hour: 4 };
    Daily::new(city.clone(), settings)
}

fn names(folder: &Path) -> Vec<String> {
    let all = std::fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
    let mut all: Vec<String> = all.collect();
    all.sort();
    all
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn each_day_has_one_list_from_its_hour_on_and_marks_what_changed_since_the_day_before() {
    let scene = Scene::open(Written::Utf8);
    scene.register("R-1", "L-0001");
    let first = scene.next_day_at(3);
    scene.daily.look().unwrap();
    assert!(names(&scene.give()).is_empty(), "not before its hour");
    scene.later(3600);
    scene.daily.look().unwrap();
    scene.later(600);
    scene.daily.look().unwrap();
    let list = format!("library-cards-{first}.csv");
    assert_eq!(names(&scene.give()), [list.as_str()]);
    assert!(text(&scene.give().join(&list)).contains("\"L-0001\",\"個人番号カード等\",\"利用可\""));
    // Saved by hand meanwhile: it may never come to the library, so the next day says the change all the same.
    scene.register("R-2", "L-0002");
    sync::give(&scene.city, &clerk(), Written::Utf8).unwrap();
    let second = scene.next_day_at(5);
    scene.daily.look().unwrap();
    let next = text(&scene.give().join(format!("library-cards-{second}.csv")));
    let marked: Vec<&str> = next.lines().filter(|line| line.contains("変更\"") && line.contains("L-")).collect();
    assert_eq!(marked.len(), 1, "{next}");
    assert!(marked[0].contains("L-0002"), "{next}");
    // A day without the process has no list; the one after is whole.
    scene.next_day_at(0);
    scene.next_day_at(9);
    scene.daily.look().unwrap();
    assert_eq!(names(&scene.give()).len(), 3);
    assert_eq!((scene.files().len(), scene.audited("library.file_given")), (4, 4));
    assert_eq!(scene.files().iter().filter(|file| file.folder.is_some()).count(), 3);
}

#[test]
fn a_list_that_was_cut_before_it_lay_in_place_is_laid_there_once() {
    let scene = Scene::open(Written::ShiftJis);
    scene.register("R-1", "L-0001");
    let day = scene.next_day_at(5);
    let list = scene.give().join(format!("library-cards-{day}.csv"));
    // Something stands in the way of the last step.
    std::fs::create_dir(&list).unwrap();
    std::fs::write(list.join("x"), "").unwrap();
    assert!(matches!(scene.daily.look(), Err(DailyError::Give(_))));
    assert_eq!(scene.daily.trouble(), ["library-staff-daily-give"]);
    std::fs::remove_dir_all(&list).unwrap();
    // The process starts again the day after, and a card came meanwhile: the list of the day is the one that was noted.
    scene.register("R-2", "L-0002");
    let next = scene.next_day_at(0);
    let again = job(&scene.city, scene.folders.path(), Written::ShiftJis);
    again.look().unwrap();
    let bytes = std::fs::read(&list).unwrap();
    let (read, _, is_broken) = encoding_rs::SHIFT_JIS.decode(&bytes);
    assert!(!is_broken && read.contains("L-0001") && !read.contains("L-0002") && read.contains("利用者番号"), "{read}");
    // The library fetched it: it does not come again.
    std::fs::remove_file(&list).unwrap();
    again.look().unwrap();
    assert!(names(&scene.give()).is_empty());
    scene.later(5 * 3600);
    again.look().unwrap();
    assert_eq!(names(&scene.give()), [format!("library-cards-{next}.csv")]);
    assert_eq!((scene.files().len(), again.trouble().len()), (2, 0));
    // Without its folder nothing is called done.
    std::fs::remove_dir_all(scene.give()).unwrap();
    scene.next_day_at(5);
    assert!(matches!(again.look(), Err(DailyError::Give(_))));
    std::fs::create_dir(scene.give()).unwrap();
    again.look().unwrap();
    assert_eq!(names(&scene.give()).len(), 1);
}

#[test]
fn what_the_library_left_is_read_when_it_is_whole_and_once() {
    let scene = Scene::open(Written::Utf8);
    scene.register("R-1", "L-0001");
    scene.register("R-2", "L-0002");
    // Under another name, hidden, or growing: not yet.
    scene.leave("ended.csv.part", "番号,状態\nL-0001,終了\n");
    scene.leave(".ended.csv", "番号,状態\nL-0001,終了\n");
    scene.leave("ended.csv", "番号,状態\nL-0001,停止\n");
    scene.daily.look().unwrap();
    scene.later(SETTLED);
    scene.leave("ended.csv", "番号,状態\nL-0001,停止\nL-0002,停");
    scene.daily.look().unwrap();
    scene.later(SETTLED);
    scene.daily.look().unwrap();
    assert_eq!(scene.status("L-0001"), CardStatus::Active, "half a file is not read");
    scene.leave("ended.csv", "番号,状態\nL-0001,停止\nL-0002,停止\nL-9999,停止\n");
    scene.looks();
    assert_eq!((scene.status("L-0001"), scene.status("L-0002")), (CardStatus::OnHold, CardStatus::OnHold));
    let file = &scene.files().into_iter().find(|file| file.is_in).unwrap();
    assert_eq!((file.lines, file.changed, file.refused), (3, 2, 1));
    assert_eq!(file.folder.as_ref().unwrap().name.as_deref(), Some("ended.csv"));
    let id = file.id;
    let refused = scene.city.store.read::<_, StoreError, _>(move |tx| sync::refused(tx, id)).unwrap();
    assert_eq!(refused, [Refused { line: 4, column: None, reason: "unknown".to_owned() }]);
    assert_eq!(names(&scene.take()), [".ended.csv", "ended.csv.part", "taken"]);
    // Days go by and nothing is taken again; the same file left again is a file of its own.
    scene.set("L-0001", CardStatus::Active);
    scene.later(DAY);
    scene.looks();
    assert_eq!(scene.status("L-0001"), CardStatus::Active);
    scene.leave("ended.csv", "番号,状態\nL-0001,停止\nL-0002,停止\nL-9999,停止\n");
    scene.looks();
    assert_eq!(scene.status("L-0001"), CardStatus::OnHold);
    assert_eq!((scene.audited("library.file_taken"), names(&scene.take().join("taken")).len()), (2, 2));
    // A file whose last line does not end is read when it has stayed so for long.
    scene.leave("last.csv", "番号,状態\nL-0002,再開");
    scene.looks();
    assert_eq!(scene.status("L-0002"), CardStatus::OnHold);
    scene.later(SETTLED_UNENDED);
    scene.daily.look().unwrap();
    assert_eq!(scene.status("L-0002"), CardStatus::Active);
}

#[test]
fn a_taking_that_was_cut_in_the_middle_goes_on_and_doubles_nothing() {
    let scene = Scene::open(Written::Utf8);
    scene.register("R-1", "L-0001");
    scene.register("R-2", "L-0002");
    // One card in the first part of rows, one in the second.
    let mut rows = "番号,状態\nL-0001,停止\n".to_owned();
    for number in 0..250 {
        rows.push_str(&format!("X-{number:04},停止\n"));
    }
    rows.push_str("L-0002,停止\n");
    scene.leave("ended.csv", &rows);
    scene.daily.look().unwrap();
    // The database of cards does not take the second part: the run ends there.
    let planted =
        "CREATE TRIGGER cut BEFORE INSERT ON library_parts WHEN NEW.part = 1 BEGIN SELECT RAISE(ABORT, 'cut'); END";
    scene.city.cards.write::<_, StoreError, _>(move |tx| tx.execute(planted, &[]).map(drop)).unwrap();
    scene.later(SETTLED);
    assert!(matches!(scene.daily.look(), Err(DailyError::Sync(_))));
    assert_eq!(scene.daily.trouble(), ["library-staff-daily-database"]);
    assert_eq!((scene.status("L-0001"), scene.status("L-0002")), (CardStatus::OnHold, CardStatus::Active));
    assert!(scene.files().iter().all(|file| !file.is_in), "nothing is called taken");
    // Meanwhile the counter lets the first card run again; the process starts anew and takes the file to its end.
    scene.set("L-0001", CardStatus::Active);
    scene.city.cards.write::<_, StoreError, _>(|tx| tx.execute("DROP TRIGGER cut", &[]).map(drop)).unwrap();
    let again = job(&scene.city, scene.folders.path(), Written::Utf8);
    again.look().unwrap();
    scene.later(SETTLED);
    // The last step fails: what was taken cannot be moved away.
    std::fs::write(scene.take().join("taken"), "").unwrap();
    assert!(matches!(again.look(), Err(DailyError::Take(_))));
    std::fs::remove_file(scene.take().join("taken")).unwrap();
    again.look().unwrap();
    scene.later(DAY);
    again.look().unwrap();
    assert_eq!((scene.status("L-0001"), scene.status("L-0002")), (CardStatus::Active, CardStatus::OnHold));
    assert_eq!((scene.by_file("L-0001"), scene.by_file("L-0002")), (1, 1));
    let taken: Vec<File> = scene.files().into_iter().filter(|file| file.is_in).collect();
    assert_eq!((taken.len(), taken[0].lines, taken[0].changed, taken[0].refused), (1, 252, 2, 250));
    assert_eq!((scene.audited("library.file_taken"), names(&scene.take())), (1, vec!["taken".to_owned()]));
    let left = scene.city.cards.read::<_, StoreError, _>(|tx| tx.query("SELECT part FROM library_parts", &[]));
    assert!(left.unwrap().is_empty(), "what was kept for going on is forgotten");
}

/// As a file was known before digests were keyed.
fn bare_digest(name: &str, content: &str) -> Vec<u8> {
    let bytes = [name.as_bytes(), &[0], content.as_bytes()].concat();
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes).as_ref().to_vec()
}

#[test]
fn a_file_is_known_by_a_keyed_digest_until_it_was_moved_away_and_one_of_before_is_not_taken_twice() {
    let scene = Scene::open(Written::Utf8);
    scene.register("R-1", "L-0001");
    let content = "番号,状態\nL-0001,停止\n";
    let digests = || {
        let sql = "SELECT digest, digest_key FROM library_arrivals ORDER BY came_at DESC";
        let rows = scene.city.store.read::<_, StoreError, _>(move |tx| tx.query(sql, &[])).unwrap();
        let read = |row: &store::Row| (row.blob(0).unwrap().to_vec(), row.int(1).unwrap());
        rows.iter().map(read).collect::<Vec<_>>()
    };
    for (name, is_of_before) in [("a.csv", false), ("b.csv", true)] {
        let bare = bare_digest(name, content);
        // Taken, and cut before it was moved away.
        scene.leave(name, content);
        std::fs::write(scene.take().join("taken"), "").unwrap();
        scene.daily.look().unwrap();
        scene.later(SETTLED);
        assert!(matches!(scene.daily.look(), Err(DailyError::Take(_))));
        assert_eq!(scene.status("L-0001"), CardStatus::OnHold);
        let (digest, key) = digests().remove(0);
        assert!(digest.len() == 32 && digest != bare && key > 0, "nobody without the key can guess the list from it");
        if is_of_before {
            let sql = "UPDATE library_arrivals SET digest = $1, digest_key = 0 WHERE moved_at IS NULL";
            let put = bare.clone();
            let put = scene.city.store.write::<_, StoreError, _>(move |tx| tx.execute(sql, &[put.as_slice().into()]));
            assert_eq!(put.unwrap(), 1);
        } else {
            scene.city.vault.rotate_lookup_key().unwrap();
        }
        scene.set("L-0001", CardStatus::Active);
        std::fs::remove_file(scene.take().join("taken")).unwrap();
        scene.daily.look().unwrap();
        assert_eq!(scene.status("L-0001"), CardStatus::Active, "{name}: not taken twice");
        assert_eq!(names(&scene.take()), ["taken"]);
        assert!(digests().iter().all(|(digest, _)| digest.is_empty()), "nothing to guess from remains");
        std::fs::remove_dir_all(scene.take().join("taken")).unwrap();
    }
    assert_eq!(scene.by_file("L-0001"), 2);
}

#[test]
fn a_broken_file_is_set_aside_with_its_reason_and_stops_no_other() {
    let scene = Scene::open(Written::Utf8);
    scene.register("R-1", "L-0001");
    std::fs::write(scene.take().join("a-broken.csv"), b"\xff\xff\xff\n").unwrap();
    scene.leave("b-empty.csv", "番号,状態\n");
    std::fs::write(scene.take().join("c-large.csv"), vec![b'\n'; sync::MOST_BYTES + 1]).unwrap();
    scene.leave("d-good.csv", "番号,状態\nL-0001,終了\n");
    scene.looks();
    assert_eq!(scene.status("L-0001"), CardStatus::Ended);
    assert_eq!(names(&scene.take()), ["refused", "taken"]);
    let aside = names(&scene.take().join("refused"));
    assert_eq!(aside.len(), 5, "what was not read to its end does not rest with us: {aside:?}");
    let reason = aside.iter().find(|name| name.ends_with("c-large.csv.reason.txt")).unwrap();
    assert!(text(&scene.take().join("refused").join(reason)).contains("残していません"));
    let reason = aside.iter().find(|name| name.ends_with("a-broken.csv.reason.txt")).unwrap();
    assert!(text(&scene.take().join("refused").join(reason)).contains("文字を読めません"));
    let mut why: Vec<_> = scene.files().into_iter().filter_map(|file| file.folder?.why).collect();
    why.sort();
    assert_eq!(why, ["characters", "empty", "size"]);
    // A folder that is not there is said, and is no end.
    std::fs::remove_dir_all(scene.take()).unwrap();
    assert!(matches!(scene.daily.look(), Err(DailyError::Take(_))));
    assert_eq!(scene.daily.trouble(), ["library-staff-daily-take"]);
}

#[test]
fn a_file_with_an_individual_number_is_not_taken_and_does_not_rest_with_us() {
    let scene = Scene::open(Written::Utf8);
    scene.register("R-1", "L-0001");
    scene.leave("a.csv", "番号,状態,備考\nL-0001,終了,\nL-0002,終了,１２３４・５６７８・９０１８\n");
    scene.leave("b-123456789018.csv", "番号,状態\nL-0001,停止\n");
    scene.looks();
    assert_eq!(scene.status("L-0001"), CardStatus::OnHold, "nothing of the first, and the second whole");
    let aside = names(&scene.take().join("refused"));
    let [reason] = aside.as_slice() else { panic!("only why remains: {aside:?}") };
    let why = text(&scene.take().join("refused").join(reason));
    assert!(reason.ends_with("a.csv.reason.txt") && why.contains("3行目の3列目に個人番号"), "{reason}: {why}");
    let [taken] = &names(&scene.take().join("taken"))[..] else { panic!("one was taken") };
    assert!(!taken.contains("123456789018"), "{taken}");
    let file = scene.files().into_iter().find(|file| file.refused == 1).unwrap();
    assert_eq!(file.folder.unwrap().why.as_deref(), Some("individual-number"));
    let refused = scene.city.store.read::<_, StoreError, _>(move |tx| sync::refused(tx, file.id)).unwrap();
    assert_eq!(refused, [Refused { line: 3, column: Some(3), reason: "individual-number".to_owned() }]);
    // Cut while it was being taken away, it goes at the next look.
    let left = scene.take().join("refused").join("2026-11-27-x-a.csv.going");
    std::fs::write(&left, "123456789018").unwrap();
    // What was laid in its place just then was never read: it goes back, or, overtaken by a newer one, rests with its reason.
    let list = "番号,状態\nL-0001,再開\n";
    for name in ["2026-11-27-x-b.csv.going", "2026-11-27-x-c.csv.going"] {
        std::fs::write(scene.take().join("refused").join(name), list).unwrap();
    }
    scene.leave("c.csv", "番号,状態\nL-0001,停止\n");
    scene.daily.look().unwrap();
    assert!(!left.exists());
    assert_eq!(
        (text(&scene.take().join("b.csv")).as_str(), text(&scene.take().join("c.csv")).contains("停止")),
        (list, true)
    );
    let aside = names(&scene.take().join("refused"));
    let [_, kept, reason] = aside.as_slice() else { panic!("{aside:?}") };
    assert_eq!(
        (kept.as_str(), text(&scene.take().join("refused").join(kept)).as_str()),
        ("overtaken-2026-11-27-x-c.csv", list)
    );
    assert!(text(&scene.take().join("refused").join(reason)).contains("新しいファイル"), "{reason}");
}

#[test]
fn a_file_of_which_it_was_not_kept_that_it_was_moved_away_is_taken_when_it_is_left_again() {
    let scene = Scene::open(Written::Utf8);
    scene.register("R-1", "L-0001");
    scene.leave("a.csv", "番号,状態\nL-0001,停止\n");
    scene.looks();
    let [taken] = &names(&scene.take().join("taken"))[..] else { panic!("one was taken") };
    // As a cut between moving and keeping leaves it: the row of before, open and noted.
    let digest = bare_digest("a.csv", "番号,状態\nL-0001,停止\n");
    let open = "UPDATE library_arrivals SET moved_at = NULL, digest_key = 0, digest = $1";
    scene.city.store.write::<_, StoreError, _>(move |tx| tx.execute(open, &[digest.as_slice().into()])).unwrap();
    scene.looks();
    scene.set("L-0001", CardStatus::Active);
    std::fs::rename(scene.take().join("taken").join(taken), scene.take().join("a.csv")).unwrap();
    scene.looks();
    assert_eq!(scene.status("L-0001"), CardStatus::OnHold, "left again, it is a new one");
}

#[cfg(unix)]
#[test]
fn a_link_that_somebody_laid_there_is_not_followed_and_a_long_name_holds_nothing_up() {
    use std::os::unix::fs::symlink;

    let scene = Scene::open(Written::Utf8);
    scene.register("R-1", "L-0001");
    scene.register("R-2", "L-0002");
    let (own, outside) = (scene.folders.path().join("own"), scene.folders.path().join("outside"));
    std::fs::write(&own, "ours").unwrap();
    std::fs::create_dir(&outside).unwrap();
    let list = format!("library-cards-{}.csv", scene.next_day_at(3));
    for planted in [format!(".{list}.part"), format!(".{list}.part.new"), list.clone()] {
        symlink(&own, scene.give().join(planted)).unwrap();
    }
    scene.later(7200);
    scene.daily.look().unwrap();
    assert_eq!(text(&own), "ours");
    assert!(std::fs::symlink_metadata(scene.give().join(&list)).unwrap().is_file());
    assert!(text(&scene.give().join(&list)).contains("\"L-0002\""));

    symlink(&outside, scene.take().join("taken")).unwrap();
    scene.leave("a.csv", "番号,状態\nL-0001,停止\n");
    scene.daily.look().unwrap();
    scene.later(SETTLED);
    assert!(matches!(scene.daily.look(), Err(DailyError::Take(_))));
    assert!(names(&outside).is_empty(), "nothing goes where the link leads");
    std::fs::remove_file(scene.take().join("taken")).unwrap();
    scene.leave(&format!("{}.csv", "長".repeat(80)), "番号,状態\nL-0002,停止\n");
    scene.looks();
    assert_eq!((scene.status("L-0001"), scene.status("L-0002")), (CardStatus::OnHold, CardStatus::OnHold));
    assert_eq!((names(&scene.take()), names(&scene.take().join("taken")).len()), (vec!["taken".to_owned()], 2));
    assert_eq!(scene.by_file("L-0001"), 1);
}
