//! Records of a register: an event, and what was corrected or noted below it.

use base::Date;

use super::events::{Event, RegisterEvent};
use super::values::Day;
use crate::record_lines::item::{Inventor, Item, Object, Row, Trail, list, record, silent_debug, words};
use crate::record_lines::json::Json;

words! {
    /// How a record was mended afterwards.
    CorrectionKind {
        /// 訂正: it had been wrong.
        Corrected "corrected" "訂正",
        /// 更正: the world had changed (a place renamed, a character written in its common form).
        Renewed "renewed" "更正",
        /// 消除: it had no ground.
        Struck "struck" "消除",
        /// 追完: something was supplied.
        Supplied "supplied" "追完",
    }
}

impl CorrectionKind {
    /// Labels of day, item and reason (recalled: 付録27号).
    const fn labels(self) -> [&'static str; 3] {
        match self {
            Self::Corrected => ["訂正日", "訂正事項", "訂正事由"],
            Self::Renewed => ["更正日", "更正事項", "更正事由"],
            Self::Struck => ["消除日", "消除事項", "消除事由"],
            Self::Supplied => ["追完日", "追完事項", "追完事由"],
        }
    }
}

record! {
    /// A correction of the record it stands below: what, why, and what had stood there.
    Correction {
        /// How.
        how: CorrectionKind,
        /// The day.
        on: Day,
        /// The label of what it corrects (`出生地`, `父の氏名`).
        item: String,
        /// Why (`錯誤`).
        ground: Option<String>,
        /// 許可日.
        permitted_on: Option<Date>,
        /// What had stood there (従前の記録).
        former: Option<String>,
        /// What stands there now, where the record itself does not show it.
        now: Option<String>,
    }
}

record! {
    /// A note below a record (付記, 付録23号; 特記事項).
    Note {
        /// 記録日.
        on: Option<Day>,
        /// The words.
        text: String,
    }
}

silent_debug!(CorrectionKind, Correction, Note);

/// What may stand below a record.
#[derive(Clone, PartialEq, Eq)]
pub enum Below {
    /// A correction of it.
    Correction(Correction),
    /// A note on it.
    Note(Note),
}

silent_debug!(Below);

impl Below {
    fn read(json: &Json, trail: &mut Trail) -> Option<Self> {
        // A correction says how; a note does not.
        match json {
            Json::Map(map) if map.iter().any(|(key, _)| key == "how") => {
                Correction::read_object(json, trail).map(Self::Correction)
            }
            _ => Note::read_object(json, trail).map(Self::Note),
        }
    }

    fn write(&self) -> Json {
        match self {
            Self::Correction(correction) => correction.write_object(),
            Self::Note(note) => note.write_object(),
        }
    }

    /// Its heading on paper, one step indented.
    pub const fn heading(&self) -> &'static str {
        match self {
            Self::Correction(correction) => correction.how.japanese(),
            Self::Note(_) => "記録",
        }
    }

    /// Its printed rows.
    pub fn printed(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        match self {
            Self::Correction(correction) => {
                let [day, item, ground] = correction.how.labels();
                correction.on.print(day, &mut rows);
                correction.item.print(item, &mut rows);
                correction.ground.print(ground, &mut rows);
                correction.permitted_on.print("許可日", &mut rows);
                correction.former.print("従前の記録", &mut rows);
                correction.now.print("記録の内容", &mut rows);
            }
            Self::Note(note) => {
                note.on.print("記録日", &mut rows);
                note.text.print("特記事項", &mut rows);
            }
        }
        rows
    }

    pub(super) fn invented(by: &mut Inventor) -> Self {
        if by.below(2) == 0 { Self::Correction(Correction::invented(by)) } else { Self::Note(Note::invented(by)) }
    }
}

/// A record: what happened, and what was corrected or noted below it.
#[derive(Clone, PartialEq, Eq)]
pub struct Record<E> {
    /// What happened.
    pub event: E,
    /// Corrections and notes, in order.
    pub below: Vec<Below>,
}

impl<E> std::fmt::Debug for Record<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Record(<personal>)")
    }
}

impl<E> From<E> for Record<E> {
    fn from(event: E) -> Self {
        Self { event, below: Vec::new() }
    }
}

/// The two kinds of event.
pub(super) trait Kind: Sized {
    fn from_object(object: &mut Object<'_>, trail: &mut Trail) -> Option<Self>;
    fn to_map(&self) -> Vec<(String, Json)>;
    fn invent(by: &mut Inventor) -> Self;
}

macro_rules! kinds {
    ($($name:ident),*) => { $(
        impl Kind for $name {
            fn from_object(object: &mut Object<'_>, trail: &mut Trail) -> Option<Self> {
                Self::read(object, trail)
            }

            fn to_map(&self) -> Vec<(String, Json)> {
                self.write()
            }

            fn invent(by: &mut Inventor) -> Self {
                let index = by.below(Self::CODES.len() as u64) as usize;
                Self::invented(index, by.below(1 << 30))
            }
        }
    )* };
}
kinds!(RegisterEvent, Event);

/// Corrections and notes below one record, at most.
const MOST_BELOW: usize = 20;

pub(super) fn read_record<E: Kind>(json: &Json, trail: &mut Trail) -> Option<Record<E>> {
    let mut object = Object::of(json, trail)?;
    let event = E::from_object(&mut object, trail);
    let value = object.get("below");
    let below = trail.within("below", |trail| list(value, MOST_BELOW, trail, Below::read));
    // The fields of an unknown kind are not unknown fields.
    if event.is_some() {
        object.finish(trail);
    }
    Some(Record { event: event?, below: below? })
}

pub(super) fn write_record<E: Kind>(record: &Record<E>) -> Json {
    let mut map = record.event.to_map();
    if !record.below.is_empty() {
        map.push(("below".to_owned(), Json::List(record.below.iter().map(Below::write).collect())));
    }
    Json::Map(map)
}

pub(super) fn invented_record<E: Kind>(by: &mut Inventor) -> Record<E> {
    let event = E::invent(by);
    let below = (0..by.below(3)).map(|_| Below::invented(by)).collect();
    Record { event, below }
}
