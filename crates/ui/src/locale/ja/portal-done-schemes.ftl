portal-done-schemes-registered = お知らせに登録しました。
portal-done-schemes-saved = 登録した内容を変えました。
portal-done-schemes-answered = 答えを登録しました。判定し直しています。
portal-done-schemes-undone = 前の登録に戻しました。
portal-done-schemes-stopped = 登録をやめました。判定の結果は消えました。
portal-done-schemes-hidden = この制度を「関係ない」に移しました。
portal-done-schemes-shown = この制度を一覧に戻しました。
portal-done-schemes-irrelevant = 「関係ない」と伝えました。ありがとうございます。
