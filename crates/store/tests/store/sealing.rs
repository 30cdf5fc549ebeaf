//! Sealed columns, erasing, and look-ups by keyed hash.

use std::sync::Arc;

use store::sealing::{CityKey, FileCityKey, KeyedHash, SealError, Vault};
use store::testing::{TestDatabase, for_each_engine};
use store::{Database, StoreError};

const LETTER: &str = "letters.body";
const RESIDENT: &str = "0001-A";

fn city_key(database: &TestDatabase, file: &str) -> Arc<FileCityKey> {
    Arc::new(FileCityKey::load_or_create(&database.directory().join(file), &database.seams).unwrap())
}

#[test]
fn sealed_content_opens_only_for_its_person_and_column_and_unaltered() {
    for_each_engine(|database| {
        let vault = database.vault();
        let sealed = vault.seal(RESIDENT, LETTER, "健診のお知らせ".as_bytes()).unwrap();
        assert_eq!(vault.open_sealed(RESIDENT, LETTER, &sealed).unwrap(), "健診のお知らせ".as_bytes());
        assert_ne!(vault.seal(RESIDENT, LETTER, "健診のお知らせ".as_bytes()).unwrap(), sealed, "never the same twice");
        vault.seal("0002-B", LETTER, b"").unwrap();
        assert_eq!(vault.open_sealed("0002-B", LETTER, &sealed), Err(SealError::Altered));
        assert_eq!(vault.open_sealed(RESIDENT, "letters.title", &sealed), Err(SealError::Altered));
        assert_eq!(vault.open_sealed("never seen", LETTER, &sealed), Err(SealError::NoKey));
        for index in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[index] ^= 1;
            assert!(vault.open_sealed(RESIDENT, LETTER, &bent).is_err(), "byte {index}");
            assert!(vault.open_sealed(RESIDENT, LETTER, &sealed[..index]).is_err(), "cut at {index}");
        }
    });
}

#[test]
fn erasing_a_person_erases_their_content_and_no_one_elses() {
    for_each_engine(|database| {
        let vault = database.vault();
        let mine = vault.seal(RESIDENT, LETTER, b"mine").unwrap();
        let theirs = vault.seal("0002-B", LETTER, b"theirs").unwrap();
        vault.erase(RESIDENT).unwrap();
        vault.erase(RESIDENT).unwrap();
        vault.erase("never seen").unwrap();
        assert_eq!(vault.open_sealed(RESIDENT, LETTER, &mine), Err(SealError::Erased));
        assert_eq!(vault.seal(RESIDENT, LETTER, b"more"), Err(SealError::Erased));
        assert_eq!(vault.seal("never seen", LETTER, b"more"), Err(SealError::Erased));
        assert_eq!(vault.open_sealed("0002-B", LETTER, &theirs).unwrap(), b"theirs");
        vault.admit_again(RESIDENT).unwrap();
        vault.admit_again(RESIDENT).unwrap();
        let again = vault.seal(RESIDENT, LETTER, b"anew").unwrap();
        assert_eq!(vault.open_sealed(RESIDENT, LETTER, &again).unwrap(), b"anew");
        assert_eq!(vault.open_sealed(RESIDENT, LETTER, &mine), Err(SealError::Erased));
    });
}

#[test]
fn an_erased_key_is_in_no_file_of_the_key_database_any_more() {
    let database = TestDatabase::on_sqlite();
    let vault = database.vault();
    vault.seal(RESIDENT, LETTER, b"mine").unwrap();
    let wrapped = database
        .keys()
        .read::<_, StoreError, _>(|tx| tx.query_one("SELECT wrapped FROM person_keys", &[]))
        .unwrap()
        .unwrap();
    let wrapped = wrapped.blob(0).unwrap();
    let somewhere = || {
        std::fs::read_dir(database.directory().join("keys")).unwrap().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(wrapped.len()).any(|window| window == wrapped)
        })
    };
    assert!(somewhere(), "before, it is");
    vault.erase(RESIDENT).unwrap();
    assert!(!somewhere());
}

/// Restoring a backup is shown on both engines by putting the old rows back.
#[test]
fn a_restored_key_database_forgets_again_what_was_erased_since() {
    for_each_engine(|database| {
        let keys = database.keys();
        let list = database.directory().join("erasures");
        let open = || {
            Vault::with_erasure_list(keys.clone(), city_key(&database, "key"), database.seams.clone(), &list).unwrap()
        };
        let vault = open();
        let sealed = vault.seal(RESIDENT, LETTER, b"mine").unwrap();
        let other = vault.seal("0002-B", LETTER, b"theirs").unwrap();
        let backup = keys
            .read::<_, StoreError, _>(|tx| tx.query("SELECT person, version, wrapped, city_key FROM person_keys", &[]))
            .unwrap();
        vault.erase(RESIDENT).unwrap();
        assert_eq!(vault.erasures().unwrap().len(), 1);
        drop(vault);
        keys.write::<_, StoreError, _>(move |tx| {
            tx.execute("DELETE FROM person_keys", &[])?;
            for row in &backup {
                tx.execute(
                    "INSERT INTO person_keys (person, version, wrapped, city_key, made_at) VALUES ($1, $2, $3, $4, 0)",
                    &[row.text(0)?.into(), row.int(1)?.into(), row.blob(2)?.into(), row.text(3)?.into()],
                )?;
            }
            Ok(())
        })
        .unwrap();
        // A line torn by a crash does no harm.
        std::fs::OpenOptions::new()
            .append(true)
            .open(&list)
            .and_then(|mut f| std::io::Write::write_all(&mut f, b"30"))
            .unwrap();
        let vault = open();
        assert_eq!(vault.open_sealed(RESIDENT, LETTER, &sealed), Err(SealError::Erased));
        assert_eq!(vault.open_sealed("0002-B", LETTER, &other).unwrap(), b"theirs");
        vault.erase("0002-B").unwrap();
        drop(vault);
        assert_eq!(open().erasures().unwrap().len(), 2);
    });
}

