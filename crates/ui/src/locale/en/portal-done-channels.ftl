# After a change of how one is told
portal-done-channels-saved = Saved.
portal-done-channels-push = This device gets notifications.
portal-done-channels-removed = Stopped.
portal-done-channels-code = We sent a code. Please look at your mail.
portal-done-channels-email = We will write to this address.
