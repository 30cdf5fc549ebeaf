staff-done-application = きろく しました。
staff-done-application-asked = もう ひとりの 人の OKを まちます。
