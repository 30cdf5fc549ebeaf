# What was done with a letter
portal-done-letter-put-away = ｜手紙《てがみ》を しまいました。
portal-done-letter-put-back = ｜手紙《てがみ》を もどしました。
portal-done-letter-done = ｜手紙《てがみ》を おわりに しました。
portal-done-letter-removed = ｜手紙《てがみ》を ｜消《け》しました。
portal-done-letter-consent = ｜手紙《てがみ》の うけとりかたを かえました。
portal-done-letter-replied = ｜返事《へんじ》を｜送《おく》りました。
