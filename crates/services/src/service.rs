//! What a service says about itself: the columns of the city's policy, and what an operator, an auditor and a data
//! officer ask before it may be switched on.
//!
//! The policy is 千葉市「マイナンバー制度に付随する個人番号カード等の独自利用方針」 of February 2016: its 別紙2 gives
//! one row a service, its 別紙3 the tools (制度に付随するツールの利用範囲) and effects (効果) of the five that go
//! first. Texts marked *policy* are its own words; the rest is ours.
//!
//! ```text
//!   SERVICE (one const per room) ──► SERVICES ──► docs/tool-matrix.md · docs/disclosure-events.md
//!                                            ├──► the console's list, the effect page, the data-file draft
//!                                            └──► tests: twelve rows, every issue answered, routes agree with rules
//! ```

use std::fmt;

/// One of the city's services.
#[derive(Debug)]
pub struct Service {
    /// Row of 別紙2, from 1. Services that came later continue the count.
    pub number: u8,
    /// The folder's name, also used in routes, tables and logs. Never changes.
    pub key: &'static str,
    /// Name (サービス内容), *policy*.
    pub japanese: &'static str,
    /// Name in English.
    pub english: &'static str,
    /// Whether it can be used.
    pub state: State,
    /// Its row in the policy.
    pub policy: PolicyRow,
    /// The six rows of the tool table, in the order of [`Tool::ALL`].
    pub tools: [ToolUse; 6],
    /// The zone its data lives in.
    pub zone: Zone,
    /// Laws it stands on, besides the ordinance the operator enters before it is opened.
    pub legal_basis: &'static [Law],
    /// Who may call what. The rules themselves are given where routes are made (`web::routes`).
    pub routes: &'static [Route],
    /// Where somebody's record is shown to somebody else, and what that person is told.
    pub disclosures: &'static [DisclosureEvent],
    /// What is kept and for how long.
    pub retention: &'static [Retention],
    /// Work done without a person waiting.
    pub jobs: &'static [Job],
    /// What it reports as given back.
    pub effects: &'static [Effect],
}

/// Whether a service can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Built and shown in the demo city.
    Built,
    /// Planned: its row is here, its room is not.
    Planned,
}

/// A row of 別紙2. All texts are *policy*, except each issue's answer.
#[derive(Debug)]
pub struct PolicyRow {
    /// The tool it is listed under (ツール).
    pub pillar: Pillar,
    /// 分類.
    pub category: &'static str,
    /// 概要.
    pub overview: &'static str,
    /// 実施時期(予定含む).
    pub planned_start: &'static str,
    /// 市民のメリット. Empty where the policy says なし.
    pub benefits: &'static [&'static str],
    /// 課題, each with how it is answered here.
    pub issues: &'static [Issue],
    /// 利用するデータ(括弧内はデータ保有者).
    pub data: &'static [Data],
    /// 効果的と思われる対象者.
    pub audience: &'static [&'static str],
    /// 所管. `None` where the policy names no department.
    pub department: Option<&'static str>,
    /// 効果, for the services that have a page of their own in 別紙3.
    pub expected_effects: &'static [ExpectedEffect],
}

/// The tool of 別紙2's second column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pillar {
    /// 個人番号カード.
    Card,
    /// マイナポータル.
    CitizenPortal,
    /// 法人ポータル.
    CorporatePortal,
}

/// A 課題 and its answer.
#[derive(Debug)]
pub struct Issue {
    /// *Policy*.
    pub text: &'static str,
    /// How it is, or will be, answered.
    pub answer: &'static str,
}

/// Data a service uses.
#[derive(Debug)]
pub struct Data {
    /// *Policy*.
    pub what: &'static str,
    /// Who holds it.
    pub holder: &'static str,
}

/// A line of 効果.
#[derive(Debug)]
pub struct ExpectedEffect {
    /// From whose view.
    pub view: View,
    /// *Policy*.
    pub text: &'static str,
}

/// 視点.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// 住民・事業者の利便性向上.
    Convenience,
    /// 行政運営の効率化.
    Efficiency,
}

/// A row of 「制度に付随するツールの利用範囲」.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// 券面.
    CardFace,
    /// ICチップ(標準アプリ).
    StandardApplications,
    /// ICチップ(独自アプリ).
    CityApplication,
    /// マイナポータル.
    CitizenPortal,
    /// 法人ポータル(仮称).
    CorporatePortal,
    /// その他.
    Other,
}

impl Tool {
    /// All six, in the policy's order.
    pub const ALL: [Self; 6] = [
        Self::CardFace,
        Self::StandardApplications,
        Self::CityApplication,
        Self::CitizenPortal,
        Self::CorporatePortal,
        Self::Other,
    ];

