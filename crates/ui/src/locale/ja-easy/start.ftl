# The first page.
start-title = { $city }の カードサービス
start-lead = したいことを ｜選《えら》んでください。
start-kiosk = ｜証明書《しょうめいしょ》を もらう
start-kiosk-what = マイナンバーカードと 4つの ｜数字《すうじ》で、｜住民票《じゅうみんひょう》、｜戸籍《こせき》、はんこ、｜税金《ぜいきん》の ｜証明書《しょうめいしょ》を もらえます。
start-verify = ｜証明書《しょうめいしょ》を たしかめる
start-verify-what = ｜証明書《しょうめいしょ》が ｜本物《ほんもの》か、だれでも たしかめられます。
start-staff = ｜市役所《しやくしょ》の ｜人《ひと》
start-staff-what = ｜市役所《しやくしょ》で ｜働《はたら》く ｜人《ひと》の ｜画面《がめん》です。
start-registration = ｜戸籍《こせき》の ｜登録《とうろく》
start-registration-what = ほかの ｜町《まち》に ｜住《す》んでいる ｜人《ひと》が ｜使《つか》います。
start-effect = お返しした 時間
start-effect-what = 機械と コンビニの 証明書で、どれだけ 時間が うまれたかを 数で 見せています。
start-portal = ｜市民《しみん》ポータル
start-portal-what = ｜市《し》からの てがみを ｜読《よ》みます。スマートフォンで ｜使《つか》えます。
start-events = イベント
start-events-what = ｜市《し》のイベントをさがせます。
