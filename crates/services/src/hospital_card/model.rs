//! Where a link stands, and whether a chart is certainly this person's. No storage, no hospital.

use base::Date;
use hl7::{Name, Patient, Sex};
use tools::service_cards::{CardStatus, Form, ServiceCard};

macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $code:literal;)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The stored code; never change one.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }
            /// The one with this code.
            pub fn from_code(code: &str) -> Option<Self> { Self::ALL.iter().copied().find(|one| one.code() == code) }
        }
    };
}

pub(super) use words;

words! {
    /// Where a person's link to their chart stands.
    LinkState {
        /// 未連携.
        Unlinked "unlinked";
        /// 照合待ち: waits for somebody who checks at the window.
        Waiting "waiting";
        /// 連携済.
        Linked "linked";
        /// 停止: lost, held, or switched off for a time.
        Stopped "stopped";
    }
}

words! {
    /// What is done to a link.
    Deed {
        /// The chart is certainly this person's.
        Match "match";
        /// It is not certain.
        Wait "wait";
        /// An officer saw two pieces of evidence.
        Accept "accept";
        /// An officer refused.
        Refuse "refuse";
        /// Stopped.
        Stop "stop";
        /// Goes on.
        Resume "resume";
        /// The chart number is another one: a new card in the place of the old.
        Reissue "reissue";
    }
}

impl LinkState {
    /// What follows, where `deed` may be done at all.
    pub const fn after(self, deed: Deed) -> Option<Self> {
        match (self, deed) {
            (Self::Unlinked | Self::Waiting, Deed::Match) | (Self::Waiting, Deed::Accept) => Some(Self::Linked),
            (Self::Unlinked | Self::Waiting, Deed::Wait) => Some(Self::Waiting),
            (Self::Waiting, Deed::Refuse) => Some(Self::Unlinked),
            (Self::Linked, Deed::Stop) => Some(Self::Stopped),
            (Self::Stopped, Deed::Resume) | (Self::Linked | Self::Stopped, Deed::Reissue) => Some(Self::Linked),
            _ => None,
        }
    }

    /// From the cards of a person and whether a chart number of theirs waits.
    pub fn of(cards: &[ServiceCard], is_waiting: bool) -> Self {
        match cards.iter().find(|card| card.form == Form::OneCard && card.status.is_live()) {
            Some(card) if card.status == CardStatus::Active => Self::Linked,
            Some(_) => Self::Stopped,
            None if is_waiting => Self::Waiting,
            None => Self::Unlinked,
        }
    }
}

words! {
    /// Why a chart is not linked at once. Shown to the desk.
    Reason {
        /// The hospital knows no such chart.
        NoSuchChart "no_such_chart";
        /// More than one patient came back for one number.
        Several "several";
        /// The day of birth differs, or one side does not know it.
        Born "born";
        /// The sex differs, or one side does not know it.
        Sex "sex";
        /// The reading of the name differs.
        Kana "kana";
        /// One side has no reading.
        NoKana "no_kana";
        /// The hospital's system did not answer.
        Silent "silent";
        /// The chart number is linked to somebody else.
        Taken "taken";
    }
}

words! {
    /// What the hospital is told beside receptions.
    Notice {
        /// Somebody who has no chart yet (初診の事前登録): HL7 A28, FHIR a new Patient.
        FirstVisit "first_visit";
        /// A name or address that changed: HL7 A31, FHIR a changed Patient.
        Change "change";
    }
}

/// A person as registered, as far as they are compared. Personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Registered {
    /// Day of birth; [`None`] where part of it is unknown.
    pub born: Option<Date>,
    /// Sex.
    pub sex: Sex,
    /// Reading (振り仮名) of the name and of the names used in its stead.
    pub kana: Vec<String>,
    /// The name, family and given apart where the register parts them.
    pub name: (String, String),
    /// The address; [`None`] where it was not asked for, or the person is under protection (DV等支援措置).
    pub address: Option<hl7::Address>,
}

impl std::fmt::Debug for Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Registered(<personal>)")
    }
}

impl Registered {
    /// As the hospital is told of them, under this chart number. What only tells glyphs apart it does not know.
    pub(super) fn at_the_hospital(self, chart_number: String) -> Patient {
        let parted = |text: &str| match text.split_once(['\u{3000}', ' ']) {
            Some((family, given)) => Name { family: family.to_owned(), given: given.to_owned() },
            None => Name { family: text.to_owned(), given: String::new() },
        };
        let kana = self.kana.first().map(|kana| parted(kana));
        let plain = |text: String| text.chars().filter(|&c| !base::text::is_variation_selector(c)).collect::<String>();
        let (family, given) = (plain(self.name.0), plain(self.name.1));
        let address = self.address;
        Patient { chart_number, name: Name { family, given }, kana, born: self.born, sex: self.sex, address }
    }
}

/// The number of the one card among these, where it may be used.
pub(super) fn usable(cards: Vec<ServiceCard>, today: Date) -> Option<String> {
    let usable = cards.into_iter().find(|card| card.form == Form::OneCard && card.is_usable(today));
    usable.map(|card| card.number.reveal().clone())
}

/// Whether the chart `number` is certainly this person's: exactly one patient, the same day of birth, sex and reading. There is
/// no score and no "probably".
///
/// # Errors
/// Why it is not certain.
pub fn judge(person: &Registered, number: &str, found: &[Patient]) -> Result<(), Reason> {
    let [patient] = found else {
        return Err(if found.is_empty() { Reason::NoSuchChart } else { Reason::Several });
    };
    if patient.chart_number != number {
        return Err(Reason::NoSuchChart);
    }
    if person.born.is_none() || person.born != patient.born {
        return Err(Reason::Born);
    }
    if person.sex == Sex::Unknown || person.sex != patient.sex {
        return Err(Reason::Sex);
    }
    let theirs = patient.kana.as_ref().map(|kana| normalised(&format!("{}{}", kana.family, kana.given)));
    let ours: Vec<String> = person.kana.iter().map(|kana| normalised(kana)).filter(|kana| !kana.is_empty()).collect();
    match theirs.filter(|kana| !kana.is_empty()) {
        None => Err(Reason::NoKana),
        Some(_) if ours.is_empty() => Err(Reason::NoKana),
        Some(kana) if ours.contains(&kana) => Ok(()),
        Some(_) => Err(Reason::Kana),
    }
}

