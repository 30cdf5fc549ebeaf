# What was done with a letter
portal-done-letter-put-away = 保管箱に入れました。
portal-done-letter-put-back = 手紙に戻しました。
portal-done-letter-done = 済みにしました。
portal-done-letter-removed = 消しました。
portal-done-letter-consent = 受け取り方を変えました。次の手紙から変わります。
portal-done-letter-replied = 返信を送りました。下に控えがあります。
