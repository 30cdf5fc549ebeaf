//! Papers that were made (交付した証明書), as the console finds them: by the number printed on the paper, without whose
//! they are. Whose paper it is takes an access of its own ([`whose`] gives the key, never the record).

use base::{Date, Id, Kind, Seams, Timestamp};
use store::{Row, StoreError, Tx, Value};
use tools::ResidentId;
use tools::papers::Withdrawn;
use tools::staff::two_persons::{self, Deed};
use tools::staff::{Account, StaffError};

use super::choices::Choices;
use super::request::State;
use super::requests;

/// What a paper is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is being printed.
    UnderWay,
    /// It was handed out and is valid.
    Valid,
    /// It was made but never handed out; the outside was told so when the request ended.
    NotHandedOut,
    /// Staff withdrew it.
    Withdrawn,
}

/// A paper that was made. Holds nothing of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The request, as printed (請求番号).
    pub request: Id,
    /// The number, as printed (発行番号).
    pub number: String,
    /// The kind's word.
    pub kind: String,
    /// How many copies.
    pub copies: i64,
    /// Where: a terminal's id, or `counter`.
    pub terminal: String,
    /// When the request began.
    pub began_at: Timestamp,
    /// Where the request stands.
    pub state: State,
    /// That and why staff withdrew it.
    pub withdrawn: Option<Withdrawn>,
}

impl Issued {
    /// What it is worth.
    pub const fn standing(&self) -> Standing {
        match (&self.withdrawn, self.state) {
            (Some(_), _) => Standing::Withdrawn,
            (None, State::Printed) => Standing::Valid,
            (None, State::Ready | State::Printing) => Standing::UnderWay,
            (None, _) => Standing::NotHandedOut,
        }
    }
}

/// Which papers a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Begun on this day in Japan; `None` for every day.
    pub day: Option<Date>,
    /// Only those that staff withdrew.
    pub only_withdrawn: bool,
}

impl Wanted {
    fn values(self) -> [Value; 3] {
        let from = self.day.map_or(Timestamp::from_seconds(0), |day| Timestamp::in_japan(day, 0, 0, 0));
        let to = self.day.map_or(i64::MAX.into(), |day| Timestamp::in_japan(day.plus_days(1), 0, 0, 0).into());
        [from.into(), to, self.only_withdrawn.into()]
    }
}

/// Papers with what is known of their withdrawal. Spelled once for the list, its count and one paper.
macro_rules! select {
    ($columns:literal, $rows:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM certificate_requests r LEFT JOIN withdrawn_papers w ON w.request_id = r.request_id \
             WHERE r.document_hash IS NOT NULL AND ",
            $rows
        )
    };
    ($rows:literal) => {
        select!(
            "r.request_id, r.document_number, r.kind, r.copies, r.terminal_id, r.began_at, r.state, w.withdrawn_at, \
             w.reason",
            $rows
        )
    };
}

fn from_row(row: &Row) -> Result<Issued, StoreError> {
    let withdrawn = match row.opt_timestamp(7)? {
        Some(at) => Some(Withdrawn { at, reason: row.opt_text(8)?.unwrap_or_default().to_owned() }),
        None => None,
    };
    Ok(Issued {
        request: row.id(0)?,
        number: row.opt_text(1)?.unwrap_or_default().to_owned(),
        kind: row.text(2)?.to_owned(),
        copies: row.int(3)?,
        terminal: row.text(4)?.to_owned(),
        began_at: row.timestamp(5)?,
        state: State::parse(row.text(6)?).ok_or(StoreError::Column { column: 6, wanted: "a state" })?,
        withdrawn,
    })
}

/// Papers, newest first: at most `size` after the first `skipped`.
///
/// # Errors
/// The database.
pub fn list(tx: &mut Tx<'_>, wanted: Wanted, skipped: usize, size: usize) -> Result<Vec<Issued>, StoreError> {
    let number = |value: usize| Value::from(i64::try_from(value).unwrap_or(i64::MAX));
    let [from, to, only] = wanted.values();
    tx.query(
        select!(
            "r.began_at >= $1 AND r.began_at < $2 AND ($3 = 0 OR w.request_id IS NOT NULL) \
             ORDER BY r.began_at DESC, r.request_id LIMIT $4 OFFSET $5"
        ),
        &[from, to, only, number(size), number(skipped)],
    )?
    .iter()
    .map(from_row)
    .collect()
}

