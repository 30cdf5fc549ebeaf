# What was done with the national portal
staff-done-national-queued = お知らせを登録しました。まもなくマイナポータルに送ります。
staff-done-national-status = 処理状況を変えました。まもなくマイナポータルに連絡します。
