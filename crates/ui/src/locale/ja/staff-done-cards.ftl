# 市のカード
staff-done-cards-written = 下書きを保存しました。始めるには承認が要ります。
staff-done-cards-asked = 承認を求めました。
staff-done-cards-live = 承認しました。このカードが始まりました。
staff-done-cards-declined = 下書きに戻しました。
staff-done-cards-closed = カードを終了しました。
staff-done-cards-client-stopped = システムを止めました。
