certificate-kind-residence = 住民票の写し
certificate-refused-counter = この機械では 出せません。｜窓口《まどぐち》に 来てください。
certificate-refused-not-fresh = 今 情報を たしかめられないので、紙を 出せません。あとで もう一度 やってください。
certificate-refused-stopped = 今 証明書を 出していません。窓口に 来てください。
certificate-refused-choices = えらんだものでは 出せません。もう一度 えらんでください。
certificate-refused-ended = もう おわっています。はじめから やってください。
certificate-refused-not-yours = この紙は もらえません。係の人を よんでください。
certificate-kind-recorded-items = 住民票記載事項証明書
certificate-for-residence = ｜住所《じゅうしょ》や ｜家族《かぞく》を しめす ｜紙《かみ》です。
certificate-for-recorded-items = ｜会社《かいしゃ》や ｜年金《ねんきん》の ｜手続《てつづ》きで ｜使《つか》う ｜紙《かみ》です。
certificate-refused-hours = いまの ｜時間《じかん》は、この ｜紙《かみ》を ｜出《だ》せません。

# 戸籍
certificate-kind-family = ｜戸籍《こせき》(｜全員《ぜんいん》)
certificate-kind-family-person = ｜戸籍《こせき》(1人)
certificate-kind-family-appendix = ｜戸籍《こせき》の ｜附票《ふひょう》
certificate-kind-family-closed = ｜除籍《じょせき》(｜全員《ぜんいん》)
certificate-for-family = ｜家族《かぞく》 みんなの ｜記録《きろく》です。
certificate-for-family-person = えらんだ 1人の ｜記録《きろく》です。
certificate-for-family-appendix = これまでの ｜住所《じゅうしょ》の ｜記録《きろく》です。
certificate-refused-elsewhere = あなたの ｜本籍《ほんせき》は この｜市《し》に ありません。｜本籍《ほんせき》の ある｜市区町村《しくちょうそん》で もらってください。
# ｜印鑑《いんかん》と ｜税金《ぜいきん》の ｜紙《かみ》
certificate-kind-seal = 印鑑登録証明書
certificate-kind-tax = 課税(所得)証明書
certificate-for-seal = ｜登録《とうろく》した はんこを しめす ｜紙《かみ》です。｜自分《じぶん》の ものだけです。
certificate-for-tax = ｜収入《しゅうにゅう》と ｜税金《ぜいきん》を しめす ｜紙《かみ》です。｜自分《じぶん》の いちばん ｜新《あたら》しい ｜年《とし》の ものだけです。
