//! What happened to a register (戸籍事項, 戸籍法施行規則 第34条) and to a member (身分事項, 第35条), as typed events.
//!
//! One table each: a variant, its word in the file, its heading on paper, its fields with their printed labels. The
//! tables are the only place with the wording of 付録24号・25号.
//!
//! **Recalled.** Which events there are is verified against articles 34 and 35; headings and labels are *recalled* from
//! certificates seen and from the usual samples (記載例), since the 付録 are pictures in the published law data. A city
//! compares them with its own certificates before it opens the service.

use base::Date;

use super::values::{Day, NOTICE_LABELS, Notice, RegisterReference};
use crate::record_lines::Reason;
use crate::record_lines::item::{Inventor, Item, Object, Row, Trail, silent_debug, words};
use crate::record_lines::json::Json;

words! {
    /// Why a member's family name changed.
    SurnameGround {
        /// 戸籍法73条の2: keeping the name after an adoption ended.
        KeptAfterAdoption "article_73_2" "戸籍法７３条の２の届出",
        /// 戸籍法77条の2: keeping the name after a divorce.
        KeptAfterDivorce "article_77_2" "戸籍法７７条の２の届出",
        /// 戸籍法107条1項: with permission.
        Permission "article_107_1" "戸籍法１０７条１項の届出",
        /// 戸籍法107条2項: to a foreign spouse's name.
        ForeignSpouse "article_107_2" "戸籍法１０７条２項の届出",
        /// 戸籍法107条3項: back, after that marriage ended.
        ForeignSpouseEnded "article_107_3" "戸籍法１０７条３項の届出",
        /// 戸籍法107条4項: to a foreign parent's name.
        ForeignParent "article_107_4" "戸籍法１０７条４項の届出",
    }
}

words! {
    /// What of parental authority was taken.
    CustodyLoss {
        /// 親権喪失.
        Lost "lost" "親権喪失",
        /// 親権停止.
        Suspended "suspended" "親権停止",
        /// 管理権喪失.
        AdministrationLost "administration_lost" "管理権喪失",
    }
}

words! {
    /// Whose name a member took by entering another register (入籍).
    EntryGround {
        /// 父の氏を称する入籍.
        FathersName "fathers_name" "父の氏を称する入籍",
        /// 母の氏を称する入籍.
        MothersName "mothers_name" "母の氏を称する入籍",
        /// 父母の氏を称する入籍.
        ParentsName "parents_name" "父母の氏を称する入籍",
        /// 父母と同籍する入籍.
        JoiningParents "joining_parents" "父母と同籍する入籍",
        /// 従前の氏を称する入籍 (民法791条4項).
        FormerName "former_name" "従前の氏を称する入籍",
    }
}

silent_debug!(SurnameGround, CustodyLoss, EntryGround);

/// Word in the file, heading, and fields with their labels.
pub type TableRow = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

macro_rules! events {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $code:literal $heading:literal {
        $($field:ident: $type:ty => $label:literal,)*
    })* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant { $(#[doc = concat!("Label: ", $label, ".")] $field: $type,)* },)* }

        impl $name {
            /// The words of all kinds, as in the file.
            pub const CODES: &'static [&'static str] = &[$($code,)*];

            /// The word of its kind, as in the file.
            pub const fn code(&self) -> &'static str { match self { $(Self::$variant { .. } => $code,)* } }

            /// Its heading on paper (recalled).
            pub const fn heading(&self) -> &'static str { match self { $(Self::$variant { .. } => $heading,)* } }

            /// Kind and fields, from an object whose `event` says the kind.
            pub(super) fn read(object: &mut Object<'_>, trail: &mut Trail) -> Option<Self> {
                let code: String = object.field("event", trail)?;
                match code.as_str() {
                    $($code => {
                        $(let $field = object.field(stringify!($field), trail);)*
                        Some(Self::$variant { $($field: $field?,)* })
                    })*
                    _ => {
                        trail.within("event", |trail| trail.fault(Reason::UnknownWord));
                        None
                    }
                }
            }

            pub(super) fn write(&self) -> Vec<(String, Json)> {
                let mut map = vec![("event".to_owned(), Json::Text(self.code().to_owned()))];
                match self { $(Self::$variant { $($field,)* } => {
                    $(map.extend(Item::write($field).map(|value| (stringify!($field).to_owned(), value)));)*
                })* }
                map
            }

            fn rows(&self) -> Vec<Row> {
                let mut rows = Vec::new();
                match self { $(Self::$variant { $($field,)* } => { $($field.print($label, &mut rows);)* })* }
                rows
            }

            /// Every kind with its word in the file, its heading, and its fields with their labels. For the guide.
            pub const TABLE: &'static [TableRow] =
                &[$(($code, $heading, &[$((stringify!($field), $label),)*]),)*];

            /// An invented event of the kind at `index` of [`Self::CODES`]: for tests and for looking at pages.
            pub fn invented(index: usize, seed: u64) -> Self {
                let mut by = Inventor::new(seed);
                let makers: [fn(&mut Inventor) -> Self; Self::CODES.len()] =
                    [$(|by| Self::$variant { $($field: Item::invent(by),)* },)*];
                let [first, ..] = makers;
                makers.get(index).copied().unwrap_or(first)(&mut by)
            }
        }

        silent_debug!($name);
    };
}

