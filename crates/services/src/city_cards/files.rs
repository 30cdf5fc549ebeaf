//! Files of a department: what changed, out; members with their old numbers, in. UTF-8 or Shift_JIS.
//!
//! ```text
//!  in:  宛名番号,番号[,有効期限]   every line judged, then all of them or none ─▶ cards of the department's own
//!  out: 番号,形,状態,変更日時,有効期限,理由
//! ```
//! Nobody is found by name: the line names the resident by the register's key. What is refused is told with line, field and
//! reason, and then nothing of the file is taken.

use std::collections::BTreeMap;

use base::{Date, Id, Timestamp};
use store::{StoreError, Tx};
use tools::access::{self, AccessError, Actor, BulkDeclaration, Concerned, Item, Purpose};
use tools::register::{self, RegisterError};
use tools::service_cards::changes::{Change, Cursor, changes};
use tools::service_cards::{self, CardError, Form, IssueRefusal, NewCard, Subject, find_number};
use tools::{Inside, ResidentId};
use wire::csv_lists;

use super::issuing::GiveRefusal;
use super::kept::Kept;
use super::model::Definition;
use super::numbers::NotOurs;

/// Longest file.
pub const MOST_BYTES: usize = 4 << 20;
/// Most lines: they are taken in one transaction.
pub const MOST_LINES: usize = 20_000;
/// Changes written into one file.
pub const MOST_CHANGES: i64 = 50_000;

const MEMBERS: BulkDeclaration = BulkDeclaration {
    name: "city_cards.members",
    japanese: "市のカードの今までの利用者番号を取り込みました。",
    english: "Numbers of a card of the city that people already had were brought in.",
    concerned: Concerned::Named,
};

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The whole line, or the file.
    Line,
    /// 宛名番号.
    Resident,
    /// 番号.
    Number,
    /// 有効期限.
    ValidUntil,
}

impl Column {
    /// Key of its words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Line => "city-cards-column-line",
            Self::Resident => "city-cards-column-resident",
            Self::Number => "city-cards-column-number",
            Self::ValidUntil => "city-cards-column-valid-until",
        }
    }
}

/// Why a line was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The file is no CSV of UTF-8 or Shift_JIS.
    NotText,
    /// The file is too long.
    TooLong,
    /// The headings lack 宛名番号 or 番号.
    Headings,
    /// The line has other columns than the headings.
    Columns,
    /// It holds an Individual Number.
    IndividualNumber,
    /// The key cannot be read, or the register has nobody of it.
    NoResident,
    /// None of this card's numbers.
    Number(NotOurs),
    /// The number stands on another line, too.
    Twice,
    /// The number is another person's.
    Taken,
    /// The person has a live card of the department's own with another number.
    HasOne,
    /// No day.
    Day,
    /// Later than the definition lets a card be valid that is given today.
    TooFar,
}

impl Reason {
    /// Key of its words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotText => "city-cards-reason-not-text",
            Self::TooLong => "city-cards-reason-too-long",
            Self::Headings => "city-cards-reason-headings",
            Self::Columns => "city-cards-reason-columns",
            Self::IndividualNumber | Self::Number(NotOurs::IndividualNumber) => "city-cards-reason-individual-number",
            Self::NoResident => "city-cards-reason-no-resident",
            Self::Number(NotOurs::Prefix) => "city-cards-reason-prefix",
            Self::Number(NotOurs::Digits) => "city-cards-reason-digits",
            Self::Number(NotOurs::Check) => "city-cards-reason-check",
            Self::Twice => "city-cards-reason-twice",
            Self::Taken => "city-cards-reason-taken",
            Self::HasOne => "city-cards-reason-has-one",
            Self::Day => "city-cards-reason-day",
            Self::TooFar => "city-cards-reason-too-far",
        }
    }
}

/// Something that is wrong in a file. Holds no value of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// The line, from 1; the headings are the first.
    pub line: usize,
    /// Where in it.
    pub column: Column,
    /// What.
    pub reason: Reason,
}

/// A line that can be judged.
#[derive(Clone, Debug)]
struct Member {
    line: usize,
    resident: ResidentId,
    number: String,
    valid_until: Option<Date>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// All of it was taken: new cards, and lines that said what stood already.
    Taken {
        /// New cards.
        added: usize,
        /// Said before.
        unchanged: usize,
    },
    /// Nothing was taken.
    Refused(Vec<LineFault>),
}

