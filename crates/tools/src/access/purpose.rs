//! Why somebody reads: an official duty (事務) from a table, which items, and an optional sentence.

use base::Id;
use base::my_number_guard::{IndividualNumberFound, refuse_individual_number};

/// When the person concerned is shown the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// At once.
    Now,
    /// From a date on (an inquiry that must not be noticed while it runs).
    After(base::Date),
    /// Never, because a law says so (e.g. 個人情報の保護に関する法律 第78条).
    HiddenByLaw,
}

macro_rules! duties {
    ($($(#[$doc:meta])* $name:ident $code:literal $japanese:literal $english:literal $visibility:expr;)*) => {
        /// An official duty (事務) for which records are read. The codes are stored; never change one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Duty { $($(#[$doc])* $name,)* }

        impl Duty {
            /// All of them, in the order shown in a form.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stored code.
            pub const fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }

            /// As shown to people, in Japanese.
            pub const fn japanese(self) -> &'static str { match self { $(Self::$name => $japanese,)* } }

            /// As shown to people, in English.
            pub const fn english(self) -> &'static str { match self { $(Self::$name => $english,)* } }

            /// When the person concerned sees entries of this duty, unless the purpose says otherwise.
            pub const fn visibility(self) -> Visibility { match self { $(Self::$name => $visibility,)* } }
        }
    };
}

duties! {
    /// The person takes out their own certificate at a machine or online (住民基本台帳法 第12条).
    CertificateSelf "certificate.self" "本人による証明書の取得" "own certificate" Visibility::Now;
    /// The person takes a copy of their own certificate into a wallet; others are on it (no law yet: ADR 0050).
    CertificateTwin "certificate.twin" "本人による証明書のデジタル写しの取得" "digital copy of a certificate" Visibility::Now;
    /// Staff issue a certificate at the counter (住民基本台帳法 第12条–第12条の4).
    CertificateCounter "certificate.counter" "窓口での証明書の交付" "certificate at the counter" Visibility::Now;
    /// Answering the person's question about their own record.
    Inquiry "inquiry" "本人からの照会への対応" "answering the person's inquiry" Visibility::Now;
    /// Keeping the register: import, correction, change (異動).
    Register "register" "住民基本台帳の記録" "keeping the register" Visibility::Now;
    /// Enrolling or stopping a card or another credential.
    Credential "credential" "カード等の登録・停止" "card enrolment" Visibility::Now;
    /// Judging why a paper was refused.
    Refusal "refusal" "交付できない理由の確認" "reason for a refusal" Visibility::Now;
    /// Measures for victims (支援措置; 住民基本台帳事務処理要領 第5-10). Seen neither by the person nor by family,
    /// since a shared screen may show it.
    Protection "protection" "支援措置の事務" "measures for protected persons" Visibility::HiddenByLaw;
    /// Counselling and support by the welfare office (社会福祉法 第14条). Hidden: it would tell a family of the visit
    /// (個人情報の保護に関する法律 第78条第1項第1号).
    Welfare "welfare" "福祉の相談・支援" "welfare counselling and support" Visibility::HiddenByLaw;
    /// Protection of children (児童虐待の防止等に関する法律 第6条, 第13条の4). Hidden, from a guardian above all.
    ChildProtection "child_protection" "児童虐待の防止・児童の保護" "protection of children" Visibility::HiddenByLaw;
    /// Answering an inquiry of investigators (刑事訴訟法 第197条第2項; 個人情報の保護に関する法律 第78条第1項第5号).
    Investigation "investigation" "捜査機関等からの照会への対応" "answering investigators" Visibility::HiddenByLaw;
    /// Checking who may act for whom in the portal.
    Representation "representation" "代理人の確認" "checking representatives" Visibility::Now;
    /// Statistics and reports without names.
    Statistics "statistics" "統計・報告の作成" "statistics" Visibility::Now;
    /// The person uses the citizen portal (市民ポータル).
    Portal "portal" "市民ポータルの利用" "use of the citizen portal" Visibility::Now;
    /// Sending a notice to those it concerns.
    Notice "notice" "お知らせの送付" "sending notices" Visibility::Now;
    /// Working on an application that came by the national portal.
    Application "application" "オンライン申請の処理" "working on an online application" Visibility::Now;
    /// The library card on one card (図書館カード).
    Library "library" "図書館カードの利用" "library card" Visibility::Now;
    /// The city hospital's card on one card (市立病院診察券).
    Hospital "hospital" "市立病院の受付" "reception at the city hospital" Visibility::Now;
    /// The city hospital is told what the person agreed to at its desk (市立病院への提供).
    HospitalTold "hospital_told" "市立病院への提供(本人の同意)" "telling the city hospital, as agreed" Visibility::Now;
    /// A card that a department defined (市のカード).
    CityCard "city_card" "市のカードの利用" "a card of the city" Visibility::Now;
    /// Staff ID (職員身分証).
    StaffCard "staff_card" "職員身分証の事務" "staff ID" Visibility::Now;
    /// Exercising or checking this system.
    Audit "audit" "監査・点検" "audit" Visibility::Now;
}

impl Duty {
    /// The rule under which it is done, as cited to people.
    pub const fn law(self) -> &'static str {
        match self {
            Self::CertificateSelf => "住民基本台帳法 第12条",
            Self::CertificateTwin => "市の規則",
            Self::CertificateCounter => "住民基本台帳法 第12条~第12条の4",
            Self::Inquiry => "個人情報の保護に関する法律 第76条",
            Self::Register => "住民基本台帳法 第3条",
            Self::Credential | Self::Refusal => "市の印鑑・証明に関する条例",
            Self::Protection => "住民基本台帳事務処理要領 第5-10",
            Self::Welfare => "社会福祉法 第14条",
            Self::ChildProtection => "児童虐待の防止等に関する法律 第13条の4",
            Self::Investigation => "刑事訴訟法 第197条第2項",
            Self::Statistics => "個人情報の保護に関する法律 第69条",
            Self::Representation | Self::Portal | Self::Notice | Self::Application => {
                "個人情報の保護に関する法律 第61条"
            }
            Self::Library => "図書館法 第3条・市の図書館条例",
            Self::Hospital => "市の病院事業条例",
            Self::HospitalTold => "個人情報の保護に関する法律 第69条第2項第1号",
            Self::CityCard => "各カードの条例・規則",
            Self::StaffCard => "市の職員身分証に関する規則",
            Self::Audit => "地方自治法 第199条・個人情報の保護に関する法律 第66条",
        }
    }

    /// The duty with this stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|duty| duty.code() == code)
    }
}

