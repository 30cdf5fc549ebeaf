use base::Yen;
use proptest::prelude::*;

use super::*;
use crate::record_lines::{Record, read_anything};

/// A salary of 5 million with a wife and a child, FY2026.
const ONE: &str = concat!(
    r#"{"resident":"R-1","fiscal_year":2026,"name":"甲野　義太郎","birth_date":"1985-02-03","lived_here":true,"#,
    r#""address":"見本県見本市中央一丁目２番３号","filed":true,"#,
    r#""tax":{"city_income":116900,"city_per_capita":3000,"prefecture_income":77900,"prefecture_per_capita":1000,"forest":1000,"total":199800},"#,
    r#""base":{"general":2010000},"income":{"total":3560000,"gross":3560000,"salary_revenue":5000000,"salary":3560000},"#,
    r#""deductions":{"social_insurance":720000,"spouse":330000,"basic":430000,"total":1480000},"#,
    r#""people":{"spouse":true,"under_16":1}}"#
);

fn faults(line: &str) -> Vec<(String, &'static str)> {
    let faults = TaxRecord::parse(line).err().unwrap_or_default();
    faults.into_iter().map(|(field, reason)| (field, reason.code())).collect()
}

#[test]
fn an_amount_of_zero_is_there_and_an_absent_one_is_not() {
    let read = TaxRecord::parse(ONE).unwrap();
    assert_eq!((read.income.salary, read.income.business), (Some(Yen(3_560_000)), None));
    assert_eq!((read.people.under_16, read.people.general, read.people.spouse), (1, 0, true));
    let zero = ONE.replace(r#""salary_revenue""#, r#""business":0,"salary_revenue""#);
    assert_eq!(TaxRecord::parse(&zero).unwrap().income.business, Some(Yen::ZERO));
    assert_eq!(TaxRecord::parse(&zero).unwrap().key(), "R-1/2026");
}

#[test]
fn every_kind_of_bad_line_has_its_reason() {
    let cases = [
        (r#""total":199800"#, r#""total":199900"#, "tax.total", "does-not-add-up"),
        (r#""total":1480000"#, r#""total":1"#, "deductions.total", "does-not-add-up"),
        (r#""forest":1000,"total":199800"#, r#""forest":500,"total":199300"#, "tax.forest", "not-of-that-year"),
        (r#""fiscal_year":2026"#, r#""fiscal_year":2023"#, "tax.forest", "not-of-that-year"),
        (r#""fiscal_year":2026"#, r#""fiscal_year":"R8""#, "fiscal_year", "not-a-number"),
        (r#""forest":1000,"#, "", "tax.forest", "missing"),
        (r#""gross":3560000"#, r#""gross":"3,560,000""#, "income.gross", "not-a-number"),
        (r#""gross":3560000"#, r#""gross":-1"#, "income.gross", "not-a-number"),
        (r#""gross":3560000"#, r#""gross":123456789018"#, "income.gross", "not-a-number"),
        (r#""filed":true"#, r#""filed":"yes""#, "filed", "wrong-type"),
        (r#""under_16":1"#, r#""under_16":100"#, "people.under_16", "not-a-number"),
        (r#""under_16":1"#, r#""cats":1"#, "people[key 2]", "unknown-field"),
        ("甲野", "１２３４５６７８９０１８", "name", "individual-number"),
    ];
    for (from, to, field, code) in cases {
        let line = ONE.replacen(from, to, 1);
        assert_ne!(&line, ONE, "{from}");
        assert_eq!(faults(&line).first(), Some(&(field.to_owned(), code)), "{to}");
    }
    assert_eq!(TaxRecord::key_of(&ONE.replace("甲野", "")).as_deref(), Some("R-1/2026"));
    assert_eq!(TaxRecord::key_of("{}"), None);
}

#[test]
fn levies_change_with_the_year() {
    let of = |year| {
        let levies = levies::of(year);
        [levies.city_per_capita, levies.prefecture_per_capita, levies.forest].map(|yen| yen.0)
    };
    assert_eq!(of(2013), [3_000, 1_000, 0]);
    assert_eq!((of(2014), of(2023)), ([3_500, 1_500, 0], [3_500, 1_500, 0]));
    assert_eq!((of(2024), of(2030)), ([3_000, 1_000, 1_000], [3_000, 1_000, 1_000]));
    assert_eq!(of(1990), of(2004));
    assert!(levies::LEVIES.is_sorted_by_key(|levies| levies.from));
}

#[test]
fn the_guide_tells_every_field() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tax-record-files.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let blocks = [Tax::FIELDS, Base::FIELDS, Income::FIELDS, Deductions::FIELDS, People::FIELDS, TaxRecord::FIELDS];
    for field in blocks.concat() {
        assert!(guide.contains(&format!("`{field}`")), "{field}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_was_decided_reads_back(seed in any::<u64>()) {
        let record = TaxRecord::invented(seed);
        prop_assert!(TaxRecord::parse(&record.to_line()) == Ok(record));
    }

    #[test]
    fn any_line_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = ONE.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read_anything::<TaxRecord>(&bytes);
    }
}
