//! `docs/disclosure-events.md`, made from the tables in code.

use std::fmt::Write as _;

use crate::access::{Duty, Item, Visibility};
use crate::audit::Event;

/// The whole document, in Markdown. `xtask` writes it and a test notices when it is old.
pub fn catalogue() -> String {
    let mut page = String::from(
        "# What is recorded about the opening of records\n\n\
         Made from the code by `cargo xtask docs`; do not edit.\n\n\
         ## Duties (事務) for which a record is opened\n\n\
         | code | 事務 | duty | shown to the person |\n|---|---|---|---|\n",
    );
    for duty in Duty::ALL {
        let shown = match duty.visibility() {
            Visibility::Now => "at once",
            Visibility::After(_) => "from a date",
            Visibility::HiddenByLaw => "not (law)",
        };
        let _ = writeln!(page, "| `{}` | {} | {} | {shown} |", duty.code(), duty.japanese(), duty.english());
    }
    page.push_str("\n## Items\n\n| code | 項目 |\n|---|---|\n");
    for item in Item::ALL {
        let _ = writeln!(page, "| `{}` | {} |", item.code(), item.japanese());
    }
    page.push_str("\n## Events of the audit log\n\n| code | event | 内容 |\n|---|---|---|\n");
    for event in Event::ALL {
        let _ = writeln!(page, "| `{}` | {} | {} |", event.code(), event.english(), event.japanese());
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_stands_once_and_reads_back() {
        let page = catalogue();
        let codes: Vec<&str> = Event::ALL.iter().map(|event| event.code()).collect();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
        for code in codes {
            assert!(page.contains(&format!("`{code}`")));
            assert_eq!(Event::from_code(code).map(Event::code), Some(code));
        }
        assert!(Duty::ALL.iter().all(|duty| Duty::from_code(duty.code()) == Some(*duty)));
        assert!(Item::ALL.iter().all(|item| Item::from_code(item.code()) == Some(*item)));
    }
}
