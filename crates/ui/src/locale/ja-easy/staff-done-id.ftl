# 職員の 身分証
staff-done-id-imported = 職員の ファイルを 入れました。
staff-done-id-issued = 身分証を 作りました。次に カードを 登録してください。
staff-done-id-enrolled = カードを 登録しました。シールを 印刷できます。
staff-done-id-linked = カードを この アカウントに つなぎました。つぎから カードで 入れます。
staff-done-id-left = やめた ことに しました。身分証を 終えて、画面も とじました。
staff-done-id-unlinked = 身分証の カードと アカウントの つながりを 切りました。
staff-done-id-tag = タグの 登録を かえました。
staff-done-id-asked = もう 1人に 聞きました。
staff-done-id-changed = 身分証の ようすを かえました。なくした ときと 返した ときは、画面も とじました。
staff-done-id-settings = 決めた ことを しまいました。
staff-done-id-log = ドアの 記録を 入れました。
