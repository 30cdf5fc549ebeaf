staff-done-application-noted = きろく しました。
staff-done-application-asked = もう ひとりの 人の OKを まちます。
