//! 電子的支払の実施: bills in the mailbox, paid from home, and direct debit without paper.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 8,
    key: "e_billing",
    japanese: "電子的支払の実施",
    english: "E-billing and direct debit",
    state: State::Planned,
    policy: PolicyRow {
        pillar: Pillar::CitizenPortal,
        category: "電子申請等",
        overview: "行政機関や公共サービスが住民に電子的に請求書を送付することにより、封入費用・郵送料削減や通知率向上、\
                   収納率向上をはかる。また、口座振替の手続きを電子化することも併せて検討する。",
        planned_start: "H29.7以降",
        benefits: &["公共料金等の支払いの利便性向上"],
        issues: &[
            Issue {
                text: "システム対応(必要性の確認を含む)",
                answer: "部署は請求の一覧(CSV)を渡し、消込の結果を受け取る。部署のシステムは改めない。",
            },
            Issue {
                text: "アプリ開発の調整(民間開発を前提として検討する)",
                answer: "本人の同意で民間アプリが請求を読める API を置く。",
            },
            Issue {
                text: "関係機関(金融機関等)との調整",
                answer: "全銀協形式、eL-QR、GS1-128 など公開の形式で渡す。つながるまでは模擬であることを画面に示す。",
            },
        ],
        data: &[Data { what: "公共料金納付情報", holder: "市" }, Data { what: "金融機関情報", holder: "金融機関" }],
        audience: &["勤労者"],
        department: Some("総務局"),
        expected_effects: &[
            ExpectedEffect {
                view: View::Convenience,
                text: "納付書等の情報を電子化し、かつ、オンライン決済を可能とすることで、自宅にいながら、公共料金等の支払いを\
                       行うことが可能となる。",
            },
            ExpectedEffect {
                view: View::Convenience,
                text: "区役所・金融機関・コンビニ等への移動時間を削減することが可能となる。",
            },
            ExpectedEffect {
                view: View::Efficiency,
                text: "納付書等の送付を電子的に行うことで、郵送費の削減等が可能となる。",
            },
            ExpectedEffect {
                view: View::Efficiency,
                text: "口座振替の促進により、通知業務・滞納処理等の作業負荷を軽減することが可能となる。",
            },
        ],
    },
    tools: [
        NO,
        NO,
        NO,
        policy("標準機能である「電子私書箱機能」、「オンライン決済機能」を活用することを想定している。"),
        NO,
        policy("金融機関と連携した口座振替サービスの実施を検討する。"),
    ],
    zone: Zone::Both,
    legal_basis: &[Law {
        citation: "地方自治法 第231条の2",
        says: "証紙・口座振替等による歳入の納付",
        source: "recalled",
    }],
    routes: &[],
    disclosures: &[],
    retention: &[],
    jobs: &[],
    effects: &[
        Effect { measure: Measure::Postage, how: "電子で届いた請求書の数 × 封入・郵送の単価" },
        Effect { measure: Measure::NotificationRate, how: "届いた請求 ÷ 送った請求" },
        Effect { measure: Measure::CollectionRate, how: "期限までに納まった額 ÷ 請求した額" },
        Effect {
            measure: Measure::Travel, how: "画面から納めた件数 × 金融機関・コンビニまでの往復"
        },
    ],
};
