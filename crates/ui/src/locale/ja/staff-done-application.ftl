staff-done-application-noted = 記録しました。
staff-done-application-asked = もう1人の承認を待ちます。
