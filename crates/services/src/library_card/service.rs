//! 図書館カードの一元化: one card for the library, and for other cards the city issues.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 2,
    key: "library_card",
    japanese: "図書館カードの一元化",
    english: "Library card on one card",
    state: State::Built,
    policy: PolicyRow {
        pillar: Pillar::Card,
        category: "ワンカード化",
        overview: "千葉市図書館の利用カードと個人番号カードの統合。図書館システムの対応が必要となるため、システム更新に\
                   合わせての実施が効率的。",
        planned_start: "H29.3",
        benefits: &["カードが1枚になる。"],
        issues: &[
            Issue {
                text: "システム対応(更新に合わせて実施することで、影響を極小化)",
                answer: "図書館システムとは SIP2・REST・CSV で話し、更新の時期に縛られない。",
            },
            Issue {
                text: "二重管理",
                answer: "利用者番号は図書館が持ち、こちらは資格情報との結び付きだけを持つ。旧カードと並べて使え、\
                         証明書の更新でも結び付きは続く。",
            },
        ],
        data: &[Data { what: "図書館システムのID", holder: "市" }],
        audience: &["高齢者", "主婦", "学生"],
        department: Some("教育委員会事務局"),
        expected_effects: &[
            ExpectedEffect {
                view: View::Convenience, text: "一枚のカードで様々な行政サービスを利用できる。"
            },
            ExpectedEffect {
                view: View::Efficiency,
                text: "将来的に、市が発行する様々なカードに展開していくことで、市全体としてカード発行コストの削減を進める\
                       ことができる。(ただし、ID 付番の運用変更に伴うコスト等の増加を考慮したうえで、個別に検討を行う\
                       必要がある。)",
            },
        ],
    },
    tools: [
        policy(
            "本人確認に用いるほか、券面に表示すべき情報について、カードケースの空きスペースにシールを貼付することなどを\
             想定している。",
        ),
        policy(
            "電子的な本人確認を行う場合、公的個人認証アプリや標準搭載が見込まれている ID 管理アプリを利用することを\
             想定している。",
        ),
        no("独自アプリは、開発・運用に大きなコストを要するため、可能な限り標準アプリを利用することとする。"),
        NO,
        NO,
        policy("J-LIS が開発予定の新 AP 搭載システムを利用することを想定している。"),
    ],
    zone: Zone::Both,
    legal_basis: &[
        Law {
            citation: "番号法 第18条", says: "条例で定める事務に個人番号カードの空き領域を使える", source: "policy"
        },
        Law {
            citation: "図書館条例・同施行規則", says: "利用者の登録とカード", source: "recalled"
        },
    ],
    routes: &[
        Route { path: "/counter/library", who: "図書館カウンターの端末" },
        Route { path: "/portal/library", who: "本人" },
        Route { path: "/staff/library", who: "証明責任者、運用担当" },
    ],
    disclosures: &[
        DisclosureEvent {
            duty: "library",
            when: "図書館の端末・自動貸出機・ゲートで、カードやタグから利用者番号を調べたとき",
            shown: "日時、場所、事務、読まれた項目",
        },
        DisclosureEvent {
            duty: "library",
            when: "本人がポータルで貸出・予約を見た、延長した、予約を取り消したとき",
            shown: "日時、事務、読まれた項目",
        },
    ],
    retention: &[
        Retention {
            what: "利用者番号とカードの状態(氏名・住民の記録とは別のデータベース、封をして保管)",
            how_long: "登録をやめるまで",
            why: "かざしたカードから利用者番号を調べるため",
        },
        Retention {
            what: "貸出・予約・料金",
            how_long: "持たない。ポータルの画面に出した分は、封をした鍵ごと10分で消す",
            why: "図書館の自由:何を読んだかは図書館のシステムだけが持つ",
        },
        Retention {
            what: "図書館との一覧の受け渡し(日時、行数、取り込めなかった行の番号と理由)",
            how_long: "市の文書分類に従う(運用者が入力)",
            why: "受け渡しを後から確かめるため",
        },
    ],
    jobs: &[
        Job {
            name: "library-looks", what: "ポータルに出した貸出・予約を、鍵ごと消す(30秒ごと)"
        },
        Job {
            name: "library-daily",
            what: "利用者番号の一覧を1日1回フォルダに置き、図書館が置いた一覧を取り込む(フォルダを決めたときだけ)",
        },
    ],
    effects: &[
        Effect { measure: Measure::CardsNotIssued, how: "個人番号カードで登録した利用者の数" },
        Effect {
            measure: Measure::StaffHours, how: "発行・再発行せずに済んだカード × 窓口の処理時間"
        },
    ],
};
