# Cards of the city
portal-done-cards-asked = Asked. It appears here within seconds.
portal-done-cards-lost = It is being stopped. This page shows it within seconds.
portal-done-cards-ended = It is being switched off. This page shows it within seconds.
