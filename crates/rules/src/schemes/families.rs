//! Allowances for children with disabilities, and the commuter discount.

use super::Scheme;
use super::build::*;
use crate::fact::{DataClass, Fact};
use crate::judge::Outcome::{Eligible, NotEligible, Undecided};
use crate::record::{Consents, Known, Person};
use crate::tree::{Among, Quantity};
use crate::vocabulary::Benefit;
use crate::words::Words;

pub(super) fn schemes() -> Vec<Scheme> {
    vec![disabled_child_allowance(), special_child_rearing_allowance(), commuter_discount()]
}

fn office() -> Words {
    Words::of("障害者自立支援課", "｜障害者自立支援課《しょうがいしゃじりつしえんか》", "Disability Support Section")
}

fn parent() -> Person {
    adult("1985-03-03")
}

fn receiving(benefit: Benefit, person: Person) -> Person {
    Person { receives: Some([benefit].into()), ..person }
}

fn closed(person: Person) -> Person {
    Person { consents: Consents::ALL.without(DataClass::Welfare), ..person }
}

fn disabled_child_allowance() -> Scheme {
    let source = recalled("心身障害児童福祉手当の条例(20歳未満、身体1〜4級・療育手帳、見本)");
    let disabled = |grade| Person { physical_disability: Known::Is(grade), ..child("2015-05-05") };
    let name = Words::of(
        "心身障害児童福祉手当",
        "｜障害《しょうがい》の ある ｜子《こ》どもの ｜手当《てあて》",
        "Allowance for children with disabilities",
    );
    let sentence = Words::of(
        "障害のある20歳未満の子を育てる人が、市の手当を受けられます。",
        "｜障害《しょうがい》の ある ｜子《こ》どもを ｜育《そだ》てる ｜人《ひと》が、お｜金《かね》を もらえます。",
        "People raising a child under 20 with a disability can receive an allowance of the city.",
    );
    scheme("disabled-child-allowance", name, sentence, office())
        .years("oldest", 19, &source)
        .grade("physical", 4, &source)
        .grade("intellectual", 2, &source)
        .when(all([
            any_child(all([
                up_to(Fact::Age, "oldest"),
                any([up_to(Fact::PhysicalDisability, "physical"), up_to(Fact::IntellectualDisability, "intellectual")]),
            ])),
            not_yet_received(Benefit::DisabledChildAllowance),
        ]))
        .example("身体障害者手帳3級の子がいる", [parent(), disabled(3)], Eligible)
        .example("身体障害者手帳5級の子がいる", [parent(), disabled(5)], NotEligible)
        .example("子に手帳がない", [parent(), child("2015-05-05")], NotEligible)
        .example("もう受けている", [receiving(Benefit::DisabledChildAllowance, parent()), disabled(3)], NotEligible)
        .example("子の福祉の情報を使う同意がない", [parent(), closed(disabled(3))], Undecided)
        .done()
}

fn special_child_rearing_allowance() -> Scheme {
    let source =
        recalled("特別児童扶養手当等の支給に関する法律 第2条・施行令別表第3(身体1〜3級、療育A・B、精神1・2級の目安)");
    let name = Words::of(
        "特別児童扶養手当",
        "｜特別児童扶養手当《とくべつじどうふようてあて》",
        "Special child rearing allowance",
    );
    let sentence = Words::of(
        "障害のある20歳未満の子を育てる人が、国の手当を受けられます(所得の制限があります)。",
        "｜障害《しょうがい》の ある ｜子《こ》どもを ｜育《そだ》てる ｜人《ひと》が、｜国《くに》の お｜金《かね》を もらえます。",
        "People raising a child under 20 with a disability can receive the national allowance; income limits apply.",
    );
    let mentally = |grade| Person { mental_disability: Known::Is(grade), ..child("2012-05-05") };
    let grown = Person { intellectual_disability: Known::Is(1), ..child("2006-10-01") };
    scheme("special-child-rearing-allowance", name, sentence, office())
        .years("oldest", 19, &source)
        .grade("physical", 3, &source)
        .grade("intellectual", 2, &source)
        .grade("mental", 2, &source)
        .when(all([
            any_child(all([
                up_to(Fact::Age, "oldest"),
                any([
                    up_to(Fact::PhysicalDisability, "physical"),
                    up_to(Fact::IntellectualDisability, "intellectual"),
                    up_to(Fact::MentalDisability, "mental"),
                ]),
            ])),
            not_yet_received(Benefit::SpecialChildRearingAllowance),
        ]))
        .example("精神障害者保健福祉手帳2級の子がいる", [parent(), mentally(2)], Eligible)
        .example("精神障害者保健福祉手帳3級の子がいる", [parent(), mentally(3)], NotEligible)
        .example("療育手帳Aの子が今日20歳になった", [parent(), grown], NotEligible)
        .example(
            "子の手帳の記録がない",
            [parent(), Person { mental_disability: Known::Unknown, ..mentally(2) }],
            Undecided,
        )
        .done()
}

fn commuter_discount() -> Scheme {
    let source =
        recalled("JR通勤定期乗車券の特別割引の要綱(児童扶養手当・生活保護の世帯、通勤する15歳以上の目安、見本)");
    let name = Words::of(
        "JR通勤定期乗車券の割引",
        "JRの ｜定期《ていき》が ｜安《やす》くなります",
        "JR commuter pass discount",
    );
    let sentence = Words::of(
        "児童扶養手当または生活保護を受けている世帯の人は、JRの通勤定期を3割引で買えます。",
        "｜児童扶養手当《じどうふようてあて》や ｜生活保護《せいかつほご》を ｜受《う》けている ｜家《いえ》の ｜人《ひと》は、｜定期《ていき》が ｜安《やす》くなります。",
        "Members of households with the child rearing allowance or public assistance can buy commuter passes cheaper.",
    );
    let assisted = Person { public_assistance: Some(true), ..parent() };
    let mother = || receiving(Benefit::ChildRearingAllowance, parent());
    scheme(
        "commuter-discount",
        name,
        sentence,
        Words::of("こども家庭支援課", "こども｜家庭支援課《かていしえんか》", "Child and Family Support Section"),
    )
    .years("youngest", 15, &source)
    .when(all([
        from(Fact::Age, "youngest"),
        household(
            Quantity::Any,
            Among::Everyone,
            any([receives([Benefit::ChildRearingAllowance]), yes(Fact::PublicAssistance)]),
        ),
        not_yet_received(Benefit::CommuterDiscount),
    ]))
    .example("児童扶養手当を受けている人", [mother(), child("2018-01-01")], Eligible)
    .example("手当を受けている人と暮らす17歳の子", [child("2009-01-01"), mother()], Eligible)
    .example("生活保護を受けている人", [assisted], Eligible)
    .example("どちらも受けていない", [parent()], NotEligible)
    .example("福祉の情報を使う同意がない", [closed(mother())], Undecided)
    .done()
}
