//! Values of fields: each reads itself, writes itself, prints itself and can be invented.

use base::Date;

use super::fault::Reason;
use super::json::Json;
use crate::resident_csv::Reason as TextReason;
use crate::resident_csv::names::check_text;

/// Visible characters of a text, at most, unless its field says otherwise.
const LONGEST_TEXT: usize = 300;

/// Where the reader stands: the path for the report, and what was found wrong so far.
#[derive(Default)]
pub(crate) struct Trail {
    path: String,
    pub(crate) faults: Vec<(String, Reason)>,
}

impl Trail {
    pub(crate) fn fault(&mut self, reason: impl Into<Reason>) {
        self.faults.push((self.path.clone(), reason.into()));
    }

    /// Does `work` one step deeper.
    pub(crate) fn within<T>(&mut self, step: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if length > 0 && !step.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(step);
        let result = work(self);
        self.path.truncate(length);
        result
    }
}

impl From<TextReason> for Reason {
    fn from(reason: TextReason) -> Self {
        Self::Text(reason)
    }
}

/// An object being read: its fields are taken one by one, and what is left over at the end is unknown.
pub(crate) struct Object<'a> {
    map: &'a [(String, Json)],
    known: Vec<&'static str>,
}

impl<'a> Object<'a> {
    pub(crate) fn of(json: &'a Json, trail: &mut Trail) -> Option<Self> {
        match json {
            Json::Map(map) => Some(Self { map, known: Vec::new() }),
            _ => {
                trail.fault(Reason::WrongType { wanted: "an object" });
                None
            }
        }
    }

    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'a Json> {
        self.known.push(key);
        self.map.iter().find(|(name, _)| name == key).map(|(_, value)| value).filter(|value| **value != Json::Null)
    }

    pub(crate) fn field<T: Item>(&mut self, key: &'static str, trail: &mut Trail) -> Option<T> {
        let value = self.get(key);
        trail.within(key, |trail| T::read(value, trail))
    }

    /// Says what was not asked for, or stands twice.
    pub(crate) fn finish(self, trail: &mut Trail) {
        for (index, (name, _)) in self.map.iter().enumerate() {
            match self.known.iter().find(|known| *known == name) {
                None => {
                    trail.within(&format!("[key {}]", index + 1), |trail| trail.fault(Reason::UnknownField));
                }
                Some(known) if self.map.iter().take(index).any(|(earlier, _)| earlier == name) => {
                    trail.within(known, |trail| trail.fault(Reason::Twice));
                }
                Some(_) => {}
            }
        }
    }
}

/// Reads each element of a list; `None` when one of them is at fault.
pub(crate) fn list<T>(
    value: Option<&Json>,
    most: usize,
    trail: &mut Trail,
    mut read: impl FnMut(&Json, &mut Trail) -> Option<T>,
) -> Option<Vec<T>> {
    let values = match value {
        None => return Some(Vec::new()),
        Some(Json::List(values)) => values,
        Some(_) => {
            trail.fault(Reason::WrongType { wanted: "a list" });
            return None;
        }
    };
    if values.len() > most {
        trail.fault(Reason::TooMany { limit: most });
        return None;
    }
    let mut all = Some(Vec::with_capacity(values.len()));
    for (index, value) in values.iter().enumerate() {
        let one = trail.within(&format!("[{}]", index + 1), |trail| read(value, trail));
        match (&mut all, one) {
            (Some(list), Some(one)) => list.push(one),
            _ => all = None,
        }
    }
    all
}

/// Invents values from a number: the same number, the same values.
pub(crate) struct Inventor(u64);

impl Inventor {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed ^ 0x9E37_79B9_7F4A_7C15)
    }

    /// 0 … `bound` − 1 (xorshift64*).
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound.max(1)
    }
}

