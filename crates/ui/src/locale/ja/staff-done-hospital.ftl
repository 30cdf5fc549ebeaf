# 市立病院診察券
staff-done-hospital-accepted = 連携を認めました。
staff-done-hospital-refused = 連携を認めませんでした。
staff-done-hospital-called = 患者を呼び出しました。
staff-done-hospital-sent = 病院に届きました。
staff-done-hospital-over = 確認済みにしました。
staff-done-hospital-settled = 確認を記録しました。
