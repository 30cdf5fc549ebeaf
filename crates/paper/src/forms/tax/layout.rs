//! Where everything stands on 課税(所得)証明書. Millimetres are ours.

use super::{TaxCertificate, amount, amount_if_any};
use crate::error::{Field, PaperError};
use crate::forms::{BLANK_BELOW_STYLE, BOTTOM, FormPage, LABEL, LEFT, Pair, TOP, VALUE, WIDTH, pair, table};
use crate::layout::{Align, Area, Block, Setter, Style, Whose};

pub(super) const YEAR: &str = "年度";
pub(super) const TOTAL_INCOME: &str = "合計所得金額";
pub(super) const GROSS_INCOME: &str = "総所得金額等";
pub(super) const ANNUAL_TAX: &str = "年税額";

/// Labels of the head.
const HEAD_LABEL: f32 = 32.0;
/// Columns of every table: three pairs.
const COLUMNS: u32 = 6;
/// The column with a block's name.
const STUB: f32 = 8.0;
/// One row of amounts.
const ROW: f32 = 6.8;
/// Between two blocks.
const GAP: f32 = 1.8;

const NAME: Style = Style::new(14.0, 5.0, 2, Align::Left);
const PLACE: Style = Style::new(11.0, 5.0, 2, Align::Left);
const SECOND_NAME: Style = Style::new(8.5, 5.0, 2, Align::Left);
const AMOUNT: Style = Style { inset: 1.4, ..Style::new(9.5, 6.0, 1, Align::Right) };
/// The figures most papers are asked for.
const SUM: Style = Style { inset: 1.4, ..Style::new(11.5, 6.0, 1, Align::Right) };
const UNIT: Style = Style { inset: 0.5, ..Style::new(7.0, 6.0, 1, Align::Right) };
/// One character a line: the block's name stands upright.
const UPRIGHT: Style = Style { inset: 2.2, ..Style::new(8.5, 6.0, 6, Align::Center) };