/// A printed row: label without its brackets, and value.
pub type Row = (&'static str, String);

/// A value of a field.
pub(crate) trait Item: Sized {
    /// Reads it; `None` (with a fault noted) when it is not there or not right.
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self>;
    /// Writes it; `None` leaves the key out.
    fn write(&self) -> Option<Json>;
    /// Its printed rows.
    fn print(&self, label: &'static str, rows: &mut Vec<Row>);
    /// An invented one.
    fn invent(by: &mut Inventor) -> Self;
}

impl<T: Item> Item for Option<T> {
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        match value {
            None => Some(None),
            some => T::read(some, trail).map(Some),
        }
    }

    fn write(&self) -> Option<Json> {
        self.as_ref().and_then(T::write)
    }

    fn print(&self, label: &'static str, rows: &mut Vec<Row>) {
        if let Some(value) = self {
            value.print(label, rows);
        }
    }

    fn invent(by: &mut Inventor) -> Self {
        (by.below(2) == 0).then(|| T::invent(by))
    }
}

/// A text there must be, with its faults noted.
pub(crate) fn text(value: Option<&Json>, longest: usize, trail: &mut Trail) -> Option<String> {
    let text = match value {
        None => {
            trail.fault(Reason::Missing);
            return None;
        }
        Some(Json::Text(text)) => text,
        Some(_) => {
            trail.fault(Reason::WrongType { wanted: "a text" });
            return None;
        }
    };
    let checked = if text.trim().is_empty() {
        Err(TextReason::Empty)
    } else if base::text::visible_length(text) > longest {
        Err(TextReason::TooLong { limit: longest })
    } else if let Err(found) = base::my_number_guard::refuse_individual_number(text) {
        Err(TextReason::IndividualNumber { position: found.position })
    } else {
        check_text(text)
    };
    match checked {
        Ok(()) => Some(text.clone()),
        Err(reason) => {
            trail.fault(reason);
            None
        }
    }
}

impl Item for String {
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        text(value, LONGEST_TEXT, trail)
    }

    fn write(&self) -> Option<Json> {
        Some(Json::Text(self.clone()))
    }

    fn print(&self, label: &'static str, rows: &mut Vec<Row>) {
        rows.push((label, self.clone()));
    }

    fn invent(by: &mut Inventor) -> Self {
        const TEXTS: [&str; 6] =
            ["甲野　義太郎", "渡邉\u{E010F}　恵子", "東京都千代田区", "父", "夫", "𠮷野　\"花\"\\子"];
        TEXTS[by.below(6) as usize % 6].to_owned()
    }
}

impl Item for Date {
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        let text = text(value, 10, trail)?;
        match Self::parse(&text) {
            Ok(date) if date.parts().0 > 0 => Some(date),
            _ => {
                trail.fault(TextReason::NotADate);
                None
            }
        }
    }

    fn write(&self) -> Option<Json> {
        Some(Json::Text(self.to_string()))
    }

    fn print(&self, label: &'static str, rows: &mut Vec<Row>) {
        rows.push((label, self.japanese()));
    }

    fn invent(by: &mut Inventor) -> Self {
        Self::from_days_since_epoch(by.below(30_000) as i64 - 10_000)
    }
}

/// Structs whose fields are items: read, written, invented from one list of them.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

        impl $name {
            pub(crate) fn read_object(json: &Json, trail: &mut Trail) -> Option<Self> {
                let mut object = Object::of(json, trail)?;
                $(let $field = object.field(stringify!($field), trail);)*
                object.finish(trail);
                Some(Self { $($field: $field?,)* })
            }

            pub(crate) fn write_object(&self) -> Json {
                let mut map = Vec::new();
                $(map.extend(Item::write(&self.$field).map(|value| (stringify!($field).to_owned(), value)));)*
                Json::Map(map)
            }

            pub(crate) fn invented(by: &mut Inventor) -> Self {
                Self { $($field: Item::invent(by),)* }
            }
        }
    };
}
pub(crate) use record;

/// Records that stand in a field and have no printed rows of their own.
macro_rules! plain_items {
    ($($name:ident),*) => { $(
        impl Item for $name {
            fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
                let Some(json) = value else {
                    trail.fault($crate::record_lines::Reason::Missing);
                    return None;
                };
                Self::read_object(json, trail)
            }

            fn write(&self) -> Option<Json> {
                Some(self.write_object())
            }

            fn print(&self, _label: &'static str, _rows: &mut Vec<Row>) {}

            fn invent(by: &mut Inventor) -> Self {
                Self::invented(by)
            }
        }
    )* };
}
pub(crate) use plain_items;

/// A closed list of words: one in the file, one on paper.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $code:literal $japanese:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in the file.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// As printed.
            pub const fn japanese(self) -> &'static str { match self { $(Self::$variant => $japanese,)* } }
        }

        impl Item for $name {
            fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
                let word = $crate::record_lines::item::text(value, 60, trail)?;
                let found = Self::ALL.iter().copied().find(|known| known.code() == word);
                if found.is_none() {
                    trail.fault($crate::record_lines::Reason::UnknownWord);
                }
                found
            }

            fn write(&self) -> Option<Json> {
                Some(Json::Text(self.code().to_owned()))
            }

            fn print(&self, label: &'static str, rows: &mut Vec<Row>) {
                rows.push((label, self.japanese().to_owned()));
            }

            fn invent(by: &mut Inventor) -> Self {
                let index = by.below(Self::ALL.len() as u64) as usize;
                Self::ALL[index % Self::ALL.len()]
            }
        }
    };
}
pub(crate) use words;

/// `Debug` that says only what kind of thing it is.
macro_rules! silent_debug {
    ($($name:ident),* $(,)?) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(<personal>)"))
            }
        }
    )* };
}
pub(crate) use silent_debug;
