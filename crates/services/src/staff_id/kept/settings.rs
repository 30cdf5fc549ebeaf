//! What the city said about its IDs.

use store::{StoreError, Tx};

/// A setting, where the city has said something.
///
/// # Errors
/// The database.
pub fn setting(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, StoreError> {
    let row = tx.query_one("SELECT content FROM staff_id_settings WHERE setting = $1", &[name.into()])?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Says something.
///
/// # Errors
/// The database.
pub fn put_setting(tx: &mut Tx<'_>, name: &str, content: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO staff_id_settings (setting, content) VALUES ($1, $2) ON CONFLICT (setting) DO UPDATE SET content = $2",
        &[name.into(), content.into()],
    )
    .map(|_| ())
}
