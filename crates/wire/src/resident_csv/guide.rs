//! The page an operator gets: `docs/resident-files.md`, written from the tables this module reads by.

use std::fmt::Write as _;

use super::columns::{CHANGES, Column, FORBIDDEN, HOUSEHOLDS, PROTECTIONS, RESIDENTS};
use super::files;
use super::lines::LONGEST_LINE;

/// The page, in Markdown.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Files of a resident import / 住民データ取込ファイル\n\n\
         A directory with a full load, daily differences, or only a heartbeat:\n\n\
         | file | holds | when |\n|---|---|---|\n",
    );
    let set = [
        (files::RESIDENTS, "one row a resident; the first column is the resident id, whatever its header", "full load"),
        (
            files::HOUSEHOLDS,
            "one row a household; without this file the rows 世帯主 name their households",
            "full load",
        ),
        (files::PROTECTIONS, "one row a protection (支援措置); a refused row here is never left out", "full load"),
        (files::CHANGES, "one row a change (異動) with the resident as they are afterwards", "any day"),
        (files::SOURCE, "who wrote this, up to which position, when: the heartbeat", "always"),
        (files::MAPPING, "your column names, words and dates, translated to these", "if they differ"),
    ];
    for (file, holds, when) in set {
        let _ = writeln!(page, "| `{file}` | {holds} | {when} |");
    }
    let _ = write!(
        page,
        "\nUTF-8 (with or without byte order mark) or Shift_JIS (CP932), a header line, one record a line of at most \
         {} KiB; a field in double quotes may hold the delimiter and doubled quotes, never a line break. Dates: \
         `2026-11-23`, `2026/11/23`, `20261123`, `令和8年11月23日`, `R8.11.23`; `5081123` when `mapping.toml` says \
         `era_code`.\n\nA header with {} closes the file, and any field with twelve digits that fit an Individual \
         Number refuses its row. Names are kept in Moji_Joho variation sequences; private-use characters (外字) and \
         Adobe-Japan1 sequences are refused. `yakuba city profile FILE` looks at an unknown file and proposes a \
         `mapping.toml`.\n\nItem names in the second column are recalled from the national 住民記録システム標準仕様書 \
         and 基本データリスト; check them against the edition in force. Either name is accepted as a header.\n",
        LONGEST_LINE / 1024,
        FORBIDDEN.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
    );
    let tables = [
        (files::RESIDENTS, RESIDENTS, ""),
        (files::HOUSEHOLDS, HOUSEHOLDS, ""),
        (files::PROTECTIONS, PROTECTIONS, ""),
        (files::CHANGES, CHANGES, "These four, then every column of `residents.csv`.\n\n"),
    ];
    for (file, columns, note) in tables {
        table(&mut page, file, columns, note);
    }
    page.push_str(SOURCE_AND_MAPPING);
    page
}

fn table(page: &mut String, file: &str, columns: &[Column], note: &str) {
    let _ =
        writeln!(page, "\n## {file}\n\n{note}| column | 項目 | required | at most | holds |\n|---|---|---|---|---|");
    for column in columns {
        let required = if column.required { "yes" } else { "" };
        let _ = writeln!(
            page,
            "| `{}` | {} | {required} | {} | {} |",
            column.name, column.japanese, column.limit, column.holds
        );
    }
}

const SOURCE_AND_MAPPING: &str = r#"
## source.toml

```toml
source = "jumin-kiroku"                  # name of the writing system
position = 120345                        # every change up to this one is in these files
taken_at = "2026-11-24T05:00:00+09:00"   # when the system said so
encoding = "UTF-8"                       # or Shift_JIS, or auto
municipality_code = "99999"              # used where a row gives none
```

Write it again every few minutes, in a directory of its own, even when nothing changed: when the last heartbeat is older
than `issuing.register_fresh_minutes`, or the source is ahead of what has been applied, issuing is closed.

## mapping.toml

```toml
["residents.csv"]
delimiter = ";"
date_formats = ["japanese", "era_code"]  # iso, slash, compact, japanese, era_code; tried in this order
ignore = ["更新日時"]                     # known and not wanted

["residents.csv".columns]                # yours = ours
"宛名コード" = "resident_id"

["residents.csv".values.sex]             # your words = ours
"1" = "male"
"2" = "female"
```

## Differences

Positions count 1, 2, 3 … without gaps. They may come late, twice or out of order: a change waits until every earlier one
is here, the same row again does nothing, the same position with other content is refused. A full load up to a position
contains every change up to it; later ones already received are applied again on top.
"#;

#[cfg(test)]
mod tests {
    #[test]
    fn every_column_is_on_the_page() {
        let page = super::markdown();
        for column in super::RESIDENTS {
            assert!(page.contains(&format!("| `{}` | {} |", column.name, column.japanese)));
        }
    }
}
