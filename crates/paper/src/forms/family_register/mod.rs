//! 戸籍全部事項証明書, 戸籍個人事項証明書 and 戸籍の附票の写し: what a family register says, over as many pages as it takes.
//!
//! For heirs, banks and passport desks, who read every line. The caller decides everything and hands over rows; this
//! module decides only where they stand and where a page ends. Rules: 戸籍法施行規則 第73条 (付録22号–28号); the forms are
//! pictures in the published law, so millimetres are ours and the order of things is recalled (certificates §2.3).
//!
//! ```text
//!  （２の１）           全部事項証明                        除籍
//!  ┌ 本籍 ────────┬ 見本県見本市…                    ┐  on every page
//!  ├ 氏名 ────────┼ 甲野　義太郎                     ┤
//!  ├ 戸籍事項     │                                  │
//!  │   戸籍編製   │ 【編製日】 …                     │
//!  ├ 戸籍に記録   │ 【名】 …                         │
//!  │ されている者 │ 【生年月日】 …                   │
//!  │  [除　籍]    │ 【父】 … 【母】 … 【続柄】 …     │
//!  ├ 身分事項     │                                  │
//!  │   出生       │ 【出生日】 …                     │
//!  │      訂正    │ 【訂正日】 … 【従前の記録】 …    │  corrections and 付記 right below their record
//!  └──────────────┴──────────────────────────────────┘
//!                                              以下余白
//! ```
//! Sheets of a register are not stapled: number, page mark, request and signed code on each are the 契印 (第12条3項).

mod flow;
mod records;

use base::Personal;
use wire::certificate_code::{ClaimsBuilder, Item};

use super::{Form, FormPage, Headings, refuse_blank};
use crate::error::{Field, PaperError};
use crate::layout::Setter;
use flow::{Chunk, Line};

/// A label without its brackets, and its value.
pub type Row = (String, String);

/// A record, or what stands below one.
#[derive(Clone, PartialEq, Eq)]
pub struct Section {
    /// 出生, 婚姻, 訂正 …
    pub heading: String,
    /// Its rows in order.
    pub rows: Vec<Row>,
    /// Whether it is a correction or a note (付記) on the record before it: printed one step further in.
    pub is_below: bool,
}

/// Somebody in the register.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// 名 as printed.
    pub name: Personal<String>,
    /// 氏 and 名: for the code.
    pub full_name: Personal<String>,
    /// 生年月日 as printed.
    pub birth_date: Personal<String>,
    /// Whether the 除籍 box stands beside them.
    pub is_removed: bool,
    /// What is said of them, 【名】 and 【生年月日】 among it, in order.
    pub rows: Vec<Row>,
    /// 身分事項; in an appendix, the addresses.
    pub sections: Vec<Section>,
}

/// Which of the three papers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// 全部事項証明, 個人事項証明.
    Register,
    /// 附票の写し.
    Appendix,
}

/// A register that is no longer current, marked on top of each page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// 除籍.
    Removed,
    /// 改製原戸籍.
    Rewritten,
}

/// What a family register says, as the paper shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct FamilyRegister {
    /// Which paper.
    pub paper: Paper,
    /// Whether 本籍 and 筆頭者 were left out, as an applicant for an appendix may: they print as 省略.
    pub omits_register: bool,
    /// Set when the register is not current.
    pub closed: Option<Closed>,
    /// 本籍.
    pub domicile: Personal<String>,
    /// 筆頭者の氏名.
    pub head: Personal<String>,
    /// 氏の振り仮名, when it is entered by law.
    pub surname_reading: Option<String>,
    /// 戸籍事項.
    pub records: Vec<Section>,
    /// The people, in the order of the register; 1 to 60.
    pub members: Vec<Member>,
}

macro_rules! silent {
    ($($name:ident),*) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(<personal>)"))
            }
        }
    )* };
}
silent!(Section, Member, FamilyRegister);

/// Labels by which a finished paper is read back: no other row is called so.
const NAME: &str = "名";
const BIRTH_DATE: &str = "生年月日";
/// People on one page, at most: more names than these make a code that no phone reads.
const PEOPLE_PER_PAGE: usize = 4;

