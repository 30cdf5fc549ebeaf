//! Values that only family registers have: days told in words, other registers, notices.

use base::Date;

use crate::record_lines::Reason;
use crate::record_lines::item::{Inventor, Item, Object, Row, Trail, record, silent_debug};
use crate::record_lines::json::Json;

silent_debug!(Day, RegisterReference, Notice);

/// A day as far as it is known: a date, or words (`昭和２０年８月頃`, `推定令和５年１月１日から１０日頃までの間`).
#[derive(Clone, PartialEq, Eq)]
pub enum Day {
    /// A date.
    On(Date),
    /// Words in its place.
    Told(String),
}

impl Day {
    /// As printed.
    pub fn japanese(&self) -> String {
        match self {
            Self::On(date) => date.japanese(),
            Self::Told(words) => words.clone(),
        }
    }

    /// The date, when there is one.
    pub const fn date(&self) -> Option<Date> {
        match self {
            Self::On(date) => Some(*date),
            Self::Told(_) => None,
        }
    }
}

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        Self::On(date)
    }
}

impl Item for Day {
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        let Some(json @ Json::Map(_)) = value else { return Date::read(value, trail).map(Self::On) };
        let mut object = Object::of(json, trail)?;
        let told = object.field("told", trail);
        object.finish(trail);
        told.map(Self::Told)
    }

    fn write(&self) -> Option<Json> {
        match self {
            Self::On(date) => date.write(),
            Self::Told(words) => Some(Json::Map(vec![("told".to_owned(), Json::Text(words.clone()))])),
        }
    }

    fn print(&self, label: &'static str, rows: &mut Vec<Row>) {
        rows.push((label, self.japanese()));
    }

    fn invent(by: &mut Inventor) -> Self {
        if by.below(8) == 0 {
            Self::Told("推定昭和２０年８月頃".to_owned())
        } else {
            Self::On(Date::invent(by))
        }
    }
}

record! {
    /// Another family register, as it is referred to.
    RegisterReference {
        /// 本籍.
        domicile: String,
        /// 筆頭者の氏名.
        head: String,
    }
}

impl Item for RegisterReference {
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        let Some(json) = value else {
            trail.fault(Reason::Missing);
            return None;
        };
        Self::read_object(json, trail)
    }

    fn write(&self) -> Option<Json> {
        Some(self.write_object())
    }

    fn print(&self, label: &'static str, rows: &mut Vec<Row>) {
        rows.push((label, format!("{}　{}", self.domicile, self.head)));
    }

    fn invent(by: &mut Inventor) -> Self {
        Self::invented(by)
    }
}

record! {
    /// How the city learned of it (届出): what many events end with.
    Notice {
        /// 届出日.
        on: Option<Day>,
        /// 届出人.
        by: Option<String>,
        /// 送付を受けた日: when another office sent it.
        forwarded_on: Option<Day>,
        /// 受理者: that office.
        accepted_by: Option<String>,
    }
}

/// Labels of a [`Notice`] (recalled: 付録25号).
pub(crate) const NOTICE_LABELS: [&str; 4] = ["届出日", "届出人", "送付を受けた日", "受理者"];

impl Item for Notice {
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        match value {
            None => Some(Self { on: None, by: None, forwarded_on: None, accepted_by: None }),
            Some(json) => Self::read_object(json, trail),
        }
    }

    fn write(&self) -> Option<Json> {
        match self.write_object() {
            Json::Map(map) if map.is_empty() => None,
            json => Some(json),
        }
    }

    /// The label is not used: a notice has four of its own.
    fn print(&self, _label: &'static str, rows: &mut Vec<Row>) {
        let [on, by, forwarded_on, accepted_by] = NOTICE_LABELS;
        self.on.print(on, rows);
        self.by.print(by, rows);
        self.forwarded_on.print(forwarded_on, rows);
        self.accepted_by.print(accepted_by, rows);
    }

    fn invent(by: &mut Inventor) -> Self {
        Self::invented(by)
    }
}
