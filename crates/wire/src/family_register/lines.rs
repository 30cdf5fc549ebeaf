//! A family register as a line of a file: read with every fault in its place, written, and invented for tests.

use std::collections::HashSet;

use base::Date;

use super::model::{
    AdoptiveParents, AppendixEntry, FamilyRegister, MOST_ADDRESSES, MOST_MEMBERS, MOST_RECORDS, Member,
    MemberProtection, MemberState, Reading, RegisterState, Removal,
};
use super::records::{Kind, Record, invented_record, read_record, write_record};
use crate::record_lines::item::{Inventor, Item, Object, Row, Trail, list, plain_items, words};
use crate::record_lines::json::Json;
use crate::record_lines::{self, Reason, key_in, key_text, read_line};
use crate::resident_csv::Reason as TextReason;
use crate::resident_csv::names::katakana;

fn records<E: Kind>(object: &mut Object<'_>, trail: &mut Trail) -> Option<Vec<Record<E>>> {
    let value = object.get("records");
    trail.within("records", |trail| list(value, MOST_RECORDS, trail, read_record))
}

fn put(map: &mut Vec<(String, Json)>, key: &str, value: Option<Json>) {
    map.extend(value.map(|value| (key.to_owned(), value)));
}

fn put_list(map: &mut Vec<(String, Json)>, key: &str, values: Vec<Json>) {
    if !values.is_empty() {
        map.push((key.to_owned(), Json::List(values)));
    }
}

impl Item for Reading {
    fn read(value: Option<&Json>, trail: &mut Trail) -> Option<Self> {
        let Some(json) = value else {
            trail.fault(Reason::Missing);
            return None;
        };
        let mut object = Object::of(json, trail)?;
        let kana: Option<String> = object.field("kana", trail);
        let is_registered = object.field("registered", trail);
        object.finish(trail);
        match katakana(&kana?) {
            Ok(kana) => Some(Self { kana, is_registered: is_registered? }),
            Err(reason) => {
                trail.within("kana", |trail| trail.fault(reason));
                None
            }
        }
    }

    fn write(&self) -> Option<Json> {
        let mut map = vec![("kana".to_owned(), Json::Text(self.kana.clone()))];
        put(&mut map, "registered", self.is_registered.write());
        Some(Json::Map(map))
    }

    fn print(&self, label: &'static str, rows: &mut Vec<Row>) {
        if self.is_registered {
            rows.push((label, self.kana.clone()));
        }
    }

    fn invent(by: &mut Inventor) -> Self {
        Self { kana: "コウノ".to_owned(), is_registered: by.below(2) == 0 }
    }
}

plain_items!(AdoptiveParents, MemberProtection);

/// `{"on": …, "by": …}` beside a member; nothing for one who is entered.
fn member_state(object: &mut Object<'_>, trail: &mut Trail) -> Option<MemberState> {
    let Some(json) = object.get("removed") else { return Some(MemberState::Entered) };
    trail.within("removed", |trail| {
        let mut object = Object::of(json, trail)?;
        let (on, by) = (object.field("on", trail), object.field("by", trail));
        object.finish(trail);
        Some(MemberState::Removed { on: on?, by: by? })
    })
}

impl Member {
    fn read(json: &Json, trail: &mut Trail) -> Option<Self> {
        let mut object = Object::of(json, trail)?;
        let number = object.get("order");
        let order = trail.within("order", |trail| match number {
            Some(Json::Number(number @ 1..=1_000)) => u32::try_from(*number).ok(),
            Some(_) => {
                trail.fault(TextReason::NotANumber);
                None
            }
            None => {
                trail.fault(Reason::Missing);
                None
            }
        });
        let resident = object.get("resident");
        let resident_id = trail.within("resident", |trail| match resident {
            None => Some(None),
            some => key_text(some, trail).map(Some),
        });
        let name = object.field("name", trail);
        let reading = object.field("reading", trail);
        let birth_date = object.field("birth_date", trail);
        let birth_date_text = object.field("birth_date_text", trail);
        let (father, mother) = (object.field("father", trail), object.field("mother", trail));
        let relation = object.field("relation", trail);
        let adoptive = object.field("adoptive", trail);
        let spouse = object.field("spouse", trail);
        let state = member_state(&mut object, trail);
        let is_pending = object.field("pending", trail);
        let protection: Option<Option<MemberProtection>> = object.field("protected", trail);
        if matches!(&protection, Some(Some(MemberProtection { from, until: Some(until) })) if until < from) {
            trail.within("protected", |trail| trail.fault(TextReason::EndsBeforeItBegins));
        }
        let records = records(&mut object, trail);
        let addresses = object.get("appendix");
        let appendix =
            trail.within("appendix", |trail| list(addresses, MOST_ADDRESSES, trail, AppendixEntry::read_object));
        object.finish(trail);
        Some(Self {
            order: order?,
            resident_id: resident_id?,
            name: name?,
            reading: reading?,
            birth_date: birth_date?,
            birth_date_text: birth_date_text?,
            father: father?,
            mother: mother?,
            relation: relation?,
            adoptive: adoptive?,
            spouse: spouse?,
            state: state?,
            is_pending: is_pending?,
            protection: protection?,
            records: records?,
            appendix: appendix?,
        })
    }

