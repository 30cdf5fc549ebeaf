# 市の端末での市民ポータル(カードだけの利用)
terminal-welcome = 手紙・お知らせを開いています
terminal-looked = 見た人
terminal-schemes = 制度
terminal-interests = 関心
terminal-aloud = 読み上げる
terminal-aloud-stop = 読み上げを止める
terminal-print = 印刷する
terminal-end = 終わる
terminal-over = 終わりました
terminal-over-what = この端末には何も残っていません。カードをお取りください。
terminal-back = はじめの画面へ
terminal-closed = この画面は市の端末では開けません。ご自分のスマートフォンやパソコン、または窓口でご利用ください。
terminal-elsewhere = (この端末からは開けません。窓口かご自分の機器で)
terminal-attachments = 添付の書類は、この端末では開けません。窓口でこの手紙の題名をお伝えください。
terminal-ticket-late = 時間が過ぎました。はじめの画面から、もう一度カードを置いてください。
terminal-ticket-ended = この受信箱は終了しています。窓口でお手続きください。
terminal-ticket-no = この端末からは開けません。窓口でお知らせください。
