//! 課税(所得)証明書: a figure that is there is printed, zero is 0, and the finished page is asked for the sums again.

use base::Yen;
use paper::recheck::extract;
use paper::{Body, Certificate, Entry, Mismatch, PaperError, Plan, TaxCertificate, recheck};
use wire::certificate_code::Item;
use wire::tax_record::{Base, Deductions, Income, People, Tax};

use super::support::*;

const NOTHING: Income = Income {
    total: Yen(0),
    gross: Yen(0),
    salary_revenue: None,
    salary: None,
    pension_revenue: None,
    pension: None,
    business: None,
    farming: None,
    real_estate: None,
    interest: None,
    dividend: None,
    other: None,
    transfer_and_occasional: None,
    separate: None,
};

const NO_DEDUCTIONS: Deductions = Deductions {
    casualty: None,
    medical: None,
    social_insurance: None,
    small_enterprise: None,
    life_insurance: None,
    earthquake_insurance: None,
    widow_or_single_parent: None,
    disabled: None,
    working_student: None,
    spouse: None,
    special_spouse: None,
    dependants: None,
    basic: None,
    total: Yen(0),
};

const NOBODY: People = People {
    spouse: false,
    general: 0,
    specific: 0,
    elderly: 0,
    elderly_living_together: 0,
    under_16: 0,
    disabled: 0,
    specially_disabled: 0,
    specially_disabled_living_together: 0,
};

fn on(body: TaxCertificate) -> Certificate {
    let attestation = "記載事項は、課税台帳の記載と相違ないことを証明する。";
    Certificate {
        sheet: sheet("課税（所得）証明書", "tax_certificate", attestation), body: Body::Tax(Box::new(body))
    }
}

/// A salary and a rent, a husband with a wife and two children.
fn family() -> TaxCertificate {
    TaxCertificate {
        fiscal_year: "令和8年度".to_owned(),
        income_year: "令和7年".to_owned(),
        address: personal("見本県見本市中央一丁目２番３号　見本ハイツ４０５号室"),
        base_date_address: personal("見本県見本市港町４番５号"),
        name: personal("辻\u{E0102}本　太郎"),
        alphabet_name: Entry::None,
        former_name: shown("髙﨑"),
        former_name_reading: shown("タカサキ"),
        common_name: Entry::None,
        common_name_reading: Entry::None,
        birth_date: personal("昭和60年1月2日"),
        tax: Tax {
            city_income: Yen(128_900),
            city_per_capita: Yen(3_000),
            prefecture_income: Yen(85_900),
            prefecture_per_capita: Yen(1_000),
            forest: Yen(1_000),
            total: Yen(219_800),
        },
        base: Base { general: Yen(2_175_000), separate: None },
        income: Income {
            total: Yen(4_040_000),
            gross: Yen(4_040_000),
            salary_revenue: Some(Yen(5_600_000)),
            salary: Some(Yen(4_040_000)),
            real_estate: Some(Yen(0)),
            ..NOTHING
        },
        deductions: Deductions {
            medical: Some(Yen(45_000)),
            social_insurance: Some(Yen(820_000)),
            life_insurance: Some(Yen(70_000)),
            earthquake_insurance: Some(Yen(25_000)),
            spouse: Some(Yen(330_000)),
            dependants: Some(Yen(145_000)),
            basic: Some(Yen(430_000)),
            total: Yen(1_865_000),
            ..NO_DEDUCTIONS
        },
        people: People { spouse: true, general: 1, under_16: 1, ..NOBODY },
        remarks: Entry::None,
    }
}

/// A foreign resident without income who said so.
fn zero() -> TaxCertificate {
    TaxCertificate {
        name: personal("SANTOS MARIA CLARA"),
        former_name: Entry::None,
        former_name_reading: Entry::None,
        common_name: shown("佐藤　真理亜"),
        common_name_reading: shown("サトウ　マリア"),
        birth_date: personal("1988年7月9日"),
        tax: Tax {
            city_income: Yen(0),
            city_per_capita: Yen(0),
            prefecture_income: Yen(0),
            prefecture_per_capita: Yen(0),
            forest: Yen(0),
            total: Yen(0),
        },
        base: Base { general: Yen(0), separate: None },
        income: NOTHING,
        deductions: Deductions { basic: Some(Yen(430_000)), total: Yen(430_000), ..NO_DEDUCTIONS },
        people: NOBODY,
        remarks: shown("非課税"),
        ..family()
    }
}

