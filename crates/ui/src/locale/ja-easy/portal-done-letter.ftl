# What was done with a letter
portal-done-letter-put-away = しまいました。
portal-done-letter-put-back = もどしました。
portal-done-letter-done = おわりに しました。
portal-done-letter-removed = ｜消《け》しました。
portal-done-letter-consent = うけとりかたを かえました。
portal-done-letter-replied = ｜返事《へんじ》を｜送《おく》りました。
