# 市民ポータル
portal-home-title = ホーム
portal-greeting = { $name } さん
portal-tab-home = ホーム
portal-tab-letters = てがみ
portal-tab-schemes = てつづき
portal-tab-cards = カード
portal-tab-settings = せってい
portal-sign-in = はいる
portal-sign-out = おわる
portal-step-up = カードで ｜確《たし》かめる
portal-step-up-needed = このページは マイナンバーカードで あなたを ｜確《たし》かめてから ｜開《ひら》きます。｜書《か》いたものは なくなりません。
portal-acting = いま、ほかの｜人《ひと》の かわりに しています。
portal-acting-change = かえる
portal-state-joining = あなたを ｜確《たし》かめています。すこし ｜待《ま》って、このページを もういちど ｜開《ひら》いてください。
portal-state-unknown = あなたの ｜記録《きろく》が ｜見《み》つかりません。｜市役所《しやくしょ》の ｜窓口《まどぐち》に カードを ｜持《も》って ｜来《き》てください。
portal-state-moved-out = ほかの まちに ひっこしたので、｜新《あたら》しい お｜知《し》らせは ｜来《き》ません。まえの てがみは ｜読《よ》めます。
