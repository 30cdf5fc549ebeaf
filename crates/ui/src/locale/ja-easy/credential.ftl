# カードの しゅるい
credential-jpki-card = マイナンバーカード
credential-jpki-phone = スマートフォン
credential-city-application = ｜市《し》の アプリ
credential-transit-card = でんしゃの カード
credential-tag = ｜市《し》の タグ
credential-signed-code = ｜紙《かみ》の コード
credential-mark = めじるし「{ $mark }」
credential-sign = カードを ｜見分《みわ》ける ｜記号《きごう》「{ $mark }」(｜市《し》の ｜記録《きろく》の ｜記号《きごう》です。カードには ｜書《か》いて ありません)
credential-active = ｜使《つか》えます
credential-on-hold = とめています
credential-lost = なくしました
credential-superseded = ｜新《あたら》しく なりました
credential-ended = おわりました
credential-attendance-unattended = ｜人《ひと》は いない
credential-attendance-face-to-face = ｜職員《しょくいん》が まえに いる
credential-attendance-watched = ｜職員《しょくいん》が ｜見《み》ている
