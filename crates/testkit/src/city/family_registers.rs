//! The family registers of the synthetic city (戸籍): consistent with the households, and of the gallery's people one of
//! each thing a visitor wants to see. An ordinary file of `wire::family_register`, written beside the others.
//!
//! ```text
//!  household ─► couple and children: one register; a parent who lives with them: one of their own
//!            └► 本籍 in another city: none here
//!  each member ─► name, birth, addresses (附票) as the file of residents has them; both parents by name
//!  gallery   ─► a daughter who married out, a correction, an adoption, a death, three pages, a closed register,
//!               a pending notification, somebody who lives elsewhere
//! ```

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use base::{Date, Timestamp};
use wire::family_register::FamilyRegister;
use wire::record_lines::{Contents, Header, Record as _, write_header, write_record};
use wire::resident_csv::EntryState;

use super::POSITION;
use super::gallery::Shown;
use super::people::{Draft, DraftHousehold};
use super::places::CITY;

/// Somebody who lives elsewhere and has their family register here: what their card says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonResident {
    /// 氏名.
    pub name: &'static str,
    /// 住所.
    pub address: &'static str,
    /// 生年月日.
    pub birth_date: &'static str,
    /// What the drawer says.
    pub japanese: &'static str,
    /// 本籍, as the register has it.
    pub domicile: &'static str,
    /// 筆頭者.
    pub head: &'static str,
}

/// The daughter of the gallery's eldest.
pub const NON_RESIDENT: NonResident = NonResident {
    name: "辻\u{E0102}　春子",
    address: "例示県例示市大手町一丁目2番3号",
    birth_date: "1975-06-07",
    japanese: "市外に住む・本籍がこの市の人",
    domicile: "見本県見本市中央一丁目100番地",
    head: "辻\u{E0102}　花子",
};

/// 本籍 of the gallery's people, by the kind of the first one shown; others keep the one that was drawn.
const HOMES: &[(&str, &str)] = &[
    ("elderly-single", NON_RESIDENT.domicile),
    ("family-of-six", "見本県見本市港町200番地"),
    ("couple", "見本県見本市緑ヶ丘300番地"),
    ("one-parent", "例示県例示市大手町1番地"),
    ("rare-takasaki", "見本県見本市中央二丁目10番地"),
    ("widow", "見本県見本市中央三丁目20番地"),
    ("under-protection", "見本県見本市中央三丁目30番地"),
    ("pending", "見本県見本市中央三丁目40番地"),
];

/// Gives the gallery's households the 本籍 of their story.
pub(super) fn settle(household: &mut DraftHousehold, shows: &[Shown]) {
    let home = |show: &Shown| HOMES.iter().find(|(kind, _)| *kind == show.kind);
    if let Some((_, domicile)) = shows.iter().find_map(home) {
        (*domicile).clone_into(&mut household.family_register);
    }
}

/// Registers being gathered.
#[derive(Default)]
pub(super) struct Registers(Vec<FamilyRegister>);

/// Somebody of a register, as words of its line.
struct Line<'a> {
    draft: &'a Draft,
    resident: String,
    relation: String,
    spouse: Option<&'static str>,
    parents: (String, String),
    addresses: Vec<(String, Date)>,
    born_in: &'static str,
    more: String,
}

/// Given names of parents who stand in no household of this city.
const FATHERS: &[&str] = &["正", "茂", "勇", "清", "博", "進", "和夫", "弘"];
const MOTHERS: &[&str] = &["和子", "幸子", "節子", "洋子", "京子", "恵子", "久子", "文子"];
/// Families that spouses come from.
const FAMILIES: &[&str] = &["林", "清水", "森", "池田", "橋本", "石川", "前田", "藤田"];
/// Where the people who came from elsewhere were born.
const ELSEWHERE: &str = "例示県例示市";

fn one_of(list: &'static [&'static str], number: usize) -> &'static str {
    list.get(number % list.len()).copied().unwrap_or("正")
}

/// 長男, 二男 … by place among the brothers or sisters, from 0.
fn relation(is_male: bool, place: usize) -> String {
    let word = ["長", "二", "三", "四", "五", "六"].get(place).copied().unwrap_or("七");
    format!("{word}{}", if is_male { "男" } else { "女" })
}

