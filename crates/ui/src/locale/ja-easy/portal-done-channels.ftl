# お知らせの受け取り方を変えたあと
portal-done-channels-saved = お｜知《し》らせの うけとりかたを ほぞんしました。
portal-done-channels-push = この ｜機械《きかい》で うけとります。
portal-done-channels-removed = ここへ お｜知《し》らせを ｜送《おく》るのを やめました。
portal-done-channels-code = ばんごうを ｜送《おく》りました。メールを ｜見《み》てください。
portal-done-channels-email = この アドレスに ｜送《おく》ります。
