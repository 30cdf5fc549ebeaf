portal-done-schemes-registered = 登録しました。
portal-done-schemes-saved = 登録を変えました。
portal-done-schemes-answered = 答えを登録しました。判定し直しています。
portal-done-schemes-undone = 前の登録に戻しました。
portal-done-schemes-stopped = 登録をやめました。判定の結果は消えました。
portal-done-schemes-hidden = 「関係ない」に移しました。
portal-done-schemes-shown = 一覧に戻しました。
portal-done-schemes-irrelevant = 「関係ない」と伝えました。ありがとうございます。