const fn of_file(reason: Reason) -> LineFault {
    LineFault { line: 1, column: Column::Line, reason }
}

fn parse(card: &Definition, today: Date, bytes: &[u8]) -> (Vec<Member>, Vec<LineFault>) {
    if bytes.len() > MOST_BYTES {
        return (Vec::new(), vec![of_file(Reason::TooLong)]);
    }
    let Some(text) = csv_lists::text_of(bytes) else { return (Vec::new(), vec![of_file(Reason::NotText)]) };
    let mut lines = csv_lists::records(&text);
    let Some((_, headings)) = lines.next() else { return (Vec::new(), vec![of_file(Reason::NotText)]) };
    let place = |names: [&str; 2]| headings.iter().position(|heading| names.contains(&heading.trim()));
    let (Some(resident), Some(number)) = (place(["宛名番号", "resident"]), place(["番号", "number"])) else {
        return (Vec::new(), vec![of_file(Reason::Headings)]);
    };
    let places = (resident, number, place(["有効期限", "valid_until"]));
    let (mut members, mut faults) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (line, record) in lines {
        if members.len() + faults.len() >= MOST_LINES {
            faults.push(LineFault { line, column: Column::Line, reason: Reason::TooLong });
            break;
        }
        let judged = if record.len() == headings.len() {
            member(card, (today, line), &record, places)
        } else {
            Err(LineFault { line, column: Column::Line, reason: Reason::Columns })
        };
        match judged {
            Ok(member) if seen.insert(member.number.clone(), line).is_some() => {
                faults.push(LineFault { line, column: Column::Number, reason: Reason::Twice });
            }
            Ok(member) => members.push(member),
            Err(fault) => faults.push(fault),
        }
    }
    (members, faults)
}

fn member(
    card: &Definition,
    (today, line): (Date, usize),
    record: &csv::StringRecord,
    (resident, number, until): (usize, usize, Option<usize>),
) -> Result<Member, LineFault> {
    let fault = |column, reason| LineFault { line, column, reason };
    let cell = |at: usize| record.get(at).unwrap_or_default().trim();
    if let Some(at) = csv_lists::individual_number_in(record) {
        let columns = [(Some(resident), Column::Resident), (Some(number), Column::Number), (until, Column::ValidUntil)];
        let column =
            columns.into_iter().find(|(place, _)| *place == Some(at)).map_or(Column::Line, |(_, column)| column);
        return Err(fault(column, Reason::IndividualNumber));
    }
    let resident = ResidentId::parse(cell(resident)).map_err(|_| fault(Column::Resident, Reason::NoResident))?;
    let read = card.number.read(cell(number));
    let number = read.map_err(|no| fault(Column::Number, Reason::Number(no)))?;
    let last_day = card.expiry.last_day(today);
    let valid_until = match until.map(cell).filter(|text| !text.is_empty()) {
        Some(text) => {
            let day = Date::parse(text).map_err(|_| fault(Column::ValidUntil, Reason::Day))?;
            if last_day.is_some_and(|last_day| day > last_day) {
                return Err(fault(Column::ValidUntil, Reason::TooFar));
            }
            Some(day)
        }
        None => last_day,
    };
    Ok(Member { line, resident, number, valid_until })
}

/// Looks a file over without asking anybody: how many of its lines can be judged by the register and the cards, and what is
/// wrong with the others.
pub fn looked_over(card: &Definition, today: Date, bytes: &[u8]) -> (usize, Vec<LineFault>) {
    let (members, faults) = parse(card, today, bytes);
    (members.len(), faults)
}

/// Brings members in, with cards of the department's own. All lines or none; the same file again changes nothing.
///
/// # Errors
/// The databases; an access that is refused.
pub fn bring(city: &Inside, by: &Actor, card: &Kept, bytes: &[u8]) -> Result<Brought, CardError> {
    let (members, faults) = parse(&card.definition, city.seams.today(), bytes);
    taken(city, (by, by), card, (members, faults), "file_in")
}

/// What a department's system says of one member: texts, judged as a line of a file is.
#[derive(Clone, Copy, Debug)]
pub struct OneMember<'a> {
    /// 宛名番号.
    pub resident: &'a str,
    /// 番号.
    pub number: &'a str,
    /// 有効期限; none: as the definition says from today on.
    pub valid_until: Option<&'a str>,
}