    fn write(&self) -> Json {
        let mut map = vec![("order".to_owned(), Json::Number(u64::from(self.order)))];
        put(&mut map, "resident", self.resident_id.write());
        put(&mut map, "name", self.name.write());
        put(&mut map, "reading", self.reading.write());
        put(&mut map, "birth_date", self.birth_date.write());
        put(&mut map, "birth_date_text", self.birth_date_text.write());
        put(&mut map, "father", self.father.write());
        put(&mut map, "mother", self.mother.write());
        put(&mut map, "relation", self.relation.write());
        put(&mut map, "adoptive", self.adoptive.write());
        put(&mut map, "spouse", self.spouse.write());
        if let MemberState::Removed { on, by } = self.state {
            let mut removed = Vec::new();
            put(&mut removed, "on", on.write());
            put(&mut removed, "by", by.write());
            put(&mut map, "removed", Some(Json::Map(removed)));
        }
        put(&mut map, "pending", self.is_pending.write());
        put(&mut map, "protected", self.protection.write());
        put_list(&mut map, "records", self.records.iter().map(write_record).collect());
        put_list(&mut map, "appendix", self.appendix.iter().map(AppendixEntry::write_object).collect());
        Json::Map(map)
    }

    fn invented(order: u32, by: &mut Inventor) -> Self {
        let removal = Removal::invent(by);
        Self {
            order,
            resident_id: (by.below(2) == 0).then(|| format!("R-{order}")),
            name: Item::invent(by),
            reading: Item::invent(by),
            birth_date: Item::invent(by),
            birth_date_text: Item::invent(by),
            father: Item::invent(by),
            mother: Item::invent(by),
            relation: Item::invent(by),
            adoptive: Item::invent(by),
            spouse: Item::invent(by),
            state: match by.below(3) {
                0 if order > 1 => MemberState::Removed { on: Item::invent(by), by: removal },
                _ => MemberState::Entered,
            },
            is_pending: by.below(9) == 0,
            protection: (by.below(9) == 0).then(|| MemberProtection { from: Item::invent(by), until: None }),
            records: (0..by.below(6)).map(|_| invented_record(by)).collect(),
            appendix: (0..by.below(4)).map(|_| AppendixEntry::invented(by)).collect(),
        }
    }
}

words! {
    /// The word for a register that is not current.
    ClosedAs {
        /// 除籍.
        Removed "removed" "除籍",
        /// 改製原戸籍.
        Rewritten "rewritten" "改製原戸籍",
    }
}

fn register_state(object: &mut Object<'_>, trail: &mut Trail) -> Option<RegisterState> {
    let Some(json) = object.get("closed") else { return Some(RegisterState::Current) };
    trail.within("closed", |trail| {
        let mut object = Object::of(json, trail)?;
        let (how, on): (Option<ClosedAs>, _) = (object.field("as", trail), object.field("on", trail));
        object.finish(trail);
        Some(match how? {
            ClosedAs::Removed => RegisterState::Removed { on: on? },
            ClosedAs::Rewritten => RegisterState::Rewritten { on: on? },
        })
    })
}

