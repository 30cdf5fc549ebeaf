# What was done with notices
staff-done-notice-text = 文面を保存しました。
staff-done-notice-audience = 対象を保存しました。
staff-done-notice-scheme = 制度の条件を入れました。数字と根拠を確かめてください。
staff-done-notice-rule = 条件を保存しました。
staff-done-notice-counted = 人数を数えました。
staff-done-notice-tested = 届く形を確かめました。
staff-done-notice-submitted = 承認を求めました。
staff-done-notice-back = 作成中に戻しました。
staff-done-notice-stopped = 配信を止めました。
staff-done-notice-going-on = 配信を続けます。
staff-done-notice-recalled = お知らせを取り消しました。