events! {
    /// What happened to the register itself (戸籍事項欄, 第34条).
    RegisterEvent {
        /// A new register was made.
        Compiled "compiled" "戸籍編製" { on: Day => "編製日", }
        /// 転籍: the register moved.
        Transferred "transferred" "転籍" { on: Day => "転籍日", former: Option<String> => "従前本籍", notice: Notice => "", }
        /// The family name changed.
        SurnameChanged "surname_changed" "氏の変更" {
            on: Day => "氏変更日", ground: SurnameGround => "氏変更の事由", former: Option<String> => "従前の記録", notice: Notice => "",
        }
        /// The reading of the family name was entered or changed (since 2025-05-26).
        SurnameReading "surname_reading" "氏の振り仮名" {
            on: Day => "記載日", reading: String => "氏の振り仮名", former: Option<String> => "従前の記録",
        }
        /// 改製: rewritten by law.
        Rewritten "rewritten" "戸籍改製" { on: Day => "改製日", ground: String => "改製事由", }
        /// 再製: restored after damage.
        Restored "restored" "戸籍再製" { on: Day => "再製日", ground: String => "再製事由", }
        /// Removed as a whole.
        Closed "closed" "戸籍消除" { on: Day => "消除日", ground: Option<String> => "特記事項", }
        /// The place was renamed (付録28号).
        DomicileRenewed "domicile_renewed" "本籍の更正" {
            on: Day => "更正日", ground: Option<String> => "更正事由", former: String => "従前の記録",
        }
        /// The whole was corrected.
        Corrected "corrected" "訂正" {
            on: Day => "訂正日", ground: String => "訂正事由", permitted_on: Option<Date> => "許可日", former: Option<String> => "従前の記録",
        }
    }
}

