portal-done-schemes-registered = お｜知《し》らせの ｜登録《とうろく》を しました。
portal-done-schemes-saved = ｜登録《とうろく》した ことを かえました。
portal-done-schemes-answered = ｜答《こた》えを ｜登録《とうろく》しました。また しらべます。
portal-done-schemes-undone = ｜前《まえ》に もどしました。
portal-done-schemes-stopped = やめました。｜結果《けっか》は ｜消《き》えました。
portal-done-schemes-hidden = この ｜制度《せいど》を 「｜関係《かんけい》ない」に しました。
portal-done-schemes-shown = この ｜制度《せいど》を もどしました。
portal-done-schemes-irrelevant = 「｜関係《かんけい》ない」と ｜伝《つた》えました。
