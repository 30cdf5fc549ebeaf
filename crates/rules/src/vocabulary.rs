//! Closed lists of codes: each with a number that is stored and words that are shown.

use serde::{Deserialize, Serialize};

use crate::words::Words;

macro_rules! vocabulary {
    ($(#[$about:meta])* $name:ident { $($variant:ident = $code:literal, $ja:literal, $easy:literal, $en:literal;)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $(#[doc = $ja] $variant = $code,)+ }

        impl $name {
            /// Every one, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The number in rules and snapshots; never reused.
            pub const fn code(self) -> u16 {
                self as u16
            }

            /// What people read.
            pub fn words(self) -> Words {
                match self { $(Self::$variant => Words::of($ja, $easy, $en),)+ }
            }
        }
    };
}

vocabulary! {
    /// Sex (性別) as registered. A rule may ask for it only where the scheme's own law does.
    Sex {
        Female = 1, "女性", "｜女《おんな》の ｜人《ひと》", "female";
        Male = 2, "男性", "｜男《おとこ》の ｜人《ひと》", "male";
    }
}

vocabulary! {
    /// Place in the household by 続柄, seen from its head.
    Role {
        Head = 1, "世帯主", "｜世帯主《せたいぬし》", "head of household";
        Spouse = 2, "配偶者", "｜結婚《けっこん》している ｜相手《あいて》", "spouse";
        Child = 3, "子", "｜子《こ》ども", "child";
        Grandchild = 4, "孫", "｜孫《まご》", "grandchild";
        Parent = 5, "父母", "｜父《ちち》・｜母《はは》", "parent";
        Other = 6, "その他の世帯員", "ほかの ｜人《ひと》", "other member";
    }
}

vocabulary! {
    /// Which health insurance (医療保険) covers a person.
    Insurance {
        National = 1, "国民健康保険", "｜国民健康保険《こくみんけんこうほけん》", "National Health Insurance";
        LateElderly = 2, "後期高齢者医療", "｜後期高齢者医療《こうきこうれいしゃいりょう》", "Late-stage Elderly Medical Care";
        Employees = 3, "職場の健康保険", "｜会社《かいしゃ》などの ｜健康保険《けんこうほけん》", "insurance through work";
        Absent = 4, "加入なし", "｜入《はい》っていない", "none";
    }
}

vocabulary! {
    /// Municipal tax (市町村民税) of the tax year that is valid on the day.
    Taxation {
        Exempt = 1, "非課税", "｜税金《ぜいきん》が かからない", "exempt";
        PerCapitaOnly = 2, "均等割のみ課税", "｜均等割《きんとうわり》だけ", "per-capita part only";
        Taxed = 3, "課税", "｜税金《ぜいきん》が かかる", "taxed";
    }
}

vocabulary! {
    /// Benefits that the city knows a person to receive, so that nobody is invited to what they have.
    Benefit {
        ChildRearingAllowance = 1, "児童扶養手当", "｜児童扶養手当《じどうふようてあて》", "child rearing allowance";
        SingleParentMedical = 2, "ひとり親家庭等医療費助成", "｜ひとり親《おや》の ｜医療費《いりょうひ》の ｜助《たす》け", "single-parent medical aid";
        SpecialChildRearingAllowance = 3, "特別児童扶養手当", "｜特別児童扶養手当《とくべつじどうふようてあて》", "special child rearing allowance";
        DisabledChildAllowance = 4, "心身障害児童福祉手当", "｜障害《しょうがい》のある ｜子《こ》どもの ｜手当《てあて》", "allowance for children with disabilities";
        FamilyLifeSupporter = 5, "家庭生活支援員の派遣", "｜家《いえ》の ｜手伝《てつだ》い", "family life supporter";
        WelfareFundLoan = 6, "母子父子寡婦福祉資金", "｜ひとり親《おや》などへ お｜金《かね》を ｜貸《か》すこと", "single-parent welfare fund";
        WaterReduction = 7, "水道料金の減免", "｜水道《すいどう》の お｜金《かね》が ｜安《やす》くなること", "water charge reduction";
        SewerReduction = 8, "下水道使用料の減免", "｜下水道《げすいどう》の お｜金《かね》が ｜安《やす》くなること", "sewer charge reduction";
        CommuterDiscount = 9, "JR通勤定期乗車券の割引", "JRの ｜定期《ていき》が ｜安《やす》くなること", "JR commuter pass discount";
        CityHousing = 10, "市営住宅", "｜市営住宅《しえいじゅうたく》", "city housing";
        PostpartumCare = 11, "産後ケア", "｜産後《さんご》ケア", "postpartum care";
    }
}

vocabulary! {
    /// Check-ups and vaccinations whose use the city's health office records.
    HealthService {
        InfantCheckup = 1, "乳児一般健康診査", "｜赤《あか》ちゃんの ｜健診《けんしん》", "infant check-up";
        SpecificCheckup = 2, "特定健康診査", "｜特定健診《とくていけんしん》", "specific health check-up";
        HealthCheckup = 3, "健康診査", "｜健康診査《けんこうしんさ》", "health check-up";
        LungColorectal = 4, "肺がん・大腸がん検診", "｜肺《はい》がん・｜大腸《だいちょう》がんの ｜検診《けんしん》", "lung and colorectal cancer screening";
        Prostate = 5, "前立腺がん検診", "｜前立腺《ぜんりつせん》がんの ｜検診《けんしん》", "prostate cancer screening";
        Osteoporosis = 6, "骨粗しょう症検診", "｜骨《ほね》の ｜検診《けんしん》", "osteoporosis screening";
        Periodontal = 7, "歯周病検診", "｜歯《は》の ｜検診《けんしん》", "periodontal disease screening";
        StomachRisk = 8, "胃がんリスク検査", "｜胃《い》の ｜検査《けんさ》", "stomach cancer risk test";
        Varicella = 9, "水痘の予防接種", "｜水《みず》ぼうそうの ｜注射《ちゅうしゃ》", "chickenpox vaccination";
        MeaslesRubella = 10, "麻しん風しんの予防接種", "はしか・｜風《ふう》しんの ｜注射《ちゅうしゃ》", "measles and rubella vaccination";
        DiphtheriaTetanus = 11, "二種混合の予防接種", "｜二種混合《にしゅこんごう》の ｜注射《ちゅうしゃ》", "diphtheria and tetanus vaccination";
        Pneumococcal = 12, "高齢者肺炎球菌の予防接種", "｜肺炎球菌《はいえんきゅうきん》の ｜注射《ちゅうしゃ》", "pneumococcal vaccination";
    }
}
