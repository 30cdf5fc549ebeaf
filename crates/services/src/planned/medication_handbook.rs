//! 電子おくすり手帳: one's medicines, also when the network is down.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 10,
    key: "medication_handbook",
    japanese: "電子おくすり手帳",
    english: "Medication handbook",
    state: State::Planned,
    policy: PolicyRow {
        pillar: Pillar::CitizenPortal,
        category: "医療関係",
        overview: "利用者が携帯するカードのICチップの中に服用薬や健康に関する情報を収納する。薬局や市のサービスを受ける時に\
                   提示する。",
        planned_start: "未定",
        benefits: &["おくすり手帳の利便性向上", "データ管理が可能"],
        issues: &[
            Issue {
                text: "アプリ開発の調整(民間開発を前提として検討する)",
                answer: "JAHIS の形式で読み書きし、民間のお薬手帳と行き来できる。",
            },
            Issue {
                text: "三師会との調整",
                answer: "入力と表示の項目を一枚にまとめ、協議の記録を運用開始の条件に置く。",
            },
            Issue {
                text: "医療機関(主に薬局)との連携",
                answer: "薬局の QR を読み、登録した薬局の端末は網のないときもカードを読める。",
            },
        ],
        data: &[Data { what: "服薬に関する情報", holder: "民間企業等" }],
        audience: &["高齢者", "主婦"],
        department: None,
        expected_effects: &[],
    },
    tools: [
        NO,
        NO,
        ours("薬と緊急時の要約を日付つきでカードに書く(政策の概要:カードのICチップの中に収納する)。"),
        ours("取り込み、閲覧、共有。"),
        NO,
        ours("薬局の端末。"),
    ],
    zone: Zone::Outside,
    legal_basis: &[Law {
        citation: "番号法 第18条",
        says: "条例で定める事務に個人番号カードの空き領域を使える",
        source: "policy",
    }],
    routes: &[],
    disclosures: &[],
    retention: &[],
    jobs: &[],
    effects: &[Effect {
        measure: Measure::StaffHours, how: "聞き取らずに済んだ服薬の確認 × 1件の時間"
    }],
};
