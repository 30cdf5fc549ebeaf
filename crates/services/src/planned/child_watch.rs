//! こどもの帰宅時見守り: a tap at school tells the guardians.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 5,
    key: "child_watch",
    japanese: "こどもの帰宅時見守り",
    english: "Children's safe return",
    state: State::Planned,
    policy: PolicyRow {
        pillar: Pillar::Card,
        category: "カードによる安否確認",
        overview: "こどもの帰宅時見守りは、小学校等の公共施設や民間の塾に設置したカードリーダーに個人番号カードをかざすと\
                   保護者に帰宅状況が通知されるものであり、併せて電子的な出欠管理等も可能とするものである。",
        planned_start: "未定",
        benefits: &["こどもの安全、安心につながる"],
        issues: &[Issue {
            text: "インフラ整備(各学校のリーダ/ライタなど)",
            answer: "市販のタブレットと読取機で動き、通信が切れても記録して後から送る。カードのほかに札やタグも使える。",
        }],
        data: &[Data { what: "個人番号カードに登録する確認用のID", holder: "市" }],
        audience: &["子育て世帯"],
        department: None,
        expected_effects: &[],
    },
    tools: [
        NO,
        ours("登録のときに一度だけ、暗証番号と利用者証明用電子証明書で本人と保護者を確かめる。"),
        ours("門の読取機は無人のため、独自アプリの確認用IDか発行したタグで読む。"),
        ours("保護者への通知と設定。"),
        NO,
        ours("学校・塾の読取端末。"),
    ],
    zone: Zone::Edge,
    legal_basis: &[
        Law {
            citation: "番号法 第18条", says: "条例で定める事務に個人番号カードの空き領域を使える", source: "policy"
        },
        Law {
            citation: "学校教育法施行令 第19条、同施行規則 第25条・第28条",
            says: "出席の状況を明らかにし、出席簿を作り、5年保存する",
            source: "施行規則 2025-04-01 現在の条文",
        },
    ],
    routes: &[],
    disclosures: &[],
    retention: &[],
    jobs: &[],
    effects: &[
        Effect {
            measure: Measure::TimeToKnow, how: "かざしてから保護者の端末に届くまでの時間(中央値と95%)"
        },
        Effect { measure: Measure::StaffHours, how: "転記せずに済んだ出席の記録 × 1件の時間" },
    ],
};