/// Brings one member in, as a file of one line would: a card of the department's own. Told again, it changes nothing.
///
/// # Errors
/// As [`bring`].
pub fn bring_one(city: &Inside, by: &Actor, card: &Kept, said: OneMember<'_>) -> Result<Brought, CardError> {
    let line = csv::StringRecord::from(vec![said.resident, said.number, said.valid_until.unwrap_or_default()]);
    let judged = match member(&card.definition, (city.seams.today(), 1), &line, (0, 1, Some(2))) {
        Ok(member) => (vec![member], Vec::new()),
        Err(fault) => (Vec::new(), vec![fault]),
    };
    // A system reads nobody's record: whether the person is one of this city is the city's own look, told to them as such.
    taken(city, (by, &Actor::System { job: "city-cards" }), card, judged, "system_in")
}

fn taken(
    city: &Inside,
    (by, looks): (&Actor, &Actor),
    card: &Kept,
    (members, mut faults): (Vec<Member>, Vec<LineFault>),
    way: &'static str,
) -> Result<Brought, CardError> {
    faults.extend(unknown(city, looks, card, &members)?);
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.line);
        return Ok(Brought::Refused(faults));
    }
    let subjects = members
        .iter()
        .map(|member| Subject::of(&city.vault, &card.key, &member.resident))
        .collect::<Result<Vec<_>, _>>()?;
    let (vault, seams, actor, key) = (city.vault.clone(), city.seams.clone(), by.clone(), card.key.clone());
    let lines: Vec<(Member, Subject)> = members.into_iter().zip(subjects).collect();
    let count = lines.len();
    let taken = city.cards.write(move |tx| {
        let (mut added, mut faults) = (0, Vec::new());
        for (member, subject) in &lines {
            match place(tx, &vault, &seams, &actor, &key, member, subject)? {
                Ok(is_new) => added += usize::from(is_new),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(added) } else { Err(Stop::Faulty(faults)) }
    });
    match taken {
        Ok(added) => {
            note(city, by, &card.key, way, count)?;
            Ok(Brought::Taken { added, unchanged: count - added })
        }
        Err(Stop::Faulty(faults)) => Ok(Brought::Refused(faults)),
        Err(Stop::Beneath(error)) => Err(error),
    }
}

/// Rolls back what was placed before a line that cannot be.
enum Stop {
    Faulty(Vec<LineFault>),
    Beneath(CardError),
}

impl<E: Into<CardError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Beneath(error.into())
    }
}

fn place(
    tx: &mut Tx<'_>,
    vault: &store::sealing::Vault,
    seams: &base::Seams,
    by: &Actor,
    key: &str,
    member: &Member,
    subject: &Subject,
) -> Result<Result<bool, LineFault>, CardError> {
    let theirs = service_cards::of_subject(tx, vault, key, subject)?;
    // Also where it is over: what was switched off stays off, and giving it anew is the desk's.
    let is_told = |one: &service_cards::ServiceCard| one.form == Form::OwnCard && *one.number.reveal() == member.number;
    if theirs.iter().any(is_told) {
        return Ok(Ok(false));
    }
    let (number, valid_until) = (member.number.as_str(), member.valid_until);
    let new = NewCard { service: key, subject, form: Form::OwnCard, number, valid_until };
    let fault = |reason| LineFault { line: member.line, column: Column::Number, reason };
    Ok(match service_cards::issue(tx, vault, seams, by, &new)? {
        Ok(_) => Ok(true),
        Err(IssueRefusal::NumberTaken) => Err(fault(Reason::Taken)),
        Err(IssueRefusal::HasOne | IssueRefusal::NotThere) => Err(fault(Reason::HasOne)),
        Err(IssueRefusal::IndividualNumber) => Err(fault(Reason::IndividualNumber)),
        Err(IssueRefusal::NotANumber) => Err(fault(Reason::Number(NotOurs::Digits))),
    })
}

