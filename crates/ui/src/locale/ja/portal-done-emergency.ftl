# After something was done on the page of the emergency card
portal-done-emergency-kept = 緊急時カードの内容を決めました。数秒でこの画面に出ます。
portal-done-emergency-taken-away = 緊急時カードの内容を取り消しました。数秒で反映されます。
portal-done-emergency-wait = 時間がたったため、もう一度確かめています。もう一度お選びください。