macro_rules! items {
    ($($name:ident $code:literal $japanese:literal;)*) => {
        /// What of a record is read. Stored with the disclosure and shown to the person.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum Item { $($name,)* }

        impl Item {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
            /// The stored code.
            pub const fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }
            /// As shown to people, in Japanese.
            pub const fn japanese(self) -> &'static str { match self { $(Self::$name => $japanese,)* } }
        }
    };
}

items! {
    Name "name" "氏名";
    BirthDate "birth_date" "生年月日";
    Sex "sex" "性別";
    Address "address" "住所";
    History "history" "異動の履歴";
    Household "household" "世帯・続柄";
    Domicile "domicile" "本籍・筆頭者";
    Foreign "foreign" "外国人住民の記載事項";
    State "state" "記録の状態";
    Credential "credential" "カード等の登録";
    Contact "contact" "連絡先";
    FamilyRegister "family_register" "戸籍の記録事項";
    Appendix "appendix" "戸籍の附票";
    SealRegistration "seal_registration" "印鑑登録";
    Tax "tax" "課税・所得の記録";
    Application "application" "申請の内容";
    ServiceNumber "service_number" "利用者番号・カード番号";
    EmergencyCard "emergency_card" "緊急時カードの内容";
}

impl Item {
    /// The item with this stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|item| item.code() == code)
    }
}

/// The basic four (基本4情報), which a purpose reads unless it says otherwise.
const BASIC: &[Item] = &[Item::Name, Item::BirthDate, Item::Sex, Item::Address];

/// Why somebody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    pub(crate) duty: Duty,
    pub(crate) note: Option<String>,
    pub(crate) items: Vec<Item>,
    pub(crate) visibility: Visibility,
    pub(crate) work: Option<Id>,
}

/// Why a purpose is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurposeError {
    /// The sentence holds an Individual Number.
    #[error(transparent)]
    IndividualNumber(#[from] IndividualNumberFound),
    /// The sentence is too long.
    #[error("a purpose is told in at most 200 characters")]
    TooLong,
}

impl Purpose {
    /// For `duty`, reading the basic four items (name, birth date, sex, address).
    pub fn new(duty: Duty) -> Self {
        Self { duty, note: None, items: BASIC.to_vec(), visibility: duty.visibility(), work: None }
    }

    /// With exactly these items.
    #[must_use]
    pub fn reading(mut self, items: &[Item]) -> Self {
        self.items = items.to_vec();
        self.items.sort_unstable();
        self.items.dedup();
        self
    }

    /// With a sentence, as staff type it. Blank is the same as none.
    ///
    /// # Errors
    /// [`PurposeError`].
    pub fn noting(mut self, text: &str) -> Result<Self, PurposeError> {
        let text = text.trim();
        if text.chars().count() > 200 {
            return Err(PurposeError::TooLong);
        }
        refuse_individual_number(text)?;
        self.note = (!text.is_empty()).then(|| text.to_owned());
        Ok(self)
    }

    /// Shown to the person concerned at another time than the duty's own.
    #[must_use]
    pub const fn visible(mut self, visibility: Visibility) -> Self {
        self.visibility = visibility;
        self
    }

    /// As part of one piece of work that reads in several transactions, by its random id: the same actor reading the same
    /// items of the same person for it again adds no second entry.
    #[must_use]
    pub const fn for_work(mut self, work: Id) -> Self {
        self.work = Some(work);
        self
    }

    /// The duty.
    pub const fn duty(&self) -> Duty {
        self.duty
    }

    /// The items.
    pub fn items(&self) -> &[Item] {
        &self.items
    }
}
