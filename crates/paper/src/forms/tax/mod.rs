//! 課税(所得)証明書: what one person earned and what the city taxed, one page, A4 portrait.
//!
//! For banks, landlords, schools, child care: they look for one figure and refuse a paper on which it is blank. So an amount
//! that is there is printed, also when it is **0**; a box that does not exist for the person holds `***`. There has been no
//! national form; blocks and items after two municipal samples (certificates §2.4).
//!
//! ```text
//!            課税（所得）証明書
//!  ┌ 年度 ─ 住所 ─ 1月1日現在の住所 ─ 氏名 ─ 生年月日 ┐
//!  └──────────────────────────────────────────────────┘
//!                                      金額の単位は円です。
//!  ┌税額──────┬ 課税標準額 ┬ 所得 ┬ 所得控除 ┬ 人数 ┐
//!  └──────────┴────────────┴──────┴──────────┴──────┘
//!  ┌ 備考 ────────────────────────────────────────────┐
//!                      以下余白
//! ```

use base::{Personal, Yen};
use wire::certificate_code::{ClaimsBuilder, Item};
use wire::tax_record::{Base, Deductions, Income, People, Tax};

use super::{Form, FormPage, Headings, refuse_blank, with_reading};
use crate::entry::Entry;
use crate::error::{Field, PaperError};
use crate::layout::Setter;

mod layout;

/// What stands in a box that does not exist for the person.
pub const UNUSED: &str = "***";

/// What the certificate of one person and fiscal year says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxCertificate {
    /// 年度 as printed: `令和8年度`.
    pub fiscal_year: String,
    /// The year of the incomes as printed: `令和7年`.
    pub income_year: String,
    /// 住所 today, on one line.
    pub address: Personal<String>,
    /// 1月1日現在の住所.
    pub base_date_address: Personal<String>,
    /// 氏名.
    pub name: Personal<String>,
    /// 氏名のローマ字.
    pub alphabet_name: Entry,
    /// 旧氏; of Japanese only.
    pub former_name: Entry,
    /// 旧氏の振り仮名.
    pub former_name_reading: Entry,
    /// 通称; of foreign residents only.
    pub common_name: Entry,
    /// 通称の振り仮名.
    pub common_name_reading: Entry,
    /// 生年月日 as printed.
    pub birth_date: Personal<String>,
    /// 税額.
    pub tax: Tax,
    /// 課税標準額.
    pub base: Base,
    /// 所得.
    pub income: Income,
    /// 所得控除.
    pub deductions: Deductions,
    /// 人数.
    pub people: People,
    /// 備考.
    pub remarks: Entry,
}

/// An amount as printed: with thousands separators, 0 as `0`.
fn amount(yen: Yen) -> String {
    yen.to_string().trim_end_matches('円').to_owned()
}

fn amount_if_any(yen: Option<Yen>) -> String {
    yen.map_or_else(|| UNUSED.to_owned(), amount)
}

impl TaxCertificate {
    /// 年度 with the year of its incomes, as it stands in the first box.
    fn year_words(&self) -> String {
        format!("{}（{}中の所得）", self.fiscal_year, self.income_year)
    }

    fn former(&self) -> String {
        with_reading(&self.former_name, &self.former_name_reading)
    }

    fn common(&self) -> String {
        with_reading(&self.common_name, &self.common_name_reading)
    }
}

impl Form for TaxCertificate {
    fn refuse_empty(&self) -> Result<(), PaperError> {
        refuse_blank(Field::FiscalYear, &self.fiscal_year)?;
        refuse_blank(Field::Name, self.name.reveal())?;
        refuse_blank(Field::BirthDate, self.birth_date.reveal())?;
        refuse_blank(Field::Address, self.address.reveal())?;
        refuse_blank(Field::BaseDateAddress, self.base_date_address.reveal())
    }

    fn pages(&self, setter: &Setter<'_>) -> Result<Vec<FormPage>, PaperError> {
        layout::page(self, setter).map(|page| vec![page])
    }

    fn claims(&self, _page: usize, builder: &mut ClaimsBuilder) {
        builder.person(self.name.clone(), self.birth_date.clone());
        builder.item(Item::FormerName, self.former_name.value());
        builder.item(Item::CommonName, self.common_name.value());
        builder.item(Item::FiscalYear, Some(&self.fiscal_year));
        let amounts = [
            (Item::TotalIncome, Some(self.income.total)),
            (Item::GrossIncome, Some(self.income.gross)),
            (Item::AnnualTax, Some(self.tax.total)),
            (Item::CityIncomeLevy, Some(self.tax.city_income)),
            (Item::SalaryRevenue, self.income.salary_revenue),
            (Item::PensionRevenue, self.income.pension_revenue),
        ];
        for (item, yen) in amounts {
            builder.item(item, yen.map(amount).as_deref());
        }
    }

    fn headings(&self) -> Headings {
        Headings::RESIDENT
    }

    fn place(&self) -> &Personal<String> {
        &self.address
    }

    fn people(&self) -> Vec<(Personal<String>, Personal<String>)> {
        vec![(self.name.clone(), self.birth_date.clone())]
    }

    fn facts(&self) -> Vec<(&'static str, Personal<String>)> {
        vec![
            (layout::YEAR, self.year_words().into()),
            (layout::TOTAL_INCOME, amount(self.income.total).into()),
            (layout::GROSS_INCOME, amount(self.income.gross).into()),
            (layout::ANNUAL_TAX, amount(self.tax.total).into()),
        ]
    }
}