/// Lines that name nobody in the register. Those named are told that their number was brought in.
fn unknown(city: &Inside, by: &Actor, card: &Kept, members: &[Member]) -> Result<Vec<LineFault>, CardError> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let (seams, by, members) = (city.seams.clone(), by.clone(), members.to_vec());
    let purpose = Purpose::new(super::duty(&card.key)).reading(&[Item::ServiceNumber]);
    Ok(city.store.write::<_, AccessError, _>(move |tx| {
        let bulk = access::bulk(tx, &seams, &by, &purpose, &MEMBERS)?;
        let (mut faults, mut known) = (Vec::new(), Vec::new());
        for member in &members {
            match register::covered(tx, &bulk, &member.resident) {
                Ok(_) => known.push(member.resident.clone()),
                Err(RegisterError::NotFound) => {
                    let (line, column) = (member.line, Column::Resident);
                    faults.push(LineFault { line, column, reason: Reason::NoResident });
                }
                Err(RegisterError::Access(error)) => return Err(error),
                Err(RegisterError::Store(error)) => return Err(error.into()),
                Err(_) => return Err(AccessError::NotCovered),
            }
        }
        if faults.is_empty() {
            bulk.concerns(tx, &known)?;
        }
        Ok(faults)
    })?)
}

fn note(city: &Inside, by: &Actor, key: &str, way: &'static str, count: usize) -> Result<(), CardError> {
    let (seams, by, key) = (city.seams.clone(), by.clone(), key.to_owned());
    city.store
        .write::<_, StoreError, _>(move |tx| super::clients::note_numbers(tx, &seams, &by, &key, (way, ""), count))?;
    Ok(())
}

/// What changed since `since`, oldest first.
///
/// # Errors
/// The databases.
pub fn changed(city: &Inside, by: &Actor, key: &str, since: Date) -> Result<Vec<Change>, CardError> {
    let (vault, from, now) = (city.vault.clone(), Timestamp::in_japan(since, 0, 0, 0), city.seams.now());
    let service = key.to_owned();
    let all = city
        .cards
        .read(move |tx| changes(tx, &vault, &service, Cursor::from(from), now.plus_seconds(1), MOST_CHANGES))?;
    note(city, by, key, "file_out", all.len())?;
    Ok(all)
}

/// A file as Excel on older machines wants it; `None` where a sign is none of Shift_JIS.
pub fn in_shift_jis(file: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(file).ok()?.trim_start_matches('\u{feff}');
    let (bytes, _, is_lossy) = encoding_rs::SHIFT_JIS.encode(text);
    (!is_lossy).then(|| bytes.into_owned())
}

/// The active numbers among `wanted`, or those of the latest cards where none is named; for labels. At most `limit`.
///
/// # Errors
/// Outer: the databases. Inner: the first that is none of this card's, from 1.
pub fn for_labels(
    city: &Inside,
    by: &Actor,
    card: &Kept,
    wanted: &[String],
    limit: usize,
) -> Result<Result<Vec<String>, (usize, GiveRefusal)>, CardError> {
    let mut numbers = Vec::new();
    for (place, text) in wanted.iter().enumerate().take(limit) {
        match card.definition.number.read(text) {
            Ok(number) => numbers.push(number),
            // Numbers of the library's own counter have its own form.
            Err(no) if card.key != super::LIBRARY || no == NotOurs::IndividualNumber => {
                return Ok(Err((place + 1, no.into())));
            }
            Err(_) => numbers.push(base::text::to_half_width(text.trim())),
        }
    }
    let (vault, key) = (city.vault.clone(), card.key.clone());
    let found = city.cards.read(move |tx| {
        let mut found = Vec::new();
        if numbers.is_empty() {
            for card in newest(tx, &vault, &key, limit)? {
                found.push(card);
            }
            return Ok(Ok(found));
        }
        for (place, number) in numbers.iter().enumerate() {
            let is_there = find_number(tx, &vault, &key, number)?.iter().any(|one| one.status.is_live());
            if !is_there {
                return Ok(Err((place + 1, GiveRefusal::Issue(IssueRefusal::NotThere))));
            }
            found.push(number.clone());
        }
        Ok::<_, CardError>(Ok(found))
    })?;
    if let Ok(found) = &found {
        note(city, by, &card.key, "labels", found.len())?;
    }
    Ok(found)
}

fn newest(tx: &mut Tx<'_>, vault: &store::sealing::Vault, key: &str, limit: usize) -> Result<Vec<String>, CardError> {
    let rows = tx.query(
        "SELECT card_id FROM service_cards WHERE service = $1 AND status = 'active' ORDER BY issued_at DESC, card_id LIMIT $2",
        &[key.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()],
    )?;
    let mut numbers = Vec::new();
    for row in &rows {
        let id: Id = row.id(0)?;
        let card = service_cards::get(tx, vault, key, id)?;
        numbers.extend(card.map(|card| card.number.reveal().clone()).filter(|number| !numbers.contains(number)));
    }
    Ok(numbers)
}