/// Where somebody lived since they were entered, oldest first: the addresses of their entry in the register of residents.
/// The first is the one they had when they were entered.
fn addresses(household: &DraftHousehold, at: usize, entered: Date) -> Vec<(String, Date)> {
    let Some(record) = household.record(at, String::new(), String::new()) else { return Vec::new() };
    let came = record.became_resident_on.unwrap_or(record.birth_date);
    let since = record.address_since.unwrap_or(came);
    let home = match &record.building {
        Some(building) => format!("{}　{building}", record.address),
        None => record.address.clone(),
    };
    let mut all = Vec::new();
    all.extend(record.previous_address.map(|before| (before, record.birth_date)));
    all.extend(record.previous_city_address.map(|before| (before, came)));
    all.push((home, since));
    if let EntryState::MovedOut(on) = record.state {
        all.push((format!("{ELSEWHERE}大手町一丁目2番3号"), on));
    }
    let at_entry = all.iter().rposition(|(_, on)| *on <= entered).unwrap_or_default();
    all.split_off(at_entry)
}

fn given(name: &str) -> &str {
    name.split_once('　').map_or(name, |(_, given)| given)
}

fn surname(name: &str) -> &str {
    name.split_once('　').map_or(name, |(surname, _)| surname)
}

impl Line<'_> {
    fn json(&self, order: usize, is_registered: bool) -> String {
        let Self { draft, resident, relation, spouse, parents: (father, mother), addresses, born_in, more } = self;
        let birth = draft.birth;
        let spouse = spouse.map(|role| format!(r#","spouse":"{role}""#)).unwrap_or_default();
        let kana = draft.kana.as_deref().map(given).unwrap_or_default();
        let reading = if kana.is_empty() {
            String::new()
        } else {
            format!(r#","reading":{{"kana":"{kana}","registered":{is_registered}}}"#)
        };
        let (dead, death) = match draft.state {
            EntryState::Dead(on) => (
                format!(r#","removed":{{"on":"{on}","by":"death"}}"#),
                format!(r#",{{"event":"death","on":"{on}","at":"午前４時頃","place":"{CITY}"}}"#),
            ),
            _ => (String::new(), String::new()),
        };
        let until = birth.plus_days(7);
        let addresses: Vec<String> =
            addresses.iter().map(|(address, on)| format!(r#"{{"address":"{address}","set_on":"{on}"}}"#)).collect();
        format!(
            r#"{{"order":{order},"resident":"{resident}","name":"{}"{reading},"birth_date":"{birth}","father":"{father}","mother":"{mother}","relation":"{relation}"{spouse}{dead},"records":[{{"event":"birth","on":"{birth}","place":"{born_in}","notice":{{"on":"{until}","by":"父"}}}}{more}{death}],"appendix":[{}]}}"#,
            given(&draft.name),
            addresses.join(",")
        )
    }
}

impl Registers {
    /// The registers of a household's Japanese members, if their 本籍 is here. `resident` names the member at a place.
    pub(super) fn add(
        &mut self,
        household: &DraftHousehold,
        shows: &[Shown],
        resident: impl Fn(usize) -> String,
    ) -> std::io::Result<()> {
        if !household.family_register.starts_with(CITY) {
            return Ok(());
        }
        let kind = shows.first().map_or("", |show| show.kind);
        let japanese = |draft: &&Draft| draft.foreigner.is_none();
        let parents: Vec<usize> = places_of(household, |draft| matches!(draft.relationship, "父" | "母"));
        let others: Vec<usize> = places_of(household, |draft| !matches!(draft.relationship, "父" | "母"));
        for (number, mut places) in [others, parents].into_iter().enumerate() {
            if number == 1 {
                // As their entries in the register of residents say: the father, where he is there.
                places.sort_by_key(|&at| household.members.get(at).is_some_and(|draft| !draft.is_male));
            }
            let Some(head) = places.iter().filter_map(|&at| household.members.get(at)).find(japanese) else { continue };
            let drafts: Vec<(usize, &Draft)> = places
                .iter()
                .filter_map(|&at| household.members.get(at).map(|draft| (at, draft)))
                .filter(|(_, draft)| japanese(draft) && surname(&draft.name) == surname(&head.name))
                .collect();
            let story = if number == 0 { kind } else { "" };
            self.push(household, story, head, &drafts, &resident)?;
        }
        Ok(())
    }

    fn push(
        &mut self,
        household: &DraftHousehold,
        kind: &str,
        head: &Draft,
        drafts: &[(usize, &Draft)],
        resident: &impl Fn(usize) -> String,
    ) -> std::io::Result<()> {
        let number = self.0.len() + 1;
        let adult = |is_male: bool| {
            let found = drafts.iter().find(|(_, draft)| draft.is_male == is_male && !is_child(draft));
            found.map(|(_, draft)| *draft)
        };
        let (husband, wife) = (adult(true), adult(false));
        let couple = husband.zip(wife);
        let compiled = compiled_on(kind, head, drafts, couple);
        let mut lines = Vec::new();
        for (at, draft) in drafts {
            let spouse = couple.filter(|_| !is_child(draft)).map(|_| if draft.is_male { "husband" } else { "wife" });
            let (parents, former) = parents_of(household, number, *at, draft, head, couple);
            let more = couple.filter(|_| !is_child(draft)).map(|(one, other)| {
                let with = if draft.is_male { &other.name } else { &one.name };
                format!(
                    r#",{{"event":"marriage","on":"{compiled}","spouse":"{with}","notice":{{"on":"{compiled}"}},"former_register":{{"domicile":"{ELSEWHERE}大手町{}番地","head":"{former}"}}}}"#,
                    at + 1
                )
            });
            let mut more = more.unwrap_or_default();
            more.push_str(story_of(kind, *at).unwrap_or_default());
            let entered = if is_child(draft) { draft.birth.max(compiled) } else { compiled };
            let came_from =
                household.record(*at, String::new(), String::new()).and_then(|record| record.previous_address);
            lines.push(Line {
                draft,
                resident: resident(*at),
                relation: relation(draft.is_male, place_among(kind, draft, drafts)),
                spouse,
                parents,
                addresses: addresses(household, *at, entered),
                born_in: if came_from.is_some() { ELSEWHERE } else { CITY },
                more,
            });
        }
        let members = lines.iter().enumerate();
        let mut members: Vec<String> = members.map(|(at, line)| line.json(at + 1, household.kana_registered)).collect();
        for extra in extras(kind) {
            members.push(extra.replace("{order}", &(members.len() + 1).to_string()));
        }
        // Nobody is left in it: it is closed on the day of the last death.
        let deaths = drafts.iter().map(|(_, draft)| match draft.state {
            EntryState::Dead(on) => Some(on),
            _ => None,
        });
        let closed = deaths.collect::<Option<Vec<Date>>>().filter(|_| extras(kind).is_empty());
        let (closed, closing) = match closed.and_then(|days| days.into_iter().max()) {
            Some(on) => (
                format!(r#","closed":{{"as":"removed","on":"{on}"}}"#),
                format!(r#",{{"event":"closed","on":"{on}"}}"#),
            ),
            None => (String::new(), String::new()),
        };
        self.read(&format!(
            r#"{{"id":"K{number:09}","domicile":"{}","head":"{}","surname":"{}"{}{closed},"records":[{{"event":"compiled","on":"{compiled}"}}{closing}],"members":[{}]}}"#,
            household.family_register,
            head.name,
            surname(&head.name),
            if kind == "rare-takasaki" { r#","pending":true"# } else { "" },
            members.join(",")
        ))?;
        if kind == "widow" {
            self.closed(household, head, compiled, &resident(drafts.first().map_or(0, |(at, _)| *at)))?;
        }
        Ok(())
    }

    /// The register that the widow's parents left: closed when the last of them died.
    fn closed(
        &mut self,
        household: &DraftHousehold,
        head: &Draft,
        married: Date,
        resident: &str,
    ) -> std::io::Result<()> {
        let number = self.0.len() + 1;
        self.read(&format!(
            r#"{{"id":"K{number:09}","domicile":"{}","head":"{surname}　正","surname":"{surname}","closed":{{"as":"removed","on":"2009-03-12"}},"records":[{{"event":"closed","on":"2009-03-12"}}],"members":[{{"order":1,"name":"正","birth_date":"1915-01-03","relation":"長男","removed":{{"on":"2009-03-10","by":"death"}},"records":[{{"event":"death","on":"2009-03-10","place":"{CITY}"}}]}},{{"order":2,"resident":"{resident}","name":"{}","birth_date":"{}","father":"{surname}　正","mother":"{surname}　菊","relation":"二女","removed":{{"on":"{married}","by":"marriage"}},"records":[{{"event":"marriage","on":"{married}","spouse":"{}　勇"}}]}}]}}"#,
            household.family_register,
            given(&head.name),
            head.birth,
            surname(&head.name),
            surname = WIDOWS_FAMILY,
        ))
    }

    fn read(&mut self, line: &str) -> std::io::Result<()> {
        let register = FamilyRegister::parse(line).map_err(|faults| std::io::Error::other(format!("{faults:?}")))?;
        self.0.push(register);
        Ok(())
    }

    /// Writes the file; returns how many registers it holds.
    pub(super) fn write(&self, directory: &Path, as_of: Date) -> std::io::Result<u32> {
        let header = Header {
            source: "mihon-koseki".to_owned(),
            position: POSITION,
            taken_at: Timestamp::in_japan(as_of, 5, 0, 0),
            contents: Contents::Full,
            records: self.0.len() as u64,
        };
        let mut out = BufWriter::with_capacity(1 << 18, File::create(directory.join(FamilyRegister::FILE))?);
        write_header::<FamilyRegister>(&mut out, &header)?;
        self.0.iter().try_for_each(|register| write_record(&mut out, register))?;
        Ok(u32::try_from(self.0.len()).unwrap_or(u32::MAX))
    }
}

/// The family that the gallery's widow comes from: 正 and 菊 of this name are her parents.
const WIDOWS_FAMILY: &str = "林";

/// The day of the couple's marriage: after the younger of the two turned 25, and before any child was born. Of somebody alone,
/// the day they had a register of their own.
fn compiled_on(kind: &str, head: &Draft, drafts: &[(usize, &Draft)], couple: Option<(&Draft, &Draft)>) -> Date {
    let eldest = drafts.iter().filter(|(_, draft)| is_child(draft)).map(|(_, draft)| draft.birth).min();
    let eldest = if kind == "family-of-six" { Date::new(2004, 4, 4) } else { eldest };
    let wanted = couple.map_or(head.birth, |(one, other)| one.birth.max(other.birth)).plus_days(9_000);
    eldest.map_or(wanted, |eldest| wanted.min(eldest.plus_days(-300)))
}

/// How many brothers or sisters in the register are older.
fn place_among(kind: &str, draft: &Draft, drafts: &[(usize, &Draft)]) -> usize {
    if !is_child(draft) {
        return 0;
    }
    let is_older = |other: &Draft| is_child(other) && other.is_male == draft.is_male && other.birth < draft.birth;
    let gone = usize::from(kind == "family-of-six" && !draft.is_male);
    gone + drafts.iter().filter(|(_, other)| is_older(other)).count()
}

/// Both parents by name, and the 筆頭者 of the register the person came from.
fn parents_of(
    household: &DraftHousehold,
    number: usize,
    at: usize,
    draft: &Draft,
    head: &Draft,
    couple: Option<(&Draft, &Draft)>,
) -> ((String, String), String) {
    let name = |found: Option<&Draft>, family: &str, list, turn: usize| {
        found.map_or_else(|| format!("{family}　{}", one_of(list, number + turn)), |one| one.name.clone())
    };
    let living = |relationship: &str| household.members.iter().find(|one| one.relationship == relationship);
    if is_child(draft) {
        // A parent of another nationality is in no register, but is the parent all the same.
        let adults = || household.members.iter().filter(|one| matches!(one.relationship, "世帯主" | "夫" | "妻"));
        let (father, mother) = (adults().find(|one| one.is_male), adults().find(|one| !one.is_male));
        let family = surname(&head.name);
        let parents = (name(father, family, FATHERS, 0), name(mother, family, MOTHERS, 0));
        return (parents, head.name.clone());
    }
    // Who took the other's name comes from a family of another one.
    let took_the_name = couple.is_some() && draft.name != head.name;
    let family = match (took_the_name, draft.name.as_str()) {
        (_, "吉田　節子") => WIDOWS_FAMILY,
        (true, _) => one_of(FAMILIES, number + at),
        (false, name) => surname(name),
    };
    let is_head_of_household = draft.relationship == "世帯主";
    let (father, mother) = match draft.name.as_str() {
        "吉田　節子" => (format!("{family}　正"), format!("{family}　菊")),
        _ => (
            name(living("父").filter(|_| is_head_of_household), family, FATHERS, at + 1),
            name(living("母").filter(|_| is_head_of_household), family, MOTHERS, at + 1),
        ),
    };
    let former = father.clone();
    ((father, mother), former)
}

fn is_child(draft: &Draft) -> bool {
    draft.relationship == "子"
}

fn places_of(household: &DraftHousehold, test: impl Fn(&Draft) -> bool) -> Vec<usize> {
    household.members.iter().enumerate().filter(|(_, draft)| test(draft)).map(|(at, _)| at).collect()
}

/// What more is recorded of a gallery's member.
fn story_of(kind: &str, at: usize) -> Option<&'static str> {
    match (kind, at) {
        // The boy: his birth record was corrected, with a note.
        ("family-of-six", 3) => Some(
            r#",{"event":"custody","on":"2015-04-01","holder":"父母","below":[{"how":"corrected","on":"2015-05-01","item":"親権者","ground":"錯誤","permitted_on":"2015-04-25","former":"父"},{"on":"2015-05-01","text":"届出の受理の日を追って記録した。"}]}"#,
        ),
        // They adopted a boy, who is in their register.
        ("couple", _) => Some(r#",{"event":"adopts","on":"2018-04-05","child":"佐藤新","notice":{"on":"2018-04-05"}}"#),
        _ => None,
    }
}

/// Members of a gallery's register who live elsewhere or have left it.
fn extras(kind: &str) -> Vec<&'static str> {
    match kind {
        "elderly-single" => vec![
            concat!(
                r#"{"order":{order},"name":"正","birth_date":"1941-02-03","father":"乙川一","mother":"乙川トメ","relation":"二男","spouse":"husband","#,
                r#""removed":{"on":"2019-08-09","by":"death"},"records":[{"event":"birth","on":"1941-02-03","place":"例示県例示市"},"#,
                r#"{"event":"death","on":"2019-08-09","at":"午後１１時","place":"見本県見本市"}]}"#
            ),
            concat!(
                r#"{"order":{order},"name":"春子","reading":{"kana":"ハルコ","registered":true},"birth_date":"1975-06-07","father":"辻󠄂　正","mother":"辻󠄂　花子","relation":"長女","#,
                r#""records":[{"event":"birth","on":"1975-06-07","place":"見本県見本市","notice":{"on":"1975-06-12","by":"父"}}],"#,
                r#""appendix":[{"address":"見本県見本市中央一丁目1番1号","set_on":"1975-06-07"},{"address":"例示県例示市大手町一丁目2番3号","set_on":"2001-04-01"}]}"#
            ),
        ],
        "family-of-six" => vec![
            // The elder daughter left by marriage.
            concat!(
                r#"{"order":{order},"name":"桜","reading":{"kana":"サクラ","registered":false},"birth_date":"2004-04-04","father":"見本　健太郎","mother":"見本　香織","relation":"長女","#,
                r#""removed":{"on":"2026-05-05","by":"marriage"},"records":[{"event":"birth","on":"2004-04-04","place":"見本県見本市","notice":{"on":"2004-04-10","by":"父"}},"#,
                r#"{"event":"marriage","on":"2026-05-05","spouse":"丙山実","notice":{"on":"2026-05-05"},"new_register":{"domicile":"例示県例示市大手町9番地","head":"丙山　実"},"surname":"夫の氏"}]}"#
            ),
        ],
        "couple" => vec![concat!(
            r#"{"order":{order},"name":"新","birth_date":"2010-10-10","father":"丁田四郎","mother":"丁田五月","relation":"二男","#,
            r#""adoptive":{"father":"佐藤　大輔","mother":"佐藤　真理子","relation":"養子"},"records":[{"event":"birth","on":"2010-10-10","place":"例示県例示市"},"#,
            r#"{"event":"adopted","on":"2018-04-05","father":"佐藤大輔","mother":"佐藤真理子","consented_by":"親権者父母","notice":{"on":"2018-04-05"},"#,
            r#""former_register":{"domicile":"例示県例示市大手町7番地","head":"丁田　四郎"}}]}"#
        )],
        _ => Vec::new(),
    }
}

/// `samples.toml`'s table of people who live elsewhere.
pub(super) fn elsewhere() -> String {
    let NonResident { name, address, birth_date, japanese, domicile, head } = NON_RESIDENT;
    format!(
        "[[elsewhere]]\nname = \"{name}\"\naddress = \"{address}\"\nbirth_date = \"{birth_date}\"\n\
         japanese = \"{japanese}\"\ndomicile = \"{domicile}\"\nhead = \"{head}\"\n"
    )
}
