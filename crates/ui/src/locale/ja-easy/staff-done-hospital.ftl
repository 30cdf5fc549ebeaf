# 市立病院診察券(やさしい日本語)
staff-done-hospital-accepted = つなぎました。
staff-done-hospital-refused = つなぎませんでした。
staff-done-hospital-called = ｜患者《かんじゃ》さんを よびました。
staff-done-hospital-sent = 病院に とどきました。
staff-done-hospital-over = おわりに しました。
staff-done-hospital-settled = 記録しました。
