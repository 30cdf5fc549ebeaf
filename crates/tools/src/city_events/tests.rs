use base::Id;
use store::StoreError;
use store::testing::for_each_engine;

use super::*;
use crate::access::Actor;
use crate::portal::two_zones::TwoZones;
use crate::relay::RelayError;

const LIST: &str = "\
NO,イベント名,開始日,開始時間,終了日,終了時間,場所名称,定員,地区,対象年齢,分野,説明
1,親子読み聞かせ会,2099-05-10,10:00,,11:00,中央図書館,20名,東区,0~6歳,子育て;読書,絵本を読みます
2,防災訓練,2099-06-01,9:00,,,市役所前,,,,防災,
3,,2099-06-02,,,,,,,,,
4,健康講座,いつか,,,,,,,,,
";

fn staff() -> Actor {
    Actor::Staff { account: Id::parse("00000000000000000000000001").unwrap_or_else(|_| panic!("an id")) }
}

fn bring(house: &TwoZones, text: &str) -> Imported {
    let done = import(&house.inside, &staff(), "図書館", Kind::Csv, text.as_bytes()).unwrap();
    house.settle();
    done
}

fn seen(house: &TwoZones) -> Vec<CityEvent> {
    let today = house.database.seams.today();
    house.outside.store.read::<_, StoreError, _>(|tx| upcoming(tx, today)).unwrap()
}

fn counts(done: Imported) -> (u32, u32, u32, u32) {
    (done.added, done.changed, done.unchanged, done.refused)
}

#[test]
fn a_list_is_shown_outside_and_says_which_rows_it_does_not_take() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let done = bring(&house, LIST);
        assert_eq!(counts(done), (2, 0, 0, 2));
        let refused = house.inside.store.read::<_, StoreError, _>(|tx| refused(tx, done.id)).unwrap();
        let told: Vec<(i64, &str, &str)> =
            refused.iter().map(|row| (row.line, row.field.as_str(), row.reason.as_str())).collect();
        assert_eq!(told, [(4, "イベント名", "空欄です"), (5, "開始", "日付として読めません")]);
        let all = seen(&house);
        assert_eq!(all.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["親子読み聞かせ会", "防災訓練"]);
        let first = &all[0];
        assert_eq!((first.place.as_deref(), first.capacity), (Some("中央図書館"), Some(20)));
        assert_eq!(first.starts.unwrap().minute, Some(600));
        assert!(first.is_for_age(3) && !first.is_for_age(40) && all[1].is_for_age(99));
    });
}

#[test]
fn a_corrected_list_changes_what_changed_and_doubles_nothing() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        bring(&house, LIST);
        assert_eq!(counts(bring(&house, LIST)), (0, 0, 2, 2), "the same again");
        let corrected =
            LIST.replace("市役所前", "総合体育館").replace("いつか", "2099-07-01").replace("3,,", "3,句会,");
        assert_eq!(counts(bring(&house, &corrected)), (2, 1, 1, 0));
        let all = seen(&house);
        assert_eq!(all.len(), 4);
        assert_eq!(all[1].place.as_deref(), Some("総合体育館"));
        // Another list may use the same numbers.
        let other = import(&house.inside, &staff(), "公民館", Kind::Csv, LIST.as_bytes()).unwrap();
        assert_eq!(other.added, 2);
        let past = house.inside.store.read::<_, StoreError, _>(imports).unwrap();
        assert_eq!(past.len(), 4);
    });
}

#[test]
fn what_was_withdrawn_stays_so_until_it_is_put_back() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        bring(&house, LIST);
        let key = seen(&house)[1].key.clone();
        let change = |put: bool| {
            let (seams, key) = (house.database.seams.clone(), key.clone());
            house.database.clock.advance_seconds(1);
            let done = house.inside.store.write::<_, RelayError, _>(move |tx| {
                if put { put_back(tx, &seams, &staff(), &key) } else { withdraw(tx, &seams, &staff(), &key) }
            });
            house.settle();
            done.unwrap()
        };
        assert!(change(false));
        assert!(!change(false), "once");
        assert_eq!(seen(&house).len(), 1);
        bring(&house, &LIST.replace("市役所前", "総合体育館"));
        assert_eq!(seen(&house).len(), 1, "a later list does not bring it back");
        assert!(change(true));
        assert_eq!(seen(&house)[1].place.as_deref(), Some("総合体育館"));
    });
}

#[test]
fn an_old_state_that_arrives_late_changes_nothing_and_what_is_over_is_not_shown() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        bring(&house, LIST);
        let key = seen(&house)[0].key.clone();
        let late = format!(
            "[{{\"event\":{{\"key\":\"{key}\",\"title\":\"古い\"}},\"last_on\":\"2099-05-10\",\"is_withdrawn\":true,\"changed_at\":1}}]"
        );
        let seams = house.database.seams.clone();
        house
            .inside
            .store
            .write::<_, RelayError, _>(move |tx| {
                crate::relay::send(tx, &seams, crate::relay::Zone::Outside, BATCH, late.as_bytes())
            })
            .unwrap();
        house.settle();
        assert_eq!(seen(&house)[0].title, "親子読み聞かせ会");
        let after = Date::parse("2099-05-11").unwrap();
        let left = house.outside.store.read::<_, StoreError, _>(|tx| upcoming(tx, after)).unwrap();
        assert_eq!(left.len(), 1);
        let long_after = after.plus_days(100);
        assert_eq!(house.outside.store.write::<_, StoreError, _>(move |tx| sweep(tx, long_after)).unwrap(), 2);
    });
}
