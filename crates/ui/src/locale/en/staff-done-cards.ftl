# Cards of the city
staff-done-cards-written = The draft is kept. Two persons bring it into force.
staff-done-cards-asked = Asked. Another person approves.
staff-done-cards-live = Approved. The card is in force.
staff-done-cards-declined = It is a draft again.
staff-done-cards-closed = The card was given up.
staff-done-cards-client-stopped = The system was stopped.
staff-done-cards-client-allowed = The system may now bring numbers in and stop them.
staff-done-cards-client-declined = The system may only look numbers up.
