//! Invented events of a demo city, brought in as a department would bring its list.

use base::Kind;
use tools::access::Actor;
use tools::city_events::{self, Kind as ListKind};

use crate::city::OpenCity;
use crate::fail::Failure;

/// Days from today, and the rest of a row.
const EVENTS: &[(i64, &str)] = &[
    (6, "親子読み聞かせ会,10:00,11:00,中央図書館,20,中央地区,0~6歳,子育て;図書館,絵本を読みます。申込みはいりません。"),
    (
        12,
        "シニアのスマートフォン教室,13:30,15:30,北公民館,15,北地区,65歳以上,学び,スマートフォンの使い方をはじめから。",
    ),
    (19, "総合防災訓練,9:00,12:00,市役所前広場,,,,防災,避難所の受付をカードで体験できます。"),
    (27, "やさしい日本語ひろば,18:00,19:30,国際交流センター,30,中央地区,,外国人住民,日本語でゆっくり話しましょう。"),
    (40, "市民スポーツの日,9:00,16:00,総合体育館,,東地区,,スポーツ,だれでも参加できます。"),
];

/// Brings them in.
///
/// # Errors
/// The database.
pub fn bring(city: &OpenCity) -> Result<(), Failure> {
    let today = city.inside().seams.today();
    let mut list = String::from("番号,イベント名,開始日,開始時間,終了時間,場所,定員,地区,対象年齢,分野,説明\n");
    for (number, (days, rest)) in (1..).zip(EVENTS) {
        let (title, rest) = rest.split_once(',').unwrap_or((rest, ""));
        let day = today.plus_days(*days);
        list.push_str(&format!("{number},{title},{day},{rest}\n"));
    }
    let actor = Actor::System { job: "demo" };
    city_events::import(city.inside(), &actor, "体験版", ListKind::Csv, list.as_bytes())
        .map(drop)
        .map_err(Failure::while_doing(Kind::Unavailable, "the sample events cannot be written"))
}

#[cfg(test)]
mod tests {
    use super::EVENTS;

    #[test]
    fn every_row_has_all_its_cells() {
        assert!(EVENTS.iter().all(|(_, rest)| rest.split(',').count() == 9), "{EVENTS:?}");
    }
}
