staff-done-application-noted = What was done about the keys of the city's application is noted.
staff-done-application-asked = It waits for a second person.
