//! The journal of files that were brought into copied registers (戸籍, 印鑑登録, 課税): when, how many lines, which were
//! refused and why, what became of it. For the console's list of imports. Never a value of a person.

use base::{Id, Seams, Timestamp};
use store::{Row, Store, StoreError, Tx, Value};

/// Refused lines that are kept for one file: whoever has more mends them in the source, or with the report file.
pub const MOST_REFUSED: usize = 10_000;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being read, or was interrupted.
    UnderWay,
    /// It is shown, as far as no newer one came.
    Shown,
    /// What it says was shown already.
    Contained,
    /// Lines were refused and nothing was changed.
    Refused,
    /// A difference before it is missing: issuing closes until it comes.
    Gap,
    /// It was not read to its end, or is older than what is shown.
    Failed,
}

impl State {
    const ALL: [Self; 6] = [Self::UnderWay, Self::Shown, Self::Contained, Self::Refused, Self::Gap, Self::Failed];

    /// The word in rows and keys of sentences.
    pub const fn word(self) -> &'static str {
        match self {
            Self::UnderWay => "under_way",
            Self::Shown => "shown",
            Self::Contained => "contained",
            Self::Refused => "refused",
            Self::Gap => "gap",
            Self::Failed => "failed",
        }
    }
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Of which register: `family_register`, `seals`, `tax`.
    pub kind: String,
    /// Whether it holds the changes since another; else everything.
    pub is_difference: bool,
    /// What became of it.
    pub state: State,
    /// The name of the source system.
    pub source: String,
    /// The source's position at its end.
    pub position: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Lines accepted.
    pub accepted: i64,
    /// Lines refused.
    pub refused: i64,
}

/// Why a line is refused, in words. Never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedLine {
    /// The line, from 1.
    pub line: u64,
    /// The field.
    pub field: String,
    /// A stable word.
    pub code: &'static str,
    /// English.
    pub reason: String,
    /// Japanese.
    pub japanese: String,
}

/// A file as it begins.
pub struct Begun<'a> {
    /// Of which register.
    pub kind: &'static str,
    /// Whether it holds the changes since another.
    pub is_difference: bool,
    /// The name of the source system.
    pub source: &'a str,
    /// The source's position at its end.
    pub position: i64,
}

/// Writes down that a file is being read.
///
/// # Errors
/// The database.
pub fn begin(store: &Store, seams: &Seams, begun: &Begun<'_>) -> Result<Id, StoreError> {
    let (id, now) = (seams.random_id(), seams.now());
    let row: Vec<Value> = vec![
        id.into(),
        begun.kind.into(),
        i64::from(begun.is_difference).into(),
        begun.source.into(),
        begun.position.into(),
        now.into(),
    ];
    let kind = begun.kind;
    store.write::<_, StoreError, _>(move |tx| {
        // What was interrupted does not go on under its old entry.
        tx.execute("UPDATE copy_imports SET state = 'failed' WHERE kind = $1 AND state = 'under_way'", &[kind.into()])?;
        tx.execute(
            "INSERT INTO copy_imports (import_id, kind, is_difference, state, source, position, started_at, accepted, refused) \
             VALUES ($1, $2, $3, 'under_way', $4, $5, $6, 0, 0)",
            &row,
        )
        .map(drop)
    })?;
    Ok(id)
}

/// Writes down what became of it, with the lines that were refused.
///
/// # Errors
/// The database.
pub fn finish(
    store: &Store,
    seams: &Seams,
    id: Id,
    state: State,
    [accepted, refused]: [u64; 2],
    (file, lines): (&'static str, &[RefusedLine]),
) -> Result<(), StoreError> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let rows: Vec<Vec<Value>> = lines
        .iter()
        .take(MOST_REFUSED)
        .map(|one| {
            vec![
                id.to_string().into(),
                file.into(),
                number(one.line).into(),
                one.field.as_str().into(),
                one.code.into(),
                one.reason.as_str().into(),
                one.japanese.as_str().into(),
            ]
        })
        .collect();
    for chunk in rows.chunks(100) {
        let chunk = chunk.to_vec();
        store.write::<_, StoreError, _>(move |tx| {
            chunk.iter().try_for_each(|row| {
                tx.queue(
                    "INSERT INTO import_refused (run, file, line, field, code, reason, japanese) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (run, file, line, field) DO NOTHING",
                    row,
                )
            })
        })?;
    }
    let now = seams.now();
    store.write(move |tx| {
        tx.execute(
            "UPDATE copy_imports SET state = $2, finished_at = $3, accepted = $4, refused = $5 WHERE import_id = $1",
            &[id.into(), state.word().into(), now.into(), number(accepted).into(), number(refused).into()],
        )
        .map(drop)
    })
}

macro_rules! select {
    ($rows:literal) => {
        concat!(
            "SELECT import_id, kind, is_difference, state, source, position, started_at, finished_at, accepted, refused \
             FROM copy_imports ",
            $rows
        )
    };
}

fn read(row: &Row) -> Result<Listed, StoreError> {
    let state = row.text(3)?;
    let state = State::ALL.into_iter().find(|one| one.word() == state);
    Ok(Listed {
        id: row.text(0)?.to_owned(),
        kind: row.text(1)?.to_owned(),
        is_difference: row.int(2)? == 1,
        state: state.ok_or(StoreError::Column { column: 3, wanted: "a state" })?,
        source: row.text(4)?.to_owned(),
        position: row.int(5)?,
        started_at: row.timestamp(6)?,
        finished_at: row.opt_timestamp(7)?,
        accepted: row.int(8)?,
        refused: row.int(9)?,
    })
}

/// Files, newest first: at most `size` after the first `skipped`; and how many there are.
///
/// # Errors
/// The database.
pub fn list(tx: &mut Tx<'_>, skipped: usize, size: usize) -> Result<(Vec<Listed>, usize), StoreError> {
    let number = |value: usize| Value::from(i64::try_from(value).unwrap_or(i64::MAX));
    let sql = select!("ORDER BY started_at DESC, import_id LIMIT $1 OFFSET $2");
    let listed = tx.query(sql, &[number(size), number(skipped)])?.iter().map(read).collect::<Result<_, _>>()?;
    let total = tx.query_one("SELECT COUNT(*) FROM copy_imports", &[])?.map_or(Ok(0), |row| row.int(0))?;
    Ok((listed, total.try_into().unwrap_or(0)))
}

/// The file of this id.
///
/// # Errors
/// The database.
pub fn one(tx: &mut Tx<'_>, id: &str) -> Result<Option<Listed>, StoreError> {
    tx.query_one(select!("WHERE import_id = $1"), &[id.into()])?.as_ref().map(read).transpose()
}