#[test]
fn a_new_city_key_takes_over_and_the_old_one_can_be_destroyed() {
    for_each_engine(|database| {
        let path = database.directory().join("key");
        let seams = database.seams.clone();
        let mut key = FileCityKey::create(&path, &seams).unwrap();
        let vault = Vault::open(database.keys(), Arc::new(FileCityKey::load(&path).unwrap()), seams.clone()).unwrap();
        let sealed = vault.seal(RESIDENT, LETTER, b"mine").unwrap();
        let hash = vault.keyed_hash("accounts.mail", b"a@example.jp").unwrap();
        key.add_key(&path, &seams).unwrap();
        let vault = Vault::open(database.keys(), Arc::new(FileCityKey::load(&path).unwrap()), seams.clone()).unwrap();
        assert_eq!(vault.open_sealed(RESIDENT, LETTER, &sealed).unwrap(), b"mine", "before the change");
        assert_eq!(vault.rewrap().unwrap(), 2, "one person, one look-up key");
        assert_eq!(vault.rewrap().unwrap(), 0);
        // The file without the old key's line.
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.lines().last().unwrap()).unwrap();
        let vault = Vault::open(database.keys(), Arc::new(FileCityKey::load(&path).unwrap()), seams.clone()).unwrap();
        assert_eq!(vault.open_sealed(RESIDENT, LETTER, &sealed).unwrap(), b"mine");
        assert_eq!(vault.keyed_hash("accounts.mail", b"a@example.jp").unwrap(), hash);
        let stranger = city_key(&database, "another");
        assert!(matches!(Vault::open(database.keys(), stranger, seams), Err(SealError::WrongCityKey)));
    });
}

#[test]
fn a_keyed_hash_is_found_after_rotation_and_differs_by_purpose() {
    for_each_engine(|database| {
        let vault = database.vault();
        let stored = vault.keyed_hash("accounts.mail", b"a@example.jp").unwrap();
        assert_ne!(vault.keyed_hash("accounts.phone", b"a@example.jp").unwrap().hash, stored.hash);
        assert_eq!(vault.rotate_lookup_key().unwrap(), stored.key_id + 1);
        let now = vault.keyed_hash("accounts.mail", b"a@example.jp").unwrap();
        assert_ne!(now.hash, stored.hash);
        let all = vault.keyed_hashes("accounts.mail", b"a@example.jp").unwrap();
        assert_eq!(all, [now, stored.clone()], "newest first");
        // Another process sees the same keys.
        let other = Vault::open(database.keys(), city_key(&database, "city.key"), database.seams.clone()).unwrap();
        assert_eq!(other.keyed_hashes("accounts.mail", b"a@example.jp").unwrap(), all);
        assert_eq!(vault.retire_lookup_keys(stored.key_id + 1).unwrap(), 1);
        let left: Vec<KeyedHash> = vault.keyed_hashes("accounts.mail", b"a@example.jp").unwrap();
        assert_eq!(left, all[..1]);
        assert_eq!(vault.rotate_lookup_key().unwrap(), stored.key_id + 2);
    });
}

#[test]
fn two_processes_that_meet_a_person_at_once_agree_on_one_key() {
    for_each_engine(|database| {
        let vault = database.vault();
        let barrier = std::sync::Barrier::new(4);
        let sealed: Vec<_> = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        vault.seal(RESIDENT, LETTER, b"mine").unwrap()
                    })
                })
                .collect();
            hands.into_iter().map(|hand| hand.join().unwrap()).collect()
        });
        for sealed in sealed {
            assert_eq!(vault.open_sealed(RESIDENT, LETTER, &sealed).unwrap(), b"mine");
        }
    });
}

#[test]
fn a_key_file_is_made_closed_and_refused_open() {
    use std::os::unix::fs::PermissionsExt;
    let database = TestDatabase::on_sqlite();
    let path = database.directory().join("key");
    let made = FileCityKey::load_or_create(&path, &database.seams).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(FileCityKey::load_or_create(&path, &database.seams).unwrap().id(), made.id());
    assert!(matches!(FileCityKey::create(&path, &database.seams), Err(SealError::KeyFile { .. })));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(FileCityKey::load(&path), Err(SealError::KeyFile { reason, .. }) if reason.contains("chmod 600")));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    for (content, wrong) in [("", "no key"), ("# only words", "no key"), ("abc", "line 1"), ("あ", "line 1")] {
        std::fs::write(&path, content).unwrap();
        assert!(matches!(FileCityKey::load(&path), Err(SealError::KeyFile { reason, .. }) if reason.contains(wrong)));
    }
    assert!(matches!(FileCityKey::load(&database.directory().join("none")), Err(SealError::KeyFile { .. })));
}

#[test]
fn keys_of_the_two_zones_are_not_interchangeable() {
    for_each_engine(|database| {
        // Each zone has its own city key; the outside's does not open the inside's key database.
        database.vault();
        let outside = city_key(&database, "outside.key");
        let tried = Vault::open(database.store(Database::Keys), outside, database.seams.clone());
        assert!(matches!(tried, Err(SealError::WrongCityKey)));
    });
}
