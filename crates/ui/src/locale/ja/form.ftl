form-please-check = 入力を確かめてください
form-required = 必須
form-error-word = エラー:
form-search = さがす
form-save = 保存する
form-stop = やめる
form-yes = はい、{ $deed }