impl FamilyRegister {
    fn read(object: &mut Object<'_>, trail: &mut Trail) -> Option<Self> {
        let key = object.get("id");
        let id = trail.within("id", |trail| key_text(key, trail));
        let (domicile, head) = (object.field("domicile", trail), object.field("head", trail));
        let (surname, surname_reading) = (object.field("surname", trail), object.field("surname_reading", trail));
        let state = register_state(object, trail);
        let is_pending = object.field("pending", trail);
        let records = records(object, trail);
        let persons = object.get("members");
        let members = trail.within("members", |trail| list(persons, MOST_MEMBERS, trail, Member::read));
        let register = Self {
            id: id?,
            domicile: domicile?,
            head: head?,
            surname: surname?,
            surname_reading: surname_reading?,
            state: state?,
            is_pending: is_pending?,
            records: records?,
            members: members?,
        };
        register.fits_together(trail).then_some(register)
    }

    /// What no single field shows.
    fn fits_together(&self, trail: &mut Trail) -> bool {
        let before = trail.faults.len();
        let (mut last, mut residents) = (0, HashSet::new());
        for (index, member) in self.members.iter().enumerate() {
            trail.within(&format!("members[{}]", index + 1), |trail| {
                if member.order <= last {
                    trail.within("order", |trail| trail.fault(Reason::Order));
                }
                let resident = member.resident_id.as_ref().filter(|_| member.state.is_entered());
                if resident.is_some_and(|resident| !residents.insert(resident)) {
                    trail.within("resident", |trail| trail.fault(Reason::ResidentTwice));
                }
            });
            last = member.order;
        }
        let anybody = self.members.iter().any(|member| member.state.is_entered());
        match self.state {
            _ if self.members.is_empty() => trail.within("members", |trail| trail.fault(Reason::NobodyInIt)),
            RegisterState::Current if !anybody => trail.within("closed", |trail| trail.fault(Reason::NotCurrent)),
            // 転籍 and 改製 leave people entered; they are entered in the register that took its place.
            _ => {}
        }
        trail.faults.len() == before
    }

    fn write(&self) -> Json {
        let mut map = vec![("id".to_owned(), Json::Text(self.id.clone()))];
        put(&mut map, "domicile", self.domicile.write());
        put(&mut map, "head", self.head.write());
        put(&mut map, "surname", self.surname.write());
        put(&mut map, "surname_reading", self.surname_reading.write());
        let closed = match self.state {
            RegisterState::Current => None,
            RegisterState::Removed { on } => Some((ClosedAs::Removed, on)),
            RegisterState::Rewritten { on } => Some((ClosedAs::Rewritten, on)),
        };
        if let Some((how, on)) = closed {
            let mut closed = Vec::new();
            put(&mut closed, "as", how.write());
            put(&mut closed, "on", on.write());
            put(&mut map, "closed", Some(Json::Map(closed)));
        }
        put(&mut map, "pending", self.is_pending.write());
        put_list(&mut map, "records", self.records.iter().map(write_record).collect());
        put_list(&mut map, "members", self.members.iter().map(Member::write).collect());
        Json::Map(map)
    }

    /// An invented register that holds any of everything: for tests. The same number gives the same register.
    pub fn invented(seed: u64) -> Self {
        let mut by = Inventor::new(seed);
        let by = &mut by;
        let on = Date::invent(by);
        let state = match by.below(4) {
            0 => RegisterState::Removed { on },
            1 => RegisterState::Rewritten { on },
            _ => RegisterState::Current,
        };
        Self {
            id: format!("K{:08}", seed % 100_000_000),
            domicile: "見本県見本市中央１００番地".to_owned(),
            head: "甲野　義太郎".to_owned(),
            surname: "甲野".to_owned(),
            surname_reading: Item::invent(by),
            state,
            is_pending: by.below(9) == 0,
            records: (0..by.below(4)).map(|_| invented_record(by)).collect(),
            members: (1..=1 + by.below(7) as u32).map(|order| Member::invented(order, by)).collect(),
        }
    }
}

impl record_lines::Record for FamilyRegister {
    const FORMAT: &'static str = "yakuba-family-registers/1";
    const FILE: &'static str = "family_registers.jsonl";
    const COUNT: &'static str = "registers";

    fn parse(line: &str) -> Result<Self, Vec<(String, Reason)>> {
        read_line(line, Self::read)
    }

    fn to_line(&self) -> String {
        let mut line = String::new();
        self.write().write(&mut line);
        line
    }

    fn key(&self) -> String {
        self.id.clone()
    }

    fn key_of(line: &str) -> Option<String> {
        key_in(line, "id")
    }
}
