# After something was done on the page of the emergency card
portal-done-emergency-kept = もしもの ときの カードの ことを ｜決《き》めました。すぐに ｜出《で》ます。
portal-done-emergency-taken-away = もしもの ときの カードの ことを ｜消《け》しました。すこし ｜待《ま》ってください。
portal-done-emergency-wait = もう｜一度《いちど》 えらんでください。
