//! あなたにお知らせサービス: what concerns you comes to you.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 7,
    key: "notices_for_you",
    japanese: "あなたにお知らせサービス",
    english: "Notices for you",
    state: State::Built,
    policy: PolicyRow {
        pillar: Pillar::CitizenPortal,
        category: "電子申請等",
        overview: "マイナポータルの「行政からのお知らせ機能」「電子私書箱機能」等を利用し、希望する情報を自動送信するなど、\
                   市ホームページ等を確認する必要がないサービスを提供する。",
        planned_start: "H29.7以降",
        // So the row reads in 別紙2; 別紙1 gives this service 「情報取得の負担軽減、サービス受給漏れの防止に繋がる。」
        benefits: &["公共料金等の支払いの利便性向上"],
        issues: &[
            Issue {
                text: "システム対応(システム改修の影響範囲は、送信対象の内容による)",
                answer: "部署のシステムは対象者の条件と文面を渡すだけでよく、届け方はここで引き受ける。",
            },
            Issue {
                text: "送信の同意取得、送信内容の選択等の仕組みを検討する必要がある。",
                answer: "同意と関心は本人の画面にいつも見え、一つずつ取り消せる。送る前に人数と理由を見て承認する。",
            },
        ],
        data: &[Data { what: "イベント情報等、送信内容", holder: "市" }],
        audience: &["勤労者", "高齢者", "社会保障受給者"],
        department: Some("総務局、市民局"),
        expected_effects: &[
            ExpectedEffect {
                view: View::Convenience,
                text: "取得したい情報を、市ホームページや広報紙から探す時間を削減することが可能となる。",
            },
            ExpectedEffect {
                view: View::Efficiency, text: "市民からの問い合わせ件数の削減等を図ることが可能となる。"
            },
            ExpectedEffect {
                view: View::Efficiency,
                text: "郵送で通知していたものに関しては、郵送費の削減等も可能となる。",
            },
        ],
    },
    tools: [
        NO,
        NO,
        NO,
        policy("標準機能である「行政からのお知らせ機能」、「電子私書箱機能」を活用することを想定している。"),
        NO,
        NO,
    ],
    zone: Zone::Both,
    legal_basis: &[Law {
        citation: "個人情報の保護に関する法律 第69条",
        says: "利用目的の範囲、または本人の同意による利用",
        source: "recalled",
    }],
    routes: &[
        Route { path: "/staff/notices", who: "担当職員(配信は二者承認)" },
        Route {
            path: "/portal/interests", who: "本人(登録は本人確認のあと、情報の同意はカードで)"
        },
        Route { path: "/portal/schemes", who: "本人、委任を受けた代理人" },
        Route { path: "/portal/letters/…/why", who: "本人" },
    ],
    disclosures: &[
        DisclosureEvent {
            duty: "notice",
            when: "お知らせを届ける相手を、登録と同意された情報で選んだとき(配信1回につき1件)",
            shown: "日時、事務、読まれた項目",
        },
        DisclosureEvent {
            duty: "notice",
            when: "世帯の人の判定に、税の情報への同意がある本人の記録が使われたとき",
            shown: "日時、事務、読まれた項目",
        },
    ],
    retention: &[
        Retention {
            what: "お知らせの宛先の一覧(封をして保管)",
            how_long: "届け終わるまで",
            why: "段階に分けて届けるため。届け終わると鍵ごと消す",
        },
        Retention {
            what: "お知らせの文面、条件、数",
            how_long: "市の文書分類に従う(運用者が入力)",
            why: "なぜ届いたかに答えるため。だれに届いたかは残さない",
        },
        Retention {
            what: "人数を数えた記録(条件と、出した数)",
            how_long: "市の文書分類に従う(運用者が入力)",
            why: "数どうしの引き算で少数の人が分かるのを防ぐため",
        },
        Retention {
            what: "あらかじめ登録した関心・答え(封をして保管)と同意の日時",
            how_long: "本人がやめるまで。ひとつ前の登録は戻せるように残す",
            why: "本人の希望を知るため",
        },
        Retention {
            what: "使える制度の判定結果(本人の鍵で封をして保管)",
            how_long: "次の判定まで。登録をやめると消す",
            why: "本人に理由とあわせて見せるため",
        },
    ],
    jobs: &[
        Job {
            name: "letters-sending", what: "承認されたお知らせを段階に分けて届ける(直前に全員をもう一度判定する)"
        },
        Job { name: "notices-tell", what: "戻った数・関係ないの数を内側に伝える" },
        Job {
            name: "schemes", what: "登録・世帯・税の記録・日付が変わった人の使える制度を判定する"
        },
        Job {
            name: "notices-named", what: "届けるために判定した人の閲覧の記録に、1件ずつ書く"
        },
    ],
    effects: &[
        Effect {
            measure: Measure::Inquiries, how: "お知らせを送った制度の問い合わせ件数(前年同月との差)"
        },
        Effect { measure: Measure::Postage, how: "郵送に代わった通数 × 封入・郵送の単価" },
        Effect { measure: Measure::NotificationRate, how: "届いた人 ÷ 対象の人" },
    ],
};
