# What was done with letters to residents
staff-done-letters-asked = 発送の承認を求めました。
staff-done-letters-stopped = 発送を止めました。
staff-done-letters-going-on = 発送を続けます。
staff-done-letters-recalled = 文書を取り消しました。
staff-done-letters-posted = 郵送したと記録しました。
staff-done-letters-written = 文書を保存しました。内容を確認して、承認を求めてください。
staff-done-letters-sender-stopped = 送り主を停止しました。
staff-done-letters-attached = ファイルを添付しました。
staff-done-letters-detached = ファイルの添付をはずしました。
staff-done-letters-printing = 印刷を準備しました。
staff-done-letters-office = 返信を読む課を決めました。
