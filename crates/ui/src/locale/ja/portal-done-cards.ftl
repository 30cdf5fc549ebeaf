# 市のカード
portal-done-cards-asked = 申し込みました。数秒でこの画面に出ます。
portal-done-cards-lost = 止める手続きを送りました。数秒で反映されます。
portal-done-cards-ended = 廃止する手続きを送りました。数秒で反映されます。
