//! コンビニ交付: certificates from a machine in a store or at the ward office.

use crate::service::*;

/// What it says about itself.
pub const SERVICE: Service = Service {
    number: 1,
    key: "convenience_certificates",
    japanese: "コンビニ交付",
    english: "Certificates from a machine",
    state: State::Built,
    policy: PolicyRow {
        pillar: Pillar::Card,
        category: "コンビニ交付【確定】",
        overview: "コンビニに設置するキオスク端末により、休日・夜間でもオンラインで、各種証明書の発行を行うことができるほか、\
                   区役所等にも自動交付機を設置し、証明書発行を可能とする。",
        planned_start: "H29.1",
        benefits: &["行政手続きに要する時間の短縮", "最寄りの施設での手続き実施"],
        issues: &[Issue {
            text: "システム対応(方針決定済み)",
            answer: "発行の仕組みを不変条件(他人の証明書を決して渡さない)ごとに試験して備えた。コンビニの経路は J-LIS との\
                     接続が要るため、模擬であることを画面に示す。",
        }],
        data: &[Data { what: "各種証明書関連データ", holder: "市" }],
        audience: &["勤労者", "高齢者"],
        department: Some("市民局"),
        expected_effects: &[
            ExpectedEffect {
                view: View::Convenience,
                text: "コンビニ交付により、市民が証明書を取得するため窓口に来庁する必要がなくなり、自宅や会社等から最寄りの\
                       コンビニエンスストアで夜間・休日も取得することが可能となることで、区役所等までの交通費や移動時間を\
                       市民に「お返し」することができるほか、証明取得のために来庁した市民に対しては、自動交付機へ誘導する\
                       ことで窓口の混雑が緩和するなど、市民サービスが向上する。",
            },
            ExpectedEffect {
                view: View::Efficiency,
                text: "コンビニ交付等による交付の拡大により、職員6人削減(利用率21%達成時:H33)",
            },
            ExpectedEffect {
                view: View::Efficiency,
                text: "連絡所の廃止により、H29~H32年度までは年間17百万円削減、H33年度以降は年間62百万円削減",
            },
        ],
    },
    tools: [
        NO,
        policy("標準的に搭載されている公的個人認証アプリを利用することを想定している。"),
        NO,
        NO,
        NO,
        policy(
            "コンビニに設置済のキオスク端末の他に、住民にとって身近な公共施設等にキオスク端末を設置することも考えられる。",
        ),
    ],
    zone: Zone::Inside,
    legal_basis: &[
        Law {
            citation: "住民基本台帳法 第12条", says: "本人等は住民票の写しの交付を請求できる", source: "recalled"
        },
        Law {
            citation: "戸籍法 第10条、第120条",
            says: "戸籍に記載されている者等は記録事項の証明書を請求できる",
            source: "recalled",
        },
        Law {
            citation: "電子署名等に係る地方公共団体情報システム機構の認証業務に関する法律",
            says: "利用者証明用電子証明書の有効性を市町村が確認できる",
            source: "recalled",
        },
        Law {
            citation: "印鑑登録証明事務処理要領(昭和49年自治振第10号)と市の印鑑条例",
            says: "登録された印影の写しを本人に証明する",
            source: "recalled",
        },
        Law {
            citation: "地方税法 第318条, 第20条の10",
            says: "1月1日の住所地の市町村が課税し、納税等について証明する",
            source: "recalled",
        },
    ],
    routes: &[
        Route { path: "/kiosk/…", who: "端末(カードの署名で始まる1回の手続だけ)" },
        Route { path: "/kiosk-api/v1/…", who: "自分の鍵で署名する端末・センター" },
        Route { path: "/verify", who: "だれでも" },
        Route { path: "/effect", who: "だれでも(お返しした時間。件数だけ)" },
        Route { path: "/twin/…", who: "ウォレット(デジタル写しの試験。本番では止めてある)" },
        Route { path: "/registration", who: "だれでも(本籍地利用登録の申請)" },
        Route { path: "/staff/registrations", who: "担当職員" },
        Route { path: "/staff/incidents", who: "担当職員" },
        Route { path: "/staff/cash", who: "担当職員" },
        Route { path: "/staff/keys", who: "担当職員(公印と鍵の更新は二者承認)" },
    ],
    disclosures: &[
        DisclosureEvent {
            duty: "certificate.self",
            when: "本人以外の世帯員が住民票の写しに載ったとき",
            shown: "日時、端末、請求した人との続柄、載った項目",
        },
        DisclosureEvent {
            duty: "certificate.twin",
            when: "本人以外の世帯員が載った住民票の写しのデジタル写し(試験)を本人がウォレットに入れたとき",
            shown: "日時、端末、請求した人との続柄、載った項目",
        },
        DisclosureEvent {
            duty: "certificate.counter",
            when: "職員が窓口で発行したとき(発行しなかったときも)",
            shown: "日時、所属、事務、載った項目",
        },
        DisclosureEvent {
            duty: "certificate.self",
            when: "本人が印鑑登録証明書・課税証明書を取ったとき(発行しなかったときも)",
            shown: "日時、端末、読まれた項目(印鑑登録、課税・所得の記録)",
        },
        DisclosureEvent {
            duty: "credential",
            when: "本籍地利用登録の申請を職員が開いたとき",
            shown: "日時、所属、事務、見た項目",
        },
        DisclosureEvent {
            duty: "refusal", when: "発行できない理由を職員が確認したとき", shown: "日時、所属、事務"
        },
    ],
    retention: &[
        Retention {
            what: "できあがった証明書",
            how_long: "印刷の確認まで、長くとも15分(封をして保管)",
            why: "印刷のやり直しに要る間だけ",
        },
        Retention {
            what: "デジタル写しの中身(封をした控え)",
            how_long: "ウォレットが受け取るまで、長くとも15分",
            why: "受け取りに要る間だけ。開くための符号は画面にだけ出る",
        },
        Retention {
            what: "本籍地利用登録の申請の内容",
            how_long: "職員が決めるまで(封をして保管)",
            why: "戸籍と照らし合わせる間だけ",
        },
        Retention {
            what: "発行の記録とハッシュ",
            how_long: "市の文書分類に従う(運用者が入力)",
            why: "証明書の照会に答えるため。内容は残さない",
        },
    ],
    jobs: &[
        Job { name: "twins", what: "受け取られなかったデジタル写しを消す" },
        Job { name: "paper-keys", what: "決めた時刻に、次の公印・鍵を使い始める" },
        Job { name: "effect-report", what: "終わった月のお返しした時間を、公開ページに送る" },
        Job { name: "certificates.expire", what: "15分を過ぎた証明書を消す" },
        Job {
            name: "registration-arrivals", what: "パソコンからの本籍地利用登録の申請を確かめる"
        },
    ],
    effects: &[
        Effect {
            measure: Measure::Travel, how: "端末で発行した枚数 × 区役所までの往復と待ち時間(地区ごとの表)"
        },
        Effect { measure: Measure::StaffHours, how: "端末で発行した枚数 × 窓口1枚の処理時間" },
    ],
};
