//! A seal registration as plain types.

use base::Date;

use super::impression::Impression;
use crate::record_lines::item::{Inventor, Item, Object, Row, Trail, silent_debug, words};
use crate::record_lines::json::Json;
use crate::record_lines::{Reason, Record, key_in, key_text, read_line};
use crate::resident_csv::Reason as TextReason;

words! {
    /// Why a registration is suspended (停止).
    Suspension {
        /// 本人の申出.
        Requested "requested" "本人の申出",
        /// 印鑑登録証の亡失の届出.
        CardLost "card_lost" "印鑑登録証の亡失",
        /// 印鑑の亡失の届出, until it is cancelled.
        SealLost "seal_lost" "印鑑の亡失",
        /// 職権.
        Office "office" "職権",
    }
}

words! {
    /// Why a registration is cancelled (廃止・抹消).
    Cancellation {
        /// 廃止の申請.
        Requested "requested" "廃止の申請",
        /// 改印: another seal took its place.
        SealChanged "seal_changed" "改印",
        /// 印鑑の亡失.
        SealLost "seal_lost" "印鑑の亡失",
        /// 印鑑登録証の亡失.
        CardLost "card_lost" "印鑑登録証の亡失",
        /// 氏名等の変更: what the seal says is no longer the name.
        NameChanged "name_changed" "氏名等の変更",
        /// 転出.
        MovedOut "moved_out" "転出",
        /// 死亡.
        Death "death" "死亡",
        /// 意思能力を有しない者となった.
        Incapacity "incapacity" "意思能力",
        /// 外国人住民でなくなった.
        NoLongerForeignResident "no_longer_foreign_resident" "外国人住民でなくなった",
        /// 職権.
        Office "office" "職権",
    }
}

words! {
    /// The word for a registration that does not count.
    StateWord {
        /// 停止.
        Suspended "suspended" "停止",
        /// 廃止.
        Cancelled "cancelled" "廃止",
    }
}

/// Where a registration stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SealState {
    /// In force.
    Registered,
    /// 停止: it exists, no certificate is given.
    Suspended {
        /// The day.
        on: Date,
        /// Why.
        why: Suspension,
    },
    /// 廃止・抹消: it is over.
    Cancelled {
        /// The day.
        on: Date,
        /// Why.
        why: Cancellation,
    },
}

impl SealState {
    /// Whether it is over.
    pub const fn is_cancelled(self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }
}

/// One registration of one seal.
#[derive(Clone, PartialEq, Eq)]
pub struct SealRegistration {
    /// 登録番号: its key in the source system, 1–20 characters of `0-9`, `A-Z`, `-`.
    pub number: String,
    /// The person's key in the register of residents (宛名番号).
    pub resident_id: String,
    /// 氏名, as it stands on the registration.
    pub name: String,
    /// 旧氏, when it stands on the registration.
    pub former_name: Option<String>,
    /// 通称, when it stands on the registration.
    pub common_name: Option<String>,
    /// 生年月日.
    pub birth_date: Date,
    /// 住所 with building, as it stands on the registration.
    pub address: String,
    /// 登録年月日.
    pub registered_on: Date,
    /// Where it stands.
    pub state: SealState,
    /// An application about it has come and is not entered yet (処理中).
    pub is_pending: bool,
    /// 備考, e.g. the katakana by which a foreign resident's seal is registered.
    pub remarks: Option<String>,
    /// 印影.
    pub impression: Impression,
}

silent_debug!(Suspension, Cancellation, SealState, SealRegistration);

fn state(object: &mut Object<'_>, trail: &mut Trail) -> Option<SealState> {
    let Some(json) = object.get("state") else { return Some(SealState::Registered) };
    trail.within("state", |trail| {
        let mut object = Object::of(json, trail)?;
        let (word, on): (Option<StateWord>, Option<Date>) = (object.field("as", trail), object.field("on", trail));
        let state = match word {
            Some(StateWord::Suspended) => {
                let why = object.field("why", trail);
                on.zip(why).map(|(on, why)| SealState::Suspended { on, why })
            }
            Some(StateWord::Cancelled) => {
                let why = object.field("why", trail);
                on.zip(why).map(|(on, why)| SealState::Cancelled { on, why })
            }
            None => return None,
        };
        object.finish(trail);
        state
    })
}

