# 市のカード
staff-done-cards-written = 下書きを保存しました。始めるには承認が要ります。
staff-done-cards-asked = 承認を求めました。
staff-done-cards-live = 承認しました。このカードが始まりました。
staff-done-cards-declined = 下書きに戻しました。
staff-done-cards-closed = カードを終了しました。
staff-done-cards-client-stopped = システムを止めました。
staff-done-cards-client-allowed = 番号の登録と停止を認めました。
staff-done-cards-client-declined = 番号の登録と停止は認めません。照会は続けられます。
