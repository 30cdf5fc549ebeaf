staff-done-application = Noted.
staff-done-application-asked = It waits for a second person.