impl SealRegistration {
    fn read(object: &mut Object<'_>, trail: &mut Trail) -> Option<Self> {
        let (number, resident) = (object.get("number"), object.get("resident"));
        let number = trail.within("number", |trail| key_text(number, trail));
        let resident_id = trail.within("resident", |trail| key_text(resident, trail));
        let name = object.field("name", trail);
        let (former_name, common_name) = (object.field("former_name", trail), object.field("common_name", trail));
        let birth_date = object.field("birth_date", trail);
        let address = object.field("address", trail);
        let registered_on: Option<Date> = object.field("registered_on", trail);
        let state = state(object, trail);
        let is_pending = object.field("pending", trail);
        let remarks = object.field("remarks", trail);
        let impression = object.field("impression", trail);
        if let (Some(from), Some(SealState::Suspended { on, .. } | SealState::Cancelled { on, .. })) =
            (registered_on, state)
            && on < from
        {
            trail.within("state", |trail| {
                trail.within("on", |trail| trail.fault(Reason::from(TextReason::EndsBeforeItBegins)));
            });
        }
        Some(Self {
            number: number?,
            resident_id: resident_id?,
            name: name?,
            former_name: former_name?,
            common_name: common_name?,
            birth_date: birth_date?,
            address: address?,
            registered_on: registered_on?,
            state: state?,
            is_pending: is_pending?,
            remarks: remarks?,
            impression: impression?,
        })
    }

    fn write(&self) -> Json {
        let mut map = Vec::new();
        let mut put = |key: &str, value: Option<Json>| map.extend(value.map(|value| (key.to_owned(), value)));
        put("number", self.number.write());
        put("resident", self.resident_id.write());
        put("name", self.name.write());
        put("former_name", self.former_name.write());
        put("common_name", self.common_name.write());
        put("birth_date", self.birth_date.write());
        put("address", self.address.write());
        put("registered_on", self.registered_on.write());
        let state = |word: StateWord, on: Date, why: Option<Json>| {
            let parts = [("as", word.write()), ("on", on.write()), ("why", why)];
            let parts = parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
            Some(Json::Map(parts.collect()))
        };
        put(
            "state",
            match self.state {
                SealState::Registered => None,
                SealState::Suspended { on, why } => state(StateWord::Suspended, on, why.write()),
                SealState::Cancelled { on, why } => state(StateWord::Cancelled, on, why.write()),
            },
        );
        put("pending", self.is_pending.write());
        put("remarks", self.remarks.write());
        put("impression", self.impression.write());
        Json::Map(map)
    }

    /// An invented registration that holds any of everything: for tests. The same number gives the same one.
    pub fn invented(seed: u64) -> Self {
        let mut by = Inventor::new(seed);
        let by = &mut by;
        let registered_on = Date::invent(by);
        let on = registered_on.plus_days(400);
        let state = match by.below(4) {
            0 => SealState::Suspended { on, why: Item::invent(by) },
            1 => SealState::Cancelled { on, why: Item::invent(by) },
            _ => SealState::Registered,
        };
        Self {
            number: format!("S{:06}", seed % 1_000_000),
            resident_id: format!("R-{:06}", seed % 999_983),
            name: Item::invent(by),
            former_name: Item::invent(by),
            common_name: Item::invent(by),
            birth_date: Item::invent(by),
            address: "見本県見本市中央一丁目２番３号".to_owned(),
            registered_on,
            state,
            is_pending: by.below(9) == 0,
            remarks: Item::invent(by),
            impression: Item::invent(by),
        }
    }
}

impl Record for SealRegistration {
    const FORMAT: &'static str = "yakuba-seal-registrations/1";
    const FILE: &'static str = "seal_registrations.jsonl";

    fn parse(line: &str) -> Result<Self, Vec<(String, Reason)>> {
        read_line(line, Self::read)
    }

    fn to_line(&self) -> String {
        let mut line = String::new();
        self.write().write(&mut line);
        line
    }

    fn key(&self) -> String {
        self.number.clone()
    }

    fn key_of(line: &str) -> Option<String> {
        key_in(line, "number")
    }
}
