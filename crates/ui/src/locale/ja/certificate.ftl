certificate-kind-residence = 住民票の写し
certificate-refused-counter = この端末では発行できません。窓口でお手続きください。
certificate-refused-not-fresh = ただいま最新の情報を確認できないため、発行を止めています。時間をおいてお試しください。
certificate-refused-stopped = ただいま証明書の発行を止めています。窓口でお手続きください。
certificate-refused-choices = 選ばれた内容では発行できません。もう一度お選びください。
certificate-refused-ended = この申請はすでに終わっています。はじめからお手続きください。
certificate-refused-not-yours = この書類は受け取れません。係員をお呼びください。
certificate-kind-recorded-items = 住民票記載事項証明書
certificate-for-residence = 住所や世帯の証明に。家族の分も取れます。
certificate-for-recorded-items = 住民票の項目の証明に。勤め先や年金の手続きなどで使います。
certificate-refused-hours = ただいまの時間は、この証明書をお取りいただけません。

# 戸籍
certificate-kind-family = 戸籍全部事項証明書
certificate-kind-family-person = 戸籍個人事項証明書
certificate-kind-family-appendix = 戸籍の附票の写し
certificate-kind-family-closed = 除籍全部事項証明書
certificate-for-family = 戸籍にのっている全員の証明に。相続やパスポートなどで使います。
certificate-for-family-person = 戸籍にのっている1人の証明に。
certificate-for-family-appendix = この戸籍に入ってからの住所の証明に。
certificate-refused-elsewhere = 本籍がこの市にないため、ここでは取れません。本籍地の市区町村が交付します。本籍地に利用登録を申請すると、その市区町村のサービスで取れるようになります。
# 印鑑登録証明書と課税(所得)証明書
certificate-kind-seal = 印鑑登録証明書
certificate-kind-tax = 課税(所得)証明書
certificate-for-seal = 登録した印鑑の証明に。ご本人の分だけ取れます。
certificate-for-tax = 所得と税額の証明に。ご本人の最新年度の分だけ取れます。
