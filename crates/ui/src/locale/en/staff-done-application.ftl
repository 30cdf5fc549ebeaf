staff-done-application-noted = Noted.
staff-done-application-asked = It waits for a second person.
