//! 電子母子手帳: beside the paper handbook.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 9,
    key: "maternal_handbook",
    japanese: "電子母子手帳",
    english: "Mother-and-child handbook",
    state: State::Planned,
    policy: PolicyRow {
        pillar: Pillar::CitizenPortal,
        category: "医療関係",
        overview: "子育てをする親をサポートするために、紙の母子手帳を補完するサービス。状況に応じたサービスの案内や\
                   パーソナルな情報共有が可能になる。",
        planned_start: "H29.7以降",
        benefits: &["母子手帳の利便性向上", "データ管理が可能"],
        issues: &[
            Issue {
                text: "システム対応(要否は、情報提供の必要性等による)",
                answer: "市の健診・予防接種の記録は CSV と FHIR で受け取り、元のシステムは改めない。",
            },
            Issue {
                text: "アプリ開発の調整(民間開発を前提として検討する)",
                answer: "親の同意で民間アプリが読める API を置く。",
            },
            Issue {
                text: "三師会との調整",
                answer: "入力と表示の項目を一枚にまとめ、協議の記録を運用開始の条件に置く。",
            },
            Issue {
                text: "医療機関への周知", answer: "医療機関は見るだけなら登録が要らない。案内の紙を印刷できる。"
            },
        ],
        data: &[
            Data { what: "母子手帳に記載する情報", holder: "利用者" },
            Data { what: "予防接種に関する情報", holder: "市" },
            Data { what: "健康診断に関する情報", holder: "市" },
        ],
        audience: &["子育て世帯"],
        department: None,
        expected_effects: &[],
    },
    tools: [NO, NO, NO, ours("手帳の記録、案内と共有は、本人の画面と電子私書箱で行う。"), NO, NO],
    zone: Zone::Outside,
    legal_basis: &[
        Law { citation: "母子保健法 第16条", says: "母子健康手帳の交付", source: "recalled" },
        Law {
            citation: "予防接種法施行令・同実施規則", says: "接種の間隔と記録", source: "recalled"
        },
    ],
    routes: &[],
    disclosures: &[],
    retention: &[],
    jobs: &[],
    effects: &[
        Effect { measure: Measure::NotificationRate, how: "接種・健診の案内が届いた人 ÷ 対象の人" },
        Effect {
            measure: Measure::Inquiries, how: "接種の時期についての問い合わせ件数(前年同月との差)"
        },
    ],
};
