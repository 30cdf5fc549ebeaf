# After something was done on the page of the emergency card
portal-done-emergency-kept = Chosen. It appears here within seconds.
portal-done-emergency-taken-away = Taken away. This page shows it within seconds.
portal-done-emergency-wait = It took a while, so this page asks again. Please choose once more.
