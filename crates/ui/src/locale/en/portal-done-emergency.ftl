# After something was done on the page of the emergency card
portal-done-emergency-kept = Your choice for the emergency card was kept. It appears here within seconds.
portal-done-emergency-taken-away = What was chosen for the emergency card was taken away. This page shows it within seconds.
portal-done-emergency-wait = It took a while, so this page asks again. Please choose once more.