events! {
    /// What happened to a member (身分事項欄, 第35条, 第36条).
    Event {
        /// 出生.
        Birth "birth" "出生" { on: Day => "出生日", place: Option<String> => "出生地", notice: Notice => "", }
        /// 認知, on the child.
        Acknowledged "acknowledged" "認知" {
            on: Day => "認知日", father: String => "認知者氏名", fathers_register: Option<RegisterReference> => "認知者の戸籍",
            nationality: Option<String> => "認知者の国籍", notice: Notice => "",
        }
        /// 認知, on the father.
        Acknowledges "acknowledges" "認知" {
            on: Day => "認知日", child: String => "認知した子の氏名", childs_register: Option<RegisterReference> => "認知した子の戸籍",
            notice: Notice => "",
        }
        /// 養子縁組, on the adopted.
        Adopted "adopted" "養子縁組" {
            on: Day => "縁組日", father: Option<String> => "養父氏名", mother: Option<String> => "養母氏名",
            consented_by: Option<String> => "代諾者", parents_register: Option<RegisterReference> => "養親の戸籍", notice: Notice => "",
            former_register: Option<RegisterReference> => "従前戸籍",
        }
        /// 養子縁組, on the adopting.
        Adopts "adopts" "養子縁組" {
            on: Day => "縁組日", jointly_with: Option<String> => "共同縁組者", child: String => "養子氏名",
            childs_register: Option<RegisterReference> => "養子の従前戸籍", notice: Notice => "",
        }
        /// 養子離縁, on the adopted.
        AdoptionEnded "adoption_ended" "養子離縁" {
            on: Day => "離縁日", decided_on: Option<Date> => "離縁の裁判確定日", father: Option<String> => "養父氏名",
            mother: Option<String> => "養母氏名", notice: Notice => "", former_register: Option<RegisterReference> => "従前戸籍",
            new_register: Option<RegisterReference> => "入籍戸籍",
        }
        /// 養子離縁, on the adopting.
        EndsAdoption "ends_adoption" "養子離縁" {
            on: Day => "離縁日", decided_on: Option<Date> => "離縁の裁判確定日", jointly_with: Option<String> => "共同離縁者",
            child: String => "養子氏名", notice: Notice => "",
        }
        /// 特別養子縁組, on the child (on the parents when the child is foreign).
        SpeciallyAdopted "specially_adopted" "民法８１７条の２" {
            decided_on: Day => "民法８１７条の２による裁判確定日", notice: Notice => "",
            former_register: Option<RegisterReference> => "従前戸籍",
        }
        /// 特別養子離縁.
        SpecialAdoptionEnded "special_adoption_ended" "特別養子離縁" {
            decided_on: Day => "特別養子離縁の裁判確定日", notice: Notice => "", new_register: Option<RegisterReference> => "入籍戸籍",
        }
        /// 婚姻.
        Marriage "marriage" "婚姻" {
            on: Day => "婚姻日", spouse: String => "配偶者氏名", spouses_nationality: Option<String> => "配偶者の国籍",
            spouses_birth: Option<Day> => "配偶者の生年月日", form: Option<String> => "婚姻の方式",
            document_on: Option<Date> => "証書提出日", notice: Notice => "", former_register: Option<RegisterReference> => "従前戸籍",
            new_register: Option<RegisterReference> => "新本籍", surname: Option<String> => "称する氏",
        }
        /// 離婚.
        Divorce "divorce" "離婚" {
            on: Day => "離婚日", decided_on: Option<Date> => "離婚の裁判確定日", spouse: String => "配偶者氏名",
            notice: Notice => "", former_register: Option<RegisterReference> => "従前戸籍",
            new_register: Option<RegisterReference> => "入籍戸籍",
        }
        /// 親権: who has it.
        Custody "custody" "親権" {
            on: Day => "親権者を定めた日", holder: String => "親権者", decided_on: Option<Date> => "親権者を定める裁判確定日", notice: Notice => "",
        }
        /// 親権・管理権の喪失, 停止.
        CustodyLost "custody_lost" "親権" {
            decided_on: Day => "裁判確定日", what: CustodyLoss => "特記事項", holder: String => "親権者", reported_on: Option<Date> => "記録嘱託日",
        }
        /// 未成年後見.
        Guardianship "guardianship" "未成年後見" {
            on: Day => "未成年後見人就職日", ground: Option<String> => "未成年者の後見開始事由", guardian: String => "未成年後見人",
            guardians_register: Option<RegisterReference> => "未成年後見人の戸籍", notice: Notice => "",
        }
        /// 未成年後見の終了.
        GuardianshipEnded "guardianship_ended" "未成年後見" {
            on: Day => "未成年後見終了日", ground: Option<String> => "未成年後見終了の事由", notice: Notice => "",
        }
        /// 死亡.
        Death "death" "死亡" {
            on: Day => "死亡日", at: Option<String> => "死亡時分", place: Option<String> => "死亡地", notice: Notice => "",
        }
        /// 配偶者の死亡, on the survivor (第36条).
        SpouseDied "spouse_died" "配偶者の死亡" { on: Day => "配偶者の死亡日", }
        /// 失踪宣告.
        Disappearance "disappearance" "失踪宣告" {
            deemed_dead_on: Day => "死亡とみなされる日", decided_on: Option<Date> => "失踪宣告の裁判確定日", notice: Notice => "",
        }
        /// 失踪宣告の取消し.
        DisappearanceRevoked "disappearance_revoked" "失踪宣告取消し" {
            decided_on: Day => "失踪宣告取消しの裁判確定日", notice: Notice => "",
        }
        /// 復氏, of a surviving spouse.
        SurnameResumed "surname_resumed" "復氏" {
            on: Day => "婚姻前の氏に復した日", notice: Notice => "", former_register: Option<RegisterReference> => "従前戸籍",
            new_register: Option<RegisterReference> => "入籍戸籍",
        }
        /// 姻族関係終了, of a surviving spouse.
        KinshipEnded "kinship_ended" "姻族関係終了" {
            on: Day => "死亡配偶者の親族との姻族関係終了日", spouse: String => "死亡配偶者の氏名", notice: Notice => "",
        }
        /// 推定相続人廃除.
        Disinherited "disinherited" "推定相続人廃除" {
            decided_on: Day => "推定相続人廃除の裁判確定日", by: String => "被相続人", notice: Notice => "",
        }
        /// 推定相続人廃除の取消し.
        DisinheritanceRevoked "disinheritance_revoked" "推定相続人廃除取消し" {
            decided_on: Day => "推定相続人廃除取消しの裁判確定日", by: String => "被相続人", notice: Notice => "",
        }
        /// 入籍.
        Entered "entered" "入籍" {
            ground: EntryGround => "入籍事由", notice: Notice => "", former_register: Option<RegisterReference> => "従前戸籍",
            new_register: Option<RegisterReference> => "入籍戸籍",
        }
        /// 分籍.
        Separated "separated" "分籍" {
            on: Day => "分籍日", former_register: Option<RegisterReference> => "従前戸籍", new_register: Option<RegisterReference> => "新本籍",
            notice: Notice => "",
        }
        /// 国籍取得.
        NationalityAcquired "nationality_acquired" "国籍取得" {
            on: Day => "国籍取得日", notice: Notice => "", former_nationality: Option<String> => "取得の際の国籍",
            former_name: Option<String> => "従前の氏名",
        }
        /// 帰化.
        Naturalised "naturalised" "帰化" {
            on: Day => "帰化日", notice: Notice => "", former_nationality: Option<String> => "帰化の際の国籍",
            former_name: Option<String> => "従前の氏名",
        }
        /// 国籍喪失.
        NationalityLost "nationality_lost" "国籍喪失" {
            on: Day => "国籍喪失日", other_nationality: Option<String> => "喪失時の外国籍", notice: Notice => "",
        }
        /// 国籍選択の宣言.
        NationalityChosen "nationality_chosen" "国籍選択" { on: Day => "国籍選択の宣言日", notice: Notice => "", }
        /// 国籍留保.
        NationalityReserved "nationality_reserved" "国籍留保" { on: Day => "国籍留保の届出日", by: Option<String> => "届出人", }
        /// 外国国籍の喪失.
        ForeignNationalityLost "foreign_nationality_lost" "外国国籍喪失" {
            on: Day => "外国国籍喪失日", nationality: String => "喪失した外国籍", notice: Notice => "",
        }
        /// 配偶者の国籍の変更 (第36条2項).
        SpousesNationality "spouses_nationality" "配偶者の国籍変更" {
            on: Day => "配偶者の国籍変更日", nationality: String => "配偶者の国籍", notice: Notice => "",
        }
        /// 氏の変更, of one member.
        SurnameChanged "surname_changed" "氏の変更" {
            on: Day => "氏変更日", ground: SurnameGround => "氏変更の事由", notice: Notice => "",
            former_register: Option<RegisterReference> => "従前戸籍", new_register: Option<RegisterReference> => "新本籍",
        }
        /// 名の変更.
        NameChanged "name_changed" "名の変更" { on: Day => "名の変更日", former: String => "従前の記録", notice: Notice => "", }
        /// 名の振り仮名 entered or changed (since 2025-05-26).
        NameReading "name_reading" "名の振り仮名" {
            on: Day => "記載日", reading: String => "名の振り仮名", former: Option<String> => "従前の記録",
        }
        /// 就籍.
        Registered "registered" "就籍" { decided_on: Day => "就籍許可の裁判確定日", notice: Notice => "", }
        /// 性別の取扱いの変更 (平成15年法律第111号 第3条).
        GenderTreatment "gender_treatment" "平成１５年法律第１１１号３条" {
            decided_on: Day => "平成１５年法律第１１１号３条による裁判確定日", reported_on: Option<Date> => "記録嘱託日",
            former_register: Option<RegisterReference> => "従前戸籍", former_relation: Option<String> => "従前の記録",
        }
    }
}

/// The printed rows of an event of a member: label (without 【】) and value, in order; what is not recorded has no row.
pub fn printed(event: &Event) -> Vec<Row> {
    event.rows()
}

/// The printed rows of an event of the register.
pub fn printed_of_register(event: &RegisterEvent) -> Vec<Row> {
    event.rows()
}

/// The labels that [`Notice`] prints; the tables name none for it.
pub const fn notice_labels() -> [&'static str; 4] {
    NOTICE_LABELS
}
