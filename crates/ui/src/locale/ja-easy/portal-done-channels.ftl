# お知らせの受け取り方を変えたあと
portal-done-channels-saved = ほぞんしました。
portal-done-channels-push = この ｜機械《きかい》で うけとります。
portal-done-channels-removed = やめました。
portal-done-channels-code = ばんごうを ｜送《おく》りました。メールを ｜見《み》てください。
portal-done-channels-email = この アドレスに ｜送《おく》ります。