/// How many papers a list of `wanted` holds.
///
/// # Errors
/// The database.
pub fn count(tx: &mut Tx<'_>, wanted: Wanted) -> Result<usize, StoreError> {
    let row = tx.query_one(
        select!("COUNT(*)", "r.began_at >= $1 AND r.began_at < $2 AND ($3 = 0 OR w.request_id IS NOT NULL)"),
        &wanted.values(),
    )?;
    Ok(row.map_or(Ok(0), |row| row.int(0))?.try_into().unwrap_or(0))
}

/// The paper of this request, if one was made.
///
/// # Errors
/// The database.
pub fn get(tx: &mut Tx<'_>, request: Id) -> Result<Option<Issued>, StoreError> {
    tx.query_one(select!("r.request_id = $1"), &[request.into()])?.as_ref().map(from_row).transpose()
}

/// The paper on which either number stands, or whose receipt shows this one, as somebody typed it: wide letters, spaces, capitals, and
/// the letters that Crockford's digits are mistaken for do not matter.
///
/// # Errors
/// The database.
pub fn find(tx: &mut Tx<'_>, typed: &str) -> Result<Option<Issued>, StoreError> {
    let plain = plain(typed);
    if let Ok(request) = Id::parse(&plain) {
        return get(tx, request);
    }
    // The short form of a receipt: the beginning of the number, if no other paper's begins so.
    if let (SHORT, Ok(first), Ok(last)) =
        (plain.len(), Id::parse(&format!("{plain:0<26}")), Id::parse(&format!("{plain:z<26}")))
    {
        let found = tx.query(select!("r.request_id BETWEEN $1 AND $2 LIMIT 2"), &[first.into(), last.into()])?;
        return match found.as_slice() {
            [row] => from_row(row).map(Some),
            _ => Ok(None),
        };
    }
    let Some((day, tail)) = plain.split_at_checked(8) else { return Ok(None) };
    let number = format!("{day}-{}", tail.to_uppercase());
    tx.query_one(select!("r.document_number = $1"), &[number.into()])?.as_ref().map(from_row).transpose()
}

/// Characters of a receipt's number, see [`super::receipt::short_form`].
const SHORT: usize = 10;

/// Letters and digits only, in lower case, as both numbers are stored.
fn plain(typed: &str) -> String {
    let narrow = base::text::to_half_width(typed).to_lowercase();
    let digits = narrow.chars().filter(char::is_ascii_alphanumeric).map(|c| match c {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    });
    digits.take(64).collect()
}

/// Whose paper it is and what it shows: the key of the record and what was chosen. Reading the record takes an access.
///
/// # Errors
/// The database.
pub fn whose(tx: &mut Tx<'_>, request: Id) -> Result<Option<(ResidentId, Choices)>, StoreError> {
    let request = requests::find(tx, request)?.filter(|request| request.document_hash.is_some());
    Ok(request.map(|request| (request.applicant, request.choices)))
}

/// Why nobody can ask that this paper is withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawalError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules of two-person actions.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// There is no such paper.
    #[error("there is no such paper")]
    Unknown,
    /// It was not handed out (yet): there is nothing to withdraw.
    #[error("this paper was not handed out")]
    NotHandedOut,
    /// It is withdrawn already.
    #[error("this paper is withdrawn already")]
    Already,
}

impl WithdrawalError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Staff(error) => error.kind(),
            Self::Unknown => Kind::NotFound,
            Self::NotHandedOut | Self::Already => Kind::Conflict,
        }
    }
}

/// Asks that a paper is withdrawn, for good; another person must approve. `reason` is for colleagues.
///
/// # Errors
/// [`WithdrawalError`].
pub fn ask_withdrawal(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Account,
    request: Id,
    reason: &str,
) -> Result<Id, WithdrawalError> {
    match get(tx, request)?.ok_or(WithdrawalError::Unknown)?.standing() {
        Standing::Valid => Ok(two_persons::ask(tx, seams, by, Deed::WithdrawPaper(request), reason)?),
        Standing::Withdrawn => Err(WithdrawalError::Already),
        Standing::UnderWay | Standing::NotHandedOut => Err(WithdrawalError::NotHandedOut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them_from_the_paper() {
        let id = Id::from_bytes([0xA5; 16]).to_string();
        for typed in
            [id.to_uppercase(), format!(" {} {}", &id[..13], &id[13..]), id.replace('1', "l").replace('0', "O")]
        {
            assert_eq!(plain(&typed), id, "{typed}");
        }
        assert_eq!(plain("２０２６１１２３－abc"), "20261123abc");
    }
}
