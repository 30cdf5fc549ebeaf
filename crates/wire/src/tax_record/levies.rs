//! What everybody who is taxed pays a head, by fiscal year: dated data, changed by adding a line.

use base::Yen;

/// The levies of a span of fiscal years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levies {
    /// The first fiscal year (年度), as the year in which it begins.
    pub from: i16,
    /// 市町村民税 均等割, before any ordinance of the city's own.
    pub city_per_capita: Yen,
    /// 道府県民税 均等割, before any surcharge (超過課税) of the prefecture.
    pub prefecture_per_capita: Yen,
    /// 森林環境税, a national tax collected with them.
    pub forest: Yen,
    /// Where that is written.
    pub source: &'static str,
}

/// Newest last.
pub const LEVIES: [Levies; 3] = [
    Levies {
        from: 2004,
        city_per_capita: Yen(3_000),
        prefecture_per_capita: Yen(1_000),
        forest: Yen(0),
        source: "地方税法 第38条, 第310条 (recalled)",
    },
    Levies {
        from: 2014,
        city_per_capita: Yen(3_500),
        prefecture_per_capita: Yen(1_500),
        forest: Yen(0),
        source: "pages of 鎌倉市, 滑川市, 田上町, 会津坂下町, 浅口市: 500 yen each for disaster prevention until FY2023",
    },
    Levies {
        from: 2024,
        city_per_capita: Yen(3_000),
        prefecture_per_capita: Yen(1_000),
        forest: Yen(1_000),
        source: "the same pages: 森林環境税 from FY2024 on, in place of the 500 yen each",
    },
];

/// The levies of a fiscal year; those of the first line before it.
pub fn of(fiscal_year: i16) -> Levies {
    let [first, ..] = LEVIES;
    LEVIES.into_iter().rfind(|levies| levies.from <= fiscal_year).unwrap_or(first)
}
