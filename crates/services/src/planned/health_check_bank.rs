//! 健診データバンク: check-up results that stay with the person.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 11,
    key: "health_check_bank",
    japanese: "健診データバンク",
    english: "Health-check bank",
    state: State::Planned,
    policy: PolicyRow {
        pillar: Pillar::CitizenPortal,
        category: "医療関係",
        overview: "保険者が利用者の健康診断結果等データに応じて健康活動を促すサービス。利用者は、保険者にデータを預けるほか、\
                   他者との共有を設定できる。",
        planned_start: "H29.7以降",
        benefits: &["健診データの有効活用", "保険者を変更した際のデータ移行"],
        issues: &[
            Issue {
                text: "システム対応(必要性の確認を含む)", answer: "保険者は国の XML か FHIR を渡すだけでよい。"
            },
            Issue {
                text: "サービス提供内容の精査",
                answer: "結果の推移、基準との比べ、指導の段階までとし、診断はしない。",
            },
            Issue {
                text: "アプリ開発の調整(民間開発を前提として検討する)",
                answer: "本人の同意で民間アプリが読める API を置く。",
            },
            Issue {
                text: "関係機関(他の保険者等)との調整",
                answer: "保険者を替えてもデータは本人に残り、渡す形式は公開されている。",
            },
        ],
        data: &[Data { what: "健康診断に関する情報", holder: "保険者、国保は市" }],
        audience: &["勤労者", "高齢者"],
        department: None,
        expected_effects: &[],
    },
    tools: [NO, NO, NO, ours("結果の閲覧、共有の設定と取り消し。"), NO, NO],
    zone: Zone::Outside,
    legal_basis: &[Law {
        citation: "高齢者の医療の確保に関する法律 第27条",
        says: "保険者間の特定健診データの提供",
        source: "recalled",
    }],
    routes: &[],
    disclosures: &[],
    retention: &[],
    jobs: &[],
    effects: &[Effect {
        measure: Measure::DocumentsNotAttached, how: "紙の結果を出さずに済んだ提示の回数"
    }],
};
