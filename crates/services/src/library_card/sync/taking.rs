//! Good rows taken, part by part: each part is done whole or not at all, and written down with what became of it. A file that
//! was cut in the middle is taken again with the same id: parts that are done are read, not done again.

use base::{Id, Seams};
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::Actor;
use tools::audit::{self, Event};
use tools::service_cards::{self, CardError, CardStatus};

use super::super::KEY;
use super::kept;
use super::reading::Row;
use super::{File, Noted, Reason, Refused, STEP, SyncError, note, unsigned};

/// Seconds after which parts of a file that nobody took again are forgotten.
const FORGOTTEN: i64 = 90 * 86_400;

/// A good row: its line, number and state.
pub(super) type Good = (u64, String, CardStatus);
/// What became of a part: cards changed, rows refused.
type Done = (i64, Vec<(u64, Reason)>);

/// Takes the rows of the file `id`, and notes it.
///
/// # Errors
/// [`SyncError`]: then what was taken before stays, and the same file may be taken again with the same id.
pub(super) fn take(city: &Inside, by: &Actor, id: Id, rows: Vec<Row>) -> Result<File, SyncError> {
    let lines = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let (good, mut refused) = sorted(rows);
    let mut changed = 0_i64;
    for (number, part) in good.chunks(usize::try_from(STEP).unwrap_or(200)).enumerate() {
        let (many, not) = one_part(city, by, id, i64::try_from(number).unwrap_or(i64::MAX), part)?;
        changed += many;
        refused.extend(not);
    }
    refused.sort_by_key(|(line, _)| *line);
    let many = refused.len() as u64;
    let refused: Vec<Refused> = refused
        .into_iter()
        .map(|(line, reason)| Refused { line, column: None, reason: reason.code().to_owned() })
        .collect();
    let (seams, by) = (city.seams.clone(), by.clone());
    let at = city.store.write::<_, StoreError, _>(move |tx| {
        let at = seams.now();
        note(tx, &Noted { id, is_in: true, at, lines, changed, refused: &refused })?;
        kept::noted(tx, id, at, None)?;
        let facts = [("lines", lines.to_string()), ("changed", changed.to_string())];
        let facts: Vec<(&str, &str)> = facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
        audit::append(tx, &seams, &by, Event::LibraryFileTaken, &facts)?;
        Ok(at)
    })?;
    let before = at.plus_seconds(-FORGOTTEN);
    city.cards.write::<_, CardError, _>(move |tx| {
        tx.execute("DELETE FROM library_parts WHERE file_id = $1 OR at < $2", &[id.into(), before.into()])?;
        Ok(())
    })?;
    Ok(File { id, is_in: true, at, lines: unsigned(lines), changed: unsigned(changed), refused: many, folder: None })
}

pub(super) fn sorted(rows: Vec<Row>) -> (Vec<Good>, Vec<(u64, Reason)>) {
    let (mut good, mut refused) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        match row {
            Ok((number, state)) => good.push((line, number, state)),
            Err(reason) => refused.push((line, reason)),
        }
    }
    (good, refused)
}

/// One part, in one transaction; if it was done before, what became of it then.
pub(super) fn one_part(city: &Inside, by: &Actor, file: Id, number: i64, part: &[Good]) -> Result<Done, CardError> {
    let (vault, seams, by, part) = (city.vault.clone(), city.seams.clone(), by.clone(), part.to_vec());
    city.cards.write(move |tx| {
        if let Some(done) = done_before(tx, file, number)? {
            return Ok(done);
        }
        let (mut many, mut not) = (0, Vec::new());
        for (line, number, state) in &part {
            match follow(tx, &vault, &seams, &by, number, *state)? {
                Ok(cards) => many += cards,
                Err(reason) => not.push((*line, reason)),
            }
        }
        let refused: Vec<String> = not.iter().map(|(line, reason)| format!("{line} {}", reason.code())).collect();
        tx.execute(
            "INSERT INTO library_parts (file_id, part, changed, refused, at) VALUES ($1, $2, $3, $4, $5)",
            &[file.into(), number.into(), many.into(), refused.join(";").into(), seams.now().into()],
        )?;
        Ok((many, not))
    })
}

fn done_before(tx: &mut Tx<'_>, file: Id, number: i64) -> Result<Option<Done>, StoreError> {
    let sql = "SELECT changed, refused FROM library_parts WHERE file_id = $1 AND part = $2";
    let Some(row) = tx.query_one(sql, &[file.into(), number.into()])? else { return Ok(None) };
    let refused = row.text(1)?.split(';').filter_map(|one| {
        let (line, code) = one.split_once(' ')?;
        let reason = Reason::ALL.into_iter().find(|reason| reason.code() == code)?;
        Some((line.parse().ok()?, reason))
    });
    Ok(Some((row.int(0)?, refused.collect())))
}

/// Cards of a number follow the library; how many changed.
fn follow(
    tx: &mut Tx<'_>,
    vault: &store::sealing::Vault,
    seams: &Seams,
    by: &Actor,
    number: &str,
    state: CardStatus,
) -> Result<Result<i64, Reason>, CardError> {
    let cards = service_cards::find_number(tx, vault, KEY, number)?;
    if cards.is_empty() {
        return Ok(Err(Reason::Unknown));
    }
    let mut changed = 0;
    for card in cards.iter().filter(|card| card.status != state && card.status.is_live()) {
        // Only what the library stopped may the library let run again.
        if state == CardStatus::Active && card.status != CardStatus::OnHold {
            continue;
        }
        if service_cards::change(tx, seams, by, KEY, card.id, state, "library_file")? {
            changed += 1;
        }
    }
    let stands = changed > 0 || cards.iter().any(|card| card.status == state);
    Ok(if stands { Ok(changed) } else { Err(Reason::MayNotFollow) })
}