/// Half-width katakana, in the order of their code points from U+FF66.
const HALF_WIDTH: &str =
    "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

/// A reading without what writers of one and the same reading differ in: width, hiragana, spaces, dots, kinds of long mark.
/// Small and large kana stay apart: `キョウ` and `キヨウ` are two names.
pub fn normalised(kana: &str) -> String {
    let mut out = String::new();
    for character in base::text::search_key(kana).chars() {
        let full = match character {
            '\u{FF66}'..='\u{FF9D}' => HALF_WIDTH.chars().nth(character as usize - 0xFF66).unwrap_or(character),
            '-' | '‐' | '−' | '–' | '—' | '―' => 'ー',
            '・' | '･' | '=' | '゠' => continue,
            other => other,
        };
        match full {
            'ﾞ' | '\u{3099}' => voiced(&mut out, 1),
            'ﾟ' | '\u{309A}' => voiced(&mut out, 2),
            other => out.push(other),
        }
    }
    out
}

/// Puts a mark onto the last kana: voiced letters follow their plain one, ハ-row letters with circle come after those.
fn voiced(out: &mut String, by: u32) {
    let Some(last) = out.pop() else { return };
    let marked = match (last, by) {
        ('ウ', 1) => Some('ヴ'),
        ('カ' | 'キ' | 'ク' | 'ケ' | 'コ' | 'サ' | 'シ' | 'ス' | 'セ' | 'ソ' | 'タ' | 'チ' | 'ツ' | 'テ' | 'ト', 1)
        | ('ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ', _) => char::from_u32(u32::from(last) + by),
        _ => None,
    };
    out.push(marked.unwrap_or(last));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patient(number: &str, kana: Option<(&str, &str)>) -> Patient {
        let name = |family: &str, given: &str| Name { family: family.to_owned(), given: given.to_owned() };
        Patient {
            chart_number: number.to_owned(),
            name: name("見本", "楓"),
            kana: kana.map(|(family, given)| name(family, given)),
            born: Date::new(1985, 1, 2),
            sex: Sex::Female,
            address: None,
        }
    }

    fn person() -> Registered {
        Registered {
            born: Date::new(1985, 1, 2),
            sex: Sex::Female,
            kana: vec!["ガッパ　キョーコ".to_owned()],
            name: ("見本".to_owned(), "楓".to_owned()),
            address: None,
        }
    }

    #[test]
    fn only_what_is_the_same_in_everything_is_certain() {
        let one = patient("42", Some(("ｶﾞｯﾊﾟ", "きょーこ")));
        assert_eq!(judge(&person(), "42", std::slice::from_ref(&one)), Ok(()));
        assert_eq!(judge(&person(), "43", std::slice::from_ref(&one)), Err(Reason::NoSuchChart));
        assert_eq!(judge(&person(), "42", &[]), Err(Reason::NoSuchChart));
        assert_eq!(judge(&person(), "42", &[one.clone(), one.clone()]), Err(Reason::Several));
        let other = Patient { born: Date::new(1985, 1, 3), ..one.clone() };
        assert_eq!(judge(&person(), "42", &[other]), Err(Reason::Born));
        assert_eq!(judge(&person(), "42", &[Patient { born: None, ..one.clone() }]), Err(Reason::Born));
        assert_eq!(judge(&person(), "42", &[Patient { sex: Sex::Unknown, ..one.clone() }]), Err(Reason::Sex));
        assert_eq!(judge(&person(), "42", &[patient("42", Some(("ガッパ", "キヨウコ")))]), Err(Reason::Kana));
        assert_eq!(judge(&person(), "42", &[patient("42", None)]), Err(Reason::NoKana));
        let unknown = Registered { born: None, sex: Sex::Unknown, ..person() };
        let nobody = Patient { born: None, sex: Sex::Unknown, ..one };
        assert_eq!(judge(&unknown, "42", &[nobody]), Err(Reason::Born), "two unknowns are not the same");
    }

    #[test]
    fn readings_differ_only_in_what_writers_differ_in() {
        for same in ["バヴパー", "ﾊﾞｳﾞﾊﾟｰ", "ばゔぱ‐", "バ ヴ・パ－"] {
            assert_eq!(normalised(same), "バヴパー", "{same}");
        }
        assert_ne!(normalised("ハウハー"), normalised("バヴパー"));
        assert_eq!(normalised("ﾞア"), "ア", "a mark on nothing is nothing");
    }

    #[test]
    fn a_link_goes_only_ways_that_are_drawn() {
        for state in LinkState::ALL {
            for deed in Deed::ALL {
                let Some(next) = state.after(*deed) else { continue };
                // Nobody is linked without certainty or an officer, and nothing waits that is linked already.
                if next == LinkState::Linked && matches!(state, LinkState::Unlinked | LinkState::Waiting) {
                    assert!(matches!(deed, Deed::Match | Deed::Accept), "{state:?} {deed:?}");
                }
                assert!(next != LinkState::Waiting || *deed == Deed::Wait);
            }
        }
        assert_eq!(LinkState::Unlinked.after(Deed::Accept), None);
        assert_eq!(LinkState::Stopped.after(Deed::Match), None);
    }
}
