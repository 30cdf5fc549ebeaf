//! 事業者手続の簡略化: a corporation applies once, and what the city holds need not be attached.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 12,
    key: "business_procedures",
    japanese: "事業者手続の簡略化",
    english: "Simpler business procedures",
    state: State::Planned,
    policy: PolicyRow {
        pillar: Pillar::CorporatePortal,
        category: "事業者手続き",
        overview: "法人ポータルを活用して、企業に係るオンライン手続サービスを提供するとともに、企業の情報(基本情報、\
                   資格情報、調達情報)を官民で登録・共有することによって、双方の利便性を高めるもの。",
        planned_start: "未定",
        benefits: &["行政手続きに要する時間の短縮"],
        issues: &[
            Issue {
                text: "法人ポータルの仕様が不明確",
                answer: "法人番号だけに頼り、公開の語彙で持つ。国の仕組みは差し替えられる接続先として扱う。",
            },
            Issue {
                text: "システム対応(民間開発を前提として検討する)",
                answer: "公開データと手続の API を置き、民間のソフトから申請できる。",
            },
        ],
        data: &[Data { what: "法人に関する基本情報、資格情報等", holder: "市、民間企業等" }],
        audience: &["本市と関連する事業者"],
        department: Some("総務局"),
        expected_effects: &[
            ExpectedEffect {
                view: View::Convenience,
                text: "事業者と行政ともに書類授受の機会が減少し、事務負担が低減される。",
            },
            ExpectedEffect {
                view: View::Convenience,
                text: "調達情報の集約や自動通知により、情報入手のための負担が軽減される。",
            },
            ExpectedEffect {
                view: View::Efficiency,
                text: "保有資格、取引実績、納税など事業者情報の共有により、より効率的な審査事務が期待できる。",
            },
        ],
    },
    tools: [
        NO,
        NO,
        NO,
        NO,
        policy(
            "事業者サービスの向上を図るための情報集約基盤としての活用や、電子私書箱機能等、法人ポータル(仮称)が有する機能を\
             最大限活用することを想定している。",
        ),
        NO,
    ],
    zone: Zone::Outside,
    legal_basis: &[Law {
        citation: "番号法 第58条",
        says: "法人番号の指定と通知。利用に特段の制限はない",
        source: "policy",
    }],
    routes: &[],
    disclosures: &[],
    retention: &[],
    jobs: &[],
    effects: &[
        Effect { measure: Measure::DocumentsNotAttached, how: "市が持つ情報で代えた添付書類の数" },
        Effect { measure: Measure::StaffHours, how: "審査1件の時間の差 × 件数" },
    ],
};
