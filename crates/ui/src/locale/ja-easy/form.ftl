form-please-check = ここを なおしてください
form-required = かならず ｜書《か》く
form-error-word = まちがい:
form-search = さがす
form-save = ほぞんする
form-stop = やめる
form-yes = はい、{ $deed }
