//! 市立病院診察券の一元化: the city hospital's card on one card.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 3,
    key: "hospital_card",
    japanese: "市立病院診察券の一元化",
    english: "City-hospital card on one card",
    state: State::Planned,
    policy: PolicyRow {
        pillar: Pillar::Card,
        category: "ワンカード化",
        overview: "市立病院の診察券と個人番号カードの統合。病院システムの対応が必要となる。",
        planned_start: "H33以降",
        benefits: &["カードが1枚になる。"],
        issues: &[
            Issue {
                text: "システム対応(更新に合わせて実施することで、影響を極小化)",
                answer: "病院システムとは HL7 v2(MLLP)と FHIR R4 で話し、更新の時期に縛られない。",
            },
            Issue {
                text: "二重管理", answer: "患者番号は病院が持ち、こちらは資格情報との結び付きだけを持つ。"
            },
        ],
        data: &[Data { what: "病院システムのID", holder: "市" }],
        audience: &["高齢者", "主婦"],
        department: None,
        expected_effects: &[],
    },
    tools: [
        NO,
        ours("受付での本人確認に利用者証明用電子証明書を使う。"),
        ours("無人の再来受付機では、暗証番号を求めずに済むよう市の独自アプリも選べる。"),
        NO,
        NO,
        NO,
    ],
    zone: Zone::Inside,
    legal_basis: &[Law {
        citation: "番号法 第18条",
        says: "条例で定める事務に個人番号カードの空き領域を使える",
        source: "policy",
    }],
    routes: &[],
    disclosures: &[],
    retention: &[],
    jobs: &[],
    effects: &[
        Effect { measure: Measure::CardsNotIssued, how: "個人番号カードで登録した患者の数" },
        Effect { measure: Measure::Travel, how: "再来受付の回数 × 短くなった受付の待ち時間" },
    ],
};
