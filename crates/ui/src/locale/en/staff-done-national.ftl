# What was done with the national portal
staff-done-national-queued = The notice will be sent shortly.
staff-done-national-status = The state was set and will be told shortly.
