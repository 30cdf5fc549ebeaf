counter-title = 窓口で証明書を交付する
counter-how = 手数料をレジで受け取ってから交付します。証明書は別の画面にPDFで出ますので、両面で印刷してください。交付は本人に表示されます。
counter-fee = 手数料
counter-fee-taken = 手数料を受け取りました
counter-fee-first = 先に手数料を受け取り、「受け取りました」に印を付けてください。まだ交付していません。
counter-issue = 交付する(PDF)
counter-wrong-work = 証明書の交付は、事務を「窓口での証明書の交付」に変えて、住民をもう一度開いてから行ってください。
counter-see-why = 住民の記録で理由を見る
