# What was done with a letter
portal-done-letter-put-away = 手紙を保管箱に入れました。
portal-done-letter-put-back = 保管箱から手紙に戻しました。
portal-done-letter-done = 手紙を済みにしました。
portal-done-letter-removed = 手紙を消しました。
portal-done-letter-consent = 手紙の受け取り方を変えました。次の手紙から変わります。
portal-done-letter-replied = 返信を送りました。下に控えがあります。
