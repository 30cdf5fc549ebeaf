//! SQL on personal tables stands in `tools/src/register` only, where reading asks for an access.

use super::{Fault, Source};

const HOME: &str = "crates/tools/src/register/";
/// Tables of persons' records in the register.
const TABLES: &[&str] = &["residents", "households", "resident_history", "protections"];
/// Words before a table's name in SQL.
const BEFORE: &[&str] = &["from", "join", "into", "update", "table", "only"];

/// SQL that names a personal table outside [`HOME`].
pub fn check(sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| judged(source)) {
        for (line, text) in &source.strings {
            if let Some(table) = named(text) {
                let what = format!("SQL on `{table}`; read it through tools::register with an access");
                faults.push(Fault::at(source, *line, what));
            }
        }
    }
    faults
}

fn judged(source: &Source) -> bool {
    let ours = source.path.starts_with("crates/") || source.path.starts_with("bin/");
    ours && !source.path.starts_with(HOME) && !source.is_test()
}

fn named(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
    let pair = words.windows(2).find(|pair| BEFORE.contains(&pair[0]) && TABLES.contains(&pair[1]))?;
    Some(pair[1].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_beside_the_register_is_refused() {
        let text = "fn a() { tx.query(\"SELECT name\n FROM residents WHERE id = $1\", &[]); }";
        let faults = check(&[Source::new("crates/web/src/staff/search.rs", text)]);
        assert_eq!(faults.len(), 1);
        assert!(check(&[Source::new("crates/tools/src/register/read.rs", text)]).is_empty());
    }

    #[test]
    fn the_word_alone_is_no_query() {
        let text = "const A: &str = \"--residents\"; const B: &str = \"letters from residents of the city\";";
        // The second would be one; a sentence is better written without it than the rule made cleverer.
        assert_eq!(check(&[Source::new("bin/yakuba/src/cli.rs", text)]).len(), 1);
    }
}
