# 市の カード
portal-done-cards-asked = 申し込みました。すぐに 出ます。
portal-done-cards-lost = 止めます。少し 待ってください。
portal-done-cards-ended = やめます。少し 待ってください。