/// A row of one to three pairs of equal width.
fn row(pairs: &[(&'static str, String, Style)]) -> (f32, Vec<Pair>) {
    let width = (WIDTH - STUB) / pairs.len() as f32;
    let label = if pairs.len() > 2 { 31.0 } else { 40.0 };
    let pairs =
        pairs.iter().map(|(heading, value, style)| pair(heading, label, Field::Amount, value, width - label, *style));
    (ROW, pairs.collect())
}

type Rows = Vec<(f32, Vec<Pair>)>;

/// A row of amounts.
fn amounts(pairs: [(&'static str, String); 3]) -> (f32, Vec<Pair>) {
    row(&pairs.map(|(heading, value)| (heading, value, AMOUNT)))
}

fn head(form: &TaxCertificate) -> Rows {
    let value = WIDTH - HEAD_LABEL;
    let one = |label, field, text: &str, height: f32, style| {
        (height, vec![pair(label, HEAD_LABEL, field, text, value, style)])
    };
    let mut rows = vec![
        one(YEAR, Field::FiscalYear, &form.year_words(), 7.5, PLACE),
        one("住所", Field::Address, form.address.reveal(), 9.5, PLACE),
        one("1月1日現在の住所", Field::BaseDateAddress, form.base_date_address.reveal(), 9.5, PLACE),
        (
            11.0,
            vec![
                pair("氏名", HEAD_LABEL, Field::Name, form.name.reveal(), 80.0, NAME),
                pair("生年月日", 20.0, Field::BirthDate, form.birth_date.reveal(), value - 100.0, PLACE),
            ],
        ),
    ];
    // The box of a second name is there only for those who have one.
    if let Some(letters) = form.alphabet_name.value() {
        rows.push(one("氏名のローマ字", Field::AlphabetName, letters, 7.2, SECOND_NAME));
    }
    if let Some(former) = Some(form.former()).filter(|name| !name.is_empty()) {
        rows.push(one("旧氏", Field::FormerName, &former, 7.2, SECOND_NAME));
    }
    if let Some(common) = Some(form.common()).filter(|name| !name.is_empty()) {
        rows.push(one("通称", Field::CommonName, &common, 7.2, SECOND_NAME));
    }
    rows
}

fn tax(form: &TaxCertificate) -> Rows {
    let tax = &form.tax;
    vec![
        amounts([
            ("市町村民税所得割", amount(tax.city_income)),
            ("道府県民税所得割", amount(tax.prefecture_income)),
            ("森林環境税", amount(tax.forest)),
        ]),
        row(&[
            ("市町村民税均等割", amount(tax.city_per_capita), AMOUNT),
            ("道府県民税均等割", amount(tax.prefecture_per_capita), AMOUNT),
            (ANNUAL_TAX, amount(tax.total), SUM),
        ]),
    ]
}

fn base(form: &TaxCertificate) -> Rows {
    vec![row(&[
        ("総所得", amount(form.base.general), AMOUNT),
        ("分離課税分", amount_if_any(form.base.separate), AMOUNT),
    ])]
}

fn income(form: &TaxCertificate) -> Rows {
    let income = &form.income;
    vec![
        row(&[(TOTAL_INCOME, amount(income.total), SUM), (GROSS_INCOME, amount(income.gross), SUM)]),
        amounts([
            ("給与収入", amount_if_any(income.salary_revenue)),
            ("給与所得", amount_if_any(income.salary)),
            ("営業等", amount_if_any(income.business)),
        ]),
        amounts([
            ("公的年金等収入", amount_if_any(income.pension_revenue)),
            ("公的年金等の雑所得", amount_if_any(income.pension)),
            ("農業", amount_if_any(income.farming)),
        ]),
        amounts([
            ("不動産", amount_if_any(income.real_estate)),
            ("利子", amount_if_any(income.interest)),
            ("配当", amount_if_any(income.dividend)),
        ]),
        amounts([
            ("その他の雑", amount_if_any(income.other)),
            ("総合譲渡・一時", amount_if_any(income.transfer_and_occasional)),
            ("分離課税の所得", amount_if_any(income.separate)),
        ]),
    ]
}

fn deductions(form: &TaxCertificate) -> Rows {
    let deductions = &form.deductions;
    vec![
        amounts([
            ("雑損", amount_if_any(deductions.casualty)),
            ("医療費", amount_if_any(deductions.medical)),
            ("社会保険料", amount_if_any(deductions.social_insurance)),
        ]),
        amounts([
            ("小規模企業共済等掛金", amount_if_any(deductions.small_enterprise)),
            ("生命保険料", amount_if_any(deductions.life_insurance)),
            ("地震保険料", amount_if_any(deductions.earthquake_insurance)),
        ]),
        amounts([
            ("寡婦・ひとり親", amount_if_any(deductions.widow_or_single_parent)),
            ("障害者", amount_if_any(deductions.disabled)),
            ("勤労学生", amount_if_any(deductions.working_student)),
        ]),
        amounts([
            ("配偶者", amount_if_any(deductions.spouse)),
            ("配偶者特別", amount_if_any(deductions.special_spouse)),
            ("扶養", amount_if_any(deductions.dependants)),
        ]),
        row(&[("基礎", amount_if_any(deductions.basic), AMOUNT), ("控除合計", amount(deductions.total), AMOUNT)]),
    ]
}

fn people(form: &TaxCertificate) -> Rows {
    let people = &form.people;
    let count = |number: u8| format!("{number}人");
    let spouse = if people.spouse { "有" } else { "無" };
    vec![
        amounts([
            ("控除対象配偶者", spouse.to_owned()),
            ("扶養 一般", count(people.general)),
            ("扶養 特定", count(people.specific)),
        ]),
        amounts([
            ("扶養 老人", count(people.elderly)),
            ("扶養 同居老親等", count(people.elderly_living_together)),
            ("扶養 16歳未満", count(people.under_16)),
        ]),
        amounts([
            ("障害者 普通", count(people.disabled)),
            ("障害者 特別", count(people.specially_disabled)),
            ("障害者 同居特別", count(people.specially_disabled_living_together)),
        ]),
    ]
}

/// The page.
pub(super) fn page(form: &TaxCertificate, setter: &Setter<'_>) -> Result<FormPage, PaperError> {
    let mut page = FormPage::default();
    let rows = head(form);
    let height: f32 = rows.iter().map(|(height, _)| height).sum();
    let outer = Area::new(LEFT, TOP, WIDTH, height);
    page.table("年度と本人".to_owned(), table(setter, Some(0), outer, 0.0, COLUMNS, rows)?);
    let mut top = TOP + height;
    let unit =
        setter.set(Whose::paper(Field::Label), "金額の単位は円です。", Area::new(LEFT, top, WIDTH, 4.6), UNIT)?;
    page.blocks.push(Block::Paragraph(unit));
    top += 4.6;
    let blocks = [
        ("税額", tax(form)),
        ("課税標準", base(form)),
        ("所得", income(form)),
        ("所得控除", deductions(form)),
        ("人数", people(form)),
    ];
    for (name, rows) in blocks {
        let height: f32 = rows.iter().map(|(height, _)| height).sum();
        let outer = Area::new(LEFT, top, WIDTH, height);
        page.table(name.to_owned(), table(setter, Some(0), outer, STUB, COLUMNS, rows)?);
        let stub = Area { w: STUB, ..outer };
        page.shades.push(stub);
        // A low block has its name in two columns' width; a reader hears it as the table's name.
        let style = if height < 2.0 * ROW { Style { inset: 0.4, lines: 2, ..LABEL } } else { UPRIGHT };
        page.ornaments.push(setter.set(Whose::paper(Field::Label), name, stub, style)?);
        top += height + GAP;
    }
    let remarks = Area::new(LEFT, top, WIDTH, 12.0);
    let row =
        vec![(12.0, vec![pair("備考", HEAD_LABEL, Field::Remarks, form.remarks.text(), WIDTH - HEAD_LABEL, VALUE)])];
    page.table("備考".to_owned(), table(setter, Some(0), remarks, 0.0, COLUMNS, row)?);
    let below = Area::new(LEFT, top + 12.0, WIDTH, 8.0);
    page.blocks.push(Block::Paragraph(setter.set(Whose::paper(Field::Label), "以下余白", below, BLANK_BELOW_STYLE)?));
    let free = below.y + below.h;
    page.closed = (free + 8.0 < BOTTOM).then_some(Area::new(LEFT, free, WIDTH, BOTTOM - free - 4.0));
    Ok(page)
}