    /// As the policy writes it.
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::CardFace => "券面",
            Self::StandardApplications => "標準アプリ",
            Self::CityApplication => "独自アプリ",
            Self::CitizenPortal => "マイナポータル",
            Self::CorporatePortal => "法人ポータル",
            Self::Other => "その他",
        }
    }
}

/// Whether a tool is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The policy's table says ○.
    Policy,
    /// The policy has no ○ (or no table for this service); we use it.
    Ours,
    /// Not used.
    No,
}

/// One cell of the matrix with its remark.
#[derive(Clone, Copy, Debug)]
pub struct ToolUse {
    /// Whether.
    pub used: Use,
    /// The policy's remark, or why we use it. May be empty only for [`Use::No`].
    pub remark: &'static str,
}

/// A tool that is not used.
pub const NO: ToolUse = ToolUse { used: Use::No, remark: "" };

/// Not used, for the reason the policy gives.
pub const fn no(remark: &'static str) -> ToolUse {
    ToolUse { used: Use::No, remark }
}

/// ○ in the policy, with its remark.
pub const fn policy(remark: &'static str) -> ToolUse {
    ToolUse { used: Use::Policy, remark }
}

/// Used by our design, with the reason.
pub const fn ours(remark: &'static str) -> ToolUse {
    ToolUse { used: Use::Ours, remark }
}

/// The zone a service's data lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Beside the register, off the internet.
    Inside,
    /// The portals.
    Outside,
    /// Both, talking through the relay.
    Both,
    /// Both, and a node at the place itself that works without the network.
    Edge,
}

/// A law a service stands on.
#[derive(Debug)]
pub struct Law {
    /// Title and article.
    pub citation: &'static str,
    /// What it allows or asks.
    pub says: &'static str,
    /// `policy`, `recalled`, or a document. A recalled one is checked by the city's legal section before opening.
    pub source: &'static str,
}

/// A summary of routes.
#[derive(Debug)]
pub struct Route {
    /// The path or its prefix.
    pub path: &'static str,
    /// Who may call it.
    pub who: &'static str,
}

/// Where somebody's record is shown to somebody else.
#[derive(Debug)]
pub struct DisclosureEvent {
    /// The duty's stored code (`tools::access::Duty`).
    pub duty: &'static str,
    /// When it is written.
    pub when: &'static str,
    /// What the person concerned is shown.
    pub shown: &'static str,
}

/// What is kept and for how long.
#[derive(Debug)]
pub struct Retention {
    /// What.
    pub what: &'static str,
    /// How long.
    pub how_long: &'static str,
    /// Why so long and not longer.
    pub why: &'static str,
}

/// Work done without a person waiting.
#[derive(Debug)]
pub struct Job {
    /// Its stored name.
    pub name: &'static str,
    /// What it does and when.
    pub what: &'static str,
}

/// A figure the service reports.
#[derive(Debug)]
pub struct Effect {
    /// Which.
    pub measure: Measure,
    /// How it is counted.
    pub how: &'static str,
}

/// The figures the policy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Travel and waiting time of people.
    Travel,
    /// Postage and envelopes.
    Postage,
    /// Hours of staff.
    StaffHours,
    /// Cards the city did not have to issue.
    CardsNotIssued,
    /// Inquiries by telephone and at the counter.
    Inquiries,
    /// How many of those concerned were reached (通知率).
    NotificationRate,
    /// How much of what was billed was paid (収納率).
    CollectionRate,
    /// Documents that need not be attached.
    DocumentsNotAttached,
    /// Minutes until a family knows.
    TimeToKnow,
}

impl Measure {
    /// As shown to people, in Japanese.
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Travel => "移動・待ち時間",
            Self::Postage => "封入・郵送料",
            Self::StaffHours => "職員の時間",
            Self::CardsNotIssued => "発行せずに済んだカード",
            Self::Inquiries => "問い合わせ件数",
            Self::NotificationRate => "通知率",
            Self::CollectionRate => "収納率",
            Self::DocumentsNotAttached => "省略できた添付書類",
            Self::TimeToKnow => "知るまでの時間",
        }
    }
}

impl Service {
    /// The cell of one tool.
    pub fn uses(&self, tool: Tool) -> ToolUse {
        self.tools[tool as usize]
    }
}

impl fmt::Display for Pillar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Card => "個人番号カード",
            Self::CitizenPortal => "マイナポータル",
            Self::CorporatePortal => "法人ポータル",
        })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inside => "inside",
            Self::Outside => "outside",
            Self::Both => "inside + outside",
            Self::Edge => "inside + outside + edge",
        })
    }
}
