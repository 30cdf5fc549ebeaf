//! 職員身分証の一元化: the city employee's card.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 4,
    key: "staff_id",
    japanese: "職員身分証の一元化",
    english: "Staff ID on one card",
    state: State::Built,
    policy: PolicyRow {
        pillar: Pillar::Card,
        category: "ワンカード化",
        overview: "職員身分証と個人番号カードの統合。国家公務員は、個人番号カードを身分証とする予定。市では入館時のIC\
                   カード利用がないため、メリットは小さい。",
        planned_start: "未定",
        benefits: &[],
        issues: &[
            Issue {
                text: "シールの貼付(貼り替え)についての市民への周知",
                answer: "シールはケースに貼る。市民は QR で「今の職員か」を公開ページで確かめられ、貼り替え手順にもその案内を載せる。",
            },
            Issue {
                text: "他人への譲渡の防止",
                answer: "シールの符号は登録したカードに結び付き、受付では暗証番号付きのカードとシールが合うことを確かめる。",
            },
            Issue {
                text: "偽造防止", answer: "署名した QR。だれでも検証でき、失効も分かる。"
            },
            Issue {
                text: "シールへの印字項目(情報量)の精査",
                answer: "項目ごとに目的を表(label::ITEMS)にし、必須は政策の三つと期限・シール番号・符号だけ。氏名・所属・職名・連絡先は初めは印字しない。",
            },
            Issue {
                text: "二重管理", answer: "人事のCSVから発行・更新・回収し、こちらで氏名を打ち直さない。"
            },
            Issue {
                text: "既存カードとの相違点(手数料など)",
                answer: "従来の身分証との費用の差を設定として持ち、節約額を印刷の画面に示す。",
            },
        ],
        data: &[Data {
            what: "券面に表示するデータ(①身分証である旨の表記、②職員番号、③任命権者名など)", holder: "市"
        }],
        audience: &["(市職員)"],
        department: None,
        expected_effects: &[],
    },
    tools: [
        ours("カードケースに貼るシールに、身分証である旨、職員番号、任命権者名を印字する。"),
        ours("カードの登録、職員画面へのサインイン、受付と扉での確認に、利用者証明用電子証明書と暗証番号を使う。"),
        NO,
        NO,
        NO,
        NO,
    ],
    zone: Zone::Inside,
    legal_basis: &[Law {
        citation: "職員の身分証明書に関する規程",
        says: "身分証の様式、発行と回収",
        source: "recalled",
    }],
    routes: &[
        Route { path: "/staff/staff-ids", who: "人事担当" },
        Route { path: "/staff/sign-in/card", who: "職員(カードと暗証番号)" },
        Route { path: "/staff/me/doors", who: "職員本人" },
        Route { path: "/counter/staff", who: "受付の端末" },
        Route { path: "/staff-id", who: "だれでも(外のゾーン)" },
    ],
    disclosures: &[],
    retention: &[
        Retention {
            what: "カードとタグの番号(封をした控え)",
            how_long: "身分証が紛失・回収・交替・終了になるまで",
            why: "扉ごとの一覧を作るため。終われば、照合用のハッシュだけが残る",
        },
        Retention {
            what: "発行台帳",
            how_long: "市の文書分類に従う(運用者が入力)",
            why: "発行・更新・回収の経過を示すため",
        },
        Retention {
            what: "扉を開けた記録",
            how_long: "市の文書分類に従う(運用者が入力)",
            why: "だれがいつ開けたかを示すため。本人も見られる",
        },
    ],
    jobs: &[Job {
        name: "staff-ids", what: "有効な身分証の一覧を外のゾーンに送り、退職日を過ぎた身分証を終える"
    }],
    effects: &[Effect {
        measure: Measure::CardsNotIssued, how: "専用カードを作らずに発行した身分証の数"
    }],
};
