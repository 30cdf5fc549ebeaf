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

# ｜印鑑《いんかん》と ｜税金《ぜいきん》の ｜紙《かみ》
certificate-kind-seal = 印鑑登録証明書
certificate-kind-tax = 課税(所得)証明書
certificate-for-seal = ｜登録《とうろく》した はんこを しめす ｜紙《かみ》です。｜自分《じぶん》の ものだけです。
certificate-for-tax = ｜収入《しゅうにゅう》と ｜税金《ぜいきん》を しめす ｜紙《かみ》です。｜自分《じぶん》の いちばん ｜新《あたら》しい ｜年《とし》の ものだけです。
