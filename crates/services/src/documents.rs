//! Documents generated from tables of the house: `docs/tool-matrix.md`, `docs/disclosure-events.md` and others.
//!
//! They are committed, so that a reader needs no build; a test compares them with the code, and
//! `cargo xtask docs` writes them anew.

use std::fmt::Write as _;

use tools::access::{Duty, Item, Visibility};

use crate::SERVICES;
use crate::service::{Service, State, Tool, Use};

/// Says on the document's first line where it comes from.
const GENERATED: &str = "<!-- Generated from the code by `cargo xtask docs`. Do not edit. -->";

/// A generated document.
pub struct Document {
    /// Path from the project's root.
    pub path: &'static str,
    /// Its text.
    pub text: String,
}

/// Every document generated from this crate.
pub fn all() -> Vec<Document> {
    vec![
        Document { path: "docs/tool-matrix.md", text: tool_matrix() },
        Document { path: "docs/disclosure-events.md", text: disclosure_events() },
        Document { path: "docs/resident-files.md", text: resident_files() },
        Document { path: "docs/law-of-taps.md", text: law_of_taps() },
    ]
}

/// The law of taps without PIN, as this house reads it.
fn law_of_taps() -> String {
    format!("{GENERATED}\n{}", tools::credentials::tap_rules::page())
}

/// The files by which a city hands its residents over.
fn resident_files() -> String {
    format!("{GENERATED}\n{}", wire::resident_csv::guide::markdown())
}

/// Which service uses which tool (制度に付随するツールの利用範囲), for all of [`SERVICES`].
pub fn tool_matrix() -> String {
    let mut out = format!(
        "{GENERATED}\n# 制度に付随するツールの利用範囲 / Tools by service\n\n\
         ○ as the city's policy of February 2016 says · ● by our design · － not used. Remarks follow the table.\n\n\
         | # | サービス | Service | 状態 |"
    );
    for tool in Tool::ALL {
        let _ = write!(out, " {} |", tool.japanese());
    }
    out.push_str("\n|---|---|---|---|---|---|---|---|---|---|\n");
    for service in SERVICES {
        let _ = write!(out, "| {} | {} | {} | {} |", service.number, service.japanese, service.english, state(service));
        for tool in Tool::ALL {
            let mark = match service.uses(tool).used {
                Use::Policy => "○",
                Use::Ours => "●",
                Use::No => "－",
            };
            let _ = write!(out, " {mark} |");
        }
        out.push('\n');
    }
    for service in SERVICES {
        remarks(&mut out, service);
    }
    out
}

/// One service's remarks: what the policy gives and how its issues are answered.
fn remarks(out: &mut String, service: &Service) {
    let row = &service.policy;
    let _ = writeln!(
        out,
        "\n## {} {} / {}\n\n{}\n\n{} · {} · {} · 対象者: {} · 所管: {} · zone: {}",
        service.number,
        service.japanese,
        service.english,
        row.overview,
        row.pillar,
        row.category,
        row.planned_start,
        row.audience.join("、"),
        row.department.unwrap_or("(方針に記載なし)"),
        service.zone,
    );
    let data: Vec<_> = row.data.iter().map(|data| format!("{}({})", data.what, data.holder)).collect();
    let _ = writeln!(out, "\n利用するデータ(保有者): {}\n", data.join("、"));
    for tool in Tool::ALL {
        let cell = service.uses(tool);
        let mark = match cell.used {
            Use::Policy => "○",
            Use::Ours => "●",
            Use::No => "－",
        };
        if !cell.remark.is_empty() {
            let _ = writeln!(out, "- {} {mark} {}", tool.japanese(), cell.remark);
        }
    }
    for issue in row.issues {
        let _ = writeln!(out, "- 課題: {} → {}", issue.text, issue.answer);
    }
    for effect in service.effects {
        let _ = writeln!(out, "- 効果: {} = {}", effect.measure.japanese(), effect.how);
    }
}

/// Where records are shown to somebody, why, and what the person concerned sees.
pub fn disclosure_events() -> String {
    let mut out = format!(
        "{GENERATED}\n# 開示の記録 / Disclosure events\n\n\
         Every read of personal data writes one of these duties (事務) in the transaction that reads.\n\n\
         | code | 事務 | duty | shown to the person |\n|---|---|---|---|\n"
    );
    for duty in Duty::ALL {
        let visibility = match duty.visibility() {
            Visibility::Now => "at once",
            Visibility::After(_) => "from a date on",
            Visibility::HiddenByLaw => "never, by law",
        };
        let _ = writeln!(out, "| `{}` | {} | {} | {visibility} |", duty.code(), duty.japanese(), duty.english());
    }
    out.push_str("\n## Items\n\n| code | 項目 |\n|---|---|\n");
    for item in Item::ALL {
        let _ = writeln!(out, "| `{}` | {} |", item.code(), item.japanese());
    }
    out.push_str("\n## By service\n\n| service | duty | when | what the person is shown |\n|---|---|---|---|\n");
    for service in SERVICES {
        for event in service.disclosures {
            let _ = writeln!(out, "| {} | `{}` | {} | {} |", service.japanese, event.duty, event.when, event.shown);
        }
    }
    out.push_str("\n## Events of the audit log\n\n| code | event | 内容 |\n|---|---|---|\n");
    for event in tools::audit::Event::ALL {
        let _ = writeln!(out, "| `{}` | {} | {} |", event.code(), event.english(), event.japanese());
    }
    out
}

fn state(service: &Service) -> &'static str {
    match service.state {
        State::Built => "稼働 built",
        State::Planned => "計画 planned",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With `YAKUBA_WRITE_DOCS` set the documents are written instead of compared.
    #[test]
    fn the_committed_documents_say_what_the_code_says() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for document in all() {
            let path = root.join(document.path);
            if std::env::var_os("YAKUBA_WRITE_DOCS").is_some() {
                std::fs::write(&path, &document.text).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(committed == document.text, "{} is out of date; run `cargo xtask docs`", document.path);
        }
    }
}