/// Everything there is, as long and as large as the register lets it be.
fn longest() -> TaxCertificate {
    let most = Some(Yen(99_999_999_999));
    TaxCertificate {
        address: personal(&"見".repeat(120)),
        base_date_address: personal(&"港".repeat(120)),
        name: personal(&"辻\u{E0102}".repeat(80)),
        alphabet_name: shown(&"ABCDEFGHI ".repeat(8)),
        former_name: shown(&"髙".repeat(40)),
        former_name_reading: shown(&"タ".repeat(40)),
        common_name: shown(&"漢".repeat(40)),
        common_name_reading: shown(&"ツ".repeat(40)),
        base: Base { general: Yen(99_999_999_999), separate: most },
        income: Income {
            total: Yen(99_999_999_999),
            gross: Yen(99_999_999_999),
            salary_revenue: most,
            salary: most,
            pension_revenue: most,
            pension: most,
            business: most,
            farming: most,
            real_estate: most,
            interest: most,
            dividend: most,
            other: most,
            transfer_and_occasional: most,
            separate: most,
        },
        remarks: shown(&"備考".repeat(80)),
        ..family()
    }
}

fn texts(body: TaxCertificate) -> Vec<String> {
    extract(&drawn(&on(body)).0).unwrap().pages[0].texts.clone()
}

fn after(texts: &[String], heading: &str) -> String {
    let at = texts.iter().position(|text| text == heading).unwrap();
    texts[at + 1].clone()
}

#[test]
fn the_paper_is_what_was_authorised() {
    for body in [family(), zero(), longest()] {
        let certificate = on(body);
        let (bytes, codes) = drawn(&certificate);
        assert_eq!(recheck(&bytes, &expected(&certificate, codes)), Ok(()));
    }
}

#[test]
fn zero_is_printed_as_0_and_what_does_not_exist_as_asterisks() {
    let texts = texts(zero());
    for heading in ["合計所得金額", "総所得金額等", "年税額", "市町村民税所得割", "森林環境税", "総所得"]
    {
        assert_eq!(after(&texts, heading), "0", "{heading}");
    }
    for heading in ["給与収入", "公的年金等収入", "医療費", "分離課税分"] {
        assert_eq!(after(&texts, heading), "***", "{heading}");
    }
    assert_eq!((after(&texts, "基礎"), after(&texts, "扶養 一般")), ("430,000".to_owned(), "0人".to_owned()));
    assert_eq!(texts.iter().filter(|text| *text == "以下余白").count(), 1);
}

#[test]
fn every_amount_stands_beside_its_name() {
    let texts = texts(family());
    let wanted = [
        ("年度", "令和8年度（令和7年中の所得）"),
        ("1月1日現在の住所", "見本県見本市港町４番５号"),
        ("市町村民税均等割", "3,000"),
        ("道府県民税均等割", "1,000"),
        ("森林環境税", "1,000"),
        ("年税額", "219,800"),
        ("給与収入", "5,600,000"),
        ("不動産", "0"),
        ("社会保険料", "820,000"),
        ("控除合計", "1,865,000"),
        ("控除対象配偶者", "有"),
        ("扶養 16歳未満", "1人"),
        ("旧氏", "髙﨑（タカサキ）"),
    ];
    for (heading, value) in wanted {
        assert_eq!(after(&texts, heading), value, "{heading}");
    }
}

#[test]
fn i3_another_persons_figures_under_the_same_name_are_refused() {
    let (bytes, codes) = drawn(&on(family()));
    let mut other = family();
    other.income.total = Yen(4_040_001);
    let refusal = recheck(&bytes, &expected(&on(other), codes)).unwrap_err();
    assert_eq!(refusal, Mismatch::Page { page: 1, what: "facts" });
}

#[test]
fn whoever_receives_it_has_the_sums_confirmed_by_the_code() {
    let certificate = on(family());
    let claims = Plan::new(&TYPEFACE, &certificate).unwrap().claims(1, [7; 16]);
    assert_eq!(claims.confirms(Item::TotalIncome, 1, "4,040,000"), Some(true));
    assert_eq!(claims.confirms(Item::TotalIncome, 1, "4,040,001"), Some(false));
    assert_eq!(claims.confirms(Item::FiscalYear, 1, "令和８年度"), Some(true));
    assert_eq!(claims.confirms(Item::PensionRevenue, 1, "0"), None, "what is not printed is in no form in the code");
}

#[test]
fn i14_what_cannot_be_printed_whole_is_refused() {
    let plan = |body| Plan::new(&TYPEFACE, &on(body)).map(|_| ()).unwrap_err();
    assert_eq!(plan(TaxCertificate { name: personal(" "), ..family() }), PaperError::Empty(paper::Field::Name));
    let glyph = plan(TaxCertificate { remarks: shown("\u{E000}"), ..family() });
    assert!(
        matches!(glyph, PaperError::MissingGlyph { field: paper::Field::Remarks, .. }) && glyph.is_about_the_person()
    );
    let long = plan(TaxCertificate { remarks: shown(&"備".repeat(600)), ..family() });
    assert!(matches!(long, PaperError::Overflow { field: paper::Field::Remarks, .. }));
}

#[test]
fn it_looks_like_the_golden_pictures() {
    golden(&on(family()), "tax_certificate");
    golden(&on(zero()), "tax_certificate_zero");
    golden(&on(longest()), "tax_certificate_longest");
}
