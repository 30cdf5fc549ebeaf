//! 市立病院診察券の一元化: the city hospital's card on one card.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 3,
    key: "hospital_card",
    japanese: "市立病院診察券の一元化",
    english: "City-hospital card on one card",
    state: State::Built,
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
    routes: &[
        Route { path: "/counter/hospital", who: "病院の受付の端末(本人のカードで)" },
        Route { path: "/revisit", who: "再来受付機(本人のカードと暗証番号、またはタグで)" },
        Route { path: "/staff/hospital", who: "担当職員" },
        Route { path: "/portal/hospital", who: "本人" },
    ],
    disclosures: &[
        DisclosureEvent {
            duty: "hospital",
            when: "受付や再来受付機でカード等が示され、診察券番号が調べられたとき、病院の記録と照合したとき",
            shown: "日時、端末または職員、読まれた項目",
        },
        DisclosureEvent {
            duty: "hospital_told",
            when: "病院の受付で本人が同意し、初診の事前登録や住所・氏名の変更を病院に送ったとき",
            shown: "日時、端末、送るために読まれた項目",
        },
    ],
    retention: &[
        Retention {
            what: "診察券番号との連携(仮名と、封をした番号)",
            how_long: "市の文書分類に従う(運用者が入力)",
            why: "カードで受付をするため。住民の番号とは別のデータベースに置く",
        },
        Retention {
            what: "今日と明日の予約、今日の受付", how_long: "その日の終わりまで", why: "再来受付のため"
        },
        Retention {
            what: "病院からのメッセージの番号と答え",
            how_long: "30日",
            why: "同じメッセージを二度行わないため。本文は残さない",
        },
        Retention {
            what: "病院に送る知らせ(封をした本文)",
            how_long: "病院が受け取るまで、長くて30日",
            why: "病院が応答しないときに同じものを送り直すため",
        },
        Retention {
            what: "ポータルに届いた呼び出し(本人の鍵で封)", how_long: "7日", why: "本人が読むため"
        },
    ],
    jobs: &[
        Job {
            name: "hospital", what: "病院が答えていない受付や知らせを、同じ番号で送り直す"
        },
        Job {
            name: "hospital-told", what: "呼び出しと、診察券番号の変更を本人のポータルに伝える"
        },
        Job { name: "hospital-sweep", what: "過ぎた日の予約と受付、30日前の知らせを消す" },
    ],
    effects: &[
        Effect { measure: Measure::CardsNotIssued, how: "個人番号カードで登録した患者の数" },
        Effect { measure: Measure::Travel, how: "再来受付の回数 × 短くなった受付の待ち時間" },
    ],
};