impl FamilyRegister {
    /// Everything below the header, in pieces that stay together.
    fn chunks(&self) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        push_sections(&mut chunks, 0, None, "戸籍事項", &self.records);
        for (index, member) in self.members.iter().enumerate() {
            let heading = match self.paper {
                Paper::Register => "戸籍に記録されている者",
                Paper::Appendix => "附票に記載されている者",
            };
            let mut lines: Vec<Line> = member.rows.iter().map(Line::row).collect();
            if let Some(first) = lines.first_mut() {
                first.heading = Some((0, heading.to_owned()));
            }
            let group = index + 1;
            chunks.push(Chunk {
                group,
                person: Some(index),
                has_rule: true,
                mark: member.is_removed.then_some("除　籍"),
                lines,
            });
            let title = match self.paper {
                Paper::Register => "身分事項",
                Paper::Appendix => "住所",
            };
            push_sections(&mut chunks, group, Some(index), title, &member.sections);
        }
        chunks
    }

    fn header_rows(&self) -> Vec<Row> {
        let reading = self.surname_reading.as_ref();
        reading.map(|kana| ("氏の振り仮名".to_owned(), kana.clone())).into_iter().collect()
    }
}

/// Records under the title of their part; corrections below their record without a line between.
fn push_sections(chunks: &mut Vec<Chunk>, group: usize, person: Option<usize>, title: &str, sections: &[Section]) {
    for (at, section) in sections.iter().enumerate() {
        let mut lines: Vec<Line> = section.rows.iter().map(Line::row).collect();
        let heading = Some((if section.is_below { 2 } else { 1 }, section.heading.clone()));
        match lines.first_mut() {
            Some(first) => first.heading = heading,
            None => lines.push(Line { heading, row: None }),
        }
        if at == 0 {
            lines.insert(0, Line { heading: Some((0, title.to_owned())), row: None });
        }
        let has_rule = !section.is_below;
        chunks.push(Chunk { group, person, has_rule, mark: None, lines });
    }
}

impl Form for FamilyRegister {
    fn refuse_empty(&self) -> Result<(), PaperError> {
        refuse_blank(Field::Domicile, self.domicile.reveal())?;
        refuse_blank(Field::RegisterHead, self.head.reveal())?;
        if self.members.is_empty() {
            return Err(PaperError::Nobody);
        }
        self.members.iter().try_for_each(|member| {
            refuse_blank(Field::Name, member.name.reveal())?;
            refuse_blank(Field::BirthDate, member.birth_date.reveal())?;
            let says = |label: &str, value: &Personal<String>| {
                let mut rows = member.rows.iter().filter(|(row, _)| row == label);
                rows.next().is_some_and(|(_, text)| text == value.reveal()) && rows.next().is_none()
            };
            // What is read back must be what is printed.
            if !says(NAME, &member.name) {
                return Err(PaperError::Empty(Field::Name));
            }
            if says(BIRTH_DATE, &member.birth_date) { Ok(()) } else { Err(PaperError::Empty(Field::BirthDate)) }
        })
    }

    fn pages(&self, setter: &Setter<'_>) -> Result<Vec<FormPage>, PaperError> {
        let header = flow::Header {
            domicile: self.domicile.reveal(),
            head: self.head.reveal(),
            rows: self.header_rows(),
            closed: self.closed.map(|closed| match closed {
                Closed::Removed => "除籍",
                Closed::Rewritten => "改製原戸籍",
            }),
        };
        let chunks = self.chunks();
        let pages = flow::pages(setter, &chunks, header.rows.len(), PEOPLE_PER_PAGE)?;
        let of = pages.len();
        super::refuse_too_many(of)?;
        pages.iter().enumerate().map(|(index, page)| flow::draw(setter, &header, page, index + 1, of)).collect()
    }

    /// Whose records a page shows is known only once it is laid out: see [`Form::claims_of`].
    fn claims(&self, _page: usize, builder: &mut ClaimsBuilder) {
        // What is left out is not in the code in any form.
        builder.household(Item::RegisterHead, (!self.omits_register).then(|| self.head.reveal().as_str()));
    }

    fn claims_of(&self, page: usize, made: &FormPage, builder: &mut ClaimsBuilder) {
        self.claims(page, builder);
        for member in made.people.iter().filter_map(|&index| self.members.get(index)) {
            builder.person(member.full_name.clone(), member.birth_date.clone());
        }
    }

    fn headings(&self) -> Headings {
        Headings { place: "本籍", name: "【名】", birth_date: "【生年月日】" }
    }

    fn place(&self) -> &Personal<String> {
        &self.domicile
    }

    fn people(&self) -> Vec<(Personal<String>, Personal<String>)> {
        self.members.iter().map(|member| (member.name.clone(), member.birth_date.clone())).collect()
    }
}
