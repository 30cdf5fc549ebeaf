//! From a register's typed records to the rows of a paper. The wording is `wire::family_register`'s.

use base::Personal;
use base::text::digits_to_full_width;
use wire::family_register as wire;

use super::{BIRTH_DATE, Closed, FamilyRegister, Member, NAME, Paper, Row, Section};
use crate::entry::OMITTED;

impl FamilyRegister {
    /// 全部事項証明, or with `members` 個人事項証明 of those: 戸籍事項 and the members with all that is recorded of them,
    /// removed ones too.
    pub fn of_register(register: &wire::FamilyRegister, members: Option<&[u32]>) -> Self {
        let is_shown = |member: &&wire::Member| members.is_none_or(|shown| shown.contains(&member.order));
        Self {
            records: sections(&register.records, wire::RegisterEvent::heading, wire::printed_of_register),
            members: register.members.iter().filter(is_shown).map(|member| of_member(register, member)).collect(),
            ..empty(Paper::Register, register)
        }
    }

    /// 附票の写し of `members`: the addresses of each, oldest first. Which register it belongs to (本籍・筆頭者) is left out
    /// unless the applicant asks for it.
    pub fn of_appendix(register: &wire::FamilyRegister, members: &[u32], says_register: bool) -> Self {
        let shown = register.members.iter().filter(|member| members.contains(&member.order));
        let mut made = empty(Paper::Appendix, register);
        made.members = shown.map(|member| addresses(register, member)).collect();
        if !says_register {
            let omitted = || Personal::new(OMITTED.to_owned());
            (made.domicile, made.head, made.omits_register) = (omitted(), omitted(), true);
        }
        made
    }
}

fn empty(paper: Paper, register: &wire::FamilyRegister) -> FamilyRegister {
    let reading = register.surname_reading.as_ref().filter(|reading| reading.is_registered);
    FamilyRegister {
        paper,
        omits_register: false,
        closed: match register.state {
            wire::RegisterState::Current => None,
            wire::RegisterState::Removed { .. } => Some(Closed::Removed),
            wire::RegisterState::Rewritten { .. } => Some(Closed::Rewritten),
        },
        domicile: Personal::new(digits_to_full_width(&register.domicile)),
        head: Personal::new(register.head.clone()),
        surname_reading: reading.map(|reading| reading.kana.clone()).filter(|_| paper == Paper::Register),
        records: Vec::new(),
        members: Vec::new(),
    }
}

fn owned(rows: Vec<wire::Row>) -> Vec<Row> {
    rows.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
}

fn sections<E>(
    records: &[wire::Record<E>],
    heading: impl Fn(&E) -> &'static str,
    printed: impl Fn(&E) -> Vec<wire::Row>,
) -> Vec<Section> {
    let mut made = Vec::new();
    for record in records {
        let (heading, rows) = (heading(&record.event).to_owned(), owned(printed(&record.event)));
        made.push(Section { heading, rows, is_below: false });
        made.extend(record.below.iter().map(|below| Section {
            heading: below.heading().to_owned(),
            rows: owned(below.printed()),
            is_below: true,
        }));
    }
    made
}

fn of_member(register: &wire::FamilyRegister, member: &wire::Member) -> Member {
    Member {
        name: Personal::new(member.name.clone()),
        full_name: Personal::new(register.full_name(member)),
        birth_date: Personal::new(member.printed_birth_date()),
        is_removed: !member.state.is_entered(),
        rows: owned(member.printed()),
        sections: sections(&member.records, wire::Event::heading, wire::printed),
    }
}

fn addresses(register: &wire::FamilyRegister, member: &wire::Member) -> Member {
    let section = |(number, entry): (usize, &wire::AppendixEntry)| Section {
        heading: digits_to_full_width(&(number + 1).to_string()),
        rows: vec![
            ("住所".to_owned(), digits_to_full_width(&entry.address)),
            ("住所を定めた年月日".to_owned(), entry.set_on.map(base::Date::japanese).unwrap_or_default()),
        ],
        is_below: false,
    };
    Member {
        rows: vec![(NAME.to_owned(), member.name.clone()), (BIRTH_DATE.to_owned(), member.printed_birth_date())],
        sections: member.appendix.iter().enumerate().map(section).collect(),
        ..of_member(register, member)
    }
}
