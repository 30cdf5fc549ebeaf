//! The 町字 in which the city's family registers lie: for choosing one's 本籍 on a screen without a keyboard.
//!
//! A list of place names, never of anybody's record: a town is in it only when many registers lie there, and nothing of a
//! register but the town is.

use store::{StoreError, Tx};

use super::read::shown;

/// Registers that a town has at least: a name that stood for one family would tell that it has its register there.
pub const FEWEST_REGISTERS: i64 = 5;

const TOWNS: &str = concat!(
    "SELECT r.town FROM family_registers r WHERE r.generation = ",
    shown!(),
    " AND r.town IS NOT NULL GROUP BY r.town HAVING COUNT(*) >= $1 ORDER BY r.town"
);

/// Towns with at least [`FEWEST_REGISTERS`], in the order of their characters.
///
/// # Errors
/// [`StoreError`].
pub fn towns(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    tx.query(TOWNS, &[FEWEST_REGISTERS.into()])?.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// 本籍 up to its numbers: `見本県見本市中央一丁目100番地` lies in `見本県見本市中央`, and `1丁目100番地` is spelled. A 丁目 from
/// 十 on stays with the town: typed in digits it would be another place. `None` where no number in digits tells where the
/// town ends.
pub(super) fn town_of(domicile: &str) -> Option<&str> {
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let end = match domicile.find("丁目") {
        Some(at) => {
            let before = domicile.get(..at)?;
            let town = before.trim_end_matches(|c| is_digit(c) || "一二三四五六七八九".contains(c));
            if town.len() == at || town.ends_with('十') { at + "丁目".len() } else { town.len() }
        }
        None => domicile.find(is_digit)?,
    };
    let town = domicile.get(..end)?.trim_end();
    let has_more = domicile.get(end..)?.contains(is_digit);
    (has_more && !town.is_empty()).then_some(town)
}

#[cfg(test)]
mod tests {
    use super::town_of;

    #[test]
    fn a_town_ends_where_its_numbers_begin() {
        for (domicile, town) in [
            ("見本県見本市中央一丁目100番地", Some("見本県見本市中央")),
            ("見本県見本市中央３丁目1番地", Some("見本県見本市中央")),
            ("見本県見本市中央十二丁目3番地", Some("見本県見本市中央十二丁目")),
            ("見本県見本市港町２００番地の３", Some("見本県見本市港町")),
            ("見本県見本市一番町7番地", Some("見本県見本市一番町")),
            ("見本県見本市大字上 12番地", Some("見本県見本市大字上")),
            ("見本県見本市百番地", None),
            ("100番地", None),
            ("見本県見本市中央一丁目", None),
            ("", None),
        ] {
            assert_eq!(town_of(domicile), town, "{domicile}");
        }
    }
}
