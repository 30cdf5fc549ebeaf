# カード等の種類と状態
credential-jpki-card = マイナンバーカード
credential-jpki-phone = スマートフォンの電子証明書
credential-city-application = 市のアプリ(カード内)
credential-transit-card = 交通系ICカード
credential-tag = 市が渡したタグ
credential-signed-code = 印刷した二次元コード
credential-mark = 目印「{ $mark }」
credential-sign = 見分けるための記号「{ $mark }」(市の記録の記号です。カードには書いてありません)
credential-active = 使えます
credential-on-hold = 一時停止中
credential-lost = 紛失の届けあり
credential-superseded = 新しいものに交代
credential-ended = 終わりました
credential-attendance-unattended = 無人
credential-attendance-face-to-face = 職員と対面
credential-attendance-watched = 職員が見える市の場所
