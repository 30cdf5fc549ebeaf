# The first page.
start-title = { $city }のカードサービス
start-lead = ご用のものをお選びください。
start-kiosk = 証明書を取る
start-kiosk-what = マイナンバーカードと4けたの暗証番号で、住民票、戸籍、印鑑登録、課税(所得)の証明書を受け取れます。
start-verify = 証明書を確かめる
start-verify-what = 受け取った証明書が、本物で、いまも有効かをだれでも確かめられます。
start-staff = 職員の方
start-staff-what = 職員用の画面に進みます。
start-registration = 本籍地利用登録
start-registration-what = 市外にお住まいで本籍がこの市にある方が、戸籍の証明書を取れるようにします。
start-effect = お返しした時間
start-effect-what = 端末とコンビニの証明書で、市民と職員の時間がどれだけ浮いたかを数で公開しています。
start-portal = 市民ポータル
start-portal-what = 市からの手紙、手続き、あなたの記録を見た人。スマートフォンで使えます。
start-events = イベント
start-events-what = 市のイベントを日付・地区・年齢でさがせます。
