//! The outside zone cannot open the inside's database.

use store::testing::for_each_engine;
use store::{Database, Store, StoreError};

#[test]
fn the_outside_role_cannot_open_the_register_nor_the_keys() {
    for_each_engine(|database| {
        database.inside();
        database.keys();
        database.outside();
        for target in [Database::Inside, Database::Keys] {
            let Some(config) = database.trespass(Database::Outside, target) else { continue };
            let refused = Store::open(&config, database.seams.clone());
            assert!(
                matches!(&refused, Err(StoreError::Engine { reason, .. }) if reason.starts_with("42501")),
                "42501 is the server's own \"permission denied\": {refused:?}"
            );
        }
    });
}

#[test]
fn files_of_a_zone_are_closed_to_every_other_user() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let database = store::testing::TestDatabase::on_sqlite();
    let store = database.inside();
    store.read::<_, StoreError, _>(|tx| tx.query("SELECT 1", &[])).unwrap();
    let directory = database.directory().join("inside");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for file in std::fs::read_dir(&directory).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        // As root the refusal can be shown for real, with the user nobody.
        let mut cat = std::process::Command::new("cat");
        cat.arg(&path).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        if let Ok(status) = cat.uid(65534).gid(65534).status() {
            assert!(!status.success(), "{} was read by another user", path.display());
        }
    }
}

#[test]
fn a_database_that_every_role_may_open_is_refused() {
    for_each_engine(|database| {
        if database.engine != "postgres" {
            return;
        }
        let store = database.inside();
        // The owner may open the door; the next start notices.
        store
            .write::<_, StoreError, _>(|tx| {
                let name = tx.query_one("SELECT current_database()", &[])?.unwrap().text(0)?.to_owned();
                let sql: &'static str =
                    Box::leak(format!("GRANT CONNECT ON DATABASE {name} TO PUBLIC").into_boxed_str());
                tx.execute(sql, &[])
            })
            .unwrap();
        let refused = Store::open(&database.config(Database::Inside), database.seams.clone());
        assert!(matches!(&refused, Err(StoreError::Setup { reason, .. }) if reason.contains("REVOKE")), "{refused:?}");
    });
}
