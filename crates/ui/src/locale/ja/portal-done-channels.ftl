# お知らせの受け取り方を変えたあと
portal-done-channels-saved = お知らせの受け取り方を保存しました。
portal-done-channels-push = この機器で通知を受け取ります。
portal-done-channels-removed = この宛先へのお知らせをやめました。
portal-done-channels-code = 番号を送りました。メールをご覧ください。
portal-done-channels-email = このアドレスにお伝えします。
