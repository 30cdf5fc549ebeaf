//! The tables of `docs/family-register-files.md`, from the code.

use std::fmt::Write as _;

use super::events::{Event, RegisterEvent, TableRow, notice_labels};

/// The events as Markdown tables: word, heading, fields with labels.
pub fn event_tables() -> String {
    let mut out = String::new();
    let mut table = |title: &str, rows: &[TableRow]| {
        let _ = write!(out, "## {title}\n\n| `event` | heading | fields |\n|---|---|---|\n");
        for (code, heading, fields) in rows {
            let fields: Vec<String> = fields
                .iter()
                .map(|(field, label)| match *label {
                    "" => format!("`{field}`"),
                    label => format!("`{field}` 【{label}】"),
                })
                .collect();
            let _ = writeln!(out, "| `{code}` | {heading} | {} |", fields.join(", "));
        }
        out.push('\n');
    };
    table("Records of the register (戸籍事項)", RegisterEvent::TABLE);
    table("Records of a member (身分事項)", Event::TABLE);
    let [on, by, forwarded_on, accepted_by] = notice_labels();
    let _ = writeln!(
        out,
        "`notice` is `{{\"on\": 【{on}】, \"by\": 【{by}】, \"forwarded_on\": 【{forwarded_on}】, \"accepted_by\": \
         【{accepted_by}】}}`, each of them optional."
    );
    out
}
