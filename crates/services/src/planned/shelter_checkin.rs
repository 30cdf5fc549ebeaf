//! 避難所チェックイン: who is where after a disaster.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 6,
    key: "shelter_checkin",
    japanese: "避難所チェックイン",
    english: "Shelter check-in",
    state: State::Planned,
    policy: PolicyRow {
        pillar: Pillar::Card,
        category: "災害対応",
        overview: "避難所チェックインは、リーダーに個人番号カードをかざすと、住民が家族の居場所を、役所が避難所情報を\
                   参照できる。",
        planned_start: "未定",
        benefits: &["災害時の安否確認", "避難所運営等の効率化"],
        issues: &[Issue {
            text: "避難所におけるシステム対応(インフラ整備含む)",
            answer: "電池だけで動く端末が、網のないまま記録し、通じたとき(無線・USB)に合わせる。失わず、二重にしない。",
        }],
        data: &[Data { what: "被災者システム等、被災者を一意に特定できるID", holder: "市" }],
        audience: &["全市民", "市内在勤・在学"],
        department: None,
        expected_effects: &[],
    },
    tools: [
        ours("網のないとき、券面の氏名と顔写真で受付する。"),
        ours("登録済みのカードで受付する。"),
        ours("無人の受付では独自アプリの確認用IDで読む。"),
        ours("家族が居場所を探す。"),
        NO,
        ours("避難所の端末、名札の QR。"),
    ],
    zone: Zone::Edge,
    legal_basis: &[Law {
        citation: "災害対策基本法 第49条の10・第86条の15",
        says: "要支援者名簿の作成、安否情報の提供",
        source: "recalled",
    }],
    routes: &[],
    disclosures: &[],
    retention: &[],
    jobs: &[],
    effects: &[
        Effect { measure: Measure::TimeToKnow, how: "受付してから家族が居場所を知るまでの時間" },
        Effect { measure: Measure::StaffHours, how: "紙の名簿の転記と集計に要した時間の差" },
    ],
};
