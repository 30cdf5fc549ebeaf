# After a change of how one is told
portal-done-channels-saved = How you are told was saved.
portal-done-channels-push = This device gets notifications.
portal-done-channels-removed = Notifications to that place are stopped.
portal-done-channels-code = We sent a code. Please look at your mail.
portal-done-channels-email = We will write to this address.
