//! 職員身分証の一元化: the city employee's card.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 4,
    key: "staff_id",
    japanese: "職員身分証の一元化",
    english: "Staff ID on one card",
    state: State::Planned,
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
                answer: "シールはケースに貼る。市民は QR で「今の職員か」を確かめられ、その案内を券面と公開ページに置く。",
            },
            Issue {
                text: "他人への譲渡の防止",
                answer: "シールは登録したカードに結び付き、確認には顔写真のある券面とカードの署名を使う。",
            },
            Issue {
                text: "偽造防止", answer: "署名した QR。だれでも検証でき、失効も分かる。"
            },
            Issue {
                text: "シールへの印字項目(情報量)の精査",
                answer: "身分証である旨、職員番号、任命権者名、発行日と期限だけを、版のある様式として持つ。",
            },
            Issue {
                text: "二重管理", answer: "人事の記録から発行・更新・回収し、こちらで氏名を打ち直さない。"
            },
            Issue {
                text: "既存カードとの相違点(手数料など)",
                answer: "相違点を設定として持ち、発行の画面と控えに示す。",
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
        ours("登録と職員画面への署名に利用者証明用電子証明書を使う。"),
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
    routes: &[],
    disclosures: &[],
    retention: &[],
    jobs: &[],
    effects: &[Effect {
        measure: Measure::CardsNotIssued, how: "専用カードを作らずに発行した身分証の数"
    }],
};
