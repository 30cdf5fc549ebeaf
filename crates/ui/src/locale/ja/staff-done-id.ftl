# 職員身分証
staff-done-id-imported = 職員の記録を取り込みました。
staff-done-id-issued = 身分証を発行しました。次に、カードを登録してください。
staff-done-id-enrolled = カードを登録しました。シールを印刷できます。
staff-done-id-linked = 身分証のカードを、このアカウントに結び付けました。次からカードでサインインできます。
staff-done-id-left = 退職としました。身分証を終え、サインイン中の画面を閉じました。
staff-done-id-unlinked = 身分証のカードとアカウントの結び付けを外しました。
staff-done-id-tag = タグの登録を変えました。
staff-done-id-asked = もう一人の承認を求めました。
staff-done-id-changed = 身分証の状態を変更しました。紛失・回収のときは、サインイン中の画面も閉じました。
staff-done-id-settings = 設定を保存しました。
staff-done-id-log = 扉の記録を取り込みました。
