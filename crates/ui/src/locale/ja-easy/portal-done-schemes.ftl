portal-done-schemes-registered = ｜登録《とうろく》しました。
portal-done-schemes-saved = かえました。
portal-done-schemes-answered = ｜答《こた》えを ｜登録《とうろく》しました。また しらべます。
portal-done-schemes-undone = ｜前《まえ》に もどしました。
portal-done-schemes-stopped = やめました。｜結果《けっか》は ｜消《き》えました。
portal-done-schemes-hidden = 「｜関係《かんけい》ない」に しました。
portal-done-schemes-shown = もどしました。
portal-done-schemes-irrelevant = 「｜関係《かんけい》ない」と ｜伝《つた》えました。
